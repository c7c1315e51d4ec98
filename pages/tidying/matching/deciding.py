"""What somebody decided of a pair is kept at once; the last decisions can be taken back one by one."""

import pandas as pd
import streamlit as st

from crm_core.cleaning import matching, merge
from crm_core.errors import CrmError
from crm_core.store import merging
from ui import plain, store
from ui.values import called

KEPT = 50  # decisions that can be taken back here; every one is among the last changes for ever


def decide(table: str, id_a: int, id_b: int, probability: float, decision: str) -> None:
    """Keep a decision; what is the same is merged in the same batch, so that one undo takes back both."""
    try:
        names = [called(table, record, 24) for record in store().records(table, [id_a, id_b])]
        what = f"{plain(f'choice.decision.{decision}')}: {names[0]} – {names[1]}"
        with store().batch("merge" if decision == "same" else "review", " – ".join(names)) as batch:
            matching.decide(batch, table, id_a, id_b, decision, probability)
            if decision == "same":
                merged(batch, table, pd.DataFrame({"cluster": 1, "id": [id_a, id_b]}))
    except CrmError as error:
        st.session_state["decision error"] = error
        return
    made = st.session_state.setdefault("decisions made", [])
    made.append((batch.number, what))
    del made[:-KEPT]


def merged(batch, table: str, clusters) -> int:
    """Merge records with the choices that are proposed; how many are no longer there by themselves.

    `clusters` is a frame of cluster, id. In the open batch, so that what was decided goes with it.
    """
    merge.pairs_of(batch, table, clusters)
    merge.propose(batch, table)
    return merging.merge_many(batch, table, "merging_pairs", "merging_proposed").records


def skip(key: str, pair_id: int) -> None:
    st.session_state[key].append(pair_id)


def take_back() -> None:
    """Undo the last decision of this session, with the merge that it made."""
    made = st.session_state.get("decisions made", [])
    if not made:
        return
    number, _ = made.pop()
    try:
        store().undo(number)
    except CrmError as error:
        st.session_state["decision error"] = error
