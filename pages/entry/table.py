"""One table by hand, whichever: find, open, add, edit as a sheet, restore. ui/parts.py says what differs."""

import streamlit as st

from crm_core.errors import CrmError, EmailNotFound
from crm_core.store import by_email
from pages.entry import card, records, spreadsheet
from pages.entry.lists import chosen_row, in_words
from ui import errors_in_words, plain, say, store, table
from ui.forms import has_error, remember
from ui.parts import PARTS, Part
from ui.values import called

WITH_EMAIL = ("customers", "communications")


def show(part: Part) -> None:
    opened = st.query_params.get("open")
    if opened:
        _opened(part, opened)
        return
    ways = ["find", *(["email"] if part.name in WITH_EMAIL else []), "add", "sheet", "deleted"]
    way = st.segmented_control(
        say("records.way"),
        ways,
        required=True,
        key=remember(f"{part.name}_way", "find"),
        label_visibility="collapsed",
        format_func={way: say(f"records.ways.{way}") for way in ways}.get,
    )
    {"find": _find, "email": _by_email, "add": _add, "sheet": spreadsheet.show, "deleted": _deleted}[way](part)


def _find(part: Part) -> None:
    row = chosen_row(part)
    if row is not None:
        st.query_params["open"] = str(int(row.id))  # a record has an address of its own
        st.rerun()


def _opened(part: Part, opened: str) -> None:
    def back() -> None:
        st.query_params.pop("open", None)

    st.button(say("records.back"), key="back to list", icon=":material/arrow_back:", type="tertiary", on_click=back)
    try:
        row = store().record(part.name, int(opened) if opened.isdecimal() and len(opened) < 19 else 0)
    except CrmError:
        st.warning(say("records.not_there", id=opened))
        return
    card.show(part, row)


def _add(part: Part) -> None:
    records.add(part.name, f"add {part.name}")


def _deleted(part: Part) -> None:
    row = chosen_row(part, deleted=True)
    if row is not None:
        records.restore(part.name, part.name, row.to_dict())


def _by_email(part: Part) -> None:
    """The trade's way: an e-mail in, the customer or all that was said with them out, found or not found."""
    email = st.text_input(
        say("customers.email_asked"), key=f"{part.name} email asked", placeholder="name@example.com",
        persist_state="session")
    if not email or not email.strip():
        return
    try:
        row = by_email.find(store(), email)
    except EmailNotFound:
        st.warning(say("customers.email_not_found", email=email.strip()))
        if part.name == "customers":
            st.subheader(say("customers.add_this"), anchor=False)
            records.add("customers", f"add {email}", given={"email": email.strip()})
        else:
            st.info(say("communications.add_customer_first"))
        return
    if part.name == "customers":
        st.success(say("customers.email_found", name=called("customers", row)))
        card.show(part, row, first="details")
    else:
        _said(row, email)


def _said(row: dict, email: str) -> None:
    """All communications of a customer, newest first, and one more."""
    name = called("customers", row)
    with errors_in_words():
        found = by_email.communications(store(), email)
    st.success(say("communications.email_found", name=name, count=len(found)))
    part = PARTS["communications"]
    if len(found):
        picked = table(
            in_words(part, found),
            key=f"communications of {email} {store().revision()}",
            on_select="rerun",
            selection_mode="single-row",
            name=f"{name} communications",
            labels={column: plain(f"column.communications.{column}")
                    for column in ("occurred_at", "channel", "direction", "subject", "content")}
            | {"campaign": plain("column.communications.campaign_id")},
        )
        if picked.selection.rows:
            st.query_params["open"] = str(int(found.id[picked.selection.rows[0]]))
            st.rerun()
    key = f"add communication for {row['id']}"
    with st.expander(
        say("communications.add"), icon=":material/add_comment:", expanded=found.empty or has_error(key)
    ):
        records.add("communications", key, given={"customer_id": int(row["id"])})
