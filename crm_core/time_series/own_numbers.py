"""A table of series that somebody brings: which column says when, what, whose and where, and what is wrong with it.

    Store, Date, Weekly_Sales, Holiday_Flag, …
    → when Date, value Weekly_Sales, series Store:    measure Weekly Sales | series 1 | 2010-02-05 | 1643690.90

The cells come as texts (c0, c1 … under `line`), as the importer reads any file; own_keeping.py puts them into the book.
"""
import re
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from crm_core import engine
from crm_core.errors import NoNumbersColumn, NothingReadable, NoTimesColumn
from crm_core.time_series import stamps
from crm_core.writing import decimal_mark, look_at_numbers, read_dates, read_numbers

WHEN = re.compile(r"date|month|day|year|time|period|week|quarter|stamp|hour|datum|monat|jahr|woche|quartal|fecha|^ds$|"
                  r"日期|时间|月|年|季|周|天", re.IGNORECASE)
STEPS = re.compile(r"^(t|step|index|idx|n|no|time|period|nr|序号|期)$", re.IGNORECASE)
PLACE = re.compile(r"country|state|province|region|city|county|district|territory|place|location|geo|land$|ort$|stadt|"
                   r"国家|省|市|地区|区域|城市|地点", re.IGNORECASE)
WHOSE = re.compile(r"series|store|shop|branch|product|item|sku|category|industry|segment|dept|department|channel|code|"
                   r"unique_id|(^|[_ ])id$|filiale|门店|店|系列|产品|商品|品类|类别|行业|编号|渠道", re.IGNORECASE)
WHAT = re.compile(r"^(measure|metric|indicator|variable|kpi|statistic|kennzahl|指标|度量|变量)$", re.IGNORECASE)
VALUE = re.compile(r"value|sales|revenue|turnover|amount|volume|count|total|passengers|demand|visits|quantity|qty|price|"
                   r"^y$|umsatz|wert|menge|数量|销售|金额|收入|数值|^值$|客流|访问", re.IGNORECASE)
NAMELESS = re.compile(r"^(value|values|y|val|obs_value|target|wert|数值|值)$", re.IGNORECASE)
# A level or a rate is no more over a month than over a day.
LEVEL = re.compile(r"temperatur|price|rate|index|cpi|unemploy|share|percent|%|average|mean|median|score|balance|level|"
                   r"satisfaction|preis|温度|价格|率|指数|平均|库存|余额|评分|满意", re.IGNORECASE)
WAYS_FOR_TWICE = ("sum", "mean", "last")
INTERVALS = ("hour", "day", "week", "month", "quarter", "year")
EARLIEST, LATEST = pd.Timestamp(1700, 1, 1), pd.Timestamp(2200, 1, 1)
MOST_SERIES_OF_NUMBERS = 2_000  # different whole numbers in a column that may still be somebody's number
SAMPLE = 20_000  # rows from which columns are recognised


@dataclass(frozen=True)
class Meaning:
    """What the columns mean, as proposed or as the person says."""

    when: tuple[str, ...]  # the column of times; several (year, month) are read as one
    values: tuple[str, ...]  # the columns with numbers
    series: tuple[str, ...] = ()  # whose numbers they are: several make one name
    place: str = ""
    what: str = ""  # the column that names the measure; else the values' headers name it, or `measure` does
    measure: str = ""  # the name of the one measure; '' as the headers say
    columns_are: str = "measures"  # what several columns of values are: measures, series
    date_order: str | None = None  # day first, month first, year first: where both fit
    interval: str = "month"  # of steps that name no time
    first: date = date(2000, 1, 1)  # when the first such step was
    twice: str = "sum"  # one of WAYS_FOR_TWICE: what a period is that stands there more than once
    averaged: tuple[str, ...] | None = None  # measures of which several make a mean, no sum; None: as their names say


@dataclass(frozen=True, eq=False)
class Arranged:
    """A table of series as it would be kept."""

    rows: pd.DataFrame  # measure, series, place, period, value, adds_up; one row a series and period
    series: pd.DataFrame  # measure, series, place, points, first, last, missing, negative: a row a series
    form: str  # how its times are written: date, month, quarter, week, year, relative, steps
    interval: str  # one of INTERVALS, as the times lie
    problems: tuple[tuple[str, dict], ...]  # what is wrong or was done unasked: a word of own.problem and its facts


def laid(look, folder) -> tuple[str, ...]:
    """Lay a read file's cells (cells.parquet in `folder`) as texts where SQL finds them; the names of its columns."""
    import pyarrow.parquet as pq

    look.stage("cells_as_read", pq.read_table(folder / "cells.parquet"))
    columns = [name for name, *_ in look.execute("DESCRIBE cells_as_read").fetchall() if name != "line"]
    texts = ", ".join(f"nullif(trim(CAST({name} AS VARCHAR)), '') AS {name}" for name in columns)
    look.execute(f"CREATE OR REPLACE TEMP TABLE cells_as_texts AS SELECT line, {texts} FROM cells_as_read")
    look.execute("DROP TABLE cells_as_read")
    return tuple(columns)


def propose(look, headers: tuple[str, ...]) -> Meaning:
    """What the columns mean, by their headers and what stands in them. Raises NoTimesColumn, NoNumbersColumn."""
    sample = engine.to_frame(look.execute(
        f"SELECT * EXCLUDE (line) FROM cells_as_texts ORDER BY line LIMIT {SAMPLE}").to_arrow_table())
    sample.columns = headers
    numbers = {header for header in headers if _is_numeric(sample[header])}
    when = _when(sample, headers, numbers)
    others = [header for header in headers if header not in when and sample[header].notna().any()]
    what = next((header for header in others if header not in numbers and WHAT.search(header)), "")
    place = next((header for header in others if header not in numbers and header != what and PLACE.search(header)
                  and sample[header].nunique() > 1), "")
    candidates = [header for header in others if header not in (what, place) and (
        header not in numbers or WHOSE.search(header) or _may_name(sample[header]))]
    series = _series(look, headers, (*when, *((place,) if place else ()), *((what,) if what else ())), candidates, numbers,
                     sample)
    values = [header for header in others if header in numbers and header not in series]
    values = [header for header in values if VALUE.search(header)] or values
    if not values:
        raise NoNumbersColumn(headers=", ".join(headers))
    likely = [header for header in values if not WHOSE.search(header)] or values
    likely = [header for header in likely if not LEVEL.search(header)] or likely  # a price beside sales explains them
    return Meaning(tuple(when), tuple(likely), tuple(series), place, what)


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


# --- which column is which ------------------------------------------------------------------------


def _is_numeric(texts: pd.Series) -> bool:
    texts = texts.dropna()
    plain = texts.str.replace(r"[\s€$¥£%,.'+-]|\(|\)", "", regex=True)
    return len(texts) > 0 and bool((plain.str.fullmatch(r"\d+([eE]-?\d+)?")).mean() > 0.8) and not bool(
        texts.str.fullmatch(r"\d+[-/.]\d+[-/.]\d+.*").mean() > 0.5)


def _may_name(texts: pd.Series) -> bool:
    """Whether whole numbers may be somebody's number: as many rows each."""
    texts = texts.dropna()
    return bool(texts.str.fullmatch(r"\d{1,9}").all()) and 2 <= texts.nunique() <= min(MOST_SERIES_OF_NUMBERS, len(texts) / 3)


def _when(sample: pd.DataFrame, headers, numbers: set) -> tuple[str, ...]:
    scored = []
    for header in headers:
        texts = sample[header].dropna().head(2_000)
        if texts.empty:
            continue
        named = bool(WHEN.search(header))
        form = stamps.read(texts).form
        if form in ("steps", "relative"):
            fits = form == "relative" or bool(STEPS.search(header))
        elif form == "year":
            fits = named or header not in numbers
        elif form == "month" and texts.str.fullmatch(r"\d{6}|\d{1,2}[.]\d{4}").all():
            fits = named  # 198204 may be a number too
        elif form == "date":
            # 10 words as a date is none; eight digits are one where the header says so.
            fits = texts.str.contains(r"\d").mean() > 0.7 and (named if header in numbers else _dated(texts))
        else:
            fits = True
        if fits:
            scored.append((named, {"date": 3, "steps": 0, "relative": 1, "year": 1}.get(form, 2), header))
    by_name = {header.strip().lower(): header for header in headers}
    year = next((by_name[name] for name in ("year", "jahr", "年", "年份") if name in by_name), None)
    month = next((by_name[name] for name in ("month", "monat", "月", "月份") if name in by_name), None)
    day = next((by_name[name] for name in ("day", "tag", "日") if name in by_name), None)
    whole = [entry for entry in scored if entry[2] not in (year, month, day)]
    if year and month and not [entry for entry in whole if entry[0]]:
        inside = sample[month].dropna().head(50).str.fullmatch(r"\d{1,2}|[^\W\d]{3,9}|\d{1,2}月|[一二三四五六七八九十]{1,2}月")
        if inside.all():
            return (year, month, day) if day else (year, month)
    if not scored:
        raise NoTimesColumn(headers=", ".join(headers))
    best = max(scored, key=lambda entry: entry[:2])
    return (next(entry[2] for entry in scored if entry[:2] == best[:2]),)


def _dated(texts: pd.Series) -> bool:
    return bool(texts.str.contains(r"\d{1,4}[-/. 年]\s*(?:\d{1,2}|[^\W\d]{3,9})[-/. ,月]+\s*\d{1,4}|^[^\W\d]{3,9}\.? \d{1,2},? \d{4}",
                                   regex=True).mean() > 0.5)


def _series(look, headers, given: tuple[str, ...], candidates: list[str], numbers: set, sample) -> tuple[str, ...]:
    """The fewest columns by which no period of a series stands there twice; of the closest where none do."""
    place = {header: f"c{number}" for number, header in enumerate(headers)}

    def different(columns) -> int:
        listed = ", ".join(f"coalesce({place[header]}, '')" for header in columns)
        return look.execute(f"SELECT count(*) FROM (SELECT DISTINCT {listed} FROM cells_as_texts)").fetchone()[0]

    rows = look.execute("SELECT count(*) FROM cells_as_texts").fetchone()[0]
    best = different(given)
    candidates = sorted(candidates, key=lambda header: (
        not WHOSE.search(header) or header in numbers and VALUE.search(header) is not None, header in numbers,
        sample[header].nunique()))[:8]
    candidates = [header for header in candidates if header not in numbers or best < 0.5 * rows or WHOSE.search(header)]
    if best == rows:  # nothing need tell them apart; a column that is called a series does all the same
        return tuple(header for header in candidates[:1] if WHOSE.search(header) and header not in numbers
                     and 1 < sample[header].nunique() < len(sample) / 2)
    chosen: tuple[str, ...] = ()
    for _ in range(2):
        tried = [(different((*given, *chosen, header)), -order, header) for order, header in enumerate(candidates)
                 if header not in chosen]
        # What tells them all apart with the fewest names; else what comes closest.
        whole = [entry for entry in tried if entry[0] == rows]
        if not tried or max(tried)[0] <= best:
            break
        best, _, header = max(whole or tried, key=lambda entry: entry[1] if whole else entry)
        chosen = (*chosen, header)
        if best == rows:
            break
    return chosen


# --- from texts to series -------------------------------------------------------------------------


def _lay_periods(look, meaning: Meaning, problems: list, zone: str) -> str:
    """The temp table own_periods (text, period); how the times are written."""
    texts = engine.to_frame(look.execute("SELECT c999 AS text FROM cells_stamped WHERE c999 IS NOT NULL").to_arrow_table()).text
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
    frame = engine.to_frame(look.execute(
        "SELECT d.text, r.value AS period FROM dates_as_read d LEFT JOIN read_998 r ON r.text = d.c998").to_arrow_table())
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
        raise NothingReadable(name=name, rows=len(found), when=" · ".join(meaning.when), values=", ".join(meaning.values))
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
    return interval_of(step), step


def interval_of(step: pd.Timedelta) -> str:
    """The interval of times that lie so far apart."""
    days = step / pd.Timedelta(days=1)
    for interval, low, high in (("hour", 0, 0.99), ("day", 0.99, 6.5), ("week", 6.5, 27), ("month", 27, 85),
                                ("quarter", 85, 360), ("year", 360, 1e9)):
        if low <= days < high:
            return interval
    raise AssertionError(step)


def _overview(rows: pd.DataFrame, interval: str, step: pd.Timedelta) -> pd.DataFrame:
    """A row a series: how many points, from when to when, how many periods between them are missing."""
    rows = rows.assign(negative=rows.value < 0, nothing=rows.value == 0)
    found = rows.groupby(["measure", "series", "place"], as_index=False, sort=False).agg(
        points=("value", "size"), first=("period", "min"), last=("period", "max"), negative=("negative", "sum"),
        nothing=("nothing", "sum"))
    if interval in ("month", "quarter", "year"):
        months = (found["last"].dt.year - found["first"].dt.year) * 12 + found["last"].dt.month - found["first"].dt.month
        expected = months // {"month": 1, "quarter": 3, "year": 12}[interval] + 1
    elif interval == "day" and step == pd.Timedelta(days=1) and _works_on_weekdays(rows.period):
        expected = np.busday_count(found["first"].to_numpy("datetime64[D]"), found["last"].to_numpy("datetime64[D]")) + 1
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


def as_said(meaning: Meaning, **said) -> Meaning:
    """The meaning with what the person said instead."""
    return replace(meaning, **said)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
