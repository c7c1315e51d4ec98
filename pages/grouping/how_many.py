"""Why so many groups, and whether there are any: the reason, what each measure says, and what to do next."""

import streamlit as st

from crm_core import charts
from crm_core.clustering.clear import FEW_CUSTOMERS
from ui import chart, plain, say, table

MEASURES = ("silhouette", "davies_bouldin", "gap", "stability")


def show(groups, as_of) -> None:
    st.subheader(say("how_many.title"), anchor=False)
    clearness(groups)
    reason(groups)
    if len(groups.by_k) < 2:
        return
    for pair in (MEASURES[:2], MEASURES[2:]):
        for column, measure in zip(st.columns(2, gap="large"), pair, strict=True):
            with column:
                chart(charts.k_choice(groups, as_of, plain, measure), key=f"k choice {measure}")
    measures(groups, as_of)


def clearness(groups) -> None:
    """Whether there are groups, which of them flow into one another, and what to do where there are none."""
    few = " " + say("how_many.few", customers=len(groups.groups)) if len(groups.groups) < FEW_CUSTOMERS else ""
    if not groups.clear:
        st.warning(say("how_many.no_clear") + few, icon=":material/info:")
        st.markdown(say("how_many.what_next"))
        return
    st.success(say("how_many.clear"), icon=":material/check_circle:")
    flowing = groups.cuts[~groups.cuts.valley]
    if len(flowing):
        pairs = "; ".join(plain("how_many.flow_pair", group=int(cut.group), neighbour=int(cut.neighbour))
                          for cut in flowing.itertuples())
        st.markdown(say("how_many.flow", pairs=pairs) + few)


def reason(groups) -> None:
    """Why so many: the reason in a sentence, and what each measure would take by itself."""
    why = groups.why_k
    numbers = {"k": why["k"]}
    if "silhouette" in why:
        numbers |= {"silhouette": f"{why['silhouette']:.2f}", "stability": f"{why['stability']:.2f}"}
    if why["reason"] == "silhouette":
        numbers |= {"smallest": why["smallest_k"], "largest": why["largest_k"]}
    st.markdown(say(f"how_many.why_{why['reason']}", **numbers))
    if "gap_k" in why:
        st.markdown(say("how_many.measures", **{f"{measure}_k": why[f"{measure}_k"] for measure in MEASURES}))
        st.caption(say("how_many.bic"))


def measures(groups, as_of) -> None:
    """A row for each number of groups that was tried, the one shown marked."""
    columns = ("k", *MEASURES[:3], "gap_error", "stability", "apart", "smallest_share")
    frame = groups.by_k.assign(proposed=groups.by_k.k == groups.k)
    three = "%.3f"
    table(
        frame,
        key="how many",
        name=f"{plain('how_many.table')} {as_of}",
        labels={column: plain(f"how_many.{column}") for column in ("proposed", *columns)},
        formats={"silhouette": three, "davies_bouldin": three, "gap": three, "gap_error": three, "stability": three,
                 "smallest_share": "percent"},
    )
