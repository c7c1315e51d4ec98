"""What would come if a campaign ran on other days, ran at all, or did not."""
from datetime import date, timedelta

import pandas as pd
import streamlit as st

from crm_core import charts
from crm_core.time_series import calendar
from crm_core.time_series.forecast_telling import amount_told
from crm_core.time_series.forecasting import effects
from crm_core.time_series.outlook import Outlook
from pages.timing.asking import Looking
from ui import chart, errors_in_words, job, plain, say, table
from ui.forms import remember

NEW = "\0new"
INTERVALS = ("day", "week", "month")  # longer periods than a month blur every campaign
USUAL_DAYS = 7


def show(found: Outlook, series: str, looking: Looking, planned: pd.DataFrame, countries: tuple[str, ...]) -> None:
    """`series` is the one that is looked at; `planned`: campaigns and own events; `countries`: whose holidays count."""
    if found.interval not in INTERVALS or not looking.adds_up:
        return
    with st.expander(say("what_if.title"), icon=":material/alt_route:"):
        st.caption(say("what_if.what"))
        history, values, _ = found.of(series)
        begin = values.period.iloc[0].date()
        end = calendar.following(values.period.iloc[-1], found.interval).date()
        coming = planned[(planned.kind == "campaign") & (planned.starts_on >= pd.Timestamp(begin))
                         & (planned.starts_on < pd.Timestamp(end))].reset_index(drop=True)
        changed = _ask(planned, coming, begin, end)
        if changed is None:
            return
        with errors_in_words():
            told = job(("what if", *looking.state, series, found.horizon, countries, _days(planned), _days(changed)),
                       say("what_if.working"), lambda _progress: effects.what_if(
                           pd.DatetimeIndex(history.period), history.value.to_numpy(float), found.interval,
                           found.horizon, planned, changed, countries))
        _tell(told, looking, found.interval)


def _ask(planned: pd.DataFrame, coming: pd.DataFrame, begin: date, end: date) -> pd.DataFrame | None:
    """The campaigns with the change that is asked for; None until one is."""
    names = {NEW: plain("what_if.new"), **{
        str(place): f"{row['name']}  ({row.starts_on:%Y-%m-%d} – {row.ends_on:%Y-%m-%d})"
        for place, row in coming.iterrows()}}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="what if choice"):
        which = st.selectbox(say("what_if.which"), list(names), key=remember("what if which", NEW), width=360,
                             format_func=names.get) if len(names) > 1 else NEW
        gone = which != NEW and st.toggle(say("what_if.without"), key="what if without")
        days = ()
        if not gone:
            first = min(begin + timedelta(days=7), end - timedelta(days=1))
            last = min(first + timedelta(days=USUAL_DAYS - 1), end - timedelta(days=1))
            if which != NEW:
                row = coming.loc[int(which)]
                first, last = row.starts_on.date(), min(row.ends_on.date(), end - timedelta(days=1))
            days = st.date_input(say("what_if.days"), (first, last), min_value=begin, max_value=end - timedelta(days=1),
                                 key=f"what if days {which} {begin}", format="YYYY-MM-DD", width=240)
        pressed = st.button(say("what_if.ask"), key="what if ask", icon=":material/alt_route:")
    wanted = (which, gone, days)
    if pressed:
        st.session_state["what if asked"] = wanted
    if st.session_state.get("what if asked") != wanted or not gone and len(days) != 2:
        return None
    kept = planned
    if which != NEW:
        row = coming.loc[int(which)]
        kept = planned[~((planned.name == row["name"]) & (planned.starts_on == row.starts_on))]
    if gone:
        return kept
    name = plain("what_if.new") if which == NEW else coming.loc[int(which), "name"]
    return pd.concat([kept, pd.DataFrame([{"name": name, "kind": "campaign", "starts_on": pd.Timestamp(days[0]),
                                           "ends_on": pd.Timestamp(days[1]), "region": ""}])], ignore_index=True)


def _tell(told: effects.WhatIf, looking: Looking, interval: str) -> None:
    total = told.total
    facts = {"difference": amount_told(abs(total["difference"]), looking.unit),
             "low": amount_told(total["low_80"], looking.unit), "high": amount_told(total["high_80"], looking.unit),
             "seen": told.seen}
    show = {"more": st.success, "less": st.warning, "unsure": st.info}[told.verdict]
    show(say(f"what_if.{told.verdict}", **facts), icon=":material/alt_route:")
    chart(charts.what_if_differences(told.periods, looking.words, looking.unit, interval, looking.as_of, plain),
          key="what if differences")
    shown = told.periods.assign(told=[charts.period_words(moment, interval, plain) for moment in told.periods.period])
    labels = {"told": plain("chart.forecast.period"), "planned": plain("what_if.planned"),
              "changed": plain("what_if.changed"), "difference": plain("what_if.difference"),
              "low_80": plain("column.forecasts.low_80"), "high_80": plain("column.forecasts.high_80")}
    table(shown, key="what if", name=plain("what_if.file"), height=min(38 + 35 * len(shown), 300), labels=labels,
          formats=dict.fromkeys(labels, "%.2f"))


def _days(events: pd.DataFrame) -> tuple:
    return tuple(events.itertuples(index=False, name=None))
