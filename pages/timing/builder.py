"""Charts that people put together: type, data, measure and names; kept under a name and linked by the address."""
from dataclasses import replace

import streamlit as st

from crm_core.charts import Chart, built
from crm_core.errors import ChartUnknown, CrmError
from crm_core.time_series import calendar, chart_figures, charting
from crm_core.time_series.charting import DATA, INTERVALS, KINDS, OWN, Built, Choice
from pages.timing import asking, kept_charts
from ui import chart, errors_in_words, job, language, plain, say, store, table
from ui.segment import segment_filter
from ui.workspace import now

CHOSEN = "builder choice"
DAYS = (30, 90, 365, 730, 1095, 0)
ICONS = {"bar": "bar_chart", "line": "show_chart", "area": "area_chart", "stacked": "stacked_bar_chart",
         "scatter": "scatter_plot", "box": "candlestick_chart", "heatmap": "grid_on", "funnel": "filter_alt",
         "treemap": "dashboard", "pie": "pie_chart", "pareto": "ssid_chart", "waterfall": "waterfall_chart"}


def show() -> None:
    own = _own_measures(str(store().path), store().revision("observations"))
    kept_charts.open_from_address()
    choice = _asked(own)
    kept_charts.say_refused()
    st.caption(say("time_builder.what"))
    choice = _ask(choice, own)
    st.session_state[CHOSEN] = choice
    kept_charts.stand_in_address(choice)
    shown = st.container()
    kept_charts.show(choice)
    with shown:
        _draw(choice, own)


@st.cache_data(max_entries=5, show_spinner=False)
def _own_measures(path: str, revision: int) -> dict[str, bool]:
    """Own measures, and whether they add up."""
    found = store().frame("own_measures")
    return dict(zip(found.measure, found.adds_up.astype(bool), strict=True))


def _asked(own: dict[str, bool]) -> Choice:
    """What was chosen or came with the address; what cannot be is said, and what is nearest to it taken."""
    choice = st.session_state.get(CHOSEN, Choice())
    try:
        charting.check(choice, own)
    except ChartUnknown as error:
        st.session_state[kept_charts.REFUSED] = error
        choice = replace(choice, kind="bar")
    except CrmError:
        pass  # said below, where the chart would stand
    if not choice.data.startswith(OWN) and choice.data not in DATA or (
            choice.data.startswith(OWN) and choice.data.removeprefix(OWN) not in own):
        try:
            charting.data_of(choice, own)
        except CrmError as error:
            st.session_state[kept_charts.REFUSED] = error
        choice = replace(choice, data="orders")
    return charting.fitting(choice, charting.data_of(choice, own))


def _ask(choice: Choice, own: dict[str, bool]) -> Choice:
    """The controls, in the order in which one thinks: type, data, measure, names, period."""
    data = charting.data_of(choice, own)
    kind = KINDS[choice.kind]
    _set("kind", choice.kind)
    st.pills(say("time_builder.kind"), list(KINDS), key="builder kind", required=True, wrap=True, on_change=_said,
             args=("kind", choice, own), label_visibility="collapsed",
             format_func={name: f":material/{ICONS[name]}: {say(f'built.kind.{name}')}" for name in KINDS}.get)
    st.caption(say(f"built.does.{choice.kind}"))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="builder data bar"):
        offered = [*DATA, *(OWN + name for name in own)]
        names = {name: plain("built.data.own", name=name.removeprefix(OWN)) if name.startswith(OWN)
                 else plain(f"built.data.{name}") for name in offered}
        _select("data", offered, names, choice, own, 170)
        measures = {name: built.measure_words(choice.data, name, plain) for name in data.measures}
        if choice.kind != "box" and len(measures) > 1:
            _select("measure", list(measures), measures, choice, own, 150)
        if kind.against:
            _select("against", [name for name in measures if name != choice.measure], measures, choice, own, 150)
        sides = {name: plain(f"built.by.{name}") for name in data.names}
        fitting = [name for name in data.names if kind.by == "any" or (name == "period") == (kind.by == "period")]
        if len(fitting) > 1:
            _select("by", fitting, sides, choice, own, 150)
        if kind.split != "no" and len(data.names) > 1:
            splits = [name for name in data.names if name != choice.by and (name != "period" or kind.by == "any")]
            _select("split", [*([] if kind.split == "must" else [""]), *splits],
                    sides | {"": plain("time_builder.no_split")}, choice, own, 150)
        if choice.data != "journey":
            if "period" in (choice.by, choice.split):
                _select(
                    "interval",
                    list(INTERVALS),
                    {name: plain(f"time_interval.{name}") for name in INTERVALS},
                    choice,
                    own,
                    110,
                )
            days = [number for number in DAYS if number or choice.kind != "waterfall"]
            _select("days", days if choice.days in days else sorted({*days, choice.days}),
                    {number: plain(f"time_builder.days_{number}") if number in DAYS else str(number)
                     for number in {*days, choice.days}}, choice, own, 150)
        segment = None if choice.data.startswith(OWN) else segment_filter("builder")
    return replace(choice, segment=segment or 0)


def _select(field: str, options: list, names: dict, choice: Choice, own: dict, width: int) -> None:
    now = getattr(choice, field)
    _set(field, now if now in options else options[0])
    st.selectbox(say(f"time_builder.{field}"), options, key=f"builder {field}", width=width, format_func=names.get,
                 on_change=_said, args=(field, choice, own))


def _set(field: str, value) -> None:
    st.session_state[f"builder {field}"] = value


def _said(field: str, choice: Choice, own: dict) -> None:
    st.session_state.pop(kept_charts.REFUSED, None)
    choice = replace(choice, **{field: st.session_state[f"builder {field}"]})
    if field == "data":
        choice = replace(choice, split="", against="")
    if field == "kind" and choice.kind == "funnel":  # the steps of customers are what a funnel is for
        choice = replace(choice, data="journey" if choice.data == "customers" else choice.data)
    st.session_state[CHOSEN] = charting.fitting(choice, charting.data_of(choice, own))


def _draw(choice: Choice, own: dict[str, bool]) -> None:
    book, kept = store(), asking.workspace()
    as_of = calendar.today_in(now(), kept.zone)
    ended = None if choice.data.startswith(OWN) else asking.book_ended(as_of, kept.zone)
    if ended:  # the last so many days are those of the book
        as_of = ended
        st.caption(say("time_choice.ended", last=ended))
    key = (
        "built chart",
        str(book.path),
        as_of,
        book.revision(
            "orders",
            "order_lines",
            "customers",
            "communications",
            "service_requests",
            "observations",
            "products",
            "campaigns",
            "segments",
            "segment_members",
        ),
        choice,
        kept,
    )
    with errors_in_words():
        shown = job(key, say("time_builder.drawing"), lambda progress: chart_figures.build(
            book, choice, as_of, own, kept.zone, kept.week))
        description = _described(shown, kept_charts.name_of(choice))
        if choice.kind == "pie" and len(shown.frame) > charting.MOST_SLICES:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.warning(say("time_builder.many_slices", count=len(shown.frame)), icon=":material/pie_chart:")
                st.button(say("time_builder.as_bars"), key="builder as bars", on_click=_as_bars, args=(choice,),
                          icon=":material/bar_chart:")
        chart(description, key="built chart")
        with st.expander(say("time_builder.as_table"), icon=":material/table_rows:"):
            columns = [column for column in description.labels if column in description.frame.columns]
            table(description.frame[columns], key="built table", name=description.title,
                  labels={column: description.labels[column] for column in columns})


def _as_bars(choice: Choice) -> None:
    st.session_state[CHOSEN] = replace(choice, kind="bar")


def _described(shown: Built, name: str) -> Chart:
    return built.built(shown, name, plain, language())
