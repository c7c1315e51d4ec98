"""Freeze scores, make a target list of them, and grade them when the horizon has passed."""

import hashlib
from datetime import date

import streamlit as st

from crm_core import saved
from crm_core.purchase_prediction import ledger, scoring
from crm_core.purchase_prediction.telling import target_words, unseen_words
from pages.predicting import asking, frozen
from ui import errors_in_words, job, plain, say, store
from ui.forms import remember
from ui.forms import saved as say_saved

SOURCES = ("fresh", "run", "file")
MOST_MB = saved.MOST_BYTES // 2**20


def show() -> None:
    with errors_in_words():
        wanted = asking.asked()
    if wanted is None:
        asking.nobody_there()
        return
    # What is frozen stands first, but is worked out last: whatever takes its time ends the run of the page.
    remember("freeze source", "fresh")  # while a grade is worked out the control is not on the page
    above = st.container()
    runs = frozen.runs()
    frozen.show(runs)
    with above:
        _freeze(wanted, runs)


def _freeze(wanted, runs) -> None:
    """What would be frozen now, and the button."""
    st.subheader(say("apply_scores.freeze"), anchor=False)
    st.caption(say("apply_scores.freeze_what"))
    sources = [source for source in SOURCES if source != "run" or runs]
    key = remember("freeze source", "fresh")
    if st.session_state[key] not in sources:
        st.session_state[key] = "fresh"
    source = st.segmented_control(say("apply_scores.source"), sources, key=key, required=True,
                                  format_func={name: plain(f"apply_scores.source_{name}") for name in SOURCES}.get)
    with errors_in_words():
        found = {"fresh": _fresh, "run": _by_run, "file": _by_file}[source](wanted, runs)
        if found is None:
            return
        _what(found, source)
        _button(found)


def _fresh(wanted, _runs) -> ledger.Scored:
    """The prediction that is asked for on this page."""
    if wanted.choice.target.answer == "amount":
        from crm_core.purchase_prediction.spend import predict_spend

        known = asking.ready(wanted)
        answer = job(("spend to freeze", *asking.state(wanted)), say("purchase_prediction.working"),
                     lambda progress: predict_spend(known.examples, wanted.choice, progress=progress))
    else:
        answer = asking.answer(wanted)
    return ledger.scored(answer, wanted.as_of)


def _by_run(wanted, runs) -> ledger.Scored:
    """Customers of a day, scored by the model of frozen scores."""
    numbers, key = [run.id for run in runs], remember("model of run", runs[0].id)
    if st.session_state[key] not in numbers:  # its run is deleted
        st.session_state[key] = numbers[0]
    run = st.selectbox(say("apply_scores.which_model"), numbers, key=key, width=420,
                       format_func={run.id: frozen.called(run) for run in runs}.get)
    book, as_of = store(), _as_of(wanted)

    def work(_progress):
        with book.look() as look:
            return scoring.score_again(look, ledger.model_of(look, run), as_of)

    return _told(job(("score again", str(book.path), run, as_of, book.revision(*asking.READ, "runs")),
                     say("apply_scores.scoring"), work))


def _by_file(wanted, _runs) -> ledger.Scored | None:
    """Customers of a day, scored by a model that was downloaded here. Any other file is refused, never run."""
    file = st.file_uploader(say("apply_scores.file"), key="model file", max_upload_size=MOST_MB,
                            help=say("apply_scores.file_help"))
    if file is None:
        return None
    data, book, as_of = file.getvalue(), store(), _as_of(wanted)
    with book.look() as look:
        about = saved.told_of(data, saved.secret_of(look))
    st.markdown(say("apply_scores.file_told", name=about["name"], as_of=date.fromisoformat(about["as_of"]),
                    model=plain(f"model.{about['figures']['model']}")))

    def work(_progress):
        with book.look() as look:
            return scoring.score_again(look, saved.unpack(data, saved.secret_of(look)), as_of)

    return _told(job(("score file", str(book.path), hashlib.sha256(data).hexdigest(), as_of,
                      book.revision(*asking.READ)), say("apply_scores.scoring"), work))


def _as_of(wanted) -> date:
    newest = asking.newest_day()
    return st.date_input(say("clustering.as_of"), min(wanted.as_of, newest), max_value=newest, format="YYYY-MM-DD",
                         width=150, key="score as of", persist_state="session")


def _told(anew: scoring.ScoredAnew) -> ledger.Scored:
    lines = unseen_words(anew, say)
    if lines:
        large = (anew.drifted.level == "large").any()
        (st.warning if large else st.info)("\n".join(f"- {line}" for line in lines), icon=":material/info:")
    return anew.scored


def _what(found: ledger.Scored, source: str) -> None:
    """What is frozen, before it is."""
    key = "apply_scores.what_frozen" if found.horizon_days else "apply_scores.what_frozen_column"
    st.markdown(say(key, target=target_words(found.choice.target, plain), as_of=found.as_of,
                    count=len(found.scores), model=plain(f"model.{found.figures['model']}"),
                    due=found.as_of + frozen.days(found.horizon_days)))
    if source != "fresh":
        st.caption(say("apply_scores.learned_on", day=date.fromisoformat(found.figures["learned_on"])))


def _button(found: ledger.Scored) -> None:
    book = store()
    revision = book.revision(*asking.READ)
    with book.look() as look:
        there = ledger.frozen_already(look, found, revision)
    if there:
        st.info(say("apply_scores.frozen_already", name=book.record("runs", there)["name"]),
                icon=":material/check_circle:")
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        name = st.text_input(
            say("apply_scores.name"), max_chars=80, key=f"freeze name {found.as_of} {found.choice.target.kind}",
            value=plain("ledger.name", target=target_words(found.choice.target, plain), as_of=str(found.as_of)),
            width=420).strip()
        pressed = st.button(say("apply_scores.freeze_now"), type="primary", key="freeze", icon=":material/ac_unit:",
                            disabled=not name or found.scores.empty)
    if found.scores.empty:
        st.caption(say("apply_scores.nobody_to_score"))
    if not pressed:
        return
    with errors_in_words(), book.batch("freeze", name) as batch:
        run = ledger.freeze(batch, found, name, revision)
    st.session_state["run just frozen"] = run
    say_saved("freeze", say("apply_scores.frozen", name=name, count=len(found.scores)))
