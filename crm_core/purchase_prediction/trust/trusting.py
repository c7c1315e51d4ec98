"""How far to trust a prediction: its answer on rows that no model has learned from, in verdicts a page can say."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_core.purchase_prediction.judging import brier_parts, found_among, judge, judge_classes
from crm_core.purchase_prediction.predicting import RULE
from crm_core.purchase_prediction.trust import delong
from crm_core.purchase_prediction.trust.curves import average_precision_interval
from crm_core.purchase_prediction.trust.delong import Area, Difference
from crm_core.purchase_prediction.trust.reliability import Reliability, reliability
from crm_core.purchase_prediction.trust.shift import Shift, shift
from crm_core.purchase_prediction.trust.slices import Slices, slices

FEWEST_ROWS, FEWEST_YES = 50, 20  # with fewer every figure is mostly luck, and it is said
FEWEST_OF_EACH = 2  # yes, and no: fewer have no order
TOP = 100  # customers of whom it is told how many did it
SORTING = ("better", "alike", "worse", "no_order", "is_rule", "ordered")


@dataclass(frozen=True)
class Top:
    """The likeliest so many of the judged customers, and how many of them did it."""

    count: int
    found: float
    by_rule: float | None  # of as many in the order of the plain rule; None where there is none
    at_random: float


@dataclass(frozen=True, eq=False)
class Trust:
    rows: int  # judged
    yes: int  # of them, did it
    lacks: tuple[tuple[str, dict], ...]  # why the figures tell little: nothing_judged, one_class, few_rows, few_yes
    models: pd.DataFrame  # model, auc, auc_low, auc_high, pr_auc, pr_auc_low, pr_auc_high, brier, skill, reliability,
    #                       resolution, uncertainty, ece, lift10, the best AUC first; empty with one class only
    area: Area | None  # of the chosen model; None with one class only, as are the next two
    against_rule: Difference | None
    top: Top | None
    sorting: str | None  # one of SORTING
    reliability: Reliability | None
    slices: pd.DataFrame  # as slices.slices tells
    shift: Shift | None  # None where nobody is scored


def trust(prediction, found: Slices | None = None) -> Trust:
    """Of a prediction of yes or no; `found`: the parts of `judged_rows(prediction)` that are looked at apart."""
    judged, chosen = prediction.judged, prediction.chosen
    outcome, chance = judged.outcome.to_numpy(dtype=float), judged[chosen].to_numpy(dtype=float)
    rows, yes = len(outcome), int(outcome.sum()) if len(outcome) else 0
    moved = shift_of(prediction, chance)
    both = min(yes, rows - yes) >= FEWEST_OF_EACH
    told = slices(outcome, chance, (found or []) if both else [])
    if not both:
        return Trust(rows, yes, _lacks(rows, yes), pd.DataFrame(), None, None, None, None,
                     reliability(outcome, chance) if rows else None, told, moved)
    names = [name for name in prediction.models if name in judged]
    models = pd.DataFrame([_measured(name, outcome, judged[name].to_numpy(dtype=float)) for name in names])
    area = delong.area(outcome, chance)
    rule = judged[RULE].to_numpy(dtype=float) if RULE in judged else None
    against = None if rule is None or chosen == RULE else delong.difference(outcome, chance, rule)
    return Trust(
        rows, yes, _lacks(rows, yes), models.sort_values("auc", ascending=False, ignore_index=True), area, against,
        _top(outcome, chance, rule), _sorting(area, against, chosen), reliability(outcome, chance), told, moved)


@dataclass(frozen=True, eq=False)
class ClassTrust:
    """Of a prediction of one of several classes."""

    rows: int
    measures: dict[str, float]  # accuracy, commonest, top3, log_loss, brier, auc (mean over classes), ece
    each: pd.DataFrame  # as judge_classes tells, a row a class
    by_model: pd.DataFrame  # model and the measures
    sure: Reliability  # of the chance that the named class is said to have
    beats_commonest: bool  # names the right class oftener than always naming the commonest, beyond chance
    shift: Shift | None


def trust_classes(prediction) -> ClassTrust | None:
    """None where nothing was judged."""
    judged = prediction.judged
    if not len(judged):
        return None
    outcome = judged.outcome.to_numpy(dtype=object)
    told, each = {}, {}
    for name in prediction.models:
        chances, classes = class_chances(prediction, name)
        told[name], each[name] = judge_classes(outcome, chances, classes)
        if name == prediction.chosen:
            named = chances.argmax(axis=1)
            said, right = chances.max(axis=1), (np.asarray(classes, dtype=object)[named] == outcome).astype(float)
    measures = told[prediction.chosen]
    commonest = (outcome == each[prediction.chosen].set_index("class").rows.idxmax()).astype(float)
    better = right - commonest
    beats = better.mean() > delong.SURE * better.std(ddof=1) / np.sqrt(len(better)) if len(better) > 1 else False
    return ClassTrust(
        len(outcome), measures, each[prediction.chosen],
        pd.DataFrame([{"model": name, **values} for name, values in told.items()]).sort_values(
            "log_loss", ignore_index=True),
        reliability(right, said), bool(beats), shift_of(prediction, said))


def class_chances(prediction, model: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """The chances of the judged rows, a column a class: kept as `model:class` beside each other, else worked out."""
    fitted = prediction.models[model]
    columns = [f"{model}:{name}" for name in fitted.classes]
    if columns and set(columns) <= set(prediction.judged.columns):
        return prediction.judged[columns].to_numpy(dtype=float), tuple(fitted.classes)
    return fitted.chance(judged_rows(prediction)), tuple(fitted.classes)


def judged_rows(prediction) -> pd.DataFrame:
    """The examples that were judged, a row each of `prediction.judged` and in its order."""
    judged, examples = prediction.judged, prediction.examples
    rows = examples.part("train" if examples.split is None else "test").reset_index(drop=True)
    if len(rows) == len(judged) and (rows.customer_id.to_numpy() == judged.customer_id.to_numpy()).all():
        return rows
    keys = ["customer_id", "cutoff"] if "cutoff" in judged else ["customer_id"]
    return judged[keys].merge(rows.drop_duplicates(keys), how="left", on=keys)


def shift_of(prediction, chance: np.ndarray) -> Shift | None:
    """Today's customers and chances against those learned from and judged; None where nobody is scored."""
    examples = prediction.examples
    today = examples.part("score")
    if not len(today) or not len(chance):
        return None
    return shift(examples.part("train", "calibrate", "test"), judged_rows(prediction), today, prediction.features,
                 chance, scored(prediction).score.to_numpy(dtype=float))


def scored(prediction) -> pd.DataFrame:
    """customer_id, score (of classes: the largest chance), rule where there is one; the likeliest first.

    Where the answer of everybody is known already, as in a complete table, those who were judged.
    """
    scores = prediction.scores
    if not len(scores):
        found = {"score": prediction.judged.get(prediction.chosen), "rule": prediction.judged.get(RULE)}
        scores = prediction.judged[["customer_id"]].assign(
            **{name: values for name, values in found.items() if values is not None})
    elif "score" not in scores:
        scores = scores.assign(score=scores.drop(columns=["customer_id"]).select_dtypes("number").max(axis=1))
    return scores.sort_values("score", ascending=False, kind="stable", ignore_index=True)


def _lacks(rows: int, yes: int) -> tuple[tuple[str, dict], ...]:
    if not rows:
        return (("nothing_judged", {}),)
    if yes in (0, rows):
        return (("one_class", {"rows": rows, "yes": yes}),)
    found = [("few_rows", {"rows": rows, "needed": FEWEST_ROWS})] if rows < FEWEST_ROWS else []
    fewer = min(yes, rows - yes)
    return tuple(found + ([("few_yes", {"yes": fewer, "rows": rows, "needed": FEWEST_YES})]
                          if fewer < FEWEST_YES else []))


def _measured(name: str, outcome: np.ndarray, chance: np.ndarray) -> dict:
    measures, parts, area = judge(outcome, chance), brier_parts(outcome, chance), delong.area(outcome, chance)
    low, high = average_precision_interval(measures["pr_auc"], int(outcome.sum()))
    return {"model": name, "auc": area.auc, "auc_low": area.low, "auc_high": area.high, "pr_auc": measures["pr_auc"],
            "pr_auc_low": low, "pr_auc_high": high, "brier": measures["brier"], "skill": parts["skill"],
            **{part: parts[part] for part in ("reliability", "resolution", "uncertainty")},
            "ece": measures["ece"], "lift10": measures["lift10"]}


def _top(outcome: np.ndarray, chance: np.ndarray, rule: np.ndarray | None) -> Top:
    """A hundred customers, or a tenth where that is fewer."""
    count = max(1, min(TOP, round(len(outcome) / 10)))
    return Top(count, found_among(outcome, chance, count), None if rule is None else found_among(outcome, rule, count),
               float(count * outcome.mean()))


def _sorting(area: Area, against: Difference | None, chosen: str) -> str:
    if area.low <= 0.5:
        return "no_order"
    if chosen == RULE:
        return "is_rule"
    if against is None:
        return "ordered"
    return "better" if against.low > 0 else "worse" if against.high < 0 else "alike"
