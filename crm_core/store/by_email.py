"""A customer by e-mail: get, change, delete, and all that was said, as the trade asks for it.

find(store, "ADA@example.com ")                        → the customer's row
change(store, "ada@example.com", {"city": "Bern"})     → the row as it is now
delete(store, "ada@example.com")                       → the row as it was; restore brings it back
communications(store, "ada@example.com")               → every communication, newest first, not only the first one

Each compares e-mails as the book does (blanks and case do not matter) and raises EmailNotFound where nobody has it.
"""
from crm_core.errors import EmailNotFound


def find(store, email: str) -> dict:
    """The customer with an e-mail. Raises EmailNotFound."""
    found = store.frame("customer_by_email", email=email)
    if found.empty:
        raise EmailNotFound(email=email.strip())
    return store.record("customers", int(found.id[0]))


def change(store, email: str, values: dict, read_at: int | None = None) -> dict:
    """Change columns of the customer with an e-mail, as one batch. Raises EmailNotFound, RowMovedOn …"""
    row = find(store, email)
    with store.batch("edit", called(row)) as batch:
        batch.change("customers", {"id": row["id"], **values}, read_at=read_at)
    return store.record("customers", row["id"])


def delete(store, email: str) -> dict:
    """Delete the customer with an e-mail; it stays among the deleted ones. Raises EmailNotFound."""
    row = find(store, email)
    with store.batch("delete", called(row)) as batch:
        batch.remove("customers", [row["id"]])
    return row


def communications(store, email: str):
    """A frame of every communication of the customer with an e-mail, newest first. Raises EmailNotFound."""
    return store.frame("communications_of_customer", customer_id=find(store, email)["id"])


def called(row: dict) -> str:
    """How a customer is called in the log: by name, else by what there is."""
    return next(str(row[name]) for name in ("name", "customer_no", "email", "phone") if row.get(name))
