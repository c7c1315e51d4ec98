"""Two groupings side by side: how far they agree, and who is in which group of each."""
from dataclasses import dataclass, replace

import pandas as pd
import streamlit as st

from crm_core import charts
from crm_core.clustering import FEATURES, agreement
from crm_core.clustering.choice import ALGORITHMS, WITHOUT_K
from crm_core.clustering.choose_k import LARGEST_K
from crm_core.clustering.refreshing import in_groups, read_run
from pages.grouping import asking, bar, cards, features
from ui import chart, errors_in_words, language, plain, say, store, table, today, words
from ui.forms import remember

MOST_IN_HEADING = 5
ANOTHER = "choice"  # the other side is another choice; else it is a kept run


@dataclass(frozen=True, eq=False)
class Side:
    told: str  # "3 groups as of 1 Mar 2026: Orders, Total spent" as plain text
    groups: pd.DataFrame  # customer_id, group
    names: dict[int, str]


def show() -> None:
    newest = asking.newest_day()
    if newest is None:
        asking.nobody_there()
        return
    asked = asking.asked(newest, features.propose)
    with errors_in_words():
        st.caption(say("grouping_compare.what"))
        wanted = _ask(asked)
        answer = asking.answer(asked)
        groups, one = answer.groups, _computed(asked, answer)
        other = _kept(wanted) if isinstance(wanted, int) else _computed(wanted, asking.answer(wanted))
    found = agreement(one.groups, other.groups)
    if not found.customers:
        st.warning(say("grouping_compare.nobody_in_both"))
        return
    _headline(found)
    # One list of names for all three: a group has one colour, and groups of one name share theirs.
    order = tuple(dict.fromkeys(charts.numbered(one.names) + charts.numbered(other.names)))
    for column, side, key in zip(st.columns(2, gap="large"), (one, other), ("one", "other"), strict=True):
        with column:
            chart(charts.side_map(groups, side.groups, side.names, side.told, order, asked.as_of, plain),
                  key=f"map {key}")
    chart(charts.crossings_flow(found.crossings, one.names, other.names, order, asked.as_of, plain), key="crossings")
    told = found.crossings.sort_values("customers", ascending=False)
    table(told.assign(one=told.one.map(one.names), other=told.other.map(other.names)), key="crossings table",
          name=plain("grouping_compare.table"), formats={"share": "percent"},
          labels={"one": plain("chart.crossings.one"), "other": plain("chart.crossings.other"),
                  "customers": plain("clustering.customers"), "share": plain("chart.crossings.share")})


def _headline(found) -> None:
    show_as = {"same": st.success, "alike": st.info, "unlike": st.warning}[found.in_words]
    show_as(say(f"grouping_compare.{found.in_words}", ari=f"{found.ari:.2f}", ami=f"{found.ami:.2f}",
                customers=found.customers), icon=":material/compare_arrows:")
    if found.only_one or found.only_other:
        st.caption(say("grouping_compare.only", one=found.only_one, other=found.only_other))


def _ask(asked: asking.Asked) -> asking.Asked | int:
    """What the present grouping is held against: another choice, or the id of a kept run."""
    runs = store().frame("runs_kept", concern="clustering")
    against = {ANOTHER: say("grouping_compare.another")} | {
        int(row.id): say("grouping_compare.run", name=row.name, as_of=row.as_of)
        for row in runs[["id", "name", "as_of"]].itertuples(index=False)}
    if st.session_state.get("compare with") not in against:  # at first, and when a run has been taken back
        st.session_state.pop("compare with", None)
    with st.container(border=True):
        with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
            chosen = st.selectbox(say("grouping_compare.with"), list(against), format_func=against.get, width=300,
                                  key=remember("compare with", ANOTHER))
            if chosen != ANOTHER:
                return chosen
            counts = (0, *range(2, LARGEST_K + 1))
            algorithm = st.selectbox(
                say("grouping_steps.name.algorithm"), ALGORITHMS, width=220,
                key=remember("compare algorithm", _another(asked.choice.algorithm)),
                format_func={name: bar.algorithm_name(name) for name in ALGORITHMS}.get)
            k = st.selectbox(
                say("clustering.how_many"), counts, key=remember("compare k", asked.choice.k or 3), width=200,
                format_func={k: say("clustering.k_groups", k=k) if k else say("clustering.choose_k")
                             for k in counts}.get)
            as_of = st.date_input(say("clustering.as_of"), min_value=asking.FIRST_DAY, max_value=today(),
                                  format="YYYY-MM-DD", width=160, key=remember("compare as_of", asked.as_of))
        of_orders = FEATURES if asking.fresh().rows["orders"] else ()
        offered = list(dict.fromkeys([*of_orders, *asked.choice.features]))
        chosen_features = st.pills(
            say("clustering.features"), offered, selection_mode="multi", wrap=True,
            key=remember("compare features", list(asked.choice.features)),
            format_func={name: words.markdown_safe(bar.features_in_words([name])) for name in offered}.get)
    if not chosen_features:
        st.info(say("clustering.no_features"))
        st.stop()
    return replace(asked, as_of=as_of, choice=replace(
        asked.choice, algorithm=algorithm, k=None if algorithm in WITHOUT_K else k or None,
        features=tuple(sorted(chosen_features, key=offered.index))))


def _another(algorithm: str) -> str:
    """What to begin with: where the way itself finds the number of groups, the same way would give the same groups."""
    return ALGORITHMS[0] if algorithm in WITHOUT_K else algorithm


def _computed(asked: asking.Asked, answer: asking.Answer) -> Side:
    names = cards.called(answer.cards, asking.naming(asked, answer.groups.k))
    return Side(_told(answer.groups.k, asked.as_of, asked.choice), answer.groups.groups,
                {0: plain("grouping_steps.in_no_group")} | names)


def _kept(run_id: int) -> Side:
    with store().look() as look:
        run = read_run(look, run_id)
        members = in_groups(look, run)
    called = store().frame("segments_kept").set_index("id").name
    names = {group: str(called.get(segment, plain("grouping_compare.deleted")))
             for group, segment in run.segments.items()}
    return Side(_told(len(names), run.as_of, run.choice), members, names | {0: plain("grouping_steps.in_no_group")})


def _told(k: int, as_of, choice) -> str:
    return plain("grouping_compare.side", k=k, as_of=words.day(language(), as_of),
                 algorithm=bar.algorithm_name(choice.algorithm), features=_features_told(choice.features))


def _features_told(names) -> str:
    """The features, the first few where there are too many for a heading."""
    if len(names) <= MOST_IN_HEADING:
        return bar.features_in_words(names)
    return plain("clustering.and_more", features=bar.features_in_words(names[:MOST_IN_HEADING]), total=len(names))
