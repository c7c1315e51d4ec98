"""Make one record of several: a choice a field with its default and reason, what follows, what it would change."""
from collections.abc import Callable

import pandas as pd
import streamlit as st

from crm_core.cleaning import consequences as figures
from crm_core.cleaning import merge as proposing
from crm_core.errors import CrmError
from crm_core.store.merging import Typed, consents, merge, merge_many, own_fields
from crm_core.tables import CHANNELS, TABLES
from pages.tidying import consequences
from ui import errors_in_words, job, plain, say, store, words
from ui.forms import pick, saved
from ui.parts import merging
from ui.values import called, hit, told
from ui.work import forget, show_error, start

MOST = 5
OTHER = "other"

link = merging


def show(table: str, ids, done: Callable[[], None] | None = None) -> None:
    """The form for two to five records; with one, somebody to merge it with is asked for. `done` runs before the page
    is drawn anew."""
    ids = list(dict.fromkeys(int(row_id) for row_id in ids))[:MOST]
    try:
        rows = store().records(table, ids)
    except CrmError as error:
        show_error(error)
        return
    st.subheader(say("merging.title"), anchor=False)
    if len(ids) < MOST:
        _one_more(table, rows)
    if len(ids) < 2:
        return
    key = f"merge {table} {' '.join(map(str, ids))}"
    with errors_in_words():
        with store().look() as look:
            best = proposing.proposed(look, table, ids).kept_id
        names = {row["id"]: named(table, row) for row in rows}
        kept = st.radio(say("merging.keep"), ids, index=ids.index(best), key=f"{key} kept", format_func={
            row_id: words.markdown_safe(name) for row_id, name in names.items()}.get)
        with store().look() as look:
            proposal = proposing.proposed(look, table, ids, kept)
    st.caption(say(f"merging.keep_reason.{proposal.reason}"))
    _side_by_side(table, rows, names, key)
    choices = _choices(table, rows, names, proposal, f"{key} {kept}")
    if consents(table):
        _consent(rows)
    _own_fields(rows)
    _hanging(table, rows, names, kept)
    _deed(table, rows, names, kept, choices, key, done)


def _one_more(table: str, rows: list[dict]) -> None:
    """Search for one more record; for a single customer those that look alike are offered."""
    ids = [row["id"] for row in rows]
    key = f"merge more {table} {ids}"
    with st.expander(say("merging.add"), icon=":material/person_add:", expanded=len(rows) < 2):
        if table == "customers" and len(rows) == 1:
            typed = {name: rows[0][name] or "" for name in ("name", "email", "phone", "city", "company")}
            alike = store().frame("looks_like", **typed, birth_date=rows[0]["birth_date"], except_id=ids[0], limit=MOST)
            for row in alike.to_dict("records"):
                st.page_link("pages/cleaning.py", icon=":material/merge:", label=words.markdown_safe(hit(table, row)),
                             query_params=merging(table, [*ids, row["id"]]))
        found = pick(table, say("merging.search"), key)
    if found and found not in ids:
        st.query_params["merge"] = merging(table, [*ids, found])["merge"]
        st.rerun()


def named(table: str, row: dict) -> str:
    """What a record is called where several may have one name."""
    number, name = row.get("customer_no") or row.get("product_no"), called(table, row)
    return f"{name} · {number}" if number and number != name else f"{name} · #{row['id']}"


def _side_by_side(table: str, rows: list[dict], names: dict[int, str], key: str) -> None:
    """All that any of them has: one line a field, one column a record."""
    shown = [column.name for column in TABLES[table].typed
             if column.type != "fields" and any(row[column.name] is not None for row in rows)]
    frame = pd.DataFrame([{"field": plain(f"column.{table}.{name}"), **{
        str(row["id"]): told(table, name, row[name]) for row in rows}} for name in shown])
    st.dataframe(frame, hide_index=True, key=f"{key} side by side", height=38 + 35 * len(frame), column_config={
        "field": plain("merging.field"), **{str(row_id): name for row_id, name in names.items()}})


def _choices(table: str, rows: list[dict], names: dict[int, str], proposal, key: str) -> dict:
    """Column → the id whose value is taken, or Typed: asked for where the records differ."""
    choices: dict = {}
    differ = [column for column in proposing.free_columns(TABLES[table])
              if len({told(table, column, row[column]) for row in rows}) > 1]
    if differ:
        st.markdown(say("merging.choose"))
    for place, column in enumerate(differ):
        if place % 2 == 0:  # a row of columns each time: on a phone the fields then keep their order
            places = st.columns(2, gap="large")
        choice = proposal.fields[column]
        first = {told(table, column, row[column]): row["id"] for row in reversed(rows)}
        options = list(reversed(first.values()))
        default = next((row_id for value, row_id in first.items()
                        if choice.id and value == told(table, column, _by_id(rows, choice.id)[column])), options[0])
        free = TABLES[table].column(column).type == "text"
        labels = {row_id: _option(table, column, rows, names, row_id) for row_id in options}
        with places[place % 2]:
            picked = st.radio(
                say("merging.field_why", field=plain(f"column.{table}.{column}"),
                    why=plain(f"merging.reason.{choice.reason}", count=choice.count)),
                [*options, *([OTHER] if free else [])], index=options.index(default), key=f"{key} {column}",
                format_func=(labels | {OTHER: say("merging.other")}).get)
            if picked == OTHER:
                value = st.text_input(say("merging.other_value", field=plain(f"column.{table}.{column}")),
                                      key=f"{key} {column} typed", label_visibility="collapsed")
                choices[column] = Typed((value or "").strip() or None)
            else:
                choices[column] = picked
    return choices


def _option(table: str, column: str, rows: list[dict], names: dict[int, str], row_id: int) -> str:
    value = told(table, column, _by_id(rows, row_id)[column])
    who = [row["id"] for row in rows if told(table, column, row[column]) == value]
    return words.markdown_safe(value) + f" :gray[:small[{words.markdown_safe(', '.join(f'#{one}' for one in who))}]]"


def _by_id(rows: list[dict], row_id: int) -> dict:
    return next(row for row in rows if row["id"] == row_id)


def _consent(rows: list[dict]) -> None:
    """What is left of the consent: an opt-out of any of them stands, whatever is chosen."""
    st.markdown(say("merging.consent"))
    with st.container(horizontal=True, gap="xsmall"):
        for channel in CHANNELS:
            said = [row[f"consent_{channel}"] for row in rows]
            given = False if False in said else True if True in said else None
            st.badge(say(f"choice.channel.{channel}"), color="gray" if given is None else "green" if given else "red",
                     icon=":material/help:" if given is None else ":material/check:" if given else ":material/lock:")
    out = [plain(f"choice.channel.{channel}") for channel in CHANNELS
           if {True, False} <= {row[f"consent_{channel}"] for row in rows}]
    if out:
        st.warning(say("merging.opt_out_wins", channels=plain("batch.comma").join(out)), icon=":material/lock:")


def _own_fields(rows: list[dict]) -> None:
    own = {name for row in rows for name in own_fields(row.get("extra"))}
    if own:
        st.caption(say("merging.own_fields", count=len(own)))


def _hanging(table: str, rows: list[dict], names: dict[int, str], kept: int) -> None:
    for row in rows:
        if row["id"] != kept:
            hanging = store().hanging_on(table, row["id"])
            what = plain("batch.comma").join(plain("form.hanging", table=plain(f"table.{name}"), count=count)
                                             for name, count in hanging.items())
            st.markdown(say("merging.follows" if hanging else "merging.follows_nothing", name=names[row["id"]],
                            kept=names[kept], what=what))


def _deed(table: str, rows: list[dict], names: dict[int, str], kept: int, choices: dict, key: str, done) -> None:
    """What it would change, and the button."""
    others = [row["id"] for row in rows if row["id"] != kept]
    st.markdown(say("consequences.title"))
    room, book = st.container(), store()
    if st.button(say("merging.do", count=len(others)), key=f"{key} do", type="primary", icon=":material/merge:"):
        subject = plain("merging.subject", merged=plain("batch.comma").join(
            called(table, _by_id(rows, row_id)) for row_id in others), kept=called(table, _by_id(rows, kept)))
        with errors_in_words(), book.batch("merge", subject) as batch:
            merge(batch, table, kept, others, choices)
        st.query_params.pop("merge", None)
        if done:
            done()
        saved(key, say("merging.done", kept=called(table, book.record(table, kept)), count=len(others)))

    def work(progress):
        with book.rehearsal("merge") as batch:
            progress.on_cancel(lambda: book.interrupt(batch))
            before, after = figures.around(batch, lambda batch: merge(batch, table, kept, others, choices))
        return figures.compare(before, after)

    asked = tuple(sorted((column, str(choice)) for column, choice in choices.items()))
    with room, errors_in_words():
        consequences.show(job(("merge", str(book.path), book.revision(), table, kept, tuple(others), asked),
                              say("consequences.counting"), work))


def show_all(table: str, clusters: pd.DataFrame, key: str, done: Callable[[], None] | None = None) -> None:
    """Merge whole clusters (a frame of cluster, id) with the values proposed, as one change; first what it does.

    `key` tells these clusters from others: it is part of what the preview is kept by.
    """
    book, pairs = store(), len(clusters) - clusters.cluster.nunique()

    def deed(batch):
        if proposing.pairs_of(batch, table, clusters):
            merge_many(batch, table, "merging_pairs", proposing.propose(batch, table))

    def preview(progress):
        with book.rehearsal("merge") as batch:
            progress.on_cancel(lambda: book.interrupt(batch))
            before, after = figures.around(batch, deed)
        return figures.compare(before, after)

    def write(progress):
        with book.batch("merge", plain("merging.all_subject", count=pairs)) as batch:
            progress.on_cancel(lambda: book.interrupt(batch))
            deed(batch)
        return batch.rows.get("merges", {}).get("added", 0)

    writing = st.session_state.get(f"{key} writing")
    if writing:
        try:
            count = job(writing, say("merging.all_title", count=pairs))
        except CrmError as error:
            st.session_state.pop(f"{key} writing")
            show_error(error)
            return
        st.session_state.pop(f"{key} writing")
        forget(writing)
        if done:
            done()
        saved(key, say("merging.all_done", count=count))
    st.markdown(say("consequences.title"))
    room = st.container()
    asked = (key, table, str(book.path), book.revision())
    if st.button(say("merging.all_do", count=pairs), key=f"{key} do", type="primary", icon=":material/merge:"):
        st.session_state[f"{key} writing"] = ("merge all", *asked)
        start(st.session_state[f"{key} writing"], write)
        st.rerun()
    with room, errors_in_words():
        consequences.show(job(("merge all preview", *asked), say("consequences.counting"), preview))
