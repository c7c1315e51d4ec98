"""Rows that should be looked at: what disagrees, points nowhere, breaks a rule, or is likely there twice."""

import streamlit as st

from crm_core.cleaning.findings import Finding
from crm_core.cleaning.profile import Profile
from pages.tidying.looking.proposed import sentence
from pages.tidying.looking.said import column_said, row_link
from ui import plain, say, store, words
from ui.values import told as cell

FAMILIES = ("validity", "consistency", "uniqueness")


def show(profile: Profile) -> None:
    checked = [finding for finding in profile.findings if finding.family in FAMILIES]
    found = [finding for finding in checked if finding.rows]
    st.subheader(say("overview.odd"), anchor=False)
    st.caption(say("overview.odd_what", checks=len(checked), fine=len(checked) - len(found)))
    for family in FAMILIES:
        for finding in found:
            if finding.family == family:
                _finding(finding, profile)


def _finding(finding: Finding, profile: Profile) -> None:
    told = (sentence("broken_rule", finding, profile, finding.name) if finding.is_rule
            else sentence(finding.name, finding, profile))
    with st.expander(f"{say(f'quality_part.{finding.family}')} · {told}"):
        st.caption(say("overview.examples", count=len(finding.ids)))
        for row_id in finding.ids:
            row = store().record(finding.table, row_id)
            beside = " · ".join(f"{column_said(finding.table, column)}: {cell(finding.table, column, row[column])}"
                                for column in finding.columns)
            link = row_link(finding.table, row_id)
            text = words.markdown_safe(plain("overview.example", what=link[0] if link else f"#{row_id}", beside=beside))
            if link:
                st.page_link("pages/data_entry.py", label=text, icon=":material/arrow_forward:", query_params=link[1])
            else:
                st.markdown(f"- {text}")
