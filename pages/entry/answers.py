"""What was sent to another program, and what it answered."""
import streamlit as st

from ui import plain, say, store, table

SHOWN = 500


def show_answers() -> None:
    answers = store().frame("sent_changes", limit=SHOWN)
    if answers.empty:
        st.info(say("salesforce.no_answers"))
        return
    answers["action"] = [plain(f"choice.action.{action}") for action in answers["action"]]
    answers["outcome"] = [plain(f"choice.outcome.{outcome}") for outcome in answers["outcome"]]
    table(answers.drop(columns=["table_name"]), key="salesforce answers", name="Salesforce answers", labels={
        name: plain(f"column.sent_changes.{name}")
        for name in ("sent_at", "object", "remote_id", "row_id", "action", "outcome", "message")})
