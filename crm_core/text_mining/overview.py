"""Messages at a glance: how many, by whom, in which languages, how many say the same."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_core.text_mining.corpus import Corpus

READ = ("en", "zh")  # the languages that all parts read


@dataclass(frozen=True)
class Figures:
    messages: int
    customers: int  # who wrote or were written to
    requests: int  # messages that are service requests
    repeated: int  # messages whose text stands there before already
    languages: dict[str, int]  # language → messages, the most first
    unread: int  # messages in a language that is counted but not read
    wordless: int  # emoji, numbers and signs only, or nothing


def figures(corpus: Corpus) -> Figures:
    told = corpus.messages
    languages = {str(code): int(count) for code, count in told.language.value_counts().items() if count}
    return Figures(
        messages=len(told), customers=int(told.customer_id.nunique()),
        requests=int((told.source == "service_requests").sum()), repeated=int(told.text.duplicated().sum()),
        languages=languages, wordless=languages.get("none", 0),
        unread=sum(count for code, count in languages.items() if code not in (*READ, "none")))


def newest(when: pd.Series, until, days: int) -> np.ndarray:
    """bool: the messages of the last `days` days up to a day."""
    return (when >= pd.Timestamp(until) + pd.Timedelta(days=1 - days)).to_numpy()
