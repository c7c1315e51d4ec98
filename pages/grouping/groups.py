"""Put customers who are alike into groups, see what each group is, and keep it."""

import pandas as pd
import streamlit as st

from crm_core import charts
from crm_core.clustering import FEATURES, Choice, cluster_customers
from crm_core.clustering.keeping import keep as keep_groups
from crm_core.clustering.keeping import kept_run
from ui import chart, errors_in_words, job, plain, say, store, table, today
from ui.forms import saved


def ask() -> tuple:
    """As of when, by what, into how many."""
    fresh = store().frame("freshness").set_index("name").newest
    if pd.isna(fresh["orders"]):
        st.info(say("clustering.no_orders"), icon=":material/table_view:")
        st.page_link("pages/data_entry.py", label=say("home.import_a_file"), icon=":material/upload_file:",
                     query_params={"part": "import"})
        st.stop()
    newest = min(fresh["orders"].date(), today())
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        as_of = st.date_input(
            say("clustering.as_of"),
            newest,
            max_value=today(),
            format="YYYY-MM-DD",
            width=180,
            key="as_of",
            help=say("clustering.as_of_help"),
            persist_state="session",
        )
        features = st.pills(
            say("clustering.features"),
            FEATURES,
            default=FEATURES[:3],
            selection_mode="multi",
            format_func=lambda name: say(f"feature.{name}"),
            key="features",
            persist_state="session",
            help=say("clustering.features_help"),
        )
        k = st.selectbox(
            say("clustering.how_many"),
            (0, *range(2, 11)),
            key="k",
            width=220,
            format_func=lambda k: say("clustering.k_groups", k=k) if k else say("clustering.choose_k"),
            help=say("clustering.how_many_help"),
            persist_state="session",
        )
    if not features:
        st.info(say("clustering.no_features"))
        st.stop()
    return as_of, Choice(features=tuple(sorted(features, key=FEATURES.index)), k=k or None)


def answer(choice: Choice, as_of):
    """The groups as of a date, computed once a revision of the data."""
    book = store()
    revision = book.revision("customers", "orders")

    def work(progress):
        progress(0.05)
        features = book.frame("customer_features", as_of=as_of)
        progress(0.3)
        return cluster_customers(features, choice, as_of=as_of)

    return job(("cluster", str(book.path), choice, as_of, revision), say("clustering.working"), work)


def names_of(groups) -> dict[int, str]:
    """A name for each group: the person's own, else the proposed one in the chosen language."""
    with st.expander(say("clustering.names"), icon=":material/label:", expanded=False):
        st.caption(say("clustering.names_help"))
        columns = st.columns(min(groups.k, 4), gap="medium")
        names = {}
        for place, group in enumerate(groups.profiles.group):
            proposed = plain(f"group_name.{groups.names[group]}")
            with columns[place % len(columns)]:
                names[group] = (
                    st.text_input(
                        say("clustering.group", group=int(group)),
                        proposed,
                        max_chars=30,
                        key=f"name {group} {proposed} {groups.k}",
                    ).strip()
                    or proposed
                )
    return names


def headline(groups) -> None:
    """The answer in a sentence, and how far to trust it."""
    told = say(
        "clustering.answer",
        k=groups.k,
        customers=len(groups.groups),
        silhouette=f"{groups.silhouette:.2f}",
        stability=f"{groups.stability:.2f}",
    )
    if groups.clear:
        st.success(told + " " + say("clustering.clear"), icon=":material/check_circle:")
    else:
        st.warning(told + " " + say("clustering.not_clear"), icon=":material/info:")
    if groups.dropped:
        st.caption(say("clustering.dropped", features=", ".join(plain(f"feature.{name}") for name in groups.dropped)))
    if groups.left_out:
        st.caption(say("clustering.left_out", count=groups.left_out))


def profile_table(groups, names: dict[int, str], as_of) -> None:
    profiles = groups.profiles.assign(name=[names[group] for group in groups.profiles.group])
    labels = {
        "name": plain("clustering.group_name"),
        "customers": plain("clustering.customers"),
        "share_of_customers": plain("clustering.share_of_customers"),
        "share_of_revenue": plain("clustering.share_of_revenue"),
    }
    labels |= {
        f"median_{name}": plain("clustering.median", feature=plain(f"feature.{name}"))
        for name in ("recency_days", "frequency", "monetary", "tenure_days")
        if f"median_{name}" in profiles
    }
    table(
        profiles,
        key="profiles",
        labels=labels,
        name=f"{plain('clustering.profiles')} {as_of}",
        formats={"share_of_customers": "percent", "share_of_revenue": "percent"},
    )


def keep(groups, names: dict[int, str], as_of) -> None:
    """Keep each group as a segment: one batch, which can be undone. The same groups are kept once."""
    book = store()
    with book.look() as look:
        is_kept = kept_run(look, groups, as_of) is not None
    pressed = st.button(
        say("clustering.keep", k=groups.k), type="primary", key="keep", icon=":material/bookmark_add:", disabled=is_kept
    )
    if is_kept:
        st.caption(say("clustering.kept_already"))
    if not pressed:
        return
    name = plain("clustering.kept_as", k=groups.k, as_of=as_of)
    with errors_in_words(), book.batch("segment", name) as batch:
        keep_groups(batch, groups, names, as_of, book.revision(), name)
    saved("segments", say("clustering.kept", k=groups.k))


def show() -> None:
    as_of, choice = ask()
    with errors_in_words():
        groups = answer(choice, as_of)
    headline(groups)
    names = names_of(groups)
    left, right = st.columns((3, 2), gap="large")
    with left:
        chart(charts.group_map(groups, names, as_of, plain), key="group map")
    with right:
        chart(charts.group_sizes(groups, names, as_of, plain), key="group sizes")
    st.subheader(say("clustering.profiles"), anchor=False)
    chart(charts.group_profiles(groups, names, as_of, plain), key="group profiles")
    profile_table(groups, names, as_of)
    if choice.k is None:
        with st.expander(say("clustering.why_k", k=groups.k), icon=":material/query_stats:"):
            chart(charts.k_choice(groups, as_of, plain), key="k choice")
    keep(groups, names, as_of)
