"""The charts that people put together: from a built frame to the description of its type."""
import pandas as pd

from crm_core.charts.chart import MOST_POINTS, Chart, written
from crm_core.tables import TABLES

LONGER = {"hour": "day", "day": "week", "week": "month", "month": "quarter", "quarter": "year"}
PERIODS = {"day": "D", "week": "W-SUN", "month": "M", "quarter": "Q", "year": "Y"}
OTHERS = "\x00others"  # as crm_core/time_series/charting.py names all that are put together
# Whose names are choices of a table, which have words.
CHOICES = {"messages": ("communications", ("channel", "direction")), "requests": ("service_requests", (
    "channel", "priority", "status")), "customers": ("customers", ("gender",))}


def built(shown, name: str, say, locale: str) -> Chart:
    """The chart of a Built of crm_core/time_series/charting.py; `name` is its title, '' for one of its own."""
    choice = shown.choice
    frame = _named(shown, say)
    words = {"measure": measure_words(choice.data, choice.measure, say), "by": say(f"built.by.{choice.by}"),
             "split": say(f"built.by.{choice.split}") if choice.split else ""}
    inside = words | {side: words[side].lower() for side in ("by", "split")}  # within a sentence
    title = name or say("built.title_split" if choice.split else "built.title", **inside)
    if not name and choice.kind in ("scatter", "box", "waterfall"):
        title = _title(shown, inside, say)
    when = (
        say("built.since", first=shown.first, last=shown.last) if shown.first else say("built.until", last=shown.last)
    )
    growing = "growing" in frame and bool(frame.growing.any())
    common = {"title": title, "subtitle": when, "notes": _notes(shown, growing, say)}
    labels = {"when" if choice.by == "period" else "name": words["by"],
              **({"when" if choice.split == "period" else "other": words["split"]} if choice.split else {}),
              "value": words["measure"]}
    units = {"when": "name", "name": "name", "other": "name", "value": shown.unit, "period": _unit_of(choice.interval)}
    draw = {"bar": _bar, "line": _trend, "area": _trend, "stacked": _stacked, "scatter": _scatter, "box": _box,
            "heatmap": _grid, "funnel": _funnel, "treemap": _treemap, "pie": _pie, "pareto": _pareto,
            "waterfall": _waterfall}[choice.kind]
    return draw(shown, frame, labels, units, common, words, say, locale)


def own_preview(
    rows: pd.DataFrame, series: pd.DataFrame, measure: str, interval: str, most: int, say, locale: str
) -> Chart:
    """Series as they would be kept (measure, series, place, period, value): of one measure the `most` longest."""
    named = series[series.measure == measure].nlargest(most, "points")[["series", "place"]]
    shown = rows[rows.measure == measure].merge(named, on=["series", "place"])
    shown["other"] = [" · ".join(part for part in both if part) or measure
                      for both in zip(shown.series, shown.place, strict=True)]
    # What is too much to draw is drawn by longer periods: means, so that one more hour in a day is no peak.
    coarser, fitting = interval, shown[["other", "period", "value"]]
    while len(fitting) > MOST_POINTS and coarser != "year":
        coarser = LONGER[coarser]
        fitting = shown.assign(period=shown.period.dt.to_period(PERIODS[coarser]).dt.start_time).groupby(
            ["other", "period"], as_index=False).value.mean()
    fitting = fitting.assign(when=[period_words(period, coarser, say) for period in fitting.period])
    of_all = int((series.measure == measure).sum())
    notes = [say("time_own.preview_most", count=most, series=of_all)] if of_all > most else []
    if coarser != interval:
        notes.append(say("time_own.preview_coarser", interval=say(f"time_own.interval_{coarser}")))
    colour = {"colour": "other"} if fitting.other.nunique() > 1 else {}
    return Chart(
        kind="trend",
        x="period",
        y="value",
        frame=fitting.sort_values(["other", "period"], kind="stable"),
        **colour,
        title=say("time_own.preview_title", measure=measure),
        notes=tuple(notes),
        labels={
            "when": say("built.by.period"),
            **({"other": say("built.by.series")} if colour else {}),
            "value": measure,
        },
        scale=(coarser,),
        units={"period": _unit_of(coarser), "when": "name", "other": "name", "value": "number"},
        alt=say(
            "time_own.preview_alt",
            measure=measure,
            first=rows.period.min().date(),
            last=rows.period.max().date(),
            low=written(fitting.value.min(), "number", locale),
            high=written(fitting.value.max(), "number", locale),
        ),
    )


def measure_words(data: str, measure: str, say) -> str:
    """What is measured, in words; an own measure has the name that its file gave it."""
    return data.removeprefix("own:") if data.startswith("own:") else say(f"built.measure.{measure}")


def name_words(data: str, side: str, value, say) -> str:
    """A name as a person reads it: Monday for 0, 'not told' for nothing."""
    if value == OTHERS:
        return say("built.others")
    if value == "" or value is None:
        return say("built.unknown")
    if side == "weekday":
        return say(f"built.weekday.{value}")
    if side == "hour":
        return f"{int(value):02d}:00"
    if side == "step":
        return say(f"built.step.{value}")
    table, columns = CHOICES.get(data, ("", ()))
    if side in columns and value in TABLES[table].column(side).choices:
        return say(f"choice.{side}.{value}")
    return str(value)


def period_words(period, interval: str, say) -> str:
    """2026-01-05, Jan 2026, Q1 2026, 2026, each as the language writes it."""
    period = pd.Timestamp(period)
    return say(f"built.when.{interval}", when=period.to_pydatetime(), year=str(period.year),
               month=say(f"built.month.{period.month}"), quarter=str(period.quarter))


# --- inside ---------------------------------------------------------------------------------------


def _title(shown, inside: dict, say) -> str:
    choice = shown.choice
    if choice.kind == "waterfall":
        return say("built.title_change", **inside)
    if choice.kind == "box":
        return say("built.title", measure=_single(shown, say), by=inside["by"])
    against = measure_words(choice.data, choice.against, say)
    return say("built.title_against", measure=inside["measure"], against=against.lower(), by=inside["by"])


def _single(shown, say) -> str:
    """What a single value is of which a box is made: the amount of an order."""
    own = shown.choice.data.removeprefix("own:")
    return say("built.single_own", measure=own) if own != shown.choice.data else say(f"built.single.{own}")


def _named(shown, say) -> pd.DataFrame:
    """The frame with names in words; a time has its begin in `period`, its words in `when`, whether it is over too."""
    choice, frame = shown.choice, shown.frame.copy()
    for column, side in (("name", choice.by), ("other", choice.split)):
        if side == "period":
            frame["period"] = pd.to_datetime(frame[column])
            told = {period: period_words(period, choice.interval, say) for period in frame.period.unique()}
            frame["when"] = frame[column] = frame.period.map(told)
            ends = (
                frame.period
                + {
                    "day": pd.offsets.Day(1),
                    "week": pd.offsets.Day(7),
                    "month": pd.offsets.MonthBegin(1),
                    "quarter": pd.offsets.QuarterBegin(1, startingMonth=1),
                    "year": pd.offsets.YearBegin(1),
                }[choice.interval]
            )
            frame["growing"] = ends > pd.Timestamp(shown.covered) + pd.Timedelta(days=1)
        elif side:
            told = {value: name_words(choice.data, side, value, say) for value in frame[column].unique()}
            frame[column] = frame[column].map(told)
    return frame


def _unit_of(interval: str) -> str:
    return {"month": "month"}.get(interval, "day")


def _notes(shown, growing: bool, say) -> tuple[str, ...]:
    choice, notes = shown.choice, []
    if shown.left_out:
        together = shown.together and choice.kind != "pareto"
        notes.append(say("built.note_together" if together else "built.note_left_out", count=shown.left_out))
    if shown.coarser:
        notes.append(say("built.note_coarser", interval=say(f"time_interval.{choice.interval}")))
    if "segment" in (choice.by, choice.split):
        notes.append(say("built.note_segments"))
    if growing:
        notes.append(say("built.note_whole"))
    if choice.kind == "pie" and len(shown.frame) > 6:
        notes.append(say("built.note_slices", count=len(shown.frame)))
    return tuple(notes)


def _order(frame: pd.DataFrame, column: str, say) -> tuple[str, ...]:
    """Names in their order, all but those put together: these step back."""
    others = say("built.others")
    return tuple(name for name in dict.fromkeys(frame[column]) if name != others)


def _alt(shown, frame: pd.DataFrame, column: str, locale: str, words: dict, say) -> str:
    """How many names, which is most and which least: by their sums, or of what adds up to nothing by their highest."""
    values = frame.dropna(subset=["value"]).groupby(column, sort=False).value
    values = values.sum() if shown.adds_up else values.max()
    return say("built.alt", measure=words["measure"], count=len(values), most=str(values.idxmax()),
               highest=written(values.max(), shown.unit, locale), least=str(values.idxmin()),
               lowest=written(values.min(), shown.unit, locale))


def _coloured(shown, frame, say) -> dict:
    return {"colour": "other", "order": _order(frame, "other", say)} if shown.choice.split else {}


def _trend(shown, frame, labels, units, common, words, say, locale) -> Chart:
    layered = shown.choice.kind == "area" and shown.choice.split
    return Chart(kind="layers" if layered else "trend", x="period", y="value", frame=frame, labels=labels, units=units,
                 scale=(shown.choice.interval,), filled=shown.choice.kind == "area",
                 unfinished=None if layered else "growing",
                 alt=_alt(shown, frame, "when", locale, words, say), **_coloured(shown, frame, say), **common)


def _bar(shown, frame, labels, units, common, words, say, locale) -> Chart:
    if shown.choice.by == "period":
        return _standing("standing", shown, frame, labels, units, common, words, say, locale)
    if shown.choice.by in ("weekday", "hour") or (frame.value < 0).any():  # lying bars begin at nothing
        return Chart(kind="standing", x="name", y="value", frame=frame, labels=labels, units=units,
                     alt=_alt(shown, frame, "name", locale, words, say), **_coloured(shown, frame, say), **common)
    return Chart(kind="bars", x="value", y="name", frame=frame.fillna({"value": 0.0}), labels=labels, units=units,
                 alt=_alt(shown, frame, "name", locale, words, say), **_coloured(shown, frame, say), **common)


def _stacked(shown, frame, labels, units, common, words, say, locale) -> Chart:
    if shown.choice.by == "period":
        return _standing("stacked", shown, frame, labels, units, common, words, say, locale)
    return Chart(kind="stacked", x="name", y="value", frame=frame, labels=labels, units=units,
                 alt=_alt(shown, frame, "name", locale, words, say), **_coloured(shown, frame, say), **common)


def _standing(kind, shown, frame, labels, units, common, words, say, locale) -> Chart:
    return Chart(kind=kind, x="period", y="value", frame=frame, labels=labels, units=units, unfinished="growing",
                 scale=(shown.choice.interval,),
                 alt=_alt(shown, frame, "when", locale, words, say), **_coloured(shown, frame, say), **common)


def _scatter(shown, frame, labels, units, common, words, say, locale) -> Chart:
    against = measure_words(shown.choice.data, shown.choice.against, say)
    split = {"colour": "other", "order": _order(frame, "other", say)} if shown.choice.split else {}
    return Chart(
        kind="named_points",
        x="against",
        y="value",
        text="name",
        frame=frame,
        labels=labels | {"against": against},
        units=units | {"against": shown.against_unit},
        **split,
        alt=_alt(shown, frame, "name", locale, words, say),
        **common,
    )


def _box(shown, frame, labels, units, common, words, say, locale) -> Chart:
    single = _single(shown, say)
    columns = {"value": say("built.median"), "first": say("built.first_quartile"), "third": say("built.third_quartile"),
               "low": say("built.low_end"), "high": say("built.high_end"), "count": say("built.values"),
               "outside": say("built.outside")}
    of = "when" if shown.choice.by == "period" else "name"
    return Chart(kind="boxes", scale=(single,), x="value", y="name", frame=frame, labels={of: words["by"], **columns},
                 units=units | dict.fromkeys(("first", "third", "low", "high"), shown.unit) | {
                     "count": "count", "outside": "count"},
                 alt=_alt(shown, frame, "name", locale, words | {"measure": single}, say),
                 **(common | {"notes": (*common["notes"], say("built.note_box"))}))


def _grid(shown, frame, labels, units, common, words, say, locale) -> Chart:
    # Time, hours, and of two names the one with more of them, lie across.
    across, down = ("name", "other")
    sizes = {column: frame[column].nunique() for column in (across, down)}
    if shown.choice.split == "hour" or (shown.choice.by not in ("period", "hour") and sizes["other"] > sizes["name"]):
        across, down = down, across
    return Chart(kind="grid", x=across, y=down, colour="value", frame=frame, labels=labels, units=units,
                 alt=_alt(shown, frame, "name", locale, words, say), **common)


def _funnel(shown, frame, labels, units, common, words, say, locale) -> Chart:
    largest = float(frame.value.max())
    frame = frame.assign(share=frame.value / largest)
    frame["told"] = [say("built.funnel_words", value=written(value, shown.unit, locale), share=share)
                     for value, share in zip(frame.value, frame.share, strict=True)]
    return Chart(kind="funnel", x="value", y="name", text="told", frame=frame,
                 labels=labels | {"share": say("built.share_of_first")}, units=units | {"share": "share"},
                 alt=_alt(shown, frame, "name", locale, words, say), **common)


def _treemap(shown, frame, labels, units, common, words, say, locale) -> Chart:
    if not shown.choice.split:
        frame = frame.assign(other=frame.name)
    return Chart(kind="treemap", x="value", y="name", colour="name", text="other" if shown.choice.split else None,
                 order=_order(frame, "name", say), frame=frame, labels=labels, units=units,
                 alt=_alt(shown, frame, "name", locale, words, say), **common)


def _pie(shown, frame, labels, units, common, words, say, locale) -> Chart:
    frame = frame.assign(share=frame.value / frame.value.sum())
    return Chart(kind="pie", x="value", y="name", colour="name", order=_order(frame, "name", say), frame=frame,
                 labels=labels | {"share": say("built.share")}, units=units | {"share": "share"},
                 alt=_alt(shown, frame, "name", locale, words, say), **common)


def _pareto(shown, frame, labels, units, common, words, say, locale) -> Chart:
    # The many small ones together would be the tallest bar: they are in the sum and not among the bars.
    frame = frame.assign(so_far=frame.value.cumsum() / frame.value.sum())
    frame = frame[frame.name != say("built.others")]
    few, of_all = shown.few
    return Chart(kind="pareto", x="name", y="value", high="so_far", frame=frame,
                 labels=labels | {"so_far": say("built.so_far")}, units=units | {"so_far": "share"},
                 alt=_alt(shown, frame, "name", locale, words, say), **(common | {
                     "subtitle": say("built.pareto", few=few, all=of_all) + " · " + common["subtitle"]}))


def _waterfall(shown, frame, labels, units, common, words, say, locale) -> Chart:
    begin, end = float(frame.before.sum()), float(frame.after.sum())
    ends = pd.DataFrame(
        {
            "name": [say("built.before"), say("built.now")],
            "value": [begin, end],
            "before": [begin, begin],
            "after": [begin, end],
        }
    )
    rows = pd.concat([ends.head(1), frame, ends.tail(1)], ignore_index=True).assign(given=False)
    rows.loc[0, "given"] = True
    rows["told"] = [
        written(value, shown.unit, locale)
        if place in (0, len(rows) - 1)
        else f"{'+' if value > 0 else ''}{written(value, shown.unit, locale)}"
        for place, value in enumerate(rows.value)
    ]
    return Chart(kind="waterfall", x="value", y="name", frame=rows, unfinished="given", text="told",
                 labels={"name": words["by"], "value": say("built.change"), "before": say("built.before"),
                         "after": say("built.now")}, units=units | {"before": shown.unit, "after": shown.unit},
                 alt=say("built.alt_change", measure=words["measure"], before=written(begin, shown.unit, locale),
                         after=written(end, shown.unit, locale), most=str(frame.iloc[0]["name"]),
                         least=str(frame.iloc[-1]["name"])), **common)
