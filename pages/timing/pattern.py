"""What repeats: a calendar of the days, the profile of the week and the year, and what the series is made of."""

from dataclasses import replace

import pandas as pd
import streamlit as st

from crm_core import charts
from crm_core.errors import CrmError
from crm_core.time_series.decomposing import Decomposition, decompose, profile
from pages.timing import asking
from pages.timing.asking import Looking
from ui import chart, errors_in_words, job, plain, say, table
from ui.work import show_error

PROFILES = {
    "hour": ("hour", "weekday"),
    "day": ("weekday", "month"),
    "week": ("month",),
    "month": ("month",),
    "quarter": ("quarter",),
    "year": (),
}
PLACES = {"hour": 24, "weekday": 7, "month": 12, "quarter": 4}  # of a whole cycle


def show() -> None:
    looking = asking.looking()
    if looking is None:
        return
    series = one_of(looking)
    with errors_in_words():
        _calendar(looking, series)
        _profiles(looking, series)
        _parts(looking, series)


def one_of(looking: Looking) -> pd.DataFrame:
    """One series of those that are looked at; where there are several, the person chooses."""
    names = list(looking.frame.series.unique())
    if len(names) == 1:
        return looking.frame
    asking.linked("time one of", "one_of", names)
    chosen = st.selectbox(
        asking.split_words(looking.asked.split), names, key=asking.valid("one of", names[0], names), width=320
    )
    asking.stands("one_of", chosen, names[0])
    return looking.frame[looking.frame.series == chosen]


def name_of(looking: Looking, series: pd.DataFrame) -> str:
    name = str(series.series.iloc[0])
    return plain("unusual.of_series", measure=looking.words, series=name) if name else looking.words


def _calendar(looking: Looking, series: pd.DataFrame) -> None:
    days = series if looking.asked.interval == "day" else None
    if days is None and looking.asked.interval == "week":  # the same by days: weeks have no calendar
        asked = replace(looking.asked, interval="day")
        try:
            found = asking.read(asked, looking.as_of)
        except CrmError:  # own numbers that are told by weeks
            return
        days = found[found.series == series.series.iloc[0]]
    if days is None or days.value.notna().sum() < 7:
        if days is None and looking.asked.interval != "year":
            st.caption(say("pattern.calendar_by_days"))
        return
    chart(
        charts.calendar_of_days(days[days.whole.astype(bool)], name_of(looking, series), looking.unit, plain),
        key="calendar",
    )


def _profiles(looking: Looking, series: pd.DataFrame) -> None:
    found = [(by, profile(series, by)) for by in PROFILES[looking.asked.interval]]
    # A few months do not say which ones of the year are strong.
    found = [(by, told) for by, told in found if len(told) > PLACES[by] / 2]
    for place, (by, told) in zip(st.columns(len(found), gap="large") if found else [], found, strict=True):
        with place:
            chart(charts.cycle_profile(told, by, name_of(looking, series), plain), key=f"profile {by}")


def _parts(looking: Looking, series: pd.DataFrame) -> None:
    st.subheader(say("pattern.parts"), anchor=False)
    name, interval = str(series.series.iloc[0]), looking.asked.interval
    try:
        found = job(
            ("decomposed", name, *looking.state), say("pattern.working"), lambda _progress: decompose(series, interval)
        )
    except CrmError as error:
        show_error(error)
        return
    _strengths(found)
    frame = found.frame
    parts = {
        name_of(looking, series): frame.value,
        plain("pattern.trend"): frame.trend,
        **{plain(f"pattern.season_{season}"): frame[f"season_{season}"] for season in found.seasons},
        plain("pattern.rest"): frame.rest,
    }
    chart(
        charts.parts_of_series(
            parts, frame.period, found.in_shares, name_of(looking, series), looking.unit, interval, plain
        ),
        key="parts",
    )
    with st.expander(say("pattern.figures"), icon=":material/table:"):
        table(
            frame,
            "parts table",
            {
                "period": plain("series_chart.when"),
                "value": looking.words,
                "trend": plain("pattern.trend"),
                **{f"season_{season}": plain(f"pattern.season_{season}") for season in found.seasons},
                "rest": plain("pattern.rest"),
            },
            height=320,
        )


def _strengths(found: Decomposition) -> None:
    with st.container(horizontal=True, gap="small", key="strengths"):
        for part, strength in found.strengths.items():
            st.metric(
                say(f"pattern.strength_{part}"),
                f"{strength:.0%}",
                border=True,
                width=190,
                help=say("pattern.strength_help"),
            )
    st.write(
        "  \n".join(
            say(f"pattern.told_{found.told(part)}", what=plain(f"pattern.what_{part}")) for part in found.strengths
        )
    )
    if "week" in found.seasons and "year" in found.seasons:
        st.caption(say("pattern.two_seasons"))
    if found.filled:
        st.caption(say("pattern.filled", count=found.filled))
