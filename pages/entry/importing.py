"""Bring in a file: read, map, check, see what would happen, then import as one batch."""

import os
import tempfile
import weakref
from functools import partial
from pathlib import Path
from shutil import rmtree

import pandas as pd
import streamlit as st

from crm_core import data_entry
from crm_core.errors import CrmError, DateOrderAmbiguous, NothingToImport
from ui import errors_in_words, job, language, plain, say, store, table, words
from ui.forms import saved
from ui.work import forget, show_error, start
from ui.workspace import now

KINDS = tuple(data_entry.KINDS)
ENCODINGS = ("utf-8", "utf-16", "gb18030", "big5", "cp1252", "latin-1", "shift_jis")
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}


def show() -> None:
    if "importing" in st.session_state:
        _finish(**st.session_state["importing"])
    imported = st.session_state.get("imported")
    if imported:
        _show_imported(imported)
    uploaded = st.file_uploader(
        say("importing.choose"), type=["csv", "tsv", "txt"], key=f"file {_round()}", help=say("importing.choose_help")
    )
    if uploaded is None:
        if not imported:
            st.info(say("importing.what"), icon=":material/table_view:")
        return
    st.session_state.pop("imported", None)
    if not _demo_decided():
        return
    with errors_in_words():
        reading = _read(uploaded)
    mapping = _map(reading)
    with errors_in_words():
        checked = _check(reading, mapping)
        loaded = _rehearse(checked)
    _preview(reading, checked, loaded)
    if st.button(
        say("importing.import"),
        type="primary",
        key="import now",
        icon=":material/upload:",
        disabled=loaded.changes_nothing,
    ):
        _start(uploaded.name, checked)


def _round() -> int:
    return st.session_state.setdefault("import round", 0)


def _demo_decided() -> bool:
    """A person's own file never mixes with the demo shop unasked."""
    demo = store().frame("demo_batch")
    if demo.empty or st.session_state.get("beside demo"):
        return True
    st.warning(say("importing.demo", customers=int(demo.customers[0])), icon=":material/storefront:")
    with st.container(horizontal=True):
        if st.button(say("importing.remove_demo"), type="primary", key="import remove demo"):
            with st.spinner(say("changes.undoing")), errors_in_words():
                store().withdraw(int(demo.number[0]))
            st.rerun()
        if st.button(say("importing.beside_demo"), key="import beside demo"):
            st.session_state["beside demo"] = True
            st.rerun()
    return False


def _read(uploaded):
    """The file as text cells; what was guessed can be overruled."""
    with st.expander(say("importing.overrule"), icon=":material/tune:"), st.container(horizontal=True):
        encoding = st.selectbox(
            say("importing.encoding"),
            ENCODINGS,
            index=None,
            width=260,
            key=f"encoding {_round()}",
            placeholder=say("importing.guessed"),
        )
        delimiter = st.selectbox(
            say("importing.delimiter"),
            list(DELIMITERS),
            index=None,
            width=260,
            placeholder=say("importing.guessed"),
            key=f"delimiter {_round()}",
            format_func=lambda sign: say(f"importing.delimiter_name.{DELIMITERS[sign]}"),
        )
    path = _kept(uploaded)
    key = ("read", uploaded.file_id, encoding, delimiter)

    def work(progress):
        reading = data_entry.read(
            path,
            name=uploaded.name,
            encoding=encoding,
            delimiter=delimiter,
            progress=progress,
            cancel=progress.cancelled,
        )
        weakref.finalize(reading, rmtree, reading.folder, True)  # a session that just ends leaves nothing behind
        return reading

    reading = job(key, say("importing.reading", name=uploaded.name), work)
    if st.session_state.get("reading key") not in (None, key):
        _give_up_reading()
    st.session_state["reading"], st.session_state["reading key"] = reading, key
    st.caption(
        say(
            "importing.read",
            name=uploaded.name,
            rows=reading.rows,
            columns=len(reading.headers),
            encoding=reading.encoding,
            delimiter=plain(f"importing.delimiter_name.{DELIMITERS[reading.delimiter]}")
            if reading.delimiter in DELIMITERS
            else reading.delimiter,
        )
    )
    return reading


def _give_up_reading() -> None:
    """The file is read anew, or is in: take its cells off the disk."""
    forget(st.session_state.pop("reading key"))
    st.session_state.pop("reading").close()


def _kept(uploaded) -> Path:
    """The uploaded bytes as a file that the reading process can open, for as long as this session wants it."""
    kept = st.session_state.get("upload")
    if kept is None or kept[0] != uploaded.file_id:
        folder = tempfile.TemporaryDirectory(prefix=f"crm_import_{os.getpid()}_")
        path = Path(folder.name) / "upload"
        path.write_bytes(uploaded.getbuffer())
        st.session_state["upload"] = kept = (uploaded.file_id, folder, path)
    return kept[2]


def _map(reading):
    """What each column means: guessed from its header, overruled in a box."""
    proposed = reading.mapping
    st.subheader(say("importing.columns"), anchor=False)
    kind = st.segmented_control(
        say("importing.kind"),
        KINDS,
        default=proposed.kind,
        required=True,
        format_func=lambda kind: say(f"importing.kind_name.{kind}"),
        key=f"kind {reading.name}{_round()}",
    )
    if kind != proposed.kind:
        proposed = data_entry.propose_mapping(reading.headers, reading.sample, kind=kind)
    choices = data_entry.meanings(kind)
    chosen = {}
    for place, header in enumerate(reading.headers):
        if place % 4 == 0:
            columns = st.columns(4, gap="medium")
        with columns[place % 4]:
            meaning = proposed.columns.get(header)
            chosen[header] = st.selectbox(
                words.markdown_safe(header),
                choices,
                index=choices.index(meaning) if meaning in choices else None,
                placeholder=say("importing.ignore"),
                key=f"meaning {_round()} {kind} {header}",
                format_func=partial(_meaning, choices),
            )
            examples = ", ".join(list(dict.fromkeys(row[header] for row in reading.sample if row[header]))[:2])
            st.caption(
                words.markdown_safe(examples if len(examples) <= 40 else examples[:39] + "…")
                or say("importing.no_values")
            )
    left_out = [header for header, meaning in chosen.items() if not meaning]
    if left_out:
        st.warning(say("importing.left_out", columns=", ".join(left_out)), icon=":material/block:")
    return data_entry.Mapping(kind=kind, columns=chosen)


def _meaning(choices: list[str], meaning: str) -> str:
    """A meaning in words: 'Name'; where another table has a column of that name, 'Country (Orders)'."""
    table_name = meaning.split(".")[0]
    named = plain(f"column.{meaning}")
    alike = [choice for choice in choices if plain(f"column.{choice}") == named]
    return named if len(alike) == 1 else plain("importing.of_table", column=named, table=plain(f"table.{table_name}"))


def _check(reading, mapping):
    """Cells as values, with a reason for each row that cannot be taken; a date that can be read two ways is asked."""
    order = st.session_state.get(f"date order {_round()}")
    key = ("check", st.session_state["reading key"], mapping.kind, tuple(mapping.columns.items()), order)
    try:
        return job(
            key,
            say("importing.checking"),
            lambda progress: data_entry.check(
                reading, mapping, date_order=order, at=now(), progress=progress, cancel=progress.cancelled
            ),
        )
    except NothingToImport as error:
        show_error(error)
        _show_rejects(pd.DataFrame(error.facts["rejects"]), reading.name)
        st.stop()
    except DateOrderAmbiguous as error:
        st.warning(words.markdown_safe(words.error_sentence(language(), error)))
        with st.container(horizontal=True):
            for choice in ("day first", "month first"):
                if st.button(say(f"importing.{choice.replace(' ', '_')}"), key=f"dates {choice}"):
                    st.session_state[f"date order {_round()}"] = choice
                    st.rerun()
        st.stop()


def _rehearse(checked):
    """The import done to its end and given up: these counts are what will happen, exactly."""
    book = store()

    def work(progress):
        with book.rehearsal("import") as batch:
            progress.on_cancel(lambda: book.interrupt(batch))
            return data_entry.load(batch, checked, progress=progress)

    return job(("rehearse", id(checked), book.revision()), say("importing.rehearsing"), work)


def _preview(reading, checked, loaded) -> None:
    st.subheader(say("importing.preview"), anchor=False)
    counted = {
        what: sum(counts[what] for counts in loaded.tables.values()) for what in ("added", "changed", "unchanged")
    }
    with st.container(horizontal=True, gap="xsmall"):
        for name, value in (
            ("new", counted["added"]),
            ("changed", counted["changed"]),
            ("unchanged", counted["unchanged"]),
            ("rejected", checked.rejected),
        ):
            st.metric(
                say(f"importing.{name}"),
                words.number(language(), value),
                border=True,
                width=170,
                help=say(f"importing.{name}_help"),
            )
    frame = pd.DataFrame([{"table": plain(f"table.{name}"), **counts} for name, counts in loaded.tables.items()])
    table(
        frame,
        key="import counts",
        carry=False,
        labels={
            "table": plain("home.what"),
            "added": plain("importing.new"),
            "changed": plain("importing.changed"),
            "unchanged": plain("importing.unchanged"),
        },
    )
    for note in ("orders_with_two_dates", "orders_with_two_customers", "orders_incomplete", "emails_shared"):
        if getattr(checked, note):
            st.caption(say(f"importing.{note}", count=getattr(checked, note)))
    for header, order in checked.date_orders.items():
        st.caption(say(f"importing.dates_{order.replace(' ', '_')}", column=header))
    if loaded.amounts_kept:
        st.caption(say("importing.amounts_kept", count=loaded.amounts_kept))
    if loaded.conflict_count:
        st.warning(say("importing.conflicts", count=loaded.conflict_count))
        table(
            pd.DataFrame(loaded.conflicts),
            key="conflicts",
            name=f"{reading.name} conflicts",
            labels={
                "customer_no": plain("column.customers.customer_no"),
                "name": plain("column.customers.name"),
                "value": plain("column.customers.email"),
            },
        )
    if loaded.changes_nothing:
        st.info(say("importing.nothing_new", name=reading.name))
    if checked.rejected:
        st.warning(say("importing.rejects", count=checked.rejected, rows=checked.rows))
        _show_rejects(checked.rejects, reading.name)
    with st.expander(say("importing.first_rows"), icon=":material/table_rows:"):
        table(pd.DataFrame(reading.sample), key="first rows", carry=False)


def _show_rejects(rejects: pd.DataFrame, name: str) -> None:
    shown = rejects.assign(reason=[words.reject_sentence(language(), reason) for reason in rejects.reason])
    table(
        shown,
        key="rejects",
        name=f"{name} rejected",
        labels={column: plain(f"importing.reject_{column}") for column in ("line", "column", "reason", "value", "raw")},
    )


def _start(name: str, checked) -> None:
    """Write the batch beside the page: what is written is what was shown when the person pressed the button."""
    book = store()
    key = ("import", checked.folder, book.revision())

    def work(progress):
        with book.batch("import", name) as batch:
            progress.on_cancel(lambda: book.interrupt(batch))
            loaded = data_entry.load(batch, checked, progress=progress)
        return batch.number if batch.rows else None, loaded

    start(key, work)
    st.session_state["importing"] = {"name": name, "key": key}
    st.rerun()


def _finish(name: str, key: tuple) -> None:
    """Show the running import, wherever the person was meanwhile; it can be stopped, and then nothing has happened."""
    try:
        number, loaded = job(key, say("importing.writing", name=name))
    except CrmError as error:
        st.session_state.pop("importing")
        show_error(error)
        return
    forget(key)
    st.session_state.pop("importing")
    st.session_state["imported"] = {
        "name": name,
        "number": number,
        "rows": [(table, counts["added"], counts["changed"]) for table, counts in loaded.tables.items()],
    }
    if "reading" in st.session_state:
        _give_up_reading()
    st.session_state["import round"] = _round() + 1
    st.rerun()


def _show_imported(imported: dict) -> None:
    """What the import did, its undo, and the next step."""
    if imported["number"] is None:
        st.info(say("importing.nothing_new", name=imported["name"]))
        return
    lines = plain("batch.semicolon").join(
        plain("importing.done_table", table=plain(f"table.{name}"), added=added, changed=changed)
        for name, added, changed in imported["rows"]
        if added or changed
    )
    st.success(
        say("importing.done", name=imported["name"], number=imported["number"], what=lines),
        icon=":material/check_circle:",
    )
    with st.container(horizontal=True):
        if st.button(say("changes.undo"), icon=":material/undo:", key="undo import"):
            with st.spinner(say("changes.undoing")), errors_in_words():
                store().undo(imported["number"])
            st.session_state.pop("imported")
            saved("import", say("changes.done", what=plain("batch.import", subject=imported["name"])))
        st.page_link("pages/clustering.py", label=say("home.step_link.group"), icon=":material/arrow_forward:")
    facts = store().frame("order_facts").iloc[0]
    st.caption(
        say(
            "importing.book",
            **{
                name: (0 if pd.isna(value) else value)
                for name, value in facts.items()
                if name not in ("first_order", "last_order")
            },
        )
    )
