"""Who moved between two days, from which group to which, and why."""

from datetime import timedelta

import streamlit as st

from crm_core import charts
from crm_core.clustering.movement import CAUSES, NOWHERE, movement, refit
from pages.grouping import kept
from pages.grouping.asking import READ, newest_day
from ui import carry_away, chart, errors_in_words, job, plain, say, store, table
from ui.contacts import contacts
from ui.customers import named
from ui.forms import remember

SILENT = (0, 180, 365, 730)  # after so many days without an order a customer is no longer there; 0: never
MOST_LISTED = 1_000
EARLIER_DAYS = 90
TOLD_WHY = 3  # features for each flow


def ask() -> tuple:
    """Which grouping, between which days, how the second day is placed, and who is there at all."""
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        runs = kept.choose("moved grouping")
        first, last = runs[-1], newest_day()
        start = first.as_of if first.as_of < last else last - timedelta(days=EARLIER_DAYS)
        days = []
        for which, day in (("from", start), ("to", last)):
            days.append(st.date_input(
                say(f"movement.{which}"), day, max_value=max(last, day), format="YYYY-MM-DD", width=150,
                key=f"moved {which} {first.first_id}", persist_state="session"))
        # The grouping as it was on the first day, or as it was first kept.
        before = next((run for run in runs if run.as_of <= days[0]), first)
        after = next((run for run in runs if before.as_of < run.as_of <= days[1] and run.run_id != before.run_id), None)
        ways = ("kept", *(["refreshed"] if after else []), "refit")
        way_key = remember("moved way", "kept")
        if st.session_state[way_key] not in ways:
            st.session_state[way_key] = "kept"
        way = st.selectbox(
            say("movement.way"), ways, key=way_key, width=260, help=say("movement.way_help"),
            format_func={way: plain(f"movement.way_{way}", **({"as_of": after.as_of} if way == "refreshed" else {}))
                         for way in ways}.get)
        silent = st.selectbox(
            say("movement.silent"), SILENT, key=remember("moved silent", 0), width=220,
            help=say("movement.silent_help"),
            format_func={days: plain("movement.silent_days", days=days) if days else plain("movement.silent_never")
                         for days in SILENT}.get)
    if len({run.as_of for run in runs}) > 1:
        st.caption(say("movement.snapshots", days=", ".join(
            plain("movement.snapshot", day=day) for day in sorted({run.as_of for run in runs}))))
    if days[0] >= days[1]:
        st.info(say("movement.days_order"), icon=":material/event:")
        st.stop()
    return before, after, tuple(days), way, silent


def answer(before: kept.Grouping, after: kept.Grouping | None, days: tuple, way: str, silent: int):
    book = store()

    def work(progress):
        model = before.model()
        frames = [before.features(day) for day in days]
        progress(0.2)
        if silent and "recency_days" in frames[0]:
            frames = [frame[frame.recency_days <= silent] for frame in frames]
        refitted = {"kept": lambda: None, "refit": lambda: refit(frames[1], model),
                    "refreshed": lambda: after.in_numbers_of(before)}[way]()
        progress(0.4)
        gone = book.frame("snapshot_gone", first_id=before.first_id, as_of=days[0])
        groups = {segment: group for group, segment in before.segments.items()}
        gone = gone.assign(group=gone.segment_id.map(groups)).dropna(subset=["group"])[["customer_id", "group"]]
        return movement(*frames, model, refitted, gone=gone.astype("int64"),
                        progress=lambda share: progress(0.4 + 0.6 * share))

    return job(("moved", str(book.path), book.revision(*READ, "runs", "segments", "segment_members"),
                before.run_id, way, after.run_id if way == "refreshed" else 0, days, silent),
               say("movement.working"), work)


def group_words(found, names: dict[int, str]) -> dict[int, str]:
    """Every group as it is called here, who is not there too."""
    groups = {*found.customers.before, *found.customers.after, *names} - {NOWHERE, 0}
    called = {group: names.get(group) or plain("movement.new_group", group=group) for group in sorted(groups)}
    if 0 in {*found.customers.before, *found.customers.after}:
        called = {0: plain("movement.in_none")} | called
    return called


def headline(found, days: tuple) -> None:
    moved = {cause: share for cause, share in found.shares.items() if share and cause != "stayed"}
    total = len(found.customers)
    if not moved:
        st.success(say("movement.nobody", customers=total), icon=":material/check_circle:")
        return
    counts = found.customers.cause.value_counts()
    parts = plain("movement.comma").join(
        plain(f"movement.count.{cause}", count=int(counts[cause]), share=moved[cause])
        for cause in CAUSES if cause in moved)
    st.markdown(say("movement.answer", moved=int(total - counts.get("stayed", 0)), customers=total) + " " + say(
        "movement.of_them", parts=parts))
    if found.shares["unstable"] > max(0.05, found.shares["behaviour"]):
        st.warning(say("movement.unstable", share=found.shares["unstable"]), icon=":material/info:")


def told_of(row, name: str) -> str:
    """Loyal: 412 → 450; +60 moved here by what they did, −22 moved away by what they did."""
    parts = [plain(f"movement.told_{way}.{cause}", count=int(row[f"{cause}_{way}"]))
             for cause in CAUSES for way in ("in", "out") if row.get(f"{cause}_{way}", 0)]
    told = plain("movement.segment", name=name, before=int(row["before"]), after=int(row["after"]))
    return told + (plain("movement.semicolon") + plain("movement.comma").join(parts) if parts else "")


def segments(found, called: dict[int, str], days: tuple) -> None:
    st.subheader(say("movement.segments"), anchor=False)
    rows = found.segments.to_dict("records")
    st.markdown("\n".join("- " + say("movement.plain", text=told_of(row, called[row["group"]])) for row in rows))
    columns = [column for column in found.segments.columns if column not in ("group", "before", "after")
               and found.segments[column].any()]
    shown = found.segments.assign(
        name=found.segments.group.map(called),
        **{column: -found.segments[column] for column in columns if column.endswith("_out")})
    table(shown, key="moved segments", name=plain("movement.segments"), labels={
        "name": plain("clustering.group_name"), "before": plain("movement.size_before"),
        **{column: plain(f"movement.cause_{column.rsplit('_', 1)[1]}.{column.rsplit('_', 1)[0]}")
           for column in columns}, "after": plain("movement.size_after")})
    with st.expander(say("movement.one_segment"), icon=":material/waterfall_chart:"):
        group = st.selectbox(say("clustering.group_name"), list(called), key="moved waterfall", width=260,
                             label_visibility="collapsed", format_func=called.get)
        row = next((row for row in rows if row["group"] == group), None)
        if row:
            chart(charts.movement_causes(row, called[group], CAUSES, days, plain), key="moved causes")


def why(found, called: dict[int, str]) -> None:
    """For the largest flows by behaviour: what changed most, in original units."""
    if found.why.empty:
        return
    st.subheader(say("movement.why"), anchor=False)
    st.caption(say("movement.why_help"))
    lines = []
    for (before, after), rows in list(found.why.groupby(["before", "after"], sort=False))[:6]:
        changes = [plain("movement.why_change", feature=kept.feature_words(row.feature),
                         before=kept.value_words(row.feature, row.median_before, bare=True),
                         after=kept.value_words(row.feature, row.median_after, bare=True))
                   for row in rows[rows.change != 0].head(TOLD_WHY).itertuples()]
        lines.append("- " + say("movement.why_flow", before=called[before], after=called[after],
                                count=int(rows.customers.iloc[0]), changes=plain("movement.comma").join(changes)))
    st.markdown("\n".join(lines))


def who(found, called: dict[int, str], days: tuple, asked: tuple) -> None:
    """The customers who moved, by their way and cause; each leads to its record, all to a list to contact."""
    st.subheader(say("movement.who"), anchor=False)
    called = called | {NOWHERE: plain("movement.nowhere")}
    moves = found.flows[found.flows.cause != "stayed"].sort_values("customers", ascending=False, kind="stable")
    ways = {(int(row.before), int(row.after), row.cause): plain(
        "movement.flow", before=called[row.before], after=called[row.after],
        cause=plain(f"movement.cause.{row.cause}"), count=int(row.customers)) for row in moves.itertuples()}
    if st.session_state.get("moved flow") not in (None, *ways):
        st.session_state.pop("moved flow")
    way = st.selectbox(say("movement.choose_flow"), list(ways), index=None, key="moved flow", width=520,
                       placeholder=plain("movement.all_flows"), format_func=ways.get)
    moved = found.customers[found.customers.cause != "stayed"]
    if way:
        moved = moved[(moved.before == way[0]) & (moved.after == way[1]) & (moved.cause == way[2])]

    def in_words(rows):
        return named(rows).assign(
            before=rows.before.map(called).to_numpy(), after=rows.after.map(called).to_numpy(),
            cause=[plain(f"movement.cause.{cause}") for cause in rows.cause])

    labels = {column: plain(f"column.customers.{column}") for column in ("customer_no", "name", "city", "country")} | {
        "before": plain("movement.group_before", day=days[0]), "after": plain("movement.group_after", day=days[1]),
        "cause": plain("movement.cause_title")}
    if len(moved) > MOST_LISTED:
        st.caption(say("movement.listed", shown=MOST_LISTED, count=len(moved)))
    shown = moved.head(MOST_LISTED)
    picked = table(in_words(shown), key=f"moved who {way}", labels=labels, carry=False, on_select="rerun",
                   selection_mode="single-row", height=min(38 + 35 * len(shown), 400))
    carry_away(lambda: in_words(moved)[list(labels)].rename(columns=labels), key=f"moved who all {way}",
               name=plain("movement.who"), rows=len(moved))
    if picked.selection.rows:
        row = shown.iloc[picked.selection.rows[0]]
        st.page_link("pages/data_entry.py", label=say("movement.open", customer=str(
            named(shown[shown.customer_id == row.customer_id]).name.iloc[0])), icon=":material/person:",
            query_params={"part": "customers", "open": str(int(row.customer_id))})
    with st.container(border=True):
        contacts("moved", plain("movement.who"), (*asked, way), lambda: moved.customer_id[moved.cause != "lost"])


def show() -> None:
    st.subheader(say("movement.title"), anchor=False)
    st.caption(say("movement.what"))
    before, after, days, way, silent = ask()
    with errors_in_words():
        found = answer(before, after, days, way, silent)
    if found.customers.empty:
        st.info(say("movement.no_customers"), icon=":material/event:")
        return
    if (found.customers.before == NOWHERE).all():
        st.info(say("movement.nobody_yet", day=days[0]), icon=":material/event:")
        return
    called = group_words(found, before.names())
    headline(found, days)
    chart(charts.movement_flow(found.flows, called, days, plain), key="moved flow chart")
    segments(found, called, days)
    if found.shares["stayed"] < 1:
        why(found, called)
        who(found, called, days, (before.run_id, after and after.run_id, days, way, silent))
