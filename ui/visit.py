"""When this browser was here before: kept in the browser, told to the page only where it asks."""

from datetime import UTC, datetime

import streamlit as st

# A visit ends when nothing was looked at for four hours. `before` is the last moment of the visit before this one.
_VISIT = """
const apart = 4 * 3600 * 1000;
export default function({ data, setStateValue }) {
  const now = Date.now();
  const last = Number(localStorage.getItem("crm last seen") ?? 0);
  let before = sessionStorage.getItem("crm before");
  if (before === null || now - last > apart) {
    before = last ? new Date(last).toISOString() : "";
    sessionStorage.setItem("crm before", before);
  }
  localStorage.setItem("crm last seen", String(now));
  if (data.wanted) setStateValue("before", before);
}
"""
_visit = st.components.v2.component("visit", html="<span></span>", js=_VISIT)


def last_visit(wanted: bool) -> datetime | None:
    """The last moment (UTC) of this browser's visit before this one, if it is known and `wanted`."""
    told = _visit(key="visit", data={"wanted": wanted}, default={"before": ""}, on_before_change=lambda: None, height=1)
    text = told.before if wanted else ""
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None) if text else None
