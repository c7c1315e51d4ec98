"""Whether chances hold what they say: of those told 30 %, do 30 in 100 do it?

    bin | rows |  said |  came |  low | high | off
      1 |  120 |  0.05 |  0.06 | 0.03 | 0.12 | no
     10 |  120 |  0.61 |  0.55 | 0.46 | 0.64 | no
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_core.purchase_prediction.judging import BINS, brier_parts, calibration_error, equal_bins
from crm_core.purchase_prediction.trust.intervals import SURE, wilson

FEWEST_A_BIN = 20
GOOD = 0.02  # a calibration error up to two points holds whatever a test says: with many rows every hair is certain
WORTH_TELLING = 0.01  # of a gap of the whole
VERDICTS = ("holds", "too_high", "too_low", "too_sure", "too_timid", "uneven", "few")


@dataclass(frozen=True, eq=False)
class Reliability:
    bins: pd.DataFrame  # said, came, low, high (of what came, 95 %), rows, gap (came − said), off (beyond chance)
    error: float  # expected calibration error over bins of equal count (0..1)
    gap: float  # what came less what was said, over all
    gap_error: float  # standard error of the gap if the chances were right
    parts: dict[str, float]  # brier, reliability, resolution, uncertainty, within, skill
    verdict: str  # one of VERDICTS
    where: str  # likeliest, middle, least: where the bin lies that is farthest off beyond chance; "" where none is
    worst: int | None  # its row in bins


def reliability(outcome: np.ndarray, chance: np.ndarray) -> Reliability:
    """The verdict:

    few        too few rows, or too few yes or no, to tell
    holds      no bin is off beyond chance, or the error is at most two points
    too_high   over all less came than was said, beyond chance and by a point or more; too_low: more came
    too_sure   the likeliest came less often and the least likely more often than said; too_timid: the other way round
    uneven     some bins are off, without such an order
    """
    bins = max(1, min(BINS, len(outcome) // FEWEST_A_BIN))
    place = equal_bins(chance, bins)
    count = np.bincount(place)
    said, came = np.bincount(place, chance) / count, np.bincount(place, outcome) / count
    low, high = wilson(came * count, count)
    gap, gap_error = float((outcome - chance).mean()), float(np.sqrt((chance * (1 - chance)).sum()) / len(chance))
    # A bin is off if what was said lies outside an interval that is wide enough for as many looks as there are bins.
    sure = _sure(len(count))
    low_all, high_all = wilson(came * count, count, sure)
    off = (said < low_all) | (said > high_all)
    frame = pd.DataFrame({"said": said, "came": came, "low": low, "high": high, "rows": count, "gap": came - said,
                          "off": off})
    error = calibration_error(outcome, chance)
    yes = outcome.sum()
    if min(yes, len(outcome) - yes) < 10 or len(outcome) < 50:
        verdict = "few"
    elif error <= GOOD:
        verdict = "holds"
    elif abs(gap) > SURE * gap_error and abs(gap) >= WORTH_TELLING:
        verdict = "too_high" if gap < 0 else "too_low"
    elif not off.any():
        verdict = "holds"
    else:
        verdict = _bent(frame)
    worst = int((frame.gap.abs() * frame.off).to_numpy().argmax()) if off.any() else None
    where = "" if worst is None else ("least", "middle", "likeliest")[
        int(np.searchsorted([0.3, 0.7], (worst + 0.5) / len(frame)))]
    return Reliability(frame, error, gap, gap_error, brier_parts(outcome, chance), verdict, where, worst)


def _bent(frame: pd.DataFrame) -> str:
    """Which way the curve leans against the diagonal, by the ends that are off."""
    half = len(frame) / 2
    ends = frame[frame.off]
    lean = [gap if place >= half else -gap for place, gap in zip(ends.index, ends.gap, strict=True)]
    if all(part < 0 for part in lean):
        return "too_sure"
    return "too_timid" if all(part > 0 for part in lean) else "uneven"


def _sure(looks: int) -> float:
    from scipy.stats import norm

    return float(norm.ppf(1 - 0.025 / looks))
