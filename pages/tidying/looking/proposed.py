"""Fix this first: what to do about a table, with the rows it touches and a way to do it."""

import streamlit as st

from crm_core.cleaning.findings import Finding
from crm_core.cleaning.matching import TABLES
from crm_core.cleaning.profile import Profile
from crm_core.cleaning.proposals import Proposal
from crm_core.sentences import rule_sentence
from pages.tidying.looking.said import column_said, either_said, row_link
from pages.tidying.matching import kept
from ui import plain, say, words
from ui.say import language

FIRST = 5
MOST_NAMED = 6  # columns of a sentence


def show(ranked: tuple[Proposal, ...], profile: Profile) -> None:
    st.subheader(say("overview.first"), anchor=False)
    if not _still_twice(profile.table) and not ranked:
        st.success(say("overview.nothing_to_mend"), icon=":material/check_circle:")
        return
    for place, proposal in enumerate(ranked[:FIRST], start=1):
        _proposal(place, proposal, profile)
    if len(ranked) > FIRST:
        with st.expander(say("overview.more_to_mend", count=len(ranked) - FIRST)):
            for place, proposal in enumerate(ranked[FIRST:], start=FIRST + 1):
                _proposal(place, proposal, profile)


def _still_twice(table: str) -> int:
    """How many pairs of the newest search for duplicates wait to be decided; the way there, if any do."""
    run = kept.newest(table) if table in TABLES else None
    if run is None or not run.waiting:
        return 0
    with st.container(border=True):
        text, way = st.columns((4, 1.4), gap="small", vertical_alignment="center")
        text.markdown(say("matching.still_waiting", count=run.waiting))
        way.button(say("overview.to_duplicates"), key="to the pairs", icon=":material/group:", on_click=_to_pairs,
                   args=(table,))
    return run.waiting


def _to_pairs(table: str) -> None:
    st.session_state["matching table"] = table
    st.query_params["part"] = "duplicates"


def sentence(name: str, proposal: Proposal | Finding, profile: Profile, rule: str = "") -> str:
    """What was found, in markdown; of a broken rule, which one."""
    own = {column.name for column in profile.columns if column.own}
    columns = [column_said(proposal.table, column, column in own) for column in proposal.columns]
    joined = plain("batch.comma").join(columns[:MOST_NAMED])
    if name in ("missing", "fill"):
        joined = either_said(proposal.table, proposal.columns)
    elif len(columns) > MOST_NAMED:
        joined = plain("overview.and_more", columns=joined, count=len(columns) - MOST_NAMED)
    return say(f"proposal.{name}", count=proposal.rows, share=proposal.rows / proposal.of if proposal.of else 0.0,
               columns=joined,
               rule=rule_sentence(language(), rule, proposal.table, (*proposal.columns, None)[0]) if rule else "")


def _proposal(place: int, proposal: Proposal, profile: Profile) -> None:
    key = f"proposal {proposal.name} {' '.join(proposal.columns)}"
    with st.container(border=True):
        text, way = st.columns((4, 1.4), gap="small", vertical_alignment="center")  # one below the other on a phone
        gain = (f" :green-badge[{say('overview.points', points=words.number(language(), proposal.points, 1))}]"
                if proposal.points >= 0.05 else "")
        with text:
            st.markdown(f"**{place}.** {sentence(proposal.name, proposal, profile, proposal.rule)}{gain}")
            st.caption(say(f"proposal_why.{proposal.name}"))
        with way:
            _way(proposal, key)


def _way(proposal: Proposal, key: str) -> None:
    """Where one can do it."""
    if proposal.where == "recipe":
        st.button(say("overview.to_recipe"), key=key, icon=":material/playlist_add:", on_click=_to_recipe,
                  args=(proposal,))
    elif proposal.where == "duplicates":
        st.page_link("pages/cleaning.py", label=say("overview.to_duplicates"), icon=":material/group:",
                     query_params={"part": "duplicates"})
    elif proposal.ids:
        link = row_link(proposal.table, proposal.ids[0])
        if link:
            st.page_link("pages/data_entry.py", label=say("overview.to_record"), icon=":material/arrow_forward:",
                         query_params=link[1])


def _to_recipe(proposal: Proposal) -> None:
    st.session_state["recipe proposal"] = {"table": proposal.table, "steps": list(proposal.steps)}
    st.query_params["part"] = "recipe"
