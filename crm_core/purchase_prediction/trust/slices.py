"""Where chances are weak: the same questions asked of parts of the judged customers.

    by      | label | rows | base_rate | said | gap   | auc | off
    country | France|  212 |      0.31 | 0.22 | +0.09 | .71 | yes

A slice is off if what came lies farther from what was said than chance explains, after what is wrong with the whole
is taken off: all chances are shifted first so that their sum is what came (in log-odds), and the slice's remainder is
tested (the score test of one more intercept in a logistic regression). With many slices some look off by luck, so the
p-values are corrected for the number of looks (Holm 1979). Slices too small to tell are shown without a verdict.
"""

import numpy as np
import pandas as pd

from crm_core.purchase_prediction.trust import delong

FEWEST_ROWS = 50
FEWEST_EXPECTED = 5  # yes, and no: below it the normal spread of a sum is no guide
MOST_LABELS = 8  # of one way of slicing, the commonest
TENURE_DAYS = (90, 365)
OFF = 0.05  # of the corrected p-value
WORTH_TELLING = 0.01  # points of a gap

Slices = list[tuple[str, str, np.ndarray]]  # by, label, which rows


def slices(outcome: np.ndarray, chance: np.ndarray, found: Slices) -> pd.DataFrame:
    """by, label, rows, base_rate, said, gap (came − said), auc, auc_low, auc_high, p (corrected), off, no_order.

    off: beyond chance; no_order: the interval of the AUC holds .5, although there are rows enough.
    """
    shifted = _shifted(outcome, chance)
    spread = shifted * (1 - shifted)
    rows = []
    for by, label, which in found:
        came, said = outcome[which], chance[which]
        if not len(came):
            continue
        yes = came.sum()
        enough = (len(came) >= FEWEST_ROWS
                  and min(shifted[which].sum(), (1 - shifted[which]).sum()) >= FEWEST_EXPECTED)
        area = delong.area(came, said) if 0 < yes < len(came) and len(came) >= FEWEST_ROWS else None
        within = spread[which].sum()
        left = within * (1 - within / spread.sum())
        p = _two_sided((came - shifted[which]).sum() / np.sqrt(left)) if enough and left > 1e-9 else np.nan
        rows.append({"by": by, "label": label, "rows": len(came), "base_rate": float(came.mean()),
                     "said": float(said.mean()), "gap": float((came - said).mean()),
                     "beyond": float((came - shifted[which]).mean()),
                     "auc": area.auc if area else np.nan, "auc_low": area.low if area else np.nan,
                     "auc_high": area.high if area else np.nan, "p": p})
    columns = ["by", "label", "rows", "base_rate", "said", "gap", "beyond", "auc", "auc_low", "auc_high", "p"]
    table = pd.DataFrame(rows, columns=columns)
    table["p"] = holm(table.p.to_numpy(dtype=float))
    table["off"] = (table.p < OFF) & (table.beyond.abs() >= WORTH_TELLING)
    table["no_order"] = (table.auc_low <= 0.5) & (table.base_rate * table.rows >= 10)
    return table.drop(columns="beyond")


def of_rows(rows: pd.DataFrame) -> Slices:
    """By how long and how often customers have bought, as the examples tell; by cutoff where there are several."""
    found: Slices = []
    if "tenure_days" in rows:
        place = np.searchsorted(TENURE_DAYS, rows.tenure_days.to_numpy(dtype=float), side="right")
        found += [("tenure", str(band), place == band) for band in range(len(TENURE_DAYS) + 1)]
    if "frequency" in rows:
        first = (rows.frequency == 1).to_numpy()
        found += [("times", "first", first), ("times", "repeat", ~first)]
    if "cutoff" in rows and rows.cutoff.nunique() > 1:
        found += [("cutoff", f"{day:%Y-%m-%d}", (rows.cutoff == day).to_numpy()) for day in sorted(rows.cutoff.unique())]
    return found


def of_words(by: str, values: pd.Series) -> Slices:
    """By the commonest words of a column; who has none is left out."""
    words = values.astype("string").fillna("").to_numpy(dtype=object)
    common = pd.Series(words)[words != ""].value_counts()
    return [(by, str(word), words == word) for word in common.index[:MOST_LABELS]] if len(common) > 1 else []


def of_columns(rows: pd.DataFrame, names: tuple[str, ...]) -> Slices:
    """By the columns of a table that hold few different values: yes or no, and words."""
    found: Slices = []
    for name in names:
        values = rows[name]
        if not pd.api.types.is_numeric_dtype(values):
            found += of_words(name, values) if values.nunique() <= 2 * MOST_LABELS else []
        elif values.dropna().isin((0, 1)).all() and values.nunique() == 2:
            found += [(name, label, (values == number).to_numpy()) for number, label in ((1, "yes"), (0, "no"))]
    return found


def holm(p: np.ndarray) -> np.ndarray:
    """P-values corrected for as many looks as there are (Holm 1979): .01, .04, .03 → .03, .06, .06."""
    corrected = np.full(len(p), np.nan)
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known], kind="stable")]
    highest = 0.0
    for place, at in enumerate(order):
        highest = max(highest, min(1.0, (len(order) - place) * p[at]))
        corrected[at] = highest
    return corrected


def _shifted(outcome: np.ndarray, chance: np.ndarray) -> np.ndarray:
    """The chances with one number added to all log-odds so that they sum to what came."""
    odds = np.log(np.clip(chance, 1e-9, 1 - 1e-9) / (1 - np.clip(chance, 1e-9, 1 - 1e-9)))
    low, high = -30.0, 30.0
    for _ in range(60):  # halving: exact to a hair, and nothing can run away
        middle = (low + high) / 2
        low, high = (middle, high) if (1 / (1 + np.exp(-odds - middle))).sum() < outcome.sum() else (low, middle)
    return 1 / (1 + np.exp(-odds - (low + high) / 2))


def _two_sided(z: float) -> float:
    from scipy.stats import norm

    return float(2 * norm.sf(abs(z)))
