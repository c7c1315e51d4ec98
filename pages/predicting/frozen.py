"""The frozen scores: which there are, how each did, whom to address by them, their model, and deleting them."""

from dataclasses import replace
from datetime import date, timedelta

import pandas as pd
import streamlit as st

from crm_core import charts
from crm_core.harmless import file_name
from crm_core.purchase_prediction import grading, ledger, trust
from crm_core.purchase_prediction.measures import FOR_AMOUNTS, FOR_YES_NO
from crm_core.purchase_prediction.telling import (
    headline_words,
    left_words,
    measure_name,
    reason_words,
    target_words,
    written,
)
from pages.predicting import asking, targets, wording
from ui import chart, errors_in_words, job, plain, say, store, table, today, words
from ui.forms import remember
from ui.forms import saved as say_saved

PARTS = ("grade", "list", "model")
MOST_GRADED = 40  # runs whose grade the list and the line over time show: the newest


def days(count: int) -> timedelta:
    return timedelta(days=count)


def runs() -> list[ledger.Frozen]:
    with store().look() as look:
        return ledger.frozen_runs(look)


def called(run: ledger.Frozen) -> str:
    day = str(run.as_of)
    return run.name if day in run.name else plain("apply_scores.run_called", name=run.name, as_of=day)


def show(there: list[ledger.Frozen]) -> None:
    """The list, and one of them looked into."""
    st.subheader(say("apply_scores.frozen_runs"), anchor=False)
    if not there:
        st.caption(say("apply_scores.none"))
        return
    newest = _newest()
    graded = _graded(there, newest)
    _list(there, graded)
    _over_time(there, graded, newest)
    key = remember("frozen run", there[0].id)
    just = st.session_state.pop("run just frozen", None)
    if just or st.session_state[key] not in [run.id for run in there]:
        st.session_state[key] = just or there[0].id
    run_id = st.selectbox(say("apply_scores.look_into"), [run.id for run in there], key=key, width=420,
                          format_func={run.id: called(run) for run in there}.get)
    run = next(run for run in there if run.id == run_id)
    part = st.segmented_control(
        say("apply_scores.part"), PARTS, key=remember("frozen part", "grade"), required=True,
        label_visibility="collapsed", format_func={name: plain(f"apply_scores.part_{name}") for name in PARTS}.get)
    if part == "grade":
        _grade(run, newest)
    elif part == "list":
        targets.show(run, newest)
    else:
        _model(run)


def _newest() -> date:
    with store().look() as look:
        return grading.last_whole_day(look, today()) or today()


def _state_of_data() -> int:
    return store().revision(*asking.READ, "runs", "predictions", "merges")


# --- all of them ----------------------------------------------------------------------------------


def _graded(there: list[ledger.Frozen], newest: date) -> dict[int, grading.Grade]:
    """The grades of the newest runs; without drift, which only one that is looked into needs."""
    book, ids = store(), tuple(run.id for run in there[:MOST_GRADED])

    def work(progress):
        found = {}
        for place, run_id in enumerate(ids):
            progress(place / len(ids))
            with book.look() as look:
                found[run_id] = replace(grading.grade(look, run_id, newest, with_drift=False), rows=pd.DataFrame())
        return found

    with errors_in_words():
        return job(("grades", str(book.path), ids, newest, _state_of_data()), say("apply_scores.grading"), work)


def _state(found: grading.Grade | None) -> str:
    if found is None:
        return "–"
    if found.days_missing:
        return plain("apply_scores.state_waiting", due=str(found.due))
    if found.verdict is None:
        return plain("apply_scores.state_open")
    return plain("apply_scores.state_retrain") if found.urgent else plain(f"apply_scores.state_{found.verdict}")


def _list(there: list[ledger.Frozen], graded: dict[int, grading.Grade]) -> None:
    rows = pd.DataFrame([{
        "name": run.name, "as_of": pd.Timestamp(run.as_of), "target": target_words(run.choice.target, plain),
        "model": plain(f"model.{run.figures['model']}"), "customers": run.figures["customers"],
        "due": pd.Timestamp(grading.due_day(run)) if run.horizon_days else pd.NaT, "state": _state(graded.get(run.id)),
    } for run in there])
    labels = {"name": plain("column.runs.name"), "state": plain("apply_scores.state"),
              "as_of": plain("clustering.as_of"),
              "target": plain("apply_scores.target"), "model": plain("models.model"),
              "customers": plain("chart.customers"), "due": plain("apply_scores.due")}
    if rows.due.isna().all():
        labels.pop("due")
    table(rows[list(labels)], key="frozen runs", name=plain("apply_scores.frozen_runs"), labels=labels,
          height=min(38 + 35 * len(rows), 320))


def _over_time(there: list[ledger.Frozen], graded: dict[int, grading.Grade], newest: date) -> None:
    """How runs of the same question did, one after the other."""
    by_question: dict[tuple, list[grading.Grade]] = {}
    for run in there:
        found = graded.get(run.id)
        if found is not None and found.graded and found.verdict != "too_few":
            by_question.setdefault((run.choice.target.to_json(), run.answer), []).append(found)
    for place, ((_, answer), grades) in enumerate(by_question.items()):
        if len({found.run.as_of for found in grades}) < 2:
            continue
        measure = "spearman" if answer == "amount" else "auc"
        rows = []
        for found in grades:
            row = found.compared.set_index("measure").loc[measure]
            rows.append({"as_of": found.run.as_of, "promised": row.promised, "came": row.came, "rule": row.rule})
        chart(charts.grades_over_time(pd.DataFrame(rows).astype({"promised": float, "came": float, "rule": float}),
                                      measure, measure_name(measure, plain), newest, plain), key=f"grades {place}")
        st.caption(target_words(grades[0].run.choice.target, say))


# --- one of them ----------------------------------------------------------------------------------


def _grade(run: ledger.Frozen, newest: date) -> None:
    book = store()

    def work(_progress):
        with book.look() as look:
            return grading.grade(look, run.id, newest)

    with errors_in_words():
        found = job(("grade", str(book.path), run.id, newest, _state_of_data()), say("apply_scores.grading"), work)
    lines = headline_words(found, say)
    show_as = {"worse": st.warning, "better": st.success, "as_promised": st.success}.get(found.verdict, st.info)
    if lines:
        show_as("  \n".join(lines), icon=":material/schedule:" if found.days_missing else ":material/fact_check:")
    for line in left_words(found, say):
        st.caption("– " + line)
    reasons = reason_words(found, say)
    if reasons:
        (st.warning if found.urgent else st.info)("\n".join(f"- {line}" for line in reasons),
                                                  icon=":material/model_training:")
    if found.expected_low is not None and found.graded:
        told = ("fewer" if found.actual < found.expected_low else "more" if found.actual > found.expected_high
                else "within")
        st.caption(say(f"apply_scores.by_chance_{told}", low=round(found.expected_low),
                       high=round(found.expected_high)))
    if found.graded:
        _compared(found)
        _pictures(found, newest)
    if len(found.drifted):
        _drift(found)


def _compared(found: grading.Grade) -> None:
    """Measure by measure."""
    names = FOR_AMOUNTS if found.run.answer == "amount" else FOR_YES_NO
    rows = found.compared[found.compared.measure.isin(names)]
    shown = pd.DataFrame({
        "measure": [measure_name(name, plain) for name in rows.measure],
        **{column: [written(name, value) for name, value in zip(rows.measure, rows[column], strict=True)]
           for column in ("promised", "came", "rule")},
        "verdict": [plain(f"apply_scores.compared_{verdict}") if isinstance(verdict, str) else "–"
                    for verdict in rows.verdict]})
    table(shown, key="compared", name=plain("apply_scores.compared"), labels={
        "measure": plain("chart.measure"), "promised": plain("apply_scores.promised"),
        "came": plain("apply_scores.came"), "rule": plain("apply_scores.rule"),
        "verdict": plain("apply_scores.verdict")})


def _pictures(found: grading.Grade, newest: date) -> None:
    """Whether the scores held what they promised, and whether those with the highest came first."""
    rows = found.rows
    outcome, score = rows.outcome.to_numpy(dtype=float), rows.score.to_numpy(dtype=float)
    mine, ruled = plain("apply_scores.frozen_scores"), plain("apply_scores.rule")
    until = min(found.due, newest) if found.run.horizon_days else newest
    if found.run.answer == "amount":
        pictures = [charts.amounts_by_tenth({mine: trust.judge_spend(outcome, score).tenths}, mine, "", until, plain)]
    else:
        if not 0 < outcome.mean() < 1:
            return
        tables = {mine: score} | ({ruled: rows.rule.to_numpy(dtype=float)} if rows.rule.notna().all() else {})
        pictures = [
            charts.calibration_curves({mine: trust.reliability(outcome, score).bins}, mine, "", until, plain),
            charts.gains_curves({name: trust.gains(outcome, said) for name, said in tables.items()}, mine,
                                ruled if ruled in tables else "", until, plain)]
    titles = ("promised_and_came", "found_first")
    for place, (column, picture) in enumerate(zip(st.columns(len(pictures), gap="medium"), pictures, strict=True)):
        with column:
            chart(replace(picture, title=plain(f"apply_scores.{titles[place]}")), key=f"graded {found.run.id} {place}")


def _drift(found: grading.Grade) -> None:
    with st.expander(say("apply_scores.drift"), icon=":material/sync_problem:"):
        st.caption(say("apply_scores.drift_what"))
        shown = found.drifted.assign(
            feature=[charts.feature_words(name, plain) for name in found.drifted.feature],
            level=[plain(f"apply.shift.{level}") for level in found.drifted.level])
        table(shown, key="score drift", name=plain("apply_scores.drift"), formats={"index": "%.3f"}, labels={
            column: plain(f"apply.{column}") for column in ("feature", "index", "level", "median_training",
                                                            "median_today")})


def _model(run: ledger.Frozen) -> None:
    """The model of the scores as a file, and the way to take the scores away."""
    book = store()
    st.markdown(say("apply_scores.model_told", model=plain(f"model.{run.figures['model']}"),
                    features=len(run.figures["features"]), day=date.fromisoformat(run.figures["learned_on"]),
                    revision=str(run.revision)))
    for key, facts in run.figures.get("warnings", ()):
        if words.has(f"prediction_warning.{key}"):
            told = {name: _day_or(fact) for name, fact in facts.items()}
            st.caption("– " + wording.warning(key, told))

    def file() -> bytes:
        with book.look() as look:
            return ledger.read_run(look, run.id).model

    st.caption(say("apply_scores.model_what"))
    with st.container(horizontal=True, gap="small"):
        st.download_button(
            say("apply_scores.download"), file, f"{file_name(run.name)}.model", "application/octet-stream",
            key=f"model {run.id}", icon=":material/download:", on_click="ignore")
        if st.button(say("apply_scores.delete"), key=f"delete run {run.id}", icon=":material/delete:"):
            with errors_in_words(), book.batch("delete", run.name) as batch:
                ledger.remove(batch, run.id)
            say_saved("delete run", say("apply_scores.deleted", name=run.name))


def _day_or(fact):
    """A day is kept as text."""
    try:
        return date.fromisoformat(fact) if isinstance(fact, str) else fact
    except ValueError:
        return fact
