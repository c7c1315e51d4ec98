"""Who will: what is asked, what there is to learn from, the steps, and the likeliest customers."""

from datetime import timedelta

import pandas as pd
import streamlit as st

from crm_core import charts
from crm_core.errors import CrmError
from crm_core.purchase_prediction import came
from crm_core.purchase_prediction.examples import yes
from crm_core.purchase_prediction.headline import complete, headline, listed
from crm_core.purchase_prediction.target import NOTHING
from pages.predicting import asking, leaks, models, spend, steps, target, trees, wording
from pages.predicting.asking import Asked, Ready
from ui import carry_away, chart, errors_in_words, job, plain, say, store, table, words
from ui.customers import named

MOST_LISTED = 1_000

# What stands in the panel of a step beside its own words: show(prediction, wanted) each, in this order.
PANELS = {"learn": (lambda prediction, wanted: models.show(prediction, wanted.as_of),
                    lambda prediction, wanted: trees.show(prediction, wanted.as_of))}


def show() -> None:
    with errors_in_words():
        wanted = asking.asked()
    if wanted is None:
        asking.nobody_there()
        return
    with errors_in_words():
        wanted = target.ask(wanted)
    question, above = st.container(), st.container()
    step = steps.open_step()
    panel = st.container(border=True, key="prediction panel") if step else st.container()
    with panel, errors_in_words():
        wanted = steps.ask(step, wanted)
    asking.ask(wanted)
    asking.stand_in_address(wanted)

    def bar(known=None, prediction=None) -> None:
        with above:
            steps.bar(wanted, known, prediction)
            if step is None and prediction is not None:
                st.caption(say("grouping_steps.open_one"))

    with errors_in_words():
        try:
            known = asking.ready(wanted, meanwhile=bar)
        except CrmError:
            bar()  # so that the step to be changed can be opened
            raise
        with question:
            target.tell(known, wanted)
            leaks.notice(known.examples, wanted, lambda: bar(known))
        with panel:
            steps.tell_known(step, wanted, known)
            if step == "check":
                leaks.show(known.examples, wanted)
        if known.evidence.verdict == "too_little":
            bar(known)
            target.rule(known, wanted)
            return
        if wanted.choice.target.answer == "amount":
            try:
                amounts = spend.answer(known, wanted, meanwhile=lambda: bar(known))
            except CrmError:
                bar(known)
                raise
            bar(known, amounts)
            with panel:
                steps.tell_learned(step, wanted, amounts, {"learn": (spend.ways,)})
            spend.show(amounts, wanted, step != "learn")
            return
        try:
            prediction = asking.answer(wanted, meanwhile=lambda: bar(known))
        except CrmError:
            bar(known)
            raise
        bar(known, prediction)
        with panel:
            steps.tell_learned(step, wanted, prediction, PANELS)
        answer(prediction, known, wanted)


def answer(prediction, known: Ready, wanted: Asked) -> None:
    """How many will, who is the likeliest, how far a model is worth more than the rule; everybody with their chance."""
    what = wording.target(wanted.choice.target)
    _headline(prediction, wanted)
    rows = listed(prediction)
    since = _since(known, wanted)
    if since is not None:
        _came(rows, since, known, wanted)
        rows = rows.merge(since, on="customer_id", how="left")
    chart(charts.chance_distribution(rows.score, wanted.as_of, what, plain), key="chances")
    _table(prediction, rows, known, wanted, what)


def _headline(prediction, wanted: Asked) -> None:
    told = headline(prediction)
    facts = {"count": round(told.expected), "customers": told.customers, "what": wording.doing(wanted.choice.target),
             "share": told.expected / max(1, told.customers)}
    lines = [say("headline.complete" if complete(prediction) else "headline.expected", **facts),
             say("headline.likeliest", customers=told.likeliest, count=round(told.likeliest_expected),
                 share=told.likeliest_expected / max(1, told.likeliest))]
    show = st.success if told.better == "better" else st.info
    if told.auc == told.auc:
        lines.append(steps.sorts(told))
    if told.better == "worse":
        show = st.warning
    show("  \n".join(lines), icon=":material/check_circle:" if told.better == "better" else ":material/info:")
    by_class = prediction.class_scores
    if by_class is not None:
        classes = [name for name in prediction.examples.classes if name in by_class]
        st.caption(say("headline.categories", categories=plain("batch.comma").join(
            plain("headline.category", category=wording.kind(name), count=round(float(by_class[name].sum())))
            for name in classes)))
    for key, facts in prediction.warnings:
        if words.has(f"prediction_warning.{key}"):
            st.warning(wording.warning(key, facts), icon=":material/warning:")


def _since(known: Ready, wanted: Asked) -> pd.DataFrame | None:
    """What the customers did after a day in the past; None where nothing is known of it."""
    newest = known.history.newest
    if known.examples.split is None or newest is None or newest <= wanted.as_of:
        return None
    book = store()

    def work(_progress):
        with book.look() as look:
            return came(look, known.examples, newest)

    found = job(("came", newest, *asking.state(wanted)), say("purchase_prediction.counting"), work)
    return found.rename(columns={"outcome": "came"})


def _came(rows: pd.DataFrame, since: pd.DataFrame, known: Ready, wanted: Asked) -> None:
    """What was said of a day in the past, beside what came."""
    did = yes(wanted.choice.target, since.came)
    until, newest = known.examples.split.windows[-1].until, known.history.newest
    whole = newest >= until - timedelta(days=1)
    st.info(say("came.whole" if whole else "came.so_far", as_of=wanted.as_of, until=min(until, newest),
                expected=round(float(rows.score.sum())), count=int(did.sum()), customers=len(since)),
            icon=":material/fact_check:")


def _table(prediction, rows: pd.DataFrame, known: Ready, wanted: Asked, what: str) -> None:
    """Everybody with the chance, the likeliest first; one leads to the customer's page."""
    st.subheader(say("chances.table"), anchor=False)
    found = known.examples
    beside = [name for name in ("recency_days", "frequency", "monetary") if name in found.features]
    facts = found.rows[found.rows.part == ("train" if complete(prediction) else "score")]
    rows = rows.merge(facts[["customer_id", *beside]], on="customer_id", how="left")
    called = {column: plain(f"column.customers.{column}") for column in ("customer_no", "name", "city", "country")}
    labels = {name: called[name] for name in ("customer_no", "name")}  # then the chance: a telephone shows no more
    labels |= {"score": plain("chances.chance_of", what=what)}
    if "rule" in rows and (told := headline(prediction)).rule_auc == told.rule_auc:
        labels["rule"] = plain("chances.rule")
    if prediction.class_scores is not None:
        by_class = rows[["customer_id"]].merge(prediction.class_scores, on="customer_id", how="left").drop(
            columns=["customer_id", NOTHING], errors="ignore")
        rows["likeliest"] = [wording.kind(name) for name in by_class.idxmax(axis=1)]
        rows["likeliest_chance"] = by_class.max(axis=1)
        labels |= {"likeliest": plain("chances.likeliest"), "likeliest_chance": plain("chances.chance_of_it")}
    for column in ("came", "outcome"):
        if column in rows:
            rows["did"] = [plain("form.yes" if did else "form.no") for did in yes(wanted.choice.target, rows[column])]
            labels["did"] = plain("chances.came" if column == "came" else "chances.known")
    labels |= {name: wording.feature(name) for name in beside} | called
    labels = {column: label for column, label in labels.items() if column in rows or column in called}
    if len(rows) > MOST_LISTED:
        st.caption(say("movement.listed", shown=MOST_LISTED, count=len(rows)))
    shown = named(rows.head(MOST_LISTED))
    labels = {column: label for column, label in labels.items() if column in shown and shown[column].notna().any()}
    formats = dict.fromkeys(("score", "rule", "likeliest_chance"), "percent") | {"monetary": "localized"}
    picked = table(shown, key="chances table", labels=labels, formats=formats, carry=False, on_select="rerun",
                   selection_mode="single-row", height=min(38 + 35 * len(shown), 420))
    carry_away(lambda: named(rows)[list(labels)].rename(columns=labels), key="chances all",
               name=plain("chances.file", what=what, as_of=wanted.as_of), rows=len(rows))
    if picked.selection.rows and picked.selection.rows[0] < len(shown):
        row = shown.iloc[picked.selection.rows[0]]
        name = next((str(row[column]) for column in ("name", "customer_no") if isinstance(row[column], str)),
                      f"#{int(row.customer_id)}")
        st.page_link("pages/data_entry.py", label=say("movement.open", customer=name), icon=":material/person:",
                     query_params={"part": "customers", "open": str(int(row.customer_id))})
