"""Messages with their words: read once, narrowed as often as one likes."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from crm_core import engine
from crm_core.errors import NoMessages
from crm_core.text_mining.cleaning import clean
from crm_core.text_mining.dictionary import Dictionary
from crm_core.text_mining.language import language
from crm_core.text_mining.tokens import Tokens, tokenise


@dataclass(frozen=True, eq=False)
class Corpus:
    messages: pd.DataFrame  # a row a message: text (cleaned), language, and what else is known of it; index 0 … n − 1
    tokens: Tokens

    def __len__(self) -> int:
        return len(self.messages)

    def where(self, rows) -> "Corpus":
        """Some of the messages, by a mask or positions."""
        rows = np.asarray(rows)
        return Corpus(self.messages.iloc[np.flatnonzero(rows) if rows.dtype == bool else rows].reset_index(drop=True),
                      self.tokens.take(rows))

    @cached_property
    def counts(self):
        """How often each message has each word worth counting: a CSR matrix, messages × terms."""
        return self.tokens.counts()


def messages(ask, as_of) -> pd.DataFrame:
    """Every message up to the end of a day, the oldest first, subject and content as one text.

    source, row_id, customer_id, occurred_at, channel, direction, category, satisfaction, campaign_id, text. `ask` is an
    open look or batch.
    """
    found = engine.to_frame(ask.execute(engine.query_text("messages"), as_of=as_of).to_arrow_table())
    parts = zip(found.subject, found.content, strict=True)
    said = [[part for part in both if isinstance(part, str)] for both in parts]
    return found.drop(columns=["subject", "content"]).assign(text=["\n".join(parts) for parts in said])


def corpus(found: pd.DataFrame, own: Dictionary = Dictionary(),  # noqa: B008
           progress: Callable[[float], None] = lambda _share: None) -> Corpus:
    """The corpus of a frame with a column `text`; a text that says nothing is kept and counts no words.

    Raises NoMessages where there is no row.
    """
    if not len(found):
        raise NoMessages()
    texts = [clean(text) for text in found.text]
    told = found.reset_index(drop=True).assign(text=texts, language=[language(text) for text in texts])
    return Corpus(told, tokenise(texts, own, progress))
