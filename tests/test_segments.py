"""Segments over time: kept with their run, refreshed, back-filled, repeated, renamed, taken back."""
import json
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from crm_core.clustering import Choice, cluster_customers, keeping, refreshing
from crm_core.clustering.conditions import Condition
from crm_core.errors import (
    NobodyInSegment,
    NobodyOnDay,
    RecordGone,
    SegmentStandsLater,
    SegmentUnknown,
    SegmentWithoutRun,
)
from crm_core.segments_export import find_segment
from crm_core.store import open_store
from crm_core.store.doctor import find_problems
from crm_core.store.merging import merge
from tests.conftest import NOW, PROJECT

FEBRUARY, MARCH = date(2026, 2, 1), date(2026, 3, 1)
OFTEN, SELDOM = range(1, 16), range(16, 31)
NAMES = {1: "Regulars", 2: "Once a year"}


@pytest.fixture
def shop(store):
    """Fifteen customers who buy for 50 every ten days, and fifteen who bought once, for 5 or so, in spring 2025."""
    draw = np.random.default_rng(0)
    with store.batch("add") as batch:
        batch.add("customers", [{"name": f"Customer {number}"} for number in range(1, 31)])
        orders = [(number, datetime(2026, 2, 28) - timedelta(days=10 * place + int(draw.integers(0, 4))), 45 + number)
                  for number in OFTEN for place in range(20)]
        orders += [(number, datetime(2025, 4, 1) + timedelta(days=number), 5 + number / 10) for number in SELDOM]
        batch.add("orders", [{"order_no": f"O{place}", "customer_id": customer, "ordered_at": at, "status": "completed",
                              "amount": amount} for place, (customer, at, amount) in enumerate(orders)])
    return store


def grouped(store, as_of, k=2):
    return cluster_customers(store.frame("customer_features", as_of=as_of), Choice(k=k), as_of=as_of)


def kept(store, as_of=FEBRUARY) -> int:
    with store.batch("segment", "two groups") as batch:
        return keeping.keep(batch, grouped(store, as_of), NAMES, as_of, store.revision(), "Two groups")


def asked(store, sql: str, **parameters) -> list[tuple]:
    with store.cursor() as cursor:
        return cursor.execute(sql, parameters or None).fetchall()


SIZES = ("SELECT s.name, p.as_of, p.how, p.customers FROM segment_snapshots p JOIN segments s ON s.id = p.segment_id "
         "WHERE p.deleted_at IS NULL ORDER BY p.as_of, s.id")
MEMBERS = ("SELECT list(customer_id ORDER BY customer_id) FROM segment_members "
           "WHERE segment_id = $segment AND as_of = $as_of AND deleted_at IS NULL")


# --- keeping --------------------------------------------------------------------------------------


def test_groups_are_kept_with_their_run_their_first_snapshot_and_their_members(shop):
    run = kept(shop)
    assert asked(shop, SIZES) == [("Regulars", FEBRUARY, "kept", 15), ("Once a year", FEBRUARY, "kept", 15)]
    assert asked(shop, MEMBERS, segment=1, as_of=FEBRUARY) == [(list(OFTEN),)]
    row = shop.record("runs", run)
    assert (row["concern"], row["as_of"], row["revision"], row["first_id"]) == ("clustering", FEBRUARY, 1, None)
    figures = json.loads(row["figures"])
    assert figures["segments"] == {"1": 1, "2": 2} and figures["k"] == 2 and figures["clear"]
    assert [(step["name"], step["rows_in"], step["rows_out"]) for step in figures["steps"]][:2] == [
        ("collect", 30, 30), ("clean", 30, 30)]
    assert len(figures["steps"]) == 7
    revenue, = asked(shop, "SELECT revenue FROM segment_snapshots WHERE segment_id = 1")
    features = shop.frame("customer_features", as_of=FEBRUARY)
    assert revenue[0] == pytest.approx(features[features.customer_id.isin(OFTEN)].monetary.sum())
    assert find_problems(shop) == []


def test_what_is_kept_of_a_category_is_the_place_of_each_of_its_values_and_no_median(shop):
    features = shop.frame("customer_features", as_of=FEBRUARY)
    features["country"] = np.where(features.customer_id <= 15, "Germany", "France")
    groups = cluster_customers(features, Choice(("monetary", "country"), ("monetary",), k=2, categories=("country",)))
    figures = keeping.figures_of(groups, {1: 1, 2: 2})
    assert list(figures["medians"]["1"]) == ["monetary"]
    assert figures["positions"]["1"] == pytest.approx({"monetary": 0.75, "country: France": 0, "country: Germany": 1}, abs=0.02)


def test_the_same_grouping_is_not_kept_twice_and_is_again_once_its_segments_are_deleted(shop):
    first = kept(shop)
    before = shop.revision()
    assert kept(shop) == first and shop.revision() == before
    with shop.batch("segment") as batch:
        batch.remove("segments", [1, 2])
    assert kept(shop) > first


def test_keeping_is_undone_whole(shop):
    kept(shop)
    shop.undo(shop.revision())
    for table in ("runs", "segments", "segment_snapshots", "segment_members"):
        assert asked(shop, f"SELECT count(*) FROM {table}") == [(0,)]


def test_a_model_read_back_places_everybody_where_they_were(shop):
    kept(shop)
    with shop.look() as look:
        placed = refreshing.read_run(look, 1).model.assign(shop.frame("customer_features", as_of=FEBRUARY))
    assert placed.sort_values("customer_id").group.tolist() == [1] * 15 + [2] * 15


def test_a_rule_is_kept_as_conditions_and_nobody_is_no_segment(shop):
    rule = ((Condition("frequency", ">=", 10), Condition("monetary", ">=", 900)),)
    features = shop.frame("customer_features", as_of=MARCH)
    with shop.batch("segment") as batch:
        segment = keeping.keep_rule(batch, rule, features, "Good ones", MARCH)
    expected = sorted(features.customer_id[(features.frequency >= 10) & (features.monetary >= 900)])
    assert asked(shop, MEMBERS, segment=segment, as_of=MARCH) == [(expected,)] and len(expected) >= 5
    with shop.look() as look:
        assert look.execute("SELECT definition FROM segments").fetchone()[0].startswith('{"any_of"')
    with pytest.raises(NobodyInSegment), shop.batch("segment") as batch:
        keeping.keep_rule(batch, ((Condition("frequency", ">=", 10_000),),), features, "Nobody", MARCH)


# --- refreshing -----------------------------------------------------------------------------------


def bought(store, customers, at, amount=60, times=1):
    """Orders placed later."""
    with store.batch("add") as batch:
        batch.add("orders", [{"order_no": f"L{store.revision()}-{customer}-{place}", "customer_id": customer, "status": "completed",
                              "ordered_at": at - timedelta(days=place), "amount": amount}
                             for customer in customers for place in range(times)])


@pytest.mark.parametrize("re_fit", [True, False])
def test_a_refresh_keeps_the_names_and_moves_the_customers(shop, re_fit):
    run = kept(shop)
    bought(shop, [16, 17], datetime(2026, 2, 27), times=20)  # two of those who bought once buy every day now
    with shop.batch("segment") as batch:
        later = refreshing.refresh(batch, batch, run, MARCH, re_fit=re_fit)
    assert asked(shop, SIZES)[2:] == [("Regulars", MARCH, "refreshed", 17), ("Once a year", MARCH, "refreshed", 13)]
    assert asked(shop, MEMBERS, segment=1, as_of=MARCH) == [([*OFTEN, 16, 17],)]
    assert asked(shop, MEMBERS, segment=1, as_of=FEBRUARY) == [(list(OFTEN),)]  # the past stays
    assert asked(shop, "SELECT DISTINCT as_of, ended_on FROM segments") == [(MARCH, None)]
    assert shop.record("runs", later)["first_id"] == run
    assert find_problems(shop) == []
    shop.undo(shop.revision())
    assert asked(shop, "SELECT DISTINCT as_of FROM segments") == [(FEBRUARY,)] and len(asked(shop, SIZES)) == 2


def test_a_second_refresh_to_the_same_day_takes_the_place_of_the_first(shop):
    run = kept(shop)
    for _ in range(2):
        with shop.batch("segment") as batch:
            refreshing.refresh(batch, batch, run, MARCH)
        bought(shop, [18], datetime(2026, 2, 27), times=20)
    assert [row[3] for row in asked(shop, SIZES)] == [15, 15, 16, 14]
    assert find_problems(shop) == []


def test_a_refresh_goes_forward_only(shop):
    run = kept(shop)
    with pytest.raises(SegmentStandsLater), shop.batch("segment") as batch:
        refreshing.refresh(batch, batch, run, date(2026, 1, 1))
    with pytest.raises(RecordGone), shop.batch("segment") as batch:
        refreshing.refresh(batch, batch, 99, MARCH)


def test_a_group_that_comes_is_a_new_segment_and_one_that_nobody_is_in_has_ended(shop):
    """In February two groups; in March a third kind of customer; then everybody of one kind is gone."""
    with shop.batch("segment") as batch:
        groups = cluster_customers(shop.frame("customer_features", as_of=FEBRUARY), Choice(), as_of=FEBRUARY)
        run = keeping.keep(batch, groups, {group: f"Segment {group}" for group in range(1, groups.k + 1)}, FEBRUARY,
                           shop.revision(), "Groups")
    assert groups.k == 2
    with shop.batch("add") as batch:
        ids = batch.add("customers", [{"name": f"Company {number}"} for number in range(15)])
    bought(shop, ids, datetime(2026, 2, 20), amount=90_000)
    with shop.batch("segment") as batch:
        refreshing.refresh(batch, batch, run, MARCH, called=lambda key: "Segment 1")
    rows = asked(shop, SIZES)[2:]
    assert [(name, customers) for name, _, _, customers in rows] == [
        ("Segment 1", 15), ("Segment 2", 15), ("Segment 1 2", 15)]
    assert asked(shop, MEMBERS, segment=1, as_of=MARCH) == [(list(OFTEN),)]  # the companies do not take their name
    told = json.loads(shop.record("runs", 2)["figures"])["matching"]
    assert told["carried"] == {"1": 2, "2": 3} and told["new"] == [1] and told["unchanged"] == 1
    with shop.batch("remove") as batch:
        batch.remove("customers", ids)
    april = date(2026, 4, 1)
    with shop.batch("segment") as batch:
        refreshing.refresh(batch, batch, run, april)
    assert [(name, customers) for name, day, _, customers in asked(shop, SIZES) if day == april] == [
        ("Segment 1", 15), ("Segment 2", 15), ("Segment 1 2", 0)]
    assert asked(shop, "SELECT id FROM segments WHERE ended_on = $day", day=april) == [(3,)]


def test_a_deleted_segment_is_not_refreshed_and_is_not_made_anew(shop):
    run = kept(shop)
    with shop.batch("segment") as batch:
        batch.remove("segments", [2])
    with shop.batch("segment") as batch:
        refreshing.refresh(batch, batch, run, MARCH)
    assert [row[0] for row in asked(shop, SIZES) if row[1] == MARCH] == ["Regulars"]
    assert asked(shop, "SELECT count(*) FROM segments WHERE deleted_at IS NULL") == [(1,)]


def test_a_rule_is_held_against_the_new_day_and_a_selection_stays_the_same(shop):
    rule = ((Condition("recency_days", ">=", 250),),)
    with shop.batch("segment") as batch:
        ruled = keeping.keep_rule(batch, rule, shop.frame("customer_features", as_of=FEBRUARY), "Away", FEBRUARY)
        chosen = keeping.keep_selection(batch, [3, 4, 4, 20], "By hand", FEBRUARY)
    bought(shop, [16, 17, 20], datetime(2026, 2, 27))
    with shop.batch("segment") as batch:
        for segment in (ruled, chosen):
            refreshing.refresh_customers(batch, batch, segment, MARCH)
    assert asked(shop, MEMBERS, segment=chosen, as_of=MARCH) == [([3, 4, 20],)]
    away, = asked(shop, MEMBERS, segment=ruled, as_of=MARCH)[0]
    assert away == [number for number in SELDOM if number not in (16, 17, 20)]


# --- back-filling ---------------------------------------------------------------------------------


def test_past_months_are_filled_by_the_kept_model_and_never_over_what_is_there(shop):
    kept(shop)
    days = refreshing.months_before(FEBRUARY, 3)
    assert days == [date(2025, 11, 1), date(2025, 12, 1), date(2026, 1, 1)]
    with shop.batch("segment") as batch:
        filled = refreshing.backfill(batch, batch, [1, 2], [*days, FEBRUARY])
    assert filled == dict.fromkeys(days, 2)
    assert {how for _, day, how, _ in asked(shop, SIZES) if day < FEBRUARY} == {"backfilled"}
    assert asked(shop, "SELECT DISTINCT as_of FROM segments") == [(FEBRUARY,)]  # the newest snapshot is still the newest
    before = shop.revision()
    with shop.batch("segment") as batch:
        assert refreshing.backfill(batch, batch, [1, 2], days) == {}
    assert shop.revision() == before
    # In October 2025 the regulars had not bought yet: nobody is in their segment, and it says so.
    with shop.batch("segment") as batch:
        refreshing.backfill(batch, batch, [1, 2], [date(2025, 6, 1), date(2024, 1, 1)])
    assert [(name, customers) for name, day, _, customers in asked(shop, SIZES) if day < date(2025, 7, 1)] == [
        ("Regulars", 0), ("Once a year", 15)]  # and nothing is said of a day before the first order
    assert find_problems(shop) == []


def test_a_filled_day_is_placed_by_the_model_that_was_in_force(shop):
    run = kept(shop)
    with shop.batch("segment") as batch:
        later = refreshing.refresh(batch, batch, run, MARCH)
        refreshing.backfill(batch, batch, [1], [date(2026, 1, 1), date(2026, 2, 15)])
    assert asked(shop, "SELECT as_of, run_id FROM segment_snapshots WHERE how = 'backfilled' ORDER BY 1") == [
        (date(2026, 1, 1), run), (date(2026, 2, 15), run)]
    with shop.batch("segment") as batch:
        refreshing.refresh(batch, batch, run, date(2026, 4, 1))
        refreshing.backfill(batch, batch, [1], [date(2026, 3, 15)])
    assert asked(shop, "SELECT run_id FROM segment_snapshots WHERE as_of = DATE '2026-03-15'") == [(later,)]


def test_a_month_ends_where_the_shorter_month_does():
    assert refreshing.months_before(date(2026, 3, 31), 2) == [date(2026, 1, 31), date(2026, 2, 28)]


# --- repeating ------------------------------------------------------------------------------------


def test_a_run_repeated_on_the_same_data_gives_the_same_groups(shop):
    run = kept(shop)
    with shop.batch("segment") as batch:
        later = refreshing.refresh(batch, batch, run, MARCH)
        placed = refreshing.refresh(batch, batch, run, date(2026, 4, 1), re_fit=False)
    for number in (run, later, placed):
        with shop.look() as look:
            again = refreshing.repeat(look, number)
        assert again.is_same and again.same == 30 and again.changes == 0, number


def test_a_run_repeated_on_changed_data_says_who_is_elsewhere(shop):
    run = kept(shop)
    bought(shop, [16], datetime(2026, 1, 25), times=20)
    with shop.batch("remove") as batch:
        batch.remove("customers", [5])
    with shop.look() as look:
        again = refreshing.repeat(look, run)
    assert (again.same, again.elsewhere, again.come, again.gone, again.changes) == (28, 1, 0, 1, 2)


# --- the rest of the book -------------------------------------------------------------------------


def test_the_members_of_a_merged_customer_follow_on_every_day(shop):
    run = kept(shop)
    with shop.batch("segment") as batch:
        refreshing.refresh(batch, batch, run, MARCH)
    with shop.batch("merge") as batch:
        merge(batch, "customers", 1, [2])
        merge(batch, "customers", 16, [3])  # one of each segment
    for day in (FEBRUARY, MARCH):
        assert asked(shop, MEMBERS, segment=1, as_of=day) == [([1, *range(4, 16), 16],)]
        assert asked(shop, MEMBERS, segment=2, as_of=day) == [(list(SELDOM),)]
    assert find_problems(shop) == []
    shop.undo(shop.revision())
    assert asked(shop, MEMBERS, segment=1, as_of=FEBRUARY) == [(list(OFTEN),)]


def test_withdrawing_all_customers_takes_their_segments_snapshots_and_runs_along(shop):
    run = kept(shop)
    with shop.batch("segment") as batch:
        refreshing.refresh(batch, batch, run, MARCH)
        refreshing.backfill(batch, batch, [1, 2], [date(2026, 1, 1)])
    shop.withdraw(1)
    for table in ("customers", "runs", "segments", "segment_snapshots", "segment_members"):
        assert asked(shop, f"SELECT count(*) FROM {table}") == [(0,)], table
    assert find_problems(shop) == []
    shop.undo(shop.revision())
    assert len(asked(shop, SIZES)) == 6 and asked(shop, "SELECT count(*) FROM runs") == [(2,)]


def test_withdrawing_some_of_the_customers_leaves_the_others_in_their_segments(shop):
    with shop.batch("add") as batch:
        batch.add("customers", [{"name": "Later"}])
    bought(shop, [31], datetime(2026, 1, 30), times=20)
    kept(shop)
    shop.withdraw(2)
    assert asked(shop, MEMBERS, segment=1, as_of=FEBRUARY) == [(list(OFTEN),)]
    assert asked(shop, "SELECT count(*) FROM runs") == [(1,)]
    assert list(shop.frame("segment_sizes", segment_id=1).customers) == [15]
    assert find_problems(shop) == []


def test_an_older_file_with_kept_segments_gets_a_snapshot_of_each(tmp_path):
    import duckdb

    path = tmp_path / "old.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE schema_steps (step INTEGER NOT NULL)")
        for step in sorted((PROJECT / "crm_core/store/schema").glob("000[1-4]_*.sql")):
            connection.execute(step.read_text(encoding="utf-8"))
            connection.execute(f"INSERT INTO schema_steps VALUES ({int(step.name[:4])})")
        connection.execute("INSERT INTO customers BY NAME SELECT i AS id, 'C' || i AS name, 0 AS changed_in FROM range(1, 4) t(i)")
        connection.execute("INSERT INTO segments BY NAME SELECT * FROM (VALUES (1, 'Loyal', 'cluster', DATE '2026-02-01', 0), "
                           "(2, 'Lost', 'cluster', DATE '2026-02-01', 0)) t(id, name, kind, as_of, changed_in)")
        connection.execute("INSERT INTO segment_members BY NAME SELECT * FROM (VALUES (1, 1, 1, 0), (2, 1, 2, 0), (3, 2, 3, 0)) "
                           "t(id, segment_id, customer_id, changed_in)")
        connection.execute("INSERT INTO history.segment_members BY NAME SELECT 9 AS id, 1 AS segment_id, 3 AS customer_id, "
                           "0 AS changed_in, 0 AS replaced_in")
        connection.execute("UPDATE next_ids SET next_id = 10")
    store = open_store(path, clock=lambda: NOW)
    try:
        assert asked(store, SIZES) == [("Loyal", FEBRUARY, "kept", 2), ("Lost", FEBRUARY, "kept", 1)]
        assert asked(store, MEMBERS, segment=1, as_of=FEBRUARY) == [([1, 2],)]
        assert asked(store, "SELECT as_of FROM history.segment_members") == [(FEBRUARY,)]
        assert find_problems(store) == []
        # They can be looked at and deleted; refreshed they cannot be, since their model was not kept.
        with pytest.raises(SegmentWithoutRun), store.batch("segment") as batch:
            refreshing.refresh_customers(batch, batch, 1, MARCH)
    finally:
        store.close()


def test_a_segment_is_found_by_its_name(shop):
    kept(shop)
    with shop.look() as look:
        segments = look.frame("segments_kept")
    assert find_segment(segments, "once a year").id == find_segment(segments, "2").id == 2
    with pytest.raises(SegmentUnknown) as refused:
        find_segment(segments, "Twice a year")
    assert "Once a year" in refused.value.facts["known"]


def test_a_day_without_anybody_is_said(shop):
    run = kept(shop)
    with shop.batch("remove") as batch:
        batch.remove("customers", [*OFTEN, *SELDOM])
    with pytest.raises(NobodyOnDay), shop.batch("segment") as batch:
        refreshing.refresh(batch, batch, run, MARCH)


def test_frames_of_many_members_are_written_set_based(store):
    """Fifty thousand customers in three segments: kept and refreshed without a loop over them."""
    with store.batch("add") as batch:
        batch.insert("customers", "SELECT 'C' || i AS customer_no FROM range(50000) t(i)")
    members = pd.DataFrame({"customer_id": np.arange(1, 50_001), "group": np.arange(50_000) % 3 + 1})
    with store.batch("segment") as batch:
        ids = batch.add("segments", [{"name": str(number), "kind": "selection", "as_of": FEBRUARY} for number in (1, 2, 3)])
        keeping.snapshot(batch, keeping.in_segments(members, dict(zip((1, 2, 3), ids, strict=True))), ids, FEBRUARY, "kept")
    assert [row[3] for row in asked(store, SIZES)] == [16667, 16667, 16666]


# --- names over months ----------------------------------------------------------------------------


@pytest.mark.parametrize(("customers", "orders", "months"), [
    (1_200, 12_000, 3), pytest.param(5_000, 50_000, 10, marks=pytest.mark.long)])
def test_customers_who_did_not_change_keep_their_groups_name_over_months_of_refreshes(customers, orders, months, store):
    """The demo shop, grouped and refreshed month by month up to its last day.

    Who did not change is told by the scales and groups of the first month alone, which no refresh can bend: who lies
    within half a standard deviation of their old place in every feature, and who is still in the same first group.
    """
    from data.demo_shop import fill

    with store.batch("demo") as batch:
        fill(batch, as_of=MARCH, customers=customers, orders=orders, messages=0)
    first, *later = [*refreshing.months_before(MARCH, months), MARCH]
    features = {day: store.frame("customer_features", as_of=day) for day in (first, MARCH)}
    groups = cluster_customers(features[first], Choice(), as_of=first)
    with store.batch("segment") as batch:
        run = keeping.keep(batch, groups, {group: f"Group {group}" for group in range(1, groups.k + 1)}, first,
                           store.revision(), "Groups")
    for day in later:
        with store.batch("refresh") as batch:
            refreshing.refresh(batch, batch, run, day)

    def on(day) -> pd.DataFrame:
        matrix, taken = groups.model.preparation.matrix(features[day])
        frame = pd.DataFrame(matrix, index=features[day].customer_id[taken])
        names = asked(store, "SELECT m.customer_id, s.name FROM segment_members m JOIN segments s ON s.id = m.segment_id "
                             "WHERE m.as_of = $day", day=day)
        return frame.assign(first_group=groups.model.group_in(features[day])[taken],
                            name=pd.Series(dict(names)).reindex(frame.index))

    then, now = on(first), on(MARCH)
    both = then.index.intersection(now.index)
    then, now = then.loc[both], now.loc[both]
    scales = list(range(len(groups.choice.features)))
    near = ((now[scales] - then[scales]).abs() <= 0.5).all(axis=1)
    same_group = now.first_group == then.first_group
    assert near.sum() > customers / 10 and same_group.sum() > customers / 4
    kept_name = now.name == then.name
    assert kept_name[near].mean() >= 0.95 and kept_name[same_group].mean() >= 0.95
