"""The file that arrives: kept on disk, read in a process of its own, and what was understood, to be overruled."""

import weakref
from shutil import rmtree

import pandas as pd
import streamlit as st

from crm_core import data_entry, sentences
from crm_core.errors import Cancelled, CrmError
from pages.entry.importing import keeping
from pages.entry.importing.said import Said
from ui import job, language, plain, say, table, words
from ui.uploads import on_disk
from ui.work import forget, show_error

ENCODINGS = (
    "utf-8", "utf-16", "gb18030", "big5", "shift_jis", "euc-kr", "cp1252", "latin-1", "cp1250", "cp1251", "cp1253",
    "cp1254", "cp1256", "koi8-r",
)
DELIMITERS = (",", ";", "\t", "|")
TEXT_FORMATS = ("csv", "json")
SAID_ANYWAY = ("sheet_chosen", "member_chosen")  # by the line above and the boxes below
SEEN = 12  # rows of the file on the screen


def read(uploaded, said: Said):
    """The file as cells. What was found is told in a line, and can be overruled below it."""
    path = on_disk(uploaded, "upload")
    options = keeping.reading_options(said) | said.reading
    key = ("read", uploaded.file_id, *sorted(options.items()))

    def work(progress):
        reading = data_entry.read(path, name=uploaded.name, progress=progress, cancel=progress.cancelled, **options)
        weakref.finalize(reading, rmtree, reading.folder, True)  # a session that just ends leaves nothing behind
        return reading

    reading = job(key, say("importing.reading", name=uploaded.name), work)
    if st.session_state.get("reading key") not in (None, key):
        give_up()
    st.session_state["reading"], st.session_state["reading key"] = reading, key
    st.subheader(say("importing.understood"), anchor=False)
    told = sentences.told_of_reading(language(), reading)
    st.markdown(
        say("importing.read", name=reading.name, rows=reading.rows + reading.ragged, columns=len(reading.headers))
        + "  \n"
        + words.markdown_safe(plain("importing.and").join(told))
    )
    for name, facts in reading.notes:
        if name in SAID_ANYWAY:
            continue
        st.caption(":material/info: " + say(f"importing.note.{name}", **facts))
    found = {"member": reading.members, "sheet": reading.sheets}
    said.parts = {name: list(parts) for name, parts in found.items() if len(parts) > 1}
    if said.parts:
        with st.container(horizontal=True):
            for name, parts in said.parts.items():
                _choose(name, parts, getattr(reading, name), said)
    with st.expander(say("importing.overrule"), icon=":material/tune:"):
        _overrule(said, reading, with_encoding=reading.format in TEXT_FORMATS)
    with st.expander(say("importing.first_rows"), icon=":material/table_rows:"):
        table(pd.DataFrame(reading.sample[:SEEN]), key="first rows", carry=False)
    return reading


def ask_again(error: CrmError, said: Said) -> None:
    """The file could not be read as it is: why, and what the person may say so that it can."""
    if isinstance(error, Cancelled):
        st.info(say("job.cancelled"))
        st.button(say("job.again"))
        return
    show_error(error)
    for name, offered in said.parts.items():
        _choose(name, offered, said.reading.get(name), said)
    if error.facts.get("candidates"):  # encodings that fit: the person knows which one looks right
        _choose("encoding", list(error.facts["candidates"]), None, said)
    with st.expander(say("importing.overrule"), icon=":material/tune:", expanded=True):
        _overrule(said, None, with_encoding=not error.facts.get("candidates"))


def give_up() -> None:
    """The file is read anew, or is in: take its cells off the disk."""
    if "reading" in st.session_state:
        forget(st.session_state.pop("reading key"))
        st.session_state.pop("reading").close()


def _choose(name: str, options: list[str], now: str | None, said: Said) -> None:
    key = f"{name} {said.file}"
    st.selectbox(
        say(f"importing.{name}"),
        options,
        index=options.index(now) if now in options else None,
        placeholder=say("importing.guessed"),
        width=320,
        key=key,
        on_change=said.tell,
        args=(name, key),
    )


def _overrule(said: Said, reading, with_encoding: bool) -> None:
    with st.container(horizontal=True, gap="medium"):
        key = f"header_line {said.file}"
        st.number_input(
            say("importing.header_line"),
            min_value=0,
            value=said.reading.get("header_line"),
            step=1,
            width=260,
            placeholder=plain("importing.guessed") if reading is None else str(reading.header_line),
            help=say("importing.header_line_help"),
            key=key,
            on_change=said.tell,
            args=("header_line", key),
        )
        if with_encoding:
            key = f"encoding {said.file}"
            now = said.reading.get("encoding")
            known = list(dict.fromkeys((*ENCODINGS, *((now,) if now else ()))))
            st.selectbox(
                say("importing.encoding"),
                known,
                index=known.index(now) if now else None,
                placeholder=say("importing.guessed"),
                accept_new_options=True,
                width=260,
                key=key,
                on_change=said.tell,
                args=("encoding", key),
            )
        if reading is None or reading.format == "csv":
            key = f"delimiter {said.file}"
            now = said.reading.get("delimiter")
            signs = (*DELIMITERS, *((now,) if now else ()))
            names = {sign: sentences.delimiter_name(language(), sign) for sign in signs}
            st.selectbox(
                say("importing.delimiter"),
                list(names),
                index=list(names).index(now) if now else None,
                placeholder=say("importing.guessed"),
                accept_new_options=True,
                width=260,
                format_func=lambda sign: names.get(sign, sign),
                key=key,
                on_change=said.tell,
                args=("delimiter", key),
            )
    if reading is not None:
        _first_lines(reading)


def _first_lines(reading, lines: int = 8) -> None:
    """The beginning of a text file as it stands there, numbered, to see where its header is."""
    text = reading.folder / "text.csv"
    if reading.format == "csv" and text.exists():
        with text.open(encoding="utf-8", errors="replace") as file:
            shown = [f"{number:>3}  {file.readline(400).rstrip()[:160]}" for number in range(1, lines + 1)]
        st.caption(say("importing.first_lines"))
        st.code("\n".join(shown).rstrip(), language=None)
