"""The kept segments: how large they became, who is in them, refreshed to a later day and filled in backwards."""
import json
from contextlib import contextmanager
from datetime import date

import pandas as pd
import streamlit as st

from crm_core import charts
from crm_core.clustering import conditions
from crm_core.clustering.names import ARCHETYPES
from crm_core.clustering.refreshing import (
    backfill,
    months_before,
    refresh_customers,
    told_matching,
    work_out,
    write,
)
from crm_core.errors import CrmError
from pages.grouping import builder, wording
from ui import carry_away, chart, errors_in_words, job, language, plain, say, store, table, today
from ui.forms import remember, saved

MEMBERS_SHOWN = 1_000  # in the browser; the file to carry away has all
MOST_MONTHS = 36
WAYS = ("kept", "rule")


def show() -> None:
    way = st.segmented_control(
        say("segments.way"), WAYS, required=True, key=remember("segments way", "kept"), label_visibility="collapsed",
        format_func={name: say(f"segments.way_{name}") for name in WAYS}.get)
    if way == "rule":
        builder.show()
    else:
        _list()


# --- the list -------------------------------------------------------------------------------------


@st.cache_data(max_entries=60, show_spinner=False)
def _frame(query: str, path: str, revision: int, **parameters) -> pd.DataFrame:
    """An answer of the book, once a revision: with a million customers these take a second."""
    return store().frame(query, **parameters)


def _asked(query: str, **parameters) -> pd.DataFrame:
    return _frame(query, str(store().path), store().revision(), **parameters)


def _list() -> None:
    segments = _asked("segments_kept")
    if segments.empty:
        st.info(say("segments.none"), icon=":material/bookmark_add:")
        return
    totals = {day: _asked("day_totals", as_of=day).iloc[0] for day in segments.as_of.unique()}
    listed = segments.assign(
        kind=[plain(f"choice.kind.{kind}") for kind in segments.kind],
        share_of_customers=[row.customers / max(totals[row.as_of].customers, 1) for row in segments.itertuples()],
        share_of_revenue=[row.revenue / totals[row.as_of].revenue if totals[row.as_of].revenue else None
                          for row in segments.itertuples()],
        change=segments.customers - segments.customers_before)
    picked = table(
        listed, key="segments", name=plain("segments.title"), on_select="rerun", selection_mode="single-row",
        formats={"share_of_customers": "percent", "share_of_revenue": "percent", "change": "%+d"},
        labels={"name": plain("column.segments.name"), "customers": plain("clustering.customers"),
                "change": plain("segments.change"), "share_of_customers": plain("clustering.of_all_customers"),
                "share_of_revenue": plain("clustering.share_of_revenue"), "kind": plain("column.segments.kind"),
                "as_of": plain("column.segments.as_of"), "kept_since": plain("segments.since"),
                **({"ended_on": plain("column.segments.ended_on")} if segments.ended_on.notna().any() else {})})
    if picked.selection.rows:
        _one(segments.iloc[picked.selection.rows[0]])
    else:
        st.caption(say("segments.open_one"))


def _one(segment) -> None:
    """One segment: what it is, how it grew, what can be done with it, who is in it."""
    key = f"segment {segment.id}"
    st.subheader(say("segments.name", name=segment["name"]), anchor=False)
    st.markdown(_definition(segment))
    if segment.note:
        st.markdown(say("segments.note_told", note=segment.note))
    if pd.notna(segment.ended_on):
        st.warning(say("segments.ended", day=segment.ended_on.date()), icon=":material/event_busy:")
    sizes = _asked("segment_sizes", segment_id=int(segment.id))
    if len(sizes) > 1:
        chart(charts.segment_sizes(sizes, segment["name"], plain), key=f"{key} sizes")
    else:
        st.caption(say("segments.one_snapshot"))
    _deeds(segment, key)
    if segment.kind == "cluster" and pd.notna(segment.run_id):
        _last_matching(int(segment.run_id))
    _members(segment, sizes, key)


def _definition(segment) -> str:
    """In plain words: the rule, the medians of the group, or that it was chosen by hand."""
    if segment.kind == "rule":
        return say("segments.defined_rule", rule=wording.rule(conditions.from_json(segment.definition)))
    if segment.kind == "selection":
        return say("segments.defined_selection")
    found = _figures(segment.run_id)
    group = next((group for group, number in found.get("segments", {}).items() if number == segment.id), None)
    medians = found.get("medians", {}).get(group)
    if not medians:
        return say("segments.defined_cluster")
    told = plain("segments.comma").join(
        plain("segments.median", feature=wording.feature(name), value=value) for name, value in medians.items())
    return say("segments.defined_medians", medians=told)


def _figures(run_id) -> dict:
    """The figures of the newest run of a series; nothing where its model was not kept."""
    if pd.isna(run_id):
        return {}
    runs = _asked("runs_kept", concern="clustering")
    runs = runs[runs.first_id == run_id]
    return json.loads(runs.figures.iloc[0]) if len(runs) else {}


def _members(segment, sizes: pd.DataFrame, key: str) -> None:
    days = [day.date() for day in sizes.as_of][::-1]
    st.markdown(say("segments.members"))
    if not days:
        st.caption(say("segments.nobody"))
        return
    day = st.selectbox(say("segments.members_as_of"), days, key=f"{key} members as of", width=220,
                       format_func={day: f"{day:%Y-%m-%d}" for day in days}.get)
    members = _asked("segment_members", segment_id=int(segment.id), as_of=day)
    if members.empty:
        st.caption(say("segments.nobody"))
        return
    if len(members) > MEMBERS_SHOWN:
        st.caption(say("segments.members_shown", shown=MEMBERS_SHOWN, count=len(members)))
    labels = {column: plain(f"column.customers.{column}") for column in ("customer_no", "name", "city", "country")}
    table(members.head(MEMBERS_SHOWN), key=f"{key} members {day}", labels=labels, carry=False)
    carry_away(lambda: members[list(labels)].rename(columns=labels), key=f"{key} members {day}",
               name=f"{segment['name']} {day}", rows=len(members))


# --- what can be done -----------------------------------------------------------------------------


def _deeds(segment, key: str) -> None:
    is_series = segment.kind == "cluster"
    can_refresh = not is_series or pd.notna(segment.run_id)
    if not can_refresh:
        st.caption(say("segments.without_run"))
    with st.container(horizontal=True, gap="small"):
        if can_refresh and pd.isna(segment.ended_on):
            with st.popover(say("segments.refresh"), icon=":material/update:"):
                _ask_refresh(segment, key)
        if can_refresh:
            with st.popover(say("segments.backfill"), icon=":material/history:"):
                st.caption(say("segments.backfill_help"))
                months = st.number_input(say("segments.months"), 1, MOST_MONTHS, 6, key=f"{key} months")
                st.button(say("segments.backfill_now"), key=f"{key} backfill", type="primary", on_click=_start,
                          args=("backfill", int(segment.id), int(months)))
        with st.popover(say("segments.edit"), icon=":material/edit:"):
            _edit(segment, key)
    asked = st.session_state.get("segments asked")
    if asked and asked[1] == segment.id:
        {"refresh": _refresh, "backfill": _backfill}[asked[0]](segment, *asked[2:])


def _start(deed: str, segment_id: int, *settings) -> None:
    st.session_state["segments asked"] = (deed, segment_id, *settings)


def _ask_refresh(segment, key: str) -> None:
    newest = segment.as_of.date()
    last_day = store().frame("last_day", today=today()).last_day.iloc[0]
    proposed = newest if pd.isna(last_day) else max(newest, last_day.date())
    day = st.date_input(say("segments.refresh_to"), proposed, min_value=newest, max_value=max(today(), newest),
                        format="YYYY-MM-DD", key=f"{key} refresh to")
    re_fit = True
    if segment.kind == "cluster":
        ways = {True: say("segments.anew"), False: say("segments.placed")}
        re_fit = st.radio(say("segments.how"), list(ways), format_func=ways.get, key=f"{key} how",
                          captions=[say("segments.anew_help"), say("segments.placed_help")])
    st.button(say("segments.refresh_now"), key=f"{key} refresh", type="primary", on_click=_start,
              args=("refresh", int(segment.id), day, re_fit))


def _refresh(segment, day: date, re_fit: bool) -> None:
    """A rule or a selection is refreshed at once; of groups it is shown first what becomes of which."""
    book = store()
    if segment.kind != "cluster":
        with _once(), book.batch("refresh", plain("segments.refreshed_as", name=segment["name"], as_of=day)) as batch:
            refresh_customers(batch, batch, int(segment.id), day)
        st.session_state.pop("segments asked", None)
        saved("segments", say("segments.refreshed", name=segment["name"], as_of=day))
    names = {key: plain(f"group_name.{key}") for key in (*ARCHETYPES, "numbered")}  # beside the page is no session

    def work(progress):
        with book.look() as look:
            return work_out(look, int(segment.run_id), day, re_fit=re_fit, progress=progress, called=names.__getitem__)

    with _once():
        found = job(("refresh", str(book.path), int(segment.run_id), day, re_fit, book.revision(), language()),
                    say("segments.working"), work)
    with st.container(border=True):
        st.markdown(say("segments.would", as_of=day))
        if found.matching:
            _matching(told_matching(found), _names_of(found), key="would")
        else:
            st.markdown(say("segments.would_place", count=len(found.members)))
        with st.container(horizontal=True):
            pressed = st.button(say("segments.keep_refresh"), key="keep refresh", type="primary",
                                icon=":material/bookmark_add:")
            st.button(say("segments.leave"), key="leave refresh", on_click=st.session_state.pop,
                      args=("segments asked", None))
    if pressed:
        with _once(), book.batch("refresh", plain("segments.refreshed_as", name=found.last.name, as_of=day)) as batch:
            write(batch, found)
        st.session_state.pop("segments asked", None)
        saved("segments", say("segments.refreshed", name=found.last.name, as_of=day))


def _names_of(found) -> dict[int, str]:
    """New group → the name that its segment has, or gets."""
    return {group: _name(segment) for group, segment in found.carried.items()} | found.names


def _backfill(segment, months: int) -> None:
    book = store()
    days = months_before(segment.as_of.date(), months)
    segments = [int(segment.id)]
    if segment.kind == "cluster":  # the others of its series on the same days: they are compared with each other
        kept = _asked("segments_kept")
        segments = [int(number) for number in kept.id[kept.run_id == segment.run_id]]
    subject = plain("segments.backfilled_as", name=segment["name"], count=len(days))

    def work(progress):
        with book.batch("backfill", subject) as batch:
            return backfill(batch, batch, segments, days, progress)

    with _once():
        filled = job(("backfill", str(book.path), tuple(segments), tuple(days), st.session_state.setdefault(
            "segments filling", book.revision())), say("segments.filling"), work)
    st.session_state.pop("segments asked", None)
    st.session_state.pop("segments filling", None)
    saved("segments", say("segments.backfilled", count=len(filled)) if filled else say("segments.nothing_to_fill"))


@contextmanager
def _once():
    """An error is said once, and ends what was asked for: the page can be used again."""
    with errors_in_words():
        try:
            yield
        except CrmError:
            st.session_state.pop("segments asked", None)
            st.session_state.pop("segments filling", None)
            raise


def _edit(segment, key: str) -> None:
    name = st.text_input(say("column.segments.name"), segment["name"], max_chars=60, key=f"{key} new name").strip()
    note = st.text_area(say("column.segments.note"), segment.note or "", key=f"{key} new note", height=90).strip()
    with st.container(horizontal=True):
        if st.button(say("segments.save"), key=f"{key} save", type="primary", disabled=not name):
            with errors_in_words(), store().batch("edit", name) as batch:
                batch.change("segments", {"id": int(segment.id), "name": name, "note": note or None})
            saved("segments", say("segments.saved", name=name))
        if st.button(say("segments.delete"), key=f"{key} delete", icon=":material/delete:"):
            with errors_in_words(), store().batch("delete", segment["name"]) as batch:
                batch.remove("segments", [int(segment.id)])
            saved("segments", say("segments.deleted", name=segment["name"]))


# --- which group is which -------------------------------------------------------------------------


def _last_matching(first_id: int) -> None:
    """What the newest refresh said."""
    found = _figures(first_id)
    if not found.get("matching"):
        return
    with st.expander(say("segments.last_refresh"), icon=":material/compare_arrows:"):
        _matching(found["matching"], {int(group): _name(segment)
                                      for group, segment in found["segments"].items()}, key="last")


def _name(segment) -> str:
    return store().record("segments", int(segment))["name"]


def _matching(told: dict, names: dict[int, str], key: str) -> None:
    """Old and new groups in sentences and as a table; `names` are those of the new groups."""
    def listed(parts) -> str:
        return plain("segments.comma").join(parts)

    lines = [say("segments.unchanged", share=told["unchanged"], count=told["customers"])]
    lines += [say("segments.split", name=_name(segment), names=listed(names[group] for group in groups))
              for segment, groups in told["split"].items()]
    lines += [say("segments.merged", name=names[int(group)], names=listed(map(_name, segments)))
              for group, segments in told["merged"].items()]
    lines += [say("segments.new", name=names[group]) for group in told["new"]]
    lines += [say("segments.gone", name=_name(segment)) for segment in told["gone"]]
    lines += [say("segments.by_centre", name=_name(segment)) for segment in told["by_centres"]]
    if not (told["split"] or told["merged"] or told["new"] or told["gone"]):
        lines.append(say("segments.all_carried"))
    st.markdown("\n".join(f"- {line}" for line in lines))
    overlaps = pd.DataFrame([row for row in told["overlaps"] if row["old"] is not None])
    if len(overlaps):
        table(overlaps.assign(old=[_name(segment) for segment in overlaps.old], new=overlaps.new.map(names)),
              key=f"matching {key}", name=plain("segments.last_refresh"),
              formats=dict.fromkeys(("of_old", "of_new", "jaccard"), "percent"),
              labels={name: plain(f"segments.matching.{name}") for name in ("old", "new", "both", "of_old", "of_new",
                                                                            "jaccard")})
