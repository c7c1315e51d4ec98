"""A kept grouping put to use: today's customers placed in it, how far they have drifted, a list to carry away."""

import streamlit as st

from crm_core.clustering.drift import baseline, drift
from crm_core.clustering.placing import CLEARLY, HARDLY, place
from crm_core.errors import NothingPlaced
from pages.grouping import kept
from pages.grouping.asking import READ, newest_day
from ui import carry_away, errors_in_words, job, plain, say, store, table
from ui.contacts import contacts
from ui.customers import named
from ui.forms import pick, remember

WHO = ("all", "new", "one")
MOST_LISTED = 1_000


def answer(run: kept.Grouping, as_of):
    """Everybody placed, and the drift, as of a day."""
    book = store()

    def work(progress):
        model, features = run.model(), run.features(as_of)
        progress(0.5)
        placed = place(features, model)
        if placed.empty:
            raise NothingPlaced(as_of=as_of)
        # A model of an earlier release keeps nothing of its customers: theirs as of its day, as far as known today.
        training = model.baseline or baseline(run.features(run.as_of), model)
        return placed.merge(features, on="customer_id", how="left"), drift(features, model, training)

    return job(("apply", str(book.path), book.revision(*READ, "runs"), run.run_id, as_of),
               say("apply.working"), work)


def drift_told(found) -> None:
    st.subheader(say("apply.drift"), anchor=False)
    shifted = found.features[found.features.level != "same"]
    lines = [say("apply.shifted" if row.median_today is not None and row.median_training is not None
                 else "apply.shifted_plain",
                 feature=kept.feature_words(row.feature), level=plain(f"apply.shift.{row.level}"),
                 before=kept.value_words(row.feature, row.median_training),
                 after=kept.value_words(row.feature, row.median_today)) for row in shifted.itertuples()]
    if found.groups_level != "same":
        lines.append(say("apply.groups_shifted", level=plain(f"apply.shift.{found.groups_level}")))
    if found.refresh:
        st.warning("  \n".join([*lines, say("apply.refresh")]), icon=":material/sync_problem:")
        st.page_link("pages/clustering.py", label=say("apply.to_groups"), icon=":material/refresh:",
                     query_params={"part": "groups"})
    elif lines:
        st.info("  \n".join([*lines, say("apply.watch")]), icon=":material/info:")
    else:
        st.success(say("apply.no_drift"), icon=":material/check_circle:")
    with st.expander(say("apply.drift_table"), icon=":material/table:"):
        st.caption(say("apply.drift_help"))
        shown = found.features.assign(
            feature=found.features.feature.map(kept.feature_words),
            level=[plain(f"apply.shift.{level}") for level in found.features.level])
        table(shown, key="drift features", name=plain("apply.drift"), formats={
            "index": "%.3f", "missing_training": "percent", "missing_today": "percent"}, labels={
            column: plain(f"apply.{column}") for column in (
                "feature", "index", "level", "median_training", "median_today", "missing_training", "missing_today")})


def groups_told(placed, found, called: dict[int, str]) -> None:
    sizes = placed.group.value_counts()
    shown = found.groups.assign(
        share_today=found.groups.group.map(sizes / len(placed)).fillna(0.0),
        name=found.groups.group.map(called), customers=found.groups.group.map(sizes).fillna(0).astype(int),
        hardly=found.groups.group.map(placed[placed.sure < HARDLY].group.value_counts()).fillna(0).astype(int))
    table(shown, key="applied groups", name=plain("apply.groups"), formats={
        "share_training": "percent", "share_today": "percent"}, labels={
        "name": plain("clustering.group_name"), "customers": plain("clustering.customers"),
        "share_today": plain("apply.share_today"), "share_training": plain("apply.share_training"),
        "hardly": plain("apply.hardly")})


def sure_words(sure) -> str:
    if sure != sure:
        return "–"
    return plain("apply.sure_clearly" if sure >= CLEARLY else "apply.sure_fairly" if sure >= HARDLY
                 else "apply.sure_hardly")


def one(placed, called: dict[int, str]) -> None:
    chosen = pick("customers", say("apply.search"), "apply one")
    if chosen is None:
        return
    row = placed[placed.customer_id == chosen]
    if row.empty:
        st.info(say("apply.one_not_placed"), icon=":material/info:")
        return
    row = row.iloc[0]
    st.markdown(say("apply.one_placed", group=called[int(row.group)], sure=sure_words(row.sure)) + (
        " " + say("apply.one_next", group=called[int(row.next_group)]) if row.next_group in called else ""))


def listed(placed, called: dict[int, str], run: kept.Grouping, as_of, who: str) -> None:
    """Who is placed where, to carry away without addresses or, by a channel, with them."""
    st.subheader(say("apply.list"), anchor=False)
    groups = [group for group in called if (placed.group == group).any()]
    if st.session_state.get("apply group") not in (None, *groups):
        st.session_state.pop("apply group")
    group = st.selectbox(say("clustering.group_name"), groups, index=None, key="apply group", width=320,
                         placeholder=plain("apply.all_groups"), format_func=called.get)
    rows = placed[placed.group == group] if group is not None else placed
    if group in run.segments:
        with st.container(horizontal=True, gap="small"):
            for page, part in (("home", {}), ("data_entry", {"part": "customers"})):
                st.page_link(f"pages/{page}.py", label=say(f"apply.narrow_{page}", name=called[group]),
                             icon=":material/filter_alt:", width="content",
                             query_params={**part, "segment": str(run.segments[group])})

    def in_words(rows):
        return named(rows[["customer_id", "group", "next_group", "sure"]]).assign(
            group=rows.group.map(called).to_numpy(), next_group=rows.next_group.map(called).to_numpy(),
            sure_words=[sure_words(sure) for sure in rows.sure])

    labels = {column: plain(f"column.customers.{column}") for column in ("customer_no", "name", "city", "country")} | {
        "group": plain("clustering.group_name"), "sure_words": plain("apply.sure"), "sure": plain("apply.sure_number"),
        "next_group": plain("apply.next_group")}
    if len(rows) > MOST_LISTED:
        st.caption(say("movement.listed", shown=MOST_LISTED, count=len(rows)))
    name = plain("apply.file", name=run.name, as_of=as_of)
    shown = in_words(rows.head(MOST_LISTED))
    table(shown, key="applied", labels=labels, carry=False, formats={"sure": "%.2f"},
          height=min(38 + 35 * len(shown), 400))
    carry_away(lambda: in_words(rows)[list(labels)].rename(columns=labels), key=f"applied all {group}", name=name,
               rows=len(rows))
    with st.container(border=True):
        contacts("apply", name, (run.run_id, as_of, who, group), lambda: rows.customer_id)


def show() -> None:
    st.subheader(say("apply.title"), anchor=False)
    st.caption(say("apply.what"))
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        run = kept.choose("apply grouping")[0]
        last = newest_day()
        as_of = st.date_input(say("clustering.as_of"), last, max_value=last, format="YYYY-MM-DD", width=150,
                              key="apply as of", persist_state="session")
        who = st.segmented_control(
            say("apply.who"), WHO, key=remember("apply who", "all"), required=True,
            format_func={who: plain(f"apply.who_{who}") for who in WHO}.get)
    with errors_in_words():
        placed, found = answer(run, as_of)
    names = run.names()
    called = {group: f"{group} {name}" for group, name in names.items()} | {0: plain("movement.in_none")}
    called |= {int(group): plain("movement.numbered", group=int(group))
               for group in placed.group.unique() if group not in called}
    if who == "one":
        one(placed, called)
        return
    if who == "new":
        since = placed[placed.tenure_days < (as_of - run.as_of).days] if "tenure_days" in placed else placed.head(0)
        st.caption(say("apply.new_since", count=len(since), day=run.as_of))
        placed = since
        if placed.empty:
            return
    groups_told(placed, found, called)
    drift_told(found)
    listed(placed, called, run, as_of, who)
