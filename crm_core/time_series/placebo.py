"""Did an event matter? What it changed, held against the same shape laid on other dates.

The model of baseline.py says what the days of the event would have been; of a holiday, without what it knows to come
back on these days. Then the same is asked of other dates, as many as there are: a share p of them that seems to matter
as much says how easily chance brings it about (a placebo test in time, as in Abadie, Diamond and Hainmueller 2010).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_core.errors import NoPlaceboDates
from crm_core.time_series import baseline
from crm_core.time_series.anomalies import Found
from crm_core.time_series.calendar import following
from crm_core.time_series.change_search import runs

LEAST = 19  # other dates: with fewer no p can be below 5 in 100
MOST = 999
CHANCE = 0.05


@dataclass(frozen=True, eq=False)
class Mattered:
    """What an event changed, over all its periods together."""

    actual: float
    expected: float  # without the event
    low: float  # between these 95 of 100 other dates' effects lie round `effect`
    high: float
    p: float  # how easily chance brings it about: the event and the dates that matter as much, of it and all dates
    dates: int  # other dates that were asked
    as_much: int  # of them, how many seem to matter as much
    periods: int
    sure: float  # how many spreads the effect is from nothing: what is compared with other dates
    elsewhere: np.ndarray  # the same of the other dates

    @property
    def effect(self) -> float:
        return self.actual - self.expected

    @property
    def matters(self) -> bool:
        return self.p <= CHANCE

    @property
    def verdict(self) -> str:
        """more, less; chance where it does not matter."""
        return ("more" if self.effect > 0 else "less") if self.matters else "chance"

    @property
    def change(self) -> float:
        return self.effect / self.expected if self.expected > 0 else float("nan")


def mattered(found: Found, spans: pd.DataFrame, avoid: pd.DataFrame | None = None, seed: int = 0) -> Mattered:
    """What the event on the days of `spans` (starts_on, ends_on; several rows: it came several times) changed.

    `avoid` are the days of other events, which are no fair comparison. Raises NoPlaceboDates(found, needed).
    """
    search = found.search
    model = search.model
    shape = _covered(model.periods, model.interval, spans)
    touched = shape > 0
    if not (touched & model.known).any():
        raise NoPlaceboDates(found=0, needed=LEAST)
    changes = [
        change for change in search.changes if change.kind == "step" or not (search.shape(change)[touched] > 0).any()
    ]
    fitted = search.fitted(changes)
    shapes = _elsewhere(shape, fitted.used, model, avoid, seed)
    if shapes.shape[1] < LEAST:
        raise NoPlaceboDates(found=shapes.shape[1], needed=LEAST)
    _, sure = baseline.shaped(fitted, shape[:, None])
    _, other_sure = baseline.shaped(fitted, shapes)
    as_much = int((np.abs(other_sure) >= abs(sure[0])).sum())
    p = (1 + as_much) / (1 + len(other_sure))
    without = search.fitted(changes, but=touched)
    parts = np.array([baseline.left_out(without, start, stop) for start, stop in runs(touched & model.known)])
    actual, expected, deviation = parts[:, 0].sum(), parts[:, 1].sum(), float(np.sqrt((parts[:, 2] ** 2).sum()))
    reach = deviation * float(np.quantile(np.abs(other_sure), 0.95))
    return Mattered(
        float(actual),
        float(expected),
        float(actual - expected - reach),
        float(actual - expected + reach),
        p,
        len(other_sure),
        as_much,
        int(touched.sum()),
        float(sure[0]),
        other_sure,
    )


def _covered(periods: pd.DatetimeIndex, interval: str, spans: pd.DataFrame) -> np.ndarray:
    """Which share of each period lies in the spans."""
    ends = pd.DatetimeIndex([following(period, interval) for period in periods])
    begins, ends = (moments.to_numpy("datetime64[s]").astype(float) for moments in (periods, ends))
    share = np.zeros(len(periods))
    for span in spans.itertuples():
        begin = pd.Timestamp(span.starts_on).timestamp()
        end = (pd.Timestamp(span.ends_on) + pd.Timedelta(days=1)).timestamp()
        inside = (np.minimum(ends, end) - np.maximum(begins, begin)) / (ends - begins)
        share = np.maximum(share, np.clip(inside, 0, 1))
    return share


def _elsewhere(shape: np.ndarray, used: np.ndarray, model, avoid: pd.DataFrame | None, seed: int) -> np.ndarray:
    """The shape on other dates: moved as a whole, onto periods that are known and no event's."""
    count = len(shape)
    taken = shape > 0
    if avoid is not None and len(avoid):
        taken = taken | (_covered(model.periods, model.interval, avoid) >= 0.5)
    inside = np.flatnonzero(shape > 0)
    moves = [move for move in range(-inside[0], count - inside[-1]) if move]
    fair = [move for move in moves if used[inside + move].mean() >= 0.8 and taken[inside + move].mean() <= 0.2]
    if len(fair) > MOST:
        fair = sorted(np.random.default_rng(seed).choice(fair, MOST, replace=False))
    shapes = np.zeros((count, len(fair)))
    for place, move in enumerate(fair):
        shapes[inside + move, place] = shape[inside]
    return shapes
