"""What among the features would not be known yet, or is the answer itself; one click leaves it out."""

from dataclasses import replace

import streamlit as st

from crm_core.charts.feature_words import feature_words
from crm_core.purchase_prediction.leakage import KINDS, Leak, find_leaks
from pages.predicting import asking
from ui import errors_in_words, job, plain, say


def show(found, wanted) -> None:
    """`found` is a prediction or its examples."""
    examples = getattr(found, "examples", found)
    st.subheader(say("leaks.title"), anchor=False, help=say("leaks.help"))
    with errors_in_words():
        all_ = replace(wanted, choice=replace(wanted.choice, excluded=()))
        leaks = job(("leaks", examples.features, *asking.state(all_)), say("leaks.working"),
                    lambda _progress: find_leaks(examples))
    excluded = wanted.choice.excluded
    open_to = [leak for leak in leaks if leak.column not in excluded]
    if not open_to:
        left = len(set(examples.features) - set(excluded))
        st.success(say("leaks.none_left" if leaks else "leaks.none", features=left), icon=":material/verified:")
    for leak in open_to:
        _card(leak, wanted)
    if excluded:
        st.markdown(f"**{say('leaks.excluded')}**")
        with st.container(horizontal=True, gap="small"):
            for name in excluded:
                st.button(say("leaks.take_back", feature=feature_words(name, plain)), icon=":material/undo:",
                          key=f"take back {name}", on_click=_exclude, args=(wanted, name, False))
    with st.expander(say("leaks.looked_for")):
        st.markdown("\n".join(f"- **{say(f'leak.{kind}')}** {say(f'leaks.about_{kind}')}" for kind in KINDS))


def _card(leak: Leak, wanted) -> None:
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            name = feature_words(leak.column, plain) if leak.column else plain("leaks.whole_rows")
            st.markdown(f"**{say('leaks.column', feature=name)}**", width="content")
            st.badge(say(f"leak.{leak.kind}"), color="red" if leak.sure else "orange")
            if not leak.sure:
                st.badge(say("leaks.suspicion"), color="gray")
        st.markdown(told(leak))
        st.caption(say(f"leaks.about_{leak.kind}"))
        if leak.column:
            st.button(say("leaks.exclude"), icon=":material/block:", key=f"exclude {leak.column}", on_click=_exclude,
                      args=(wanted, leak.column, True))


def told(leak: Leak) -> str:
    """The evidence in a sentence."""
    facts = {name: value for name, value in leak.evidence.items() if name != "how"}
    for name in ("auc", "others", "correlation"):
        if name in facts:
            facts[name] = f"{facts[name]:.3f}"
    if "with" in facts:
        facts["other"] = feature_words(facts.pop("with"), plain) if facts["with"] else ""
    if "amount" in facts:
        facts["amount"] = plain(f"leaks.amount_{facts['amount']}")
    return say(f"leaks.how.{leak.kind}_{leak.evidence['how']}", **facts)


def _exclude(wanted, name: str, out: bool) -> None:
    excluded = tuple(other for other in wanted.choice.excluded if other != name)
    asking.ask(replace(wanted, choice=replace(wanted.choice, excluded=(*excluded, name) if out else excluded)))
