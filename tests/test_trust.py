"""How far to trust a prediction: whether it holds what it says, what acting earns, where it is weak, what has shifted."""
from datetime import date

import numpy as np
import pandas as pd
import pytest

from crm_core.purchase_prediction import Choice, Examples, Prediction, Target, split
from crm_core.purchase_prediction import trust as trusting
from crm_core.purchase_prediction.models import Fitted, fit
from crm_core.purchase_prediction.trust import Terms, expected, of_judged, profit, proposed, reliability
from crm_core.purchase_prediction.trust.shift import shift
from crm_core.purchase_prediction.trust.slices import holm, of_columns, of_rows, of_words, slices


def came(chance: np.ndarray, seed: int = 0) -> np.ndarray:
    return (np.random.default_rng(seed).random(len(chance)) < chance).astype(float)


def chances(rows: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed + 100).beta(1.5, 3, rows)


# --- whether chances hold what they say -----------------------------------------------------------


def bent(chance: np.ndarray, slope: float, shift: float = 0.0) -> np.ndarray:
    return 1 / (1 + np.exp(-slope * np.log(chance / (1 - chance)) - shift))


@pytest.mark.parametrize(("told", "verdict", "where"), [
    (lambda true: true, "holds", ""),
    (lambda true: bent(true, 1, 0.6), "too_high", None),
    (lambda true: bent(true, 1, -0.6), "too_low", None),
    (lambda true: bent(true, 2.0, 0.62), "too_sure", None),
    (lambda true: bent(true, 0.5, -0.45), "too_timid", None),
    (lambda true: np.where(true > 0.6, true + 0.12, true), "partly_high", "likeliest"),
    (lambda true: np.clip(true + np.where(true < 0.2, -0.06, np.where(true < 0.45, 0.08, -0.1)), 0.005, 1), "uneven", None)])
def test_the_verdict_says_how_chances_are_bent(told, verdict, where):
    true = chances(6000)
    found = reliability(came(true), told(true))
    assert found.verdict == verdict
    assert where is None or found.where == where


def test_chances_that_hold_are_seldom_accused():
    verdicts = [reliability(came(chances(800, seed), seed), chances(800, seed)).verdict for seed in range(100)]
    assert verdicts.count("holds") >= 90


def test_the_bins_hold_what_came_and_its_interval():
    chance = np.repeat([0.1, 0.6], 100)
    outcome = np.concatenate([np.arange(100) < 10, np.arange(100) < 80]).astype(float)
    found = reliability(outcome, chance)
    assert found.bins.came.tolist() == [0.1, 0.8] and found.bins.rows.tolist() == [100, 100]
    assert found.bins.gap.tolist() == pytest.approx([0, 0.2]) and found.bins.off.tolist() == [False, True]
    assert (found.bins.low < found.bins.came).all() and (found.bins.came < found.bins.high).all()
    assert found.error == pytest.approx(0.1) and found.gap == pytest.approx(0.1) and found.worst == 1


def test_few_rows_have_no_verdict():
    assert reliability(came(np.full(40, 0.3)), np.full(40, 0.3)).verdict == "few"
    assert reliability(np.zeros(200), np.full(200, 0.3)).verdict == "few"


# --- what acting earns ----------------------------------------------------------------------------

OUTCOME = np.array([1.0, 0, 1, 0, 0])
CHANCE = np.array([0.9, 0.6, 0.5, 0.15, 0.1])
RULE = np.array([0.2, 0.9, 0.8, 0.7, 0.1])


def test_profit_by_hand():
    """Value 10, cost 2: 8, 6, 14, 12, 10 by how many are contacted; it pays from a chance of .2 on, so three."""
    found = profit(OUTCOME, CHANCE, Terms(10, 2), RULE)
    assert found.terms.threshold == 0.2
    assert found.curve.contacted.tolist() == [0, 1, 2, 3, 4, 5]
    assert found.curve.profit.tolist() == [0, 8, 6, 14, 12, 10]
    assert (found.acted.contacted, found.acted.hits, found.acted.profit, found.pays) == (3, 2, 14, "some")
    assert (found.best.contacted, found.best.profit) == (3, 14)
    assert (found.by_rule.contacted, found.by_rule.profit) == (3, 4)  # one of the three did it
    assert found.more_than_rule.profit == pytest.approx(10)
    assert (found.everybody.contacted, found.everybody.profit) == (5, 10)
    assert found.curve.at_random.tolist() == pytest.approx([0, 2, 4, 6, 8, 10])
    assert found.curve.by_rule.tolist() == pytest.approx([0, -2, 6, 4, 12, 10])


def test_a_capacity_cuts_the_list():
    found = profit(OUTCOME, CHANCE, Terms(10, 2, capacity=2), RULE)
    assert (found.acted.contacted, found.acted.profit) == (2, 6)
    assert (found.best.contacted, found.best.profit) == (1, 8)  # the second one was in vain
    assert (found.best_anyhow.contacted, found.best_anyhow.profit) == (3, 14)
    assert (found.everybody.contacted, found.everybody.profit) == (2, pytest.approx(4))  # two drawn by lot


@pytest.mark.parametrize(("terms", "pays", "contacted"), [
    (Terms(10, 11), "nobody", 0), (Terms(10, 0), "everybody", 5), (Terms(0, 1), "nobody", 0),
    (Terms(10, 2, capacity=0), "nobody", 0)])
def test_whom_it_pays_to_contact(terms, pays, contacted):
    found = profit(OUTCOME, CHANCE, terms)
    assert (found.pays, found.acted.contacted) == (pays, contacted)
    assert found.by_rule is None and found.curve.by_rule.isna().all()


def test_those_who_tie_at_the_limit_are_taken_in_part():
    found = profit(np.array([1.0, 1, 0, 0]), np.array([0.9, 0.5, 0.5, 0.1]), Terms(10, 2, capacity=2))
    assert found.acted.contacted == 2 and found.acted.profit == pytest.approx(10 + 5 - 4)


def test_as_many_as_are_asked_for():
    assert profit(OUTCOME, CHANCE, Terms(10, 2), contacted=1).acted.profit == 8


def test_the_interval_is_that_of_the_bootstrap():
    """Of 1,000 contacted at random: value 10 × a binomial of .2 less the cost; ± 1.96 × 10 × √(1000 × .16) = ± 248."""
    outcome = np.tile([1.0, 0, 0, 0, 0], 200)
    found = profit(outcome, np.full(1000, 0.5), Terms(10, 1)).acted
    assert found.profit == 1000
    assert found.low == pytest.approx(1000 - 248, abs=40) and found.high == pytest.approx(1000 + 248, abs=40)


def test_the_difference_to_the_rule_is_surer_than_either():
    """Nine of ten choices are the same: what they share falls out of the difference."""
    chance = chances(2000)
    outcome = came(chance)
    rule = np.where(np.arange(2000) % 10 == 0, 0.1, chance)
    found = profit(outcome, chance, Terms(10, 3), rule)
    assert found.more_than_rule.profit == pytest.approx(found.acted.profit - found.by_rule.profit)
    assert found.more_than_rule.high - found.more_than_rule.low < 0.7 * (found.acted.high - found.acted.low)


def test_today_is_expected_from_the_chances():
    found = expected(np.array([0.1, 0.5, 0.4, 0.05]), Terms(10, 2))
    assert (found.contacted, found.lowest_chance, found.hits, found.profit) == (2, 0.4, pytest.approx(0.9), pytest.approx(5))
    assert expected(np.array([0.5, 0.4]), Terms(10, 2, capacity=1)).contacted == 1
    assert expected(np.array([0.1]), Terms(10, 2)).profit == 0


def test_a_capacity_of_today_is_the_same_share_of_those_judged():
    assert of_judged(Terms(10, 2, capacity=50), 1000, 400).capacity == 20
    assert of_judged(Terms(10, 2), 1000, 400).capacity is None


def test_terms_are_proposed_from_the_mean_order():
    assert proposed(pd.DataFrame({"spent": [300.0, 0, 60], "purchases": [3.0, 0, 1]})) == Terms(27, 1.4)  # 90 × .3
    assert proposed(pd.DataFrame({"outcome": [1.0]})) is None
    assert proposed(pd.DataFrame({"spent": [0.0], "purchases": [0.0]})) is None


# --- where it is weak -----------------------------------------------------------------------------


def parts_of(rows: int, count: int, seed: int = 0):
    place = np.random.default_rng(seed).integers(0, count, rows)
    return [("group", str(one), place == one) for one in range(count)], place


def test_a_part_that_is_off_is_found_and_no_other():
    true = chances(6000)
    found, place = parts_of(6000, 12)
    told = np.where(place == 7, bent(true, 1, 0.9), true)
    table = slices(came(true), told, found).set_index("label")
    assert table.index[table.off].tolist() == ["7"]
    assert table.gap["7"] < -0.1


@pytest.mark.parametrize("seed", range(5))
def test_of_a_hundred_parts_that_hold_none_is_accused(seed):
    true = chances(20_000, seed)
    table = slices(came(true, seed), true, parts_of(20_000, 100, seed)[0])
    assert len(table) == 100 and not table.off.any()


def test_what_is_wrong_with_the_whole_is_not_held_against_a_part():
    true = chances(6000)
    table = slices(came(true), bent(true, 1, 0.8), parts_of(6000, 12)[0])
    assert (table.gap < -0.05).all() and not table.off.any()


def test_small_parts_are_shown_without_a_verdict():
    true = chances(1000)
    table = slices(came(true), true, [("a", "small", np.arange(1000) < 30), ("a", "rest", np.arange(1000) >= 30)])
    assert np.isnan(table.p[0]) and np.isnan(table.auc[0]) and table.rows.tolist() == [30, 970]


def test_a_part_without_order_is_told():
    true = chances(2000)
    told = np.where(np.arange(2000) < 500, np.random.default_rng(5).permutation(true), true)
    table = slices(came(true), told, [("a", "mixed", np.arange(2000) < 500), ("a", "rest", np.arange(2000) >= 500)])
    assert table.no_order.tolist() == [True, False]


def test_holm_by_hand():
    corrected = holm(np.array([0.01, 0.04, np.nan, 0.03]))
    assert corrected[[0, 1, 3]].tolist() == pytest.approx([0.03, 0.06, 0.06]) and np.isnan(corrected[2])


def test_parts_by_how_customers_bought_and_by_words():
    rows = pd.DataFrame({"tenure_days": [10, 100, 400], "frequency": [1, 1, 5],
                         "cutoff": pd.to_datetime(["2026-01-01", "2026-01-01", "2026-02-01"])})
    told = {(by, label): which.tolist() for by, label, which in of_rows(rows)}
    assert told[("tenure", "0")] == [True, False, False] and told[("tenure", "2")] == [False, False, True]
    assert told[("times", "first")] == [True, True, False]
    assert told[("cutoff", "2026-02-01")] == [False, False, True]
    words = of_words("country", pd.Series(["FR", None, "DE", "FR"]))
    assert [(label, which.tolist()) for _, label, which in words] == [
        ("FR", [True, False, False, True]), ("DE", [False, False, True, False])]
    table = pd.DataFrame({"extra:Plan": ["a", "b", "a"], "extra:Card": [1.0, 0, 1], "extra:Age": [20.0, 30, 40]})
    assert [(by, label) for by, label, _ in of_columns(table, tuple(table))] == [
        ("extra:Plan", "a"), ("extra:Plan", "b"), ("extra:Card", "yes"), ("extra:Card", "no")]


# --- what has shifted -----------------------------------------------------------------------------


def shop(rows: int, seed: int, silent: float = 30) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    return pd.DataFrame({"customer_id": range(rows), "recency_days": random.exponential(silent, rows),
                         "plan": random.choice(["a", "b"], rows)})


NAMES = ("recency_days", "plan")


def test_other_customers_of_the_same_kind_have_not_shifted():
    found = shift(shop(2000, 0), shop(1000, 1), shop(1000, 2), NAMES, chances(1000), chances(1000, 3))
    assert found.level == "same" and not found.judged_moved_already and found.unseen == {}


def test_customers_unlike_those_judged_are_told_with_the_feature_first():
    found = shift(shop(2000, 0), shop(1000, 1), shop(1000, 2, silent=200), NAMES, chances(1000), chances(1000, 3) / 2)
    assert found.level == "large" and found.features.feature[0] == "recency_days"
    assert found.scores_level == "large" and found.mean_today < found.mean_judged


def test_a_test_on_customers_who_had_moved_already_holds_today():
    found = shift(shop(2000, 0), shop(1000, 1, silent=200), shop(1000, 2, silent=200), NAMES, chances(1000),
                  chances(1000, 3))
    assert found.level == "same" and found.judged_moved_already


def test_words_that_nobody_had_are_named():
    today = shop(500, 2).assign(plan="new")
    assert shift(shop(500, 0), shop(500, 1), today, NAMES, chances(500), chances(500, 3)).unseen == {"plan": ["new"]}


# --- altogether -----------------------------------------------------------------------------------


def prediction(outcome: np.ndarray, seed: int = 0, **chances_of) -> Prediction:
    """Dated, judged on `outcome` by the chances of each model named."""
    rows, random = len(outcome), np.random.default_rng(seed)
    dates = split(date(2025, 1, 1), date(2026, 3, 1), 90)

    def part(name: str, answers) -> pd.DataFrame:
        return pd.DataFrame({
            "customer_id": range(len(answers)), "cutoff": pd.Timestamp(dates.of(name)[0].cutoff), "part": name,
            "bought": answers, "purchases": answers, "spent": 40 * np.asarray(answers), "outcome": answers,
            "recency_days": random.exponential(40, len(answers)), "frequency": random.integers(1, 4, len(answers)),
            "tenure_days": random.integers(1, 700, len(answers))})

    learned, now = part("train", np.arange(300) % 2 * 1.0), part("score", np.full(200, np.nan))
    features = ("recency_days", "frequency", "tenure_days")
    examples = Examples(Target(), dates, pd.concat([learned, part("test", outcome), now], ignore_index=True), features)
    judged = pd.DataFrame({"customer_id": range(rows), "outcome": outcome, **chances_of})
    models = {name: fit("recency_rule", learned, features) for name in chances_of}
    chosen = next(iter(chances_of))
    scores = pd.DataFrame({"customer_id": range(200), "score": random.beta(1.5, 3, 200), "rule": 0.3})
    return Prediction(Choice(), examples, features, pd.DataFrame(), judged, models, chosen, models[chosen],
                      models[chosen], scores, (), seed)


def told_of(found) -> list[str]:
    return [key for key, _ in found.lacks]


def test_a_good_model_beside_the_rule():
    true = chances(1500)
    made = prediction(came(true), boosting=true, recency_rule=np.clip(true + np.random.default_rng(1).normal(0, .3, 1500), .01, .99))
    found = trusting.trust(made, of_rows(trusting.judged_rows(made)))
    assert (found.rows, found.sorting, found.reliability.verdict, told_of(found)) == (1500, "better", "holds", [])
    assert found.models.model.tolist() == ["boosting", "recency_rule"]
    assert found.top.count == 100 and found.top.found > found.top.by_rule > found.top.at_random
    assert not found.slices.off.any() and found.shift.rows_today == 200


@pytest.mark.parametrize(("noise", "sorting"), [(0.0, "alike"), (-1.0, "worse")])
def test_a_model_that_is_no_better_than_the_rule_is_told(noise, sorting):
    true = chances(1500)
    own = true if noise == 0 else np.clip(true + np.random.default_rng(1).normal(0, .3, 1500), .01, .99)
    made = prediction(came(true), boosting=own, recency_rule=np.clip(true * 0.9, .01, .99))
    assert trusting.trust(made).sorting == sorting


def test_lots_are_no_order_and_without_a_rule_there_is_no_difference():
    true = chances(600)
    found = trusting.trust(prediction(came(true), logistic=np.random.default_rng(2).permutation(true)))
    assert found.sorting == "no_order" and found.against_rule is None and found.top.by_rule is None
    assert trusting.trust(prediction(came(true), logistic=true)).sorting == "ordered"
    assert trusting.trust(prediction(came(true), recency_rule=true)).sorting == "is_rule"


@pytest.mark.parametrize(("outcome", "told", "judged"), [
    (np.zeros(100), ["one_class"], False), (np.ones(100), ["one_class"], False),
    (np.arange(40) % 2 * 1.0, ["few_rows"], True), (np.arange(600) < 12, ["few_yes"], True),
    (np.arange(10) < 1, ["few_rows", "few_yes"], False), (np.array([]), ["nothing_judged"], False)])
def test_thin_evidence_is_said_and_nothing_crashes(outcome, told, judged):
    outcome = np.asarray(outcome, dtype=float)
    chance = chances(len(outcome))
    made = prediction(outcome, boosting=chance, recency_rule=chance[::-1].copy())
    found = trusting.trust(made, of_rows(trusting.judged_rows(made)))
    assert told_of(found) == told
    assert (found.area is not None) == judged


def test_where_everybody_is_known_the_judged_are_those_to_act_on():
    true = chances(300)
    made = prediction(came(true), boosting=true)
    table = made.examples.part("train").assign(part="train")
    undated = Prediction(Choice(Target("column", column="extra:Churn")), Examples(Target("column"), None, table, made.features),
                         made.features, made.tried, made.judged, made.models, made.chosen, made.final, made.rule,
                         made.scores.head(0), (), 0)
    assert trusting.scored(undated).score.tolist() == sorted(true, reverse=True)
    assert len(trusting.judged_rows(undated)) == 300 and trusting.trust(undated).shift is None


class Told:
    """A way of predicting that says what it was given: log-odds, a column a class."""

    def __init__(self, chances: np.ndarray):
        self.chances = chances

    def margin(self, _encoding, rows) -> np.ndarray:
        return np.log(self.chances[rows.customer_id.to_numpy()])


def of_classes(outcome: np.ndarray, told: np.ndarray, classes: tuple[str, ...]) -> Prediction:
    """Judged are whether anything is bought, as of every prediction; the examples hold what."""
    anything = (outcome != ":nothing").astype(float)
    made = prediction(anything, boosting=told[:, :2].sum(axis=1))
    rows = made.examples.rows.astype({"outcome": object})
    rows.loc[rows.part == "test", "outcome"] = outcome
    fitted = Fitted("boosting", made.final.encoding, Told(told), classes=classes)
    return Prediction(Choice(Target("buys_category")), Examples(Target("buys_category"), made.examples.split, rows,
                      made.features), made.features, made.tried, made.judged, {"boosting": fitted}, "boosting", fitted,
                      fitted, made.scores, (), 0)


def test_several_classes_are_judged_too():
    random = np.random.default_rng(0)
    told = random.dirichlet((1, 1, 1), 1200)
    classes = ("Coffee", "Tea", ":nothing")
    outcome = np.array([random.choice(classes, p=row) for row in told], dtype=object)
    made = of_classes(outcome, told, classes)
    found = trusting.trust_classes(made)
    assert found.beats_commonest and found.measures["accuracy"] > 0.5
    assert found.sure.verdict == "holds" and found.each["class"].tolist() == list(classes)
    assert trusting.trust(made).reliability.verdict == "holds"  # whether anything is bought at all
    assert trusting.trust_classes(of_classes(outcome[:0], told[:0], classes)) is None


def test_naming_always_the_commonest_is_no_merit():
    outcome = np.array((["Tea"] * 7 + ["Coffee"] * 3) * 30, dtype=object)
    found = trusting.trust_classes(of_classes(outcome, np.tile([0.3, 0.7], (300, 1)), ("Coffee", "Tea")))
    assert not found.beats_commonest and found.measures["accuracy"] == found.measures["commonest"] == 0.7


# --- amounts --------------------------------------------------------------------------------------


def test_amounts_that_hold():
    random = np.random.default_rng(0)
    told = random.lognormal(3, 1, 2000)
    found = trusting.judge_spend(told * random.lognormal(-0.125, 0.5, 2000), told)
    assert found.beats_mean and found.verdict == "total_holds" and found.total_low < 0 < found.total_high
    assert found.tenths.rows.tolist() == [200] * 10 and found.tenths.predicted.is_monotonic_increasing
    inside = (found.tenths.low <= found.tenths.predicted) & (found.tenths.predicted <= found.tenths.high)
    assert inside.sum() >= 8


def test_a_sum_that_is_too_low_and_amounts_no_better_than_the_mean_are_told():
    random = np.random.default_rng(0)
    told = random.lognormal(3, 1, 2000)
    assert trusting.judge_spend(told * 1.5, told).verdict == "total_too_low"
    assert trusting.judge_spend(told, told * 1.5).verdict == "total_too_high"
    assert not trusting.judge_spend(random.permutation(told), told).beats_mean


def test_nothing_spent_is_no_crash():
    found = trusting.judge_spend(np.zeros(30), np.ones(30))
    assert np.isnan(found.total_low) and not found.beats_mean and found.verdict == "total_holds"
