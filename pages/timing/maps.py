"""Figures by place: shaded or as bubbles, on maps that come along or on own boundaries, with what is on no map."""
from dataclasses import dataclass
from datetime import timedelta

import pandas as pd
import streamlit as st

from crm_core import charts
from crm_core.time_series import calendar, maps, series
from pages.timing import asking, map_files, map_names, map_place
from ui import chart, errors_in_words, job, language, plain, say, store, table
from ui.forms import remember
from ui.segment import segment_filter
from ui.workspace import now

TABLES = ("customers", "orders", "communications", "service_requests", "segments", "segment_members", "observations",
          "place_aliases", "boundaries", "settings")
SHADED = {"world": "tiles", "china": "tiles"}
IN_ADDRESS = {"map": "map", "figure": "map measure", "by": "map every", "drawn": "map drawn"}  # there → the widget


@dataclass(frozen=True)
class Asked:
    """What is to be shown where."""

    map: str  # world, china, cities, or own: and the id of kept boundaries
    measure: str  # a key of maps.MEASURES, or own: and the name of own numbers
    every: str  # one of maps.PERIODS
    drawn: str  # shaded or bubbles
    segment: int = 0

    @property
    def own(self) -> bool:
        return series.is_own(self.measure)


@dataclass(frozen=True, eq=False)
class Found:
    """What happened where, in all periods."""

    on: maps.PlaceMap
    frame: pd.DataFrame  # code, period and figures; `value` where the measure is of own numbers
    matched: maps.Matched
    limits: tuple[float, ...]  # between the classes, the same in every period
    first: pd.Timestamp | None


def show() -> None:
    _take_from_address()
    kept = map_files.kept()
    asked = _ask(kept)
    state = (str(store().path), calendar.today_in(now(), asking.workspace().zone), asking.workspace().zone,
             store().revision(*TABLES))
    book, language_now = store(), language()
    map_names.told(asked.map)
    with errors_in_words():
        found = job(("places", *state, asked.map, asked.measure, asked.every, asked.segment), say("maps.working"),
                    lambda progress: _worked_out(book, state, asked))
    if found.first is None or found.frame.empty or not len(maps.placed(found.frame)):
        st.info(say("maps.nothing_own" if asked.own else "maps.nothing"), icon=":material/wrong_location:")
        if not asked.own and found.first is None:
            st.page_link("pages/data_entry.py", label=say("home.import_a_file"), icon=":material/upload_file:",
                         query_params={"part": "import"})
    else:
        _show(asked, found, state, kept, language_now)
    map_names.show(asked.map, found.on, found.matched)
    map_files.show(kept)


def _ask(kept: dict[str, map_files.Kept]) -> Asked:
    names = {**{name: plain(f"maps.map_{name}") for name in maps.BUILT_IN},
             **{key: file.name for key, file in kept.items()}}
    with store().look() as look:
        own = series.measures_kept(look)
    measures = {**{name: plain(f"maps.measure_{name}") for name in maps.MEASURES},
                **{series.OWN + name: name for name in own}}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="map choice"):
        measure = st.selectbox(say("time_series.measure"), list(measures), key=_valid("map measure", measures),
                               width=240, format_func=measures.get)
        shown_on = st.selectbox(say("maps.map"), list(names), key=_valid("map", names), width=210,
                                format_func=names.get)
        every = st.segmented_control(
            say("maps.every"), maps.PERIODS, key=_valid("map every", maps.PERIODS), required=True,
            format_func={name: plain(f"maps.every_{name}") for name in maps.PERIODS}.get)
        ways = ("bubbles",) if shown_on == "cities" else ("shaded", "bubbles")
        drawn = st.segmented_control(say("maps.drawn"), ways, key=_valid("map drawn", ways), required=True,
                                     format_func={way: plain(f"maps.drawn_{way}") for way in ways}.get)
        segment = 0 if series.is_own(measure) else segment_filter("map") or 0
    asked = Asked(shown_on, measure, every, drawn, segment)
    told = {"map": shown_on, "figure": measure, "by": every, "drawn": drawn}
    st.query_params.update(told)
    st.session_state["map choice in address"] = told
    return asked


def _valid(key: str, options) -> str:
    """The key of a widget that keeps its value; one that is no option gives way to the last that was, or the first."""
    options, last = list(options), st.session_state.get(f"{key} last")
    remember(key, options[0])
    if st.session_state[key] not in options:
        st.session_state[key] = last if last in options else options[0]
    # Said on every run: of two runs that follow fast the browser may draw only the second, and with a value that was
    # said in the first alone it would show another one than the page works with.
    st.session_state[f"{key} last"] = st.session_state[key] = st.session_state[key]
    return key


def _take_from_address() -> None:
    """A link changes what is chosen, once; afterwards the widgets do."""
    told = {name: st.query_params[name] for name in IN_ADDRESS if name in st.query_params}
    if told and told != st.session_state.get("map choice in address"):
        for name, value in told.items():
            st.session_state[IN_ADDRESS[name]] = value


def _worked_out(book, state: tuple, asked: Asked) -> Found:
    _, as_of, zone, _ = state
    on = map_files.opened(book, asked.map)
    with book.look() as look:
        aliases = maps.kept_aliases(look, asked.map)
        countries = aliases if asked.map == "world" else maps.kept_aliases(look, "world")
        if asked.own:
            return _own(look, on, asked, as_of, aliases, countries)
        matched = maps.match(look.frame("places_written", level=on.level), on, aliases, countries)
        begins = [bounds.first for bounds in (series.bounds(look, name, as_of, zone)
                                              for name in ("revenue", "messages_in", "requests")) if bounds.first]
        first = min(begins, default=None)
        if first is None:
            return Found(on, pd.DataFrame(), matched, (), None)
        since = calendar.local(first, zone).date()
        until = as_of + timedelta(days=1)
        frame = maps.by_place(look, matched, on, asked.every, since, until, zone, asked.segment).frame
    values = maps.of_measure(maps.placed(frame), asked.measure)
    return Found(on, frame, matched, tuple(maps.classes(values)), pd.Timestamp(since))


def _own(look, on: maps.PlaceMap, asked: Asked, as_of, aliases: dict, countries: dict) -> Found:
    told = series.taken(look, asked.measure)
    found = look.frame(
        "series_own", measure=asked.measure.removeprefix(series.OWN), split="place",
        interval="year" if asked.every == "all" else asked.every, until=pd.Timestamp(as_of) + timedelta(1))
    written = found.groupby("series", as_index=False).size()
    written = pd.DataFrame({"country": "", "region": "", "city": "", "customers": 0, "orders": written["size"],
                            on.level: written.series})
    matched = maps.match(written, on, aliases, countries)
    codes = dict(zip(matched.frame.written, matched.frame.code, strict=True))
    frame = maps.own_by_place(found, codes, told.adds_up, asked.every == "all")
    return Found(on, frame, matched, tuple(maps.classes(maps.placed(frame).value)), told.first)


# --- what is shown ----------------------------------------------------------------------------------------------------


def _show(asked: Asked, found: Found, state: tuple, kept: dict, language_now: str) -> None:
    periods = sorted(found.frame.period.unique())
    period = periods[-1]
    if len(periods) > 1:
        period = st.select_slider(say("maps.period"), periods, key=_period_key(asked, periods),
                                  format_func={one: period_words(one, asked.every) for one in periods}.get)
        asking.stands("when", f"{period:%Y-%m-%d}", f"{periods[-1]:%Y-%m-%d}")
    rows = maps.every_place(found.on, found.frame, period, asked.measure)
    rows["place"] = [found.on.named(code, language_now) for code in rows.code]
    words = {name: plain(f"maps.measure_{name}") for name in maps.MEASURES}
    words[asked.measure] = words.get(asked.measure, asked.measure.removeprefix(series.OWN))
    told = (period_words(period, asked.every) if asked.every != "all" else
            plain("maps.since", since=found.first.date()))
    _say_cover(asked, found, period)
    kind = "bubbles" if asked.drawn == "bubbles" else SHADED.get(asked.map, "areas")
    with_value = rows[rows.value.notna()]
    if with_value.empty:
        st.info(say("maps.too_few", least=maps.LEAST_BASE), icon=":material/wrong_location:")
        return
    within = _within(found.on, with_value, language_now)
    if within:
        rows, with_value = (frame[frame.parent == within] for frame in (rows, with_value))
    room, beside = st.columns([0.66, 0.34], gap="medium")
    with room:
        behind = map_files.behind(kept, within) if kind == "bubbles" else None
        shown = tuple(with_value.code) if not found.on.shapes else tuple(rows.code) if within else ()
        laid = None if kind == "tiles" else _laid((*state, asked.map, behind), found.on, shown,
                                                  map_files.opened(store(), behind) if behind else None)
        unit = series.unit(asked.measure) if asked.own else maps.MEASURES[asked.measure]
        chart(charts.place_map(rows if kind != "bubbles" else with_value, laid, kind, asked.measure, unit, words,
                               list(found.limits), told, _notes(asked, kind, behind), plain), "map of places")
    with beside:
        _table(asked, found, with_value, words, unit, told)


def _period_key(asked: Asked, periods: list) -> str:
    """Each length of a period has a slider of its own, at its last period first."""
    key = f"map period {asked.every} {asked.own}"
    chosen = st.session_state[asking.linked(remember(key, periods[-1]), "when", periods, "{:%Y-%m-%d}".format)]
    st.session_state[key] = chosen if chosen in periods else periods[-1]
    return key


def period_words(period: pd.Timestamp, every: str) -> str:
    """2026 | Q3 2026 | Nov 2026"""
    if every == "quarter":
        return plain("maps.quarter", quarter=str(period.quarter), year=str(period.year))
    return str(period.year) if every in ("year", "all") else charts.written(period, "month", language())


def _say_cover(asked: Asked, found: Found, period: pd.Timestamp) -> None:
    """How much of it all stands on the map, and where the rest is."""
    if asked.own:
        return
    shares = maps.cover(found.frame, period, asked.measure)
    of = plain(f"maps.measure_{maps.RATES.get(asked.measure, asked.measure)}")
    parts = [say("maps.cover", share=shares.get("", 0.0), of=of)]
    parts += [say(f"maps.cover_{kind.removeprefix('~')}", share=shares[kind]) for kind in maps.LEFT_OVER
              if shares.get(kind, 0) > 0]
    st.caption(say("maps.comma").join(parts))


def _within(on: maps.PlaceMap, rows: pd.DataFrame, language_now: str) -> str | None:
    """Whether the places of one country are shown or all, where a map has those of several."""
    world = maps.built_in("world")
    parents = [code for code in dict.fromkeys(rows.sort_values("value", ascending=False).parent) if code]
    if len(parents) < 2:  # all of it is in one country: the others of the map would only make it small
        return next(iter(parents), None) if len(on.within) > 1 else None
    options = ["", *parents]
    asking.linked("map within", "within", options)
    within = st.selectbox(say("maps.within"), options, key=_valid("map within", options), width=240, format_func={
        "": plain("maps.everywhere"), **{code: world.named(code, language_now) for code in parents}}.get)
    asking.stands("within", within, "")
    return within or None


@st.cache_resource(max_entries=20, show_spinner=False)
def _laid(state: tuple, _on: maps.PlaceMap, shown: tuple, _behind: maps.PlaceMap | None) -> maps.Laid:
    return maps.laid(_on, list(shown), _behind)


def _notes(asked: Asked, kind: str, behind: str | None) -> tuple[str, ...]:
    notes = [plain("maps.note_tiles")] if kind == "tiles" else []
    if asked.measure in maps.RATES:
        notes.append(plain("maps.note_rate", least=maps.LEAST_BASE))
    if asked.measure == "buying_share":
        notes.append(plain("maps.note_on_file"))
    if kind != "tiles" and (behind or asked.map not in maps.BUILT_IN):
        notes.append(plain("maps.note_boundaries"))
    return tuple(notes)


def _table(asked: Asked, found: Found, rows: pd.DataFrame, words: dict, unit: str, told: str) -> None:
    ordered = rows.sort_values("value", ascending=False, ignore_index=True)
    other = "orders" if asked.measure != "orders" else "customers"
    labels = {"place": plain("map_chart.place"), "value": words[asked.measure]}
    if other in ordered.columns:
        labels[other] = words[other]
    formats = {"value": "percent" if unit == "share" else "localized"}
    if unit == "number":
        ordered["value"] = ordered.value.round(2)
    answer = table(
        ordered, f"map table {asked.map} {asked.measure}", labels, formats=formats, on_select="rerun",
        name=plain("map_chart.title", measure=words[asked.measure], period=told), selection_mode="single-row",
        height=min(38 + 35 * len(ordered), 420))
    picked = [place for place in answer.selection.rows if place < len(ordered)]
    if not picked:
        st.caption(say("maps.pick"))
        return
    map_place.show(ordered.iloc[picked[0]], found, asked.measure, asked.every, unit, words)
