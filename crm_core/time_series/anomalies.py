"""What is odd in a series: spikes, dips, lasting shifts of the level, missing data; each with what was to be expected.

The model of baseline.py is asked, again and again, which change it would be surest of: a window of one period or a few
that stands out, a level that shifts for good, or a window that comes back every year. What it is surest of is taken in
first and all is fitted anew, until nothing sure is left; then whatever has become unsure is put out again. What comes
back every year is part of what is to be expected and no anomaly.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from crm_core.errors import TooFewPeriods
from crm_core.time_series import baseline
from crm_core.time_series.yearly import alignments

LENGTHS = {  # of what passes, in periods
    "hour": (1, 2, 3, 4, 6, 8, 12, 18, 24, 36, 48),
    "day": (1, 2, 3, 4, 5, 7, 9, 11, 14, 18, 23, 28),
    "week": (1, 2, 3, 4, 6, 8),
    "month": (1, 2, 3, 4),
    "quarter": (1, 2),
    "year": (1,),
}
LASTING = {"hour": 72, "day": 28, "week": 8, "month": 6, "quarter": 4, "year": 4}  # periods that make a level
ALARMS_A_YEAR = 0.5  # that pure chance may raise, were the scatter of a bell's shape
SUREST = 3.3  # spreads, however few periods a year has
SURER_OF_SHIFTS = 2.0  # spreads more for a shift: real levels wander a little
SMALLEST = 0.10  # of what was expected: less is not worth an alarm
BACK_EACH_YEAR = 2.3  # spreads in each year for what comes back
ALIKE = 0.4  # of the largest year's effect: less is not the same thing coming back
FEW_PIECES = (1, 2)  # of the trend, tried however short a series is
BARELY = 0.05  # of the mean of all: below it a series has not got going
IN_A_ROUND = 0.6  # what is this near to the surest change is taken in with it
MOST_ROUNDS = 12
MUCH = 20  # times the usual scatter of one: where that much is usual, nothing at all is no chance
AT_THE_END, INSIDE = 2.5, 0.3  # spreads: what a neighbour needs to belong to a window, and what its own ends need
LONGEST = 12_000  # periods: more are not looked at at once


@dataclass(frozen=True)
class Change:
    """A shape taken into the model."""

    kind: str  # window, step, yearly
    begin: int  # place of its first period; of a yearly one, of its slot
    length: int
    sure: float  # signed: how many spreads its effect is from nothing
    alignment: str = ""  # of a yearly one


@dataclass(frozen=True)
class Anomaly:
    """Something odd."""

    kind: str  # spike, dip, gap, shift
    begin: pd.Timestamp  # its first period
    end: pd.Timestamp  # its last period; of a shift, the last one of the series
    actual: (
        float  # the sum over its periods (of a shift, and of rates: the mean of a period); NaN where data are missing
    )
    expected: float  # the same, had nothing happened
    low: float  # between these 95 of 100 such values lie
    high: float
    sure: float  # how many spreads it is from nothing, signed
    periods: int
    open: bool  # it lasts to the end of what is known

    @property
    def change(self) -> float:
        """Actual against expected, as a share; NaN where nothing was expected."""
        return self.actual / self.expected - 1 if self.expected > 0 and self.actual == self.actual else float("nan")


@dataclass(frozen=True, eq=False)
class Found:
    """What was looked at and what is odd in it."""

    anomalies: tuple[Anomaly, ...]  # by time
    frame: pd.DataFrame  # period, value, expected, low, high (without what is odd), level: the rows that were looked at
    power: float  # of the variance over the mean, 0: the plain model
    yearly: tuple[tuple[str, int, int], ...]  # what comes back each year: alignment, first place, length
    years: float  # looked at
    search: "_Search"  # the model itself, for questions about events


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
    model = _Model(periods, values, interval)
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
    return best.told(mean)


def _begin(values: np.ndarray, interval: str) -> int:
    """Where a series has got going: what it was while there was hardly anything says nothing of what is usual."""
    if np.nanmin(values) < 0:
        return 0
    run = (
        pd.Series(np.nan_to_num(values))
        .rolling(LASTING[interval], min_periods=1)
        .mean()
        .to_numpy()[LASTING[interval] - 1 :]
    )
    going = np.flatnonzero(run >= BARELY * np.nanmean(values))
    return int(going[0]) if len(going) else 0


def threshold(interval: str) -> float:
    """How many spreads make an alarm, so that chance raises ALARMS_A_YEAR: windows overlap and count threefold."""
    from statistics import NormalDist

    return max(SUREST, -NormalDist().inv_cdf(ALARMS_A_YEAR / (6 * baseline.PER_YEAR[interval])))


class _Model:
    """A series, and what does not change while it is searched."""

    def __init__(self, periods: pd.DatetimeIndex, values: np.ndarray, interval: str):
        self.periods, self.values, self.interval = periods, values, interval
        self.known = np.isfinite(values)
        years = len(values) / baseline.PER_YEAR[interval]
        self.power = baseline.power_of(values, self.columns(baseline.pieces(len(values), interval, 2.0)))
        self.alignments = alignments(periods, interval) if years >= 1.9 else {}
        self.sure = threshold(interval)

    def columns(self, turns: int) -> np.ndarray:
        found = baseline.columns(self.periods, self.interval, turns)
        return found if found.shape[1] < self.known.sum() / 2 else found[:, :2]

    def searched(self, turns: int) -> "_Search":
        search = _Search(self, self.columns(turns), turns)
        search.run()
        return search


class _Search:
    """Changes taken in and put out, for one way in which the trend may turn."""

    def __init__(self, model: _Model, columns: np.ndarray, turns: int):
        self.model, self.columns, self.turns = model, columns, turns
        self.changes: list[Change] = []
        self.most = max(4, int(0.1 * model.known.sum()))  # more than that is no exception
        self.fit = None
        self._refit()

    @property
    def score(self) -> float:
        return self.fit.bic(sum(2 if change.kind == "window" else 1 for change in self.changes))

    def run(self) -> None:
        tried = set()
        for _ in range(MOST_ROUNDS):
            self.changes = _joined(self.changes + self._surest())
            self._refit()
            self._put_out()
            state = frozenset((change.kind, change.begin, change.length, change.alignment) for change in self.changes)
            if state in tried or len(self.changes) >= self.most:
                break
            tried.add(state)
        self._settle()

    def _settle(self) -> None:
        """Move the ends of windows to where the odd days are, one by one."""
        for number, change in enumerate(self.changes):
            if change.kind != "window":
                continue
            sign, begin, end = np.sign(change.sure), change.begin, change.begin + change.length
            taken = np.zeros(len(self.model.periods) + 2, bool)
            for other in self.changes[:number] + self.changes[number + 1 :]:
                if other.kind == "window":
                    taken[other.begin + 1 : other.begin + other.length + 1] = True

            def odd(place: int, sign=sign) -> float:
                known = 0 <= place < len(self.model.periods) and self.model.known[place]
                return (
                    sign * baseline.sureness(self.fit, *baseline.left_out(self.fit, place, place + 1)) if known else 0.0
                )

            while begin > 0 and not taken[begin] and odd(begin - 1) >= AT_THE_END:
                begin -= 1
            while end < len(self.model.periods) and not taken[end + 1] and odd(end) >= AT_THE_END:
                end += 1
            while end - begin > 1 and odd(begin) < INSIDE:
                begin += 1
            while end - begin > 1 and odd(end - 1) < INSIDE:
                end -= 1
            self.changes[number] = replace(change, begin=begin, length=end - begin)
        self._refit()
        self._put_out()

    # Windows are left out of the fit; what lasts or comes back has a column of its own.
    def _refit(self) -> None:
        self.fit = self.fitted(self.changes)

    def fitted(self, changes: list[Change], but: np.ndarray | None = None) -> baseline.Fit:
        """The model with some changes; the periods of `but` are left out of it too."""
        known = self.model.known.copy()
        if but is not None:
            known &= ~but
        for change in changes:
            if change.kind == "window":
                known[change.begin : change.begin + change.length] = False
        shapes = [self.shape(change) for change in changes if change.kind != "window"]
        return baseline.fit(
            np.column_stack([self.columns, *shapes]), self.model.values, known, self.model.power, start=self.fit
        )

    def shape(self, change: Change) -> np.ndarray:
        if change.kind == "yearly":
            slots = self.model.alignments[change.alignment]
            return ((slots >= change.begin) & (slots < change.begin + change.length)).astype(float)
        shape = np.zeros(len(self.model.periods))
        shape[change.begin : None if change.kind == "step" else change.begin + change.length] = 1.0
        return shape

    def _surest(self) -> list[Change]:
        """The changes that stand out most now and do not touch each other."""
        found = sorted([*self._windows(), *self._steps(), *self._yearly()], key=lambda pair: -pair[0])
        taken, touched = [], np.zeros(len(self.model.periods), bool)
        for excess, change in found:
            if excess < IN_A_ROUND * found[0][0] or len(taken) >= 12:
                break
            near = self.shape(change) > 0
            if change.kind == "step":
                near = np.zeros_like(touched)
                near[max(0, change.begin - change.length) : change.begin + change.length] = True
            if not (touched & near).any():
                taken.append(change)
                # The neighbours of what stands out stand out with it.
                touched |= near | np.roll(near, change.length) | np.roll(near, -change.length)
        return taken

    def _windows(self):
        for length in LENGTHS[self.model.interval]:
            if length * 6 > len(self.model.periods):
                break
            sure = baseline.windows(self.fit, length)
            for sign in (1, -1):
                bar = self.model.sure * _unruly(sure[sure != 0], sign, self.model.interval)
                yield from self._peaks("window", sign * sure / bar, length, sign * bar)

    def _steps(self):
        least = LASTING[self.model.interval]
        if len(self.model.periods) < 3 * least:
            return
        sure = baseline.steps(self.fit)
        enough = np.cumsum(self.model.known)
        sure[(enough < least) | (enough[-1] - enough < least)] = 0.0
        bar = self.model.sure + SURER_OF_SHIFTS
        yield from self._peaks("step", np.abs(sure) / bar, least, np.sign(sure) * bar)

    def _yearly(self):
        for name, slots in self.model.alignments.items():
            if (slots >= 0).sum() == 0:
                continue
            found = baseline.folded(self.fit, slots, LENGTHS[self.model.interval], repeats=2)
            for length, sure in found.items():
                excess = np.abs(sure) / (self.model.sure * _unruly(sure[sure != 0], 0, self.model.interval))
                for place in _tops(excess, length):
                    change = Change("yearly", place, length, float(sure[place]), name)
                    if self._each_year(change):
                        # Where a date says as much as a feast that moves, the date is the simpler reason.
                        yield excess[place] - (0 if name == "date" else 0.01), change

    def _each_year(self, change: Change) -> bool:
        """Whether most years say the same, two at least, each by itself."""
        edges = _edges(self.shape(change) > 0)
        shapes = np.zeros((len(self.model.periods), len(edges)))
        for place, (start, stop) in enumerate(edges):
            shapes[start:stop, place] = 1.0
        seen = self.fit.used.astype(float) @ shapes * 2 >= change.length
        effect, sure = baseline.shaped(self.fit, shapes[:, seen])
        effect, sure = effect * np.sign(change.sure), sure * np.sign(change.sure)
        # One year that was odd by itself must not make a custom of it.
        agree = (sure >= BACK_EACH_YEAR) & (effect >= ALIKE * effect.max(initial=0.0))
        return agree.sum() >= 2 and agree.sum() > len(sure) / 2

    def _peaks(self, kind: str, excess: np.ndarray, length: int, bar):
        for place in _tops(excess, length):
            sure = excess[place] * (bar[place] if isinstance(bar, np.ndarray) else bar)
            change = Change(kind, place, length, float(sure))
            if self._worth(change):
                yield excess[place], change

    def _worth(self, change: Change) -> bool:
        """Whether the change is large enough to be told: a tenth of what was expected."""
        if not self.model.power:
            return True
        if change.kind == "step":
            effect, _ = baseline.shaped(self.fit, self.shape(change)[:, None])
            return abs(np.expm1(float(effect[0]))) >= SMALLEST
        span = slice(change.begin, change.begin + change.length)
        usual = self.fit.mean[span].sum()
        return abs(self.fit.values[span].sum() - usual) >= SMALLEST * usual

    def _put_out(self) -> None:
        """Put out, the least sure first, what is no longer sure beside the others."""
        while self.changes:
            excess, place = [], self.columns.shape[1]
            for number, change in enumerate(self.changes):
                if change.kind == "window":
                    sure = baseline.sureness(
                        self.fit, *baseline.left_out(self.fit, change.begin, change.begin + change.length)
                    )
                else:
                    sure = self.fit.effect(place)[1]
                    place += 1
                self.changes[number] = replace(change, sure=sure)
                excess.append(abs(sure) / (self.model.sure + (SURER_OF_SHIFTS if change.kind == "step" else 0)))
            weakest = int(np.argmin(excess))
            if excess[weakest] >= 1:
                return
            del self.changes[weakest]
            self._refit()

    # --- what is told ---------------------------------------------------------------------------

    def told(self, mean: bool) -> Found:
        model, fitted = self.model, self.fit
        own = (
            fitted.spread * np.sqrt(fitted.mean**model.power)
            if model.power
            else np.full(len(fitted.mean), fitted.spread)
        )
        low, high = baseline.limits(fitted, fitted.mean, own, 1.96)
        frame = pd.DataFrame(
            {"period": model.periods, "value": model.values, "expected": fitted.mean, "low": low, "high": high}
        )
        place, anomalies, yearly = self.columns.shape[1], [], []
        for change in self.changes:
            if change.kind == "window":
                anomalies.append(self._window(change.begin, change.begin + change.length, change.sure, mean))
            elif change.kind == "step":
                anomalies.append(self._shift(change, fitted.effect(place)[0]))
            else:
                yearly.append((change.alignment, change.begin, change.length))
            place += change.kind != "window"
        anomalies += [self._window(start, stop, float("nan"), mean) for start, stop in _edges(~model.known)]
        return Found(
            tuple(sorted(anomalies, key=lambda one: one.begin)),
            frame,
            model.power,
            tuple(yearly),
            len(model.periods) / baseline.PER_YEAR[model.interval],
            self,
        )

    def _window(self, begin: int, until: int, sure: float, mean: bool) -> Anomaly:
        model = self.model
        actual, expected, deviation = baseline.left_out(self.fit, begin, until)
        low, high = baseline.limits(self.fit, np.array(expected), np.array(deviation), 1.96)
        known = model.known[begin:until]
        kind = "spike" if sure > 0 else "dip"
        if not known.any() or (sure < 0 and _nothing(model.values[begin:until], expected, self.fit)):
            kind = "gap"
        parts = until - begin if mean else 1
        return Anomaly(
            kind,
            model.periods[begin],
            model.periods[until - 1],
            actual / parts if known.any() else float("nan"),
            expected / parts,
            float(low) / parts,
            float(high) / parts,
            sure,
            until - begin,
            until == len(model.periods),
        )

    def _shift(self, change: Change, effect: float) -> Anomaly:
        """A shift is told by the mean of the first periods after it: later the trend has its say."""
        model, until = self.model, min(change.begin + LASTING[self.model.interval], len(self.model.periods))
        span = slice(change.begin, until)
        usual = self.fit.used[span]
        now = self.fit.mean[span]
        before = now * np.exp(-effect) if model.power else now - effect
        deviation = self.fit.spread * float(
            np.sqrt((before**model.power).sum() if model.power else until - change.begin)
        )
        low, high = baseline.limits(self.fit, np.array(before.sum()), np.array(deviation), 1.96)
        count = until - change.begin
        actual = float(np.where(usual, model.values[span], now).mean())
        return Anomaly(
            "shift",
            model.periods[change.begin],
            model.periods[-1],
            actual,
            float(before.mean()),
            float(low) / count,
            float(high) / count,
            change.sure,
            len(model.periods) - change.begin,
            True,
        )


def _joined(changes: list[Change]) -> list[Change]:
    """Windows of one direction that touch each other are one."""
    windows = sorted((change for change in changes if change.kind == "window"), key=lambda change: change.begin)
    joined: list[Change] = []
    for change in windows:
        last = joined[-1] if joined else None
        if last and change.begin <= last.begin + last.length and np.sign(change.sure) == np.sign(last.sure):
            joined[-1] = replace(last, length=max(last.length, change.begin + change.length - last.begin))
        elif not last or change.begin >= last.begin + last.length:
            joined.append(change)
    return [change for change in changes if change.kind != "window"] + joined


def _edges(inside: np.ndarray) -> list[tuple[int, int]]:
    """Begin and end of each run of True."""
    found = np.flatnonzero(np.diff(np.concatenate([[0], inside.astype(int), [0]])))
    return list(zip(found[::2].tolist(), found[1::2].tolist(), strict=True))


def _nothing(values: np.ndarray, expected: float, fitted: baseline.Fit) -> bool:
    """Nothing at all for several periods, or for one where much is usual, is missing data rather than a quiet time."""
    nothing = np.nan_to_num(values) == 0
    if not fitted.power or nothing.mean() < 0.6:
        return False
    return nothing.sum() > 1 or expected >= MUCH * fitted.spread**2 * expected ** (fitted.power - 1)


def _wandering(sure: np.ndarray) -> float:
    """How much more the sureness of shifts wanders from place to place than chance would have it: 1 or more."""
    told = sure[sure != 0]
    return max(1.0, 1.4826 * float(np.median(np.abs(told)))) if len(told) else 1.0


def _unruly(sure: np.ndarray, sign: int, interval: str) -> float:
    """How much farther than a bell's the tails of what stands out reach, 1 or more.

    From two points of the tail that the few true anomalies do not move (one in ten, one in thirty-three) the tail is
    drawn on in an exponential's way to what chance reaches once in ten years. Sign 0: both sides together.
    """
    if len(sure) < 60:
        return 1.0
    side = sure * sign if sign else np.abs(sure)
    ten, thirty = np.quantile(side, (1 - 0.1 * (1 if sign else 2), 1 - 0.03 * (1 if sign else 2)))
    bell_ten, bell_thirty = 1.2816, 1.8808
    far = 6 * baseline.PER_YEAR[interval] / ALARMS_A_YEAR
    reach = ten + (thirty - ten) / np.log(0.1 / 0.03) * np.log(0.1 * far)
    of_bell = bell_ten + (bell_thirty - bell_ten) / np.log(0.1 / 0.03) * np.log(0.1 * far)
    return max(1.0, float(reach / of_bell))


def _tops(values: np.ndarray, length: int) -> list[int]:
    """Places that are the highest among their neighbours within `length`."""
    places = []
    for place in np.argsort(-values, kind="stable")[:200]:
        if values[place] < 1:
            break
        if all(abs(place - other) >= length for other in places):
            places.append(int(place))
    return places
