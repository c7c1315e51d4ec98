"""The question of a prediction: targets of every kind, dated features, the split, and the evidence before any model."""
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from crm_core import charts
from crm_core.charts import plotly
from crm_core.errors import CutoffOutsideData, NobodyToPredict, TargetUnknown
from crm_core.purchase_prediction import (
    Target,
    answerable,
    came,
    examples,
    gate,
    history,
    longest_horizon,
    offered,
    propose,
    proposed,
    rule_ranges,
    split,
    target_of,
)
from crm_core.purchase_prediction.examples import counts
from crm_core.purchase_prediction.gate import auc_half_width, share_range
from crm_core.purchase_prediction.headline import auc_difference
from crm_core.purchase_prediction.target import ANOTHER, NOTHING

LAST = date(2025, 12, 31)


def orders_of(rows) -> pd.DataFrame:
    """(customer_id, day, amount[, status]) → rows for the table orders."""
    return pd.DataFrame([{
        "order_no": f"O{place}", "customer_id": row[0], "ordered_at": pd.Timestamp(row[1]), "amount": float(row[2]),
        "status": row[3] if len(row) > 3 else "completed"} for place, row in enumerate(rows)])


def shop(store, rows, customers: int = 0, **columns) -> None:
    count = customers or max(row[0] for row in rows if row[0])
    with store.batch("add", "shop") as batch:
        batch.add("customers", pd.DataFrame({
            "customer_no": [f"C{number}" for number in range(1, count + 1)], **columns}))
        if rows:
            batch.add("orders", orders_of(rows))


def regular(customers: int, months: int = 24, every: int = 30) -> list[tuple]:
    """Each customer buys every `every` days, every other one stops early."""
    first = date(2024, 1, 1)
    return [(number, first + timedelta(days=number % every + every * turn), 10.0 + number)
            for number in range(1, customers + 1)
            for turn in range(months if number % 2 else months // 4)]


# --- the split ------------------------------------------------------------------------------------


def parts(first: date, as_of: date, days: int = 90, gap: int = 0) -> list[str]:
    return [window.part for window in split(first, as_of, days, gap).windows]


def test_outcomes_of_one_part_end_before_the_cutoff_of_the_next_with_the_gap_between():
    dates = split(date(2024, 11, 1), LAST, 60, gap_days=5)
    train, aside, test, score = dates.of("train"), dates.of("calibrate")[0], dates.of("test")[0], dates.of("score")[0]
    assert max(window.until for window in train) + timedelta(days=5) <= aside.cutoff
    assert aside.until + timedelta(days=5) == test.cutoff and test.until == score.cutoff == LAST


@pytest.mark.parametrize(("days_of_history", "found"), [
    (28 + 270, {"train", "calibrate", "test", "score"}), (28 + 180, {"train", "test", "score"}), (10, {"score"})])
def test_a_short_history_has_fewer_parts(days_of_history, found):
    assert set(parts(LAST - timedelta(days=days_of_history), LAST)) == found


def test_a_cutoff_before_the_first_order_is_refused():
    with pytest.raises(CutoffOutsideData):
        split(date(2025, 1, 1), date(2024, 12, 31), 90)


def test_the_longest_horizon_that_a_history_bears():
    assert [longest_horizon(LAST - timedelta(days=days), LAST) for days in (20, 60, 200, 400)] == [None, 7, 30, 90]


# --- dated targets --------------------------------------------------------------------------------


def test_a_purchase_of_the_day_after_the_cutoff_is_an_outcome_and_no_feature(store):
    shop(store, [(1, "2025-01-01", 30), (1, "2025-10-03", 20), (2, "2025-01-01", 30), (2, "2025-10-02", 20)])
    with store.look() as look:
        found = examples(look, Target("buys", 90), split(date(2025, 1, 1), LAST, 90))
    test = found.part("test").set_index("customer_id")  # its cutoff is 2025-10-02
    assert test.outcome.tolist() == [1, 0]
    assert test.frequency.tolist() == [1, 2] and test.recency_days.tolist() == [274, 0]


def test_whoever_leaves_was_active_and_has_no_order_in_the_horizon(store):
    shop(store, [(1, "2025-09-01", 5), (2, "2025-09-01", 5), (2, "2025-11-01", 5), (3, "2025-01-01", 5)])
    with store.look() as look:
        found = examples(look, Target("leaves", 90, active_days=90), split(date(2025, 1, 1), LAST, 90))
    assert found.part("test").set_index("customer_id").outcome.to_dict() == {1: 1.0, 2: 0.0}  # 3 was long gone


def test_the_next_category_is_the_one_with_most_money_on_the_next_day_with_a_purchase(store):
    with store.batch("add", "shop") as batch:
        batch.add("customers", pd.DataFrame({"customer_no": [f"C{number}" for number in range(1, 61)]}))
        batch.add("products", pd.DataFrame({"product_no": ["t", "p", "r"], "category": ["Tea", "Pots", "Rare"]}))
        rows = [(number, day, 9) for number in range(1, 61) for day in ("2024-11-15", "2025-05-15")
                if day == "2024-11-15" or number <= 50]
        batch.add("orders", orders_of(rows))
        lines = []
        for place, (number, day, _) in enumerate(rows, start=1):
            bought = {"t": 5, "p": 4} if day == "2024-11-15" or number <= 25 else {"t": 3, "p": 6}
            if day == "2025-05-15" and number == 50:
                bought = {"r": 9}
            lines += [{"order_id": place, "line_no": line, "product_id": "tpr".index(product) + 1, "quantity": 1.0,
                       "unit_price": float(money), "amount": float(money)}
                      for line, (product, money) in enumerate(bought.items(), start=1)]
        batch.add("order_lines", pd.DataFrame(lines))
    with store.look() as look:
        found = examples(look, Target("buys_category", 90), split(date(2024, 11, 15), LAST, 90))
    window = found.rows[found.rows.cutoff == "2025-04-05"]
    assert window.part.unique() == ["train"]
    assert found.classes == ("Tea", "Pots", ANOTHER, NOTHING)
    assert window.outcome.value_counts().to_dict() == {"Tea": 25, "Pots": 24, ANOTHER: 1, NOTHING: 10}


def test_refunds_and_free_orders_count_as_they_are_told(store):
    shop(store, [(1, "2025-01-01", 30), (1, "2025-02-01", 0), (1, "2025-03-01", -5), (2, "2025-01-01", 9, "cancelled"),
                 (None, "2025-01-01", 7), (1, "2031-01-01", 7)], customers=2)
    with store.look() as look:
        found = history(look, LAST)
    assert (found.orders, found.free, found.refunds, found.cancelled, found.nameless, found.future) == (2, 1, 1, 1, 1, 1)
    assert (found.first, found.newest, found.customers, found.once) == (date(2025, 1, 1), date(2025, 2, 1), 1, 0)


def test_what_came_of_a_day_in_the_past_is_told(store):
    shop(store, [(1, "2025-01-01", 30), (2, "2025-01-02", 30), (1, "2025-08-01", 5), (2, "2025-12-01", 5)])
    with store.look() as look:
        found = examples(look, Target("buys", 90), split(date(2025, 1, 1), date(2025, 7, 1), 90))
        assert found.part("score").outcome.isna().all()
        told = came(look, found, date(2025, 12, 1))
    assert told.set_index("customer_id").outcome.to_dict() == {1: 1.0, 2: 0.0}


def test_messages_are_known_as_of_each_cutoff_and_what_is_only_known_today_is_not_proposed(store):
    with store.batch("add", "shop") as batch:
        batch.add("customers", pd.DataFrame({
            "customer_no": ["C1", "C2"], "country": ["Bern", "Wien"], "stage": ["customer", "lead"],
            "consent_email": [True, False], "extra": ['{"Plan": "a"}', '{"Plan": "b"}']}))
        batch.add("orders", orders_of([(1, "2025-01-01", 5), (2, "2025-01-01", 5)]))
        batch.add("communications", pd.DataFrame({
            "customer_id": [1, 1], "occurred_at": pd.to_datetime(["2025-09-01", "2025-12-01"]), "channel": ["email"] * 2,
            "direction": ["in"] * 2, "content": ["a", "b"]}))
    with store.look() as look:
        told = {one.feature.name: one for one in offered(look, Target(), LAST)}
        found = examples(look, Target(), split(date(2025, 1, 1), LAST, 90), ("recency_days", "messages_in", "country"))
    assert found.rows[found.rows.customer_id == 1].groupby("part").messages_in.max().to_dict() == {
        "train": 0, "calibrate": 0, "between": 1, "test": 1, "score": 2}
    assert list(found.rows.country.cat.categories) == ["Bern", "Wien"]
    assert told["country"].proposed and told["messages_in"].proposed
    assert {told[name].why for name in ("stage", "consent_email") if name in told} == {"today"}


def test_only_the_members_of_a_segment_are_asked_about(store):
    from crm_core.clustering.keeping import keep_selection

    shop(store, regular(10))
    with store.batch("segment", "few") as batch:
        segment = keep_selection(batch, [1, 2, 3], "few", LAST)
    with store.look() as look:
        found = examples(look, Target(), split(date(2024, 1, 1), LAST, 90), segment_id=segment)
        assert set(found.rows.customer_id) == {1, 2, 3}
        with pytest.raises(NobodyToPredict):
            examples(look, Target(), split(date(2024, 1, 1), LAST, 90), segment_id=999)


# --- columns as targets ---------------------------------------------------------------------------


def with_fields(store, rows: int = 60) -> None:
    with store.batch("add", "table") as batch:
        batch.add("customers", pd.DataFrame({
            "customer_no": [f"C{number}" for number in range(rows)], "extra": [
                f'{{"Row": "{number}", "Income": "{1000 + number % 7}", "Plan": "{"ab"[number % 2]}", '
                f'"Status": "{"Gone" if number % 5 == 0 else "Here"}"'
                + (f', "Churn": "{"Yes" if number % 3 == 0 else "No"}"' if number < 50 else "") + "}"
                for number in range(rows)]}))


def test_a_column_is_learned_from_where_it_is_known_and_asked_where_it_is_not(store):
    with_fields(store)
    with store.look() as look:
        target = propose(look, LAST)
        assert target == Target("column", column="extra:Churn")
        names = proposed(offered(look, target, LAST))
        found = examples(look, target, None, names, as_of=LAST)
    assert found.rows.part.value_counts().to_dict() == {"train": 50, "score": 10}
    assert found.part("train").outcome.sum() == 17 and found.split is None
    # Neither the answer itself nor a number that counts the rows through tells customers apart.
    assert set(found.features) == {"extra:Income", "extra:Plan", "extra:Status"}


def test_of_a_column_with_kinds_one_value_is_the_yes_the_rarest_at_first(store):
    with_fields(store)
    with store.look() as look:
        status = {one.label: one for one in answerable(look, LAST)}["Status"]
        assert target_of(status).value == "Gone" and status.values == (("Gone", 12), ("Here", 48))
        found = examples(look, Target("column", column="extra:Status", value="Here"), None, (), as_of=LAST)
    assert found.part("train").outcome.sum() == 48


def test_a_number_can_be_asked_for_and_what_is_not_there_is_refused(store):
    with_fields(store)
    with store.look() as look:
        income = Target("column", column="extra:Income", column_kind="number")
        assert examples(look, income, None, (), as_of=LAST).part("train").outcome.max() == 1006
        for column in ("extra:Nowhere", "extra:Plan"):
            with pytest.raises(TargetUnknown):
                examples(look, Target("column", column=column), None, (), as_of=LAST)


def test_answers_to_a_campaign_are_of_those_it_reached_described_as_before_it(store):
    shop(store, [(1, "2025-01-01", 5), (1, "2025-06-01", 5), (2, "2025-01-01", 5), (3, "2025-01-01", 5),
                 (4, "2025-01-01", 5), (4, "2025-06-01", 5)])
    with store.batch("add", "campaign") as batch:
        batch.add("campaigns", pd.DataFrame({"name": ["Spring"], "starts_on": [date(2025, 5, 1)]}))
        batch.add("campaign_members", pd.DataFrame({
            "campaign_id": [1, 1, 1], "customer_id": [1, 2, 3], "variant": ["a", "a", "control"],
            "responded_at": pd.to_datetime(["2025-05-03", None, None])}))
    with store.look() as look:
        target = Target("column", column="campaign:1")
        found = examples(look, target, None, ("frequency",), as_of=LAST)
        assert {one.column for one in answerable(look, LAST)} >= {"campaign:1"}
    rows = found.rows.set_index("customer_id")
    assert rows.outcome[[1, 2]].tolist() == [1, 0] and rows.part[[3, 4]].tolist() == ["score", "score"]
    assert rows.frequency[[1, 4]].tolist() == [1, 2]  # 1's second order came after the campaign
    assert found.known_on == date(2025, 4, 30)


def test_the_target_is_never_among_the_features(store):
    with_fields(store)
    with store.look() as look:
        found = examples(look, Target("column", column="extra:Churn"), None, ("extra:Churn", "extra:Plan"), as_of=LAST)
    assert found.features == ("extra:Plan",) and "extra:Churn" not in found.rows


# --- the evidence ---------------------------------------------------------------------------------


def evidence(store, horizon: int = 90, as_of: date = LAST, target: str = "buys"):
    with store.look() as look:
        there = history(look, as_of)
        found = examples(look, Target(target, horizon), split(there.first, as_of, horizon))
    return found, gate(found, first_day=there.first)


def reasons(told) -> set[str]:
    return {key for key, _ in told.reasons}


def test_hundreds_who_did_and_did_not_are_enough(store):
    shop(store, regular(700, every=45))
    found, told = evidence(store)
    assert told.verdict == "enough" and told.models(("logistic", "boosting")) == ("logistic", "boosting")
    assert told.parts.part.tolist() == ["train", "calibrate", "test"] and 0.4 < told.base_rate < 0.6


def test_twelve_buyers_are_too_few_and_it_is_said_how_many_it_takes(store):
    often = [(number, date(2024, 1, 1) + timedelta(days=20 * turn), 9) for number in range(1, 13) for turn in range(36)]
    shop(store, [*often, *((number, "2024-01-05", 9) for number in range(13, 300))])
    found, told = evidence(store)
    assert told.verdict == "too_little" and {"too_few_to_learn", "too_few_to_test"} <= reasons(told)
    (key, need), = [need for need in told.needs if need[0].startswith("more")]
    assert key == "more_by" and need["count"] >= 2 and need["by"] > LAST
    ranges = rule_ranges(found)
    assert ranges.customers.sum() == 299 and ranges.then.sum() == (found.rows.part != "score").sum()
    assert (ranges.low <= ranges.share).all() and (ranges.share <= ranges.high).all()


def test_forty_buyers_are_for_simple_models_only(store):
    often = [(number, date(2024, 1, 1) + timedelta(days=20 * turn), 9) for number in range(1, 41) for turn in range(36)]
    shop(store, [*often, *((number, "2024-01-05", 9) for number in range(41, 400))])
    _, told = evidence(store)
    assert told.verdict == "few" and told.models(("recency_rule", "logistic", "boosting")) == ("recency_rule", "logistic")


def test_where_all_do_the_same_there_is_nothing_to_tell_apart(store):
    shop(store, [(number, date(2024, 1, 1) + timedelta(days=20 * turn), 9) for number in range(1, 60) for turn in range(36)])
    _, told = evidence(store)
    assert told.verdict == "too_little" and "one_class" in reasons(told)


def test_one_order_a_customer_is_said(store):
    shop(store, [(number, date(2024, 1, 1) + timedelta(days=number), 9) for number in range(1, 700)])
    _, told = evidence(store)
    assert {"one_class", "all_once"} <= reasons(told) and told.verdict == "too_little"


def test_a_history_that_is_too_short_names_the_day_and_a_horizon_that_fits(store):
    shop(store, regular(100, months=5))
    found, told = evidence(store, as_of=date(2024, 5, 30))
    assert "shorter_horizon" in reasons(told) and found.split.outcome_days < 90
    assert told.horizon_that_fits == 30
    assert dict(told.needs)["history"]["from"] == date(2024, 1, 1) + timedelta(days=28 + 270)
    assert rule_ranges(found).customers.sum() == 100


def test_orders_of_a_few_weeks_are_not_enough_for_any_horizon(store):
    shop(store, [(number, date(2025, 12, 1 + number % 28), 9) for number in range(1, 60)])
    found, told = evidence(store)
    assert told.verdict == "too_little" and "too_short" in reasons(told) and told.horizon_that_fits is None
    assert rule_ranges(found).share.isna().all() and rule_ranges(found).customers.sum() == 59


def test_a_table_whose_answer_nobody_gave_has_nothing_to_learn_from(store):
    with_fields(store)
    with store.look() as look:
        found = examples(look, Target("column", column="extra:Churn"), None, ("extra:Plan",), as_of=LAST)
        told = gate(found)
        assert told.verdict == "too_little" and told.customers == 10  # 17 who churned are fewer than 20
    assert counts(found).base_rate.tolist() == [pytest.approx(0.34)]
    assert rule_ranges(found)[["then", "yes", "customers"]].values.tolist() == [[50, 17, 10]]


@pytest.mark.parametrize(("positives", "negatives", "half_width"), [(13, 400, 0.155), (30, 400, 0.10), (1000, 1000, 0.021)])
def test_the_width_of_an_auc_is_that_of_hanley_and_mcneil(positives, negatives, half_width):
    assert auc_half_width(positives, negatives) == pytest.approx(half_width, abs=0.006)


def test_the_range_of_a_share_is_wilsons():
    assert share_range(5, 20) == pytest.approx((0.112, 0.469), abs=0.001)
    assert share_range(0, 0) == (0.0, 1.0)


def test_two_models_are_compared_on_the_same_rows_as_delong_does():
    random = np.random.default_rng(0)
    outcome = (random.uniform(size=4000) < 0.4).astype(float)
    good, poor = outcome + random.normal(size=4000), outcome + 3 * random.normal(size=4000)
    difference, error = auc_difference(outcome, good, poor)
    drawn = [auc_difference(outcome[rows], good[rows], poor[rows])[0]
             for rows in (random.integers(0, 4000, 4000) for _ in range(60))]
    assert difference > 0.1 and error == pytest.approx(np.std(drawn), rel=0.3)
    assert auc_difference(outcome, good, good)[0] == 0


# --- the time line --------------------------------------------------------------------------------


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_time_line_draws_each_window_with_its_base_rate(theme, language):
    from ui import words

    def say(key, **blanks):
        return words.sentence(language, key, **blanks)

    dates = split(date(2024, 1, 1), LAST, 60, gap_days=7)
    table = pd.DataFrame({"cutoff": [pd.Timestamp(window.cutoff) for window in dates.windows], "examples": 100,
                          "share": [0.31] * (len(dates.windows) - 1) + [np.nan]})
    weeks = pd.DataFrame({"week": pd.date_range("2024-01-01", "2025-12-29", freq="7D"), "orders": 7})
    chart = charts.split_timeline(dates, table, weeks, date(2024, 1, 1), "Share who bought", say, language)
    figure = plotly.draw(chart, theme, language)
    told = [note.text for note in figure.layout.annotations]
    assert told.count("31%") == len(dates.windows) - 1
    assert list(figure.layout.yaxis.ticktext) == [say(f"split.{part}") for part in ("train", "calibrate", "test", "score")]
    assert "7" in " ".join(chart.notes) and len(chart.frame) == len(dates.windows)
    assert plotly.to_csv(chart).count("\n") == len(dates.windows) + 1
