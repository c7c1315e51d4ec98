"""What finding duplicates answers with."""

from dataclasses import dataclass, field

import pandas as pd

from crm_core.errors import ModelOfAnotherRelease

FORM = 2  # of the models that are kept: raised where their columns or levels are made in another way


@dataclass(frozen=True)
class Part:
    """One comparison of a pair, as the waterfall shows it."""

    comparison: str  # what was compared: given_name, email, phone, birth_date, street, place, company, …
    columns: tuple[str, ...]  # the columns of the records that it looked at
    level: (
        str  # how alike they are, by name: exact, swapped, nickname, sounds_alike, close, similar, different, missing
    )
    weight: float  # log2 of how much more often this is seen in the same than in different ones; 0 where missing


@dataclass(frozen=True)
class Duplicates:
    """The pairs that may be the same, and from which probability on they are taken to be."""

    pairs: pd.DataFrame  # id_a, id_b, weight (log2 of the odds), probability 0..1, levels (text: a level a comparison)
    threshold: float  # the probability that maximises the expected F1
    clusters: pd.DataFrame  # id, cluster (the smallest id in it): records with at least one sure partner
    model: dict  # JSON: what `explain` and `match_new` need; its "method" says fields, texts or rules
    pairs_compared: int
    notes: tuple = field(default=())  # (key of a word, facts): what was left out or bounded


def usable(model: dict) -> bool:
    """Whether this release prepares and compares records as the one did that kept the model."""
    return model.get("form") == FORM


def checked_form(model: dict) -> dict:
    """The model. Raises ModelOfAnotherRelease."""
    if not usable(model):
        raise ModelOfAnotherRelease
    return model
