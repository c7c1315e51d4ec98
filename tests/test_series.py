"""Measures by period: what falls where, in whose days, what is missing, what comes first."""
from datetime import date, datetime

import numpy as np
import pandas as pd
import pytest

from crm_core.errors import IntervalTooFine, MeasureUnknown, SplitImpossible, ZoneUnknown
from crm_core.time_series import calendar, series
from crm_core.time_series.series import Asked, bounds, read
from crm_core.time_series.settings import Settings, keep, settings

TODAY = date(2026, 3, 1)


def filled(store, orders, customers=()):
    """Orders as (moment, amount, customer, channel)."""
    with store.batch("form") as batch:
        batch.add("customers", [{"customer_no": str(number), "region": region} for number, region in customers] or
                  [{"customer_no": str(number)} for number in range(1, 5)])
        batch.add("orders", [{"order_no": str(number), "ordered_at": datetime.fromisoformat(moment), "amount": amount,
                              "customer_id": customer, "channel": channel, "status": "completed"}
                             for number, (moment, amount, customer, channel) in enumerate(orders)])
    return store


def told(frame) -> list[tuple]:
    return [(str(row.period.date()), row.value, bool(row.whole)) for row in frame.itertuples()]


FOUR = [("2026-02-02 10:00", 10, 1, "web"), ("2026-02-03 10:00", 30, 2, "shop"), ("2026-02-17 10:00", 5, 1, "web"),
        ("2026-02-28 23:30", 7, 3, "web")]


def test_a_measure_by_week_has_a_row_for_every_week_and_the_unfinished_one_says_so(store):
    frame = read(filled(store, FOUR), Asked("revenue", "week"), TODAY)
    # 1 March is a Sunday, and not over: nor is its week.
    assert told(frame) == [("2026-02-02", 40.0, True), ("2026-02-09", 0.0, True), ("2026-02-16", 5.0, True),
                           ("2026-02-23", 7.0, False)]


def test_a_period_without_anything_is_missing_where_that_is_asked_and_always_for_means(store):
    filled(store, FOUR)
    assert np.isnan(read(store, Asked("revenue", "week", gaps="missing"), TODAY).value[1])
    mean = read(store, Asked("average_order", "week"), TODAY).value
    assert (mean[0], mean[2]) == (20.0, 5.0) and np.isnan(mean[1])


def test_a_month_in_which_the_book_begins_late_is_not_told_whole(store):
    frame = read(filled(store, [("2026-01-20 10:00", 4, 1, "web"), ("2026-02-01 10:00", 6, 1, "web")]),
                 Asked("revenue", "month"), TODAY)
    assert told(frame) == [("2026-01-01", 4.0, False), ("2026-02-01", 6.0, True), ("2026-03-01", 0.0, False)]


def test_days_are_those_of_the_workspace(store):
    filled(store, FOUR)
    frame = read(store, Asked("revenue", "day", zone="Europe/Berlin", since=date(2026, 2, 28)), TODAY)
    assert told(frame) == [("2026-03-01", 7.0, False)]  # half past eleven in UTC is after midnight there
    assert told(read(store, Asked("orders", "day", zone="America/New_York", since=date(2026, 2, 28)), TODAY))[0] == (
        "2026-02-28", 1.0, True)


def test_a_week_may_begin_on_sunday(store):
    frame = read(filled(store, [("2026-02-07 10:00", 1, 1, "web"), ("2026-02-08 10:00", 2, 1, "web")]),
                 Asked("revenue", "week", week="sunday"), date(2026, 2, 14))
    assert told(frame) == [("2026-02-01", 1.0, False), ("2026-02-08", 2.0, False)]


def test_cancelled_and_deleted_orders_are_left_out_and_returns_lower_the_revenue(store):
    filled(store, [*FOUR, ("2026-02-18 10:00", -20, 1, "web"), ("2026-02-18 11:00", 99, 1, "web")])
    with store.batch("form") as batch:
        batch.change("orders", [{"id": 6, "status": "cancelled"}])
        batch.remove("orders", [4])
    assert told(read(store, Asked("revenue", "month"), TODAY))[0] == ("2026-02-01", 25.0, False)
    assert read(store, Asked("returned", "month"), TODAY).value[0] == 20.0
    assert read(store, Asked("returned_share", "month"), TODAY).value[0] == pytest.approx(20 / 45)


def test_a_split_keeps_the_largest_and_tells_the_others_together(store):
    filled(store, [(f"2026-02-0{1 + number % 7} 10:00", amount, 1 + number % 3, name)
                   for number, (name, amount) in enumerate([("a", 50), ("b", 40), ("c", 3), ("d", 2), (None, 1)])])
    frame = read(store, Asked("revenue", "year", "channel", largest=2, others="Others", unknown="?"), TODAY)
    assert list(zip(frame.series, frame.value, strict=True)) == [("a", 50.0), ("b", 40.0), ("Others", 6.0)]
    # Customer 1 bought in a and d, customer 2 in b and ?, customer 3 in c: two of the others, each once.
    frame = read(store, Asked("customers", "year", "channel", largest=2, others="Others", unknown="?"), TODAY)
    assert dict(zip(frame.series, frame.value, strict=True)) == {"?": 1.0, "a": 1.0, "Others": 3.0}


def test_new_customers_are_counted_at_their_first_order(store):
    frame = read(filled(store, FOUR), Asked("new_customers", "week", "channel"), TODAY)
    first = frame[frame.value > 0]
    assert list(zip(first.series, first.period.dt.strftime("%m-%d"), first.value, strict=True)) == [
        ("web", "02-02", 1.0), ("web", "02-23", 1.0), ("shop", "02-02", 1.0)]


def test_everything_of_a_demo_shop_agrees_with_pandas(store):
    from data.demo_shop import fill

    with store.batch("demo") as batch:
        fill(batch, seed=0, as_of=TODAY, customers=120, orders=900, messages=200)
    with store.look() as look:
        orders = look.execute("SELECT o.*, c.region, c.source FROM orders o JOIN customers c ON c.id = o.customer_id "
                              "WHERE status <> 'cancelled'").df()
        requests = look.execute("SELECT * FROM service_requests WHERE satisfaction IS NOT NULL").df()
    for zone, split, week in (("UTC", "channel", "W-SUN"), ("Asia/Shanghai", "region", "W-SUN"),
                              ("Asia/Kolkata", "source", "W-SUN"), ("Australia/Lord_Howe", "channel", "W-SUN")):
        local = orders.ordered_at.dt.tz_localize("UTC").dt.tz_convert(zone).dt.tz_localize(None)
        expected = orders.assign(week=local.dt.to_period(week).dt.start_time).groupby([split, "week"]).agg(
            revenue=("amount", "sum"), orders=("id", "size"), customers=("customer_id", "nunique"))
        for measure in expected:
            found = read(store, Asked(measure, "week", split, zone=zone, largest=200, unknown="?"), TODAY)
            found = found[(found.value != 0) & (found.series != "?")].set_index(["series", "period"]).value
            assert np.allclose(found.sort_index(), expected[measure][expected[measure] != 0].sort_index().astype(float))
    rated = requests.satisfaction.groupby((requests.closed_at.fillna(requests.opened_at)).dt.to_period("M")).mean()
    found = read(store, Asked("satisfaction", "month"), TODAY).dropna()
    assert np.allclose(found.value, rated)


def test_orders_are_split_by_campaign_and_narrowed_to_a_kept_segment(store):
    filled(store, FOUR)
    with store.batch("form") as batch:
        campaign, = batch.add("campaigns", {"name": "Spring"})
        batch.change("orders", [{"id": 2, "campaign_id": campaign}])
        run, = batch.add("segments", {"name": "Loyal", "kind": "selection", "as_of": date(2026, 2, 1)})
        batch.add("segment_members", [{"segment_id": run, "customer_id": customer, "as_of": date(2026, 2, 1)}
                                      for customer in (1, 2)])

    def sums(**asked):
        frame = read(store, Asked("revenue", "year", unknown="?", **asked), TODAY)
        return dict(zip(frame.series, frame.value, strict=True))

    assert sums(split="campaign") == {"Spring": 30.0, "?": 22.0}
    assert sums(split="campaign", segment=run) == {"Spring": 30.0, "?": 15.0}
    assert sums(split="segment") == {"Loyal": 45.0, "?": 7.0}
    assert sums(split="channel", segment=run) == {"shop": 30.0, "web": 15.0}
    with store.look() as look:
        assert not series.overlaps(look, "segment")
    with store.batch("form") as batch:
        other, = batch.add("segments", {"name": "Near", "kind": "selection", "as_of": date(2026, 2, 1)})
        batch.add("segment_members", [{"segment_id": other, "customer_id": 1, "as_of": date(2026, 2, 1)}])
    with store.look() as look:
        assert series.overlaps(look, "segment") and not series.overlaps(look, "channel")


def test_what_lies_after_today_is_counted_and_left_out(store):
    filled(store, [*FOUR, ("2027-01-01 10:00", 9, 1, "web")])
    with store.look() as look:
        found = bounds(look, "revenue", TODAY)
    assert (found.coming, found.coming_until, found.last) == (
        1, pd.Timestamp("2027-01-01 10:00"), pd.Timestamp("2026-02-28 23:30"))
    assert read(store, Asked("revenue", "month"), TODAY).value.sum() == 52.0


def test_one_order_makes_one_point_and_an_empty_book_none(store):
    assert read(store, Asked(), TODAY).empty
    assert told(read(filled(store, [("2026-02-28 10:00", 5, 1, "web")]), Asked("revenue", "year"), TODAY)) == [
        ("2026-01-01", 5.0, False)]


def test_unknown_measures_splits_and_zones_are_refused_with_what_there_is(store):
    for asked, error in ((Asked("profit"), MeasureUnknown), (Asked("requests", split="category"), SplitImpossible),
                         (Asked(zone="Mars/Olympus"), ZoneUnknown), (Asked("own:x"), MeasureUnknown)):
        with pytest.raises(error):
            read(store, asked, TODAY)


# --- calendars --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("day", "zone", "hours"), [
    ("2026-03-29", "Europe/Berlin", 23), ("2026-10-25", "Europe/Berlin", 25), ("2026-03-28", "Europe/Berlin", 24),
    ("2026-03-29", "Asia/Shanghai", 24), ("2026-09-06", "America/Santiago", 23)])
def test_a_day_on_which_the_clock_is_changed_is_an_hour_shorter_or_longer(day, zone, hours):
    start = pd.Timestamp(day)
    unit, slots = calendar.slots(start - pd.Timedelta(days=2), start + pd.Timedelta(days=2), "day", zone)
    assert (unit, (slots.period == start).sum()) == ("hour", hours)
    begins = [calendar.utc(moment.date(), zone) for moment in (start, start + pd.Timedelta(days=1))]
    assert (begins[1] - begins[0]) == pd.Timedelta(hours=hours)


def test_zones_off_by_half_an_hour_are_told_by_the_minute():
    unit, slots = calendar.slots("2026-01-01", "2026-01-03", "day", "Asia/Kolkata")
    assert unit == "minute"
    assert slots[slots.period == "2026-01-02"].slot.min() == pd.Timestamp("2026-01-01 18:30")


def test_periods_begin_where_calendars_say():
    moment = "2026-08-20 15:45"  # a Thursday
    assert [str(calendar.begin(moment, interval))[:16] for interval in calendar.INTERVALS] == [
        "2026-08-20 15:00", "2026-08-20 00:00", "2026-08-17 00:00", "2026-08-01 00:00", "2026-07-01 00:00",
        "2026-01-01 00:00"]
    assert str(calendar.begin("1969-12-28", "week", "sunday").date()) == "1969-12-28"  # before 1970 too


# --- own numbers ------------------------------------------------------------------------------------------------------


def own(store, rows, adds_up=True):
    with store.batch("own") as batch:
        batch.add("observations", [{"measure": "Visits", "series": name, "period": datetime.fromisoformat(moment),
                                    "value": value, "adds_up": adds_up} for name, moment, value in rows])
    return store


MONTHS = [("A", "1982-01-01", 10.0), ("A", "1982-02-01", 20.0), ("A", "1982-04-01", 30.0), ("B", "1982-02-01", 5.0)]


def test_own_numbers_are_series_like_any_other_and_end_where_they_end(store):
    frame = read(own(store, MONTHS), Asked("own:Visits", "month", "series", "missing"), TODAY)
    assert [(name, f"{period:%Y-%m}", value) for name, period, value in zip(
        frame.series, frame.period, frame.value.fillna(-1), strict=True)] == [
        ("A", "1982-01", 10.0), ("A", "1982-02", 20.0), ("A", "1982-03", -1.0), ("A", "1982-04", 30.0),
        ("B", "1982-02", 5.0)]
    assert frame.whole.all()


def test_own_numbers_make_up_longer_periods_and_levels_are_averaged(store):
    quarter = read(own(store, MONTHS), Asked("own:Visits", "quarter"), TODAY)
    assert told(quarter) == [("1982-01-01", 35.0, True), ("1982-04-01", 30.0, False)]
    with store.batch("own") as batch:
        batch.change("observations", [{"id": number, "adds_up": False} for number in (1, 2, 3, 4)])
    assert list(read(store, Asked("own:Visits", "quarter"), TODAY).value) == [pytest.approx(35 / 3), 30.0]


def test_own_numbers_of_a_month_cannot_be_told_by_the_week(store):
    with pytest.raises(IntervalTooFine):
        read(own(store, MONTHS), Asked("own:Visits", "week"), TODAY)


@pytest.mark.parametrize(("form", "interval"), [("h", "hour"), ("30min", "hour"), ("D", "day"), ("B", "day"), ("W", "week"),
                                                ("MS", "month"), ("QE", "quarter"), ("YS", "year")])
def test_the_interval_of_numbers_is_seen_from_their_moments(form, interval):
    assert series.interval_of(pd.date_range("2024-01-01", periods=40, freq=form)) == interval


# --- the workspace's days ---------------------------------------------------------------------------------------------


def test_the_zone_of_the_workspace_is_kept_and_can_be_taken_back(store):
    with store.batch("settings", "Asia/Shanghai") as batch:
        keep(batch, Settings("Asia/Shanghai", "sunday"))
    with store.batch("settings", "Europe/Berlin") as batch:
        keep(batch, Settings("Europe/Berlin", "sunday"))
    store.undo(store.revision())
    with store.look() as look:
        assert settings(look) == Settings("Asia/Shanghai", "sunday")
    with pytest.raises(ZoneUnknown), store.batch("settings") as batch:
        keep(batch, Settings("Nowhere/Town"))


# --- moods ------------------------------------------------------------------------------------------------------------


def test_moods_of_messages_are_a_mean_by_period_and_compare_with_days_before():
    from crm_core.time_series import moods

    told = pd.DataFrame({"moment": pd.to_datetime(["2025-01-01 12:00", "2025-02-02 12:00", "2026-01-10 12:00",
                                                   "2026-02-01 23:30", "2026-02-03 12:00", "2026-02-04 12:00"]),
                         "channel": ["chat"] * 5 + ["email"], "mood": [0.0, -1, 1, 1, 1, -1]})
    asked = Asked("mood", "month", since=date(2026, 1, 1))
    frame = moods.read(told, asked, TODAY)
    assert [round(value, 2) for value in frame.value.dropna()] == [1.0, 0.33]
    assert list(moods.compared(told, frame, asked, "last_year", TODAY).before[:2]) == [0.0, -1.0]
    split = moods.read(told, Asked("mood", "year", "channel", since=date(2026, 1, 1)), TODAY)
    assert dict(zip(split.series, split.value, strict=True)) == {"chat": 1.0, "email": -1.0}
