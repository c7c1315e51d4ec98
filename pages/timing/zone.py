"""Whose days the page tells and which day a week begins with: set once for the whole workspace."""
from zoneinfo import available_timezones

import streamlit as st

from crm_core.errors import CrmError
from crm_core.time_series.calendar import WEEKS
from crm_core.time_series.settings import Settings, keep
from ui import plain, say, store
from ui.forms import saved
from ui.work import show_error


def offer(kept: Settings) -> None:
    """A button that says whose days are told and opens the dialog. It stands in no popover: that would lie on it."""
    if st.button(kept.zone.replace("_", " "), key="time zone change", icon=":material/schedule:", type="tertiary",
                 help=say("time_zone.now", zone=kept.zone, week=plain(f"time_zone.{kept.week}"))):
        _dialog(kept)


def _dialog(kept: Settings) -> None:
    @st.dialog(say("time_zone.title"))
    def ask() -> None:
        st.write(say("time_zone.what"))
        zones = ["UTC", *sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/"))]
        place = st.selectbox(say("time_zone.zone"), zones, index=zones.index(kept.zone) if kept.zone in zones else 0,
                             key="time zone")
        week = st.segmented_control(say("time_zone.week"), WEEKS, default=kept.week, required=True, key="time week",
                                    format_func={name: plain(f"time_zone.{name}") for name in WEEKS}.get)
        if st.button(say("time_zone.keep"), type="primary", key="time zone keep"):
            try:
                with store().batch("settings", place) as batch:
                    keep(batch, Settings(place, week))
            except CrmError as error:
                show_error(error)
                return
            saved("time zone", say("time_zone.kept", zone=place, week=plain(f"time_zone.{week}")))

    ask()
