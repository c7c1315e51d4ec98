"""Reasons: exact shares against their definition, importance on unseen rows, cases like this one, plausible changes."""
from dataclasses import dataclass, replace
from itertools import combinations
from math import factorial

import numpy as np
import pandas as pd
import pytest

from crm_core.purchase_prediction import Choice, Examples, Prediction, Target
from crm_core.purchase_prediction.calibrating import Calibration
from crm_core.purchase_prediction.encoding import learn_encoding
from crm_core.purchase_prediction.explain import (
    Explainer,
    changes,
    contributions,
    held_out,
    importance,
    neighbours,
    permuted,
    proposed,
    response,
    together,
)
from crm_core.purchase_prediction.explain import leaves as of_leaves
from crm_core.purchase_prediction.models import Fitted, fit
from crm_core.purchase_prediction.models.boosting import Boosting
from crm_core.purchase_prediction.predicting import Crossed

FEATURES = ("recency_days", "frequency", "country", "age")


def customers(rows: int = 600, seed: int = 0) -> pd.DataFrame:
    """Who bought lately and often buys; from Chad more often where often; age says nothing. Some is missing."""
    draw = np.random.default_rng(seed)
    frame = pd.DataFrame({
        "customer_id": np.arange(1, rows + 1), "cutoff": pd.NaT, "part": "train",
        "recency_days": draw.integers(1, 200, rows).astype(float),
        "frequency": draw.integers(1, 12, rows).astype(float),
        "country": draw.choice(["Chad", "Peru", "Laos"], rows),
        "age": draw.normal(45, 10, rows).round()})
    strength = 2 - frame.recency_days / 40 + 0.3 * frame.frequency * (frame.country == "Chad")
    frame["outcome"] = (draw.random(rows) < 1 / (1 + np.exp(-strength))).astype(float)
    frame.loc[draw.random(rows) < 0.1, "frequency"] = np.nan
    frame.loc[draw.random(rows) < 0.1, "country"] = None
    return frame


def by_definition(fitted, row: pd.DataFrame, background: pd.DataFrame, features=FEATURES) -> np.ndarray:
    """Shapley's formula over all subsets: what is known of the row is set in every row of the background."""
    def worth(known) -> np.ndarray:
        mixed = background.assign(**{name: [row[name].iloc[0]] * len(background) for name in known})
        return np.asarray(fitted.margin(mixed)).mean(axis=0)

    worths = {known: worth(known) for size in range(len(features) + 1) for known in combinations(features, size)}
    p = len(features)
    return np.array([sum(
        factorial(len(known)) * factorial(p - len(known) - 1) / factorial(p)
        * (worths[tuple(one for one in features if one in (*known, name))] - worths[known])
        for known in worths if name not in known) for name in features])


@pytest.mark.parametrize("name", ["logistic", "boosting", "id3", "c45", "cart", "naive_bayes", "recency_rule"])
def test_contributions_are_the_shapley_values_of_the_definition_and_add_up(name):
    rows = customers()
    fitted = fit(name, rows, FEATURES)
    background, asked = rows.iloc[:40], rows.iloc[100:106]
    found = contributions(fitted, asked, background)
    assert found.exact
    assert found.base + found.values.sum(axis=1) == pytest.approx(fitted.margin(asked)[:, None], abs=1e-6)
    told = found.frame()
    for place in range(len(asked)):
        row = asked.iloc[[place]]
        assert told.loc[place, list(found.features)].to_numpy(float) == pytest.approx(
            by_definition(fitted, row, background, found.features), abs=1e-6)


def test_many_trees_with_categories_and_gaps_add_up_and_tables_say_what_patterns_say(monkeypatch):
    rows = customers(1500)
    fitted = fit("boosting", rows, FEATURES)
    found = contributions(fitted, rows, rows.iloc[:300])
    assert (found.base + found.values.sum(axis=1))[:, 0] == pytest.approx(fitted.margin(rows), abs=1e-6)
    monkeypatch.setattr(of_leaves, "MOST_IN_TABLE", 0)
    assert contributions(fitted, rows.iloc[:20], rows.iloc[:300]).values == pytest.approx(found.values[:20], abs=1e-9)


def test_a_feature_that_says_nothing_gets_nothing_and_two_that_say_the_same_share_alike():
    @dataclass(frozen=True)
    class Either:
        """Log-odds 2 where one or the other is more than 0."""

        def margin(self, _encoding, rows):
            return 2.0 * ((rows.one > 0) | (rows.other > 0)).to_numpy()

    rows = pd.DataFrame({"one": [1.0, 0.0, 1.0, 0.0], "other": [1.0, 0.0, 0.0, 1.0], "idle": [3.0, 1.0, 4.0, 1.0]})
    features = ("one", "other", "idle")
    fitted = Fitted("either", learn_encoding(rows.iloc[[1, 1, 1]], features), Either())
    found = contributions(fitted, rows.iloc[[0]], rows.iloc[[1]])
    assert found.values[0, :, 0] == pytest.approx([1, 1, 0], abs=1e-9)


def test_calibration_is_carried_through_to_the_chance():
    rows = customers()
    fitted = replace(fit("boosting", rows, FEATURES), calibration=Calibration(0.7, -0.4))
    found = contributions(fitted, rows, rows)
    plain = contributions(replace(fitted, calibration=None), rows, rows)
    assert found.values == pytest.approx(0.7 * plain.values, abs=1e-6)
    assert found.said(found.base + found.values.sum(axis=1)) == pytest.approx(fitted.chance(rows), abs=1e-9)
    told = found.told(3)
    assert told.after.iloc[-1] == pytest.approx(fitted.chance(rows)[3]) and (told.before[1:] == told.after[:-1].values).all()
    assert (told.contribution.abs().diff().dropna() <= 0).all()


def test_a_calibration_that_bends_still_adds_up_to_the_chance():
    @dataclass(frozen=True)
    class Bent:
        def chance(self, margin):
            return 1 / (1 + np.exp(-(margin + 0.2 * np.abs(margin))))

    rows = customers()
    fitted = replace(fit("logistic", rows, FEATURES), calibration=Bent())
    found = contributions(fitted, rows, rows)
    assert found.said(found.base + found.values.sum(axis=1)) == pytest.approx(fitted.chance(rows), abs=1e-9)


def test_a_blend_is_the_weighted_sum_of_its_parts():
    @dataclass(frozen=True)
    class Blend:
        parts: tuple
        shift: float = 0.5

        def margin(self, _encoding, rows):
            return sum(weight * part.margin(rows) for weight, part in self.parts) + self.shift

    rows = customers()
    parts = tuple((weight, fit(name, rows, FEATURES)) for weight, name in ((0.7, "boosting"), (0.3, "logistic")))
    fitted = Fitted("blend", parts[0][1].encoding, Blend(parts))
    found = contributions(fitted, rows.iloc[:5], rows.iloc[:40])
    assert found.exact
    for place in range(5):
        assert found.values[place, :, 0] == pytest.approx(
            by_definition(fitted, rows.iloc[[place]], rows.iloc[:40]), abs=1e-6)


def test_drawn_orders_come_near_the_definition_say_how_near_and_come_again():
    rows = customers()
    features = (*FEATURES, "more")
    rows["more"] = np.random.default_rng(5).normal(size=len(rows))
    boosted = fit("boosting", rows, features)

    @dataclass(frozen=True)
    class Unknown:
        """Nothing is known of how it works."""

        inside: Boosting

        def margin(self, encoding, given):
            return self.inside.margin(encoding, given)

    fitted = replace(boosted, name="unknown", estimator=Unknown(boosted.estimator))
    background = rows.iloc[:100]
    found = contributions(fitted, rows.iloc[200:202], background)
    exact = contributions(boosted, rows.iloc[200:202], background)
    assert not found.exact and (found.errors >= 0).all()
    assert (np.abs(found.values - exact.values) <= 4 * found.errors + 1e-9).all()
    assert found.base + found.values.sum(axis=1) == pytest.approx(fitted.margin(rows.iloc[200:202])[:, None], abs=1e-6)
    assert contributions(fitted, rows.iloc[200:202], background).values.tolist() == found.values.tolist()


def test_of_classes_the_shares_lead_to_the_chance_of_the_class():
    rows = customers()
    rows["outcome"] = np.where(rows.recency_days < 60, "Tea", np.where(rows.frequency > 6, "Coffee", "nothing"))
    fitted = fit("boosting", rows, FEATURES)
    found = contributions(fitted, rows.iloc[:30], rows)
    for name in fitted.classes:
        told = found.told(4, name)
        assert told.after.iloc[-1] == pytest.approx(fitted.chance(rows.iloc[:30])[4, fitted.classes.index(name)])
    assert found.frame("Tea").recency_days[rows.recency_days.iloc[:30].to_numpy() < 60].min() > 0


def test_features_that_go_together_are_told_as_one():
    rows = customers()
    rows["again"] = rows.recency_days + 0.1
    fitted = fit("logistic", rows, ("recency_days", "again", "age"))
    found = contributions(fitted, rows.iloc[:3], rows)
    told = found.told(0, groups=[("recency_days", "again")])
    of_both = told[told.features.map(len) == 2].contribution.iloc[0]
    assert of_both == pytest.approx(found.frame().loc[0, ["recency_days", "again"]].sum()) and len(told) == 2


# --- of all ---------------------------------------------------------------------------------------


def predicted(rows: pd.DataFrame, name: str = "boosting", features=FEATURES) -> Prediction:
    """A prediction of a table without days, as the page would have it."""
    final = fit(name, rows, features)
    found = Examples(Target("column", column="extra:Answer"), None, rows, features)
    scores = pd.DataFrame({"customer_id": rows.customer_id, "score": final.chance(rows), "rule": 0.5})
    return Prediction(Choice(found.target), found, features, pd.DataFrame(), pd.DataFrame(), {}, name, final, final,
                      scores, (), 0)


def test_what_matters_comes_first_and_what_says_nothing_has_nothing_to_lose():
    found = importance(predicted(customers(1500)), seed=0)
    assert found.refit and found.rows == 375 and found.groups.features[0] == ("recency_days",)
    age = found.groups[found.groups.features == ("age",)].iloc[0]
    assert found.groups.low[0] > 0.1 and age.low < 0 < age.high + 0.02 and age.lost < 0.02
    assert found.whole[0] > 0.75


def test_of_a_table_without_days_each_row_is_asked_of_the_model_that_has_not_seen_it():
    rows = customers(900)
    fold_of = np.arange(len(rows)) % 3
    models = tuple({"logistic": fit("logistic", rows[fold_of != fold], FEATURES)} for fold in range(3))
    crossed = Crossed(fold_of, models, ("logistic",) * 3, {}, None, 1, 1)
    prediction = replace(predicted(rows, "logistic"), judged=rows[["customer_id", "outcome"]], crossed=crossed)
    fitted, asked, refit = held_out(prediction)
    assert not refit and asked.customer_id.tolist() == rows.customer_id.tolist()
    for fold in range(3):
        here = fold_of == fold
        assert fitted.chance(asked)[here].tolist() == models[fold]["logistic"].chance(rows[here]).tolist()
    found = importance(prediction)
    assert not found.refit and found.rows == 900 and found.groups.features[0] == ("recency_days",)


def test_features_that_say_the_same_are_dealt_out_together():
    rows = customers(1500)
    rows["weeks"] = rows.recency_days / 7
    assert together(rows, ("recency_days", "frequency", "weeks", "age")) == [
        ("recency_days", "weeks"), ("frequency",), ("age",)]
    found = importance(predicted(rows, features=("recency_days", "frequency", "weeks", "age")))
    assert set(found.groups.features[0]) == {"recency_days", "weeks"} and found.groups.low[0] > 0.1


def test_of_an_amount_it_is_told_by_ranks_and_error():
    draw = np.random.default_rng(0)
    rows = pd.DataFrame({"one": draw.normal(size=400), "idle": draw.normal(size=400)})
    outcome = 10 * rows.one.to_numpy() + draw.normal(size=400)
    found = permuted(lambda given: 10 * given.one.to_numpy(), rows, outcome, ("one", "idle"), "amount")
    assert found.measures == ("spearman", "mae") and found.groups.features[0] == ("one",)
    assert found.groups.lost[0] > 0.9 and found.groups.lost_other[0] > 5
    assert abs(found.groups.lost[1]) < 1e-9


def test_the_chance_falls_along_recency_and_each_range_says_how_many_lie_in_it():
    rows = customers(1500)
    fitted = fit("logistic", rows, FEATURES)
    found = response(fitted.chance, rows, "recency_days", rows.outcome.to_numpy())
    assert found.direction == "down" and found.ranges["rows"].sum() == 1500
    assert found.ranges.came.iloc[0] - found.ranges.came.iloc[-1] > 0.5
    assert found.ranges.alone.is_monotonic_decreasing
    missing = response(fitted.chance, rows, "frequency").ranges
    assert missing.low.isna().sum() == 1 and missing["rows"].sum() == 1500
    countries = response(fitted.chance, rows, "country")
    assert countries.direction == "none" and set(countries.ranges.value) == {"Chad", "Peru", "Laos"}


# --- of one customer ------------------------------------------------------------------------------


def test_similar_cases_are_other_customers_each_once_with_what_differs():
    rows = customers(400)
    again = rows.loc[np.repeat(rows.index, 2)].reset_index(drop=True)
    encoding = learn_encoding(again, FEATURES)
    row = rows.iloc[[0]]
    found = neighbours(encoding, again, row)
    assert found.counted == 50 and 1 not in set(found.cases.customer_id) and found.cases.customer_id.is_unique
    assert found.cases.distance.is_monotonic_increasing and found.low <= found.mean <= found.high
    for case in found.cases.itertuples():
        theirs = rows.set_index("customer_id").loc[case.customer_id]
        for name, own, other in case.differs:
            assert own == row[name].iloc[0] or pd.isna(row[name].iloc[0])
            assert other == theirs[name] or (other is None and pd.isna(theirs[name]))


def test_only_what_the_model_looks_at_makes_cases_similar():
    rows = customers(400)
    encoding = learn_encoding(rows, FEATURES)
    found = neighbours(encoding, rows, rows.iloc[[0]], {"recency_days": 1.0, "frequency": 0, "country": 0, "age": 0})
    apart = (rows.set_index("customer_id").recency_days.drop(1) - rows.recency_days[0]).abs().sort_values()
    assert rows.set_index("customer_id").recency_days[found.cases.customer_id].sub(rows.recency_days[0]).abs().max() \
        <= apart.iloc[4]


def shop(rows: int = 3000) -> pd.DataFrame:
    """Customers of a shop with features that follow from their orders; who ordered lately and often orders."""
    draw = np.random.default_rng(1)
    frequency = draw.integers(1, 15, rows).astype(float)
    recency = draw.integers(1, 300, rows).astype(float)
    frame = pd.DataFrame({
        "customer_id": np.arange(rows) + 1, "cutoff": pd.Timestamp("2026-01-31"), "part": "train",
        "recency_days": recency, "frequency": frequency, "tenure_days": recency + 30 * frequency,
        "purchases_90_days": np.where(recency < 90, 1 + draw.integers(0, 3, rows), 0).astype(float),
        "age": draw.normal(45, 10, rows)})
    frame["outcome"] = (draw.random(rows) < 1 / (1 + np.exp(frame.recency_days / 40 - 0.2 * frequency))).astype(float)
    return frame


OF_ORDERS = ("recency_days", "frequency", "tenure_days", "purchases_90_days", "age")


def test_the_smallest_plausible_change_reaches_the_goal_and_age_stays_as_it_is():
    rows = shop()
    fitted = fit("logistic", rows, OF_ORDERS)
    row = rows[(rows.recency_days > 120) & (rows.frequency > 6)].iloc[[0]]
    now = float(fitted.chance(row)[0])
    found = changes(fitted.chance, fitted.encoding, rows, row, now + 0.2)
    assert found.found and found.found[0].reaches and found.found[0].said >= now + 0.2
    assert {change.kind for change in found.found} <= {"later_order", "more_orders"} and proposed(OF_ORDERS) == ()
    days = [change.facts["days"] for change in found.found if change.kind == "later_order"]
    assert days and days[0] < row.recency_days.iloc[0] and 0 <= found.found[0].came <= 1
    # One step less would not have done: the change is the smallest of those that are tried.
    less = row.assign(recency_days=row.recency_days - 1)
    assert fitted.chance(less)[0] < now + 0.2


def test_a_last_order_within_90_days_counts_among_those_of_90_days():
    rows = shop()
    seen = []

    def say(given):
        seen.append(given)
        return 1 - given.recency_days.to_numpy() / 1000

    row = rows[(rows.recency_days > 200) & (rows.frequency > 3)].iloc[[0]]
    changes(say, learn_encoding(rows, OF_ORDERS), rows, row, 0.99)
    tried = seen[1]
    assert (tried.purchases_90_days[tried.recency_days < 90] >= 1).all()
    assert (tried.frequency >= row.frequency.iloc[0]).all() and tried.age.nunique() == 1


def test_where_nothing_plausible_changes_it_that_is_said():
    rows = shop()
    row = rows.iloc[[0]]
    found = changes(lambda given: np.full(len(given), 0.3), learn_encoding(rows, OF_ORDERS), rows, row, 0.5)
    assert found.found == () and found.said == 0.3


def test_values_that_no_real_customer_shows_are_not_proposed():
    draw = np.random.default_rng(0)
    rows = pd.DataFrame({"customer_id": range(500), "cutoff": pd.NaT, "part": "train",
                         "discount_share": draw.uniform(0, 0.2, 500), "country": draw.choice(["Chad", "Peru"], 500)})
    rows["outcome"] = (rows.discount_share > 0.1).astype(float)
    encoding = learn_encoding(rows, ("discount_share", "country"))
    row = rows[rows.discount_share < 0.05].iloc[[0]]
    found = changes(lambda given: given.discount_share.to_numpy(), encoding, rows, row, 0.9)
    assert proposed(("discount_share", "country", "extra:Contract", "extra:Age", "extra:maritalStatus")) == (
        "discount_share", "extra:Contract")
    [change] = found.found
    assert change.facts["feature"] == "discount_share" and not change.reaches and change.facts["to"] <= 0.2
    assert change.came > 0.9  # those who are like that did


def test_less_is_looked_for_where_the_goal_lies_below():
    rows = shop()
    fitted = fit("logistic", rows, OF_ORDERS)
    row = rows[rows.recency_days < 20].iloc[[0]]
    now = float(fitted.chance(row)[0])
    found = changes(lambda given: 1 - fitted.chance(given), fitted.encoding, rows, row, 1 - now - 0.1)
    assert all(change.said < 1 - now for change in found.found)
    waited = [change.said for change in found.waiting]
    assert waited == sorted(waited) and waited[0] > 1 - now  # who waits is the likelier to leave


def test_a_thousand_customers_are_explained_against_one_background():
    rows = customers(1200)
    explainer = Explainer(fit("boosting", rows, FEATURES), rows)
    assert explainer.of(rows.iloc[:1000]).values.shape == (1000, 4, 1)
    assert explainer.of(rows.iloc[[7]]).values == pytest.approx(explainer.of(rows.iloc[:1000]).values[[7]])
