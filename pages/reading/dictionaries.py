"""The team's own words: stop words, words to keep, synonyms, product names and mood words, edited as a sheet."""

import pandas as pd
import streamlit as st

from crm_core.errors import CrmError
from crm_core.store import Sheet, sheet
from crm_core.tables import TABLES
from crm_core.text_mining.concordance import holding
from crm_core.text_mining.dictionary import listed
from pages.reading import asking, named, term_file, unknown_words
from pages.reading.own_words import KEY, undo, wrote
from ui import errors_in_words, language, plain, say, store, words
from ui.grid import discard, edit_page

TABLE = TABLES["text_terms"]
MOST_ROWS = 500  # of a sheet; more are filtered or edited as a file
COUNTED = 20  # pending words whose messages are counted


def show() -> None:
    with errors_in_words():
        reading = asking.reading()
    if reading is None:
        return
    st.caption(say("dictionaries.what"))
    st.caption("  \n".join(f"**{say(f'choice.kind.{kind}')}** · {say(f'dictionaries.does_{kind}')}"
                           for kind in TABLE.column("kind").choices))
    undo()
    kind = st.pills(say("column.text_terms.kind"), TABLE.column("kind").choices, key=f"{KEY} kind",
                    format_func={name: say(f"choice.kind.{name}") for name in TABLE.column("kind").choices}.get)
    _sheet(reading, kind)
    long = []
    for what, title, icon in ((unknown_words, "unknown_words.title", ":material/new_label:"),
                              (named, "named.title", ":material/sell:")):
        room = st.expander(say(title), icon=icon)
        with room:
            if what.asked():
                long.append((room, what))
    with st.expander(say("dictionaries.as_file"), icon=":material/file_open:"):
        term_file.show()
    with st.expander(say("dictionaries.that_come"), icon=":material/list:"):
        _lists_that_come()
    # What takes long comes last: until it is done, what stands below it in the script is not there.
    for room, what in long:
        with room:
            what.show(reading)


def _sheet(reading: asking.Reading, kind: str | None) -> None:
    with store().look() as look:
        ids = [row for (row,) in look.execute(
            "SELECT id FROM text_terms WHERE deleted_at IS NULL AND kind = coalesce($kind, kind) "
            "ORDER BY kind, language, term LIMIT $most", kind=kind, most=MOST_ROWS + 1).fetchall()]
    if len(ids) > MOST_ROWS:
        st.info(say("dictionaries.too_many", most=MOST_ROWS))
    changed = edit_page(KEY, TABLE, ids[:MOST_ROWS], (kind, store().revision("text_terms")),
                        height=min(560, 38 + 35 * (len(ids) + 5)))
    if changed:
        _preview(reading, changed)
    else:
        st.caption(say("sheet.nothing_pending"))


def _preview(reading: asking.Reading, changed: Sheet) -> None:
    """What would be written, in how many messages each word stands, what is wrong with it, and the one button."""
    counts = changed.counts
    st.subheader(say("sheet.pending"), anchor=False)
    st.markdown(say("sheet.counts", changed=counts["changed"], added=counts["added"], removed=counts["removed"]))
    st.dataframe(_told(reading, changed), hide_index=True, key=f"{KEY} preview", placeholder="–", column_config={
        "deed": plain("sheet.deed"), "term": plain("column.text_terms.term"), "kind": plain("column.text_terms.kind"),
        "messages": st.column_config.NumberColumn(plain("dictionaries.messages"), format="localized")})
    conflicts = sheet.conflicts(store(), changed)
    wrong = [] if conflicts else sheet.problems(store(), changed)
    if conflicts:  # own words are few: whoever came second reads them anew
        st.warning(say("sheet.conflicts", count=len(conflicts)))
    if wrong:
        st.error(say("sheet.wrong", count=len(wrong)))
        for problem in wrong[:COUNTED]:
            st.caption(words.markdown_safe(words.error_sentence(language(), problem.error)))
    with st.container(horizontal=True):
        if st.button(say("sheet.write", count=sum(counts.values())), type="primary", key=f"{KEY} write",
                     icon=":material/save:", disabled=bool(wrong or conflicts)):
            _write(changed, counts)
        if st.button(say("sheet.discard"), key=f"{KEY} discard", icon=":material/delete_sweep:"):
            discard(KEY)
            st.rerun()


def _write(changed: Sheet, counts: dict) -> None:
    try:
        with store().batch("sheet", plain("table.text_terms")) as batch:
            sheet.write(batch, changed)
    except CrmError as error:
        st.error(words.markdown_safe(words.error_sentence(language(), error)))
        return
    wrote(batch.number, say("sheet.written", number=batch.number, **counts))


def _told(reading: asking.Reading, changed: Sheet) -> pd.DataFrame:
    """Each pending row: what is done to which word, and how many messages have it."""
    there = {row["id"]: row for row in store().records(TABLE.name, sorted({*changed.changes, *changed.deletes}))}
    rows = [("delete", there[number]) for number in sorted(changed.deletes)]
    rows += [("change", {**there[number], **values}) for number, values in changed.changes.items()
             if number not in changed.deletes]
    rows += [("add", values) for _, values in sorted(changed.adds.items(), reverse=True)]
    texts = reading.every.messages.text
    return pd.DataFrame([{
        "deed": plain(f"sheet.deed_name.{deed}"), "term": row.get("term"),
        "kind": plain(f"choice.kind.{row['kind']}") if row.get("kind") else None,
        "messages": int(holding(texts, str(row["term"])).sum())
        if row.get("term") and place < COUNTED else None} for place, (deed, row) in enumerate(rows)])


def _lists_that_come() -> None:
    st.caption(say("dictionaries.that_come_what"))
    for name in ("en", "zh"):
        st.text_area(say(f"choice.language.{name}"), "  ".join(sorted(listed(f"stop_{name}"))), disabled=True,
                     height=120, key=f"{KEY} list {name}")
