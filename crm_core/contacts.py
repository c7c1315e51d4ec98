"""The one way to a list of people to contact: by a channel, and only those who agreed to that channel.

    segment 4, by e-mail   →   people: 17 | Ada Wong | ada@example.com …     left out: 40 refused, 3 without an address
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crm_core.tables import CHANNELS

if TYPE_CHECKING:
    import pandas as pd

LEFT_OUT = ("no_consent", "refused", "address_refused", "no_address", "same_address", "deleted")
FOUND_BY_NUMBER = ("social", "chat")  # the book holds no address for these


@dataclass(frozen=True, eq=False)
class ContactList:
    channel: str
    people: pd.DataFrame  # customer_id, customer_no, name, address (of the channel), in the order of customer_id
    left_out: dict[str, int]  # each of LEFT_OUT → customers left out for it, the first reason that holds

    @property
    def asked(self) -> int:
        """Of how many customers the list was made."""
        return len(self.people) + sum(self.left_out.values())


def contact_list(ask, channel: str, segment_id: int | None = None, customer_ids=None) -> ContactList:
    """Who of a segment, or of customers by id, may be contacted by a channel. `ask` is a look at the book or a batch.

    Only who has said yes to the channel and has an address for it is named; an address that any record has refused
    is left out, and one that several records share is named once. Raises ValueError for an unknown channel.
    """
    import pandas as pd

    if channel not in CHANNELS:
        raise ValueError(channel)
    if (segment_id is None) == (customer_ids is None):
        raise ValueError("either a segment or customers")
    ask.stage("contact_wanted", pd.DataFrame({
        "customer_id": pd.Series([] if customer_ids is None else list(customer_ids), dtype="int64")}))
    found = ask.frame("contact_list", channel=channel, segment_id=segment_id or 0)
    named = found[found.left_out == ""]
    counts = dict(zip(found.left_out, found.customers, strict=True))
    return ContactList(
        channel,
        named[["customer_id", "customer_no", "name", "address"]].astype({"customer_id": "int64"})
        .reset_index(drop=True),
        {reason: int(counts.get(reason, 0)) for reason in LEFT_OUT})
