"""Customers: find, by e-mail, add, edit, delete, restore; and all that was said with one."""

import streamlit as st

from pages.entry import records
from pages.entry.lists import chosen_row, in_words
from ui import errors_in_words, plain, say, store, table, words
from ui.forms import has_error

LISTED = ("customer_no", "name", "email", "phone", "city", "country", "company")


def show() -> None:
    way = st.segmented_control(
        say("customers.way"),
        ("find", "email", "add", "deleted"),
        default="find",
        required=True,
        key="customers_way",
        label_visibility="collapsed",
        format_func=lambda way: say(f"customers.{way}"),
    )
    {"find": _find, "email": _by_email, "add": _add, "deleted": _deleted}[way]()


def named(row: dict) -> str:
    """How a customer is called in a sentence: by name, else by what there is."""
    return next(
        (
            str(row[column])
            for column in ("name", "customer_no", "email", "phone")
            if row.get(column) and row[column] == row[column]
        ),
        plain("customers.nameless"),
    )


def labels() -> dict[str, str]:
    return {column: plain(f"column.customers.{column}") for column in LISTED}


def _find() -> None:
    row = chosen_row("find_customers", "customers", labels())
    if row is not None:
        with errors_in_words():
            _card(store().record("customers", int(row.id)))


def _by_email() -> None:
    email = st.text_input(
        say("customers.email_asked"), key="email asked", placeholder="name@example.com", persist_state="session"
    )
    if not email:
        return
    found = store().frame("customer_by_email", email=email)
    if found.empty:
        st.warning(say("customers.email_not_found", email=email))
        st.subheader(say("customers.add_this"), anchor=False)
        records.add("customers", f"add {email}", named, given={"email": email.strip()})
        return
    st.success(say("customers.email_found", name=named(found.iloc[0].to_dict())))
    _card(store().record("customers", int(found.id[0])))


def _add() -> None:
    records.add("customers", "add customer", named)


def _deleted() -> None:
    row = chosen_row("find_customers", "customers", labels(), deleted=True)
    if row is not None:
        records.restore("customers", "customers", row.to_dict(), named)


def _card(row: dict) -> None:
    """One customer: what is known, and every communication, newest first."""
    st.divider()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(words.markdown_safe(named(row)), width="stretch")
        records.delete("customers", "customers", row, named)
    known, said = st.tabs([say("customers.known"), say("customers.said")], key=f"card {row['id']}")
    with known:
        records.edit("customers", "customer", row, named)
    with said:
        communications = store().frame("communications_of_customer", customer_id=row["id"])
        if communications.empty:
            st.info(say("customers.nothing_said"))
        else:
            table(
                in_words(communications),
                key=f"communications of {row['id']}",
                name=f"{named(row)} communications",
                labels={
                    column: plain(f"column.communications.{column}")
                    for column in ("occurred_at", "channel", "direction", "subject", "content")
                },
                row_height=52,
            )
        key = f"add communication {row['id']}"
        with st.expander(say("communications.add"), icon=":material/add_comment:", expanded=has_error(key)):
            records.add(
                "communications",
                key,
                lambda values: named(row),
                given={"customer_id": row["id"]},
            )
