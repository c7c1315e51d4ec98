"""How a frozen forecast did: held against what came, beside the plain guess and what its test promised.

    run 9, 3 of 12 months are over   →   mean error .71 of a seasonal step (promised .68; the plain guess .95)
                                         8 of 9 values lay within their 80 % interval: as promised

Nothing is said of a period before it is over. A series that is called otherwise since, or gone, cannot be graded and is
counted.
"""
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from crm_core.time_series import calendar
from crm_core.time_series.frozen import Frozen, frozen_values
from crm_core.time_series.outlook import TOTAL, known
from crm_core.time_series.series import Asked, bounds, is_own, read_with

VERDICTS = ("as_promised", "worse", "better", "too_few")
FEWEST = 4  # values that came: below it a grade says nothing
LEVELS = (80, 95)
MOST_SERIES = 1_000_000  # of which none are told together: what is together is told by the run
SURE = 0.01  # how unlikely so many values outside must be by chance before that is told as bad
FAR = 1.5  # times the error that was promised: worse; a 1.5th of it: better
REVISED = 0.005  # share by which the history itself may have changed since before it is told


@dataclass(frozen=True, eq=False)
class Grade:
    run: Frozen
    rows: pd.DataFrame  # series, period, value, low_80 …, rule, came (NaN: not over yet, or not known)
    by_series: pd.DataFrame  # series, over, error, promised, rule_error (in seasonal steps), inside_80, inside_95
    over: int  # values that came, of those that were said
    said: int
    periods_over: int
    periods: int
    gone: tuple[str, ...]  # series that are not there any more
    error: float | None  # mean absolute error in seasonal steps of each series (MASE)
    rule_error: float | None  # of the plain guess on the same values
    promised: float | None  # what the test said of the same series
    inside: dict[int, float | None]  # level → share of values within
    total_said: float  # of the periods that are over, of all that sums up
    total_came: float
    verdict: str | None  # one of VERDICTS; None while no period is over
    beaten: bool  # whether the plain guess did better
    revised: float | None  # share by which the sum of the history changed since, where it did

    @property
    def done(self) -> bool:
        return self.periods_over == self.periods


def graded(look, run: Frozen, as_of: date) -> Grade:
    """The grade of a run by what the book holds; `as_of` is the local day that it is. Raises as series.read does."""
    return grade(run, frozen_values(look, run.id), now_told(look, run, as_of))


def now_told(look, run: Frozen, as_of: date) -> pd.DataFrame:
    """The series of a run as the book tells them now, up to where its data end."""
    asked = question(run)
    newest = None if is_own(asked.measure) else bounds(look, asked.measure, as_of, asked.zone).last
    last = calendar.local(newest, asked.zone) if newest is not None else None
    return known(read_with(look, asked, as_of), asked.interval, last, as_of)


def question(run: Frozen) -> Asked:
    """What is asked to grade a run: every series by itself, up to now."""
    return replace(run.asked, until=None, largest=MOST_SERIES)


def grade(run: Frozen, values: pd.DataFrame, frame: pd.DataFrame) -> Grade:
    """Hold a run against a frame of series as they are now. `values` as frozen.frozen_values gives them."""
    now = as_frozen(run, values, frame)
    rows = values.merge(now[now.whole][["series", "period", "value"]].rename(columns={"value": "came"}), how="left",
                        on=["series", "period"])
    tests = run.figures["tests"]
    scale = rows.series.map({name: test["scale"] for name, test in tests.items()}).astype(float)
    there = rows.came.notna()
    rows["error"] = (rows.value - rows.came).abs() / scale.where(scale > 0)
    rows["rule_error"] = (rows.rule - rows.came).abs() / scale.where(scale > 0)
    for level in LEVELS:
        rows[f"inside_{level}"] = ((rows.came >= rows[f"low_{level}"]) & (rows.came <= rows[f"high_{level}"])).where(
            there & rows[f"low_{level}"].notna()).astype(float)
    by_series = rows.groupby("series", as_index=False, sort=False).agg(
        over=("came", "count"), error=("error", "mean"), rule_error=("rule_error", "mean"),
        inside_80=("inside_80", "mean"), inside_95=("inside_95", "mean"), said=("value", "sum"))
    by_series["promised"] = by_series.series.map({name: test["mase"] for name, test in tests.items()}).astype(float)
    over = int(there.sum())
    error, rule_error = _mean(by_series.error), _mean(by_series.rule_error)
    promised = _mean(by_series.promised[by_series.over > 0])
    whole = rows[there & ((rows.series == TOTAL) if TOTAL in set(rows.series) else True)]
    return Grade(
        run, rows, by_series, over, len(rows), int(rows[there].period.nunique()), int(rows.period.nunique()),
        tuple(name for name in by_series.series if name not in set(now.series)), error, rule_error, promised,
        {level: _mean(rows[f"inside_{level}"]) for level in LEVELS}, float(whole.value.sum()), float(whole.came.sum()),
        _verdict(rows, over, error, promised) if over else None,
        bool(error is not None and rule_error is not None and over >= FEWEST and rule_error < error),
        _revised(run, values, now))


def as_frozen(run: Frozen, values: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with the series that were frozen: what was told together then is told together now."""
    names, others = set(values.series), run.asked.others
    parts = [frame[frame.series.isin(names - {others, TOTAL}) | (frame.series == TOTAL)]]
    if others in names and run.figures["fits"]:
        parts.append(_summed(frame[~frame.series.isin(names - {others})], others))
    if TOTAL in names and run.figures["fits"]:
        parts.append(_summed(frame, TOTAL))
    return pd.concat(parts, ignore_index=True)


# --- inside ---------------------------------------------------------------------------------------


def _summed(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    return frame.groupby("period", as_index=False).agg(
        value=("value", lambda values: values.sum(min_count=1)), whole=("whole", "all")).assign(series=name)


def _verdict(rows: pd.DataFrame, over: int, error: float | None, promised: float | None) -> str:
    from scipy.stats import binomtest

    if over < FEWEST:
        return "too_few"
    for level in LEVELS:
        inside = rows[f"inside_{level}"].dropna()
        if len(inside) and binomtest(int(inside.sum()), len(inside), level / 100, "less").pvalue < SURE:
            return "worse"
    if error is None or promised is None:
        return "as_promised"
    return "worse" if error > FAR * promised else "better" if error < promised / FAR else "as_promised"


def _revised(run: Frozen, values: pd.DataFrame, now: pd.DataFrame) -> float | None:
    """By how much what was known then is told otherwise now: late orders, merges, corrections."""
    until = pd.Timestamp(run.figures["known_until"])
    then = sum(abs(test["known"] or 0.0) for name, test in run.figures["tests"].items())
    known = now[(now.period <= until) & now.series.isin(set(values.series))].groupby("series").value.sum()
    off = sum(abs(float(known.get(name, 0.0)) - (test["known"] or 0.0)) for name, test in run.figures["tests"].items())
    return off / then if then and off / then > REVISED else None


def _mean(values) -> float | None:
    known = np.asarray(values, float)
    known = known[np.isfinite(known)]
    return float(known.mean()) if len(known) else None
