"""Decision trees, drawn: what is asked in turn, and the rules that it comes to."""

import pandas as pd
import streamlit as st

from crm_core import charts
from crm_core.charts.feature_words import rule_words
from crm_core.purchase_prediction.trees import described
from crm_core.purchase_prediction.trees.of_prediction import Grown, tree_of
from pages.predicting import asking
from ui import chart, errors_in_words, job, language, plain, say, table

NAMES = ("c45", "id3", "cart")
MOST_TOLD = 6  # rules as sentences; all of them are in the table


def show(prediction, as_of) -> None:
    """A tree of the prediction's examples: ID3, C4.5 or CART."""
    target = prediction.choice.target
    st.subheader(say("trees.head"), anchor=False, help=say("trees.help"))
    if target.answer == "amount" and not target.dated:
        st.info(say("trees.only_yes_no"), icon=":material/info:")
        return
    if st.session_state.get("tree shown") is None:
        st.session_state["tree shown"] = prediction.chosen if prediction.chosen in NAMES else NAMES[0]
    name = st.segmented_control(say("trees.way"), NAMES, format_func={name: say(f"model.{name}") for name in NAMES}.get,
                                key="tree shown", required=True)
    with errors_in_words():
        grown = job(("tree", name, prediction.features, *asking.state(asking.asked())), say("trees.working"),
                    lambda _progress: tree_of(prediction.examples, prediction.features, name, prediction.seed))
    st.caption(say(f"trees.what_{name}"))
    answer = _asked_of(grown)
    words = _answer(grown, target, answer)
    st.markdown(say("trees.facts", leaves=len(grown.rules), learned=grown.learned, held=grown.held,
                    auc=f"{grown.auc:.3f}") if not grown.classes else
                say("trees.facts_classes", leaves=len(grown.rules), learned=grown.learned, held=grown.held,
                    right=grown.auc))
    if grown.tree.sampled:
        st.caption(say("trees.sampled", rows=grown.tree.sampled, of=grown.learned))
    if len(grown.rules) < 2:
        st.info(say("trees.nothing"), icon=":material/info:")
        return
    nodes = described(grown.tree, answer)
    chart(charts.tree_chart(nodes, plain(f"model.{name}"), words, as_of, plain, language()), key=f"tree {name}")
    _rules(grown, target, as_of)


def _rules(grown: Grown, target, as_of) -> None:
    st.markdown(f"##### {say('trees.rules')}")
    st.caption(say("trees.rules_what"))
    rows = [{"rule": rule_words(rule.conditions, plain), "answer": _answer(grown, target, rule.answer),
             "rows": round(rule.learned), "held": round(rule.held), "support": rule.support,
             "precision": rule.precision, "low": rule.between[0], "high": rule.between[1], "base": rule.base}
            for rule in grown.rules]
    told = [row for row in rows if row["held"]]
    for row in told[:MOST_TOLD]:
        st.markdown("- " + say("trees.rule", **{name: row[name] for name in (
            "rule", "answer", "held", "precision", "low", "high", "base")}))
    table(pd.DataFrame(rows), key=f"rules {grown.name}",
          name=f"{plain('trees.rules')} {plain(f'model.{grown.name}')} {as_of}",
          labels={name: plain(f"trees.column_{name}") for name in rows[0]},
          formats=dict.fromkeys(("support", "precision", "low", "high", "base"), "percent"))


def _asked_of(grown: Grown) -> int:
    """The class whose share the tree shows: yes, or the one that a person picks."""
    if not grown.classes:
        return 1
    return st.selectbox(say("trees.share_of"), range(len(grown.classes)), key=f"tree class {grown.classes}",
                        format_func=dict(enumerate(grown.classes)).get)


def _answer(grown: Grown, target, answer: int) -> str:
    """'buys', 'does not leave' or the class."""
    if grown.classes:
        return grown.classes[answer]
    return plain(f"trees.{'yes' if answer else 'no'}_{target.kind}") if target.dated else plain(
        "trees.yes_column" if answer else "trees.no_column")
