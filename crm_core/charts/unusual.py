"""The charts of what is odd in a series, of what it is made of, and of its days."""

import numpy as np
import pandas as pd

from crm_core.charts.chart import MOST_POINTS, Chart, Mark, written
from crm_core.charts.series import period_words

MOST_YEARS = 6  # of a calendar


def watched_series(frame: pd.DataFrame, marks: pd.DataFrame, measure: str, unit: str, interval: str, say,
                   events: pd.DataFrame | None = None) -> Chart:
    """A series within what was to be expected: `frame` has period, value, expected, low, high; `marks` a row for each
    oddity: period (where it is drawn), value, kind, words, explained. `events` are drawn behind it: name, kind,
    starts_on, ends_on."""
    notes = (say("unusual_chart.note"),)
    if len(frame) > MOST_POINTS // 3:
        frame = frame.tail(MOST_POINTS // 3)
        marks = marks[marks.period >= frame.period.iloc[0]]
        events = None if events is None else events[events.ends_on >= frame.period.iloc[0]]
        notes = (*notes, say("series_chart.newest", count=len(frame)))
    kinds = ("spike", "dip", "gap", "shift")
    rows = frame.assign(when=[period_words(period, interval, say) for period in frame.period])
    return Chart(
        kind="watched",
        x="period",
        y="value",
        low="low",
        high="high",
        frame=rows.reset_index(drop=True),
        scale=(interval, say("unusual_chart.band"), *(say(f"unusual_kind.{kind}") for kind in kinds)),
        marks=tuple(
            Mark(row.period, row.value, row.words, row.kind, bool(row.explained)) for row in marks.itertuples()
        ),
        title=say("unusual_chart.title", measure=measure),
        subtitle=say("unusual_chart.subtitle"),
        labels={
            "when": say("series_chart.when"),
            "period": say("series_chart.when"),
            "value": measure,
            "expected": say("unusual.expected"),
            "low": say("unusual_chart.low"),
            "high": say("unusual_chart.high"),
        },
        units={"when": "name", "period": "day", "value": unit, "expected": unit, "low": unit, "high": unit},
        alt=say("unusual_chart.alt", measure=measure, count=len(marks)),
        notes=notes,
        events=events,
    )


def parts_of_series(
    parts: dict[str, pd.Series], periods: pd.Series, in_shares: bool, measure: str, unit: str, interval: str, say
) -> Chart:
    """What a series is made of, a panel each: words of a part → its values. The first is the series itself."""
    most = MOST_POINTS // max(1, len(parts))
    frame = pd.concat(
        [pd.DataFrame({"part": name, "period": periods, "value": values}).tail(most) for name, values in parts.items()],
        ignore_index=True,
    )
    frame = frame.assign(when=[period_words(period, interval, say) for period in frame.period])
    return Chart(
        kind="panels",
        x="period",
        y="value",
        colour="part",
        frame=frame,
        scale=(interval,),
        title=say("pattern_chart.parts_title", measure=measure),
        subtitle=say("pattern_chart.in_shares" if in_shares else "pattern_chart.in_sums"),
        labels={"part": say("pattern_chart.part"), "when": say("series_chart.when"), "value": measure},
        units={"period": "day", "when": "name", "part": "name", "value": "number" if in_shares else unit},
        alt=say("pattern_chart.parts_alt", measure=measure, count=len(parts)),
    )


def calendar_of_days(frame: pd.DataFrame, measure: str, unit: str, say) -> Chart:
    """A cell a day: `frame` has period and value; the newest years."""
    frame = frame[frame.period.dt.year > frame.period.dt.year.max() - MOST_YEARS]
    days = [say(f"pattern.weekday_{day}") for day in range(1, 8)]
    rows = frame.assign(when=[f"{period:%Y-%m-%d} {days[period.dayofweek]}" for period in frame.period]).reset_index(
        drop=True
    )
    known = rows.dropna(subset=["value"])
    best = known.loc[known.value.idxmax()]
    months = [say(f"pattern.month_{month}") for month in range(1, 13)]
    return Chart(
        kind="calendar",
        x="period",
        y="value",
        text="when",
        frame=rows,
        scale=(*days, *months),
        title=say("pattern_chart.calendar_title", measure=measure),
        subtitle=say("pattern_chart.calendar_subtitle"),
        labels={"period": say("series_chart.when"), "value": measure},
        units={"period": "day", "value": unit},
        alt=say(
            "pattern_chart.calendar_alt",
            measure=measure,
            when=best.when,
            value=written(best.value, unit, say("series_chart.locale")),
        ),
    )


def cycle_profile(told: pd.DataFrame, by: str, measure: str, say) -> Chart:
    """How the places of a cycle compare: what decomposing.profile gives."""
    words = {"hour": lambda place: f"{place}:00", "quarter": lambda place: f"Q{place}"}.get(
        by, lambda place: say(f"pattern.{by}_{place}")
    )
    frame = pd.DataFrame(
        {
            "place": [words(int(place)) for place in told.place],
            "index": told["index"] - 1,
            "low": told.low - 1,
            "high": told.high - 1,
            "count": told["count"],
        }
    )
    best = frame.loc[frame["index"].idxmax()]
    return Chart(
        kind="columns",
        x="place",
        y="index",
        frame=frame,
        title=say(f"pattern_chart.profile_{by}", measure=measure),
        subtitle=say("pattern_chart.profile_subtitle"),
        labels={
            "place": say(f"pattern_chart.place_{by}"),
            "index": say("pattern_chart.against_usual"),
            "low": say("pattern_chart.low"),
            "high": say("pattern_chart.high"),
            "count": say("pattern_chart.count"),
        },
        units={"place": "name", "index": "share", "low": "share", "high": "share", "count": "count"},
        alt=say("pattern_chart.profile_alt", measure=measure, place=best.place, share=float(best["index"])),
    )


def placebo_spread(elsewhere, here: float, name: str, say) -> Chart:
    """How sure the same days laid elsewhere are, and the event: in spreads from no effect."""
    low, high = min(float(elsewhere.min()), here), max(float(elsewhere.max()), here)
    edges = np.linspace(low, high + 1e-9, 22)
    counts, _ = np.histogram(elsewhere, edges)
    middles = (edges[1:] + edges[:-1]) / 2
    frame = pd.DataFrame(
        {"share": [f"{round(middle, 1) + 0.0:+.1f}" for middle in middles], "dates": counts, "middle": middles}
    )
    mine = int(np.clip(np.searchsorted(edges, here, "right") - 1, 0, len(counts) - 1))
    frame["whose"] = [
        say("placebo_chart.here" if place == mine else "placebo_chart.elsewhere") for place in range(len(frame))
    ]
    frame["elsewhere"] = np.arange(len(frame)) != mine
    frame.loc[mine, "dates"] = max(int(frame.dates.iloc[mine]), 1)
    return Chart(
        kind="columns",
        x="share",
        y="dates",
        unfinished="elsewhere",
        frame=frame.sort_values("middle").reset_index(drop=True),
        title=say("placebo_chart.title", name=name),
        subtitle=say("placebo_chart.subtitle"),
        labels={
            "share": say("placebo_chart.share"),
            "dates": say("placebo_chart.dates"),
            "whose": say("placebo_chart.whose"),
        },
        units={"share": "name", "dates": "count", "whose": "name"},
        alt=say("placebo_chart.alt", name=name, here=f"{here:.1f}", dates=len(elsewhere)),
    )
