"""The merges that stand: find one, see what it moved, take it apart again after seeing what that does."""
import streamlit as st

from crm_core.cleaning import consequences as figures
from crm_core.errors import CrmError
from crm_core.store.apart import apart, take_apart
from crm_core.store.merging import moved_by
from pages.tidying import consequences, merging
from ui import errors_in_words, job, plain, say, store, words
from ui.batches import author
from ui.forms import saved
from ui.parts import MERGEABLE, PARTS
from ui.say import language
from ui.values import called, hit, told
from ui.work import show_error

SHOWN = 20
MOST_ASKED = 200  # rows entered since, of which one is asked one by one

TIMES = ("ordered_at", "occurred_at", "opened_at", "opened_on")


def show() -> None:
    asked, opened = st.query_params.get("merge", ""), st.query_params.get("apart", "")
    if asked or opened:
        st.button(say("merging.back"), key="back to merges", icon=":material/arrow_back:", type="tertiary",
                  on_click=_back)
    if asked:
        table, _, ids = asked.partition(":")
        ids = [int(row_id) for row_id in ids.split(",") if row_id.isdecimal() and len(row_id) < 19]
        if table not in MERGEABLE or not ids:
            st.warning(say("merging.link_unknown"))
            return
        merging.show(table, ids)
    elif opened:
        _apart(int(opened) if opened.isdecimal() and len(opened) < 19 else 0)
    else:
        _list()


def _back() -> None:
    st.query_params.pop("merge", None)
    st.query_params.pop("apart", None)


def _list() -> None:
    st.caption(say("merging.what"))
    text = st.text_input(say("merging.find"), key="merges text", icon=":material/search:", live="400ms",
                         placeholder=plain("merging.find"), label_visibility="collapsed", persist_state="session")
    text = (text or "").strip()
    offset = st.session_state.get("merges offset", 0) if st.session_state.get("merges asked") == text else 0
    st.session_state["merges asked"] = text
    merges = store().frame("merges", text=text, limit=SHOWN, offset=offset)
    if merges.empty:
        st.info(say("merging.none_found" if text else "merging.none_yet"))
        if not text:
            st.page_link("pages/cleaning.py", label=say("merging.to_duplicates"), icon=":material/group:",
                         query_params={"part": "duplicates"})
        return
    total = int(merges.found.iloc[0])
    st.caption(say("merging.standing", count=total))
    for row in merges.to_dict("records"):
        _line(row)
    if total > SHOWN:
        with st.container(horizontal=True, horizontal_alignment="right"):
            for step, to in (("back", offset - SHOWN), ("on", offset + SHOWN)):
                st.button(say(f"lists.{step}"), key=f"merges {step}", disabled=not 0 <= to < total, type="tertiary",
                          on_click=st.session_state.__setitem__, args=("merges offset", to))


@st.cache_data(max_entries=2000, show_spinner=False)
def _moved(path: str, table: str, merged_id: int, done_in: int, revision: int) -> dict[str, int]:
    with store().look() as look:
        return moved_by(look, table, merged_id, done_in)


def _line(row: dict) -> None:
    moved = _moved(str(store().path), row["table_name"], int(row["merged_id"]), int(row["done_in"]), store().revision())
    names = [_beside(row[side], row[f"{side}_no"], row[f"{side}_id"]) for side in ("merged", "kept")]
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(say("merging.line", merged=names[0], kept=names[1]) + "  \n:gray[" + say(
            "merging.line_facts", when=words.moment(language(), row["made_at"]), who=author(row["actor"]),
            number=str(row["done_in"]), what=_counted(moved) or plain("merging.nothing_moved")) + "]", width="stretch")
        st.page_link("pages/data_entry.py", label=say("merging.open"), icon=":material/open_in_new:", width="content",
                     query_params={"part": row["table_name"], "open": str(int(row["kept_id"]))})
        st.button(say("merging.apart"), key=f"apart {row['id']}", icon=":material/call_split:",
                  on_click=_open_apart, args=(int(row["id"]),))


def _open_apart(merge_id: int) -> None:
    st.query_params["apart"] = str(merge_id)


def _beside(name, number, row_id) -> str:
    told_name = name if isinstance(name, str) else f"#{int(row_id)}"
    return f"{told_name} ({number})" if isinstance(number, str) and number != told_name else told_name


def _counted(counts: dict[str, int]) -> str:
    return plain("batch.comma").join(plain("form.hanging", table=plain(f"table.{name}"), count=count)
                                     for name, count in counts.items())


# --- taking one apart -----------------------------------------------------------------------------


def _apart(merge_id: int) -> None:
    try:
        with store().look() as look:
            plan = apart(look, merge_id)
    except CrmError as error:
        show_error(error)
        return
    table, book = plan.merge["table_name"], store()
    names = {row["id"]: merging.named(table, row)
             for row in book.records(table, list({plan.merge["merged_id"], plan.merge["kept_id"], plan.holder,
                                                  *(row_id for row_id, _ in (*plan.values_back, *plan.values_stay))}))}
    back, holder = names[plan.merge["merged_id"]], names[plan.holder]
    st.subheader(say("merging.apart_title", merged=back, kept=names[plan.merge["kept_id"]]), anchor=False)
    lines = [say("merging.apart_back", name=back, what=_counted(plan.comes_back)) if plan.comes_back
             else say("merging.apart_back_alone", name=back)]
    if plan.holder != plan.merge["kept_id"]:
        lines.append(say("merging.apart_holder", kept=names[plan.merge["kept_id"]], holder=holder))
    if plan.elsewhere:
        lines.append(say("merging.apart_elsewhere", what=_counted(plan.elsewhere)))
    if plan.deleted:
        lines.append(say("merging.apart_deleted", what=_counted(plan.deleted)))
    for (row_id, column), (now, then) in plan.values_back.items():
        lines.append(say("merging.apart_value_back", name=names[row_id], field=plain(f"column.{table}.{column}"),
                         now=told(table, column, now), then=told(table, column, then)))
    for (row_id, column), (now, _) in plan.values_stay.items():
        lines.append(say("merging.apart_value_stays", name=names[row_id], field=plain(f"column.{table}.{column}"),
                         now=told(table, column, now)))
    if plan.opted_out_since:
        lines.append(say("merging.apart_opted_out", channels=_channels(plan.opted_out_since)))
    if plan.opt_outs_stay:
        lines.append(say("merging.apart_opt_outs_stay", channels=_channels(plan.opt_outs_stay), name=holder))
    st.markdown("\n".join(f"- {line}" for line in lines))
    if plan.key_used:
        facts = plan.key_used
        st.error(say("error.KeyUsedMeanwhile", **facts | {
            "column": plain(f"column.{facts['table']}.{facts['column']}")}))
        return
    going = _ask_about_added(plan, back, holder, merge_id)
    st.markdown(say("consequences.title"))
    room = st.container()
    if st.button(say("merging.apart_do"), key=f"apart do {merge_id}", type="primary", icon=":material/call_split:"):
        with errors_in_words(), book.batch("unmerge", plain("merging.subject", merged=back,
                                                            kept=names[plan.merge["kept_id"]])) as batch:
            take_apart(batch, merge_id, going)
        _back()
        saved("apart", say("merging.apart_done", name=back))

    def work(progress):
        with book.rehearsal("unmerge") as batch:
            progress.on_cancel(lambda: book.interrupt(batch))
            before, after = figures.around(batch, lambda batch: take_apart(batch, merge_id, going))
        return figures.compare(before, after)

    asked = tuple((name, tuple(ids)) for name, ids in going.items())
    with room, errors_in_words():
        key = ("apart", str(book.path), book.revision(), merge_id, asked)
        consequences.show(job(key, say("consequences.counting"), work))


def _ask_about_added(plan, back: str, holder: str, merge_id: int) -> dict[str, list[int]]:
    """Rows entered while the two were one: which of them go to the one that comes back."""
    going: dict[str, list[int]] = {}
    if plan.added:
        st.markdown(say("merging.apart_added", name=back, holder=holder))
    for name, ids in plan.added.items():
        rows = {row["id"]: _row_told(name, row) for row in store().records(name, ids[:MOST_ASKED])}
        going[name] = st.multiselect(
            say("merging.apart_added_rows", table=plain(f"table.{name}"), count=len(ids)), list(rows),
            key=f"apart {merge_id} {name}", placeholder=say("merging.apart_added_none", holder=holder),
            format_func=rows.get)
    return {name: ids for name, ids in going.items() if ids}


def _row_told(name: str, row: dict) -> str:
    if name not in PARTS:
        return f"#{row['id']}"
    when = next((row[column] for column in TIMES if row.get(column)), None)
    text = hit(name, row) if name != "orders" else called(name, row)
    return text if when is None else f"{text} · {words.day(language(), when)}"


def _channels(columns) -> str:
    return plain("batch.comma").join(plain(f"choice.channel.{column.removeprefix('consent_')}") for column in columns)
