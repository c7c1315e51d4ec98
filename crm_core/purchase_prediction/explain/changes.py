"""What would change it: the smallest plausible change of what can be influenced, or passes with time.

    customer 12, chance 18 %, looked for 40 %
    one more order of the usual size        →   41 %   (of 50 real customers like that, 44 % bought)
    the last order 12 days ago, not 95      →   43 %

Only what real customers show is told: each changed value lies where most values lie, and somebody real lies near the
whole (Ustun et al. 2019, actionable recourse; Poyiadzi et al. 2020, FACE). What is told is what the model has seen to
go together; it promises no effect.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from crm_core.features.catalogue import FIXED, SHARES, base
from crm_core.features.columns import as_numbers
from crm_core.purchase_prediction.explain.neighbours import scale_of, usual_distance

USUAL = (0.005, 0.995)  # between which shares of the known values a changed one has to lie
LEAST_GAIN = 0.02  # of what can be said (a chance: two points); less is no change
MOST_KNOWN = 4_000  # real rows that are compared with
SUPPORT = 50  # nearest real rows of whom the outcome is counted
DAYS_AGO = (180, 150, 120, 90, 75, 60, 45, 30, 21, 14, 7, 3)
MOST_ORDERS = 5
LARGER = (0.1, 0.25, 0.5, 1.0)
FRESH_DAYS = 7  # how long ago the last of further orders is taken to be
WAITING = (7, 14, 30, 60, 90)
STEPS = 12

# Features that follow from a customer's orders are changed together, as orders would change them.
FROM_ORDERS = re.compile(
    r"^(recency_days|frequency|orders|monetary|net_monetary|refunded_share|tenure_days|days_between_orders|"
    r"gap_deviation|longest_gap|last_gap|overdue|mean_basket|largest_basket|last_basket|season_purchases|season_share|"
    r"(purchases|orders|spent)_\d+_days)$")
# What a marketer can do something about; others of the book's features (age, country …) stay as they are.
INFLUENCED = frozenset((
    "items_per_order", "distinct_products", "distinct_categories", "discount_share", "messages_in", "messages_out",
    "messages_in_90_days", "days_since_message", "requests", "open_requests", "satisfaction", "complaint_share",
    "hours_to_close", "returned_share", "cancelled_share", "consents", "consent_email", "consent_sms", "consent_phone"))
# Own fields that by their name are what a person is, and not what can be done about it.
WHO_THEY_ARE = re.compile(
    r"(^|[\W_])(age|birth\w*|born|year_birth|sex|gender|country|nation\w*|region|state|city|zip|postal\w*|race|ethnic\w*|"
    r"education|degree|marital\w*|married|partner|dependents?|kid\w*|teen\w*|child\w*|senior\w*|income|tenure\w*|"
    r"since|customer_since|dt_customer|geograph\w*|surname|name|id)($|[\W_])|"
    r"年龄|出生|生日|性别|国家|地区|省份|城市|民族|学历|教育|婚姻|孩子|子女|收入", re.IGNORECASE)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True)
class Change:
    """One thing that would be otherwise. Words: change.<kind>."""

    kind: str  # more_orders, later_order, larger_baskets, waiting, number, category
    facts: dict = field(hash=False)  # what fills the sentence's blanks: feature, value, to, orders, days, share
    said: float  # what is said then
    reaches: bool  # whether it reaches what is looked for
    support: int  # real rows near it of whom the outcome was counted
    came: float  # their mean outcome


@dataclass(frozen=True)
class Changes:
    said: float  # what is said as it is
    goal: float  # what is looked for
    found: tuple[Change, ...]  # those that reach it first, the smallest first
    waiting: tuple[Change, ...]  # what passing time alone would do


def proposed(features: tuple[str, ...]) -> tuple[str, ...]:
    """The single features that a person could influence; those that come from orders change by themselves."""
    return tuple(name for name in features if not FROM_ORDERS.match(name) and _influenced(name))


def _influenced(name: str) -> bool:
    if name in FIXED:
        return name in INFLUENCED
    if base(name) in SHARES:
        return True
    return not WHO_THEY_ARE.search(_CAMEL.sub("_", name.removeprefix("extra:")))


def changes(say: Callable[[pd.DataFrame], np.ndarray], encoding, known: pd.DataFrame, row: pd.DataFrame, goal: float,
            influenced: tuple[str, ...] | None = None, weights: dict[str, float] | None = None,
            least: float = LEAST_GAIN, of: str | None = None, seed: int = 0) -> Changes:
    """The smallest plausible changes of the one row by which `say` goes from what it says to `goal`, or nearer to it.

    `known`: rows of examples with their outcome; `influenced`: the single features that may change (None: `proposed`);
    `weights`: how much each feature counts when it is asked who is near.
    """
    if len(known) > MOST_KNOWN:
        known = known.sample(MOST_KNOWN, random_state=seed)
    now = float(np.asarray(say(row))[0])
    single = proposed(encoding.features) if influenced is None else influenced
    families = [*_orders(encoding, row), *_singles(encoding, known, row, single)]
    waited = list(_waiting(encoding, row))
    every = [step for family in families for step in family] + waited
    if not every:
        return Changes(now, goal, (), ())
    rows = pd.concat([one for _, _, one in every], ignore_index=True)
    said = np.asarray(say(rows), dtype=float)
    real = _Real(encoding, known, row, weights, of)
    likely = real.plausible(rows)
    up = goal >= now
    found, place = [], 0
    for family in families:
        best = None
        for offset, (kind, facts, _) in enumerate(family):
            at = place + offset
            gain = said[at] - now if up else now - said[at]
            if not likely[at] or gain < least:
                continue
            reaches = said[at] >= goal if up else said[at] <= goal
            if reaches or best is None or gain > best[0]:
                best = gain, at, offset, Change(kind, facts, float(said[at]), bool(reaches), 0, np.nan)
            if reaches:
                break  # the steps go from small to large
        if best:
            found.append((best[1], best[2], best[3]))
        place += len(family)
    found.sort(key=lambda one: (not one[2].reaches, one[1] if one[2].reaches else 0,
                                -one[2].said if up else one[2].said))
    after = tuple(real.counted(change, rows.iloc[[at]]) for at, _, change in found)
    later = [Change(kind, facts, float(said[place + offset]), False, 0, np.nan)
             for offset, (kind, facts, _) in enumerate(waited) if likely[place + offset]]
    return Changes(now, goal, after, tuple(later))


class _Real:
    """The real examples: whether somebody lies near a changed row, and what those near it did."""

    def __init__(self, encoding, known: pd.DataFrame, row: pd.DataFrame, weights, of: str | None):
        self.encoding, self.scale = encoding, scale_of(encoding, weights)
        self.table = self._placed(known)
        self.outcome = ((known.outcome.astype(str) == of).to_numpy(float) if of is not None
                        else known.outcome.to_numpy(float))
        # Who is unlike everybody as he is need not become more usual than he is. A customer's other examples are no
        # other people.
        people = ~known.customer_id.duplicated(keep="last").to_numpy()
        self.usual = max(usual_distance(self.table[people]), self._nearest(self._placed(row), 1)[0][0, 0])
        self.limits = {name: np.nanquantile(as_numbers(known[name]), USUAL) for name in encoding.medians
                       if as_numbers(known[name]).size and not np.isnan(as_numbers(known[name])).all()}
        self.own = row

    def _placed(self, rows: pd.DataFrame) -> np.ndarray:
        return self.encoding.matrix(rows) * self.scale

    def _nearest(self, table: np.ndarray, count: int):
        apart = ((self.table**2).sum(axis=1)[None, :] + (table**2).sum(axis=1)[:, None] - 2 * table @ self.table.T)
        places = np.argpartition(apart, min(count, apart.shape[1]) - 1, axis=1)[:, :count]
        return np.sqrt(np.maximum(np.take_along_axis(apart, places, axis=1), 0)), places

    def plausible(self, rows: pd.DataFrame) -> np.ndarray:
        inside = np.ones(len(rows), dtype=bool)
        for name, (low, high) in self.limits.items():
            own, values = as_numbers(self.own[name])[0], as_numbers(rows[name])
            # Who lies outside already may stay there, and come nearer.
            inside &= np.isnan(values) | ((values >= np.fmin(low, own)) & (values <= np.fmax(high, own)))
        return inside & (self._nearest(self._placed(rows), 1)[0][:, 0] <= self.usual + 1e-9)

    def counted(self, change: Change, row: pd.DataFrame) -> Change:
        count = min(SUPPORT, len(self.table))
        places = self._nearest(self._placed(row), count)[1][0]
        return Change(change.kind, change.facts, change.said, change.reaches, count, float(self.outcome[places].mean()))


def _with(row: pd.DataFrame, values: dict[str, float]) -> pd.DataFrame:
    return row.assign(**{name: value for name, value in values.items() if name in row.columns})


def _orders(encoding, row: pd.DataFrame):
    """Families of changes to a customer's orders, each from small to large; features that follow go along."""
    own = {name: float(as_numbers(row[name])[0]) for name in encoding.features if FROM_ORDERS.match(name)
           and name in encoding.medians}
    if "recency_days" in row and "recency_days" not in own:
        own["recency_days"] = float(as_numbers(row.recency_days)[0])
    recency = own.get("recency_days", np.nan)
    if np.isnan(recency):
        return
    yield [("later_order", {"days": days, "now": recency}, _with(row, _ordered(own, days, 0)))
           for days in DAYS_AGO if days < recency]
    yield [("more_orders", {"orders": orders, "days": min(FRESH_DAYS, recency)},
            _with(row, _ordered(own, min(FRESH_DAYS, recency), orders))) for orders in range(1, MOST_ORDERS + 1)]
    if "mean_basket" in own or "monetary" in own:
        yield [("larger_baskets", {"share": share}, _with(row, {
            name: value * (1 + share) for name, value in own.items() if _is_money(name)})) for share in LARGER]


def _is_money(name: str) -> bool:
    return name in ("monetary", "net_monetary", "mean_basket", "largest_basket") or name.startswith("spent_")


def _ordered(own: dict[str, float], days: float, orders: int) -> dict[str, float]:
    """What is known of a customer whose last order was so many days ago, after so many more of the usual size."""
    found = {"recency_days": float(days)}
    basket = own.get("mean_basket", np.nan)
    if np.isnan(basket):
        basket = own.get("monetary", np.nan) / own.get("frequency", np.nan)
    basket = 0.0 if np.isnan(basket) else basket
    for name, value in own.items():
        if name in ("frequency", "orders"):
            found[name] = value + orders
        elif name in ("monetary", "net_monetary"):
            found[name] = value + orders * basket
        elif match := re.match(r"(purchases|orders|spent)_(\d+)_days", name):
            inside = days < int(match[2])
            size = basket if match[1] == "spent" else 1.0
            # A last order that lies within the days counts among those of these days.
            found[name] = value + orders * size * inside if orders else max(value, size * inside)
    frequency, tenure = found.get("frequency", own.get("frequency", np.nan)), own.get("tenure_days", np.nan)
    if "days_between_orders" in own and frequency > 1 and tenure >= days:
        found["days_between_orders"] = (tenure - days) / (frequency - 1)
    if "overdue" in own and frequency > 1 and tenure > days:  # how many of their usual gaps they have been silent
        found["overdue"] = days * (frequency - 1) / (tenure - days)
    gap = own["recency_days"] - days
    if orders and gap > 0:
        found["longest_gap"] = float(np.fmax(gap, own.get("longest_gap", np.nan)))
        found["last_gap"] = gap
        found["last_basket"] = basket
    return found


def _waiting(encoding, row: pd.DataFrame):
    """What passing time does to somebody who orders nothing: only as far as it is certain from what is known."""
    if "recency_days" not in row:
        return
    recency = float(as_numbers(row.recency_days)[0])
    for days in WAITING:
        later = {"recency_days": recency + days}
        for name in encoding.features:
            if name == "overdue" and recency > 0:
                later[name] = float(as_numbers(row[name])[0]) * (recency + days) / recency
            elif name in ("tenure_days", "days_since_message", "days_since_joined"):
                later[name] = float(as_numbers(row[name])[0]) + days
            elif (match := re.match(r"(purchases|orders|spent)_(\d+)_days", name)) and recency + days >= int(match[2]):
                later[name] = 0.0
        yield "waiting", {"days": days}, _with(row, later)


def _singles(encoding, known: pd.DataFrame, row: pd.DataFrame, features: tuple[str, ...]):
    """Families of changes to one feature: further up, further down, or another value."""
    for name in features:
        if name in encoding.values:
            own = None if pd.isna(row[name].iloc[0]) else str(row[name].iloc[0])
            # In the order of how many have it: the commonest is the smallest step.
            common = known[name].astype("string").value_counts()
            values = [str(value) for value in common.index if str(value) in encoding.values[name] and str(value) != own]
            for value in values:
                changed = row.assign(**{name: pd.Series([value], index=row.index, dtype=object)})
                yield [("category", {"feature": name, "value": own, "to": value}, changed)]
            continue
        own, numbers = float(as_numbers(row[name])[0]), as_numbers(known[name])
        if np.isnan(own) or np.isnan(numbers).all():
            continue
        steps = np.unique(np.nanquantile(numbers, np.linspace(*USUAL, STEPS), method="nearest"))
        for values in (steps[steps > own], steps[steps < own][::-1]):
            yield [("number", {"feature": name, "value": own, "to": float(value)}, row.assign(**{name: float(value)}))
                   for value in values]
