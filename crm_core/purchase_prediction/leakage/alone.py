"""What one column gives away: filled after the answer, the answer in disguise, a copy, an id that tells it."""

import re

import numpy as np
import pandas as pd

from crm_core.purchase_prediction.leakage.seen import Column, auc_of_cells, sorted_by

# A column that alone sorts this well is the answer, or was filled by it; honest ones seldom reach .9.
SURE_AUC, FAR_AUC, TWO_VALUES_AUC, TWO_VALUES_FAR_AUC = 0.975, 0.95, 0.93, 0.895
HALVED_AUC = 0.99  # of amounts above and below their middle
FAR = 0.3  # errors (1 − AUC) beside the best of the others, for one between
HINTED_AUC = 0.7  # by name: what only exists once it has come
STATE_RATIO, LEVEL_RATIO = 15.0, 30.0  # how many times as often among yes as among no
LOWEST_RATIO = 8.0  # the lower end of that, 95 times in 100
FEWEST = 15  # yes in a state
STATE_REACH, LEVEL_REACH = 0.15, 0.3  # of all yes, at least
PURE, PURE_BASE = 150, 0.35  # yes in a state, or at a value, without a single no, where yes is the rarer answer
FLAG_AUC = 0.85  # whether there is a value tells the answer
COPY_CORRELATION = 0.85
IN_BLOCKS_AUC = 0.9
IN_BLOCKS_FAR_AUC, BEYOND = 0.82, 0.08  # by their order alone, and so much more than any column knows: no honest drift
PATTERN_AUC = 0.65
MOST_SPREAD = 20  # numbers that are no ids by name count their rows, with gaps
UNLIKELY = 1e-9

# What is written down when, or after, it has happened. Whole words, so that "poutcome" or "reasonable" are none.
_AFTER = re.compile(
    r"(?:^|[_\W\d])((?:call|contact|talk|phone|conversation)[ _]?(?:duration|time|length|minutes|seconds)|"
    r"cancel\w*|churn\w*|terminat\w*|unsubscribe\w*|refund\w*|chargeback\w*|recover(?:y|ies)|write[ _]?off|"
    r"charged[ _]?off)(?:$|[_\W\d])"
    r"|^(duration)$|通话时长|通话秒数|取消|注销|流失|退订|终止|解约|退款|回款|核销", re.IGNORECASE)
# These are said of much else too: they count where the column sorts as well as any other.
_PERHAPS = re.compile(
    r"(?:^|[_\W\d])(closed?|closing|exit\w*|collections?|settle\w*|outcome|result|resolution|resolved|final|reason|left|"
    r"departure|after|post)(?:$|[_\W\d])|离开|结果|成交|原因|结案|关闭|事后", re.IGNORECASE)
_DAYS = re.compile(r"(?:^|[_\W])(days?|recency|since|age|months?|weeks?|ago)(?:$|[_\W])|天数|距今|间隔", re.IGNORECASE)
_ID = re.compile(r"(?:^|[_\W])(id|no|nr|num|number|key|code|uuid|index|row)(?:$|[_\W\d])|编号|序号|号$", re.IGNORECASE)
_CAMELS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def parts_of_name(name: str) -> str:
    """callDuration → call_Duration, without what says where a column is from (extra:)."""
    return _CAMELS.sub("_", name.split(":", 1)[-1])


def named_after(name: str, target: str = "") -> tuple[str, bool]:
    """The part of a name that tells of afterwards, or the target's own name in it; whether that says it plainly."""
    told = parts_of_name(name)
    for words, plainly in ((_AFTER, True), (_PERHAPS, False)):
        if found := words.search(told):
            return next((part for part in found.groups() if part), found.group(0)), plainly
    bare = parts_of_name(target).lower()
    return (target.split(":", 1)[-1], False) if len(bare) >= 4 and bare in told.lower() else ("", False)


def auc_of(seen: Column, yes: np.ndarray, fold: np.ndarray) -> float:
    return sorted_by(seen.bins, yes, fold)


def filled_after(seen: Column, yes: np.ndarray) -> dict | None:
    """Whether having a value at all, or another than the usual one, tells the answer."""
    if not 0 < seen.missing.mean() < 1:
        return _not_the_usual(seen, yes)
    for state, rows in (("known", ~seen.missing), ("missing", seen.missing)):
        facts = _ratio(rows, yes)
        flag = 0.5 + abs(facts["share_yes"] - facts["share_no"]) / 2
        telling = flag >= FLAG_AUC and facts["share_yes"] > facts["share_no"]
        if telling or facts["pure"] or (facts["reach"] and facts["ratio"] >= STATE_RATIO
                                        and facts["share_yes"] >= STATE_REACH):
            return {"state": state, **_told(facts)}
    # The other way round only where it is plain: whoever is gone has no next renewal.
    facts = _ratio(~seen.missing, ~yes)
    if facts["reach"] and facts["ratio"] >= 2 * LEVEL_RATIO and facts["share_yes"] >= LEVEL_REACH:
        return {"state": "known", "share_yes": facts["share_no"], "share_no": facts["share_yes"], "rows": facts["rows"]}
    return _not_the_usual(seen, yes)


def _not_the_usual(seen: Column, yes: np.ndarray) -> dict | None:
    """Amounts that are 0 (or −1) for nearly all no, and something for yes."""
    if seen.kind != "number" or len(seen.values) < 3:
        return None
    known = seen.codes >= 0
    of_no = np.bincount(seen.codes[known & ~yes], minlength=len(seen.values))
    usual = int(np.argmax(of_no))
    if seen.values[usual] > 0 or of_no[usual] < 0.6 * max((~yes).sum(), 1):
        return None
    facts = _ratio(known & (seen.codes != usual), yes)
    if facts["pure"] or (facts["reach"] and facts["ratio"] >= STATE_RATIO and facts["share_yes"] >= STATE_REACH):
        return {"state": "unusual", "usual": float(seen.values[usual]), **_told(facts)}
    return None


def telling_level(seen: Column, yes: np.ndarray) -> dict | None:
    """A value, or several together, that nearly only yes have, and a good part of them."""
    # Of many numbers those at one end are told by any good one: only names, and one, two or three numbers, are values.
    if not 2 <= len(seen.values) <= (60 if seen.kind == "category" else 3) or seen.kind == "date":
        return None
    known = seen.codes >= 0
    won, all_ = _counts(seen.codes[known], yes[known], len(seen.values))
    lost = all_ - won
    ratio = ((won + 0.5) / (yes.sum() + 1)) / ((lost + 0.5) / ((~yes).sum() + 1))
    levels = np.flatnonzero((ratio >= LEVEL_RATIO / 2) & (won >= FEWEST))
    if not len(levels):
        return None
    facts = _ratio(np.isin(seen.codes, levels), yes)
    if facts["pure"] or (facts["reach"] and facts["ratio"] >= LEVEL_RATIO and facts["share_yes"] >= LEVEL_REACH):
        return {"value": ", ".join(str(seen.values[level]) for level in levels[:4]), **_told(facts)}
    return None


def below_zero(seen: Column, yes: np.ndarray) -> dict | None:
    """Days since something that are less than none: it came after the day they were counted from."""
    if seen.kind != "number" or not _DAYS.search(parts_of_name(seen.name)) or not len(seen.values):
        return None
    if seen.values[0] >= 0 or len(seen.values) < 5:
        return None
    before = np.nan_to_num(seen.numbers, nan=0.0) < 0
    facts = _ratio(before, yes)
    if facts["reach"] and facts["ratio"] >= STATE_RATIO and facts["share_yes"] >= 0.1 and len(
            np.unique(seen.numbers[before])) > 2:
        return {"rows": int(before.sum()), **_told(facts)}
    return None


def dates_only_of_yes(seen: Column, yes: np.ndarray) -> dict | None:
    """Dates later than any of those who said no."""
    known = seen.codes >= 0
    if seen.kind != "date" or (known & ~yes).sum() < FEWEST:
        return None
    last = seen.numbers[known & ~yes].max()
    later = known & yes & (np.nan_to_num(seen.numbers, nan=-np.inf) > last)
    if later.sum() >= FEWEST and later.sum() >= 0.25 * yes.sum():
        return {"rows": int(later.sum()), "share_yes": float(later.sum() / yes.sum()), "share_no": 0.0,
                "after": np.datetime64(int(last), "D").item()}
    return None


def correlation(seen: Column, yes: np.ndarray) -> float:
    """Of a column with two values, or of numbers, with the answer (−1 .. 1)."""
    if seen.kind in ("category", "text") and len(seen.values) > 2:
        return 0.0
    numbers = seen.numbers if seen.numbers is not None else np.where(seen.missing, np.nan, seen.codes)
    known = ~np.isnan(numbers)
    if known.mean() < 0.9 or len(np.unique(yes[known])) < 2 or np.ptp(numbers[known]) == 0:
        return 0.0
    return float(np.corrcoef(numbers[known], yes[known])[0, 1])


def share_of_answer(seen: Column, yes: np.ndarray) -> dict | None:
    """Numbers that are the share of yes in groups, counted with the row's own answer.

    Honest values scatter: the share of yes among rows of the same value goes up and down by chance. Here it follows
    the value more closely than chance allows (chi-squared, lower end).
    """
    from scipy.special import chdtr

    if seen.kind != "number" or seen.whole or not 12 <= len(seen.values) <= len(yes) / 2:
        return None
    known = seen.codes >= 0
    won, all_ = _counts(seen.codes[known], yes[known], len(seen.values))
    often = all_ >= 4
    if often.sum() < 12 or all_[often].sum() < 0.6 * known.sum():
        return None
    values, rate, many = seen.values[often], (won / all_)[often], all_[often]
    if not 0 < rate.mean() < 1 or np.std(rate) == 0:
        return None
    fitted = np.polyval(np.polyfit(values, rate, 3, w=np.sqrt(many)), values)
    expected = np.clip(fitted, 0.02, 0.98)
    inner = (fitted > 0.1) & (fitted < 0.9)
    free = inner.sum() - 4
    if free < 5:
        return None
    scatter = float((many * (rate - expected) ** 2 / (expected * (1 - expected)))[inner].sum())
    follows = float(np.corrcoef(values, rate)[0, 1])
    if abs(follows) > 0.97 and chdtr(free, scatter) < 1e-6:
        return {"values": int(often.sum()), "correlation": follows}
    return None


def is_id(seen: Column) -> bool:
    """Texts or whole numbers of which nearly every row has its own; an income in whole numbers is none."""
    if seen.unique < 0.85 or not (seen.kind == "text" or seen.whole):
        return False
    return seen.kind == "text" or bool(_ID.search(parts_of_name(seen.name))) or (
        seen.unique >= 0.98 and np.ptp(seen.values) <= MOST_SPREAD * len(seen.codes))


def id_that_tells(seen: Column, yes: np.ndarray, fold: np.ndarray, best_other: float) -> dict | None:
    """Ids in whose order, parity or letters the answer lies."""
    if len(yes) < 50 or not is_id(seen):
        return None
    if seen.kind == "number":
        if (near := neighbours(seen.codes, yes)) >= min(IN_BLOCKS_AUC, max(IN_BLOCKS_FAR_AUC, best_other + BEYOND)):
            return {"pattern": "order", "auc": near}
        found = [(seen.numbers.astype("float64") % step, step) for step in range(2, 11)]
        return _pattern([(np.where(np.isnan(rest), step, rest).astype(int), "remainder", str(step))
                         for rest, step in found], yes, fold)
    texts = seen.texts.fillna("")
    if (near := neighbours(seen.codes, yes)) >= IN_BLOCKS_AUC and len({text[:1] for text in texts.head(500)}) < 2:
        return {"pattern": "order", "auc": near}
    cells = [(texts.str[:length], "start", str(length)) for length in (1, 2, 3)]
    cells += [(texts.str[-length:], "end", str(length)) for length in (1, 2)]
    cells += [(texts.str.len().astype(str), "length", "")]
    numbers = texts.str.extract(r"(\d+)\D*$")[0].str[-9:].fillna("0").astype(int)
    cells += [(numbers % step, "remainder", str(step)) for step in range(2, 11)]
    return _pattern([(_few_codes(cell), how, which) for cell, how, which in cells], yes, fold)


def neighbours(places: np.ndarray, yes: np.ndarray, reach: int = 5) -> float:
    """AUC of the share of yes among those next to a row in this order, the row itself left out."""
    order = np.argsort(places, kind="stable")
    sorted_yes = yes[order].astype(float)
    total = np.concatenate([[0.0], np.cumsum(sorted_yes)])
    at = np.arange(len(yes))
    low, high = np.maximum(at - reach, 0), np.minimum(at + reach + 1, len(yes))
    share = (total[high] - total[low] - sorted_yes) / np.maximum(high - low - 1, 1)
    cells = np.round(share * 1000).astype(int)
    counts = [np.bincount(cells, weights, 1001) for weights in (sorted_yes, 1 - sorted_yes)]
    return auc_of_cells(np.arange(1001), *counts)


def _pattern(cells, yes: np.ndarray, fold: np.ndarray) -> dict | None:
    from scipy.special import chdtrc

    best = None
    for codes, how, which in cells:
        many = int(codes.max()) + 1
        all_, won = (np.bincount(codes, weights, many) for weights in (None, yes.astype(float)))
        often = all_ > 0
        if not 2 <= often.sum() <= 60:
            continue
        expected = all_[often] * yes.mean()
        scatter = ((won[often] - expected) ** 2 / (expected * (1 - yes.mean()))).sum()
        auc = sorted_by(codes, yes, fold)
        if auc >= PATTERN_AUC and chdtrc(often.sum() - 1, scatter) < UNLIKELY and (best is None or auc > best["auc"]):
            best = {"pattern": how, "which": which, "auc": auc}
    # Letters may stand for a region or a product, which honestly has to do with the answer.
    return best if best and (best["pattern"] == "remainder" or best["auc"] >= FLAG_AUC) else None


def _counts(codes: np.ndarray, yes: np.ndarray, many: int) -> tuple[np.ndarray, np.ndarray]:
    """How many yes, and how many rows, of each code."""
    return np.bincount(codes, yes.astype(float), many), np.bincount(codes, minlength=many)


def _few_codes(cells) -> np.ndarray:
    return pd.factorize(cells)[0]


def _ratio(rows: np.ndarray, yes: np.ndarray) -> dict:
    """How many times as often yes is in a state as no, and whether that could be chance."""
    won, lost = float((rows & yes).sum()), float((rows & ~yes).sum())
    of_yes, of_no = float(yes.sum()), float((~yes).sum())
    ratio = ((won + 0.5) / (of_yes + 1)) / ((lost + 0.5) / (of_no + 1))
    lowest = ratio * np.exp(-1.96 * np.sqrt(1 / (won + 0.5) + 1 / (lost + 0.5))) if lost >= FEWEST else ratio / 1.8
    return {"share_yes": won / max(of_yes, 1), "share_no": lost / max(of_no, 1), "ratio": ratio,
            "pure": lost == 0 and won >= PURE and of_yes <= PURE_BASE * (of_yes + of_no),
            "reach": won >= FEWEST and lowest >= LOWEST_RATIO, "rows": int(won + lost)}


def _told(facts: dict) -> dict:
    return {name: facts[name] for name in ("share_yes", "share_no", "rows")}
