"""Mappings kept under a name: proposed when a file fits, its difference shown, kept anew, renamed, deleted."""

import streamlit as st

from crm_core import data_entry
from crm_core.errors import CrmError
from pages.entry.importing.said import Said
from ui import plain, say, store, words
from ui.forms import saved
from ui.work import show_error

NONE = 0  # what the box holds for "by the headers"


def all_kept() -> list:
    return data_entry.kept_mappings(store().frame("kept_mappings"))


def chosen(said: Said):
    """The kept mapping in use; None where the headers say it."""
    return next((kept for kept in all_kept() if kept.id == said.kept), None) if said.kept else None


def reading_options(said: Said) -> dict:
    kept = chosen(said)
    return kept.reading if kept else {}


def date_orders(kept, headers) -> dict[str, str]:
    orders = kept.options.get("date_order") if kept else None
    return dict(orders) if isinstance(orders, dict) else dict.fromkeys(headers, orders) if orders else {}


def choose(reading, said: Said) -> None:
    """Offer the kept mappings; the one that fits is proposed by itself."""
    every = all_kept()
    if not every:
        return
    if not said.kept_settled:
        said.kept_settled = True
        fitting = data_entry.best_fit(every, reading.headers)
        if fitting:
            said.kept = fitting.id
            if fitting.reading:
                st.rerun()  # it also says how the file is to be read
    names = {NONE: plain("importing.by_headers")} | {kept.id: kept.name for kept in every}
    key = f"kept {said.file}"

    def tell() -> None:
        said.kept, said.difference_seen, said.kind = st.session_state[key] or None, False, None

    st.selectbox(
        say("importing.kept"),
        list(names),
        index=list(names).index(said.kept or NONE),
        format_func=names.get,
        width=420,
        key=key,
        on_change=tell,
    )
    kept = chosen(said)
    if kept:
        _show_difference(kept, reading, said)


def _show_difference(kept, reading, said: Said) -> None:
    """What is otherwise than when the mapping was kept; the person says go on before anything else is asked."""
    difference = data_entry.compare_mapping(kept.mapping, reading.headers, reading.sample)
    if data_entry.fits(kept.mapping, difference):
        st.caption(":material/bookmark_added: " + say("importing.kept_fits", name=kept.name))
        return
    if said.difference_seen:
        return
    sure = data_entry.doubtful(kept.mapping, difference)  # another word for the same: proposed, not assumed
    renamed = sure | data_entry.perhaps_renamed(kept.mapping, difference)
    with st.container(border=True):
        st.markdown(f":material/difference: **{say('importing.difference', name=kept.name)}**")
        for old, new in renamed.items():
            st.checkbox(
                say("importing.renamed", new=new, old=old, column=_meaning(kept.mapping.columns[old])),
                value=old in sure,
                key=f"renamed {said.file} {new}",
            )
        gone = [header for header in data_entry.lost(kept.mapping, difference) if header not in renamed]
        if gone:
            st.markdown(":red-badge[−] " + say("importing.difference_missing", count=len(gone), columns=", ".join(
                f"{header} ({_meaning(kept.mapping.columns[header])})" for header in gone)))
        come = [header for header in difference.new if header not in renamed.values()]
        if come:
            st.markdown(":blue-badge[+] " + say(
                "importing.difference_new", count=len(come), columns=", ".join(come)))
        st.caption(say("importing.difference_help"))
        if st.button(say("importing.go_on"), key="accept difference", type="primary"):
            said.difference_seen, said.columns_for = True, ()
            said.renamed = {old: new for old, new in renamed.items() if st.session_state[f"renamed {said.file} {new}"]}
            st.rerun()
    st.stop()


def _meaning(meaning: str) -> str:
    return plain("importing.own_field") if meaning.endswith(".extra") else plain(f"column.{meaning}")


def applied(kept, reading, said: Said):
    """The kept mapping for this file: renamed columns as the person said, new ones as their headers say."""
    difference = data_entry.compare_mapping(kept.mapping, reading.headers, reading.sample)
    return data_entry.taken_up(kept.mapping, difference, said.renamed)


def ask_to_keep(mapping, said: Said) -> None:
    """Keep what the columns mean, under a name, for the next file."""
    kept = chosen(said)
    if kept and kept.mapping == mapping:
        if said.kept_here:
            st.caption(":material/bookmark_added: " + say("importing.kept_now", name=kept.name))
        return
    with st.popover(say("importing.keep"), icon=":material/bookmark_add:"):
        name = st.text_input(
            say("importing.keep_name"),
            value=kept.name if kept else "",
            placeholder=say("importing.keep_example"),
            key=f"keep name {said.file}",
        ).strip()
        same = next((one for one in all_kept() if one.name.casefold() == name.casefold()), None)
        if same:
            st.caption(say("importing.keep_replaces", name=same.name))
        if st.button(say("importing.keep_now"), key="keep mapping", type="primary", disabled=not name):
            options = reading_options(said) | said.reading
            options |= {"date_order": said.date_orders} if said.date_orders else {}
            row = mapping.as_row(name, **options)
            with store().batch("mapping", name) as batch:
                if same:
                    batch.change("mappings", {"id": same.id, **row})
                    number = same.id
                else:
                    number = batch.add("mappings", row)[0]
            said.kept, said.kept_settled, said.difference_seen = number, True, True
            said.columns_for, said.kept_here = (*said.columns_for[:2], number), True
            st.rerun()


def show_kept() -> None:
    """The kept mappings: look at one, rename it, delete it."""
    every = all_kept()
    if not every:
        return
    with st.expander(say("importing.kept_list", count=len(every)), icon=":material/bookmarks:"):
        for kept in every:
            with st.container(horizontal=True, vertical_alignment="center", border=True):
                mapped = ", ".join(f"{header} → {_meaning(meaning)}" for header, meaning in kept.mapping.columns.items()
                                   if meaning)
                st.markdown(
                    f"**{words.markdown_safe(kept.name)}** · {say(f'importing.kind_name.{kept.mapping.kind}')}  \n"
                    f":small[:gray[{words.markdown_safe(mapped)}]]", width="stretch")
                with st.popover(say("importing.change_kept"), key=f"change mapping {kept.id}"):
                    _change(kept)


def _change(kept) -> None:
    name = st.text_input(say("importing.keep_name"), value=kept.name, key=f"mapping name {kept.id}").strip()
    with st.container(horizontal=True):
        if st.button(say("importing.rename"), key=f"rename mapping {kept.id}", disabled=not name or name == kept.name):
            _write("edit", kept, say("form.saved", what=name),
                   lambda batch: batch.change("mappings", {"id": kept.id, "name": name}))
        if st.button(say("form.delete"), key=f"delete mapping {kept.id}", icon=":material/delete:"):
            _write("delete", kept, say("importing.kept_deleted", name=kept.name),
                   lambda batch: batch.remove("mappings", [kept.id]))


def _write(kind: str, kept, message: str, deed) -> None:
    try:
        with store().batch(kind, kept.name) as batch:
            deed(batch)
    except CrmError as error:
        show_error(error)
        st.stop()
    saved("mapping", message)
