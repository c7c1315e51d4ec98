"""A short rule for each group: a few conditions that a person would write, and how far they hold.

    frequency ≥ 4, recency_days ≤ 90  →  group 1: 92 of 100 who fulfil it are in it, 81 of 100 in it fulfil it

A rule is looked for among one half of the customers. What is told of it is counted among the other half, after the
thresholds were rounded: those customers had no say in it, so the same is to be expected of customers to come.
"""
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_core.clustering.conditions import Condition, holds

MOST_CONDITIONS = 3
LEARNING_ROWS = 10_000  # a rule is looked for among so many; all others of its half would not change it
MEASURING_ROWS = 200_000
FEWEST_MEMBERS = 15  # in the learning half; fewer are better looked at one by one
FEATURES_TRIED = 12  # a group: those in which it differs most
WIDTH = 12  # rules kept after each condition more
BETA = 0.5  # being right counts for more than reaching everybody (van Rijsbergen 1979)
PRICE = 0.02  # what a condition more must gain
LEAST_RIGHT, LEAST_COVERED = 0.7, 0.3  # a rule below describes nobody
KNOWN_CATEGORIES = 12
WIDE = 0.06  # an interval wider than three points to either side is told
SURE = 1.96  # the interval holds the truth 95 times in 100


@dataclass(frozen=True)
class Rule:
    """Conditions that must all hold, and how far they describe a group, counted among customers who had no say."""

    conditions: tuple[Condition, ...]  # at most three, each of another feature
    precision: float  # of those who fulfil them, the share that is in the group, 0..1
    coverage: float  # of those in the group, the share that fulfils them, 0..1
    precision_between: tuple[float, float]  # where the precision lies, 95 times in 100 (Wilson 1927)
    fulfilled_by: int  # customers, among those counted
    counted: int  # customers among whom it was counted

    @property
    def precision_told(self) -> float:
        """In whole per cent, rounded down: 996 of 1,000 are not all."""
        return int(self.precision * 100) / 100

    @property
    def vague(self) -> bool:
        """So few fulfil it that the precision is told with its interval."""
        return self.precision_between[1] - self.precision_between[0] > WIDE


def short_rules(features: pd.DataFrame, group: np.ndarray, seed: int) -> dict[int, Rule | None]:
    """A rule for each group 1..k over the columns of `features`; None where no short rule describes the group.

    Conjunctions are grown condition by condition, the best few kept at each step (beam search: Clark & Niblett 1989),
    by F½ of precision and coverage. docs/decisions/0060 measures it against PRIM (Friedman & Fisher 1999) and paths of
    trees. Rows are taken as they lie: give them in one order to get one answer.
    """
    features = features.reset_index(drop=True)
    learning, measuring = halves(group, seed)
    learning, measuring = learning[:LEARNING_ROWS], measuring[:MEASURING_ROWS]
    learnt, counted = features.iloc[learning], features.iloc[measuring]
    rules = {}
    for number in sorted(set(group.tolist()) - {0}):
        conditions = find(learnt, group[learning] == number)
        rules[number] = measure(conditions, counted, group[measuring] == number) if conditions else None
    return rules


def halves(group: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Row numbers of two halves in random order, each group's members shared out evenly."""
    drawn = np.random.default_rng(seed).permutation(len(group))
    shared = drawn[np.argsort(group[drawn], kind="stable")]
    first = np.zeros(len(group), dtype=bool)
    first[shared[::2]] = True
    return drawn[first[drawn]], drawn[~first[drawn]]


def measure(conditions: tuple[Condition, ...], features: pd.DataFrame, inside: np.ndarray) -> Rule:
    """What conditions are worth among these customers."""
    fulfilled = holds(conditions, features)
    hits, many = int((fulfilled & inside).sum()), int(fulfilled.sum())
    return Rule(conditions, hits / many if many else 0.0, hits / max(int(inside.sum()), 1), wilson(hits, many), many,
                len(features))


def wilson(hits: int, of: int) -> tuple[float, float]:
    """The interval of a share (Wilson 1927)."""
    if of == 0:
        return 0.0, 1.0
    share, square = hits / of, SURE**2 / of
    middle = (share + square / 2) / (1 + square)
    half = SURE / (1 + square) * np.sqrt(share * (1 - share) / of + square / (4 * of))
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


# --- how a rule is found ------------------------------------------------------------------------------------


def find(features: pd.DataFrame, inside: np.ndarray) -> tuple[Condition, ...] | None:
    """The best short conjunction for those inside; None where none is worth telling."""
    if inside.sum() < FEWEST_MEMBERS:
        return None
    parts = [part for name in _differing(features, inside) for part in _conditions(features[name], inside)]
    if not parts:
        return None
    met = np.array([holds((part,), features) for part in parts], dtype=np.float32)
    target = inside.astype(np.float32)
    best, best_score, best_worth = (), -np.inf, (0.0, 0.0)
    beam: list[tuple[tuple[int, ...], np.ndarray]] = [((), np.ones(len(features), dtype=np.float32))]
    for length in range(1, MOST_CONDITIONS + 2):  # one more, since two bounds of one feature are told as one
        rows = np.column_stack([row for _, row in beam])
        many, hits = met @ rows, met @ (rows * target[:, None])
        score = _f(hits, many, target.sum()) - PRICE * length
        grown, seen = [], set()
        for place in np.argsort(-score, axis=None, kind="stable"):
            part, before = divmod(int(place), len(beam))
            taken = tuple(sorted((*beam[before][0], part)))
            if taken in seen or not _fits(parts, beam[before][0], part):
                continue
            seen.add(taken)
            grown.append((taken, beam[before][1] * met[part]))
            if score[part, before] > best_score and len(grown) == 1:
                best, best_score = taken, score[part, before]
                best_worth = hits[part, before] / max(many[part, before], 1), hits[part, before] / target.sum()
            if len(grown) == WIDTH:
                break
        if not grown:
            break
        beam = grown
    right, covered = best_worth
    wrong_anyway = 1 - inside.mean()  # of a group that nearly everybody is in, any rule is right
    if right < LEAST_RIGHT or covered < LEAST_COVERED or 1 - right > wrong_anyway / 2:
        return None
    return tuple(_plainly(condition, features) for condition in _merged([parts[part] for part in best]))


def _f(hits, many, positives):
    """F of precision and coverage, precision counting for more: 0..1."""
    return (1 + BETA**2) * hits / (many + BETA**2 * positives + 1e-9)


def _fits(parts: list[Condition], taken: tuple[int, ...], part: int) -> bool:
    """Whether a condition may join: no feature twice, unless it bounds from the other side."""
    new, same = parts[part], [parts[other] for other in taken if parts[other].feature == parts[part].feature]
    if not same:
        return len({parts[other].feature for other in taken}) < MOST_CONDITIONS
    return len(same) == 1 and {new.op, same[0].op} == {">=", "<="}


def _merged(found: list[Condition]) -> tuple[Condition, ...]:
    """Two bounds of one feature become one condition."""
    merged = []
    for feature in dict.fromkeys(part.feature for part in found):
        of_it = {part.op: part for part in found if part.feature == feature}
        if len(of_it) == 2:
            merged.append(Condition(feature, "between", (of_it[">="].value, of_it["<="].value)))
        else:
            merged += of_it.values()
    return tuple(merged)


def _plainly(condition: Condition, features: pd.DataFrame) -> Condition:
    """At most none, where there is no less, is none: children ≤ 0 → children = 0."""
    values = features[condition.feature]
    edge = {"<=": "min", ">=": "max"}.get(condition.op)
    if edge and condition.value == getattr(values, edge)():
        return Condition(condition.feature, "=", condition.value)
    return condition


def _differing(features: pd.DataFrame, inside: np.ndarray) -> list[str]:
    """The columns in which those inside lie otherwise than the others, most so first.

    For numbers the largest distances of the two distributions to either side (Kuiper 1960), which sees a group in
    the middle too; for categories half the sum of the differences of their shares.
    """
    far = {}
    for name in features.columns:
        values = features[name]
        missing = values.isna().to_numpy()
        far[name] = abs(missing[inside].mean() - missing[~inside].mean()) if not inside.all() else 0.0
        if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
            numbers = values.to_numpy(dtype=float, na_value=np.nan)
            known = ~np.isnan(numbers)
            ours, others = np.sort(numbers[known & inside]), np.sort(numbers[known & ~inside])
            if len(ours) and len(others):
                every = np.unique(numbers[known])
                gap = (np.searchsorted(ours, every, "right") / len(ours)
                       - np.searchsorted(others, every, "right") / len(others))
                far[name] = max(far[name], max(gap.max(), 0) - min(gap.min(), 0))
        elif not pd.api.types.is_datetime64_any_dtype(values):
            ours, others = (values[part].value_counts(normalize=True) for part in (inside, ~inside))
            far[name] = max(far[name], float(ours.sub(others, fill_value=0).abs().sum() / 2))
    return sorted(far, key=lambda name: -far[name])[:FEATURES_TRIED]


def _conditions(values: pd.Series, inside: np.ndarray) -> list[Condition]:
    """What may be asked of a feature."""
    name, found = str(values.name), []
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        numbers = values.to_numpy(dtype=float, na_value=np.nan)
        numbers = numbers[np.isfinite(numbers)]
        if set(np.unique(numbers)) <= {0.0, 1.0}:
            found = [Condition(name, "=", 0), Condition(name, "=", 1)]
        else:
            bounds = thresholds(numbers, values[inside].dropna().to_numpy(float))
            found = [Condition(name, op, bound) for bound in bounds for op in (">=", "<=")]
    else:
        shares, ours = values.value_counts(normalize=True), values[inside].value_counts(normalize=True)
        usual = [value for value in shares.index[:KNOWN_CATEGORIES] if shares[value] >= 0.01]
        # Several are joined in the order in which they are more usual here than elsewhere.
        typical = sorted(usual, key=lambda value: (-ours.get(value, 0) / shares[value], str(value)))
        found = [Condition(name, "=", _plain(value)) for value in usual]
        found += [Condition(name, "in", tuple(map(_plain, typical[:many]))) for many in (2, 3) if many < len(usual)]
    if 0.02 <= values.isna().mean() <= 0.98:
        found += [Condition(name, "is_missing"), Condition(name, "is_known")]
    return found


def thresholds(numbers: np.ndarray, ours: np.ndarray) -> list[int] | list[float]:
    """Round numbers that cut through all customers and along the edges of a group: 4, 90, 250, never 247.13."""
    ours = ours[np.isfinite(ours)]
    if not len(numbers) or not len(ours):
        return []
    cuts = np.concatenate([np.quantile(numbers, np.linspace(0.02, 0.98, 25)),
                           np.quantile(ours, (0.01, 0.03, 0.05, 0.1, 0.15, 0.2, 0.8, 0.85, 0.9, 0.95, 0.97, 0.99))])
    whole = bool((numbers == np.round(numbers)).all())
    spread = float(np.quantile(numbers, 0.95) - np.quantile(numbers, 0.05)) or float(np.ptp(numbers)) or 1.0
    rounded = sorted({_round(cut, spread, whole) for cut in cuts})
    low, high = numbers.min(), numbers.max()
    return [bound for bound in rounded if low <= bound <= high]


def _round(value: float, spread: float, whole: bool) -> int | float:
    """To two figures, the second a 5 or 0 from 20 on, but never coarser than a tenth of how far customers differ."""
    size = 10.0 ** np.floor(np.log10(abs(value))) if value else 0.0
    by_size = size / 10 if abs(value) < 2 * size else size / 2
    tenth = 10.0 ** np.floor(np.log10(spread / 10))
    by_spread = max(tenth * step for step in (1, 2, 5) if tenth * step <= spread / 10 * 1.0001)
    step = min(by_size, by_spread) if by_size else by_spread
    if whole:
        return int(round(round(value / max(step, 1)) * max(step, 1)))
    return float(f"{round(value / step) * step:.6g}")


def _plain(value):
    return value.item() if isinstance(value, np.generic) else value
