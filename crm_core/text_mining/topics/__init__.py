"""What messages are about: topics found again on other messages, placed, named, kept and followed."""

from crm_core.text_mining.topics.editing import merge, rename, split
from crm_core.text_mining.topics.finding import Topics, find, place
from crm_core.text_mining.topics.following import by_month, by_value, message_map, typical
from crm_core.text_mining.topics.keeping import Kept, keep, kept, kept_run, update
from crm_core.text_mining.topics.refreshing import Refreshed, refresh

__all__ = ["Kept", "Refreshed", "Topics", "by_month", "by_value", "find", "keep", "kept", "kept_run", "merge",
           "message_map", "place", "refresh", "rename", "split", "typical", "update"]
