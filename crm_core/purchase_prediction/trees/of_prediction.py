"""A tree of a prediction's examples, and its rules on rows that it has not learned from."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_core.purchase_prediction.encoding import learn_encoding
from crm_core.purchase_prediction.trees import WAYS
from crm_core.purchase_prediction.trees.described import Rule, rules
from crm_core.purchase_prediction.trees.tree import Tree

HELD_SHARE = 0.3  # of rows without a date, to measure on


@dataclass(frozen=True, eq=False)
class Grown:
    name: str  # one of trees.WAYS
    tree: Tree
    rules: tuple[Rule, ...]
    classes: tuple[str, ...]  # of a target with more than yes and no
    learned: int  # rows learned from
    held: int  # rows measured on
    auc: float  # on those; of more than two classes the share told rightly


def tree_of(examples, features: tuple[str, ...], name: str, seed: int = 0) -> Grown:
    """Dated rows: learned from the training windows, measured on later ones. Others: on three tenths drawn."""
    from sklearn.metrics import roc_auc_score

    # Not from windows between the parts: what came of them reaches into the days measured on.
    rows = examples.part("train", "calibrate", "test")
    rows = rows[rows.outcome.notna()]
    if examples.split is not None:
        held = rows.part.isin(("calibrate", "test")).to_numpy()
    else:
        held = np.random.default_rng(seed).random(len(rows)) < HELD_SHARE
    classes: tuple[str, ...] = ()
    if pd.api.types.is_numeric_dtype(rows.outcome):
        outcome = (rows.outcome.to_numpy(dtype=float) > 0).astype(int)  # of amounts: whether there is any
    else:
        classes = tuple(sorted(rows.outcome[~held].astype(str).unique()))
        places = {value: place for place, value in enumerate(classes)}
        known = rows.outcome.astype(str).isin(classes).to_numpy()
        rows, held = rows[known], held[known]
        outcome = rows.outcome.astype(str).map(places).to_numpy(dtype=int)
    train, others = rows[~held], rows[held]
    tree = WAYS[name].fit(learn_encoding(train, features), train, outcome[~held], seed)
    margin, came = tree.margin(None, others), outcome[held]
    if margin.ndim == 2:
        auc = float((margin.argmax(axis=1) == came).mean()) if len(came) else np.nan
    else:
        auc = float(roc_auc_score(came, margin)) if 0 < came.mean() < 1 else np.nan
    return Grown(name, tree, rules(tree, others, came), classes, len(train), len(others), auc)
