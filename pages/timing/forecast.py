"""What comes next: the fan, its test beside the plain guess, many series at once, freezing and grading."""
from dataclasses import replace

import pandas as pd
import streamlit as st

from crm_core import charts
from crm_core.time_series import calendar, outlook
from crm_core.time_series import forecast_telling as telling
from crm_core.time_series.events import countries_of
from crm_core.time_series.forecasting import forecast
from crm_core.time_series.outlook import MOST_HORIZON, TOTAL, Outlook
from crm_core.time_series.series import is_own
from pages.timing import asking, forecast_frozen, forecast_what_if
from pages.timing.asking import Looking
from ui import chart, errors_in_words, job, language, plain, say, store, table
from ui.forms import remember


def show() -> None:
    looking = asking.looking()
    if looking is None:
        forecast_frozen.show()
        return
    with errors_in_words():
        looking = _known(looking)
        horizon, model = _ask(looking)
        events, countries = known_days()
        found = _outlook(looking, horizon, model, events, countries)
        series = _which(found)
        _told(found, series, looking)
        history, values, _ = found.of(series)
        chart(charts.forecast_fan(history, values, looking.words, looking.unit, found.interval,
                                  calendar.SEASONS[found.interval], looking.as_of, plain, language(), _of(series)),
              key="forecast fan")
        _tested(found, series)
        _many(found, looking)
        _values(found, series, looking)
        forecast_what_if.show(found, series, looking, events, countries)
        forecast_frozen.freeze(found, looking, model)
        forecast_frozen.show()


def known_days() -> tuple[pd.DataFrame, tuple[str, ...]]:
    """What the regression knows of days: campaigns and own events, and whose holidays customers keep."""
    with store().look() as look:
        return look.frame("campaigns_dated"), countries_of(look)


def _known(looking: Looking) -> Looking:
    """Up to where the data end."""
    if looking.ended:  # what comes later is asked of a book that grows
        looking = replace(looking, asked=replace(looking.asked, until=None))
    asked, last = looking.asked, looking.bounds.last
    if is_own(asked.measure) or last is None:
        return looking
    frame = outlook.known(looking.frame, asked.interval, calendar.local(last, asked.zone), looking.as_of)
    return replace(looking, frame=frame)


def called(series: str) -> str:
    """A series as plain text."""
    return plain("forecast.total") if series == TOTAL else series


def _of(series: str) -> str:
    return "" if series == TOTAL else series


def _ask(looking: Looking) -> tuple[int, str]:
    """How far, and by which model; '' leaves it to the test."""
    interval = looking.asked.interval
    key = remember(f"forecast horizon {interval}", outlook.proposed(looking.frame, interval))
    asked = st.query_params.get("horizon", "")
    if asked.isdigit() and asked != st.session_state.get("horizon in address"):
        st.session_state[key] = max(1, min(int(asked), MOST_HORIZON[interval]))
    told = st.query_params.get("model")
    chosen = remember("forecast model", "")
    if told in outlook.OFFERED and told != st.session_state.get("model in address"):
        st.session_state[chosen] = told
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="forecast choice"):
        horizon = st.number_input(say(f"forecast.horizon_{interval}"), 1, MOST_HORIZON[interval], key=key, width=170)
        offered = ("", *outlook.OFFERED)
        model = st.selectbox(say("forecast.model"), offered, key=chosen, width=320, help=say("forecast.model_help"),
                             format_func={name: telling.model_words(name, plain) for name in offered}.get)
    st.query_params["horizon"] = st.session_state["horizon in address"] = str(horizon)
    st.session_state["model in address"] = model
    if model:
        st.query_params["model"] = model
    else:
        st.query_params.pop("model", None)
    return horizon, model


def _outlook(looking: Looking, horizon: int, model: str, events: pd.DataFrame, countries: tuple[str, ...]) -> Outlook:
    def work(progress):
        return outlook.outlook(looking.frame, looking.asked.interval, horizon, model,
                               looking.adds_up and not looking.overlaps,
                               lambda done, whole: progress(done / whole), events, countries)

    key = ("outlook", *looking.state, store().revision("campaigns", "events", "customers"), horizon, model)
    return job(key, say("forecast.working"), work)


def _which(found: Outlook) -> str:
    names = found.names
    if len(names) == 1:
        return names[0]
    asking.linked("time forecast series", "forecast_of", names)
    series = st.selectbox(say("forecast.which"), names, key=asking.valid("forecast series", names[0], names), width=320,
                          format_func={name: called(name) for name in names}.get)
    asking.stands("forecast_of", series, names[0])
    return series


def _told(found: Outlook, series: str, looking: Looking) -> None:
    def when(moment) -> str:
        return charts.period_words(moment, found.interval, plain)

    for line in telling.outlook_words(found, series, looking.unit, looking.adds_up, say, when):
        st.markdown(line)
    kind, sentence = telling.test_words(found, series, say)
    {"better": st.success, "worse": st.warning}.get(kind, st.info)(sentence, icon={
        "better": ":material/verified:", "worse": ":material/balance:", "rule": ":material/history:",
        "untested": ":material/hourglass_empty:"}[kind])
    seen = min(looking.as_of, looking.asked.until or looking.as_of)
    for line in telling.caution_words(found, series, seen, say):
        st.caption(line)


def _tested(found: Outlook, series: str) -> None:
    """The model on the past, always beside the plain guess; others beside it where they are asked for."""
    history, _, tests = found.of(series)
    if tests.empty:
        return
    if st.toggle(say("forecast.compare"), key=remember("forecast compare", False), help=say("forecast.compare_help")):
        others = _compared(found, series, history)
        tests = pd.concat([tests, others[~others.model.isin(tests.model)]])
    shown = tests.assign(
        name=[telling.model_words(name, plain) + (f"  ✓ {plain('forecast.used')}" if name == found.chosen.get(series)
                                                  else "") for name in tests.model],
        against=1 - tests.mase / tests.rule_mase.where(tests.rule_mase > 0)).sort_values("mase", kind="stable")
    with st.expander(say("forecast.test", folds=int(tests.folds.max())), icon=":material/history:", expanded=True):
        st.caption(say("forecast.test_what"))
        table(shown, key="forecast tests", name=plain("forecast.test_file"), formats={
            "mase": "%.3f", "smape": "%.1f", "against": "percent", "coverage_80": "percent", "coverage_95": "percent"},
            labels={"name": plain("forecast.model"), **{column: plain(f"forecast.{column}") for column in (
                "mase", "against", "smape", "coverage_80", "coverage_95")}})


def _compared(found: Outlook, series: str, history: pd.DataFrame) -> pd.DataFrame:
    """The test of every model that is offered, of one series by itself."""
    events, countries = known_days()

    def work(progress):
        return forecast(history, found.interval, found.horizon, outlook.OFFERED, events=events, countries=countries,
                        progress=lambda done, whole: progress(done / whole)).tests

    key = ("all models", str(store().path), store().revision("campaigns", "events", "customers"), found.interval,
           found.horizon, series, tuple(history.period), tuple(history.value))
    return job(key, say("forecast.comparing"), work)


def _many(found: Outlook, looking: Looking) -> None:
    """All series of a split beside each other."""
    if len(found.names) < 2:
        return
    rows = []
    for series in found.names:
        _, values, tests = found.of(series)
        ours = tests[tests.model == found.chosen.get(series)]
        compared = outlook.compared_with_last_year(found, series)
        rows.append({
            "name": called(series), "said": values.value.sum() if looking.adds_up else values.value.mean(),
            "change": compared[0] / compared[1] - 1 if compared and compared[1] else None,
            "mase": float(ours.mase.iloc[0]) if len(ours) else None,
            "rule_mase": float(ours.rule_mase.iloc[0]) if len(ours) else None,
            "model": telling.model_words(found.chosen.get(series, ""), plain)})
    st.subheader(say("forecast.many"), anchor=False)
    if found.fits:
        st.caption(say("forecast.fits"))
    rounded = pd.DataFrame(rows).astype({"change": float, "mase": float, "rule_mase": float})
    table(rounded.round({"said": _digits(looking)}), key="forecast many", name=plain("forecast.many_file"),
          formats={"change": "percent", "mase": "%.3f", "rule_mase": "%.3f", **_shares(looking, "said")}, labels={
              "name": plain("forecast.series"), "said": plain("forecast.sum" if looking.adds_up else "forecast.mean"),
              "change": plain("forecast.change"), "mase": plain("forecast.mase"),
              "rule_mase": plain("forecast.rule_mase"), "model": plain("forecast.model")})


def _values(found: Outlook, series: str, looking: Looking) -> None:
    with st.expander(say("forecast.values"), icon=":material/table:"):
        shown = found.values.assign(
            name=found.values.series.map(called),
            told=[charts.period_words(moment, found.interval, plain) for moment in found.values.period])
        shown = pd.concat([shown[shown.series == series], shown[shown.series != series]])
        figures = ("value", "rule", *outlook.LIMITS)
        table(shown.round(dict.fromkeys(figures, _digits(looking))), key="forecast values", height=320,
              name=plain("forecast.values_file", what=looking.words), formats=_shares(looking, *figures), labels={
              **({"name": plain("forecast.series")} if len(found.names) > 1 else {}),
              "told": plain("chart.forecast.period"), "value": looking.words,
              **{limit: plain(f"column.forecasts.{limit}") for limit in outlook.LIMITS},
              "rule": plain("column.forecasts.rule")})


def _digits(looking: Looking) -> int:
    return 4 if looking.unit == "share" else 2


def _shares(looking: Looking, *columns: str) -> dict[str, str]:
    return dict.fromkeys(columns, "percent") if looking.unit == "share" else {}
