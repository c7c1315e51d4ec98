"""Frozen forecasts: keeping one, which there are, how each did, and deleting them."""
from datetime import timedelta

import pandas as pd
import streamlit as st

from crm_core import charts
from crm_core.errors import CrmError
from crm_core.time_series import calendar, frozen, grading, outlook, series
from crm_core.time_series import forecast_telling as telling
from crm_core.time_series.outlook import TOTAL, Outlook
from pages.timing import asking
from pages.timing.asking import Looking
from ui import chart, errors_in_words, job, language, plain, say, store, table
from ui.forms import remember, saved
from ui.workspace import now

MOST_GRADED = 30  # runs whose grade the list shows: the newest


def freeze(found: Outlook, looking: Looking, model: str) -> None:
    """Keep the forecast as it is."""
    st.subheader(say("forecast_frozen.title"), anchor=False)
    st.caption(say("forecast_frozen.what"))
    as_of = min(looking.as_of, looking.asked.until or looking.as_of)
    usual = plain("forecast_frozen.usual_name", what=looking.words, as_of=as_of)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        name = st.text_input(say("column.runs.name"), usual, key=f"forecast name {usual}", width=360)
        pressed = st.button(say("forecast_frozen.freeze"), key="freeze forecast", icon=":material/ac_unit:")
    if not pressed:
        return
    book = store()
    revision = book.revision(*series.TABLES)
    with errors_in_words():
        with book.look() as look:
            there = frozen.frozen_already(look, found, looking.asked, model, revision, as_of)
        if there:
            st.info(say("forecast_frozen.there", name=book.record("runs", there)["name"]), icon=":material/ac_unit:")
            return
        with book.batch("forecast", (name or usual).strip() or usual) as batch:
            run = frozen.freeze(batch, found, looking.asked, model, (name or usual).strip() or usual, revision, as_of)
    st.session_state["forecast just frozen"] = run
    saved("freeze forecast", say("forecast_frozen.done", name=name or usual))


def show() -> None:
    """The list, and one of them looked into."""
    with store().look() as look:
        there = frozen.frozen_runs(look)
    if not there:
        return
    st.subheader(say("forecast_frozen.list"), anchor=False)
    graded = _graded(there)
    _list(there, graded)
    key = remember("frozen forecast", there[0].id)
    just = st.session_state.pop("forecast just frozen", None)
    if just or st.session_state[key] not in [run.id for run in there]:
        st.session_state[key] = just or there[0].id
    run_id = st.selectbox(say("forecast_frozen.look_into"), [run.id for run in there], key=key, width=420,
                          format_func={run.id: run.name for run in there}.get)
    run = next(run for run in there if run.id == run_id)
    found = graded.get(run_id)
    if isinstance(found, grading.Grade):
        _grade(found)
    elif found is not None:
        with errors_in_words():
            raise found
    if st.button(say("forecast_frozen.delete"), key=f"delete forecast {run_id}", icon=":material/delete:"):
        with errors_in_words(), store().batch("delete", run.name) as batch:
            frozen.remove(batch, run_id)
        saved("delete forecast", say("forecast_frozen.deleted", name=run.name))


def _graded(there: list[frozen.Frozen]) -> dict[int, grading.Grade | CrmError]:
    """The grades of the newest runs; of a question that cannot be asked any more, why."""
    book, ids = store(), tuple(run.id for run in there[:MOST_GRADED])

    def work(progress):
        found = {}
        for place, run in enumerate(there[:MOST_GRADED]):
            progress(place / len(ids))
            with book.look() as look:
                try:
                    found[run.id] = grading.graded(look, run, calendar.today_in(now(), run.asked.zone))
                except CrmError as error:
                    found[run.id] = error
        return found

    day = calendar.today_in(now(), asking.workspace().zone)
    key = ("forecast grades", str(book.path), ids, day, book.revision(*series.TABLES, "runs", "forecasts"))
    with errors_in_words():
        return job(key, say("forecast_frozen.grading"), work)


def _list(there: list[frozen.Frozen], graded: dict) -> None:
    rows = pd.DataFrame([{
        "name": run.name, "state": telling.state_words(found, plain) if isinstance(found, grading.Grade) else "–",
        "what": asking.measure_words(run.asked.measure), "split": asking.split_words(run.asked.split),
        "as_of": pd.Timestamp(run.as_of),
        "until": charts.period_words(pd.Timestamp(run.figures["last"]), run.interval, plain),
        "error": found.error if isinstance(found, grading.Grade) else None,
        "rule_error": found.rule_error if isinstance(found, grading.Grade) else None,
    } for run in there for found in (graded.get(run.id),)]).astype({"error": float, "rule_error": float})
    labels = {"name": plain("column.runs.name"), "state": plain("forecast_frozen.state"),
              "what": plain("time_series.measure"), "split": plain("time_series.split"),
              "as_of": plain("clustering.as_of"), "until": plain("forecast_frozen.until"),
              "error": plain("forecast_frozen.error"), "rule_error": plain("forecast_frozen.rule_error")}
    if rows.error.isna().all():
        labels = {name: words for name, words in labels.items() if name not in ("error", "rule_error")}
    table(rows, key="frozen forecasts", name=plain("forecast_frozen.list"), labels=labels,
          formats={"error": "%.2f", "rule_error": "%.2f"}, height=min(38 + 35 * len(rows), 320))


def _grade(found: grading.Grade) -> None:
    lines = telling.grade_words(found, say)
    show_as = {"worse": st.warning, "better": st.success, "as_promised": st.success}.get(found.verdict, st.info)
    show_as("  \n".join(lines), icon=":material/fact_check:" if found.over else ":material/schedule:")
    names = list(found.by_series.series)
    which = names[0]
    if len(names) > 1:
        key = remember("graded series", which)
        if st.session_state[key] not in names:
            st.session_state[key] = which
        which = st.selectbox(say("forecast.which"), names, key=key, width=320,
                             format_func={name: telling.series_words(name, plain) for name in names}.get)
    _picture(found, which)
    if found.over and len(names) > 1:
        table(found.by_series.assign(name=[telling.series_words(name, plain) for name in names]),
              key=f"graded {found.run.id}", name=plain("forecast_frozen.by_series"), formats={
                  "error": "%.2f", "rule_error": "%.2f", "promised": "%.2f", "inside_80": "percent",
                  "inside_95": "percent"}, labels={
                  "name": plain("forecast.series"), "over": plain("forecast_frozen.over"),
                  "error": plain("forecast_frozen.error"), "promised": plain("forecast_frozen.promised"),
                  "rule_error": plain("forecast_frozen.rule_error"), "inside_80": plain("forecast.coverage_80"),
                  "inside_95": plain("forecast.coverage_95")})


def _picture(found: grading.Grade, which: str) -> None:
    """What was known, what was said, and what came."""
    run = found.run
    rows = found.rows[found.rows.series == which]
    asked = grading.question(run)
    day = calendar.today_in(now(), asked.zone)
    with store().look() as look:
        frame = grading.as_frozen(run, found.rows, grading.now_told(look, run, day))
    history = frame[(frame.series == which) & (frame.period <= pd.Timestamp(run.figures["known_until"]))]
    came = rows.loc[rows.came.notna(), ["period", "came"]].rename(columns={"came": "value"})
    chart(charts.forecast_fan(
        history[["period", "value"]], rows[["period", "value", *outlook.LIMITS, "rule"]],
        asking.measure_words(asked.measure), series.unit(asked.measure), run.interval, calendar.SEASONS[run.interval],
        day - timedelta(days=1), plain, language(), "" if which == TOTAL else which, came), key=f"graded fan {run.id}")
