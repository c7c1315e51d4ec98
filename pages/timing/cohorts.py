"""Customers by the period of their first order: who comes back, what they bring, and how soon the next order comes."""
from dataclasses import replace
from datetime import date

import pandas as pd
import streamlit as st

from crm_core import charts
from crm_core.time_series import calendar, cohorts
from crm_core.time_series.cohorts import Asked
from crm_core.time_series.settings import Settings
from pages.timing import asking
from ui import chart, errors_in_words, job, language, plain, say, store, table
from ui.forms import remember
from ui.segment import segment_filter
from ui.workspace import now

MOST_SERIES = 6
ALL = "\0all"
WITHIN = (30, 60, 90, 180, 365)  # days
TOLD_AGES = {"week": (1, 4, 12), "month": (1, 3, 12), "quarter": (1, 2, 4), "year": (1, 2, 3)}
SURE = 0.05


def show() -> None:
    with errors_in_words():
        kept = asking.workspace()
        with store().look() as look:
            as_of = cohorts.newest_day(look, calendar.today_in(now(), kept.zone), kept.zone)
        if as_of is None:
            st.info(say("cohorts.nothing_there"), icon=":material/table_view:")
            st.page_link("pages/data_entry.py", label=say("home.import_a_file"), icon=":material/upload_file:",
                         query_params={"part": "import"})
            return
        asked = _ask(kept)
        cells, found = _read(asked, as_of)
        if cells.empty:
            st.info(say("cohorts.nobody"), icon=":material/filter_alt_off:")
            return
        names = _names(cells)
        _told(cells, asked, as_of)
        _triangle(cells, names, asked, as_of)
        _curves(cells, names, asked, as_of)
        _steps(found, names, asked, as_of)
        _next()


def _ask(kept: Settings) -> Asked:
    _take_from_address()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="cohort choice"):
        interval = st.segmented_control(
            say("cohorts.interval"), cohorts.INTERVALS, key=remember("cohort interval", "month"), required=True,
            format_func={name: plain(f"time_interval.{name}") for name in cohorts.INTERVALS}.get)
        measure = st.selectbox(
            say("cohorts.measure"), cohorts.MEASURES, key=remember("cohort measure", "customers"), width=260,
            format_func={name: plain(f"cohort_measure.{name}") for name in cohorts.MEASURES}.get)
        split = st.selectbox(
            say("cohorts.split"), cohorts.SPLITS, key=remember("cohort split", ""), width=220,
            format_func={name: plain(f"cohort_split.{name or 'none'}") for name in cohorts.SPLITS}.get)
        segment = segment_filter("cohorts") or 0
    asked = Asked(interval, measure, split, segment, kept.week, kept.zone)
    for name in IN_ADDRESS:
        st.query_params[f"cohort_{name}"] = getattr(asked, name)
    st.session_state["cohorts in address"] = {name: getattr(asked, name) for name in IN_ADDRESS}
    return asked


IN_ADDRESS = {"interval": cohorts.INTERVALS, "measure": cohorts.MEASURES, "split": cohorts.SPLITS}


def _take_from_address() -> None:
    """A link changes what is chosen, once; afterwards the widgets do."""
    told = {name: value for name, known in IN_ADDRESS.items()
            if (value := st.query_params.get(f"cohort_{name}")) is not None and value in known}
    if told and told != {name: st.session_state.get("cohorts in address", {}).get(name) for name in told}:
        for name, value in told.items():
            st.session_state[f"cohort {name}"] = value


def _read(asked: Asked, as_of: date) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The cells of the cohorts, and the steps from order to order."""
    book = store()
    state = (str(book.path), as_of, book.revision("orders", "customers", "segments", "segment_members"))

    def work(_progress):
        with book.look() as look:
            return cohorts.read(look, asked, as_of, MOST_SERIES)

    return job(("cohorts", *state, replace(asked, measure="")), say("cohorts.counting"), work)


def _names(cells: pd.DataFrame) -> dict[str, str]:
    """Series → its words, the largest first."""
    special = {"": plain("cohorts.untold"), cohorts.OTHERS: plain("cohorts.others")}
    return {name: special.get(name, name) for name in cohorts.largest_first(cells)}


def _all(cells: pd.DataFrame, asked: Asked) -> pd.DataFrame:
    """All series as one; of segments, which share customers, there is no such sum."""
    counted = ["size", "active", "orders", "revenue"]
    some = cells.groupby(["cohort", "age", "whole"], as_index=False)[counted].sum()
    return some.assign(series="").sort_values(["cohort", "age"], ignore_index=True)


# --- in words -------------------------------------------------------------------------------------


def _told(cells: pd.DataFrame, asked: Asked, as_of: date) -> None:
    if asked.split == "segment":
        st.caption(say("cohorts.segments_overlap"))
        return
    every = _all(cells, asked)
    own = every[every.age == 0]
    first = charts.period_words(own.cohort.min(), asked.interval, plain)
    st.markdown(say("cohorts.told", customers=int(own["size"].sum()), cohorts=len(own), first=first, as_of=as_of,
                    kind=say(f"cohorts.kind_{asked.interval}")))
    back = cohorts.pooled(every, "customers").set_index("age")
    for age in TOLD_AGES[asked.interval]:
        if age in back.index:
            row = back.loc[age]
            st.markdown("- " + say(
                f"cohorts.back_{asked.interval}", age=age, share=float(row.value), low=float(row.low),
                high=float(row.high), customers=int(row.customers), cohorts=int(row.cohorts)))
    found = cohorts.change(every)
    if found is None:
        st.caption(say("cohorts.too_few_to_compare"))
        return
    facts = {"recent": found.recent, "recent_customers": found.recent_customers, "recent_cohorts": found.recent_cohorts,
             "before": found.before, "before_customers": found.before_customers, "before_cohorts": found.before_cohorts,
             "p": f"{found.p:.2g}"}
    if found.p >= SURE:
        st.info(say("cohorts.change_none", **facts), icon=":material/trending_flat:")
    elif found.recent < found.before:
        st.warning(say("cohorts.change_less", **facts), icon=":material/trending_down:")
    else:
        st.success(say("cohorts.change_more", **facts), icon=":material/trending_up:")


# --- pictures -------------------------------------------------------------------------------------


def _triangle(cells: pd.DataFrame, names: dict[str, str], asked: Asked, as_of: date) -> None:
    which = next(iter(names))
    if asked.split:
        offered = ([] if asked.split == "segment" else [ALL]) + list(names)
        key = remember("cohort series", offered[0])
        asking.linked(key, "cohort_of", offered)
        if st.session_state[key] not in offered:
            st.session_state[key] = offered[0]
        st.session_state[key] = st.session_state[key]  # on every run: of two that follow fast one may be drawn
        which = st.selectbox(say("cohorts.which"), offered, key=key, width=320,
                             format_func={ALL: plain("cohorts.all"), **names}.get)
        asking.stands("cohort_of", which, offered[0])
    every = which == ALL or not asked.split
    shown = cohorts.measured(_all(cells, asked) if every else cells[cells.series == which], asked.measure)
    of = "" if every else names[which]
    chart(charts.cohort_triangle(shown, asked.measure, asked.interval, as_of, plain, language(), of),
          key="cohort triangle")
    if int(shown[shown.age == 0]["size"].median()) < cohorts.FEW:
        st.caption(say("cohorts.small", few=cohorts.FEW))
    with st.expander(say("cohorts.table"), icon=":material/table:"):
        told = shown.assign(cohort=[charts.period_words(moment, asked.interval, plain) for moment in shown.cohort],
                            state=[plain("chart.cohorts.over" if whole else "chart.cohorts.not_over")
                                   for whole in shown.whole])
        table(told, key="cohort cells", name=plain("cohorts.file"), height=320,
              formats={"value": "percent" if asked.measure == "customers" else "%.2f"},
              labels={"cohort": plain(f"chart.cohorts.cohort_{asked.interval}"), "size": plain("chart.cohorts.size"),
                      "age": plain(f"chart.cohorts.age_{asked.interval}"), "active": plain("chart.cohorts.active"),
                      "orders": plain("chart.cohorts.orders"), "revenue": plain("chart.cohorts.revenue"),
                      "value": plain(f"cohort_measure.{asked.measure}"), "state": plain("chart.cohorts.state")})


def _curves(cells: pd.DataFrame, names: dict[str, str], asked: Asked, as_of: date) -> None:
    if asked.split:
        pooled, called = cohorts.pooled(cells, asked.measure), names
    else:
        pooled, called = cohorts.pooled(_all(cells, asked), asked.measure), {"": plain("cohorts.all")}
    pooled = pooled[(pooled.customers >= cohorts.FEW) & ((pooled.age > 0) | (asked.measure != "customers"))]
    if pooled.age.nunique() < 2:
        st.caption(say("cohorts.no_curve"))
        return
    chart(charts.cohort_curves(pooled, called, asked.measure, asked.interval, as_of, plain), key="cohort curves")


def _steps(found: pd.DataFrame, names: dict[str, str], asked: Asked, as_of: date) -> None:
    st.subheader(say("cohorts.steps"), anchor=False)
    st.caption(say("cohorts.steps_what"))
    within = st.segmented_control(
        say("cohorts.within"), WITHIN, key=asking.linked(remember("cohort within", 90), "cohort_within", WITHIN),
        required=True, format_func={days: plain("cohorts.days", days=days) for days in WITHIN}.get)
    asking.stands("cohort_within", within, 90)
    told = cohorts.steps(found, within)
    which = st.session_state.get("cohort series") if asked.split else None
    every = not asked.split or which in (None, ALL)
    if every and asked.split != "segment":
        whole = found.groupby(["step", "went_on", "days"], as_index=False).customers.sum().assign(series="")
        ours = cohorts.steps(whole, within)
    else:
        which = which if which in names else next(iter(names))
        whole, ours = found[found.series == which], told[told.series == which]
    first = ours.iloc[0]
    st.markdown(say("cohorts.first_step", customers=int(first.customers), went_on=int(first.went_on),
                    share=float(first.share)))
    if pd.notna(first.median_days):
        st.markdown(say("cohorts.first_days", quarter=int(first.quarter_days), median=int(first.median_days),
                        three=int(first.three_quarter_days)))
    left, right = st.columns(2, gap="large")
    with left:
        chart(charts.repeat_funnel(ours, within, as_of, plain), key="repeat funnel")
    with right:
        if asked.split:
            by = {names[name]: group[group.step == 1] for name, group in found.groupby("series") if name in names}
            curves = {name: cohorts.waiting(by[name]) for name in names.values() if name in by and len(by[name])}
        else:
            curves = {plain("chart.waiting.after_step", step=step): cohorts.waiting(whole[whole.step == step])
                      for step in (1, 2, 3) if (whole.step == step).any()}
        chart(charts.waiting_curves(curves, max(WITHIN), as_of, plain), key="waiting curves")
    shown = told.assign(name=told.series.map(names).fillna("")) if asked.split else ours
    table(shown, key="cohort steps", name=plain("cohorts.steps_file"), height=min(38 + 35 * len(shown), 330), formats={
        "share": "percent", "share_of_first": "percent", "within": "percent", "median_days": "%d", "quarter_days": "%d",
        "three_quarter_days": "%d"}, labels={
        **({"name": plain(f"cohort_split.{asked.split}")} if asked.split else {}),
        "step": plain("chart.funnel.order"), "customers": plain("chart.customers"),
        "share_of_first": plain("chart.funnel.share_of_first"), "went_on": plain("cohorts.went_on"),
        "share": plain("chart.funnel.share"), "quarter_days": plain("cohorts.quarter_days"),
        "median_days": plain("chart.funnel.median_days"), "three_quarter_days": plain("cohorts.three_quarter_days"),
        "within": plain("chart.funnel.within", days=within)})


def _next() -> None:
    with st.container(horizontal=True):
        st.page_link("pages/purchase_prediction.py", label=say("cohorts.predict"), icon=":material/arrow_forward:")
        st.page_link("pages/clustering.py", label=say("cohorts.group"), icon=":material/arrow_forward:")
