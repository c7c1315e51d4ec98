"""Which setting of a model suits the rows: each is judged on folds that it has not learned from.

The settings come in a fixed order. Large tables say on a part of their folds already which setting is best; the best
one is then learned on the others too, so that every row has a margin by a model that has not seen it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_core.purchase_prediction.encoding import Encoding, learn_encoding
from crm_core.purchase_prediction.models import boosting, fit

ENOUGH_ROWS = 3_000  # judged rows after which more folds would not change the order of settings
MOST_FOLDS, FEWER_FOLDS, MANY_ROWS = 5, 3, 5_000


@dataclass(frozen=True)
class Budget:
    """How long may be searched. Its clock is the caller's: the core has none."""

    seconds: float
    clock: Callable[[], float]  # seconds since whenever: time.monotonic

    def started(self) -> Callable[[], bool]:
        """A function that says whether the time has run out since now."""
        end = self.clock() + self.seconds
        return lambda: self.clock() >= end


@dataclass(frozen=True, eq=False)
class Searched:
    margin: np.ndarray  # of each row, by a model that has not seen it
    losses: tuple[float, ...]  # of each setting, on the same rows
    settings: tuple[dict, ...]  # {}: the way has nothing to set

    @property
    def best(self) -> dict:
        return self.settings[int(np.argmin(self.losses))]


@dataclass(frozen=True, eq=False)
class Fold:
    learn: pd.DataFrame
    look: np.ndarray  # places of the rows that are judged
    looked: pd.DataFrame  # these rows
    encoding: Encoding  # as learned from `learn`


def folds_of(rows: pd.DataFrame, features: tuple[str, ...], seed: int, count: int | None = None) -> list[Fold]:
    """Shuffled folds with the same share of each outcome; all rows of a customer are in one."""
    from sklearn.model_selection import StratifiedKFold

    count = count or (MOST_FOLDS if len(rows) < MANY_ROWS else FEWER_FOLDS)
    customers, first, place = np.unique(rows.customer_id.to_numpy(), return_index=True, return_inverse=True)
    stratum = rows.outcome.to_numpy()[first]
    if len(customers) < len(rows) and pd.api.types.is_numeric_dtype(rows.outcome):
        stratum = rows.groupby(place).outcome.max().to_numpy()  # whoever ever said yes
    found = []
    for _, look in StratifiedKFold(count, shuffle=True, random_state=seed).split(customers, stratum):
        here = np.isin(place, look)
        learn = rows[~here]
        found.append(Fold(learn, np.flatnonzero(here), rows[here], learn_encoding(learn, features)))
    return found


def settings_of(name: str) -> tuple[dict, ...]:
    """What is tried of a way, in the order in which it is: boosting also with fewer trees."""
    if name != "boosting":
        return ({},)
    return tuple(fewer for setting in boosting.SETTINGS for fewer in boosting.settings_by_trees(setting))


def search(name: str, rows: pd.DataFrame, features: tuple[str, ...], folds: list[Fold], seed: int = 0) -> Searched:
    """Margins of every row by the best setting of a model, learned without the row's fold."""
    outcome = rows.outcome.to_numpy(dtype=float)
    margin = np.zeros(len(rows))
    if name != "boosting":
        for fold in folds:
            margin[fold.look] = fit(name, fold.learn, features, seed, encoding=fold.encoding).margin(fold.looked)
        return Searched(margin, (log_loss(margin, outcome),), settings_of(name))
    return _search_boosting(outcome, features, folds, seed)


def log_loss(margin: np.ndarray, outcome: np.ndarray) -> float:
    """Mean log-loss (nats a row) of margins as they are."""
    return float(np.logaddexp(0, np.where(outcome > 0, -margin, margin)).mean())


# --- inside ---------------------------------------------------------------------------------------


def _search_boosting(outcome: np.ndarray, features, folds: list[Fold], seed: int) -> Searched:
    judged = _enough(folds)
    here = np.concatenate([fold.look for fold in judged])
    margins = []
    for setting in boosting.SETTINGS:
        told = [_by_trees(fold, features, setting, seed) for fold in judged]
        margins += [np.concatenate(of_size) for of_size in zip(*told, strict=True)]
    losses = tuple(log_loss(margin, outcome[here]) for margin in margins)
    settings, best = settings_of("boosting"), int(np.argmin(losses))
    margin = np.zeros(len(outcome))
    margin[here] = margins[best]
    for fold in folds[len(judged):]:
        fitted = fit("boosting", fold.learn, features, seed, settings[best], fold.encoding)
        margin[fold.look] = fitted.margin(fold.looked)
    return Searched(margin, losses, settings)


def _by_trees(fold: Fold, features, setting: dict, seed: int) -> list[np.ndarray]:
    fitted = fit("boosting", fold.learn, features, seed, setting, fold.encoding)
    return boosting.margins_by_trees(fitted.estimator, fitted.encoding, fold.looked)


def _enough(folds: list[Fold]) -> list[Fold]:
    taken = []
    for fold in folds:
        taken.append(fold)
        if sum(len(one.look) for one in taken) >= ENOUGH_ROWS:
            break
    return taken
