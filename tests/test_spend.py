"""What customers will spend: beside the mean, right in total, with ranges that hold."""
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from benchmarks.shops import SHOPS, Shop
from crm_core.purchase_prediction import Choice, Target, amounts
from crm_core.purchase_prediction.spend import judge_amounts, predict_spend
from tests.test_clustering_page import answered
from tests.test_dated_prediction import known
from tests.test_pages import demo, opened

__all__ = ["demo"]


def spend_of(store, name: str, customers: int, seed: int = 4):
    shop = SHOPS[name](seed)
    shop = Shop(shop.orders[shop.orders.customer_id <= customers], shop.cutoff, shop.horizon_days)
    target = Target("spends", shop.horizon_days)
    given = known(store, shop, until=shop.cutoff, target=target)
    found = predict_spend(given, Choice(target=target))
    after = shop.orders[(shop.orders.ordered_at > pd.Timestamp(shop.cutoff)) & (
        shop.orders.ordered_at <= pd.Timestamp(shop.cutoff) + timedelta(days=shop.horizon_days))]
    return found, given, after.groupby("customer_id").amount.sum().clip(lower=0).reindex(found.scores.customer_id).fillna(0)


def test_amounts_are_judged_by_their_errors_their_order_and_their_sum():
    told = judge_amounts(np.array([0.0, 10.0, 20.0]), np.array([0.0, 20.0, 40.0]))
    assert told == {"mae": 10.0, "rmse": pytest.approx(np.sqrt(500 / 3)), "spearman": pytest.approx(1.0),
                    "total_error": pytest.approx(1.0)}


def test_a_chosen_way_beats_the_mean_and_holds_the_total_and_the_ranges(store):
    found, _, came = spend_of(store, "weekly_grocery", 1500)
    ours = judge_amounts(came.to_numpy(), found.scores.amount.to_numpy())
    plain = np.abs(came - came.mean()).mean()
    assert ours["mae"] < 0.6 * plain and ours["spearman"] > 0.7 and abs(ours["total_error"]) < 0.15
    inside = ((came.to_numpy() >= found.scores.low) & (came.to_numpy() <= found.scores.high)).mean()
    assert 0.75 < inside <= 0.98
    assert set(found.tried.model) == set(amounts.AMOUNT_MODELS)
    assert bool(found.tried.set_index("model").beats_mean[found.chosen])


def test_where_nobody_comes_again_the_mean_is_taken_and_it_says_so(store):
    found, _, _ = spend_of(store, "once_only", 1500)
    assert found.chosen == "mean"
    assert ("no_better_than_mean", {}) in found.warnings
    assert not found.tried.set_index("model").beats_mean["mean"]


def test_what_is_spent_later_decides_nothing_that_is_chosen(store):
    found, given, _ = spend_of(store, "random_buyers", 900)
    twisted = given.rows.copy()
    here = twisted.part == "test"
    twisted.loc[here, "spent"] = np.random.default_rng(1).permutation(twisted.loc[here, "spent"])
    again = predict_spend(replace(given, rows=twisted), found.choice)
    assert again.chosen == found.chosen
    assert again.tried.set_index("model").spearman[found.chosen] < found.tried.set_index("model").spearman[found.chosen]


def test_a_number_of_a_table_is_predicted_by_customers_apart():
    from crm_core.purchase_prediction import Examples

    rng = np.random.default_rng(0)
    rows = pd.DataFrame({"customer_id": np.arange(400), "cutoff": pd.NaT, "part": "train", "size": rng.normal(size=400)})
    rows["outcome"] = 3 * rows["size"] + rng.normal(size=400)
    rows.loc[380:, ["part", "outcome"]] = ["score", np.nan]
    target = Target("column", column="extra:worth", column_kind="number")
    found = predict_spend(Examples(target, None, rows, ("size",)), Choice(target=target))
    best = found.tried.set_index("model").loc[found.chosen]
    assert best.spearman > 0.8 and len(found.scores) == 20 and found.scores.amount.min() < 0


@pytest.mark.parametrize(("language", "told"), [("en", "80 of 100 are expected between"), ("zh", "预计 100 人中有 80 人")])
def test_the_page_tells_amounts_with_their_ranges_and_the_ways_beside_the_mean(demo, monkeypatch, language, told):
    app = opened("purchase_prediction", demo, monkeypatch, kind="spends", language=language)
    assert told in answered(app)
    customers, ways = (frame.value for frame in app.dataframe[-2:])
    amount, low, high = (customers.iloc[:, place] for place in (-3, -2, -1))
    assert (low <= amount + 1e-9).all() and (high >= amount - 1e-9).all()
    assert amount.is_monotonic_decreasing and len(ways) == 7 and customers.iloc[:, 0].notna().all()


def test_the_steps_of_amounts_are_filled_and_the_ways_stand_in_the_step_learn(demo, monkeypatch):
    app = opened("purchase_prediction", demo, monkeypatch, kind="spends", step="learn")
    said = answered(app)
    assert [title.value for title in app.subheader] == ["Ways of predicting amounts beside the plain mean", "What they will spend"]
    assert len(app.dataframe[0].value) == 7 and "spent something" in said
