"""A table of series that somebody brings: which column says when, what, whose and where, and what is wrong with it.

    Store, Date, Weekly_Sales, Holiday_Flag, …
    → when Date, value Weekly_Sales, series Store:    measure Weekly Sales | series 1 | 2010-02-05 | 1643690.90

The cells come as texts (c0, c1 … under `line`), as the importer reads any file; own_keeping.py puts them into the book.
"""
import re
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from crm_core import engine
from crm_core.errors import NothingReadable
from crm_core.time_series import calendar, stamps
from crm_core.time_series.own_columns import LEVEL, NAMELESS, Meaning
from crm_core.writing import decimal_mark, look_at_numbers, read_dates, read_numbers

LEAST_ACROSS = 3  # times as headers before they are taken for such
EARLIEST, LATEST = pd.Timestamp(1700, 1, 1), pd.Timestamp(2200, 1, 1)


@dataclass(frozen=True, eq=False)
class Arranged:
    """A table of series as it would be kept."""

    rows: pd.DataFrame  # measure, series, place, period, value, adds_up; one row a series and period
    series: pd.DataFrame  # measure, series, place, points, first, last, missing, negative: a row a series
    form: str  # how its times are written: date, month, quarter, week, year, relative, steps
    interval: str  # one of INTERVALS, as the times lie
    problems: tuple[tuple[str, dict], ...]  # what is wrong or was done unasked: a word of own.problem and its facts


def laid(look, folder, headers: tuple[str, ...]) -> tuple[str, ...]:
    """Lay a read file's cells (cells.parquet in `folder`) as texts where SQL finds them; their headers as they lie.

    Periods that stand beside each other as headers (2019, 2020 …) are laid below each other: Country, period, value.
    """
    import pyarrow.parquet as pq

    look.stage("cells_as_read", pq.read_table(folder / "cells.parquet"))
    texts = ", ".join(f"nullif(trim(CAST(c{number} AS VARCHAR)), '') AS c{number}" for number in range(len(headers)))
    look.execute(f"CREATE OR REPLACE TEMP TABLE cells_as_texts AS SELECT line, {texts} FROM cells_as_read")
    look.execute("DROP TABLE cells_as_read")
    across = [number for number, header in enumerate(headers) if stamps.is_time(header)]
    if len(across) < LEAST_ACROSS or 2 * len(across) < len(headers):
        return tuple(headers)
    kept = [number for number in range(len(headers)) if number not in across]
    look.stage("times_across", pd.DataFrame({"name": [f"c{number}" for number in across],
                                             "header": [headers[number].strip() for number in across]}))
    columns = "".join(f", u.c{number} AS c{place}" for place, number in enumerate(kept))
    look.execute(f"CREATE OR REPLACE TEMP TABLE cells_below AS SELECT u.line{columns}, t.header AS c{len(kept)}, "
                 f"u.number AS c{len(kept) + 1} FROM (UNPIVOT cells_as_texts "
                 f"ON {', '.join(f'c{number}' for number in across)} INTO NAME name VALUE number) u "
                 "JOIN times_across t USING (name)")
    look.execute("DROP TABLE cells_as_texts")
    look.execute("ALTER TABLE cells_below RENAME TO cells_as_texts")
    return (*(headers[number] for number in kept), "period", "value")


def arrange(look, headers: tuple[str, ...], meaning: Meaning, name: str, as_of: date, zone: str = "UTC") -> Arranged:
    """The series of a file called `name`, as they would be kept; times with several offsets are turned to `zone`.

    Raises NothingReadable, DateOrderAmbiguous, DatesOfTwoKinds.
    """
    place = {header: f"c{number}" for number, header in enumerate(headers)}
    problems: list[tuple[str, dict]] = []
    when = " || '-' || ".join(place[header] for header in meaning.when)
    look.execute(f"CREATE OR REPLACE TEMP VIEW cells_stamped AS SELECT *, {when} AS c999 FROM cells_as_texts")
    form = _lay_periods(look, meaning, problems, zone)
    look.execute("CREATE OR REPLACE TEMP VIEW cells AS SELECT * FROM cells_stamped")
    joined = " || ' · ' || ".join(f"coalesce({place[header]}, '')" for header in meaning.series) or "''"
    where = f"coalesce({place[meaning.place]}, '')" if meaning.place else "''"
    parts = []
    for header in meaning.values:
        number = int(place[header][1:])
        looked = look_at_numbers(look, number, percent=True)
        read_numbers(look, number, "number", decimal_mark(looked, [looked], ",") or ".")
        own = _measure_of(header, meaning, name)
        measure = f"coalesce({place[meaning.what]}, '')" if meaning.what else _quoted(own)
        whose = joined
        if meaning.columns_are == "series" and len(meaning.values) > 1:
            whose = _quoted(header) if joined == "''" else f"{joined} || ' · ' || {_quoted(header)}"
        parts.append(
            f"SELECT cells.line, {measure} AS measure, {whose} AS series, {where} AS place, "
            f"cells.c999 AS written, own_periods.period AS period, c{number} AS said, r.value AS value "
            f"FROM cells LEFT JOIN own_periods ON own_periods.text = cells.c999 "
            f"LEFT JOIN read_{number} r ON r.text = cells.c{number}")
    found = engine.to_frame(look.execute(" UNION ALL ".join(parts) + " ORDER BY ALL").to_arrow_table())
    rows = _readable(found, meaning, problems, name)
    interval, step = _interval(rows, form, meaning)
    rows = _once(rows, meaning, problems)
    series = _overview(rows, interval, step)
    _tell(rows, series, as_of, form, meaning, interval, problems)
    averaged = meaning.averaged
    rows["adds_up"] = [not (LEVEL.search(one) if averaged is None else one in averaged) for one in rows.measure]
    return Arranged(rows, series, form, interval, tuple(problems))


def measures_of(meaning: Meaning, name: str) -> tuple[str, ...]:
    """What the measures of a file called `name` would be called; () where a column tells."""
    return () if meaning.what else tuple(dict.fromkeys(_measure_of(header, meaning, name) for header in meaning.values))


# --- from texts to series -------------------------------------------------------------------------


def _lay_periods(look, meaning: Meaning, problems: list, zone: str) -> str:
    """The temp table own_periods (text, period); how the times are written."""
    texts = engine.to_frame(
        look.execute("SELECT c999 AS text FROM cells_stamped WHERE c999 IS NOT NULL").to_arrow_table()
    ).text
    read = stamps.read(texts) if len(texts) else stamps.Stamps("date", pd.Series(dtype="datetime64[ns]"))
    if read.form in ("relative", "steps"):
        interval = "month" if read.form == "relative" else meaning.interval
        periods = stamps.from_steps(read.periods, interval, meaning.first)
        frame = pd.DataFrame({"text": read.periods.index, "period": periods.to_numpy()})
    elif read.form != "date":
        frame = pd.DataFrame({"text": read.periods.index, "period": read.periods.to_numpy()})
    else:
        frame = _whole_dates(look, texts, meaning, problems, zone)
    frame["period"] = frame.period.astype("datetime64[us]")
    look.stage("own_periods", frame)
    return read.form


def _whole_dates(look, texts: pd.Series, meaning: Meaning, problems: list, zone: str) -> pd.DataFrame:
    """As crm_core/writing.py reads them. One offset behind all of them is the place's own: its clock is kept."""
    different = pd.Series(texts.unique())
    found = stamps.zones(different)
    offsets = sorted(offset for offset in found if offset)
    stripped = different.map(stamps.without_zone) if len(offsets) == 1 and "" not in found else different
    look.stage("dates_as_read", pd.DataFrame({"c998": stripped, "text": different}))
    look.execute("CREATE OR REPLACE TEMP VIEW cells AS SELECT c998 FROM dates_as_read")
    read_dates(look, 998, "time", " · ".join(meaning.when), meaning.date_order)
    frame = engine.to_frame(
        look.execute(
            "SELECT d.text, r.value AS period FROM dates_as_read d LEFT JOIN read_998 r ON r.text = d.c998"
        ).to_arrow_table()
    )
    if len(offsets) > 1 or (offsets and "" in found):
        frame["period"] = frame.period.dt.tz_localize("UTC").dt.tz_convert(zone).dt.tz_localize(None)
        problems.append(("zones", {"offsets": ", ".join(offsets), "zone": zone}))
        if "" in found:
            problems.append(("zones_missing", {"count": found[""]}))
    return frame


def _readable(found: pd.DataFrame, meaning: Meaning, problems: list, name: str) -> pd.DataFrame:
    """Rows with a period and a number; what of the others is told."""
    no_date = found.written.isna() | found.period.isna() | ~found.period.between(EARLIEST, LATEST)
    no_number = ~no_date & found.value.isna()
    empty = no_number & found.said.isna()
    for kind, rows, told in (("not_a_date", no_date, "written"), ("not_a_number", no_number & ~empty, "said"),
                             ("empty", empty, "written")):
        if rows.any():
            problems.append((kind, {"count": int(rows.sum()), "example": str(found.loc[rows, told].iloc[0] or "–")}))
    rows = found[~no_date & ~no_number]
    if rows.empty:
        raise NothingReadable(
            name=name, rows=len(found), when=" · ".join(meaning.when), values=", ".join(meaning.values)
        )
    rows = rows[["line", "measure", "series", "place", "period", "value"]].reset_index(drop=True)
    rows["period"] = rows.period.astype("datetime64[ns]")
    return rows


def _once(rows: pd.DataFrame, meaning: Meaning, problems: list) -> pd.DataFrame:
    """One row a series and period; periods that stand there more than once are put together, and told."""
    key = ["measure", "series", "place", "period"]
    again = rows.duplicated(key, keep=False)
    if again.any():
        first = rows[again].iloc[0]
        problems.insert(0, ("twice", {"rows": int(again.sum()), "periods": int(rows[again].groupby(key).ngroups),
                                      "example": first.period.date(), "series": first.series or first.measure,
                                      "way": meaning.twice}))
        rows = rows.sort_values("line", kind="stable").groupby(key, sort=False, as_index=False).value.agg(meaning.twice)
    return rows.sort_values(key, ignore_index=True)[[*key, "value"]]


def _interval(rows: pd.DataFrame, form: str, meaning: Meaning) -> tuple[str, pd.Timedelta]:
    """The interval at which the times lie, by the commonest step from one to the next of a series."""
    if form in ("month", "quarter", "week", "year"):
        return form, pd.Timedelta(days={"month": 30, "quarter": 91, "week": 7, "year": 365}[form])
    if form == "steps":
        return meaning.interval, pd.Timedelta(hours={"hour": 1, "day": 24, "week": 168}.get(meaning.interval, 720))
    if form == "relative":
        return "month", pd.Timedelta(days=30)
    ordered = rows.drop_duplicates(["measure", "series", "place", "period"]).sort_values(
        ["measure", "series", "place", "period"])
    steps = ordered.groupby(["measure", "series", "place"]).period.diff().dropna()
    if steps.empty:
        return "day", pd.Timedelta(days=1)
    step = steps.mode().iloc[0]
    return calendar.interval_of(step), step


def _overview(rows: pd.DataFrame, interval: str, step: pd.Timedelta) -> pd.DataFrame:
    """A row a series: how many points, from when to when, how many periods between them are missing."""
    rows = rows.assign(negative=rows.value < 0, nothing=rows.value == 0)
    found = rows.groupby(["measure", "series", "place"], as_index=False, sort=False).agg(
        points=("value", "size"), first=("period", "min"), last=("period", "max"), negative=("negative", "sum"),
        nothing=("nothing", "sum"))
    if interval in ("month", "quarter", "year"):
        months = (
            (found["last"].dt.year - found["first"].dt.year) * 12 + found["last"].dt.month - found["first"].dt.month
        )
        expected = months // {"month": 1, "quarter": 3, "year": 12}[interval] + 1
    elif interval == "day" and step == pd.Timedelta(days=1) and _works_on_weekdays(rows.period):
        expected = (
            np.busday_count(found["first"].to_numpy("datetime64[D]"), found["last"].to_numpy("datetime64[D]")) + 1
        )
    else:
        expected = ((found["last"] - found["first"]) / step).round().astype("int64") + 1
    found["missing"] = (expected - found.points).clip(lower=0)
    return found


def _works_on_weekdays(periods: pd.Series) -> bool:
    days = periods.drop_duplicates()
    return len(days) >= 10 and bool((days.dt.dayofweek < 5).all())


def _tell(rows, series, as_of: date, form: str, meaning: Meaning, interval: str, problems: list) -> None:
    """What a person should know before it is kept."""
    if form in ("relative", "steps"):
        problems.insert(0, ("steps", {"interval": interval, "first": stamps.start_of(pd.Timestamp(meaning.first),
                                                                                    interval).date()}))
    gaps = series[series.missing > 0]
    if len(gaps):
        worst = gaps.loc[gaps.missing.idxmax()]
        problems.append(("gaps", {"count": int(gaps.missing.sum()), "series": len(gaps),
                                  "example": worst.series or worst.measure, "most": int(worst.missing)}))
    for kind, which in (("one_point", series.points == 1),
                        ("all_zero", (series.nothing == series.points) & (series.points > 1))):
        if which.any():
            first = series[which].iloc[0]
            problems.append((kind, {"count": int(which.sum()), "example": first.series or first.measure}))
    future = rows.period > pd.Timestamp(as_of) + pd.Timedelta(days=1)
    if future.any():
        problems.append(("future", {"count": int(future.sum()), "last": rows.period.max().date()}))
    if (rows.value < 0).any():
        problems.append(("negative", {"count": int((rows.value < 0).sum())}))


def _measure_of(header: str, meaning: Meaning, name: str) -> str:
    if meaning.measure and (len(meaning.values) == 1 or meaning.columns_are == "series"):
        return meaning.measure
    if NAMELESS.search(header) or (meaning.columns_are == "series" and len(meaning.values) > 1):
        header = re.sub(r"(\.(csv|tsv|txt|xlsx?|xlsb|ods|parquet|json|gz|zip|bz2|xz))+$", "", name, flags=re.IGNORECASE)
    return header.replace("_", " ").strip()[:200]


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
