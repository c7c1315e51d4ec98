"""The moods of what customers wrote, as messages that a series can be made of."""
import numpy as np
import pandas as pd

from crm_core.text_mining import corpus, dictionary, messages
from crm_core.text_mining.sentiment import NEGATIVE, POSITIVE, moods
from crm_core.text_mining.sentiment.labels import labels_of
from ui import job, say, store, today

NOTHING = pd.DataFrame({"moment": pd.Series(dtype="datetime64[us]"), "customer_id": pd.Series(dtype=float),
                        "channel": pd.Series(dtype=object), "language": pd.Series(dtype=object),
                        "mood": pd.Series(dtype=float)})


def moods_of_messages() -> pd.DataFrame:
    """As crm_core/time_series/moods.py takes them; the jobs are those of the page on texts: each is done once."""
    book = store()
    state = (str(book.path), today(), book.revision("communications", "service_requests", "text_terms", "products"))

    def read(progress):
        with book.look() as look:
            own, found = dictionary(look), messages(look, today())
        return corpus(found, own, progress) if len(found) else None

    every = job(("texts", *state), say("text_mining.reading"), read)
    incoming = every.where((every.messages.direction == "in").to_numpy()) if every is not None else None
    if incoming is None or not len(incoming):
        return NOTHING

    def feel(progress):
        with book.look() as look:
            own, labels = dictionary(look), labels_of(look, incoming.messages)
        return moods(incoming, own, labels, progress=progress)

    found = job(("moods", *state, ("in",), book.revision("text_labels")), say("mood.working"), feel)
    told = incoming.messages
    mood = np.select([found.label == POSITIVE, found.label == NEGATIVE], [1.0, -1.0], 0.0)
    return pd.DataFrame({"moment": told.occurred_at.to_numpy(), "customer_id": told.customer_id.to_numpy(),
                         "channel": told.channel.to_numpy(), "language": told.language.to_numpy(),
                         "mood": mood})[np.asarray(found.read)].reset_index(drop=True)
