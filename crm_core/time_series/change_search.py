"""The search for what changed in a series: which windows, shifts and yearly returns its model is surest of.

The model of baseline.py is asked, again and again, which change it would be surest of: a window of one period or a few
that stands out, a level that shifts for good, or a window that comes back every year. What it is surest of is taken in
first and all is fitted anew, until nothing sure is left; then whatever has become unsure is put out again.
"""
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np
import pandas as pd

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
IN_A_ROUND = 0.6  # what is this near to the surest change is taken in with it
MOST_ROUNDS = 12
AT_THE_END, INSIDE = 2.5, 0.3  # spreads: what a neighbour needs to belong to a window, and what its own ends need


@dataclass(frozen=True)
class Change:
    """A shape taken into the model."""

    kind: str  # window, step, yearly
    begin: int  # place of its first period; of a yearly one, of its slot
    length: int
    sure: float  # signed: how many spreads its effect is from nothing
    alignment: str = ""  # of a yearly one


def threshold(interval: str) -> float:
    """How many spreads make an alarm, so that chance raises ALARMS_A_YEAR: windows overlap and count threefold."""
    return max(SUREST, -NormalDist().inv_cdf(ALARMS_A_YEAR / (6 * baseline.PER_YEAR[interval])))


class Model:
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

    def searched(self, turns: int) -> "Search":
        search = Search(self, self.columns(turns), turns)
        search.run()
        return search


class Search:
    """Changes taken in and put out, for one way in which the trend may turn."""

    def __init__(self, model: Model, columns: np.ndarray, turns: int):
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
        edges = runs(self.shape(change) > 0)
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


def runs(inside: np.ndarray) -> list[tuple[int, int]]:
    """Begin and end of each run of True."""
    found = np.flatnonzero(np.diff(np.concatenate([[0], inside.astype(int), [0]])))
    return list(zip(found[::2].tolist(), found[1::2].tolist(), strict=True))


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
