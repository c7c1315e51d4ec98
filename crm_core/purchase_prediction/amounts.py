"""The ways of telling what a customer will spend, each learned from the amounts of earlier windows.

An amount here has many zeros and a few that are a hundred times the others. What is learned from is therefore drawn in
at its highest hundredth, and what all of them together spent is put right afterwards.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from crm_core.errors import NobodyBoughtAgain, TooFewAmounts
from crm_core.purchase_prediction.encoding import Encoding, learn_encoding
from crm_core.purchase_prediction.lifetime import bgnbd, gamma_gamma
from crm_core.purchase_prediction.models import buys_again
from crm_core.purchase_prediction.models import fit as fit_chance

AMOUNT_MODELS = ("mean", "linear", "polynomial", "svr", "boosting", "two_part", "gamma_gamma")  # words: model.<name>
WITHOUT_OUTCOMES = ("gamma_gamma",)  # learned from histories as of a day: what comes after them is not looked at
HIGHEST = 0.99  # the share of amounts that are learned from as they are
SVR_ROWS = 3_000  # it costs the square of them
BENT = ("recency_days", "frequency", "monetary", "mean_basket", "spent_90_days", "spent_365_days", "purchases_90_days",
        "days_between_orders")  # what polynomials are made of
FEWEST_BUYERS = 20


@dataclass(frozen=True, eq=False)
class Amounts:
    """A way that has learned. `kind` is one of AMOUNT_MODELS."""

    kind: str
    encoding: Encoding
    parts: tuple  # what it has learned: numbers, fitted scikit-learn objects, models of lifetime
    days: int  # of the horizon that it learned from
    signed: bool = False  # amounts may lie below nothing
    factor: float = 1.0  # by which what it says of all it has learned from is what they spent

    def amount(self, rows: pd.DataFrame) -> np.ndarray:
        """What each row's customer is expected to spend, never below nothing unless some are."""
        said = self.factor * np.nan_to_num(WAYS[self.kind][1](self, rows))
        return said if self.signed else np.maximum(said, 0.0)


def fit(kind: str, rows: pd.DataFrame, features: tuple[str, ...], days: int, seed: int = 0) -> Amounts | None:
    """The way `kind`, learned from the rows' features and `spent`; None where the rows say nothing of it."""
    encoding = learn_encoding(rows, features)
    spent = rows.spent.to_numpy(float)
    highest = np.quantile(spent[spent > 0], HIGHEST) if (spent > 0).any() else 0.0
    parts = WAYS[kind][0](encoding, rows, np.minimum(spent, highest), features, seed)
    if parts is None:
        return None
    found = Amounts(kind, encoding, parts, days, bool((spent < 0).any()))
    said = 0.0 if kind in WITHOUT_OUTCOMES or found.signed else found.amount(rows).sum()
    return replace(found, factor=float(spent.sum() / said)) if said > 0 else found


# --- each way: what it learns, and what it says ---------------------------------------------------


def _mean(_encoding, _rows, spent, _features, _seed):
    return (float(spent.mean()),)


def _line(encoding, rows, spent, _features, _seed):
    from sklearn.linear_model import Ridge

    return (Ridge(alpha=10.0).fit(encoding.matrix(rows), spent),)


def _powers(encoding: Encoding, rows: pd.DataFrame) -> np.ndarray:
    numbers = [place for place, (_, value) in enumerate(encoding.columns) if value is None]
    columns = [place for place in numbers if encoding.columns[place][0] in BENT] or numbers[: len(BENT)]
    plain = encoding.matrix(rows)
    some = np.clip(plain[:, columns], -4, 4)  # a square of what lies far out would be all that counts
    pairs = [some[:, [one]] * some[:, [other]] for one in range(some.shape[1]) for other in range(one, some.shape[1])]
    return np.column_stack([plain, *pairs])


def _polynomial(encoding, rows, spent, _features, _seed):
    from sklearn.linear_model import Ridge

    return (Ridge(alpha=30.0).fit(_powers(encoding, rows), spent),)


def _svr(encoding, rows, spent, _features, seed):
    from sklearn.svm import SVR

    few = np.sort(np.random.default_rng(seed).permutation(len(rows))[:SVR_ROWS])
    return (SVR(C=1.0, epsilon=0.1).fit(encoding.matrix(rows.iloc[few]), _bent(spent[few])),)


def _bent(amount: np.ndarray) -> np.ndarray:
    return np.sign(amount) * np.log1p(np.abs(amount))


def _says_svr(found: Amounts, rows):
    said = np.clip(found.parts[0].predict(found.encoding.matrix(rows)), -30, 30)
    return np.sign(said) * np.expm1(np.abs(said))


def _boosting(encoding, rows, spent, _features, seed):
    from sklearn.ensemble import HistGradientBoostingRegressor

    if not spent.any():
        return None
    categorical = [name in encoding.values for name in encoding.features]
    signed = bool((spent < 0).any())
    scale = 1.0 if signed else float(spent.mean())
    # The Poisson loss where nothing lies below nothing: large amounts are as unsure as they are large.
    return scale, HistGradientBoostingRegressor(
        loss="squared_error" if signed else "poisson", learning_rate=0.05, max_iter=120, max_leaf_nodes=8,
        min_samples_leaf=40, l2_regularization=1.0, categorical_features=categorical, early_stopping=False,
        random_state=seed).fit(
            encoding.trees(rows), spent / scale)


def _two_part(encoding, rows, spent, features, seed):
    """The chance to buy, and what is spent by those who do: a line through logarithms, put right by its own error."""
    from sklearn.linear_model import Ridge

    bought = spent > 0
    if (spent < 0).any() or bought.sum() < FEWEST_BUYERS or bought.all():
        return None
    chance = fit_chance("logistic", rows.assign(outcome=bought.astype(float)), features, seed)
    matrix, logs = encoding.matrix(rows)[bought], np.log(spent[bought])
    line = Ridge(alpha=10.0).fit(matrix, logs)
    said = line.predict(matrix)
    return chance, line, float(spent[bought].mean() / np.exp(said).mean()), (float(logs.min()), float(logs.max()))


def _says_two_part(found: Amounts, rows):
    chance, line, factor, (low, high) = found.parts
    return chance.chance(rows) * factor * np.exp(np.clip(line.predict(found.encoding.matrix(rows)), low, high))


def _gamma_gamma(_encoding, rows, _spent, _features, _seed):
    """Purchases expected by BG/NBD times what a purchase brings by Gamma-Gamma, of the newest cutoff."""
    if not {*buys_again.NEEDS, "monetary"} <= set(rows.columns) or rows.cutoff.isna().any():
        return None
    now = rows[rows.cutoff == rows.cutoff.max()]
    try:
        return (bgnbd.fit(*buys_again.histories(now)), gamma_gamma.fit(now.frequency, now.monetary / now.frequency))
    except (NobodyBoughtAgain, TooFewAmounts):
        return None


def _says_gamma_gamma(found: Amounts, rows):
    lifetime, basket = found.parts
    purchases = lifetime.expected_purchases(found.days / buys_again.WEEK_DAYS, *buys_again.histories(rows))
    return purchases * basket.expected_spend(rows.frequency, rows.monetary / rows.frequency)


WAYS = {
    "mean": (_mean, lambda found, rows: np.full(len(rows), found.parts[0])),
    "linear": (_line, lambda found, rows: found.parts[0].predict(found.encoding.matrix(rows))),
    "polynomial": (_polynomial, lambda found, rows: found.parts[0].predict(_powers(found.encoding, rows))),
    "svr": (_svr, _says_svr),
    "boosting": (_boosting, lambda found, rows: found.parts[0] * found.parts[1].predict(found.encoding.trees(rows))),
    "two_part": (_two_part, _says_two_part),
    "gamma_gamma": (_gamma_gamma, _says_gamma_gamma)}
