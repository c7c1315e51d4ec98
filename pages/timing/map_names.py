"""Places that match nothing, and what the team said that spellings mean."""
import pandas as pd
import streamlit as st

from crm_core.errors import CrmError
from crm_core.time_series import maps
from ui import errors_in_words, language, plain, say, store, words
from ui.work import show_error

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
        frame, key=key, hide_index=True, width="stretch", placeholder="",
        disabled=["written", "customers", "orders", "likely"],
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
        wrote(batch.number, say("maps.forgot_names", count=len(picked)))


def _keep(map_name: str, said: dict[str, str | None]) -> None:
    try:
        with store().batch("edit", plain("table.place_aliases")) as batch:
            count = maps.keep_aliases(batch, map_name, said)
    except CrmError as error:
        show_error(error)
        return
    wrote(batch.number, say("maps.kept_names", count=count))


def wrote(number: int, message: str) -> None:
    """Something was kept: lay the sheet out anew, say so, and offer the way back on the next run."""
    st.session_state["map names round"] = st.session_state.get("map names round", 0) + 1
    st.session_state["map written"] = {"number": number, "message": message}
    st.rerun()


def told(map_name: str) -> None:
    """What was kept last, and a button that takes it back, until another map is chosen.

    It stands longer than one run: long work runs the page anew at once.
    """
    last = st.session_state.get("map written")
    if last is None:
        return
    if last.setdefault("map", map_name) != map_name:
        del st.session_state["map written"]
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        if last.get("failed"):
            st.error(last["message"], icon=":material/error:", width=420)
        else:
            st.success(last["message"], icon=":material/check_circle:", width=420)
        if last["number"] is not None:
            st.button(say("maps.undo", number=str(last["number"])), key="map undo", on_click=_undo,
                      args=(last["number"],), icon=":material/undo:")


def _undo(number: int) -> None:
    try:
        store().undo(number)
    except CrmError as error:
        st.session_state["map written"] = {
            "number": None, "failed": True, "message": words.markdown_safe(words.error_sentence(language(), error))}
        return
    st.session_state["map names round"] = st.session_state.get("map names round", 0) + 1
    st.session_state["map written"] = {"number": None, "message": say("maps.undone", number=str(number))}
