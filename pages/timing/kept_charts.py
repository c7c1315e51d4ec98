"""Kept charts: a list with links, to open, rename and take away; each change can be taken back."""
import json
from dataclasses import asdict

import streamlit as st

from crm_core.errors import CrmError
from crm_core.time_series.charting import Choice
from ui import errors_in_words, plain, say, store
from ui.forms import saved
from ui.work import show_error

CHOSEN, OPENED, SEEN, WRITTEN = "builder choice", "builder opened", "builder in address", "builder written"
REFUSED = "builder refused"  # why a link led nowhere: said until something else is chosen, however often the page runs
GONE = "gone"


def open_from_address() -> None:
    """A link leads to a chart: to a kept one by its number, to any other by what was chosen."""
    asked = (st.query_params.get("saved", ""), st.query_params.get("chart", ""))
    if asked == st.session_state.get(SEEN) or not any(asked):
        return
    st.session_state[SEEN] = asked
    st.session_state.pop(REFUSED, None)
    number, told = asked
    if number:
        row = _kept().get(int(number)) if number.isdigit() else None
        if row is None:
            st.session_state[REFUSED] = GONE
        else:
            _take(int(number), row)
            return
    if told:
        try:
            st.session_state[CHOSEN] = Choice.from_json(told)
        except CrmError as error:
            st.session_state[REFUSED] = error


def say_refused() -> None:
    """Why a link did not lead to its chart."""
    refused = st.session_state.get(REFUSED)
    if refused == GONE:
        st.warning(say("time_builder.gone"), icon=":material/link_off:")
    elif refused is not None:
        show_error(refused)


def stand_in_address(choice: Choice) -> None:
    """The address says what is shown, in as few words as can be: only what is not as it comes."""
    opened = _opened(choice)
    plain_choice = Choice()
    told = {name: value for name, value in asdict(choice).items() if value != getattr(plain_choice, name)}
    for name, value in (("saved", str(opened) if opened else ""),
                        ("chart", "" if opened or not told else json.dumps(told, ensure_ascii=False))):
        if value:
            st.query_params[name] = value
        else:
            st.query_params.pop(name, None)
    st.session_state[SEEN] = (st.query_params.get("saved", ""), st.query_params.get("chart", ""))


def name_of(choice: Choice) -> str:
    """What the kept chart that is shown is called, '' for a chart that is not kept as it is."""
    opened = _opened(choice)
    return _kept()[opened]["name"] if opened else ""


def show(choice: Choice) -> None:
    """Keep what is shown; the list of what is kept."""
    kept = _kept()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="builder keep bar"):
        name = st.text_input(say("time_builder.name"), key=f"builder name {st.session_state.get('builder round', 0)}",
                             help=say("time_builder.name_help"), width=320, max_chars=200)
        there = next((number for number, row in kept.items() if row["name"] == name.strip()), None)
        words = say("time_builder.keep_over", name=name.strip()) if there else say("time_builder.keep")
        if st.button(
            words, key="builder keep", icon=":material/bookmark_add:", type="primary", disabled=not name.strip()
        ):
            _write(choice, name.strip(), there)
        if st.session_state.get(WRITTEN) and st.button(
            say("time_builder.undo"), key="builder undo", icon=":material/undo:"
        ):
            with errors_in_words():
                store().undo(st.session_state.pop(WRITTEN))
            saved("builder", say("time_builder.undone"))
    st.subheader(say("time_builder.listed"), anchor=False)
    if not kept:
        st.caption(say("time_builder.none_kept"))
    for number, row in kept.items():
        _one(number, row)


# --- inside ---------------------------------------------------------------------------------------


def _kept() -> dict[int, dict]:
    """Kept charts by their number, by name."""
    return _read(str(store().path), store().revision("saved_charts"))


@st.cache_data(max_entries=5, show_spinner=False)
def _read(path: str, revision: int) -> dict[int, dict]:
    found = store().frame("charts_kept")
    return {int(row.id): {"name": row.name, "choice": row.choice} for row in found.itertuples(index=False)}


def _opened(choice: Choice) -> int | None:
    """The number of the kept chart that is shown, as long as it is shown as it was kept."""
    number = st.session_state.get(OPENED)
    row = _kept().get(number) if number else None
    return number if row and Choice.from_json(row["choice"]) == choice else None


def _take(number: int, row: dict) -> None:
    try:
        choice = Choice.from_json(row["choice"])
    except CrmError as error:
        show_error(error)
        return
    st.session_state[CHOSEN], st.session_state[OPENED] = choice, number
    st.session_state["segment"] = choice.segment or None


def _open(number: int) -> None:
    row = _kept().get(number)
    st.session_state.pop(REFUSED, None)
    if row:
        _take(number, row)


def _one(number: int, row: dict) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"kept chart {number}"):
        told = Choice.from_json(row["choice"])
        st.button(say("time_builder.named", name=row["name"], kind=plain(f"built.kind.{told.kind}")), type="tertiary",
                  key=f"open chart {number}", on_click=_open, args=(number,), icon=":material/insert_chart:")
        with st.popover(
            say("time_builder.change"), icon=":material/edit:", type="tertiary", key=f"change chart {number}"
        ):
            name = st.text_input(
                say("time_builder.name"), row["name"], key=f"chart name {number} {row['name']}", max_chars=200
            )
            if st.button(say("time_builder.rename"), key=f"rename chart {number}", icon=":material/save:",
                         disabled=not name.strip() or name.strip() == row["name"]):
                with errors_in_words(), store().batch("chart", name.strip()) as batch:
                    batch.change("saved_charts", {"id": number, "name": name.strip()})
                _said(batch.number, say("time_builder.renamed", name=name.strip()))
            if st.button(say("time_builder.remove"), key=f"remove chart {number}", icon=":material/delete:"):
                with errors_in_words(), store().batch("chart_removed", row["name"]) as batch:
                    batch.remove("saved_charts", [number])
                _said(batch.number, say("time_builder.removed", name=row["name"]))


def _write(choice: Choice, name: str, there: int | None) -> None:
    with errors_in_words(), store().batch("chart", name) as batch:
        if there:
            batch.change("saved_charts", {"id": there, "choice": choice.as_json()})
        else:
            there = batch.add("saved_charts", {"name": name, "choice": choice.as_json()})[0]
    st.session_state[OPENED] = there
    st.session_state["builder round"] = st.session_state.get("builder round", 0) + 1
    _said(batch.number if batch.rows else None, say("time_builder.kept", name=name))


def _said(number: int | None, message: str) -> None:
    if number:
        st.session_state[WRITTEN] = number
    saved("builder", message)
