"""Odds ratios with intervals: how many times the odds of yes go with one step of a feature, all others being equal.

    tenure          +20         0.52  (0.47 .. 0.58)     each 20 more halve the odds
    income          doubled     1.31  (1.12 .. 1.53)     of numbers far to one side: each doubling
    contract        Two year    0.25  (0.18 .. 0.33)     against the commonest value, Month-to-month

The fit is all but unpenalised, unlike the one that foretells: a pull to nothing would make every ratio too small.
Intervals are Wald's; where a customer has several rows, they are as wide as customers differ (Huber 1967; Liang & Zeger
1986). What says nearly the same as what stands before it (a variance inflation over 25) has no ratio of its own and is
left out: with it in, both would be enormous, in opposite directions, and mean nothing.
"""

from dataclasses import replace

import numpy as np
import pandas as pd

from crm_core.purchase_prediction.encoding import learn_encoding
from crm_core.purchase_prediction.models import places_of
from crm_core.purchase_prediction.models.logistic import solve

WEAK = 100.0  # scikit-learn's C: only what would run away is held
UNSAID = 0.2  # of a column's deviation that the columns before it leave: less, and its ratio would mean nothing
Z = 1.959964
STEPS = (1, 2, 5)
KINDS = ("step", "doubling", "yes", "value", "missing", "code")  # words: odds_ratio.<kind>
COLUMNS = ["feature", "kind", "value", "against", "odds_ratio", "low", "high", "p"]


def odds_ratios(rows: pd.DataFrame, features: tuple[str, ...]) -> pd.DataFrame:
    """A row a step: feature, kind (of KINDS), value (the step, or the category's), against (the commonest category),
    odds_ratio with low and high (95 %), p (two-sided). Outcomes are 1 and 0.

    Of an outcome with names a row a class and step, with one more column `outcome`: the odds of it against not it.
    """
    outcome, classes = places_of(rows.outcome)
    if classes:
        each = [odds_ratios(rows.assign(outcome=(outcome == place).astype(float)), features).assign(outcome=name)
                for place, name in enumerate(classes)]
        return pd.concat(each, ignore_index=True)
    encoding = learn_encoding(rows, features)
    given, told = _columns(encoding, rows)
    if not told or len(np.unique(outcome)) < 2:
        return pd.DataFrame(columns=COLUMNS)
    coefficients, intercept = solve(given, outcome, WEAK)
    error = _errors(given, outcome, coefficients, intercept, rows.customer_id if "customer_id" in rows else None)
    from scipy.stats import norm

    step = np.array([one["step"] for one in told])
    found = pd.DataFrame([{name: one[name] for name in ("feature", "kind", "value", "against")} for one in told])
    found["odds_ratio"] = np.exp(coefficients * step)
    found["low"], found["high"] = (np.exp((coefficients + sign * Z * error) * step) for sign in (-1, 1))
    found["p"] = 2 * norm.sf(np.abs(coefficients) / error)
    return found[COLUMNS]


def odds_ratios_of(prediction) -> pd.DataFrame:
    """The odds ratios of a prediction's features, by the rows that its models learned from."""
    examples = prediction.examples
    rows = examples.part("train")
    if examples.target.answer != "category":
        rows = rows.assign(outcome=(rows.outcome.to_numpy(dtype=float) > 0).astype(float))
    return odds_ratios(rows, prediction.features)


# --- inside ---------------------------------------------------------------------------------------


def _columns(encoding, rows: pd.DataFrame) -> tuple[np.ndarray, list[dict]]:
    """The columns that have something of their own to say, and which step of what each is."""
    commonest = {name: rows[name].astype(object).where(rows[name].notna(), "").astype(str).mode()[0]
                 for name in encoding.values}
    whole = replace(encoding, values={
        name: tuple(value for value in values if value != commonest[name]) for name, values in encoding.values.items()})
    given, kept, told = whole.matrix(rows), [], []
    apart, before = given - given.mean(axis=0), []
    for place, (name, value) in enumerate(whole.columns):
        own = apart[:, place]
        for one in before:  # Gram-Schmidt, twice: once is not enough in floating point
            own = own - one * (one @ own)
        for one in before:
            own = own - one * (one @ own)
        length = np.linalg.norm(own)
        if length <= UNSAID * np.linalg.norm(apart[:, place]) or length < 1e-9:
            continue
        before.append(own / length)
        kept.append(place)
        told.append({"feature": name, "against": commonest.get(name), **_step(encoding, rows, name, value)})
    return given[:, kept], told


def _step(encoding, rows: pd.DataFrame, name: str, value: str | None) -> dict:
    """Which step a column stands for, and how long it is in the column's own units."""
    if value is not None:
        kind = "missing" if value == "" else "value" if name in encoding.values else "code"
        return {"kind": kind, "value": value, "step": 1.0}
    deviation = encoding.deviations[name]
    if name in encoding.logged:
        return {"kind": "doubling", "value": None, "step": np.log(2) / deviation}
    if not pd.api.types.is_datetime64_any_dtype(rows[name]) and set(rows[name].dropna().unique()) <= {0, 1}:
        return {"kind": "yes", "value": None, "step": 1 / deviation}
    step = round_step(deviation)
    if not pd.api.types.is_datetime64_any_dtype(rows[name]) and (rows[name].dropna() % 1 == 0).all():
        step = max(step, 1.0)  # of whole numbers half a one is none
    return {"kind": "step", "value": step, "step": step / deviation}


def round_step(deviation: float) -> float:
    """The largest of 1, 2, 5, 10, 20 … (or .5, .2, .1 …) that is not above a standard deviation: 24.6 → 20."""
    size = 10.0 ** np.floor(np.log10(deviation))
    return float(max(one * size for one in STEPS if one * size <= deviation * (1 + 1e-9)))


def _errors(given: np.ndarray, outcome: np.ndarray, coefficients: np.ndarray, intercept: float,
            customers: pd.Series | None) -> np.ndarray:
    """Standard errors of the coefficients."""
    chance = 1 / (1 + np.exp(-(given @ coefficients + intercept)))
    wide = np.column_stack([given, np.ones(len(given))])
    curve = (wide * (chance * (1 - chance))[:, None]).T @ wide
    curve[np.diag_indices(given.shape[1])] += 1 / WEAK
    spread = np.linalg.pinv(curve)
    if customers is not None and customers.nunique() < len(customers):
        pulls = pd.DataFrame(wide * (outcome - chance)[:, None]).groupby(customers.to_numpy()).sum().to_numpy()
        spread = spread @ (pulls.T @ pulls) @ spread * len(pulls) / max(len(pulls) - 1, 1)
    return np.sqrt(np.maximum(np.diag(spread)[:-1], 1e-30))
