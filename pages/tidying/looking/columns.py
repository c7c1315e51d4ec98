"""Every column in one line, and one of them from near."""

import pandas as pd
import streamlit as st

from crm_core import charts
from crm_core.cleaning.profile import Column, Profile
from pages.tidying.looking.said import column_said, row_link, value_said
from ui import chart, plain, say, table, words
from ui.forms import remember
from ui.say import language

LINE = 30  # signs of a value in a list


def show(profile: Profile, as_of) -> None:
    st.subheader(say("overview.columns"), anchor=False)
    st.caption(say("overview.columns_what"))
    key = f"columns of {profile.table}"
    chosen_key = f"column of {profile.table}"

    def pick() -> None:
        picked = st.session_state[key].selection.rows
        if picked:
            st.session_state[chosen_key] = profile.columns[picked[0]].name

    st.dataframe(
        _listed(profile), hide_index=True, key=key, width="stretch", on_select=pick, selection_mode="single-row",
        placeholder="–", column_config={
            "name": st.column_config.Column(plain("overview.column"), width=130, pinned=True),
            "filled": st.column_config.ProgressColumn(plain("overview.filled"), format="%.0f%%", min_value=0,
                                                      max_value=100, width=95),
            "notes": st.column_config.Column(plain("overview.notes"), width=230),
            "top": st.column_config.Column(plain("overview.most_frequent"), width=160),
            "histogram": st.column_config.BarChartColumn(plain("overview.distribution"), width=95, y_min=0),
            "distinct": st.column_config.NumberColumn(plain("overview.distinct"), format="localized", width=70),
            "type": st.column_config.Column(plain("overview.type"), width=90)})
    there = [column.name for column in profile.columns if column.filled]
    if not there:
        return
    worst = max(there, key=lambda name: len(notes(profile.column(name))))
    chosen = remember(chosen_key, worst)
    if st.session_state[chosen] not in [column.name for column in profile.columns]:
        st.session_state[chosen] = worst
    st.selectbox(say("overview.near"), [column.name for column in profile.columns], key=chosen, width=420, format_func={
        column.name: column_said(profile.table, column.name, column.own) for column in profile.columns}.get)
    _near(profile, profile.column(st.session_state[chosen]), as_of)


def notes(column: Column) -> list[str]:
    """What a person should know of a column, as plain text, the gravest first."""
    if not column.filled:
        return [plain("column_note.unused")]
    told = [plain(f"column_note.{name}", count=getattr(column, name))
            for name in ("placeholders", "untrimmed", "full_width", "spellings", "odd_case") if getattr(column, name)]
    if column.outliers and column.outliers.rows:
        told.append(plain("column_note.outliers", count=column.outliers.rows))
    if column.looks_like and column.type == "text":
        told.append(plain("column_note.looks_like", type=plain(f"column_type.{column.looks_like}")))
    if column.is_constant:
        told.append(plain("column_note.constant"))
    return told


def _listed(profile: Profile) -> pd.DataFrame:
    def frequent(column: Column) -> str | None:
        if not column.top or (column.distinct == column.filled and column.filled > 1):
            return None if not column.top else plain("overview.each_once")
        value, rows = column.top[0]
        text = value_said(profile.table, column.name, column.type, value, column.own)
        text = text if len(text) <= LINE else text[: LINE - 1] + "…"
        if rows / column.filled < 0.005:
            return plain("overview.value_times", value=text, count=rows)
        return plain("overview.value_share", value=text, share=rows / column.filled)

    return pd.DataFrame({
        "name": [column_said(profile.table, column.name, column.own) for column in profile.columns],
        "filled": [100 * column.filled / column.rows if column.rows else 0.0 for column in profile.columns],
        "notes": [plain("batch.semicolon").join(notes(column)) for column in profile.columns],
        "top": [frequent(column) for column in profile.columns],
        "histogram": [_small(column) for column in profile.columns],
        "distinct": [column.distinct for column in profile.columns],
        "type": [plain(f"column_type.{column.type}") for column in profile.columns]})


def _small(column: Column) -> list[int]:
    """The distribution in a line: of numbers and days by size, of what has few values by value."""
    if column.histogram and column.type not in ("text", "choice"):
        return [one.rows for one in column.histogram]
    return [rows for _, rows in column.top] if column.distinct <= len(column.top) or not column.histogram else [
        one.rows for one in column.histogram]


def _near(profile: Profile, column: Column, as_of) -> None:
    name = column_said(profile.table, column.name, column.own)
    facts = [say("overview.missing_of", missing=column.missing, of=column.rows, share=column.share_missing),
             say("overview.distinct_of", count=column.distinct)]
    if column.smallest is not None:
        said = {what: value_said(profile.table, column.name, column.type, _whole(getattr(column, what)), True)
                for what in ("smallest", "median", "largest")}
        facts.append(say("overview.from_to", **said))
    if column.mean is not None:
        facts.append(say("overview.mean", mean=round(column.mean, 4)))
    st.markdown(" ".join(facts))
    for note in notes(column):
        st.markdown(f":orange[:material/info:] {words.markdown_safe(note)}")
    if not column.filled:
        return
    left, right = st.columns(2, gap="large")
    with left:
        _values(profile, column, name)
    with right:
        if len(column.histogram) > 1:
            chart(charts.column_histogram(column, name, as_of, plain, language()), key=f"histogram {column.name}")
    if column.patterns and column.type != "choice":
        _patterns(column, name)
    if column.outliers:
        _outliers(profile, column)


def _values(profile: Profile, column: Column, name: str) -> None:
    st.markdown(f"**{say('overview.top_values')}**")
    frame = pd.DataFrame({
        "value": [value_said(profile.table, column.name, column.type, value, column.own) for value, _ in column.top],
        "rows": [rows for _, rows in column.top],
        "share": [rows / column.filled for _, rows in column.top]})
    table(frame, key=f"top values {column.name}", name=name, formats={"share": "percent"}, labels={
        "value": name, "rows": plain("overview.row_count"), "share": plain("overview.share_of_filled")})


def _patterns(column: Column, name: str) -> None:
    st.markdown(f"**{say('overview.patterns')}**")
    st.caption(say("overview.patterns_sampled" if column.is_sampled else "overview.patterns_all",
                   count=column.looked_at))
    frame = pd.DataFrame({
        "pattern": [pattern.pattern for pattern in column.patterns],
        "example": [pattern.example for pattern in column.patterns],
        "share": [pattern.rows / column.looked_at for pattern in column.patterns]})
    table(frame, key=f"patterns {column.name}", name=plain("overview.patterns_of", column=name),
          formats={"share": "percent"}, labels={
              "pattern": plain("overview.pattern"), "example": plain("overview.pattern_example"),
              "share": plain("overview.share_of_filled")})


def _outliers(profile: Profile, column: Column) -> None:
    outliers = column.outliers
    fences = {"low": str(_whole(outliers.low)), "high": str(_whole(outliers.high))}
    if not outliers.rows:
        st.caption(say("overview.no_outliers", **fences))
        return
    st.markdown(f"**{say('overview.outliers', count=outliers.rows)}**")
    st.caption(say(f"overview.fences.{outliers.scale}", **fences))
    for row_id, value in (*outliers.highest, *outliers.lowest):
        link = row_link(profile.table, row_id)
        said = words.markdown_safe(plain("overview.example", what=link[0] if link else f"#{row_id}",
                                         beside=str(_whole(value))))
        if link:
            st.page_link("pages/data_entry.py", label=said, icon=":material/arrow_forward:", query_params=link[1])
        else:
            st.markdown(f"- {said}")


def _whole(value):
    """25.0 → 25 | 0.0070690 → 0.00707 | a day stays a day."""
    if isinstance(value, float):
        return int(value) if value.is_integer() else float(f"{value:.6g}") if abs(value) >= 1 else float(f"{value:.3g}")
    return value
