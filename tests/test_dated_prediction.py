"""Dated prediction: what is known at a cutoff, what is learned forward in time, and what a reader is warned of."""
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from benchmarks.shops import SHOPS, Shop
from crm_core.errors import HistoryTooShort
from crm_core.purchase_prediction import Choice, Target, examples, predict, split
from crm_core.purchase_prediction.examples import FEATURES
from crm_core.purchase_prediction.judging import judge
from crm_core.purchase_prediction.split import Split, Window

FAST = Choice(models=("recency_rule", "logistic", "poisson", "boosting", "bgnbd", "blend"))


def fill(store, orders: pd.DataFrame) -> None:
    """Orders (customer_id, ordered_at, amount) in the book; customers have the ids 1, 2, … and that as their number."""
    with store.batch("import", "orders") as batch:
        numbers = range(1, int(orders.customer_id.max()) + 1)
        batch.add("customers", pd.DataFrame({"customer_no": [str(number) for number in numbers]}))
        batch.add("orders", pd.DataFrame({
            "order_no": [str(number) for number in range(len(orders))], "customer_id": orders.customer_id.to_numpy(),
            "ordered_at": pd.to_datetime(orders.ordered_at, format="mixed").to_numpy(), "status": "completed",
            "amount": orders.amount.to_numpy(float)}))


def known(store, shop: Shop, until: date | None = None, target: Target | None = None):
    fill(store, shop.orders[shop.orders.ordered_at < pd.Timestamp(until or date(2100, 1, 1)) + timedelta(days=1)])
    first = shop.orders.ordered_at.min().date()
    with store.look() as look:
        return examples(look, target or Target("buys", shop.horizon_days), split(first, shop.cutoff, shop.horizon_days))


def came(shop: Shop, customers) -> np.ndarray:
    after = shop.orders[(shop.orders.ordered_at > pd.Timestamp(shop.cutoff)) & (shop.orders.amount >= 0) & (
        shop.orders.ordered_at <= pd.Timestamp(shop.cutoff) + timedelta(days=shop.horizon_days))]
    return np.isin(customers, after.customer_id).astype(float)


# --- what is known --------------------------------------------------------------------------------


def test_the_gaps_the_season_and_the_refunds_of_a_customer(store):
    fill(store, pd.DataFrame([
        (1, "2025-03-20 10:00", 30), (1, "2025-05-01", 10), (1, "2025-06-01 09:00", 20), (1, "2025-06-01 17:00", 5),
        (1, "2025-06-10", -5), (1, "2026-03-01", 40)], columns=["customer_id", "ordered_at", "amount"]))
    dates = Split(date(2026, 3, 11), 30, 0, (Window("score", date(2026, 3, 11), date(2026, 4, 10)),))
    with store.look() as look:
        row = examples(look, Target("buys", 30), dates).rows.iloc[0]
    # 2025-03-20, 05-01, 06-01, 2026-03-01: 42, 31 and 273 days apart; ten days ago was the last one.
    assert (row.frequency, row.orders, row.recency_days, row.tenure_days) == (4, 5, 10, 356)
    assert (row.longest_gap, row.last_gap) == (273, 273)
    assert row.days_between_orders == pytest.approx(346 / 3)
    assert row.gap_deviation == pytest.approx(np.std([42, 31, 273]))
    assert row.overdue == pytest.approx(10 / (346 / 3))
    assert (row.monetary, row.net_monetary, row.refunded_share) == (105, 100, pytest.approx(5 / 105))
    assert (row.last_basket, row.largest_basket) == (40, 30 + 10)
    # The days after the cutoff, a year before: 2025-03-12 to 2025-04-10.
    assert (row.season_purchases, row.season_share) == (1, 0.25)


def test_whoever_was_not_there_a_year_ago_has_no_season(store):
    fill(store, pd.DataFrame([(1, "2026-01-01", 30)], columns=["customer_id", "ordered_at", "amount"]))
    dates = Split(date(2026, 3, 11), 30, 0, (Window("score", date(2026, 3, 11), date(2026, 4, 10)),))
    with store.look() as look:
        row = examples(look, Target("buys", 30), dates).rows.iloc[0]
    assert np.isnan(row.season_purchases) and np.isnan(row.season_share)


def test_nothing_after_a_cutoff_changes_a_feature(store, tmp_path):
    from crm_core.store import open_store

    shop = SHOPS["gifts"](3)
    cut = Shop(shop.orders[shop.orders.customer_id < 400], shop.cutoff, shop.horizon_days)
    twisted = cut.orders.copy()
    later = twisted.ordered_at > pd.Timestamp(cut.cutoff)
    twisted.loc[later, "amount"] = 9_999.0
    other = open_store(tmp_path / "other.duckdb", clock=lambda: datetime(2030, 1, 1))
    try:
        first = known(store, cut)
        second = known(other, Shop(pd.concat([twisted, twisted[later]]), cut.cutoff, cut.horizon_days))
    finally:
        other.close()
    pd.testing.assert_frame_equal(first.rows, second.rows)
    assert first.rows.part.isin(["train", "between", "calibrate", "test", "score"]).all()


def test_features_are_what_pandas_makes_of_the_same_orders(store):
    shop = SHOPS["random_buyers"](5)
    few = Shop(shop.orders[shop.orders.customer_id < 300], shop.cutoff, shop.horizon_days)
    rows = known(store, few).part("score").set_index("customer_id")
    orders = few.orders[few.orders.ordered_at <= pd.Timestamp(few.cutoff)]
    days = orders.groupby(["customer_id", "ordered_at"]).amount.sum().reset_index()
    days["gap"] = days.groupby("customer_id").ordered_at.diff().dt.days
    days["ago"] = (pd.Timestamp(few.cutoff) - days.ordered_at).dt.days
    told = days.groupby("customer_id").agg(
        frequency=("ago", "size"), recency_days=("ago", "min"), tenure_days=("ago", "max"), longest_gap=("gap", "max"),
        last_gap=("gap", "last"), days_between_orders=("gap", "mean"), last_basket=("amount", "last"))
    told["purchases_180_days"] = days[days.ago < 180].groupby("customer_id").size().reindex(told.index).fillna(0)
    # pandas' last passes over what is missing; a first order has no gap before it either way.
    pd.testing.assert_frame_equal(rows[told.columns], told.astype(float), check_names=False, rtol=1e-9)


# --- windows --------------------------------------------------------------------------------------


def test_no_label_crosses_the_day_that_is_scored_or_the_part_that_is_judged():
    for days, horizon in ((60, 90), (120, 90), (283, 90), (272, 273), (700, 90), (1765, 90), (420, 21)):
        as_of = date(2020, 1, 1) + timedelta(days=days)
        found = split(date(2020, 1, 1), as_of, horizon)
        assert all(window.until <= as_of for window in (*found.windows, *found.between) if window.part != "score")
        for part, earlier in (("test", ("train", "calibrate")), ("calibrate", ("train",))):
            for judged in found.of(part):
                assert all(window.until <= judged.cutoff for name in earlier for window in found.of(name))


def test_a_short_history_is_learned_from_by_a_shorter_horizon_and_says_so(store):
    shop = SHOPS["short_history"](1)
    shop = Shop(shop.orders[shop.orders.customer_id < 1200], shop.cutoff, shop.horizon_days)
    found = predict(known(store, shop, until=shop.cutoff), FAST)
    warned = dict(found.warnings)
    assert warned["shorter_horizon"] == {"horizon_days": 90, "learned_days": 47}
    assert warned["season_unseen"]["history_days"] == 170
    assert "calibrated_on_customers" in warned
    # The chances are of the whole horizon all the same.
    happened = came(shop, found.scores.customer_id)
    assert found.final.stretch > 1
    assert abs(found.scores.score.mean() - happened.mean()) < 0.06


# --- learning -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["weekly_grocery", "yearly_donors"])
def test_the_chosen_model_is_near_the_top_and_holds_what_it_says(store, name):
    shop = SHOPS[name](4)
    shop = Shop(shop.orders[shop.orders.customer_id <= 1500], shop.cutoff, shop.horizon_days)
    found = predict(known(store, shop, until=shop.cutoff), FAST)
    happened = came(shop, found.scores.customer_id)
    ours, rule = judge(happened, found.scores.score.to_numpy()), judge(happened, found.scores.rule.to_numpy())
    assert ours["auc"] > rule["auc"] + 0.01
    assert ours["ece"] < 0.06


def test_a_season_of_the_year_before_raises_the_chances(store):
    shop = SHOPS["gifts"](2)
    shop = Shop(shop.orders[shop.orders.customer_id <= 2500], shop.cutoff, shop.horizon_days)
    found = predict(known(store, shop, until=shop.cutoff), FAST)
    happened = came(shop, found.scores.customer_id).mean()
    assert found.final.season > 0.3
    assert abs(found.scores.score.mean() - happened) < 0.08


def test_the_model_is_not_chosen_on_the_part_that_it_is_judged_by(store):
    shop = SHOPS["random_buyers"](6)
    shop = Shop(shop.orders[shop.orders.customer_id <= 800], shop.cutoff, shop.horizon_days)
    given = known(store, shop)
    found = predict(given, FAST)
    twisted = given.rows.copy()
    here = twisted.part == "test"
    twisted.loc[here, "outcome"] = 1 - twisted.loc[here, "outcome"]
    from dataclasses import replace

    again = predict(replace(given, rows=twisted), FAST)
    assert again.chosen == found.chosen
    assert again.models["logistic"].calibration == found.models["logistic"].calibration
    assert again.tried.set_index("model").auc["logistic"] == pytest.approx(
        1 - found.tried.set_index("model").auc["logistic"])


def test_one_order_each_is_said_and_nothing_breaks(store):
    rng = np.random.default_rng(0)
    orders = pd.DataFrame({"customer_id": np.arange(1, 401), "amount": 10.0,
                           "ordered_at": pd.Timestamp("2025-01-01") + pd.to_timedelta(rng.integers(0, 400, 400), "D")})
    shop = Shop(orders, date(2026, 2, 1), 30)
    found = predict(known(store, shop), FAST)
    assert dict(found.warnings)["one_order_each"]["share"] == 1.0
    assert found.chosen == "recency_rule"
    assert found.scores.score.between(0, 1).all()


def test_a_history_of_days_only_asks_bgnbd_and_without_a_second_order_refuses(store):
    orders = pd.DataFrame([(n, f"2026-01-{1 + day:02}", 10) for n in range(1, 60) for day in {n % 9, (n * 5) % 11}],
                          columns=["customer_id", "ordered_at", "amount"])
    orders["ordered_at"] = pd.to_datetime(orders.ordered_at)
    shop = Shop(orders, date(2026, 1, 20), 30)
    given = known(store, shop)
    found = predict(given, FAST)
    assert found.chosen == "bgnbd" and dict(found.warnings)["no_outcome_known"] == {"horizon_days": 30}
    assert found.scores.score.between(0, 1).all()
    from dataclasses import replace

    with pytest.raises(HistoryTooShort):
        predict(replace(given, rows=given.rows.assign(frequency=1.0, recency_days=given.rows.tenure_days)), FAST)


def test_every_feature_has_its_words():
    from ui import words

    assert [name for name in FEATURES if not words.has(f"feature.{name}")] == []


def test_cdnow_comes_again_better_told_than_by_recency(store, data_set):
    table = pd.read_csv(data_set("cdnow") / "CDNOW_sample.txt", sep=r"\s+", header=None,
                        names=["master", "customer_id", "day", "cds", "amount"])
    orders = pd.DataFrame({"customer_id": table.customer_id, "amount": table.amount,
                           "ordered_at": pd.to_datetime(table.day.astype(str))})
    shop = Shop(orders, date(1997, 9, 30), 273)
    found = predict(known(store, shop, until=shop.cutoff), FAST)
    happened = came(shop, found.scores.customer_id)
    assert len(happened) == 2357
    assert judge(happened, found.scores.rule.to_numpy())["auc"] == pytest.approx(0.771, abs=0.002)
    assert judge(happened, found.scores.score.to_numpy())["auc"] > 0.778
