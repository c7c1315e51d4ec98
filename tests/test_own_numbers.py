"""Own numbers: tables of series in all their forms, what is wrong with them, and how the book keeps them."""
import csv
from contextlib import nullcontext
from datetime import date

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crm_core import data_entry
from crm_core.errors import DateOrderAmbiguous, NoNumbersColumn, NothingReadable, NoTimesColumn
from crm_core.time_series import own_columns, own_keeping, own_numbers, stamps

AS_OF = date(2026, 3, 1)


@pytest.fixture
def bring(store, tmp_path):
    """A function: a file's text (or a path) and what the person says → its meaning and what would be kept."""

    def arranged(text, name: str = "numbers.csv", zone: str = "UTC", **said):
        reading = None
        if isinstance(text, str):  # as the importer lays a file's cells, without its process of its own
            folder, (headers, *rows) = tmp_path, csv.reader(text.splitlines())
            columns = {f"c{number}": list(cells) for number, cells in enumerate(zip(*rows, strict=True))}
            pq.write_table(pa.table({"line": range(len(rows)), **columns}), folder / "cells.parquet")
        else:
            reading = data_entry.read(text)
            folder, headers, name = reading.folder, reading.headers, reading.name
        with store.look() as look, reading or nullcontext():
            headers = own_numbers.laid(look, folder, tuple(headers))
            meaning = own_columns.as_said(own_columns.propose(look, headers), **said)
            return meaning, own_numbers.arrange(look, headers, meaning, name, AS_OF, zone)

    return arranged


def told(arranged) -> dict:
    return dict(arranged.problems)


@pytest.mark.parametrize(("texts", "form", "begins"), [
    (["1982-04", "1982-05"], "month", ["1982-04-01", "1982-05-01"]),
    (["Apr 1982", "Mai 1982"], "month", ["1982-04-01", "1982-05-01"]),
    (["1982M04", "1982M05"], "month", ["1982-04-01", "1982-05-01"]),
    (["198204", "198205"], "month", ["1982-04-01", "1982-05-01"]),
    (["04/1982", "05/1982"], "month", ["1982-04-01", "1982-05-01"]),
    (["1982年4月", "1982年十二月"], "month", ["1982-04-01", "1982-12-01"]),
    (["1982 Q2", "1982-Q3"], "quarter", ["1982-04-01", "1982-07-01"]),
    (["Q2 1982", "Q3/1982"], "quarter", ["1982-04-01", "1982-07-01"]),
    (["1982年第2季度", "1982年三季度"], "quarter", ["1982-04-01", "1982-07-01"]),
    (["2020-W53", "2021-W01"], "week", ["2020-12-28", "2021-01-04"]),
    (["1982", "1983"], "year", ["1982-01-01", "1983-01-01"]),
])
def test_periods_are_read_however_they_are_written(texts, form, begins):
    read = stamps.read(pd.Series(texts))
    assert read.form == form
    assert [f"{read.periods[text]:%Y-%m-%d}" for text in texts] == begins


def test_running_numbers_are_steps_and_a_first_year_without_a_name_is_one_too():
    steps = stamps.read(pd.Series(["1", "2", "5"]))
    assert steps.form == "steps" and steps.periods.to_dict() == {"1": 0, "2": 1, "5": 4}
    relative = stamps.read(pd.Series(["1-01", "1-02", "2-01"]))
    assert relative.form == "relative" and relative.periods.to_dict() == {"1-01": 0, "1-02": 1, "2-01": 12}
    for interval, third in (("hour", "2024-05-06 02:00"), ("day", "2024-05-08"), ("week", "2024-05-20"),
                            ("month", "2024-07-01"), ("quarter", "2024-10-01"), ("year", "2026-01-01")):
        assert stamps.from_steps(pd.Series([0, 2]), interval, date(2024, 5, 6)).iloc[1] == pd.Timestamp(third)


def test_dates_that_count_days_or_seconds_are_no_steps():
    assert stamps.read(pd.Series(["45291", "45292"])).form == "date"  # as spreadsheets count
    assert stamps.read(pd.Series(["20240131", "20240229"])).form == "date"


def test_columns_are_recognised_by_their_names_and_by_what_tells_rows_apart(bring):
    meaning, found = bring("State,Industry,Month,Turnover\nNSW,food,1982-04,5\nNSW,food,1982-05,6\nNSW,shoes,1982-04,2\n"
                           "NSW,shoes,1982-05,3\nVIC,food,1982-04,4\nVIC,food,1982-05,1\n")
    assert (meaning.when, meaning.values, meaning.series, meaning.place) == (("Month",), ("Turnover",), ("Industry",), "State")
    assert found.rows.to_dict("list") == {
        "measure": ["Turnover"] * 6, "series": ["food"] * 4 + ["shoes"] * 2, "place": ["NSW", "NSW", "VIC", "VIC", "NSW", "NSW"],
        "period": list(pd.to_datetime(["1982-04-01", "1982-05-01"] * 3)), "value": [5, 6, 4, 1, 2, 3], "adds_up": [True] * 6}
    assert found.interval == "month" and found.problems == ()


def test_a_measure_may_be_named_by_a_column_and_a_level_does_not_add_up(bring):
    meaning, found = bring("date,metric,value\n2024-01-01,visits,10\n2024-01-01,temperature,3.5\n2024-01-02,visits,12\n")
    assert meaning.what == "metric"
    assert found.rows[["measure", "adds_up"]].drop_duplicates().to_dict("records") == [
        {"measure": "temperature", "adds_up": False}, {"measure": "visits", "adds_up": True}]


def test_columns_of_numbers_are_measures_or_series_as_the_person_says(bring):
    text = "month,Berlin,Paris\n2024-01,1,2\n2024-02,3,4\n"
    _, measures = bring(text, "visits.csv")
    assert set(measures.rows.measure) == {"Berlin", "Paris"} and set(measures.rows.series) == {""}
    _, series = bring(text, "visits.csv", columns_are="series")
    assert set(series.rows.measure) == {"visits"} and set(series.rows.series) == {"Berlin", "Paris"}


def test_year_and_month_in_two_columns_are_one_time(bring):
    meaning, found = bring("Year,Month,Sales\n2024,Jan,1\n2024,Feb,2\n")
    assert meaning.when == ("Year", "Month")
    assert list(found.rows.period) == list(pd.to_datetime(["2024-01-01", "2024-02-01"]))


@pytest.mark.parametrize(("headers", "begins"), [
    ("1990,1991,1992", ["1990-01-01", "1991-01-01", "1992-01-01"]),
    ("2020 Q1,2020 Q2,2020 Q3", ["2020-01-01", "2020-04-01", "2020-07-01"]),
    ("1/22/20,1/23/20,1/24/20", ["2020-01-22", "2020-01-23", "2020-01-24"])])
def test_periods_beside_each_other_as_headers_are_laid_below_each_other(headers, begins, bring):
    meaning, found = bring(f"Country,Unit,{headers}\nFrance,t,1,,3\n中国,t,4,5,6\n", "steel.csv")
    assert (meaning.when, meaning.values, meaning.place) == (("period",), ("value",), "Country")
    assert found.rows[["measure", "place", "value"]].to_dict("list") == {
        "measure": ["steel"] * 5, "place": ["France"] * 2 + ["中国"] * 3, "value": [1, 3, 4, 5, 6]}
    assert list(found.rows.period) == list(pd.to_datetime([begins[0], begins[2], *begins]))


def test_names_with_a_number_are_no_times(bring):
    meaning, found = bring("date,Item 10,Item 11,Item 12\n2024-01-01,1,2,3\n2024-01-02,1,2,3\n")
    assert meaning.values == ("Item 10", "Item 11", "Item 12") and len(found.rows) == 6


def test_of_a_day_and_a_moment_the_moment_is_the_time(bring):
    meaning, found = bring("Day,Stamp,Load\n" + "".join(
        f"2024-01-0{day},2024-01-0{day} {hour:02d}:00,{hour}\n" for day in (1, 2) for hour in range(24)))
    assert meaning.when == ("Stamp",) and found.interval == "hour" and not found.problems


def test_a_day_that_may_be_a_month_is_asked_for(bring):
    text = "date,sales\n03-04-2024,1\n04-04-2024,2\n05-04-2024,2\n"
    with pytest.raises(DateOrderAmbiguous):
        bring(text)
    assert list(bring(text, date_order="day first")[1].rows.period.dt.day) == [3, 4, 5]
    assert list(bring(text, date_order="month first")[1].rows.period.dt.month) == [3, 4, 5]


def test_what_stands_there_twice_is_put_together_as_the_person_says_and_told(bring):
    text = "date,sales\n2024-01-01,5\n2024-01-01,7\n2024-01-02,1\n"
    assert list(bring(text)[1].rows.value) == [12, 1]
    assert list(bring(text, twice="mean")[1].rows.value) == [6, 1]
    assert list(bring(text, twice="last")[1].rows.value) == [7, 1]
    assert told(bring(text)[1])["twice"] == {
        "rows": 2, "periods": 1, "example": date(2024, 1, 1), "series": "sales", "way": "sum"}


def test_gaps_single_points_zeros_negative_and_future_values_and_unreadable_cells_are_told(bring):
    _, found = bring("date,shop,sales\n2024-01-01,a,1\n2024-01-02,a,-2\n2024-01-05,a,1\nsoon,a,1\n2024-01-06,a,many\n"
                     "2024-01-07,a,\n2024-01-01,b,1\n2024-01-01,c,0\n2024-01-02,c,0\n2027-01-01,c,0\n")
    said = told(found)
    assert said["gaps"] == {"count": 2 + 1094, "series": 2, "example": "c", "most": 1094}
    assert said["one_point"] == {"count": 1, "example": "b"} and said["all_zero"] == {"count": 1, "example": "c"}
    assert said["negative"] == {"count": 1} and said["future"] == {"count": 1, "last": date(2027, 1, 1)}
    assert said["not_a_date"] == {"count": 1, "example": "soon"} and said["not_a_number"] == {"count": 1, "example": "many"}
    assert said["empty"]["count"] == 1


def test_a_series_of_working_days_misses_no_weekends(bring):
    days = pd.bdate_range("2024-01-01", periods=20)
    _, found = bring("date,price\n" + "".join(f"{day:%Y-%m-%d},1\n" for day in days))
    assert found.interval == "day" and list(found.series.missing) == [0]


def test_one_offset_keeps_the_clock_of_the_place_and_two_are_turned_to_the_workspace(bring):
    _, one = bring("time,load\n2024-01-01T00:00:00+01:00,5\n2024-01-01T01:00:00+01:00,6\n")
    assert list(one.rows.period.dt.hour) == [0, 1] and one.interval == "hour" and "zones" not in told(one)
    # The night in which the clock goes back: two o'clock comes twice, and is two hours all the same.
    _, two = bring("time,load\n2024-10-27T02:00:00+02:00,5\n2024-10-27T02:00:00+01:00,6\n2024-10-27T03:00:00+01:00,7\n")
    assert list(two.rows.period.dt.hour) == [0, 1, 2]
    assert told(two)["zones"] == {"offsets": "+01:00, +02:00", "zone": "UTC"}
    _, berlin = bring("time,load\n2024-07-01T00:00:00+02:00,5\n2024-12-01T00:00:00+01:00,6\n", zone="Europe/Berlin")
    assert list(berlin.rows.period.dt.hour) == [0, 0]


def test_a_table_without_times_or_numbers_says_so(bring):
    with pytest.raises(NoTimesColumn):
        bring("name,amount\nanna,5\nbert,6\n")
    with pytest.raises(NoNumbersColumn):
        bring("date,name\n2024-01-01,anna\n2024-01-02,bert\n")
    with pytest.raises(NothingReadable):
        bring("date,sales\n2024-01-01,5\n2024-01-02,6\n", values=("date",))


def test_the_same_numbers_twice_change_nothing_and_another_file_adds_or_replaces(store, bring):
    text = "date,shop,visits\n2024-01-01,a,1\n2024-01-02,a,2\n2024-01-01,b,3\n2024-01-02,b,4\n"
    _, first = bring(text)
    with store.batch("own_numbers", "visits") as batch:
        assert own_keeping.keep(batch, first.rows) == {"added": 4, "changed": 0, "unchanged": 0, "removed": 0}
    revision = store.revision()
    for replace in (False, True):
        with store.batch("own_numbers", "visits") as batch:
            assert own_keeping.keep(batch, first.rows, replace)["unchanged"] == 4
    assert store.revision() == revision
    _, second = bring("date,shop,visits\n2024-01-02,a,20\n2024-01-03,a,5\n")
    with store.batch("own_numbers", "visits") as batch:
        assert own_keeping.keep(batch, second.rows) == {"added": 2, "changed": 0, "unchanged": 0, "removed": 0}
    store.undo(store.revision())
    second.rows["series"] = "a"
    with store.batch("own_numbers", "visits") as batch:
        assert own_keeping.keep(batch, second.rows) == {"added": 1, "changed": 1, "unchanged": 0, "removed": 0}
    with store.batch("own_numbers", "visits") as batch:
        assert own_keeping.keep(batch, second.rows, replace=True)["removed"] == 3
    store.undo(store.revision())
    assert series(store, "visits", "day") == [4.0, 24.0, 5.0]


def test_a_measure_that_is_taken_away_comes_back_with_undo(store, bring):
    with store.batch("own_numbers", "x") as batch:
        own_keeping.keep(batch, bring("date,visits\n2024-01-01,1\n2024-01-02,2\n")[1].rows)
    with store.batch("own_numbers_removed", "x") as batch:
        assert own_keeping.remove(batch, "visits") == 2
    assert store.frame("own_measures").empty
    store.undo(store.revision())
    assert store.frame("own_measures").points.tolist() == [2]


def test_what_adds_up_is_summed_by_period_and_a_level_averaged(store, bring):
    text = "date,city,visits,temperature\n2024-01-01,Rom,1,10\n2024-01-02,Rom,2,20\n2024-01-01,Wien,3,0\n2024-01-02,Wien,4,2\n"
    meaning, found = bring(text, values=("visits", "temperature"))
    assert meaning.place == "city"
    with store.batch("own_numbers", "x") as batch:
        own_keeping.keep(batch, found.rows)
    assert series(store, "visits", "month") == [10.0] and series(store, "temperature", "month") == [8.0]
    split = store.frame("series_own", measure="visits", interval="month", split="place", until="2030-01-01")
    assert dict(zip(split.series, split.value, strict=True)) == {"Rom": 3.0, "Wien": 7.0}
    listed = store.frame("own_measures").set_index("measure")
    assert listed.loc["visits", ["points", "series", "places", "step_s"]].tolist() == [4, 0, 2, 86400.0]
    assert listed.adds_up.to_dict() == {"temperature": False, "visits": True}


def series(store, measure: str, interval: str) -> list[float]:
    return store.frame("series_own", measure=measure, interval=interval, split="", until="2030-01-01").value.tolist()


@pytest.mark.parametrize(("file", "form", "rows", "number_of_series", "first", "total"), [
    ("walmart_weekly/Walmart_Store_sales.csv", "date", 6435, 45, "2010-02-05", 6_737_218_987.11),
    ("aus_retail/aus_retail.csv.gz", "month", 64_532, 152, "1982-04-01", None),
    ("classic_series/airline-passengers.csv", "month", 144, 1, "1949-01-01", 40_363.0),
    ("classic_series/shampoo.csv", "relative", 36, 1, "2000-01-01", 11_253.6),
    ("m3/m1_long.parquet", "steps", 70_457, 1_001, "2000-01-01", None),
])
def test_well_known_tables_of_series_come_in_unaided(file, form, rows, number_of_series, first, total, data_set, bring):
    folder, name = file.split("/")
    _, found = bring(data_set(folder) / name)
    assert (found.form, len(found.rows), len(found.series)) == (form, rows, number_of_series)
    assert found.rows.period.min() == pd.Timestamp(first)
    assert total is None or found.rows.value.sum() == pytest.approx(total)
    assert {kind for kind, _ in found.problems} <= {"steps"}
