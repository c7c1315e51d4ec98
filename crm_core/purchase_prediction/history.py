"""What orders there are to learn from, and what is odd among them: told before any model."""

from dataclasses import dataclass
from datetime import date, timedelta

from crm_core import engine


@dataclass(frozen=True)
class History:
    """Of orders that are not deleted, up to the last day that is looked at; later ones are counted and left out."""

    first: date | None  # the day of the first purchase; None: nobody has bought
    newest: date | None
    orders: int  # that count as purchases: of a customer, not cancelled, worth nothing or more
    customers: int  # who bought
    once: int  # of these, with purchases on one day only
    free: int  # orders worth nothing: purchases that bring no money
    refunds: int  # below nothing: taken off what was spent, no purchases
    cancelled: int  # left out
    nameless: int  # of no customer: left out
    future: int  # placed after the last day that is looked at: left out


def history(ask, until: date) -> History:
    """The orders up to the end (UTC) of a day; `ask` is an open look or batch of the store."""
    row = ask.execute(engine.query_text("purchase_history"), until=until + timedelta(days=1)).fetchone()
    return History(row[0], row[1], *(int(count or 0) for count in row[2:]))
