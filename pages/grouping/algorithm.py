"""By which way customers are grouped, in plain words; its settings with what is proposed, and the pictures behind."""

from dataclasses import replace

import streamlit as st

from crm_core import charts
from crm_core.clustering.choice import ALGORITHMS, WITHOUT_K, Choice
from ui import chart, plain, say, table
from ui.forms import remember

LINKAGES = ("ward", "average", "complete", "single")
MANY_GROUPS = 12


def ask(choice: Choice) -> Choice:
    """The choice with the way of grouping that is asked for, and its settings; 0 stands for what is proposed."""
    algorithm = st.selectbox(
        say("algorithm.how"), ALGORITHMS, key=remember("algorithm", choice.algorithm), width=340,
        format_func={name: plain(f"algorithm.name.{name}") for name in ALGORITHMS}.get)
    st.caption(say("algorithm.best_for", what=plain(f"algorithm.good.{algorithm}")) + "  \n"
               + say("algorithm.not_for", what=plain(f"algorithm.bad.{algorithm}")))
    choice = replace(choice, algorithm=algorithm, k=None if algorithm in WITHOUT_K else choice.k)
    if algorithm == "agglomerative":
        return replace(choice, linkage=st.selectbox(
            say("algorithm.linked_by"), LINKAGES, key=remember("linkage", choice.linkage), width=340,
            format_func={name: plain(f"algorithm.linkage.{name}") for name in LINKAGES}.get))
    if algorithm not in ("dbscan", "hdbscan"):
        return choice
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        eps = None
        if algorithm == "dbscan":
            eps = st.number_input(say("algorithm.eps"), min_value=0.0, step=0.05, format="%.2f", width=260,
                                  key=remember("eps", choice.eps or 0.0), help=say("algorithm.eps_help"))
        # Each has a number of its own: what makes a dense place is no size of a group.
        called = "min_points" if algorithm == "dbscan" else "smallest_group"
        fewest = st.number_input(say(f"algorithm.{called}"), min_value=0, max_value=100_000, step=1, width=260,
                                 key=remember(called, choice.min_points or 0), help=say(f"algorithm.{called}_help"))
    # Of one customer nothing is learned: two are the fewest.
    return replace(choice, eps=eps or None, min_points=max(2, fewest) if fewest else None)


def show(groups, names: dict[int, str], as_of) -> None:
    """What the algorithm found and what its settings rest on: in words, then in pictures."""
    _tell(groups)
    if not groups.evidence.silhouettes.empty:
        chart(charts.silhouettes(groups, names, as_of, plain), key="silhouettes")
    if groups.evidence.k_distances is not None:
        chart(charts.k_distance_curve(groups, as_of, plain), key="k distances")
    if groups.evidence.dendrogram is not None:
        chart(charts.dendrogram(groups, names, as_of, plain), key="dendrogram")
    if groups.evidence.sure is not None:
        chart(charts.sure_groups(groups, names, as_of, plain), key="sure groups")
    if groups.choice.algorithm == "rfm":
        _grid(groups, as_of)


def advice(groups) -> str | None:
    """What to change where nobody, or nearly everybody, is in a group, or there are too many groups."""
    if groups.choice.algorithm not in ("dbscan", "hdbscan"):
        return None
    found = ("no_group" if groups.k == 0 else "one_group" if groups.k == 1
             else "many_groups" if groups.k > MANY_GROUPS else None)
    if found is None:
        return None
    return say(f"algorithm.{found}{'_hdbscan' if groups.choice.algorithm == 'hdbscan' else ''}",
               **({"k": groups.k} if found == "many_groups" else {}))


def _tell(groups) -> None:
    told, customers, state = [], len(groups.groups), groups.model.state
    if groups.noise:
        told.append(say("algorithm.noise", count=groups.noise, customers=customers, share=groups.noise / customers))
    if groups.choice.algorithm == "dbscan":
        found = groups.evidence.k_distances
        told.append(say("algorithm.used_eps", eps=f"{found.eps:.2f}", proposed=f"{found.proposed:.2f}",
                        min_points=found.min_points))
    if groups.choice.algorithm == "hdbscan":
        told.append(say("algorithm.used_smallest", count=state["min_points"]))
    if groups.choice.algorithm == "mixture":
        sure = groups.evidence.sure
        told.append(say("algorithm.sure", share=float((sure.sure * sure.customers).sum() / sure.customers.sum())))
        told.append(_bic(groups))
    if groups.fitted_on < customers:
        how = "within" if state.get("within") else state["kind"]
        told.append(say("algorithm.fitted_on", rows=groups.fitted_on, others=customers - groups.fitted_on,
                        how=plain(f"algorithm.placed.{how}")))
    if told:
        st.caption("  \n".join(told))
    if advice(groups):
        st.warning(advice(groups), icon=":material/tune:")


def _bic(groups) -> str:
    by_k = groups.by_k
    lowest = by_k.loc[by_k.bic.idxmin()]
    if len(by_k) > 1 and lowest.k == by_k.k.max():
        return say("algorithm.bic_falls", k=int(lowest.k))
    return say("algorithm.bic", bic=float(lowest.bic), k=int(lowest.k))


def _grid(groups, as_of) -> None:
    """From which value on each score is given, in original units."""
    grid = groups.evidence.grid
    st.markdown(f"**{say('algorithm.grid')}**")
    table(grid, key="rfm grid", name=f"{plain('algorithm.grid')} {as_of}",
          labels={"score": plain("algorithm.grid_score"),
                  **{name: plain("algorithm.at_most" if name == "recency_days" else "algorithm.at_least",
                                 feature=plain(f"feature.{name}")) for name in grid.columns if name != "score"}})
    st.caption(say("algorithm.grid_note"))
