"""Places that match nothing, and what the team said that spellings mean."""
import pandas as pd
import streamlit as st

from crm_core.errors import CrmError
from crm_core.time_series import maps
from ui import errors_in_words, language, plain, say, store, words
from ui.forms import saved

ASIDE = "~"
MOST_ROWS = 300


def show(map_name: str, on: maps.PlaceMap, matched: maps.Matched) -> None:
    unknown = matched.unknown
    title = say("maps.unknown_title", count=len(unknown)) if len(unknown) else say("maps.names_title")
    with st.expander(title, icon=":material/wrong_location:" if len(unknown) else ":material/edit_location_alt:",
                     expanded=bool(len(unknown))):
        options = _options(on)
        if len(unknown):
            _mend(map_name, unknown, options, on)
        else:
            st.caption(say("maps.all_known"))
        _said(map_name, options)


def _options(on: maps.PlaceMap) -> dict[str, str]:
    """What a spelling can mean, as words → its code."""
    named = sorted((f"{on.named(code, language())} · {code}", code) for code in on.places.code)
    return {plain("maps.no_place"): ASIDE, **dict(named)}


def _mend(map_name: str, unknown: pd.DataFrame, options: dict[str, str], on: maps.PlaceMap) -> None:
    st.caption(say("maps.unknown_what"))
    called = {code: name for name, code in options.items()}
    shown = unknown.head(MOST_ROWS)
    frame = pd.DataFrame({
        "written": shown.written, "customers": shown.customers, "orders": shown.orders,
        "likely": [called.get(code) for code in shown.likely], "means": pd.Series([None] * len(shown), dtype=object)})
    key = f"map names {map_name} {st.session_state.get('map names round', 0)} {store().revision('place_aliases')}"
    edited = st.data_editor(
        frame, key=key, hide_index=True, width="stretch", disabled=["written", "customers", "orders", "likely"],
        column_config={
            "written": plain("column.place_aliases.written"), "likely": plain("maps.likely"),
            "customers": st.column_config.NumberColumn(plain("maps.measure_on_file"), format="localized"),
            "orders": st.column_config.NumberColumn(plain("maps.measure_orders"), format="localized"),
            "means": st.column_config.SelectboxColumn(plain("maps.means"), options=list(options), width="medium")})
    said = {row.written: options[row.means] for row in edited.itertuples() if row.means in options}
    guessed = {row.written: row.likely for row in shown.itertuples() if row.likely}
    with st.container(horizontal=True):
        if st.button(say("maps.keep_names", count=len(said)), type="primary", key="map names keep", disabled=not said,
                     icon=":material/save:"):
            _keep(map_name, {text: None if code == ASIDE else code for text, code in said.items()})
        if guessed and st.button(say("maps.take_likely", count=len(guessed)), key="map names likely",
                                 icon=":material/auto_fix_high:"):
            _keep(map_name, guessed)


def _said(map_name: str, options: dict[str, str]) -> None:
    with store().look() as look:
        kept = maps.kept_aliases(look, map_name)
    if not kept:
        return
    called = {code: name for name, code in options.items()}
    st.markdown(f"**{say('maps.said_title')}**")
    frame = pd.DataFrame({"written": list(kept), "means": [
        called.get(code or ASIDE, code) for code in kept.values()]})
    answer = st.dataframe(
        frame, hide_index=True, key=f"map said {map_name} {store().revision('place_aliases')}", on_select="rerun",
        selection_mode="multi-row", height=min(38 + 35 * len(frame), 280),
        column_config={"written": plain("column.place_aliases.written"), "means": plain("maps.means")})
    picked = [frame.written[place] for place in answer.selection.rows]
    if st.button(say("maps.forget_names", count=len(picked)), key="map said forget", disabled=not picked,
                 icon=":material/delete:"):
        with errors_in_words(), store().batch("delete", plain("table.place_aliases")) as batch:
            maps.remove_aliases(batch, map_name, picked)
        _wrote(batch.number, say("maps.forgot_names", count=len(picked)))


def _keep(map_name: str, said: dict[str, str | None]) -> None:
    try:
        with store().batch("edit", plain("table.place_aliases")) as batch:
            count = maps.keep_aliases(batch, map_name, said)
    except CrmError as error:
        st.error(words.markdown_safe(words.error_sentence(language(), error)))
        return
    _wrote(batch.number, say("maps.kept_names", count=count))


def _wrote(number: int, message: str) -> None:
    st.session_state["map names round"] = st.session_state.get("map names round", 0) + 1
    st.session_state["map written"] = number
    saved("map names", message)


def undo() -> None:
    """A button that takes the last change of names or boundaries back."""
    number = st.session_state.get("map written")
    if number is not None and st.button(say("maps.undo", number=str(number)), key="map undo", icon=":material/undo:"):
        with errors_in_words():
            store().undo(number)
        del st.session_state["map written"]
        saved("map names", say("maps.undone", number=str(number)))
