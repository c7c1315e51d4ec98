"""How frozen scores did: held against what came, beside the plain rule, and whether it is time to learn anew.

    run 7, as of 2026-03-01, 90 days   →   promised AUC .81, came .79 (as good as promised); the recency rule .74
                                           402 buyers expected, 388 came; nothing asks for learning anew

Before the last day of the horizon is over nothing is graded: what came so far is an interim look. Customers who were
merged since count once, with what they bought together; whoever was deleted or erased cannot be graded and is counted.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from crm_core import drift, engine
from crm_core.purchase_prediction import ledger, measures
from crm_core.purchase_prediction.examples import examples
from crm_core.purchase_prediction.ledger import Frozen

VERDICTS = ("as_promised", "worse", "better", "too_few")
FEWEST = 20  # of yes, and of no, or rows with an amount: below it a grade says nothing
AGEING = ("tenure_days", "days_since_joined")  # these grow from day to day: that alone makes nobody another customer
FAR = 0.2  # share by which what came may differ from what all scores sum to
REASONS = ("worse", "beaten", "total", "drift", "expired")  # to learn anew; words: grading.reason.<name>


@dataclass(frozen=True, eq=False)
class Grade:
    run: Frozen
    as_of: date  # the newest whole day that is known
    due: date  # the last day of the horizon; of a column the day of the run
    days_missing: int  # until it is over; 0: it is graded
    frozen: int  # customers whose scores were frozen
    merged: int  # of them those who were found to be another one of them since: they count once
    gone: int  # of them those who were deleted or erased since
    waiting: int  # of them those whose column still holds no answer
    rows: pd.DataFrame  # customer_id, score, rule, outcome of the others (amounts: what came), highest score first
    expected: float  # buyers, or money, that the scores sum to
    expected_low: float | None  # chance alone keeps the number of buyers within these, in nineteen of twenty cases
    expected_high: float | None
    actual: float
    came: dict  # as measures.measured tells
    compared: pd.DataFrame  # measure, promised, promised_error, came, came_error, rule, verdict (or None)
    verdict: str | None  # one of VERDICTS; None while it is not graded
    drifted: pd.DataFrame  # feature, index, level …, as drift.held_against tells; empty where it was not asked for
    retrain: tuple[tuple[str, dict], ...]  # REASONS that hold, with their facts

    @property
    def graded(self) -> bool:
        return self.days_missing == 0 and self.verdict is not None

    @property
    def urgent(self) -> bool:
        """Whether more asks for learning anew than that the horizon is over."""
        return any(reason != "expired" for reason, _ in self.retrain)


def last_whole_day(ask, today: date) -> date | None:
    """The newest day before today with an order; None without one. Today is not over, so it is not whole."""
    return ask.execute("SELECT CAST(max(ordered_at) AS DATE) FROM orders WHERE deleted_at IS NULL "
                       "AND ordered_at < CAST($today AS DATE)", today=today).fetchone()[0]


def due_day(run: Frozen) -> date:
    """The last day of the horizon."""
    return run.as_of + timedelta(days=run.horizon_days)


def grade(ask, run_id: int, as_of: date, with_drift: bool = True) -> Grade:
    """Hold a run against what came up to a day. Raises RecordGone.

    `as_of` is the newest whole day. What is asked again gives the same answer on the same data.
    """
    run = ledger.read_run(ask, run_id)
    due = due_day(run)
    missing = max((due - as_of).days, 0)
    scores = ledger.frozen_scores(ask, run_id)
    merged, gone = _left(ask, run, len(scores))
    rows = _outcomes(ask, run, scores, as_of)
    waiting = int(rows.outcome.isna().sum())
    rows = rows[rows.outcome.notna()].reset_index(drop=True)
    outcome, said = rows.outcome.to_numpy(dtype=float), rows.score.to_numpy(dtype=float)
    rule = rows.rule.fillna(rows.score).to_numpy(dtype=float)
    came = measures.measured(run.answer, outcome, said, rule)
    low = high = None
    if run.answer == "yes_no":
        spread = measures.SURE * float(np.sqrt((said * (1 - said)).sum()))
        low, high = max(said.sum() - spread, 0.0), min(said.sum() + spread, float(len(said)))
    compared = _compared(run, came, whole=not missing)
    done = not missing and (run.horizon_days > 0 or len(rows) > 0)
    verdict = _verdict(run, outcome, compared) if done else None
    drifted = _drift(ask, run, as_of) if with_drift else pd.DataFrame(columns=["feature", "index", "level"])
    reasons = _reasons(run, came, compared, drifted, due, as_of, float(said.sum()), float(outcome.sum()), low, high,
                       verdict)
    return Grade(run, as_of, due, missing, run.figures["customers"], merged, gone, waiting, rows, float(said.sum()),
                 low, high, float(outcome.sum()), came, compared, verdict, drifted, reasons)


# --- inside ---------------------------------------------------------------------------------------


def _left(ask, run: Frozen, here: int) -> tuple[int, int]:
    """How many of the run were merged into another one of it, and how many are gone."""
    merged = ask.execute(
        "SELECT count(*) FROM predictions p WHERE p.run_id = $id AND p.deleted_at IS NOT NULL AND EXISTS ("
        "SELECT 1 FROM merges m WHERE m.table_name = 'customers' AND m.merged_id = p.customer_id "
        "AND m.deleted_at IS NULL)", id=run.id).fetchone()[0]
    return merged, run.figures["customers"] - here - merged


def _outcomes(ask, run: Frozen, scores: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """The scores with what came of each customer up to a day: 1 or 0, an amount; NaN where a column is still empty."""
    target = run.choice.target
    if not target.dated:
        answers = examples(ask, target, None, (), as_of=as_of).part("train").set_index("customer_id").outcome
        return scores.assign(outcome=scores.customer_id.map(answers).to_numpy(dtype=float))
    found = engine.to_frame(ask.execute(
        engine.query_text("purchase_outcomes"), cutoffs=[run.as_of], horizon_days=run.horizon_days,
        until=as_of + timedelta(days=1)).to_arrow_table()).set_index("customer_id")
    bought = scores.customer_id.map(found.purchases).fillna(0.0).to_numpy() > 0
    spent = scores.customer_id.map(found.spent).fillna(0.0).to_numpy(dtype=float)
    outcome = {"spends": spent, "leaves": ~bought}.get(target.kind, bought)
    return scores.assign(outcome=np.asarray(outcome, dtype=float))


def _compared(run: Frozen, came: dict, whole: bool) -> pd.DataFrame:
    """Measure by measure: what the test promised, what came, what the rule would have given."""
    test = run.figures["test"]
    names = measures.FOR_AMOUNTS if run.answer == "amount" else measures.FOR_YES_NO
    rows = []
    for name in names:
        both = whole and test["model"].get(name) is not None and came["model"].get(name) is not None
        rows.append({
            "measure": name, "promised": test["model"].get(name), "promised_error": test["errors"].get(name),
            "came": came["model"].get(name), "came_error": came["errors"].get(name), "rule": came["rule"].get(name),
            "verdict": measures.differs(name, test, came) if both else None})
    return pd.DataFrame(rows)


def _verdict(run: Frozen, outcome: np.ndarray, compared: pd.DataFrame) -> str:
    yes = int((outcome > 0).sum())
    few = yes < FEWEST or (run.answer == "yes_no" and len(outcome) - yes < FEWEST)
    told = set(compared.verdict.dropna())
    if few or not told:
        return "too_few"
    return "worse" if "worse" in told else "better" if "better" in told else "as_promised"


def _reasons(run, came, compared, drifted, due, as_of, expected, actual, low, high, verdict):
    """Why to learn anew: (reason, facts)."""
    found = [("worse", {"measure": row.measure, "promised": row.promised, "came": row.came})
             for row in compared.itertuples() if verdict == "worse" and row.verdict == "worse"]
    if verdict not in (None, "too_few"):
        lead, error = came["rule_lead"], came["rule_lead_error"]
        if lead is not None and lead > 0:
            best = "mae" if run.answer == "amount" else "auc"
            found.append(("beaten", {"measure": best, "came": came["model"][best], "rule": came["rule"][best],
                                     "sure": bool(error is not None and lead > measures.SURE * error)}))
        # Far from the sum that was promised: by more than a fifth, and of buyers beyond chance.
        by_chance = low is not None and low <= actual <= high
        if expected > 0 and abs(actual / expected - 1) > FAR and not by_chance:
            found.append(("total", {"expected": expected, "actual": actual}))
    large = drifted[(drifted.level == "large") & ~drifted.feature.isin(AGEING)].feature.tolist()
    if large:
        found.append(("drift", {"features": large}))
    if run.horizon_days and as_of >= due:
        found.append(("expired", {"due": due, "days": (as_of - due).days}))
    return tuple(found)


def _drift(ask, run: Frozen, as_of: date) -> pd.DataFrame:
    """The features of today's customers against those of the customers who were scored."""
    from crm_core.purchase_prediction.scoring import features_on

    spread = run.figures.get("spread")
    if not spread or as_of <= run.as_of:
        return pd.DataFrame(columns=["feature", "index", "level"])
    today = features_on(ask, run.choice, tuple(spread), as_of)
    there = {name: then for name, then in spread.items() if name in today}
    return drift.held_against(there, run.figures["customers"], today)
