"""All the looks together: one finding a column, the plainest first."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from crm_core.features.columns import as_numbers
from crm_core.purchase_prediction.leakage import alone, together
from crm_core.purchase_prediction.leakage.seen import FOLDS, Column, column

KINDS = ("after", "id", "disguise", "future", "duplicate", "copy")  # words: leak.<kind>
MOST_ROWS = 60_000
FEWEST_OF_CLASS = 10  # of yes and of no: with less nothing can be told


@dataclass(frozen=True)
class Leak:
    """A finding. A person decides: `sure` says how plain it is."""

    column: str  # "" where it is of whole rows
    kind: str  # one of KINDS
    evidence: dict = field(default_factory=dict)  # numbers and names; "how" says which sentence tells them
    sure: bool = True


def find_leaks(what, target: str = "", features: tuple[str, ...] | None = None, customer: str | None = None,
               cutoff=None, part: np.ndarray | None = None, seed: int = 0) -> tuple[Leak, ...]:
    """Findings in examples of a prediction, or in a frame with its target's column; surest first.

    frame: `target` names the answer, `features` the columns looked at (all others by default), `customer` whose row it
    is, `cutoff` the day (or column of days) after which nothing may be known, `part` which rows are judged on (1).
    """
    if hasattr(what, "rows"):
        return _of_examples(what, features, seed)
    rows = what[what[target].notna()]
    part = part[what[target].notna().to_numpy()] if part is not None else None
    answer = rows[target]
    days = rows[cutoff] if isinstance(cutoff, str) else cutoff
    names = tuple(name for name in features or rows.columns if name not in (target, cutoff))
    return _find(rows, names, answer, target, {}, days, part, seed, None if customer is None else rows[customer], True)


def _of_examples(examples, features, seed: int) -> tuple[Leak, ...]:
    """Of dated examples the same customer in several windows is nothing odd; what came in the horizon is known."""
    rows = examples.rows[examples.rows.outcome.notna()]
    dated = examples.split is not None
    amounts = {name: as_numbers(rows[name]) for name in ("spent", "purchases") if dated and name in rows}
    names = tuple(name for name in features or examples.features if name != examples.target.column)
    part = (rows.part == "test").to_numpy().astype(int) if dated else None
    return _find(rows, names, rows.outcome, examples.target.column, amounts, rows.cutoff if dated else None, part, seed,
                 rows.customer_id if "customer_id" in rows else None, not dated)


def _find(rows, names, answer, target, amounts, cutoff, part, seed, customer, undated) -> tuple[Leak, ...]:
    if len(rows) > MOST_ROWS:
        drawn = np.sort(np.random.default_rng(seed).choice(len(rows), MOST_ROWS, replace=False))
        rows, answer = rows.iloc[drawn], answer.iloc[drawn]
        amounts = {name: values[drawn] for name, values in amounts.items()}
        part = part[drawn] if part is not None else None
        cutoff = cutoff.iloc[drawn] if isinstance(cutoff, pd.Series) else cutoff
        customer = customer.iloc[drawn] if customer is not None else None
    if answer.nunique() < 2:
        return ()
    yes, amount, halved = _yes(answer)
    if min(yes.sum(), (~yes).sum()) < FEWEST_OF_CLASS:
        return ()
    if amount is not None:
        amounts = {**amounts, "outcome": amount} if "spent" not in amounts else amounts
    columns = [one for one in (column(rows[name], name) for name in names) if len(one.values)]
    fold = np.random.default_rng(seed).permutation(len(yes)) % FOLDS
    told = {one.name: alone.auc_of(one, yes, fold) for one in columns}
    found: dict[str, Leak] = {}

    def add(name: str, kind: str, how: str, facts: dict, sure: bool = True) -> None:
        if name not in found:
            found[name] = Leak(name, kind, {"how": how, **facts, **({"auc": told[name]} if name in told else {}), **(
                {"auc": facts["auc"]} if "auc" in facts else {})}, sure)

    for name, what, other in together.holds_amount(columns, amounts, seed):
        if other == what:
            add(name, "copy", "of_amount", {"amount": what})
        else:
            add(name, "future", "amount_with" if other else "amount", {"amount": what, "with": other})
    for one in columns:
        _look_at(one, yes, fold, told, target, cutoff, halved, add)
    open_to = [one for one in columns if one.name not in found]
    for name, other, auc, same in together.differences_that_answer(open_to, told, yes, seed):
        if name not in found and other not in found:
            add(name, "future" if same > 0.9 else "disguise", "difference", {"with": other, "auc": auc, "same": same})
    for name, share in together.sums_that_hold_more(open_to, yes, seed):
        add(name, "future", "sum", {"share_yes": share})
    for name, other, auc in together.pairs_that_answer(open_to, told, yes, fold):
        if name not in found and other not in found:
            add(name, "disguise", "pair", {"with": other, "auc": auc})
    for name, group in together.without_own_answer(open_to, yes):
        add(name, "copy", "without_itself", {"with": group})
    if undated:
        if twins := together.twins(columns, yes, part, seed):
            add("", "duplicate", "twins" if part is None else "across", twins,
                sure=twins["same_answer"] >= together.SURELY_AGREEING)
        elif customer is not None and part is not None and (both := _on_both_sides(customer, part, yes)):
            add("", "duplicate", "customer", both)
        elif not any(leak.kind == "id" for leak in found.values()) and (
                near := alone.neighbours(np.arange(len(yes)), yes)) >= alone.IN_BLOCKS_AUC:
            add("", "id", "rows", {"auc": near}, sure=False)
    elif customer is not None and (again := int(pd.DataFrame({"who": customer, "when": cutoff}).duplicated().sum())):
        add("", "duplicate", "window", {"rows": again})
    return tuple(sorted(found.values(), key=lambda leak: (not leak.sure, -leak.evidence.get("auc", 1.0), leak.column)))


def _look_at(one: Column, yes, fold, told, target, cutoff, halved: bool, add) -> None:
    auc, name = told[one.name], one.name
    best_other = max((value for other, value in told.items() if other != name), default=0.5)
    if cutoff is not None and one.kind == "date" and (late := _later(one, cutoff)):
        add(name, "future", "later", late)
    if facts := alone.dates_only_of_yes(one, yes):
        add(name, "future", "dates", facts)
    if facts := alone.below_zero(one, yes):
        add(name, "future", "below_zero", facts)
    together_with = abs(alone.correlation(one, yes))
    if together_with >= alone.COPY_CORRELATION and auc >= alone.TWO_VALUES_AUC:
        add(name, "copy", "equal" if together_with > 0.999 else "nearly", {"correlation": together_with})
    if facts := alone.filled_after(one, yes):
        add(name, "after", facts.pop("state"), facts)
    if facts := alone.id_that_tells(one, yes, fold, best_other):
        add(name, "id", facts.pop("pattern"), facts)
    if halved:  # last year's amount honestly says whether this year's lies above the middle
        if auc >= alone.HALVED_AUC:
            add(name, "disguise", "alone", {"others": best_other})
        return
    if auc >= alone.SURE_AUC or (len(one.values) == 2 and auc >= alone.TWO_VALUES_AUC):
        add(name, "disguise", "alone", {"others": best_other})
    if facts := alone.telling_level(one, yes):
        add(name, "disguise", "value", facts)
    if facts := alone.share_of_answer(one, yes):
        add(name, "copy", "share", facts)
    high = alone.TWO_VALUES_FAR_AUC if len(one.values) == 2 else alone.FAR_AUC
    if auc >= high and 1 - auc <= alone.FAR * (1 - best_other):
        add(name, "disguise", "alone", {"others": best_other}, sure=False)
    hint, plainly = alone.named_after(name, target)
    if hint and auc >= alone.HINTED_AUC and (plainly or auc >= best_other - 0.02):
        add(name, "after", "named", {"hint": hint, "others": best_other}, sure=False)


def _yes(answer: pd.Series) -> tuple[np.ndarray, np.ndarray | None, bool]:
    """Yes or no of each row: of amounts whether there is one, or more than the middle; of kinds the commonest or not.

    Beside it the amounts, and whether they were halved at the middle.
    """
    if pd.api.types.is_numeric_dtype(answer) or pd.api.types.is_bool_dtype(answer):
        numbers = as_numbers(answer)
        different = np.unique(numbers)
        if len(different) <= 2:
            return numbers == different[-1], None, False
        if (numbers == 0).mean() >= 0.05:
            return numbers > 0, numbers, False
        return numbers > np.median(numbers), numbers, True
    texts = answer.astype("string")
    spoken = as_numbers(answer)
    if not np.isnan(spoken).any() and set(np.unique(spoken)) <= {0.0, 1.0}:
        return spoken == 1, None, False
    counts = texts.value_counts()
    # Of two the rarer one is what is asked for; of many the commonest against all others.
    asked = counts.index[-1] if len(counts) == 2 else counts.index[0]
    return (texts == asked).to_numpy(dtype=bool), None, False


def _later(one: Column, cutoff) -> dict | None:
    if isinstance(cutoff, pd.Series):
        days = (pd.to_datetime(cutoff) - pd.Timestamp(0)) / pd.Timedelta(days=1)
        late = np.nan_to_num(one.numbers, nan=-np.inf) >= days.to_numpy(dtype=float, na_value=np.inf) + 1
    else:
        late = np.nan_to_num(one.numbers, nan=-np.inf) >= (pd.Timestamp(cutoff) - pd.Timestamp(0)).days + 1
    return {"rows": int(late.sum())} if late.sum() >= 3 else None


def _on_both_sides(customer: pd.Series, part: np.ndarray, yes: np.ndarray) -> dict | None:
    """The same person among those learned from and those judged on."""
    learned = set(customer[part == 0].dropna())
    again = customer.isin(learned).to_numpy() & (part == 1)
    if again.sum() < 3:
        return None
    return {"rows": int(again.sum()), "share": float(again.sum() / (part == 1).sum())}
