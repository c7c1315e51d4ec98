"""Is there enough to learn from? Asked before any model: counts, a verdict, what would be needed, and a plain rule.

The smallest numbers are no matter of taste. Tested on n customers who did and m who did not, an AUC is known up to a
standard error (Hanley & McNeil 1982, Radiology 143:29-36): with 13 who did, one of .75 may as well be .60. Learned
from n of the rarer outcome, a model with more than n / 10 features fits chance (Peduzzi et al. 1996, J Clin Epidemiol
49:1373).
"""

from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil, sqrt

import numpy as np
import pandas as pd

from crm_core.purchase_prediction.examples import Examples, counts, yes
from crm_core.purchase_prediction.split import enough_from, longest_horizon

VERDICTS = ("enough", "few", "too_little")
SIMPLE_MODELS = ("recency_rule", "logistic", "poisson", "naive_bayes", "bgnbd")  # what a few dozen examples can bear
USUAL_AUC = 0.75
WIDEST, WIDE = 0.15, 0.10  # half of the 95 % interval of an AUC: wider says nothing, or little
FEWEST_TO_LEARN = 20  # of the rarer outcome: with fewer even their share is unsure by a fifth and more (1 / √20)
EVENTS_A_FEATURE = 10
FEWEST_NUMBERS = 50  # rows with an amount
FARTHEST_DAYS = 5 * 365  # what takes longer than this at the present pace is not told as a date
RANGES = 5  # of recency in the rule that stands in for models
Z = 1.96


@dataclass(frozen=True, eq=False)
class Evidence:
    verdict: str  # one of VERDICTS; words: gate.<verdict>
    reasons: tuple[tuple[str, dict], ...]  # why it is not "enough", the gravest first; words: gate.why_<key>
    needs: tuple[tuple[str, dict], ...]  # what would be needed; words: gate.need_<key>
    parts: pd.DataFrame  # part, examples, positives, base_rate
    customers: int  # of whom the question is asked now
    base_rate: float  # share of yes in the newest part whose outcome is known; NaN without one
    horizon_that_fits: int | None = None  # where the history is too short: a horizon for which it is not

    def models(self, wanted: tuple[str, ...]) -> tuple[str, ...]:
        """Those models that the evidence bears."""
        return wanted if self.verdict == "enough" else tuple(name for name in wanted if name in SIMPLE_MODELS)


def gate(found: Examples, features: tuple[str, ...] | None = None, first_day: date | None = None) -> Evidence:
    """The evidence of examples for a model by `features` (those of the examples, unless said otherwise)."""
    parts, target = counts(found), found.target
    features = found.features if features is None else features
    reasons, needs, fits = [], [], None
    there = set(parts.part)
    if target.dated and (missing := _missing_history(found, there)):
        reasons.append(missing)
        if first_day:
            dates = found.split
            needs.append(("history", {"from": enough_from(first_day, dates.horizon_days, dates.gap_days)}))
            fits = longest_horizon(first_day, dates.as_of, dates.gap_days)
    if len(parts):
        if target.answer == "amount":
            _enough_amounts(found, parts, features, reasons, needs)
        else:
            _enough_of_both(found, parts, features, reasons, needs)
    elif not target.dated:
        reasons.append(("none_known", {}))
    _no_second_order(found, reasons)
    verdict = max((GRAVITY[key] for key, _ in reasons), default=0)
    reasons.sort(key=lambda told: -GRAVITY[told[0]])
    last = parts.iloc[-1] if len(parts) else None
    return Evidence(VERDICTS[verdict], tuple(reasons), tuple(needs), parts, int((found.rows.part == "score").sum()),
                    float(last.base_rate) if last is not None else np.nan, fits)


# How grave each reason is: 2 no model at all, 1 simple ones only, 0 a word.
GRAVITY = {"one_class": 2, "too_short": 2, "none_known": 2, "too_few_to_learn": 2, "too_few_to_test": 2,
           "all_once": 0, "no_calibration": 0, "shorter_horizon": 0, "few_to_learn": 1, "few_to_test": 1,
           "few_amounts": 2}


def auc_half_width(positives: int, negatives: int, auc: float = USUAL_AUC) -> float:
    """Half of the 95 % interval of an AUC that is measured on so many of each (Hanley & McNeil 1982)."""
    if not positives or not negatives:
        return np.inf
    one, two = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    variance = auc * (1 - auc) + (positives - 1) * (one - auc**2) + (negatives - 1) * (two - auc**2)
    return Z * sqrt(variance / (positives * negatives))


def needed_to_test(half_width: float, share: float) -> int:
    """How many of the rarer outcome it takes to know an AUC within ± `half_width`, at a share (0..0.5) of them."""
    count = 2
    while auc_half_width(count, max(1, round(count * (1 - share) / share))) > half_width:
        count += 1
    return count


def share_range(count: int, all_: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927)."""
    if not all_:
        return 0.0, 1.0
    share, more = count / all_, Z**2 / all_
    middle, wide = share + more / 2, Z * sqrt(share * (1 - share) / all_ + more / (4 * all_))
    return max(0.0, (middle - wide) / (1 + more)), min(1.0, (middle + wide) / (1 + more))


def rule_ranges(found: Examples) -> pd.DataFrame:
    """The plain rule with its ranges: who bought last is the likeliest. A row a range of days since the last order.

    from_days, to_days (of the last range: the longest), then (examples), yes, share, low, high (95 %, 0..1; NaN and
    0..1 where nothing is known yet), customers (of whom it is asked now). Of a column only the share of all is known:
    one row.
    """
    told = found.rows[found.rows.part != "score"]
    now = found.part("score")
    answer = yes(found.target, told.outcome)
    if not found.target.dated:
        low, high = share_range(int(answer.sum()), len(told))
        return pd.DataFrame([{"from_days": np.nan, "to_days": np.nan, "then": len(told), "yes": int(answer.sum()),
                              "share": answer.mean() if len(told) else np.nan, "low": low, "high": high,
                              "customers": len(now)}])
    days = pd.concat([told.recency_days, now.recency_days])
    # With few examples few ranges: at least about thirty in each.
    ranges = int(np.clip(len(told) // 30 if len(told) else len(now) // 30, 1, RANGES))
    basis = told.recency_days if len(told) else now.recency_days
    edges = np.unique(np.floor(np.quantile(basis, np.linspace(0, 1, ranges + 1)[1:-1])))
    edges = edges[edges < days.max()]
    rows, begin = [], 0
    for end in (*edges, days.max()):
        then, here = told.recency_days.between(begin, end), now.recency_days.between(begin, end)
        low, high = share_range(int(answer[then.to_numpy()].sum()), int(then.sum()))
        rows.append({"from_days": int(begin), "to_days": int(end), "then": int(then.sum()),
                     "yes": int(answer[then.to_numpy()].sum()),
                     "share": answer[then.to_numpy()].mean() if then.any() else np.nan, "low": low, "high": high,
                     "customers": int(here.sum())})
        begin = end + 1
    return pd.DataFrame(rows)


# --- inside ---------------------------------------------------------------------------------------


def _missing_history(found: Examples, there: set[str]) -> tuple[str, dict] | None:
    """Which part of the history is missing, as a reason; None where there is a part to train, calibrate and test."""
    dates = found.split
    if "test" not in there:
        return "too_short", {"horizon_days": dates.horizon_days}
    if dates.outcome_days != dates.horizon_days:
        return "shorter_horizon", {"horizon_days": dates.horizon_days, "learned_days": dates.outcome_days}
    return None if "calibrate" in there else ("no_calibration", {"horizon_days": dates.horizon_days})


def _enough_of_both(found: Examples, parts: pd.DataFrame, features, reasons: list, needs: list) -> None:
    """Enough of the rarer outcome to learn from, and to test on."""
    to_learn = parts[parts.part == "train"]
    count, all_ = int(to_learn.positives.sum()), int(to_learn.examples.sum())
    # Examples of overlapping windows are no news of their own: a customer counts once a side.
    learned = found.part("train")
    answer = yes(found.target, learned.outcome)
    rarer = min(learned.customer_id[answer].nunique(), learned.customer_id[~answer].nunique())
    test = parts[parts.part == ("test" if found.target.dated else "train")]
    tested = min(int(test.positives.sum()), int(test.examples.sum() - test.positives.sum())) if len(test) else None
    if all_ and count in (0, all_):
        reasons.append(("one_class", {"yes": count, "examples": all_}))
        return
    share = min(max(rarer / max(1, learned.customer_id.nunique()), 0.01), 0.5)
    wide = EVENTS_A_FEATURE * len(features)
    if rarer < FEWEST_TO_LEARN:
        reasons.append(("too_few_to_learn", {"count": rarer, "needed": FEWEST_TO_LEARN}))
        needs.append(_more(found, parts, FEWEST_TO_LEARN - rarer))
    elif rarer < wide:
        reasons.append(("few_to_learn", {"count": rarer, "features": len(features), "needed": wide}))
    if tested is None:
        return
    width = auc_half_width(tested, int(test.examples.sum()) - tested)
    if width > WIDEST:
        needed = needed_to_test(WIDEST, share)
        reasons.append(("too_few_to_test", {"count": tested, "half_width": min(width, 0.5), "needed": needed}))
        if rarer >= FEWEST_TO_LEARN or needed > FEWEST_TO_LEARN:
            needs[:] = [need for need in needs if need[0] not in ("more", "more_by")]
            needs.append(_more(found, parts, max(needed - tested, FEWEST_TO_LEARN - rarer)))
    elif width > WIDE:
        needed = needed_to_test(WIDE, share)
        reasons.append(("few_to_test", {"count": tested, "half_width": width, "needed": needed}))
        needs.append(_more(found, parts, needed - tested))


def _enough_amounts(found: Examples, parts: pd.DataFrame, features, reasons: list, needs: list) -> None:
    learned = found.part("train")
    if len(learned) and learned.outcome.nunique() < 2:
        reasons.append(("one_class", {"yes": int((learned.outcome > 0).sum()), "examples": len(learned)}))
        return
    count = learned.customer_id[learned.outcome.to_numpy(float) != 0].nunique()
    if count < FEWEST_NUMBERS:
        reasons.append(("few_amounts", {"count": count, "needed": FEWEST_NUMBERS}))
        needs.append(_more(found, parts, FEWEST_NUMBERS - count))
    elif count < EVENTS_A_FEATURE * len(features):
        reasons.append(("few_to_learn", {"count": count, "features": len(features),
                                         "needed": EVENTS_A_FEATURE * len(features)}))


def _no_second_order(found: Examples, reasons: list) -> None:
    """Nobody has ever bought twice: how often somebody buys says nothing then."""
    if found.target.dated and "frequency" in found.rows and len(found.rows) and found.rows.frequency.max() <= 1:
        reasons.append(("all_once", {"customers": found.rows.customer_id.nunique()}))


def _more(found: Examples, parts: pd.DataFrame, missing: int) -> tuple[str, dict]:
    """How many more are needed, and by when there are so many at the pace of the newest whole horizon."""
    missing = max(1, missing)
    if not found.target.dated or not parts.iloc[-1].positives:
        return "more", {"count": missing}
    days = ceil(missing / parts.iloc[-1].positives * found.split.horizon_days)
    if days > FARTHEST_DAYS:
        return "more", {"count": missing}
    return "more_by", {"count": missing, "by": found.split.as_of + timedelta(days=days)}
