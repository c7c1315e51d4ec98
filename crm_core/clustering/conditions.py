"""Plain conditions on features: who fulfils them, which features they need, how they are kept.

A rule is a tuple of groups; a customer fulfils it who fulfils all conditions of any one group:

    rule = ((Condition("frequency", ">=", 4), Condition("recency_days", "<=", 90)),    ← both of these
            (Condition("monetary", ">=", 1000),))                                      ← or this
    frequency 5, recency_days 30, monetary 200  →  True
    frequency 1, recency_days 30, monetary 200  →  False
"""
import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_core.errors import FeatureMissing, FeatureNotNumeric

OPERATIONS = (">=", "<=", "between", "=", "in", "is_missing", "is_known")
ON_NUMBERS = (">=", "<=", "between")
WITHOUT_VALUE = ("is_missing", "is_known")


@dataclass(frozen=True)
class Condition:
    feature: str
    op: str  # one of OPERATIONS
    value: object = None  # ">=", "<=", "=": one value; "between": (lowest, highest), both inside; "in": several

    def __post_init__(self):
        if self.op not in OPERATIONS:
            raise ValueError(self.op)
        if isinstance(self.value, list):
            object.__setattr__(self, "value", tuple(self.value))


Rule = tuple[tuple[Condition, ...], ...]  # any of these groups; within a group: all of them


def holds(rule: Rule | Sequence[Condition], features: pd.DataFrame) -> np.ndarray:
    """True for each row that fulfils the rule; plain conditions, without groups, must all hold.

    A value that is missing fulfils `is_missing` and nothing else; nobody fulfils a rule without conditions.
    Raises FeatureMissing, FeatureNotNumeric.
    """
    found = np.zeros(len(features), dtype=bool)
    for conditions in groups_of(rule):
        met = np.ones(len(features), dtype=bool)
        for condition in conditions:
            met &= _holds(condition, features)
        found |= met
    return found


def groups_of(rule: Rule | Sequence[Condition]) -> Rule:
    """The rule as groups, those without a condition left out."""
    groups = (tuple(rule),) if any(isinstance(part, Condition) for part in rule) else tuple(map(tuple, rule))
    return tuple(group for group in groups if group)


def features_of(rule: Rule | Sequence[Condition]) -> tuple[str, ...]:
    """The features that a rule asks for, each once, in the order in which they come."""
    return tuple(dict.fromkeys(condition.feature for group in groups_of(rule) for condition in group))


def to_json(rule: Rule | Sequence[Condition]) -> str:
    """{"any_of": [[{"feature": "frequency", "op": ">=", "value": 4}, …], …]}"""
    return json.dumps({"any_of": [[
        {"feature": condition.feature, "op": condition.op,
         **({} if condition.op in WITHOUT_VALUE else {"value": _plain(condition.value)})}
        for condition in group] for group in groups_of(rule)]}, ensure_ascii=False)


def from_json(text: str) -> Rule:
    return tuple(tuple(Condition(kept["feature"], kept["op"], kept.get("value")) for kept in group)
                 for group in json.loads(text)["any_of"])


def _holds(condition: Condition, features: pd.DataFrame) -> np.ndarray:
    if condition.feature not in features.columns:
        raise FeatureMissing(feature=condition.feature)
    values, wanted = features[condition.feature], condition.value
    missing = values.isna().to_numpy()
    if condition.op in WITHOUT_VALUE:
        return missing if condition.op == "is_missing" else ~missing
    if condition.op in ON_NUMBERS:
        if not pd.api.types.is_numeric_dtype(values):
            raise FeatureNotNumeric(feature=condition.feature)
        numbers = values.to_numpy(dtype=float, na_value=np.nan)
        lowest, highest = {">=": (wanted, np.inf), "<=": (-np.inf, wanted), "between": wanted}[condition.op]
        return (numbers >= lowest) & (numbers <= highest)  # neither holds for what is missing
    return values.isin([wanted] if condition.op == "=" else list(wanted)).to_numpy(dtype=bool) & ~missing


def _plain(value):
    """As JSON keeps it: numbers of numpy become Python's own."""
    if isinstance(value, (tuple, list)):
        return [_plain(part) for part in value]
    return value.item() if isinstance(value, np.generic) else value
