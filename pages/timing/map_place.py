"""One place of a map: its figure from period to period, and the way to the places within it."""
import pandas as pd
import streamlit as st

from crm_core import charts
from crm_core.time_series import maps
from ui import chart, plain, say


def show(place: pd.Series, found, measure: str, every: str, unit: str, words: dict[str, str]) -> None:
    """`place`: a row of the table; `found`: what happened where."""
    rows = found.frame[found.frame.code == place.code].sort_values("period")
    if "value" not in rows.columns:
        rows = rows.assign(value=maps.of_measure(rows, measure))
    if every != "all" and rows.value.notna().sum() > 1:
        chart(charts.place_over_time(rows[["period", "value"]], place.place, measure, unit, words, plain),
              "map place over time")
    elif every == "all":
        st.caption(say("maps.choose_period", place=place.place))
    if found.on.level == "country":
        with st.container(horizontal=True):
            if place.code in ("CN", "HK", "MO", "TW"):
                st.button(say("maps.provinces"), key="map to provinces", on_click=_go, args=("china", None),
                          icon=":material/grid_view:")
            if (maps.built_in("cities").places.parent == place.code).any():
                st.button(say("maps.cities_of", place=place.place), key="map to cities", on_click=_go,
                          args=("cities", place.code), icon=":material/location_city:")


def _go(to: str, within: str | None) -> None:
    st.session_state["map"] = to
    if within:
        st.session_state["map within"] = within
