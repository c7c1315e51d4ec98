"""What taught classes say: how good they are, what they say of the messages, and why they say it of one."""

import pandas as pd
import streamlit as st

from crm_core import charts
from crm_core.text_mining import dictionary, tokenise
from crm_core.text_mining.classes import Classes, factors, keeping, learn
from crm_core.text_mining.classes.learning import BAYES, RIGHT
from crm_core.text_mining.cleaning import clean
from pages.reading import asking
from pages.reading.asking import Reading
from ui import chart, errors_in_words, job, plain, say, store, table, today, words
from ui.forms import saved

FEW = 10  # labels a class below which little can be promised
MOST_LISTED = 500
CLASSES_SHOWN = 3  # of a text's factors
WORDS_SHOWN = 15


def show(reading: Reading, scheme: str) -> None:
    every = reading.every
    with store().look() as look:
        given = keeping.labelled(every.messages, keeping.labels(look, scheme))
    if given.notna().sum() == 0:
        st.info(say("needs.nothing_taught"), icon=":material/school:")
        return
    state = (*reading.state, scheme, store().revision("text_labels"))
    classes = job(("classes", *state), say("needs.learning"), lambda progress: _learned(reading, given, progress))
    told = reading.chosen
    answers = job(("class answers", *state), say("needs.answering"), lambda progress: classes.answer(
        list(told.messages.text), told.tokens, progress))
    _figures(classes, answers)
    sizes = answers.label[answers.known].value_counts()
    left, right = st.columns(2, gap="large")
    with left:
        chart(charts.class_sizes({str(name): int(count) for name, count in sizes.items()},
                                 int((~answers.known).sum()), today(), plain), key="class sizes")
    with right:
        chart(charts.class_confusion(classes.confusion, today(), plain), key="class confusion")
    with st.expander(say("needs.by_class"), icon=":material/table:"):
        _by_class(classes)
    _messages(reading, classes, answers)
    _keep(reading, scheme, classes, answers)


def _learned(reading: Reading, given: pd.Series, progress) -> Classes:
    every = reading.every
    known = given.notna().to_numpy()
    others = every.messages.text[reading.rows & ~known]
    return learn(list(every.messages.text[known]), list(given[known]), tokens=every.tokens.take(known),
                 others=list(others[others != ""].drop_duplicates()), progress=progress)


def _figures(classes: Classes, answers: pd.DataFrame) -> None:
    with st.container(horizontal=True):
        st.metric(say("needs.labels"), f"{int(classes.texts.sum()):,}", border=True, width=150)
        st.metric(say("needs.right"), plain("needs.share", share=classes.accuracy), border=True, width=170,
                  help=say("needs.right_help"))
        st.metric(say("needs.answered"), plain("needs.share", share=float(answers.known.mean())), border=True,
                  width=190, help=say("needs.answered_help", right=RIGHT))
    st.caption(say("needs.way", way=plain(f"needs.way_{classes.way}")))
    if classes.texts.min() < FEW:
        few = [str(name) for name, count in zip(classes.classes, classes.texts, strict=True) if count < FEW]
        st.info(say("needs.few", needed=FEW, count=len(few), classes=plain("cards.comma").join(few[:8])))
    if not answers.known.any():
        st.warning(say("needs.never_sure", right=RIGHT), icon=":material/help:")


def _by_class(classes: Classes) -> None:
    confusion = classes.confusion.to_numpy()
    right, of, said = confusion.diagonal(), confusion.sum(axis=1), confusion.sum(axis=0)
    table(pd.DataFrame({
        "label": classes.classes.astype(object), "labels": classes.texts, "found": right / of.clip(min=1) * 100,
        "said": right / said.clip(min=1) * 100}), key="classes one by one", name="classes",
        labels={name: plain(f"needs.{name}") for name in ("label", "labels", "found", "said")},
        formats={"found": "%.0f %%", "said": "%.0f %%"})
    st.caption(say("needs.tried"))
    tried = pd.DataFrame(classes.tried)
    tried["way"] = [plain(f"needs.way_{one.way}") + (plain("needs.taught") if one.taught else "")
                    for one in tried.itertuples()]
    table(tried.assign(accuracy=tried.accuracy * 100, macro_f1=tried.macro_f1 * 100), key="class ways", carry=False,
          labels={name: plain(f"needs.column_{name}") for name in ("way", "accuracy", "macro_f1", "log_loss")},
          formats={"accuracy": "%.1f %%", "macro_f1": "%.1f %%", "log_loss": "%.3f"})


@st.fragment
def _messages(reading: Reading, classes: Classes, answers: pd.DataFrame) -> None:
    st.subheader(say("needs.messages"), anchor=False)
    names = ["", *[str(name) for name in classes.classes]]
    wanted = st.selectbox(say("needs.which"), names, key="needs which", width=300,
                          format_func={"": plain("needs.review"), **{name: name for name in names[1:]}}.get)
    rows = (~answers.known if wanted == "" else answers.known & (answers.label == wanted)).to_numpy().nonzero()[0]
    rows = rows[answers.confidence.to_numpy()[rows].argsort(kind="stable")[:: 1 if wanted == "" else -1]][:MOST_LISTED]
    some = reading.chosen.messages.iloc[rows]
    frame = pd.DataFrame({
        "when": some.occurred_at.to_numpy(), "text": [text[:200] for text in asking.shown(some)],
        "label": answers.label.to_numpy()[rows], "confidence": answers.confidence.to_numpy()[rows] * 100})
    picked = table(frame, key=f"needs messages {wanted}", name="messages", on_select="rerun",
                   selection_mode="single-row", formats={"confidence": "%.0f %%"},
                   labels={name: plain(f"needs.{name}") for name in ("when", "text", "label", "confidence")})
    typed = st.text_input(say("needs.try"), key="needs try", placeholder=plain("needs.try_example"), max_chars=2_000)
    places = picked.selection.rows
    if typed.strip():
        _why(classes, clean(typed), typed)
    elif places and places[0] < len(some):
        one = some.iloc[[places[0]]]
        _why(classes, one.text.iloc[0], asking.shown(one)[0])
    else:
        st.caption(say("needs.pick_one"))


def _why(classes: Classes, text: str, shown: str) -> None:
    """The formula for one text, factor by factor."""
    with store().look() as look:
        tokens = tokenise([text], dictionary(look))
    answer = classes.answer([text], tokens).iloc[0]
    told = factors(classes.bayes, tokens)
    with st.container(border=True):
        st.markdown(words.markdown_safe(shown[:600]).replace("\n", "  \n"))
        st.markdown(say("needs.answer" if answer.known else "needs.answer_review", label=str(answer.label),
                        confidence=float(answer.confidence)))
        st.markdown(say("needs.formula"))
        names = told.classes[:CLASSES_SHOWN]
        rows = [(plain("needs.prior"), *(f"{value:.3f}" for value in told.prior[:len(names)]))]
        rows += [(plain("needs.of_word", word=word), *(f"{value:.5f}" for value in told.factors[at][:len(names)]))
                 for at, word in enumerate(told.words[:WORDS_SHOWN])]
        rows += [(plain("needs.product"), *(_tiny(value) for value in told.log_joint[:len(names)])),
                 (plain("needs.evidence"), *(_tiny(told.log_evidence) for _ in names)),
                 (plain("needs.posterior"), *(f"{value:.3f}" for value in told.posterior[:len(names)]))]
        table(pd.DataFrame(rows, columns=["factor", *map(str, range(len(names)))]), key="needs factors", carry=False,
              labels={"factor": plain("needs.factor"), **{str(at): str(name) for at, name in enumerate(names)}})
        if len(told.words) > WORDS_SHOWN:
            st.caption(say("needs.more_words", count=len(told.words) - WORDS_SHOWN))
        if told.unknown:
            st.caption(say("needs.unknown_words", words=plain("cards.comma").join(told.unknown[:10])))
        if classes.way != BAYES:
            st.caption(say("needs.other_way", way=plain(f"needs.way_{classes.way}")))


def _tiny(logarithm: float) -> str:
    """A number far below 1 by its logarithm: 3.2e-14, also where it is too small for a computer's numbers."""
    exponent = int(logarithm // 2.302585092994046)
    return f"{10 ** (logarithm / 2.302585092994046 - exponent):.2f} · 10^{exponent}"


def _keep(reading: Reading, scheme: str, classes: Classes, answers: pd.DataFrame) -> None:
    st.subheader(say("needs.keep"), anchor=False)
    st.caption(say("needs.keep_what", count=len(answers)))
    book = store()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(say("needs.name"), f"{plain('needs.scheme_needs') if scheme == keeping.NEEDS else scheme} "
                             f"{today()}", max_chars=80, key=f"needs name {scheme}", width=320).strip()
        pressed = st.button(say("needs.keep_now"), type="primary", key="needs keep", icon=":material/save:",
                            disabled=not name)
    if pressed:
        with errors_in_words(), book.batch("classify_texts", name) as batch:
            keeping.keep(batch, classes, scheme, name, today(), book.revision("text_labels"),
                         reading.chosen.messages, answers)
        saved("classify", say("needs.kept", name=name, count=len(answers)))
        st.rerun()
