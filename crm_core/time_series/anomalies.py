"""What is odd in a series: spikes, dips, lasting shifts of the level, missing data; each with what was to be expected.

change_search.py finds what changed; here it is told, period by period and change by change. What comes back every year
is part of what is to be expected and no anomaly.
"""
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_core.errors import TooFewPeriods
from crm_core.time_series import baseline
from crm_core.time_series.calendar import last_day
from crm_core.time_series.change_search import LASTING, Change, Model, Search, runs

FEW_PIECES = (1, 2)  # of the trend, tried however short a series is
BARELY = 0.05  # of the mean of all: below it a series has not got going
MUCH = 20  # times the usual scatter of one: where that much is usual, nothing at all is no chance
LONGEST = 12_000  # periods: more are not looked at at once


@dataclass(frozen=True)
class Anomaly:
    """Something odd."""

    kind: str  # spike, dip, gap, shift
    begin: pd.Timestamp  # its first period
    end: pd.Timestamp  # its last period; of a shift, the last one of the series
    actual: float  # the sum over its periods (of a shift, of rates: the mean of a period); NaN where data are missing
    expected: float  # the same, had nothing happened
    low: float  # between these 95 of 100 such values lie
    high: float
    sure: float  # how many spreads it is from nothing, signed
    periods: int
    open: bool  # it lasts to the end of what is known

    def days(self, interval: str) -> tuple[pd.Timestamp, pd.Timestamp]:
        """Its first and its last local day."""
        return self.begin.normalize(), last_day(self.end, interval)

    @property
    def change(self) -> float:
        """Actual against expected, as a share; NaN where nothing was expected."""
        return self.actual / self.expected - 1 if self.expected > 0 and self.actual == self.actual else float("nan")


@dataclass(frozen=True, eq=False)
class Found:
    """What was looked at and what is odd in it."""

    anomalies: tuple[Anomaly, ...]  # by time
    frame: pd.DataFrame  # period, value, expected, low, high (without what is odd): the rows that were looked at
    power: float  # of the variance over the mean, 0: the plain model
    yearly: tuple[tuple[str, int, int], ...]  # what comes back each year: alignment, first place, length
    years: float  # looked at
    search: Search  # the model itself, for questions about events

    @property
    def surest(self) -> int | None:
        """The place of what is surest; what is missing is told by itself and comes last. None without any."""
        sure = [abs(np.nan_to_num(odd.sure)) for odd in self.anomalies]
        return int(len(sure) - 1 - np.argmax(sure[::-1])) if sure else None


def find(series: pd.DataFrame, interval: str, progress=None, mean: bool = False) -> Found:
    """The anomalies of one series (columns period, value, whole), over its whole periods.

    `mean` is for a measure that is a rate or an average: windows are told by their mean and not their sum. A missing
    value counts as missing data between two known ones. Raises TooFewPeriods(found, needed).
    """
    rows = series[series.whole.astype(bool)].sort_values("period").tail(LONGEST)
    known = rows.value.notna().to_numpy()
    if known.any():  # what is missing before the first and after the last value was never there
        first, last = np.flatnonzero(known)[[0, -1]]
        rows, known = rows.iloc[first : last + 1], known[first : last + 1]
        begin = _begin(rows.value.to_numpy(float), interval)
        rows, known = rows.iloc[begin:], known[begin:]
    if known.sum() < baseline.LEAST:
        raise TooFewPeriods(found=int(known.sum()), needed=baseline.LEAST)
    periods, values = pd.DatetimeIndex(rows.period), rows.value.to_numpy(float)
    model = Model(periods, values, interval)
    best = None
    # The simplest trend with which all that is odd is told best.
    turns = sorted(
        {baseline.pieces(len(rows), interval, rate) for rate in baseline.KNOTS_PER_YEAR}
        | {baseline.most_pieces(len(rows), count) for count in FEW_PIECES}
    )
    for place, count in enumerate(turns):
        tried = model.searched(count)
        if best is None or tried.score < best.score:
            best = tried
        if progress:
            progress((place + 1) / len(turns))
    return _told(best, mean)


def _begin(values: np.ndarray, interval: str) -> int:
    """Where a series has got going: what it was while there was hardly anything says nothing of what is usual."""
    if np.nanmin(values) < 0:
        return 0
    run = pd.Series(np.nan_to_num(values)).rolling(LASTING[interval], min_periods=1).mean()
    run = run.to_numpy()[LASTING[interval] - 1 :]
    going = np.flatnonzero(run >= BARELY * np.nanmean(values))
    return int(going[0]) if len(going) else 0


# --- what is told -------------------------------------------------------------------------------


def _told(search: Search, mean: bool) -> Found:
    model, fitted = search.model, search.fit
    own = fitted.spread * np.sqrt(fitted.mean**model.power if model.power else np.ones(len(fitted.mean)))
    low, high = baseline.limits(fitted, fitted.mean, own, 1.96)
    frame = pd.DataFrame(
        {"period": model.periods, "value": model.values, "expected": fitted.mean, "low": low, "high": high})
    place, found, yearly = search.columns.shape[1], [], []
    for change in search.changes:
        if change.kind == "window":
            found.append(_window(search, change.begin, change.begin + change.length, change.sure, mean))
        elif change.kind == "step":
            found.append(_shift(search, change, fitted.effect(place)[0]))
        else:
            yearly.append((change.alignment, change.begin, change.length))
        place += change.kind != "window"
    found += [_window(search, start, stop, float("nan"), mean) for start, stop in runs(~model.known)]
    return Found(tuple(sorted(found, key=lambda one: one.begin)), frame, model.power, tuple(yearly),
                 len(model.periods) / baseline.PER_YEAR[model.interval], search)


def _window(search: Search, begin: int, until: int, sure: float, mean: bool) -> Anomaly:
    model = search.model
    actual, expected, deviation = baseline.left_out(search.fit, begin, until)
    low, high = baseline.limits(search.fit, np.array(expected), np.array(deviation), 1.96)
    known = model.known[begin:until]
    kind = "spike" if sure > 0 else "dip"
    if not known.any() or (sure < 0 and _nothing(model.values[begin:until], expected, search.fit)):
        kind = "gap"
    parts = until - begin if mean else 1
    return Anomaly(kind, model.periods[begin], model.periods[until - 1],
                   actual / parts if known.any() else float("nan"), expected / parts, float(low) / parts,
                   float(high) / parts, sure, until - begin, until == len(model.periods))


def _shift(search: Search, change: Change, effect: float) -> Anomaly:
    """A shift is told by the mean of the first periods after it: later the trend has its say."""
    model, fitted = search.model, search.fit
    until = min(change.begin + LASTING[model.interval], len(model.periods))
    span, count = slice(change.begin, until), until - change.begin
    now = fitted.mean[span]
    before = now * np.exp(-effect) if model.power else now - effect
    deviation = fitted.spread * float(np.sqrt((before**model.power).sum() if model.power else count))
    low, high = baseline.limits(fitted, np.array(before.sum()), np.array(deviation), 1.96)
    actual = float(np.where(fitted.used[span], model.values[span], now).mean())
    return Anomaly("shift", model.periods[change.begin], model.periods[-1], actual, float(before.mean()),
                   float(low) / count, float(high) / count, change.sure, len(model.periods) - change.begin, True)


def _nothing(values: np.ndarray, expected: float, fitted: baseline.Fit) -> bool:
    """Nothing at all for several periods, or for one where much is usual, is missing data rather than a quiet time."""
    nothing = np.nan_to_num(values) == 0
    if not fitted.power or nothing.mean() < 0.6:
        return False
    return nothing.sum() > 1 or expected >= MUCH * fitted.spread**2 * expected ** (fitted.power - 1)
