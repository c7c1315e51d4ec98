"""How good chances, classes and amounts are, by numbers that the field uses: on rows that no model has learned from."""

import numpy as np
import pandas as pd

BINS = 10


def judge(outcome: np.ndarray, chance: np.ndarray) -> dict[str, float]:
    """auc, pr_auc, brier, ece, lift10, log_loss of chances (0..1) against what came (1 and 0)."""
    from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

    both = 0 < outcome.mean() < 1
    return {"auc": float(roc_auc_score(outcome, chance)) if both else np.nan,
            "pr_auc": float(average_precision_score(outcome, chance)) if both else np.nan,
            "brier": float(brier_score_loss(outcome, chance)),
            "ece": calibration_error(outcome, chance),
            "lift10": lift(outcome, chance, 0.1),
            "log_loss": float(log_loss(outcome, np.clip(chance, 1e-9, 1 - 1e-9), labels=[0, 1]))}


def calibration_error(outcome: np.ndarray, chance: np.ndarray, bins: int = BINS) -> float:
    """Expected calibration error over bins of equal count: mean distance of what was said and what came (0..1)."""
    order = np.argsort(chance, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    return float(sum(len(part) * abs(chance[part].mean() - outcome[part].mean()) for part in parts) / len(outcome))


def lift(outcome: np.ndarray, chance: np.ndarray, share: float) -> float:
    """How many times as often yes comes among the likeliest `share` as among all."""
    first = max(1, round(share * len(chance)))
    return float(found_among(outcome, chance, first) / first / outcome.mean()) if outcome.mean() else np.nan


def found_among(outcome: np.ndarray, chance: np.ndarray, count: int) -> float:
    """How many yes are among the `count` likeliest; of those who tie for the last places, their share of yes."""
    last = np.partition(chance, len(chance) - count)[len(chance) - count]
    above, tied = chance > last, chance == last
    return float(outcome[above].sum() + (count - above.sum()) * outcome[tied].mean())


def equal_bins(chance: np.ndarray, bins: int = BINS) -> np.ndarray:
    """The bin (0, 1, …) of each chance, lowest first: of equal count as far as equal chances stay together."""
    values, place, counts = np.unique(chance, return_inverse=True, return_counts=True)
    if len(values) <= bins:
        return place
    middle = counts.cumsum() - counts / 2  # the rank in the middle of those who tie
    return np.unique(np.floor(middle * bins / len(chance)), return_inverse=True)[1][place]


def brier_parts(outcome: np.ndarray, chance: np.ndarray, bins: int = BINS) -> dict[str, float]:
    """brier = reliability − resolution + uncertainty + within (Murphy 1973), and skill against the base rate.

    reliability: how far what was said lies from what came (0 is best); resolution: how far the bins lie from the base
    rate (large is best); uncertainty: what always saying the base rate would have; within: what the bins hide
    (Stephenson, Coelho & Jolliffe 2008), nothing where there are no more chances than bins.
    """
    place = equal_bins(chance, bins)
    count = np.bincount(place)
    said, came = np.bincount(place, chance) / count, np.bincount(place, outcome) / count
    base, rows = outcome.mean(), len(outcome)
    brier = float(((chance - outcome) ** 2).mean())
    reliability = float((count * (said - came) ** 2).sum() / rows)
    resolution = float((count * (came - base) ** 2).sum() / rows)
    uncertainty = float(base * (1 - base))
    return {"brier": brier, "reliability": reliability, "resolution": resolution, "uncertainty": uncertainty,
            "within": brier - reliability + resolution - uncertainty,
            "skill": 1 - brier / uncertainty if uncertainty else np.nan}


def confusion(outcome: np.ndarray, chosen: np.ndarray) -> dict[str, float]:
    """Who was chosen (yes or no) against what came: counts, and the shares that are read from them."""
    chosen = chosen.astype(bool)
    hits, misses = int(outcome[chosen].sum()), int(outcome[~chosen].sum())
    in_vain, rightly_left = int(chosen.sum()) - hits, int((~chosen).sum()) - misses
    return {"hits": hits, "in_vain": in_vain, "misses": misses, "rightly_left": rightly_left,
            "precision": hits / (hits + in_vain) if hits + in_vain else np.nan,
            "recall": hits / (hits + misses) if hits + misses else np.nan,
            "specificity": rightly_left / (rightly_left + in_vain) if rightly_left + in_vain else np.nan}


def judge_classes(outcome: np.ndarray, chances: np.ndarray, classes: tuple[str, ...]) -> tuple[dict, pd.DataFrame]:
    """Of several classes, and of each against the rest.

    `outcome` texts (n,), `chances` (n, classes), rows summing to 1 → accuracy, commonest (what always naming the
    commonest class would reach), top3, log_loss, brier (summed over classes), macro auc and ece; class, rows,
    base_rate, said, auc, pr_auc, brier, ece, lift10, precision, recall.
    """
    names = np.asarray(classes, dtype=object)
    hit = np.asarray(outcome, dtype=object)[:, None] == names[None, :]
    ranked = np.argsort(-chances, axis=1, kind="stable")
    named = ranked[:, 0]
    rows = []
    for place, name in enumerate(classes):
        came, said = hit[:, place].astype(float), chances[:, place]
        measures = judge(came, said)
        told = confusion(came, named == place)
        rows.append({"class": name, "rows": int(came.sum()), "base_rate": float(came.mean()), "said": float(said.mean()),
                     **{key: measures[key] for key in ("auc", "pr_auc", "brier", "ece", "lift10")},
                     "precision": told["precision"], "recall": told["recall"]})
    each = pd.DataFrame(rows)
    own = np.clip((chances * hit).sum(axis=1), 1e-9, 1.0)  # a class that no training row had counts as never said
    whole = {"accuracy": float(hit[np.arange(len(hit)), named].mean()), "commonest": float(each.base_rate.max()),
             "top3": float(np.take_along_axis(hit, ranked[:, :3], axis=1).any(axis=1).mean()),
             "log_loss": float(-np.log(own).mean()), "brier": float(((chances - hit) ** 2).sum(axis=1).mean()),
             "auc": float(each.auc.mean()), "ece": float(each.ece.mean())}
    return whole, each


def judge_amounts(outcome: np.ndarray, amount: np.ndarray) -> dict[str, float]:
    """mae, rmse, spearman and total_error (predicted sum against what came, as a share of it) of amounts."""
    total = outcome.sum()
    ranks = [pd.Series(values).rank().to_numpy() for values in (outcome, amount)]
    moves = all(np.ptp(rank) > 0 for rank in ranks)
    return {"mae": float(np.abs(outcome - amount).mean()),
            "rmse": float(np.sqrt(((outcome - amount) ** 2).mean())),
            "spearman": float(np.corrcoef(*ranks)[0, 1]) if moves else np.nan,
            "total_error": float(amount.sum() / total - 1) if total else np.nan}
