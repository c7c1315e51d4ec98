"""Models learn what was planted, hold what they say, and say the same for the same data."""
import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from crm_core.purchase_prediction.calibrating import Beta, Calibration, Isotonic, calibrate
from crm_core.purchase_prediction.encoding import learn_encoding
from crm_core.purchase_prediction.judging import calibration_error
from crm_core.purchase_prediction.models import blend, boosting, fit
from crm_core.purchase_prediction.models.logistic import STRENGTHS, _left_out_loss, _newton, _wide
from crm_core.purchase_prediction.models.odds_ratios import odds_ratios, round_step

WAYS = ("recency_rule", "logistic", "additive", "boosting", "naive_bayes", "svm")


def sigmoid(log_odds):
    return 1 / (1 + np.exp(-log_odds))


def rows_of(outcome, **features) -> pd.DataFrame:
    return pd.DataFrame({"customer_id": np.arange(1, len(outcome) + 1), **features,
                         "outcome": np.asarray(outcome, dtype=object if isinstance(outcome[0], str) else float)})


def shop(count: int = 2_000, seed: int = 0) -> pd.DataFrame:
    """Who bought often says yes; plan B says no; days are a U; noise is noise."""
    draw = np.random.default_rng(seed)
    orders, days, plan = draw.poisson(3, count), draw.uniform(0, 100, count), draw.choice(["A", "B", "C"], count)
    told = -1.5 + 0.5 * orders - 1.2 * (plan == "B") + 0.0008 * (days - 50) ** 2
    return rows_of((draw.random(count) < sigmoid(told)).astype(float), recency_days=days, orders=orders.astype(float),
                   plan=plan, noise=draw.normal(size=count))


FEATURES = ("recency_days", "orders", "plan", "noise")


def auc(outcome, chance) -> float:
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(outcome, chance))


@pytest.mark.parametrize("name", WAYS)
def test_a_model_says_the_same_for_the_same_rows_and_of_each_row_by_itself(name):
    rows = shop(600)
    one, again = (fit(name, rows, FEATURES, seed=3).margin(rows) for _ in range(2))
    assert (one == again).all()
    some = rows.iloc[[5, 17, 400]]
    assert fit(name, rows, FEATURES, seed=3).margin(some) == pytest.approx(one[[5, 17, 400]])


@pytest.mark.parametrize(("name", "least"), [("logistic", 0.72), ("additive", 0.76), ("boosting", 0.74),
                                             ("naive_bayes", 0.74), ("svm", 0.70)])
def test_a_model_finds_what_was_planted_on_rows_it_has_not_seen(name, least):
    fresh = shop(4_000, seed=1)
    assert auc(fresh.outcome, fit(name, shop(), FEATURES).margin(fresh)) > least


def test_curves_see_that_the_middle_is_unlike_both_ends():
    draw = np.random.default_rng(0)
    days = draw.uniform(0, 100, 3_000)
    rows = rows_of((draw.random(3_000) < sigmoid(-1 + 0.0015 * (days - 50) ** 2 - 1)).astype(float), days=days)
    straight, bent = (fit(name, rows, ("days",)).chance(pd.DataFrame({"days": [2.0, 50.0, 98.0]}))
                      for name in ("logistic", "additive"))
    assert np.ptp(straight) < 0.1
    assert bent[0] > bent[1] + 0.4
    assert bent[2] > bent[1] + 0.4


def test_the_penalty_is_the_one_by_which_left_out_rows_are_told_best():
    rows = shop(250)
    encoding = learn_encoding(rows, FEATURES)
    given, outcome = encoding.matrix(rows), rows.outcome.to_numpy()
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import LeaveOneOut, cross_val_predict

    exact = []
    for strength in (1.0, 0.03):
        said = cross_val_predict(LogisticRegression(C=strength, solver="newton-cholesky"), given, outcome,
                                 cv=LeaveOneOut(), method="predict_proba")[:, 1]
        exact.append(-np.log(np.where(outcome > 0, said, 1 - said)).mean())
    wide = _wide(given)
    assert [_left_out_loss(wide, outcome, strength, _newton(wide, outcome, strength)) for strength in (
        1.0, 0.03)] == pytest.approx(exact, abs=2e-4)


def test_noise_alone_is_pulled_to_nothing():
    draw = np.random.default_rng(1)
    rows = rows_of((draw.random(300) < 0.3).astype(float), **{f"n{i}": draw.normal(size=300) for i in range(20)})
    found = fit("logistic", rows, tuple(f"n{i}" for i in range(20)))
    assert found.estimator.strength <= sorted(STRENGTHS)[1]
    assert np.abs(found.estimator.coefficients).max() < 0.15


def test_naive_bayes_is_the_textbook_product_of_shares():
    # Of A 20 say yes and 10 no, of B 10 and 30; of all 3 in 7. Five rows as all are go to each.
    rows = rows_of([1, 1, 1, 0, 0, 0, 0] * 10, plan=["A", "A", "B", "B", "B", "A", "B"] * 10)
    found = fit("naive_bayes", rows, ("plan",))
    told = found.margin(pd.DataFrame({"plan": ["A", "B"]}))
    assert told.tolist() == pytest.approx([np.log((20 + 15 / 7) / (10 + 20 / 7)), np.log((10 + 15 / 7) / (30 + 20 / 7))])


def test_boosting_is_scikit_learns_own_with_the_same_settings():
    from sklearn.ensemble import HistGradientBoostingClassifier

    rows = shop(500)
    features = ("recency_days", "orders", "noise")
    ours = fit("boosting", rows, features, seed=1)
    settings = boosting.SETTINGS[0] | boosting.FIXED | {"max_features": 1.0}
    theirs = HistGradientBoostingClassifier(**settings, random_state=1).fit(rows[list(features)], rows.outcome)
    assert ours.margin(rows) == pytest.approx(theirs.decision_function(rows[list(features)].to_numpy()))


def test_fewer_trees_of_one_fit_are_a_fit_with_fewer_trees():
    rows = shop(400)
    whole = fit("boosting", rows, FEATURES)
    fewer = fit("boosting", rows, FEATURES, setting=boosting.settings_by_trees(boosting.SETTINGS[0])[1])
    told = boosting.margins_by_trees(whole.estimator, whole.encoding, rows)
    assert told[1] == pytest.approx(fewer.margin(rows))
    assert told[-1] == pytest.approx(whole.margin(rows))


@pytest.mark.parametrize("name", ["recency_rule", "logistic", "additive", "boosting", "naive_bayes"])
def test_of_three_kinds_each_has_a_chance_and_they_sum_to_one(name):
    draw = np.random.default_rng(2)
    orders, plan = draw.normal(size=900), draw.choice(["A", "B"], 900)
    kind = np.where(orders > 0.5, "Tea", np.where(plan == "A", "Cups", "nothing"))
    rows = rows_of(kind.tolist(), recency_days=draw.uniform(0, 90, 900), orders=orders, plan=plan)
    found = fit(name, rows, ("recency_days", "orders", "plan"))
    chance = found.chance(rows)
    assert found.classes == ("Cups", "Tea", "nothing")
    assert chance.sum(axis=1) == pytest.approx(np.ones(900))
    if name != "recency_rule":
        assert (np.array(found.classes)[chance.argmax(axis=1)] == kind).mean() > 0.9


# --- calibration ----------------------------------------------------------------------------------


def test_platt_finds_the_line_that_was_planted():
    draw = np.random.default_rng(0)
    margin = draw.normal(size=400_000)
    found = calibrate(margin, (draw.random(400_000) < sigmoid(0.4 * margin - 1)).astype(float))
    assert found.chance(np.array([-2.0, 0.0, 2.0])) == pytest.approx(sigmoid(0.4 * np.array([-2, 0, 2]) - 1), abs=0.01)


@pytest.mark.parametrize(("bend", "kinds"), [
    (lambda margin: margin, (Calibration,)),
    (lambda margin: 2 * np.log(sigmoid(margin)) - 0.3 * np.log(1 - sigmoid(margin)), (Beta,)),
    (lambda margin: np.where(margin > 0, 1.5, -2.5) + 0.2 * margin, (Isotonic,))])
def test_the_map_is_as_pliant_as_the_data_need(bend, kinds):
    draw = np.random.default_rng(3)
    margin = draw.normal(size=20_000) * 2
    outcome = (draw.random(20_000) < sigmoid(bend(margin))).astype(float)
    found = calibrate(margin, outcome)
    fresh = draw.normal(size=50_000) * 2
    came = (draw.random(50_000) < sigmoid(bend(fresh))).astype(float)
    assert isinstance(found, kinds)
    assert calibration_error(came, found.chance(fresh)) < 0.02


def test_few_rows_get_a_line_only():
    draw = np.random.default_rng(0)
    margin = draw.normal(size=200)
    assert isinstance(calibrate(margin, (margin > 0.3).astype(float)), Calibration)


@pytest.mark.parametrize("kind", [Calibration(0.7, -1), Beta(0.5, 2.0, 0.3), Isotonic((-1.0, 0.0, 2.0), (0.1, 0.3, 0.9))])
def test_calibration_puts_no_customer_before_another_whose_margin_is_larger(kind):
    chance = kind.chance(np.linspace(-6, 6, 500))
    assert (np.diff(chance) > 0).all()
    assert chance[0] > 0
    assert chance[-1] < 1


def test_margins_that_say_the_opposite_leave_the_base_rate():
    draw = np.random.default_rng(0)
    margin = draw.normal(size=2_000)
    outcome = (draw.random(2_000) < sigmoid(-margin)).astype(float)
    assert calibrate(margin, outcome).chance(np.array([-1.0, 1.0])) == pytest.approx([outcome.mean()] * 2)


def test_one_temperature_draws_overconfident_classes_together():
    draw = np.random.default_rng(0)
    margin = draw.normal(size=(5_000, 3))
    chances = np.exp(margin) / np.exp(margin).sum(axis=1, keepdims=True)
    places = (chances.cumsum(axis=1) < draw.random((5_000, 1))).sum(axis=1)
    assert calibrate(3 * margin, places.astype(float)).factor == pytest.approx(1 / 3, rel=0.1)


# --- blends ---------------------------------------------------------------------------------------


def test_a_blend_gives_each_part_the_weight_by_which_it_knows():
    draw = np.random.default_rng(0)
    one, other = draw.normal(size=(2, 20_000))
    outcome = (draw.random(20_000) < sigmoid(1.0 * one + 0.5 * other - 0.3)).astype(float)
    found = blend.weigh({"logistic": 4 * one, "boosting": other, "svm": draw.normal(size=20_000)}, outcome)
    assert found.parts == pytest.approx({"logistic": 0.25, "boosting": 0.5}, rel=0.1)
    assert found.shift == pytest.approx(-0.3, abs=0.05)
    assert found.shares == pytest.approx((2 / 3, 1 / 3), abs=0.03)


def test_parts_that_say_the_same_share_the_say_and_never_get_less_than_none():
    draw = np.random.default_rng(0)
    margin = draw.normal(size=3_000)
    outcome = (draw.random(3_000) < sigmoid(margin)).astype(float)
    found = blend.weigh({"logistic": margin, "additive": margin, "boosting": -margin}, outcome)
    assert found.parts == pytest.approx({"logistic": 0.5, "additive": 0.5}, rel=0.1)


def test_a_blend_of_models_says_what_its_parts_say_together():
    rows = shop(500)
    models = {name: fit(name, rows, FEATURES) for name in ("logistic", "boosting")}
    mixed = blend.put_together(blend.Weights({"logistic": 0.6, "boosting": 0.3}, -0.1), models)
    expected = 0.6 * models["logistic"].margin(rows) + 0.3 * models["boosting"].margin(rows) - 0.1
    assert mixed.margin(rows) == pytest.approx(expected)


def test_one_part_is_no_blend():
    assert blend.weigh({"logistic": np.arange(10.0), "naive_bayes": np.arange(10.0)}, np.arange(10) % 2) is None


# --- encoding -------------------------------------------------------------------------------------


def test_a_number_that_stands_for_never_is_told_apart_from_amounts():
    rows = rows_of([1, 0] * 50, pdays=[3.0, 999.0, 5.0, 999.0, 8.0] * 20, visits=[1.0, 2, 3, 4, 6] * 20)
    found = learn_encoding(rows, ("pdays", "visits"))
    assert found.codes == {"pdays": 999.0}
    assert ("pdays", "999") in found.columns
    assert found.matrix(rows)[:5, found.columns.index(("pdays", "999"))].tolist() == [0, 1, 0, 1, 0]


def test_values_far_out_missing_and_unseen_cost_nobody_else_anything():
    rows = rows_of([1, 0] * 50, income=[10.0, 20, 30, 40, np.nan] * 20, plan=["A", "B", None, "A", "B"] * 20)
    found = learn_encoding(rows, ("income", "plan"))
    told = found.matrix(pd.DataFrame({"income": [1e12, np.nan], "plan": ["Z", None]}))
    assert np.isfinite(told).all()
    assert np.abs(told).max() <= 4
    assert found.unseen(pd.DataFrame({"income": [1.0], "plan": ["Z"]})) == {"plan": ["Z"]}
    assert np.isnan(found.trees(pd.DataFrame({"income": [1.0], "plan": ["Z"]}))[0, 1])


def test_rare_values_are_known_though_they_have_no_column():
    rows = rows_of([1, 0] * 50, plan=["A"] * 97 + ["rare"] * 3)
    found = learn_encoding(rows, ("plan",))
    assert found.values == {"plan": ("A",)}
    assert found.unseen(pd.DataFrame({"plan": ["rare", "A"]})) == {}


def test_days_are_numbers_of_days():
    rows = rows_of([1, 0] * 10, joined=pd.date_range("2026-01-01", periods=20))
    told = learn_encoding(rows, ("joined",)).trees(rows)[:, 0]
    assert np.diff(told).tolist() == [1.0] * 19


# --- odds ratios ----------------------------------------------------------------------------------


def test_an_odds_ratio_of_a_two_by_two_table_is_the_textbooks():
    # yes/no: with plan 60/40, without 30/70: (60·70)/(40·30) = 3.5, standard error √(1/60 + 1/40 + 1/30 + 1/70)
    rows = rows_of([1] * 60 + [0] * 40 + [1] * 30 + [0] * 70, plan=[1.0] * 100 + [0.0] * 100)
    row = odds_ratios(rows, ("plan",)).iloc[0]
    error = np.sqrt(1 / 60 + 1 / 40 + 1 / 30 + 1 / 70)
    assert (row.feature, row.kind) == ("plan", "yes")
    assert [row.odds_ratio, row.low, row.high] == pytest.approx(
        [3.5, 3.5 * np.exp(-1.96 * error), 3.5 * np.exp(1.96 * error)], rel=0.01)
    assert row.p == pytest.approx(2 * norm.sf(np.log(3.5) / error), rel=0.05)


def test_intervals_hold_the_planted_ratio_nineteen_times_in_twenty():
    held = 0
    for seed in range(100):
        draw = np.random.default_rng(seed)
        amount, plan = draw.normal(50, 24.6, 400), draw.choice(["A", "B"], 400, p=[0.7, 0.3])
        outcome = (draw.random(400) < sigmoid(-0.5 + 0.02 * (amount - 50) + 0.8 * (plan == "B"))).astype(float)
        found = odds_ratios(rows_of(outcome, amount=amount, plan=plan), ("amount", "plan")).set_index("feature")
        held += found.low["amount"] <= np.exp(0.02 * found.value["amount"]) <= found.high["amount"]
        held += found.low["plan"] <= np.exp(0.8) <= found.high["plan"]
    assert 180 <= held <= 198


def test_steps_are_round_doublings_or_kinds_and_repeats_have_no_ratio_of_their_own():
    draw = np.random.default_rng(0)
    income, kids, plan = draw.lognormal(10, 1, 500), draw.integers(0, 3, 500).astype(float), draw.choice(list("AAB"), 500)
    rows = rows_of((draw.random(500) < 0.4).astype(float), income=income, kids=kids, plan=plan, plan_again=plan,
                   age=draw.normal(40, 12, 500))
    found = odds_ratios(rows, ("income", "kids", "plan", "plan_again", "age")).set_index("feature")
    assert found.kind.to_dict() == {"income": "doubling", "kids": "step", "plan": "value", "age": "step"}
    assert found.value[["kids", "plan", "age"]].tolist() == [1.0, "B", 10.0]
    assert found.against["plan"] == "A"


def test_rows_of_one_customer_count_as_one_and_not_as_many():
    once = shop(300)
    alone, again = (odds_ratios(rows, ("orders",)).iloc[0] for rows in (once, pd.concat([once] * 4)))
    assert again.odds_ratio == pytest.approx(alone.odds_ratio, rel=0.01)
    assert np.log(again.high / again.low) == pytest.approx(np.log(alone.high / alone.low), rel=0.1)


def test_round_steps():
    assert [round_step(value) for value in (24.6, 2000, 0.37, 1.0)] == [20, 2000, 0.2, 1]


def test_of_kinds_each_has_its_own_ratios():
    rows = shop(600)
    rows["outcome"] = np.where(rows.orders > 4, "Tea", np.where(rows.plan == "B", "Cups", "nothing"))
    found = odds_ratios(rows, ("orders", "noise"))
    assert set(found.outcome) == {"Tea", "Cups", "nothing"}
    assert found.set_index(["outcome", "feature"]).odds_ratio["Tea", "orders"] > 3


def test_what_naive_bayes_has_never_seen_leaves_the_base_rate():
    rows = shop(300)
    unknown = pd.DataFrame({"recency_days": [np.nan], "orders": [np.nan], "plan": ["Z"], "noise": [np.nan]})
    assert fit("naive_bayes", rows, FEATURES).chance(unknown) == pytest.approx([rows.outcome.mean()])


def test_two_features_that_say_nearly_the_same_get_one_ratio():
    draw = np.random.default_rng(0)
    orders = draw.normal(size=800)
    rows = rows_of((draw.random(800) < sigmoid(orders)).astype(float), orders=orders,
                   visits=orders + draw.normal(0, 0.05, 800), age=draw.normal(size=800))
    found = odds_ratios(rows, ("orders", "visits", "age"))
    assert found.feature.tolist() == ["orders", "age"]
    assert found.odds_ratio[0] ** (1 / found.value[0]) == pytest.approx(np.e, rel=0.35)
