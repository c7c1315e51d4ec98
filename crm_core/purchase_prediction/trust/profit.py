"""What acting on the chances earns: a success is worth something, a contact costs something, and only so many can be
contacted.

    value 10, cost 2; the three likeliest of four, of whom two did it: 2 × 10 − 3 × 2 = 14

Where chances hold what they say, contacting pays as long as chance × value ≥ cost: from the chance cost ÷ value on
(Elkan 2001, The foundations of cost-sensitive learning). That bound is chosen before the test is looked at; the best
depth on the test itself is known in hindsight only and looks better than it will be.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from crm_core.purchase_prediction.trust.curves import cuts

RESAMPLES = 500
PLACES = 100  # depths at which the curve is drawn


@dataclass(frozen=True)
class Terms:
    """In money, all three of one customer or one contact."""

    value: float  # of a success
    cost: float  # of a contact
    capacity: int | None = None  # how many can be contacted; None: all

    @property
    def threshold(self) -> float:
        """From which chance on a contact pays; above 1 where it never does."""
        return self.cost / self.value if self.value > 0 else np.inf


@dataclass(frozen=True)
class Earned:
    """What contacting so many of the judged customers would have earned."""

    contacted: int
    hits: float
    profit: float
    low: float  # of the 95 % interval over customers
    high: float


@dataclass(frozen=True, eq=False)
class Profit:
    terms: Terms  # the capacity as one of the judged customers
    curve: pd.DataFrame  # contacted, share, profit, low, high, by_rule (NaN without a rule), at_random
    acted: Earned  # from the chance cost ÷ value on, within the capacity; or as many as were asked for
    by_rule: Earned | None  # as many, in the order of the plain rule
    more_than_rule: Earned | None  # the one less the other, on the same resamples
    everybody: Earned  # in no order, as many as the capacity allows
    best: Earned  # the best depth within the capacity, in hindsight
    best_anyhow: Earned  # the best depth if all could be contacted, in hindsight

    @property
    def pays(self) -> str:
        """nobody, everybody or some: whom it paid to contact."""
        if self.acted.contacted == 0:
            return "nobody"
        return "everybody" if self.acted.contacted == self.everybody.contacted else "some"


def profit(outcome: np.ndarray, chance: np.ndarray, terms: Terms, rule: np.ndarray | None = None,
           contacted: int | None = None, seed: int = 0) -> Profit:
    """Of judged customers, a row each; intervals by 500 resamples of customers."""
    rows = len(outcome)
    most = rows if terms.capacity is None else max(0, min(terms.capacity, rows))
    taken = min(int((chance >= terms.threshold).sum()) if contacted is None else contacted, most)
    depths = np.unique(np.append(np.round(np.linspace(0, rows, PLACES + 1)), [taken, most])).astype(int)
    random = np.random.default_rng(seed)
    by_model = _Order(outcome, chance, terms, random)
    by_rule = None if rule is None else _Order(outcome, rule, terms, random)
    low, high = by_model.band(depths)
    earned = by_model.profit(depths)
    each = terms.value * outcome.mean() - terms.cost
    curve = pd.DataFrame({
        "contacted": depths, "share": depths / rows, "profit": earned, "low": low, "high": high,
        "by_rule": np.nan if by_rule is None else by_rule.profit(depths), "at_random": each * depths})
    within = np.where(depths <= most, earned, -np.inf)
    everybody = _earned(np.full(rows, most / rows), outcome, terms, random)
    return Profit(
        terms, curve, by_model.earned(taken), by_rule and by_rule.earned(taken),
        by_rule and _earned(by_model.taken(taken) - by_rule.taken(taken), outcome, terms, random),
        everybody, by_model.earned(int(depths[within.argmax()])), by_model.earned(int(depths[earned.argmax()])))


def of_judged(terms: Terms, scored: int, judged: int) -> Terms:
    """The terms with a capacity that is of the customers scored today as the same share of those judged."""
    if terms.capacity is None or not scored:
        return terms
    return replace(terms, capacity=round(min(terms.capacity / scored, 1.0) * judged))


@dataclass(frozen=True)
class Expected:
    """What contacting today's likeliest promises, if the chances hold what they say."""

    contacted: int
    lowest_chance: float  # of those contacted
    hits: float
    profit: float


def expected(chances: np.ndarray, terms: Terms, contacted: int | None = None) -> Expected:
    """Of today's customers: as many as asked for, else all whose contact pays, within the capacity."""
    ordered = np.sort(chances)[::-1]
    if contacted is None:
        contacted = int((ordered >= terms.threshold).sum())
        contacted = contacted if terms.capacity is None else min(contacted, terms.capacity)
    hits = float(ordered[:contacted].sum())
    return Expected(contacted, float(ordered[contacted - 1]) if contacted else np.nan, hits,
                    terms.value * hits - terms.cost * contacted)


MARGIN, COST_SHARE = 0.3, 0.05  # of an order's amount what is left; of that what a contact costs


def proposed(rows: pd.DataFrame) -> Terms | None:
    """From examples with an outcome: value the mean order at a margin of 30 %, cost 5 % of it; None without orders.

    Both rounded to two figures: they are guesses to start from.
    """
    if not {"spent", "purchases"} <= set(rows.columns):
        return None
    spent, purchases = float(rows.spent.sum()), float(rows.purchases.sum())
    if not (purchases > 0 and spent > 0):
        return None
    value = spent / purchases * MARGIN
    return Terms(_two_figures(value), _two_figures(value * COST_SHARE))


def _two_figures(value: float) -> float:
    return float(f"{value:.2g}")


class _Order:
    """Customers from the likeliest on; of those who tie at a cut, each is taken in part."""

    def __init__(self, outcome: np.ndarray, chance: np.ndarray, terms: Terms, random: np.random.Generator):
        self.outcome, self.chance, self.terms, self.random = outcome, chance, terms, random
        self.cuts = cuts(outcome, chance)

    def hits(self, depths) -> np.ndarray:
        return np.interp(depths, self.cuts.taken, self.cuts.hits)

    def profit(self, depths) -> np.ndarray:
        return self.terms.value * self.hits(depths) - self.terms.cost * np.asarray(depths)

    def taken(self, depth: int) -> np.ndarray:
        """How much of each customer is among the `depth` likeliest: 1, 0, or a part for those who tie for the last."""
        if not depth:
            return np.zeros(len(self.chance))
        place = int(np.searchsorted(self.cuts.taken, depth))  # the first cut that takes as many or more
        last, before, up_to = self.cuts.chance[place], self.cuts.taken[place - 1], self.cuts.taken[place]
        return np.where(self.chance > last, 1.0, np.where(self.chance == last, (depth - before) / (up_to - before), 0.0))

    def earned(self, depth: int) -> Earned:
        return _earned(self.taken(depth), self.outcome, self.terms, self.random)

    def band(self, depths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Low and high of the profit at each depth: whoever is drawn again brings what was earned by them."""
        hits, contacted = np.diff(self.hits(depths)), np.diff(depths)
        rows = len(self.outcome)
        cells = np.concatenate([hits, contacted - hits]) / rows
        drawn = self.random.multinomial(rows, cells / cells.sum(), RESAMPLES)
        earned = (self.terms.value - self.terms.cost) * drawn[:, :len(hits)] - self.terms.cost * drawn[:, len(hits):]
        sums = np.column_stack([np.zeros(RESAMPLES), earned.cumsum(axis=1)])
        return np.quantile(sums, 0.025, axis=0), np.quantile(sums, 0.975, axis=0)


def _earned(taken: np.ndarray, outcome: np.ndarray, terms: Terms, random: np.random.Generator) -> Earned:
    """What taking (so much of) each customer earned, and its interval over resamples of customers."""
    # Few different amounts stand in all rows: to draw rows is to draw how often each amount comes.
    amounts, counts = np.unique(taken * (terms.value * outcome - terms.cost), return_counts=True)
    sums = random.multinomial(len(outcome), counts / len(outcome), RESAMPLES) @ amounts
    low, high = np.quantile(sums, [0.025, 0.975])
    return Earned(round(float(taken.sum())), float((taken * outcome).sum()), float(amounts @ counts), float(low),
                  float(high))
