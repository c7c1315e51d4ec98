"""Cohorts: who comes back, from what denominators, and how soon the next order comes."""
import re
from datetime import date

import numpy as np
import pandas as pd
import pytest

from crm_core import charts
from crm_core.time_series import cohorts
from crm_core.time_series.cohorts import Asked
from tests.test_pages import opened, texts
from ui import words

# Ada comes back twice, Bo in March, Chen never; Dee begins in February, Eve in March by two orders at once.
ORDERS = [
    ("Ada", "2026-01-03", 30, "web"), ("Ada", "2026-02-08", 20, "shop"), ("Ada", "2026-03-01", 25, "web"),
    ("Bo", "2026-01-09", 20, "shop"), ("Bo", "2026-03-02", 20, "shop"),
    ("Chen", "2026-01-31", 10, "web"),
    ("Dee", "2026-02-14", 40, "web"), ("Dee", "2026-02-20", 5, "web"),
    ("Eve", "2026-03-05", 7, "web"), ("Eve", "2026-03-05", 8, "shop")]


def shop(store, orders, others=()):
    """A book with these orders: (customer, day, amount, channel); the ids of the customers by name."""
    people = {name: place for place, name in enumerate(dict.fromkeys(name for name, *_ in orders), 1)}
    with store.batch("test") as batch:
        batch.add("customers", [{"name": name, "region": "North" if place % 2 else "South"}
                                for name, place in people.items()])
        batch.add("orders", pd.DataFrame([
            {"order_no": f"o{place}", "customer_id": people[name], "ordered_at": pd.Timestamp(day) + pd.Timedelta(hours=10),
             "status": "completed", "channel": channel, "amount": amount}
            for place, (name, day, amount, channel) in enumerate(orders)]))
        if others:
            batch.add("orders", pd.DataFrame([{"status": "completed", "order_no": f"x{place}", **row}
                                              for place, row in enumerate(others)]))
    return people


def read(store, as_of, interval="month", split="", segment=0, **more):
    with store.look() as look:
        return cohorts.read(look, Asked(interval, split=split, segment=segment, **more), as_of, 6)[0]


def rows(cells, *columns):
    return [tuple(row) for row in cells[list(columns)].itertuples(index=False)]


def test_a_cohort_is_followed_from_month_to_month_with_its_size(store):
    shop(store, ORDERS)
    cells = read(store, date(2026, 3, 10)).assign(cohort=lambda cells: cells.cohort.dt.strftime("%m"))
    assert rows(cells, "cohort", "age", "size", "active", "orders", "revenue", "whole") == [
        ("01", 0, 3, 3, 3, 60.0, True), ("01", 1, 3, 1, 1, 20.0, True), ("01", 2, 3, 2, 2, 45.0, False),
        ("02", 0, 1, 1, 2, 45.0, True), ("02", 1, 1, 0, 0, 0.0, False),
        ("03", 0, 1, 1, 2, 15.0, False)]
    assert cohorts.measured(cells, "customers").value.round(3).tolist() == [1.0, 0.333, 0.667, 1.0, 0.0, 1.0]
    assert cohorts.measured(cells, "orders").value.round(3).tolist() == [1.0, 0.333, 0.667, 2.0, 0.0, 2.0]
    assert cohorts.measured(cells, "cumulative").value.round(2).tolist() == [20.0, 26.67, 41.67, 45.0, 45.0, 15.0]


def test_a_month_is_over_on_its_last_day(store):
    shop(store, ORDERS)
    assert read(store, date(2026, 3, 31)).whole.all() and not read(store, date(2026, 3, 30)).whole.all()


def test_all_cohorts_together_count_only_periods_that_are_over(store):
    shop(store, ORDERS)
    found = cohorts.pooled(read(store, date(2026, 3, 10)), "customers")
    assert rows(found, "age", "value", "customers", "cohorts") == [(0, 1.0, 4, 2), (1, 1 / 3, 3, 1)]
    money = cohorts.pooled(read(store, date(2026, 3, 31)), "cumulative")
    assert money.value.round(3).tolist() == [24.0, round(24 + 20 / 4, 3), round(24 + 5 + 45 / 3, 3)]


@pytest.mark.parametrize(("interval", "expected"), [
    ("week", [("2025-12-29", 1), ("2026-01-05", 1), ("2026-01-26", 1), ("2026-02-09", 1), ("2026-03-02", 1)]),
    ("quarter", [("2026-01-01", 5)]), ("year", [("2026-01-01", 5)])])
def test_cohorts_by_other_periods(interval, expected, store):
    shop(store, ORDERS)
    cells = read(store, date(2026, 3, 10), interval)
    own = cells[cells.age == 0]
    assert rows(own.assign(cohort=own.cohort.dt.strftime("%Y-%m-%d")), "cohort", "size") == expected


def test_a_split_is_by_the_first_order_and_a_region_by_the_customer(store):
    shop(store, ORDERS)
    sizes = {split: read(store, date(2026, 3, 10), split=split).query("age == 0").groupby("series")["size"].sum().to_dict()
             for split in ("channel", "region")}
    assert sizes == {"channel": {"shop": 1, "web": 4}, "region": {"North": 3, "South": 2}}


def test_what_is_cancelled_free_deleted_or_of_nobody_begins_no_cohort(store):
    people = shop(store, ORDERS[3:5], others=[
        {"customer_id": 1, "ordered_at": "2025-11-01", "amount": 9, "status": "cancelled"},
        {"customer_id": 1, "ordered_at": "2025-12-01", "amount": 0},
        {"customer_id": 1, "ordered_at": "2025-12-02", "amount": -5},
        {"customer_id": None, "ordered_at": "2025-12-03", "amount": 5}])
    assert read(store, date(2026, 3, 10)).query("age == 0").cohort.dt.strftime("%Y-%m").tolist() == ["2026-01"]
    with store.look() as look:
        assert cohorts.newest_day(look, date(2026, 3, 2)) == date(2026, 1, 9)  # today's are not over
    with store.batch("delete") as batch:
        batch.remove("customers", list(people.values()))
    assert read(store, date(2026, 3, 10)).empty


def test_segments_split_and_narrow(store):
    people = shop(store, ORDERS)
    with store.batch("test") as batch:
        ids = batch.add("segments", [{"name": name, "kind": "selection", "as_of": date(2026, 3, 1)} for name in ("A", "B")])
        batch.add("segment_members", [{"segment_id": ids[place], "customer_id": people[name], "as_of": date(2026, 3, 1)}
                                      for place, name in ((0, "Ada"), (0, "Bo"), (1, "Ada"))])
    cells = read(store, date(2026, 3, 31), split="segment")
    cells = cells[cells.cohort == pd.Timestamp("2026-01-01")]
    assert rows(cells[cells.age == 2], "series", "size", "active") == [("A", 2, 2), ("B", 1, 1)]
    assert read(store, date(2026, 3, 31), segment=ids[1])["size"].tolist() == [1, 1, 1]


def test_cells_are_those_that_pandas_finds(store):
    random = np.random.default_rng(5)
    days = pd.date_range("2025-01-01", "2025-12-20")
    orders = [(f"c{random.integers(60)}", str(random.choice(days))[:10], float(random.integers(1, 90)), "web")
              for _ in range(400)]
    shop(store, orders)
    told = pd.DataFrame(orders, columns=["name", "day", "amount", "channel"])
    told["month"] = pd.to_datetime(told.day).dt.to_period("M")
    told["cohort"] = told.groupby("name").month.transform("min")
    told["age"] = (told.month - told.cohort).map(lambda months: months.n)
    expected = told.groupby(["cohort", "age"]).agg(active=("name", "nunique"), orders=("day", "size"),
                                                   revenue=("amount", "sum"))
    cells = read(store, date(2025, 12, 31))
    found = cells[cells.active > 0].assign(cohort=cells.cohort.dt.to_period("M")).set_index(["cohort", "age"])
    pd.testing.assert_frame_equal(found[["active", "orders", "revenue"]], expected, check_dtype=False)
    assert (cells.groupby("cohort")["size"].first().to_numpy()
            == told.drop_duplicates("name").groupby("cohort").size().to_numpy()).all()


# --- from order to order --------------------------------------------------------------------------


def taken(store, as_of=date(2026, 3, 10)):
    with store.look() as look:
        return cohorts.read(look, Asked(), as_of, 6)[1]


def test_the_funnel_from_order_to_order_with_the_days_between(store):
    shop(store, ORDERS)
    found = cohorts.steps(taken(store), 30)
    assert rows(found, "step", "customers", "went_on", "median_days") [:2] == [(1, 5, 4, 6.0), (2, 4, 1, 21.0)]
    assert rows(found, "step", "customers")[2] == (3, 1)
    assert found.share.round(3).tolist() == [0.8, 0.25, 0.0]
    # After the first order: Eve 0 days, Dee 6, Ada 36, Bo 52; Chen still waits after 38.
    curve = cohorts.waiting(taken(store).query("step == 1"))
    assert rows(curve.round(3), "days", "share", "customers") == [
        (0, 0.2, 5), (6, 0.4, 4), (36, 0.6, 3), (38, 0.6, 2), (52, 1.0, 1)]
    assert found["within"].iloc[0] == pytest.approx(0.4)


def test_orders_after_the_last_step_are_not_waited_for(store):
    shop(store, [("Ada", f"2026-01-{day:02}", 5, "web") for day in range(1, 12)])
    told = cohorts.steps(taken(store), 30)
    assert told.step.tolist() == list(range(1, cohorts.MOST_STEPS + 1)) and told.went_on.tolist() == [1] * 8


def test_days_and_periods_are_those_of_the_workspace(store):
    shop(store, [("Ada", "2026-01-31", 5, "web"), ("Ada", "2026-02-28", 5, "web")])  # at ten in the morning, UTC
    with store.batch("later") as batch:
        batch.change("orders", [{"id": 1, "ordered_at": "2026-01-31 23:30"}])
    assert read(store, date(2026, 3, 1)).query("age == 0").cohort.dt.month.tolist() == [1]
    assert read(store, date(2026, 3, 1), zone="Asia/Shanghai").query("age == 0").cohort.dt.month.tolist() == [2]
    assert read(store, date(2026, 3, 1), "week", week="sunday").cohort.dt.strftime("%a").unique().tolist() == ["Sun"]


def test_the_estimate_is_that_of_survival_analysis(store):
    from statsmodels.duration.survfunc import SurvfuncRight

    random = np.random.default_rng(3)
    days, gone = random.integers(0, 60, 300), random.random(300) < 0.6
    group = pd.DataFrame({"days": days, "went_on": gone, "customers": 1}).groupby(
        ["days", "went_on"], as_index=False).customers.sum()
    theirs = SurvfuncRight(days, gone.astype(int))
    ours = cohorts.waiting(group).set_index("days").share
    assert 1 - theirs.surv_prob == pytest.approx(ours.loc[theirs.surv_times].to_numpy())


# --- newer against earlier ------------------------------------------------------------------------


def history(shares, size=200, seed=0):
    """Cells of age 1 of monthly cohorts that come back with these shares."""
    random = np.random.default_rng(seed)
    months = pd.date_range("2023-01-01", periods=len(shares), freq="MS")
    return pd.DataFrame({"series": "", "cohort": months, "age": 1, "size": size,
                         "active": random.binomial(size, shares), "whole": True})


def test_newer_cohorts_that_come_back_less_are_told_and_chance_is_not():
    fewer = cohorts.change(history([0.4] * 20 + [0.2] * 3))
    assert fewer.recent < fewer.before and fewer.p < 0.001 and (fewer.recent_cohorts, fewer.before_cohorts) == (3, 20)
    # Where cohorts differ much among themselves, two hundred customers each are no proof.
    random = np.random.default_rng(1)
    wild = [cohorts.change(history(random.uniform(0.1, 0.7, 24), seed=seed)).p < 0.05 for seed in range(200)]
    assert np.mean(wild) < 0.1
    assert cohorts.change(history([0.4] * 3)) is None


def test_the_smallest_series_are_put_together(store):
    shop(store, [(f"c{place}", "2026-01-05", 10, "web" if place < 5 else f"way {place}") for place in range(9)])
    with store.look() as look:
        cells, _ = cohorts.read(look, Asked(split="channel"), date(2026, 1, 31), 2)
    assert cohorts.largest_first(cells)[0] == "web" and cohorts.largest_first(cells)[-1] == cohorts.OTHERS
    assert cells["size"].sum() == 9


# --- charts and page ------------------------------------------------------------------------------


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_the_triangle_greys_what_is_not_over_and_names_its_denominators(language, store):
    from functools import partial

    from crm_core.charts import plotly

    shop(store, ORDERS)
    cells = cohorts.measured(read(store, date(2026, 3, 10)), "customers")
    say = partial(words.sentence, language)
    drawn = charts.cohort_triangle(cells, "customers", "month", date(2026, 3, 10), say, language)
    figure = plotly.draw(drawn, locale=language)
    whole, growing = (trace for trace in figure.data if trace.type == "heatmap")
    assert np.array(whole.z)[0].tolist()[:2] == [1.0, pytest.approx(1 / 3)] and np.isnan(np.array(whole.z)[0][2])
    assert np.array(growing.text)[0].tolist() == ["", "", "67%"]
    assert figure.layout.yaxis.ticktext[0].endswith("·  3")
    assert len(drawn.alt) > 20 and "2026" in drawn.notes[-1]


@pytest.fixture(scope="module")
def demo(demo_shop):
    return demo_shop(customers=150, orders=1200, messages=100)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_part_tells_who_comes_back_and_keeps_its_choice_in_the_address(language, demo, monkeypatch):
    app = opened("time_series", demo, monkeypatch, language=language, part="cohorts", cohort_interval="quarter",
                 cohort_split="channel")
    said = [text for text in texts(app) if "\\" not in text]
    assert any(re.search({"en": "ordered again in quarter 1", "zh": "首单后第 1 个季度"}[language], text) for text in said)
    assert (app.query_params["cohort_interval"], app.query_params["cohort_split"]) == ("quarter", "channel")
    if language == "zh":
        assert [text for text in said if re.search(r"[A-Za-z]{3,} [A-Za-z]{2,} [A-Za-z]{2,}", text)] == []


def test_without_orders_it_says_what_to_do(store, monkeypatch):
    assert any("Import some" in text for text in texts(opened("time_series", store, monkeypatch, part="cohorts")))
