"""What the chosen messages name: products, orders, places, amounts, dates and links, with how many messages do."""

import pandas as pd
import streamlit as st

from crm_core.text_mining.entities import KINDS, PERSONAL, named
from pages.reading.asking import Reading, names, shown
from ui import job, plain, say, table

MOST = 20_000  # of the chosen messages, the newest
KIND = "named kind"


def show(reading: Reading) -> None:
    st.caption(say("named.what", most=MOST))
    if not st.toggle(say("named.look"), key="named look"):
        return
    told = reading.chosen.messages.tail(MOST)
    if not len(told):
        st.info(say("named.none"))
        return
    texts, known = told.text.tolist(), names()

    found = job(("named", *reading.state), say("named.looking"), lambda progress: named(texts, known, progress))
    kinds = [kind for kind in KINDS if kind not in PERSONAL and any(row[0] == kind for row in found)]
    if not kinds:
        st.info(say("named.none"))
        return
    kind = st.pills(say("named.kind"), kinds, default=kinds[0], key=KIND, required=True,
                    format_func={name: say(f"named.kind_{name}") for name in kinds}.get)
    rows = [row for row in found if row[0] == kind][:200]
    frame = pd.DataFrame({
        "name": [row[1] for row in rows], "messages": [row[2] for row in rows],
        "last": told.occurred_at.iloc[[row[3] for row in rows]].dt.normalize().to_numpy(),
        "example": [text[:200] for text in shown(told.iloc[[row[3] for row in rows]])]})
    table(frame, "named", labels={name: plain(f"named.column_{name}") for name in frame.columns},
          name=plain(f"named.kind_{kind}"), height=min(38 + 35 * len(frame), 360))
