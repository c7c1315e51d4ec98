"""The small picture of a step of a prediction, as marks: see ui/steps.py."""

import numpy as np

from crm_core.purchase_prediction.headline import chances_of
from ui.steps import HIGH, WIDE, bars, rounded

LANES = {"train": 0, "calibrate": 1, "test": 2, "score": 3}


def base_rate(share: float) -> list[list]:
    """How much of the bar is yes."""
    return rounded(_shares([share, 1 - share], ["accent", "quiet"])) if share == share else []


def families(counts: list[int]) -> list[list]:
    """A bar for each family of features, as high as it has many."""
    return rounded(bars(counts, 0, WIDE, ["accent"] * len(counts)))


def kept(count: int, out: int) -> list[list]:
    """A dot for each feature: those that were taken out are hollow. Of very many, as many as there is room."""
    total = count + out
    across = 14
    room = min(total, across * 4)
    hollow = min(out, room)
    return rounded([["ring" if place >= room - hollow else "dot", 6.0 + place % across * 8.3,
                     6.0 + place // across * 10.5, 3.0, "quiet" if place >= room - hollow else "accent"]
                    for place in range(room)])


def lanes(dates) -> list[list]:
    """The windows of the split, a lane each."""
    if dates is None:  # folds: each row is judged by models that have not seen it
        return rounded([["bar", 24.0 * fold, 9.0 * lane, 22.0, 7.0, "accent" if fold == lane else "quiet"]
                        for lane in range(5) for fold in range(5)])
    first, last = dates.windows[0].cutoff, dates.windows[-1].until
    days, high = max(1, (last - first).days), HIGH / len(dates.windows)
    return rounded([["bar", (window.cutoff - first).days / days * WIDE, place * high,
                     max(2.0, (window.until - window.cutoff).days / days * WIDE), max(1.5, high - 1.5),
                     LANES[window.part]] for place, window in enumerate(dates.windows)])


def models(prediction) -> list[list]:
    """How well each model sorts, the chosen one in the accent."""
    measure = prediction.tried["auc" if "auc" in prediction.tried else prediction.tried.columns[1]].fillna(0.5)
    over = np.maximum(measure.to_numpy(float) - 0.45, 0.01)  # .5 is chance: from there on it counts
    return rounded(bars(list(over / over.max()), 0, WIDE, [
        "accent" if name == prediction.chosen else "quiet" for name in prediction.tried.model]))


def tenths(prediction) -> list[list]:
    """How often yes came in each tenth of what was judged, the likeliest first."""
    judged = prediction.judged
    if prediction.chosen not in judged:
        return []
    order = np.argsort(-judged[prediction.chosen].to_numpy(float), kind="stable")
    parts = [part for part in np.array_split(judged.outcome.to_numpy(float)[order], 10) if len(part)]
    return rounded(bars([float(part.mean()) for part in parts], 0, WIDE, ["accent"] * len(parts)))


def chances(prediction) -> list[list]:
    """How the chances lie."""
    counts = np.histogram(chances_of(prediction), bins=12, range=(0, 1))[0]
    return rounded(bars(counts.tolist(), 0, WIDE, ["accent"] * 12))


def _shares(shares: list[float], colours: list[str]) -> list:
    marks, left = [], 0.0
    for share, colour in zip(shares, colours, strict=True):
        width = max(3.0, share * (WIDE - 2)) if share else 0.0
        if width:
            marks.append(["bar", min(left, WIDE - 3.0), 14.0, min(width, WIDE - left), 16.0, colour])
        left += width + 2
    return marks


def ways(found) -> list[list]:
    """How small the error of each way of telling amounts is beside the smallest, the chosen one in the accent."""
    error = np.maximum(found.tried.mae.to_numpy(float), 1e-9)
    return rounded(bars(list(error.min() / error), 0, WIDE, [
        "accent" if name == found.chosen else "quiet" for name in found.tried.model]))


def amounts(said, came) -> list[list]:
    """What came in each tenth of the customers, those first of whom most was said."""
    order = np.argsort(-said.to_numpy(float), kind="stable")
    parts = [part.mean() for part in np.array_split(came.to_numpy(float)[order], 10) if len(part)]
    return rounded(bars([max(0.0, float(part)) for part in parts], 0, WIDE, ["accent"] * len(parts)))
