"""Freeze scores with their model, day, horizon and revision, so that they can be graded when the horizon has passed.

    runs         7 | purchase_prediction | "March" | as_of 2026-03-01 | revision 14 | choice, figures, the model's file
    predictions  run 7 | customer 17 | as_of 2026-03-01 | horizon_days 90 | score .62 | rule .41      a row a customer

A frozen score is never changed. `batch` and `ask` are an open batch or look of the store; what was promised stands in
the run's figures, what came of it is found in grading.py.
"""

import base64
import json
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from crm_core import drift, saved
from crm_core.errors import AnswerNotFrozen, ModelNotKept, NothingToFreeze, RecordGone
from crm_core.purchase_prediction import measures
from crm_core.purchase_prediction.choice import Choice

CONCERN = "purchase_prediction"
SCORES = ("customer_id", "score", "low", "high", "rule")


@dataclass(frozen=True, eq=False)
class Scored:
    """What can be frozen: scores of a day, by whatever made them."""

    choice: Choice
    as_of: date
    horizon_days: int  # 0: the target has no date
    scores: pd.DataFrame  # SCORES; low, high and rule may be missing
    figures: dict  # plain data, see `figures_of`
    parts: dict  # name → fitted model, as saved.pack takes them


@dataclass(frozen=True, eq=False)
class Frozen:
    """A run as it is read back."""

    id: int
    name: str
    as_of: date
    revision: int  # of the data that it read
    choice: Choice
    figures: dict
    model: bytes | None  # its signed file

    @property
    def horizon_days(self) -> int:
        return self.figures["horizon_days"]

    @property
    def rehearsal(self) -> bool:
        """Whether what came was known already when the scores were frozen."""
        known = self.figures.get("known_until")
        return bool(self.horizon_days and known) and date.fromisoformat(known) >= self.as_of + timedelta(
            days=self.horizon_days)

    @property
    def answer(self) -> str:
        """yes_no or amount."""
        return self.choice.target.answer


def freeze(batch, answer, name: str, revision: int, as_of: date | None = None) -> int:
    """Freeze the scores of a prediction under a name; the run's id.

    `answer`: a Prediction, a Spend or Scored. `as_of` is needed where the target has no date. The same choice, day and
    revision are frozen once: then nothing is written and the id is that of the run that is there (`frozen_already`).
    Raises NothingToFreeze, AnswerNotFrozen.
    """
    found = scored(answer, as_of)
    if there := frozen_already(batch, found, revision):
        return there
    if found.scores.empty:
        raise NothingToFreeze(as_of=found.as_of)
    known = batch.execute("SELECT CAST(max(ordered_at) AS DATE) FROM orders WHERE deleted_at IS NULL").fetchone()[0]
    figures = found.figures | {"known_until": str(known) if known else None}
    file = saved.pack(found.parts, about_of(found, name), saved.secret_of(batch))
    run_id, = batch.add("runs", {
        "concern": CONCERN, "name": name, "as_of": found.as_of, "revision": revision,
        "choice": found.choice.to_json(), "model": base64.b64encode(file).decode(),
        "figures": json.dumps(figures, ensure_ascii=False)})
    batch.stage("freezing", found.scores.reindex(columns=list(SCORES)).astype(
        {"customer_id": "int64", **dict.fromkeys(SCORES[1:], "float64")}))
    batch.insert("predictions", """
        SELECT CAST($run_id AS BIGINT) AS run_id, customer_id, CAST($as_of AS DATE) AS as_of,
               CAST($horizon_days AS BIGINT) AS horizon_days, score, low, high, rule
        FROM freezing ORDER BY customer_id""",
        run_id=run_id, as_of=found.as_of, horizon_days=found.horizon_days)
    batch.execute("DROP TABLE freezing")
    return run_id


def about_of(found: Scored, name: str) -> dict:
    """What a model's file says of itself."""
    return {"name": name, "as_of": str(found.as_of), "choice": found.choice.to_json(), "figures": found.figures}


def frozen_already(ask, answer, revision: int, as_of: date | None = None) -> int | None:
    """The run that holds these very scores: of the same choice, model, day and revision. None where there is none."""
    found = scored(answer, as_of)
    same = ask.execute(
        "SELECT id, figures FROM runs WHERE concern = $concern AND as_of = $as_of AND choice = $choice "
        "AND revision = $revision AND deleted_at IS NULL ORDER BY id",
        concern=CONCERN, as_of=found.as_of, choice=found.choice.to_json(), revision=revision).fetchall()
    for run_id, figures in same:
        kept = json.loads(figures)
        if (kept["model"], kept.get("learned_on")) == (found.figures["model"], found.figures.get("learned_on")):
            return run_id
    return None


def scored(answer, as_of: date | None = None) -> Scored:
    """What is frozen of an answer. Raises AnswerNotFrozen."""
    if isinstance(answer, Scored):
        return answer
    examples, choice = answer.examples, answer.choice
    if choice.target.answer == "category":
        raise AnswerNotFrozen()
    dates = examples.split
    day, horizon_days = (dates.as_of, dates.horizon_days) if dates else (as_of, 0)
    scores, parts = answer.scores.rename(columns={"amount": "score"}), {"model": answer.final}
    known = examples.rows[examples.rows.part != "score"].outcome
    if choice.target.answer == "amount" and "rule" not in scores:
        # Who knows nothing says the mean of all, stretched like the amounts where shorter days were learned from.
        scores = scores.assign(rule=float(known.mean()) * getattr(answer, "horizon_factor", 1.0))
    if getattr(answer, "rule", None) is not None:
        parts["rule"] = answer.rule
    return Scored(choice, day, horizon_days, scores, figures_of(answer, horizon_days, day), parts)


def figures_of(answer, horizon_days: int, as_of: date) -> dict:
    """What a run promises, as plain data: how good the model was on its test, and the customers it was made for."""
    judged, kind = answer.judged, answer.choice.target.answer
    known = answer.examples.rows[answer.examples.rows.part != "score"].outcome
    plain = next((judged[name] for name in ("recency_rule", "mean") if name in judged), float(known.mean()))
    rule = np.broadcast_to(np.asarray(plain, dtype=float), len(judged))
    outcome = judged["outcome" if "outcome" in judged else "spent"].to_numpy(dtype=float)
    now = answer.examples.part("score")
    features = encoding_of(answer.final).features
    longer = getattr(answer, "horizon_factor", 1.0)
    return {
        "answer": kind, "model": answer.chosen, "features": list(features), "seed": getattr(answer, "seed", 0),
        "horizon_days": horizon_days, "customers": len(answer.scores), "learned_on": str(as_of),
        "base_rate": float((outcome > 0).mean()) if len(outcome) else None,
        "mean": float(known.mean()) * longer, "longer": longer,
        "test": measures.measured(kind, outcome, judged[answer.chosen].to_numpy(dtype=float), rule),
        "spread": spread_of(now, features),
        "warnings": [[key, {name: _plain(fact) for name, fact in facts.items()}]
                     for key, facts in getattr(answer, "warnings", ())]}


def encoding_of(model):
    """How a fitted model, of chances or of amounts, takes its features."""
    return model.way.encoding if hasattr(model, "way") else model.encoding


def spread_of(rows: pd.DataFrame, features) -> dict:
    """How the scored customers spread over each feature, as plain data: what later ones are held against."""
    return {name: drift.spread(rows[name]) for name in features if name in rows}


def read_run(ask, run_id: int) -> Frozen:
    """A run that is not deleted. Raises RecordGone."""
    found = ask.execute("SELECT id, name, as_of, revision, choice, figures, model FROM runs "
                        "WHERE id = $id AND concern = $concern AND deleted_at IS NULL",
                        id=int(run_id), concern=CONCERN).fetchone()
    if not found:
        raise RecordGone(table="runs", id=int(run_id))
    number, name, as_of, revision, choice, figures, model = found
    return Frozen(number, name, as_of, revision, Choice.from_json(choice), json.loads(figures),
                  base64.b64decode(model) if model else None)


def frozen_runs(ask) -> list[Frozen]:
    """All runs that are not deleted, the newest day first; without their models."""
    found = ask.execute("SELECT id, name, as_of, revision, choice, figures FROM runs WHERE concern = $concern "
                        "AND deleted_at IS NULL ORDER BY as_of DESC, id DESC", concern=CONCERN).fetchall()
    return [Frozen(number, name, as_of, revision, Choice.from_json(choice), json.loads(figures), None)
            for number, name, as_of, revision, choice, figures in found]


def frozen_scores(ask, run_id: int) -> pd.DataFrame:
    """customer_id, score, low, high, rule of the customers who are still there, the highest score first."""
    return ask.execute(
        "SELECT p.customer_id, p.score, p.low, p.high, p.rule FROM predictions p "
        "JOIN customers c ON c.id = p.customer_id WHERE p.run_id = $id AND p.deleted_at IS NULL "
        "AND c.deleted_at IS NULL ORDER BY p.score DESC, p.customer_id", id=int(run_id)).df()


def model_of(ask, run_id: int) -> saved.SavedModel:
    """The model of a run, checked like a file from anywhere. Raises ModelNotKept and what saved.unpack raises."""
    run = read_run(ask, run_id)
    if run.model is None:
        raise ModelNotKept(name=run.name)
    return saved.unpack(run.model, saved.secret_of(ask))


def remove(batch, run_id: int) -> None:
    """Mark a run and its scores as deleted. Raises RecordGone."""
    read_run(batch, run_id)
    batch.remove("predictions", f"SELECT id FROM predictions WHERE run_id = {int(run_id)}")
    batch.remove("runs", [int(run_id)])


def _plain(fact):
    if isinstance(fact, np.generic):
        return fact.item()
    return fact if isinstance(fact, (bool, int, float, str, type(None))) else str(fact)
