"""Messages of one customer put together where they follow each other closely, and what came before and after.

    customer 7 wrote on 3, 5 and 30 March        conversation | customer_id | day        | messages
                                             →   0            | 7           | 2026-03-05 | 2
                                                 1            | 7           | 2026-03-30 | 1
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_core.errors import NoMessages

APART_DAYS = 14  # days of silence after which a message opens another conversation
LEFT, SPENT, REQUESTS = OUTCOMES = ("left", "spent", "requests")
HIGHEST = 0.99  # of what is spent: a few very large orders would else decide the mean


@dataclass(frozen=True, eq=False)
class Conversations:
    told: pd.DataFrame  # a row each: customer_id, day (its last), messages, language (of its last message)
    of: np.ndarray  # one a message: its conversation, −1 where no customer is known

    def __len__(self) -> int:
        return len(self.told)


@dataclass(frozen=True, eq=False)
class Followed:
    """The conversations whose days afterwards are over, with what happened in them."""

    conversations: Conversations
    known: pd.DataFrame  # a row a conversation: orders_before, days_since_order, like (a number: alike have the same)
    after: dict[tuple[int, int], pd.DataFrame]  # (from_day, to_day) → a row a conversation: left, spent, requests
    until: pd.Timestamp  # the last day of which it is known what happened

    def over(self, to_day: int) -> np.ndarray:
        """bool, one a conversation: the day so many days after it has passed."""
        return (self.conversations.told.day + pd.Timedelta(days=to_day) <= self.until).to_numpy()


def conversations(messages: pd.DataFrame, apart_days: int = APART_DAYS) -> Conversations:
    """The conversations of messages with customer_id, occurred_at and language; messages of nobody belong to none."""
    known = messages.customer_id.notna().to_numpy()
    rows = np.flatnonzero(known)
    customer = messages.customer_id.to_numpy()[rows].astype(np.int64)
    day = messages.occurred_at.to_numpy()[rows].astype("datetime64[D]")
    order = np.lexsort((rows, day, customer))
    rows, customer, day = rows[order], customer[order], day[order]
    opens = np.ones(len(rows), bool)
    opens[1:] = (customer[1:] != customer[:-1]) | (day[1:] - day[:-1] > np.timedelta64(apart_days, "D"))
    place = np.cumsum(opens) - 1
    of = np.full(len(messages), -1, np.int64)
    of[rows] = place
    last = np.append(np.flatnonzero(opens[1:]), len(rows) - 1) if len(rows) else np.empty(0, np.int64)
    told = pd.DataFrame({
        "customer_id": customer[last], "day": day[last].astype("datetime64[ns]"), "messages": np.bincount(place),
        "language": messages.language.to_numpy()[rows[last]]})
    return Conversations(told, of)


def follow(ask, found: Conversations, until, windows) -> Followed:
    """What the customers of conversations did. `ask` is an open look or batch, `until` the last day that is known of,
    `windows` pairs of days counted from a conversation's last day: (1, 90) is from the next day on.

    Raises NoMessages where there is no conversation.
    """
    if not len(found):
        raise NoMessages()
    asked = pd.DataFrame({"conversation": np.arange(len(found)), "customer_id": found.told.customer_id,
                          "day": found.told.day.dt.date})
    ask.stage("conversations_asked", asked)
    ask.stage("windows_asked", pd.DataFrame(sorted(set(windows)), columns=["from_day", "to_day"]).astype("int64"))
    known = ask.frame("conversations_before")[["orders_before", "days_since_order"]]
    did = ask.frame("conversations_after")
    after = {}
    for window in windows:
        some = did[did.from_day == window[0]].set_index("conversation").reindex(asked.conversation, fill_value=0)
        after[window] = pd.DataFrame({
            LEFT: (some.orders == 0).to_numpy(), SPENT: _without_extremes(some.spent.to_numpy(float)),
            REQUESTS: (some.requests > 0).to_numpy()})
    return Followed(found, known.assign(like=like(found.told, known)), after, pd.Timestamp(until))


def known_until(ask, today):
    """The last day of which it is known what customers did: that of the newest order, else of whatever is newest.

    A book whose orders end before its messages would else tell that everybody has left.
    """
    ordered = ask.execute("SELECT CAST(max(ordered_at) AS DATE) FROM orders WHERE deleted_at IS NULL "
                          "AND ordered_at < CAST($today AS DATE) + INTERVAL 1 DAY", today=today).fetchone()[0]
    return pd.Timestamp(ordered if ordered else ask.frame("last_day", today=today).last_day.iloc[0])


def like(told: pd.DataFrame, known: pd.DataFrame) -> np.ndarray:
    """Which conversations are alike before anything is read: of one month, one language, as many messages, of customers
    with about as many orders, the last one about as long ago."""
    keys = pd.DataFrame({
        "month": told.day.dt.year * 12 + told.day.dt.month, "language": told.language,
        "several": told.messages > 1, "orders": np.digitize(known.orders_before, (1, 2, 3, 6, 11)),
        "since": np.digitize(known.days_since_order.fillna(10_000), (31, 91))})
    return keys.groupby(list(keys), dropna=False, sort=True).ngroup().to_numpy()


def _without_extremes(spent: np.ndarray) -> np.ndarray:
    some = spent[spent > 0]
    return np.minimum(spent, np.quantile(some, HIGHEST)) if len(some) else spent
