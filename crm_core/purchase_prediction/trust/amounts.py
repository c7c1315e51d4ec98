"""How far to trust predicted amounts: whether they sort, whether their sizes hold, whether the sum holds.

    tenth | rows | predicted | came | low | high | error
        1 |  300 |       2.1 |  3.0 | 1.9 |  4.2 |   3.8
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_core.purchase_prediction.judging import BINS, equal_bins, judge_amounts

RESAMPLES = 500


@dataclass(frozen=True, eq=False)
class Amounts:
    measures: dict[str, float]  # mae, rmse, spearman, total_error
    by_mean: dict[str, float]  # the same if the mean of what came were said of everybody
    tenths: pd.DataFrame  # predicted, came, low, high (of what came, 95 %), rows, error (mean distance)
    came: float  # sum of what came
    predicted: float  # sum of what was said
    total_low: float  # of the 95 % interval of the sum's error, over resamples of customers (a share of what came)
    total_high: float
    beats_mean: bool  # its mean distance is less than the mean's, beyond chance
    verdict: str  # total_holds, total_too_high or total_too_low: whether the interval holds nothing


def judge_spend(outcome: np.ndarray, amount: np.ndarray, seed: int = 0) -> Amounts:
    """Of judged customers, a row each."""
    place = equal_bins(amount, BINS)
    frame = pd.DataFrame({"place": place, "said": amount, "came": outcome, "error": np.abs(outcome - amount)})
    grouped = frame.groupby("place")
    tenths = grouped.agg(predicted=("said", "mean"), came=("came", "mean"), rows=("came", "size"),
                         error=("error", "mean"), spread=("came", "std")).reset_index(drop=True)
    wide = 1.959963984540054 * tenths.spread.fillna(0) / np.sqrt(tenths.rows)
    tenths = tenths.assign(low=(tenths.came - wide).clip(lower=min(0.0, float(outcome.min()))), high=tenths.came + wide)
    mean = np.full(len(outcome), outcome.mean())
    low, high = _total(outcome, amount, seed)
    better = np.abs(outcome - mean) - frame.error.to_numpy()
    beats = better.mean() > 1.959963984540054 * better.std(ddof=1) / np.sqrt(len(better)) if len(better) > 1 else False
    verdict = "total_too_high" if low > 0 else "total_too_low" if high < 0 else "total_holds"
    return Amounts(judge_amounts(outcome, amount), judge_amounts(outcome, mean), tenths.drop(columns="spread"),
                   float(outcome.sum()), float(amount.sum()), low, high, bool(beats), verdict)


def _total(outcome: np.ndarray, amount: np.ndarray, seed: int) -> tuple[float, float]:
    """Low and high of predicted ÷ came − 1 over resamples of customers."""
    random = np.random.default_rng(seed)
    if outcome.sum() <= 0:
        return np.nan, np.nan
    errors = []
    for _ in range(RESAMPLES if len(outcome) <= 20_000 else 100):
        drawn = random.integers(0, len(outcome), len(outcome))
        came = outcome[drawn].sum()
        errors.append(amount[drawn].sum() / came - 1 if came > 0 else np.inf)
    low, high = np.quantile(errors, [0.025, 0.975])
    return float(low), float(high)
