"""Communications: find, by a customer's e-mail newest first, add, edit, delete, restore."""

import streamlit as st

from pages.entry import records
from pages.entry.customers import named
from pages.entry.lists import chosen_row, in_words
from ui import errors_in_words, plain, say, store, table, words
from ui.forms import has_error


def show() -> None:
    way = st.segmented_control(
        say("communications.way"),
        ("find", "email", "deleted"),
        default="find",
        required=True,
        key="communications_way",
        label_visibility="collapsed",
        format_func=lambda way: say(f"communications.{way}"),
    )
    {"find": _find, "email": _by_email, "deleted": _deleted}[way]()


def told(row: dict) -> str:
    """How a communication is called in a sentence: its subject, else how it begins."""
    text = next((str(row[column]) for column in ("subject", "content") if row.get(column)), "")
    return text if len(text) <= 60 else text[:59] + "…"


def _find() -> None:
    row = chosen_row("find_communications", "communications", _labels(), in_words=in_words)
    if row is not None:
        with errors_in_words():
            _card(store().record("communications", int(row.id)), str(row.customer))


def _by_email() -> None:
    email = st.text_input(
        say("communications.email_asked"),
        key="communications email asked",
        placeholder="name@example.com",
        persist_state="session",
    )
    if not email:
        return
    customer = store().frame("customer_by_email", email=email)
    if customer.empty:
        st.warning(say("customers.email_not_found", email=email))
        st.info(say("communications.add_customer_first"))
        return
    row = customer.iloc[0].to_dict()
    found = store().frame("communications_of_customer", customer_id=int(row["id"]))
    st.success(say("communications.email_found", name=named(row), count=len(found)))
    if len(found):
        picked = table(
            in_words(found),
            key=f"communications of {email}",
            on_select="rerun",
            selection_mode="single-row",
            labels={name: label for name, label in _labels().items() if name != "customer"},
        )
        if picked.selection.rows:
            _card(store().record("communications", int(found.id[picked.selection.rows[0]])), named(row))
    key = f"add communication for {row['id']}"
    with st.expander(
        say("communications.add"), icon=":material/add_comment:", expanded=found.empty or has_error(key)
    ):
        records.add("communications", key, told, given={"customer_id": int(row["id"])})


def _deleted() -> None:
    row = chosen_row("find_communications", "communications", _labels(), deleted=True, in_words=in_words)
    if row is not None:
        records.restore("communications", "communications", row.to_dict(), told)


def _card(row: dict, customer: str) -> None:
    st.divider()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(words.markdown_safe(f"{customer} · {told(row)}"), width="stretch")
        records.delete("communications", "communications", row, told)
    records.edit("communications", "communication", row, told)


def _labels() -> dict[str, str]:
    return {
        column: plain("communications.customer") if column == "customer" else plain(f"column.communications.{column}")
        for column in ("occurred_at", "customer", "channel", "direction", "subject", "content")
    }
