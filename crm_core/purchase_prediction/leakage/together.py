"""What columns give away together: two that make the answer, sums that hold what came after, rows that stand twice."""

from itertools import combinations

import numpy as np

from crm_core.purchase_prediction.leakage.alone import is_id
from crm_core.purchase_prediction.leakage.seen import Column, sorted_by

PAIR_AUC = 0.975
GAINED = 0.04  # more than the better of the two alone
MOST_LEVELS = 12
MOST_ROWS = 6_000  # for pairs of numbers
MOST_NUMBERS = 60
EXACT = 1e-5  # of a standard deviation
FEWEST = 15
FEWEST_BELOW = 60  # rows that would lie below the amount by chance, where none does
FEWEST_TWINS, TWINS_SHARE = 10, 0.005
SUSPECTED_SHARE = 0.02  # of the rows, where their answers differ now and then
AGREEING, SURELY_AGREEING = 0.3, 0.95  # how far beyond chance twins have the same answer; how many of them


def pairs_that_answer(columns: list[Column], alone: dict[str, float], yes: np.ndarray, fold: np.ndarray) -> list[tuple]:
    """(name, other, AUC) of two columns of few values whose combination is the answer, though neither is alone."""
    few = [one for one in columns if 2 <= len(one.values) <= MOST_LEVELS and alone[one.name] < PAIR_AUC - GAINED]
    cells = {one.name: np.where(one.codes < 0, len(one.values), one.codes) for one in few}
    found = []
    for one, other in combinations(few, 2):
        both = cells[one.name] * (len(other.values) + 1) + cells[other.name]
        # Cheap first: how much of the answer is right by the commoner answer of each combination.
        all_, won = (np.bincount(both, weights) for weights in (None, yes.astype(float)))
        if np.minimum(won, all_ - won).sum() > 0.1 * min(yes.sum(), (~yes).sum()):
            continue
        auc = sorted_by(both, yes, fold)
        if auc >= PAIR_AUC and auc >= max(alone[one.name], alone[other.name]) + GAINED:
            found.append((one.name, other.name, auc))
    return found


def differences_that_answer(columns: list[Column], alone: dict[str, float], yes: np.ndarray, seed: int) -> list[tuple]:
    """(larger, smaller, AUC, share of no at whom both are the same) of numbers whose difference is the answer."""
    numbers = [one for one in columns if one.kind in ("number", "date") and len(one.values) > 2
               and one.missing.mean() < 0.5 and alone[one.name] < PAIR_AUC - GAINED][:MOST_NUMBERS]
    if len(numbers) < 2:
        return []
    rows = _drawn(yes, seed)
    answer = yes[rows]
    matrix = np.column_stack([one.numbers[rows] for one in numbers])
    found = []
    for place in range(len(numbers) - 1):
        rest = matrix[:, place + 1:] - matrix[:, [place]]
        auc = _aucs(np.nan_to_num(rest, nan=0.0), answer)
        for other in np.flatnonzero(np.maximum(auc, 1 - auc) >= PAIR_AUC):
            same = float((np.nan_to_num(rest[~answer, other], nan=1.0) == 0).mean())
            larger, smaller = numbers[place + 1 + other], numbers[place]
            if np.nanmedian(rest[rest[:, other] != 0, other]) < 0:
                larger, smaller = smaller, larger
            found.append((larger.name, smaller.name, float(max(auc[other], 1 - auc[other])), same))
    return found


def sums_that_hold_more(columns: list[Column], yes: np.ndarray, seed: int) -> list[tuple]:
    """(name, share of yes) of numbers that follow exactly from the others for no, and are off for yes."""
    numbers = [one for one in columns if one.kind == "number" and len(one.values) > 2
               and one.missing.mean() < 0.02][:MOST_NUMBERS]
    if len(numbers) < 3 or (~yes).sum() < 5 * len(numbers):
        return []
    rows = _drawn(yes, seed)
    answer = yes[rows]
    matrix = np.column_stack([one.numbers[rows] for one in numbers])
    matrix = np.where(np.isnan(matrix), np.nanmedian(matrix, axis=0), matrix)
    of_no = matrix[~answer]
    middle, spread = of_no.mean(axis=0), of_no.std(axis=0)
    usable = spread > 0
    if usable.sum() < 3:
        return []
    names = [one.name for one, use in zip(numbers, usable, strict=True) if use]
    scaled = (matrix[:, usable] - middle[usable]) / spread[usable]
    found = []
    known = scaled[~answer]
    gram = known.T @ known / len(known)
    # Only columns that follow from the others, where the answer is no, are looked at: few, if any.
    inverse = np.linalg.inv(gram + 1e-9 * np.eye(len(gram)))
    for place in np.flatnonzero(1 / np.diag(inverse) < 1e-6):
        others = np.delete(scaled, place, axis=1)
        weights = np.linalg.lstsq(np.delete(known, place, axis=1), known[:, place], rcond=1e-9)[0]
        off = scaled[:, place] - others @ weights
        if (np.abs(off[~answer]) < EXACT * 10).mean() > 0.98:
            more = float((off[answer] > 1e-3).mean())
            less = float((off[answer] < -1e-3).mean())
            if max(more, less) >= 0.5:
                found.append((names[place], more, less))
    over = [one for one in found if one[1] >= one[2]]
    return [(name, more) for name, more, _ in over] or [(name, less) for name, _, less in found]


def holds_amount(columns: list[Column], amounts: dict[str, np.ndarray], seed: int) -> list[tuple]:
    """(name, amount, other): a column that is another one plus what came in the horizon, or is never below that.

    Where it goes up and down with the amount, `other` is the amount's own name: a copy.
    """
    found = []
    numbers = [one for one in columns if one.kind == "number" and len(one.values) > 2][:MOST_NUMBERS]
    for what, amount in amounts.items():
        some = np.flatnonzero(amount > 0)
        if len(some) < 50 or not numbers:
            continue
        random = np.random.default_rng(seed)
        some = random.permutation(some)[:MOST_ROWS]
        matrix = np.column_stack([one.numbers[some] for one in numbers])
        came = amount[some]
        room = 0.005 * np.maximum(1.0, came)
        rank = came.argsort().argsort()
        for place, one in enumerate(numbers):
            there = ~np.isnan(matrix[:, place])
            if len(np.unique(came)) > 20 and there.sum() >= 50 and np.ptp(matrix[there, place]) > 0 and abs(np.corrcoef(
                    matrix[there, place].argsort().argsort(), rank[there].argsort().argsort())[0, 1]) >= 0.97:
                found.append((one.name, what, what))
                continue
            rest = matrix[:, [place]] - came[:, None]
            equal = (np.abs(matrix - rest) <= room[:, None]).mean(axis=0)
            equal[place] = 0.0
            # Another column of zeros is no history: then it is the amount itself, and a copy.
            if equal.max() > 0.98:
                found.append((one.name, what, numbers[int(np.argmax(equal))].name))
                continue
            if what != "spent":
                continue
            own = matrix[:, place]
            never = not (own < came - room).any() and not np.isnan(own).any()
            by_chance = int((random.permutation(own) < came - room).sum())
            if never and by_chance >= FEWEST_BELOW:
                found.append((one.name, what, ""))
    return found


def without_own_answer(columns: list[Column], yes: np.ndarray) -> list[tuple]:
    """(number, group): a number that within each value of a category has one value for yes and one for no."""
    groups = [one for one in columns if one.kind in ("category", "text") and 10 <= len(one.values) <= len(yes) / 2]
    numbers = [one for one in columns if one.kind == "number" and len(one.values) > 10]
    found = []
    for group in groups:
        by_group = (group.codes + 1).astype(np.int64)
        by_answer = by_group * 2 + yes
        pairs = len(np.unique(by_answer))
        if len(yes) < 1.5 * pairs:
            continue
        for number in numbers:
            codes = (number.codes + 1).astype(np.int64)
            wide = int(codes.max()) + 1
            if len(np.unique(by_answer * wide + codes)) == pairs and (
                    len(np.unique(by_group * wide + codes)) > 1.3 * len(np.unique(by_group))):
                found.append((number.name, group.name))
    return found


def twins(columns: list[Column], yes: np.ndarray, part: np.ndarray | None, seed: int) -> dict | None:
    """Rows that stand twice, mostly with the same answer, beyond what chance makes alike.

    In a table of few values many rows are alike, and as many are alike but for one column. Rows that were copied have
    a twin and no such relatives. `part` (0 learned from, 1 judged on): twins count only across it.
    """
    compared = [one for one in columns if not is_id(one) and not (one.kind == "date" and one.unique >= 0.85)]
    if len(compared) < 3:
        return None
    random = np.random.default_rng(seed)
    hashes = [random.integers(0, 2**63, len(one.values) + 1, dtype=np.uint64)[one.codes + 1] for one in compared]
    whole = np.zeros(len(yes), dtype=np.uint64)
    for part_hash in hashes:
        whole += part_hash
    _, group, size = np.unique(whole, return_inverse=True, return_counts=True)
    twin = size[group] > 1
    if part is not None:
        sides = np.bincount(group, part == 1, len(size)), np.bincount(group, part == 0, len(size))
        twin &= (sides[0][group] > 0) & (sides[1][group] > 0)
    if twin.sum() < FEWEST_TWINS:
        return None
    related = np.zeros(len(yes), dtype=bool)
    for part_hash in hashes:
        _, near, near_size = np.unique(whole - part_hash, return_inverse=True, return_counts=True)
        related |= near_size[near] > size[group]
    alone = twin & ~related
    if alone.sum() < max(FEWEST_TWINS, TWINS_SHARE * len(yes)):
        return None
    won = np.bincount(group, yes, len(size))
    agree = float(((won[group] == 0) | (won[group] == size[group]))[alone].mean())
    by_chance = 1 - 2 * yes.mean() * (1 - yes.mean())
    if agree < by_chance + AGREEING * (1 - by_chance) or (
            agree < SURELY_AGREEING and alone.mean() < SUSPECTED_SHARE):
        return None
    return {"rows": int(alone.sum()), "share": float(alone.mean()), "same_answer": agree}


def _drawn(yes: np.ndarray, seed: int) -> np.ndarray:
    """Row numbers in random order, so that equal values lie in no order."""
    return np.random.default_rng(seed).permutation(len(yes))[:MOST_ROWS]


def _aucs(matrix: np.ndarray, yes: np.ndarray) -> np.ndarray:
    """AUC of each column; ties lie as the rows do, at random."""
    order = np.argsort(matrix, axis=0, kind="stable")
    ranks = np.empty(matrix.shape)
    places = np.arange(1, len(matrix) + 1, dtype=float)[:, None]
    np.put_along_axis(ranks, order, places.repeat(matrix.shape[1], 1), axis=0)
    positives = yes.sum()
    both = positives * (len(yes) - positives)
    return (ranks[yes].sum(axis=0) - positives * (positives + 1) / 2) / both if both else np.full(matrix.shape[1], 0.5)
