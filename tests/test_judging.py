"""How good chances, classes and amounts are: hand-worked, and as other libraries say it."""
import numpy as np
import pytest
from sklearn import metrics

from crm_core.purchase_prediction.judging import (
    brier_parts,
    confusion,
    equal_bins,
    found_among,
    judge,
    judge_amounts,
    judge_classes,
    lift,
)
from crm_core.purchase_prediction.trust import delong
from crm_core.purchase_prediction.trust.curves import average_precision_interval, gains, precision_recall, roc
from crm_core.purchase_prediction.trust.intervals import wilson

# DeLong, DeLong & Clarke-Pearson 1988: albumin, total protein, K-G score (turned), and who benefits from surgery;
# the rows without a gap, as statistics packages print them with their answers.
OVARIAN = np.array(["3.0", "5.8", "10", "0", "3.2", "6.3", "5", "1", "3.9", "6.8", "3", "1", "2.8", "4.8", "6", "0", "3.2", "5.8", "3", "1", "0.9", "4.0", "5", "0", "2.5", "5.7", "8", "0", "1.6", "5.6", "5", "1", "3.8", "5.7", "5", "1", "3.7", "6.7", "6", "1", "3.2", "5.4", "4", "1", "3.8", "6.6", "6", "1", "4.1", "6.6", "5", "1", "3.6", "5.7", "5", "1", "4.3", "7.0", "4", "1", "3.6", "6.7", "4", "0", "2.3", "4.4", "6", "1", "4.2", "7.6", "4", "0", "4.0", "6.6", "6", "0", "3.5", "5.8", "6", "1", "3.8", "6.8", "7", "1", "3.0", "4.7", "8", "0", "4.5", "7.4", "5", "1", "3.7", "7.4", "5", "1", "3.1", "6.6", "6", "1", "4.1", "8.2", "6", "1", "4.3", "7.0", "5", "1", "4.3", "6.5", "4", "1", "3.2", "5.1", "5", "1", "2.6", "4.7", "6", "1", "3.3", "6.8", "6", "0", "1.7", "4.0", "7", "0", "3.7", "6.1", "5", "1", "3.3", "6.3", "7", "1", "4.2", "7.7", "6", "1", "3.5", "6.2", "5", "1", "2.9", "5.7", "9", "0", "2.1", "4.8", "7", "1", "2.8", "6.2", "8", "0", "4.0", "7.0", "7", "1", "3.3", "5.7", "6", "1", "3.7", "6.9", "5", "1", "3.6", "6.6", "5", "1"], float)
ALBUMIN, PROTEIN, SCORE, BENEFITS = OVARIAN.reshape(-1, 4).T


def some(rows: int = 400, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Chances with ties, and outcomes that follow them."""
    random = np.random.default_rng(seed)
    chance = random.beta(1, 3, rows).round(2)
    return (random.random(rows) < chance).astype(float), chance


# --- areas ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("measured", "auc", "error"), [
    (10 - SCORE, 0.7258, 0.1028), (ALBUMIN, 0.7366, 0.0927), (PROTEIN, 0.6478, 0.1000)])
def test_areas_are_those_of_the_published_example(measured, auc, error):
    found = delong.area(BENEFITS, measured)
    assert (round(found.auc, 4), round(found.error, 4)) == (auc, error)
    assert 0 < found.low < found.auc < found.high < 1


@pytest.mark.parametrize(("measured", "difference", "error", "low", "high", "p"), [
    (ALBUMIN, 0.0108, 0.0953, -0.1761, 0.1976, 0.9102), (PROTEIN, -0.0780, 0.1046, -0.2830, 0.1271, 0.4561)])
def test_differences_are_those_of_the_published_example(measured, difference, error, low, high, p):
    found = delong.difference(BENEFITS, measured, 10 - SCORE)
    assert [round(value, 4) for value in (found.difference, found.error, found.low, found.high, found.p)] == [
        difference, error, low, high, p]


def test_midranks_give_what_comparing_every_pair_gives():
    outcome, chance = some(120)
    other = np.random.default_rng(1).permutation(chance)
    yes, no = outcome == 1, outcome == 0

    def pairs(values):
        return (values[yes][:, None] > values[no]) + 0.5 * (values[yes][:, None] == values[no])

    one, two = pairs(chance), pairs(other)
    parts = [np.cov(one.mean(axis=axis), two.mean(axis=axis)) / size for axis, size in ((1, yes.sum()), (0, no.sum()))]
    spread = parts[0] + parts[1]
    found = delong.difference(outcome, chance, other)
    assert found.difference == pytest.approx(one.mean() - two.mean())
    assert found.error == pytest.approx(np.sqrt(spread[0, 0] + spread[1, 1] - 2 * spread[0, 1]))


def test_ninety_five_of_a_hundred_intervals_hold_the_true_area():
    """Two normal spreads one apart: the area is Φ(1/√2) = .7602."""
    held = 0
    for seed in range(300):
        random = np.random.default_rng(seed)
        outcome = np.repeat([1.0, 0.0], [40, 80])
        found = delong.area(outcome, random.normal(size=120) + outcome)
        held += found.low <= 0.76025 <= found.high
    assert 275 <= held <= 297


def test_a_perfect_order_of_few_is_not_certain():
    found = delong.area(np.array([1.0, 1, 1, 0, 0, 0, 0]), np.arange(7, 0, -1) / 10)
    assert found.auc == 1 and found.low < 0.6 and found.high == 1


def test_the_interval_of_average_precision_narrows_with_the_positives():
    few, many = average_precision_interval(0.4, 20), average_precision_interval(0.4, 2000)
    assert few[0] < many[0] < 0.4 < many[1] < few[1]
    assert many == pytest.approx((0.3787, 0.4217), abs=1e-3)  # log-odds −.405 ± 1.96/√(2000 × .24)


# --- curves ---------------------------------------------------------------------------------------


def test_the_roc_curve_is_scikit_learns():
    outcome, chance = some()
    false_alarms, found, _ = metrics.roc_curve(outcome, chance, drop_intermediate=False)
    made = roc(outcome, chance)
    assert made.false_alarms.to_numpy() == pytest.approx(false_alarms)
    assert made.found.to_numpy() == pytest.approx(found)


def test_precision_and_recall_are_scikit_learns():
    outcome, chance = some()
    right, found, _ = metrics.precision_recall_curve(outcome, chance)
    made = precision_recall(outcome, chance)
    assert made.right.to_numpy() == pytest.approx(right[:-1][::-1]) and made.found.to_numpy() == pytest.approx(
        found[:-1][::-1])


def test_a_long_curve_is_thinned_and_keeps_its_ends():
    random = np.random.default_rng(0)
    outcome, chance = (random.random(20_000) < 0.3).astype(float), random.random(20_000)
    made = roc(outcome, chance)
    assert len(made) <= 200
    assert made.iloc[0][["false_alarms", "found"]].tolist() == [0, 0]
    assert made.iloc[-1][["false_alarms", "found"]].tolist() == [1, 1]


def test_gains_and_lift_by_hand():
    made = gains(np.array([1.0, 0, 1, 0]), np.array([0.9, 0.5, 0.5, 0.1]))
    assert made.taken.tolist() == [0, 0.25, 0.75, 1] and made.found.tolist() == [0, 0.5, 1, 1]
    assert made.lift[1:].tolist() == pytest.approx([2, 4 / 3, 1])


def test_who_ties_for_the_last_places_counts_by_their_share():
    outcome, chance = np.array([1.0, 0, 1, 0, 0]), np.array([0.9, 0.5, 0.5, 0.5, 0.1])
    assert found_among(outcome, chance, 2) == pytest.approx(1 + 1 / 3)
    assert lift(outcome, np.full(5, 0.4), 0.2) == pytest.approx(1)  # no order, no lift, whatever the rows' order


# --- chances --------------------------------------------------------------------------------------


def test_figures_are_scikit_learns():
    outcome, chance = some()
    found = judge(outcome, chance)
    assert found["auc"] == pytest.approx(metrics.roc_auc_score(outcome, chance))
    assert found["pr_auc"] == pytest.approx(metrics.average_precision_score(outcome, chance))
    assert found["brier"] == pytest.approx(metrics.brier_score_loss(outcome, chance))


def test_murphys_parts_by_hand():
    """.8 told four times, came three; .2 told four times, came one: nothing but the base rate's .25 to explain."""
    outcome, chance = np.array([1.0, 1, 1, 0, 1, 0, 0, 0]), np.repeat([0.8, 0.2], 4)
    found = brier_parts(outcome, chance)
    assert found["reliability"] == pytest.approx(0.05**2)
    assert found["resolution"] == pytest.approx(0.25**2)
    assert found["uncertainty"] == pytest.approx(0.25) and found["within"] == pytest.approx(0)
    assert found["brier"] == pytest.approx(0.05**2 - 0.25**2 + 0.25)
    assert found["skill"] == pytest.approx(1 - found["brier"] / 0.25)


def test_parts_of_many_chances_add_up_with_what_the_bins_hide():
    found = brier_parts(*some())
    assert found["brier"] == pytest.approx(
        found["reliability"] - found["resolution"] + found["uncertainty"] + found["within"])
    assert abs(found["within"]) < 0.01


def test_bins_have_equal_counts_and_keep_ties_together():
    assert np.bincount(equal_bins(np.arange(100) / 100)).tolist() == [10] * 10
    assert equal_bins(np.array([0.1, 0.1, 0.1, 0.9])).tolist() == [0, 0, 0, 1]
    _, chance = some()
    placed = equal_bins(chance)
    assert all(len(set(placed[chance == value])) == 1 for value in set(chance)) and placed.max() <= 9


def test_confusion_by_hand():
    found = confusion(np.array([1.0, 1, 0, 0, 0]), np.array([1, 0, 1, 0, 0]))
    assert (found["hits"], found["misses"], found["in_vain"], found["rightly_left"]) == (1, 1, 1, 2)
    assert (found["precision"], found["recall"], found["specificity"]) == (0.5, 0.5, pytest.approx(2 / 3))
    assert np.isnan(confusion(np.array([1.0, 0]), np.array([0, 0]))["precision"])


def test_wilsons_interval_is_the_published_one():
    """10 of 20: .2993 to .7007; 0 of 10: 0 to .2775 (Newcombe 1998, method 3)."""
    assert wilson(10, 20) == pytest.approx((0.2993, 0.7007), abs=5e-5)
    assert wilson(0, 10) == pytest.approx((0, 0.2775), abs=5e-5)


# --- classes and amounts --------------------------------------------------------------------------


def test_classes_are_judged_each_against_the_rest():
    classes = ("Coffee", "Tea", "none")
    outcome = np.array(["Tea", "Tea", "Coffee", "none", "Coffee", "none"], dtype=object)
    chances = np.array([[.1, .8, .1], [.2, .3, .5], [.7, .2, .1], [.1, .1, .8], [.3, .4, .3], [.2, .2, .6]])
    whole, each = judge_classes(outcome, chances, classes)
    assert whole["accuracy"] == pytest.approx(4 / 6) and whole["commonest"] == pytest.approx(1 / 3)
    assert whole["auc"] == pytest.approx(metrics.roc_auc_score(outcome, chances, multi_class="ovr", labels=classes))
    assert whole["log_loss"] == pytest.approx(metrics.log_loss(outcome, chances, labels=classes))
    tea = each.set_index("class").loc["Tea"]
    assert (tea.rows, tea.precision, tea.recall) == (2, 0.5, 0.5)


def test_a_class_that_nobody_learned_is_a_miss_and_no_crash():
    whole, each = judge_classes(np.array(["Tea", "Mate"], dtype=object), np.array([[.9, .1], [.5, .5]]), ("Tea", "none"))
    assert whole["accuracy"] == 0.5 and np.isfinite(whole["log_loss"]) and np.isnan(each.auc[1])


def test_amounts_by_hand():
    found = judge_amounts(np.array([0.0, 10, 20, 70]), np.array([5.0, 5, 30, 40]))
    assert found["mae"] == pytest.approx(12.5) and found["rmse"] == pytest.approx(np.sqrt((25 + 25 + 100 + 900) / 4))
    assert found["total_error"] == pytest.approx(-0.2)
    assert found["spearman"] == pytest.approx(0.9487, abs=1e-4)
    assert np.isnan(judge_amounts(np.zeros(3), np.ones(3))["spearman"])
