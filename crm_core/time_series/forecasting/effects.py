"""A regression on what is known of days before they come, and what moving a campaign would change.

A slowly wandering level, the season, weekdays, holidays, campaigns and own events, of logarithms where a series stays
above nothing: effects are shares then. Every kind of effect is held back as far as the series itself says that effects
of its kind are small (Bayesian ridge: MacKay 1992), days that fit nothing count less (Huber 1964), and errors that hang
together in time count for fewer days. Nothing is known too early: a test that stands at a day knows the campaigns that
were planned by then.

    orders 100 a week, in two campaign weeks 130 and 126  →  a campaign next month: +26 %, between +15 % and +38 %
"""
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_core.errors import NoCampaignSeen, TooFewForEffects
from crm_core.time_series.forecasting import calendars
from crm_core.time_series.forecasting.rolling import Rolled

FEWEST = 8  # periods
YEARS_FOR_A_SEASON = 1.5  # with less history the season cannot be told from a trend
LEVELS = 30  # places at which the level may move
SIZES = {  # group → the size of effects (standard deviation, as a share) that is expected before any is seen
    "level": 0.05, "slope": 0.05, "hour": 0.5, "weekday": 0.2, "season": 0.2, "holiday": 0.2, "campaign": 0.3,
    "one_campaign": 0.1, "after": 0.05, "own": 0.2}
EXPECTED_FOR = 4.0  # so many effects does this expectation weigh
ROUNDS = 15
ROBUST = 2.5  # standard errors after which a period counts less
QUIETEST = 1e-4  # noise that is always there, as a share
DRAWS = 2_000


@dataclass(frozen=True)
class Fitted:
    """What a series was found to do."""

    columns: pd.MultiIndex  # of the design, without level and slope
    weights: np.ndarray  # (1 + level, slope, columns): the effects, as logarithms of factors or in units of `unit`
    covariance: np.ndarray  # of the weights
    knots: np.ndarray  # periods at which the level may move
    unit: float  # what values are divided by; 1 for logarithms
    times: bool  # effects are factors, not sums
    noise: float  # standard deviation of what nothing explains, as the weights
    season: bool
    count: int  # periods learned from


@dataclass(frozen=True)
class WhatIf:
    """What other dates of campaigns would change."""

    periods: pd.DataFrame  # period, planned, changed, difference, low_80, high_80, low_95, high_95 (of the difference)
    total: dict[str, float]  # planned, changed, difference, low_80, high_80, low_95, high_95 of all periods together
    seen: int  # campaigns in the history that all of this is learned from

    @property
    def verdict(self) -> str:
        """more, less; unsure where the 80 % interval of all periods together holds nothing."""
        if self.total["low_80"] <= 0 <= self.total["high_80"]:
            return "unsure"
        return "more" if self.total["difference"] > 0 else "less"


def fit(periods: pd.DatetimeIndex, values: np.ndarray, interval: str, events: pd.DataFrame | None = None,
        countries: tuple[str, ...] = ()) -> Fitted:
    """The regression of values (NaN: missing) on the calendar of their periods, as calendars.design tells it."""
    there = np.isfinite(values)
    if there.sum() < FEWEST:
        raise TooFewForEffects(found=int(there.sum()), needed=FEWEST)
    season = len(values) >= YEARS_FOR_A_SEASON * calendars.YEAR[interval]
    given = calendars.design(periods, interval, events, countries, season)
    given = given.loc[:, given[there].any()]  # of what never was, nothing can be said
    times = bool(values[there].min() > 0)
    unit = 1.0 if times else float(np.abs(values[there]).mean() or 1.0)
    told = np.log(values[there]) if times else values[there] / unit
    knots = np.unique(np.linspace(0, len(values), LEVELS + 1).astype(int)[1:-1])
    design = _with_level(given, np.arange(len(values)), knots, len(values), interval)[there]
    sizes = np.array(["level"] * len(knots) + ["slope"] + list(given.columns.get_level_values("group")))
    weights, covariance, noise = _solve(design, told, sizes)
    return Fitted(given.columns, weights, covariance, knots, unit, times, noise, season, len(values))


def predicted(fitted: Fitted, periods: pd.DatetimeIndex, interval: str, events: pd.DataFrame | None = None,
              countries: tuple[str, ...] = ()) -> np.ndarray:
    """What comes in the periods after those learned from: the middle value of what may come."""
    return _back(fitted, _ahead(fitted, periods, interval, events, countries) @ fitted.weights)


def effects(fitted: Fitted, levels: tuple = (80, 95)) -> pd.DataFrame:
    """What holidays, campaigns and own events did, while they ran: group, name, effect (a share where the regression is
    one of factors, else in the series' unit), low_80, high_80 …
    """
    from scipy.special import ndtri

    rows = []
    offset = 1 + len(fitted.knots) + 1
    shared = _place(fitted, "campaign", "any")
    for place, (group, name) in enumerate(fitted.columns):
        if group not in ("holiday", "one_campaign", "own", "campaign", "after"):
            continue
        pick = np.zeros(len(fitted.weights))
        pick[offset + place] = 1.0
        if group == "one_campaign":
            pick[shared] = 1.0  # a campaign does what campaigns do, and what is its own
        middle, rough = pick @ fitted.weights, np.sqrt(pick @ fitted.covariance @ pick)
        row = {"group": group, "name": name, "effect": _share(fitted, middle)}
        for level in levels:
            reach = ndtri(0.5 + level / 200) * rough
            row |= {f"low_{level}": _share(fitted, middle - reach), f"high_{level}": _share(fitted, middle + reach)}
        rows.append(row)
    return pd.DataFrame(rows, columns=["group", "name", "effect", *(f"{side}_{level}" for level in levels
                                                                   for side in ("low", "high"))])


def rolled(periods: pd.DatetimeIndex, values: np.ndarray, interval: str, origins: np.ndarray, horizon: int,
           events: pd.DataFrame | None = None, countries: tuple[str, ...] = ()) -> np.ndarray:
    """(folds, horizon): what the regression would have said at each origin (how many periods were known; 0: none), by
    what was known then; NaN where too little was, and beyond the end.
    """
    told = np.full((len(origins), horizon), np.nan)
    for fold, origin in enumerate(origins):
        if origin == 0 or np.isfinite(values[:origin]).sum() < FEWEST:
            continue
        then = known_by(events, periods[origin - 1] + calendars.LENGTHS[interval])
        fitted = fit(periods[:origin], values[:origin], interval, then, countries)
        asked = calendars.ahead(periods[origin - 1], interval, horizon)
        told[fold] = predicted(fitted, asked, interval, then, countries)
    return told


def on_the_calendar(test: Rolled, points: dict[str, np.ndarray], series: list[tuple[pd.DatetimeIndex, np.ndarray]],
                    interval: str, events: pd.DataFrame | None = None, countries: tuple[str, ...] = ()
                    ) -> tuple[Rolled, dict[str, np.ndarray]]:
    """A rolling test and what models say of what comes (series, horizon), with the regression as `regression`.

    series: periods and values of each. Where a series has too little for a regression, what stands there stays.
    """
    horizon = test.actual.shape[2]
    tested, told = test.predicted["regression"].copy(), points["regression"].copy()
    for row, (periods, values) in enumerate(series):
        periods = pd.DatetimeIndex(periods)
        if np.isfinite(values).sum() < FEWEST:
            continue
        then = rolled(periods, values, interval, test.origins[row], horizon, events, countries)
        tested[row] = np.where(np.isfinite(then) & np.isfinite(tested[row]), then, tested[row])
        fitted = fit(periods, values, interval, known_by(events, periods[-1] + calendars.LENGTHS[interval]), countries)
        told[row] = predicted(fitted, calendars.ahead(periods[-1], interval, horizon), interval, events, countries)
    return Rolled(test.origins, test.actual, test.predicted | {"regression": tested}, test.scale), points | {
        "regression": told}


def known_by(events: pd.DataFrame | None, day: pd.Timestamp) -> pd.DataFrame | None:
    """The events that were known when `day` began: planned by then (column known_on), or else begun by then."""
    if events is None or events.empty:
        return events
    starts = pd.to_datetime(events.starts_on)
    known = pd.to_datetime(events.known_on).fillna(starts) if "known_on" in events else starts
    return events[(known < day).to_numpy()]


def what_if(periods: pd.DatetimeIndex, values: np.ndarray, interval: str, horizon: int, planned: pd.DataFrame,
            changed: pd.DataFrame, countries: tuple[str, ...] = (), levels: tuple = (80, 95), seed: int = 0) -> WhatIf:
    """The next `horizon` periods with the campaigns as they are planned and with other dates: what is different.

    planned, changed: events as of calendars.design, those of the past among them. The interval is that of the
    difference: how well it is known what campaigns do, and how much they differ; what else may come falls out.
    """
    began = pd.to_datetime(planned.starts_on) < periods[-1] + calendars.LENGTHS[interval]
    past = planned[began.to_numpy()]
    fitted = fit(periods, values, interval, past, countries)
    if ("campaign", "any") not in fitted.columns:
        raise NoCampaignSeen()
    asked = calendars.ahead(periods[-1], interval, horizon)
    draws = np.random.default_rng(seed).multivariate_normal(fitted.weights, fitted.covariance, DRAWS, method="eigh")
    own = _sizes_of_new(fitted)
    outcomes = []
    for events in (planned, changed):
        rows = calendars.design(asked, interval, events, countries, fitted.season)
        told = _ahead(fitted, asked, interval, events, countries) @ draws.T
        # A campaign that never ran has something of its own too; it is the same on whichever days it runs.
        for name in rows["one_campaign"].columns if "one_campaign" in rows.columns.get_level_values(0) else ():
            if ("one_campaign", name) not in fitted.columns:
                luck = np.random.default_rng([seed, *name.encode()]).normal(0, own, DRAWS)
                told = told + np.outer(rows["one_campaign", name], luck)
        outcomes.append(_back(fitted, told) * (np.exp(fitted.noise**2 / 2) if fitted.times else 1.0))
    before, after = outcomes
    gap = after - before
    table = pd.DataFrame({"period": asked, "planned": before.mean(axis=1), "changed": after.mean(axis=1),
                          "difference": gap.mean(axis=1)})
    total = {"planned": table.planned.sum(), "changed": table.changed.sum(), "difference": table.difference.sum()}
    for level in levels:
        sides = [50 - level / 2, 50 + level / 2]
        table[f"low_{level}"], table[f"high_{level}"] = np.percentile(gap, sides, axis=1)
        total[f"low_{level}"], total[f"high_{level}"] = np.percentile(gap.sum(axis=0), sides)
    names = {calendars.same(name) for name in past[past.kind == "campaign"].name}
    return WhatIf(table, {key: float(value) for key, value in total.items()}, len(names))


# --- inside ---------------------------------------------------------------------------------------


def _with_level(given: pd.DataFrame, at: np.ndarray, knots: np.ndarray, count: int, interval: str) -> np.ndarray:
    """The design with a base, steps of the level at the knots and a slope: years before the end."""
    steps = at[:, None] < knots[None, :]  # a step back from now: the base is where the level stands at the end
    slope = (at - count)[:, None] / calendars.YEAR[interval]
    return np.hstack([np.ones((len(at), 1)), -steps.astype(float), slope, given.to_numpy(float)])


def _ahead(fitted: Fitted, periods: pd.DatetimeIndex, interval: str, events, countries) -> np.ndarray:
    given = calendars.design(periods, interval, events, countries, fitted.season)
    given = given.reindex(columns=fitted.columns, fill_value=0.0)
    return _with_level(given, fitted.count + np.arange(len(periods)), fitted.knots, fitted.count, interval)


def _solve(design: np.ndarray, told: np.ndarray, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Weights, their covariance and the noise, in turns with the size of each group's effects (EM)."""
    names = list(dict.fromkeys(groups))
    member = {name: np.flatnonzero(groups == name) + 1 for name in names}  # the base comes first and is free
    size = {name: SIZES[name] for name in names}
    weight = np.ones(len(told))
    noise = max(float(np.std(np.diff(told))), QUIETEST)
    for _ in range(ROUNDS):
        held = np.zeros(design.shape[1])
        for name in names:
            held[member[name]] = size[name] ** -2
        gram = (design * weight[:, None]).T @ design
        pull = design.T @ (weight * told)
        inverse = np.linalg.inv(gram / noise**2 + np.diag(held))
        found = inverse @ pull / noise**2
        left = told - design @ found
        for name in names:
            rows = member[name]
            seen = (found[rows] ** 2 + np.diag(inverse)[rows]).sum()
            size[name] = max(np.sqrt((EXPECTED_FOR * SIZES[name] ** 2 + seen) / (EXPECTED_FOR + len(rows))), 1e-4)
        free = min(float((gram * inverse).sum()) / noise**2, len(told) - 1.0)
        noise = max(np.sqrt((weight * left**2).sum() / max(weight.sum() - free, 1.0)), QUIETEST)
        rough = 1.4826 * np.median(np.abs(left)) or noise
        weight = np.minimum(1.0, ROBUST * rough / np.maximum(np.abs(left), 1e-12))
    # Errors that hang together say less than as many that do not.
    off = left - left.mean()
    alike = float((off[1:] @ off[:-1]) / max(off @ off, 1e-12)) if len(off) > 2 else 0.0
    stretch = (1 + max(alike, 0.0)) / (1 - min(max(alike, 0.0), 0.9))
    covariance = np.linalg.inv(gram / (noise**2 * stretch) + np.diag(held))
    return found, covariance, noise


def _place(fitted: Fitted, group: str, name: str) -> int | None:
    if (group, name) not in fitted.columns:
        return None
    return 2 + len(fitted.knots) + fitted.columns.get_loc((group, name))


def _sizes_of_new(fitted: Fitted) -> float:
    """How much campaigns differ from each other (standard deviation): what is expected, and what was seen."""
    places = [_place(fitted, group, name) for group, name in fitted.columns if group == "one_campaign"]
    seen = (fitted.weights[places] ** 2 + np.diag(fitted.covariance)[places]).sum()
    return float(np.sqrt((EXPECTED_FOR * SIZES["one_campaign"] ** 2 + seen) / (EXPECTED_FOR + len(places))))


def _share(fitted: Fitted, weight: float) -> float:
    return float(np.exp(weight) - 1) if fitted.times else float(weight * fitted.unit)


def _back(fitted: Fitted, told: np.ndarray) -> np.ndarray:
    return np.exp(told) if fitted.times else told * fitted.unit
