"""What each column means: proposed from its header or from a kept mapping, overruled in a box."""

import streamlit as st

from crm_core import data_entry
from crm_core.errors import ColumnsNotMapped, CrmError
from pages.entry.importing import keeping
from pages.entry.importing.said import Said
from ui import plain, say, words
from ui.work import show_error

ON_A_PAGE = 40  # columns at a time
MANY = 12  # columns; from there on they are shown by what becomes of them
SHOWN = ("mapped", "own", "left_out", "all")
SIGNS = {
    "mapped": ":green[:material/check:]",
    "own": ":blue[:material/label:]",
    "left_out": ":gray[:material/remove:]",
}
LEFT_OUT = ""  # what the box says for a column that is not imported


def ask(reading, said: Said):
    """The mapping as the person sees it on the screen; ends the run where it cannot be used yet."""
    st.subheader(say("importing.columns"), anchor=False)
    keeping.choose(reading, said)
    kept = keeping.chosen(said)
    kind = _kind(reading, said, kept)
    basis = (st.session_state["reading key"], kind, kept and kept.id)
    if said.columns_for != basis:
        said.columns = dict(_proposed(reading, kind, kept, said).columns)
        said.columns_for, said.page, said.proposals = basis, 0, said.proposals + 1
        # As proposed: a row does not run away from the person who changes it.
        said.becomes = {header: _becomes(meaning) for header, meaning in said.columns.items()}
        said.date_orders = keeping.date_orders(kept, reading.headers)
    mapping = data_entry.Mapping(kind=kind, columns=dict(said.columns))
    if not said.kind and mapping.columns == reading.mapping.columns:
        mapping = reading.mapping  # which knows, too, whether any kind fits
    summary = st.container()
    _rows(reading, said, kind)
    problem = _problem(mapping, reading)
    with summary:
        _tell_needed(mapping, problem)
    left_out = [header for header, meaning in mapping.columns.items() if not meaning]
    if left_out:
        st.warning(say("importing.left_out", columns=", ".join(left_out)), icon=":material/block:")
    if problem:
        show_error(problem)
        st.stop()
    return mapping


def _kind(reading, said: Said, kept) -> str:
    proposed = kept.mapping.kind if kept else reading.mapping.kind
    key = f"kind {said.file} {kept and kept.id}"

    def tell() -> None:
        said.kind = st.session_state[key]

    now = said.kind or proposed
    names = {kind: plain(f"importing.kind_name.{kind}") for kind in data_entry.KINDS}
    return st.selectbox(
        say("importing.kind"),
        list(names),
        index=list(names).index(now),
        format_func=names.get,
        help=say("importing.kind_help"),
        width=420,
        key=key,
        on_change=tell,
    )


def _proposed(reading, kind: str, kept, said: Said):
    if kept and kept.mapping.kind == kind:
        return keeping.applied(kept, reading, said)
    if kind == reading.mapping.kind:
        return reading.mapping
    return data_entry.propose_mapping(reading.headers, reading.sample, kind=kind)


def _rows(reading, said: Said, kind: str) -> None:
    """The table of columns: header and samples on the left, the meaning on the right."""
    names = {meaning: _meaning(kind, meaning) for meaning in (LEFT_OUT, *data_entry.meanings(kind))}
    headers = list(reading.headers)
    if len(headers) > MANY:
        only = st.segmented_control(
            say("importing.shown"),
            [which for which in SHOWN if which == "all" or _among(which, headers, said)],
            default="mapped" if _among("mapped", headers, said) else "all",
            required=True,
            label_visibility="collapsed",
            key=f"columns shown {said.file} {said.proposals}",
            format_func=lambda which: plain(f"importing.shown_{which}", count=len(_among(which, headers, said))),
        )
        headers = _among(only, headers, said)
    pages = max((len(headers) - 1) // ON_A_PAGE, 0)
    said.page = min(said.page, pages)
    for header in headers[said.page * ON_A_PAGE : (said.page + 1) * ON_A_PAGE]:
        _row(reading, said, names, header)
    if pages:
        with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
            first = said.page * ON_A_PAGE
            st.caption(say("importing.columns_shown", first=first + 1, last=min(first + ON_A_PAGE, len(headers)),
                           total=len(headers)), width="content")
            for step, sign in ((-1, "back"), (1, "on")):
                if st.button(say(f"importing.{sign}"), key=f"columns {sign}", type="tertiary",
                             disabled=not 0 <= said.page + step <= pages):
                    said.page += step
                    st.rerun()


def _among(which: str, headers: list[str], said: Said) -> list[str]:
    return [header for header in headers if which in ("all", said.becomes[header])]


def _becomes(meaning: str | None) -> str:
    """What becomes of a column: a word of SHOWN."""
    return "left_out" if not meaning else "own" if meaning.endswith(".extra") else "mapped"


def _row(reading, said: Said, names: dict[str, str], header: str) -> None:
    meaning = said.columns.get(header)
    key = f"meaning {said.file} {said.proposals} {header}"

    def tell() -> None:
        said.columns[header] = st.session_state[key] or None

    left, right = st.columns([5, 6], gap="small", vertical_alignment="center")
    with left:
        sign = SIGNS[_becomes(meaning)]
        examples = ", ".join(list(dict.fromkeys(row[header] for row in reading.sample if row[header]))[:3])
        examples = examples if len(examples) <= 70 else examples[:69] + "…"
        st.markdown(
            f"{sign} **{words.markdown_safe(header)}**  \n"
            f":small[:gray[{words.markdown_safe(examples) or say('importing.no_values')}]]"
        )
    with right:
        options = list(names)
        st.selectbox(
            words.markdown_safe(header),
            options,
            index=options.index(meaning) if meaning in options else 0,
            label_visibility="collapsed",
            key=key,
            format_func=names.get,
            on_change=tell,
        )


def _meaning(kind: str, meaning: str) -> str:
    """A meaning in words: 'Name'; of a row of another table, or where two tables have it, 'Country (Orders)'."""
    choices = data_entry.meanings(kind)
    if meaning == LEFT_OUT:
        return plain("importing.not_imported")
    table_name, column = meaning.split(".")
    named = plain("importing.own_field") if column == "extra" else plain(f"column.{meaning}")
    alike = [choice for choice in choices if _bare(choice) == _bare(meaning)]
    if len(alike) == 1 and not data_entry.is_reference(kind, meaning):
        return named
    return plain("importing.of_table", column=named, table=plain(f"table.{table_name}"))


def _bare(meaning: str) -> str:
    return "extra" if meaning.endswith(".extra") else plain(f"column.{meaning}")


def _problem(mapping, reading) -> CrmError | None:
    try:
        data_entry.check_mapping(mapping, reading.headers, reading.name)
    except CrmError as error:
        return error
    return None


def _tell_needed(mapping, problem: CrmError | None) -> None:
    """What this kind of file must have, and what of it is there."""
    there = set(mapping.meanings)
    missing = problem.facts["columns"] if isinstance(problem, ColumnsNotMapped) else []
    kind = mapping.kind
    badges = []
    for meaning in [*data_entry.needed(kind), *missing]:
        badge = _badge(_meaning(kind, meaning), meaning in there, meaning in missing)
        if badge not in badges:
            badges.append(badge)
    alternatives = data_entry.one_of(kind)
    if alternatives:
        found = [meaning for meaning in alternatives if meaning in there]
        named = plain("importing.or").join(_meaning(kind, meaning) for meaning in found or alternatives)
        badges = [badge for badge in badges if badge != _badge(_meaning(kind, alternatives[0]), False, True)]
        badges.append(_badge(named, bool(found), not found))
    if badges:
        st.markdown(say("importing.needed") + " " + " ".join(badges))


def _badge(text: str, there: bool, missing: bool) -> str:
    text = words.markdown_safe(text)
    if there:
        return f":green-badge[:material/check: {text}]"
    return f":red-badge[:material/error: {text}]" if missing else f":gray-badge[{text}]"
