"""Own boundaries: a file is read, checked and kept, replaced or taken away."""
import hashlib
import json
from dataclasses import dataclass, replace

import pandas as pd
import streamlit as st

from crm_core import charts
from crm_core.errors import CrmError
from crm_core.time_series import maps
from pages.timing import map_names
from ui import chart, errors_in_words, job, language, plain, say, store
from ui.work import show_error

MOST_MEGABYTES = 60
MOST_NAMED = 5  # places named in a sentence about what is wrong


@dataclass(frozen=True)
class Kept:
    """A file of boundaries that is kept."""

    id: int
    name: str
    level: str
    places: int
    changed_in: int


def kept() -> dict[str, Kept]:
    """own:<id> → what is kept, by name."""
    with store().look() as look:
        rows = look.execute("SELECT id, name, choice, changed_in FROM boundaries WHERE deleted_at IS NULL "
                            "ORDER BY name").fetchall()
    return {f"own:{number}": Kept(number, name, json.loads(choice)["level"], json.loads(choice)["places"], changed_in)
            for number, name, choice, changed_in in rows}


def opened(book, name: str) -> maps.PlaceMap:
    """A map by its name: one that comes along, or own:<id>."""
    if name in maps.BUILT_IN:
        return maps.built_in(name)
    row = book.record("boundaries", int(name.removeprefix("own:")))
    return _opened(str(book.path), name, row["changed_in"], row)


@st.cache_resource(max_entries=8, show_spinner=False)
def _opened(path: str, name: str, changed_in: int, _row: dict) -> maps.PlaceMap:
    return maps.kept_boundaries(_row)


def behind(files: dict[str, Kept], within: str | None) -> str | None:
    """The own boundaries to draw behind bubbles: of the country's regions where there are some, else of countries."""
    if within:
        for key, file in files.items():
            if file.level == "region" and within in opened(store(), key).within:
                return key
    return next((key for key, file in files.items() if file.level == "country"), None)


def show(files: dict[str, Kept]) -> None:
    with st.expander(say("maps.files_title"), icon=":material/map:"):
        st.caption(say("maps.files_what"))
        for key, file in files.items():
            with st.container(horizontal=True, vertical_alignment="center"):
                level = plain(f"maps.level_{file.level}")
                st.markdown(say("maps.file_line", name=file.name, count=file.places, level=level))
                st.button(say("maps.look_at"), key=f"map look {key}", on_click=_look, args=(key,), type="tertiary",
                          icon=":material/visibility:")
                if st.button(say("maps.remove"), key=f"map remove {key}", type="tertiary", icon=":material/delete:"):
                    _remove(file)
        file = st.file_uploader(say("maps.upload"), type=["geojson", "json", "gz"], key=_round(),
                                max_upload_size=MOST_MEGABYTES)
        if file is not None:
            _bring(file, files)


def _round() -> str:
    """The uploader's key: a file that was kept leaves it."""
    return f"map upload {st.session_state.get('map files round', 0)}"


def _look(key: str) -> None:
    st.session_state["map"], st.session_state["map drawn"] = key, "shaded"


def _bring(file, files: dict[str, Kept]) -> None:
    data = file.getvalue()
    digest = hashlib.sha256(data).hexdigest()
    try:
        features = _features(digest, data)
    except CrmError as error:
        show_error(error)
        return
    fields, turned = _choose(maps.recognised(features), digest)
    with errors_in_words():
        checked = job(("boundaries", digest, fields, turned), say("maps.checking"),
                      lambda progress: maps.check(features, fields, turned))
    level = st.segmented_control(
        say("maps.level"), maps.LEVELS, required=True, default=checked.level, key=f"map level {digest[:8]} {fields}",
        format_func={name: plain(f"maps.level_{name}") for name in maps.LEVELS}.get)
    checked = replace(checked, level=level)
    _tell(checked)
    name = st.text_input(say("maps.name"), _stem(file.name), key=f"map name {digest[:8]}", max_chars=200)
    there = any(each.name == name.strip() for each in files.values())
    if there:
        st.caption(say("maps.replaces", name=name.strip()))
    if st.button(say("maps.replace" if there else "maps.keep"), type="primary", key="map keep",
                 disabled=not name.strip(), icon=":material/save:"):
        _keep(name, checked, there)


@st.cache_resource(max_entries=2, show_spinner=False)
def _features(digest: str, _data: bytes) -> list[dict]:
    return maps.features(_data)


def _choose(found: maps.Fields, digest: str) -> tuple[maps.Fields, bool | None]:
    """The fields as they were recognised, for the person to say otherwise."""
    chosen = {}
    for place, name in zip(st.columns(4), ("code", "en", "zh", "parent"), strict=True):
        options = ["", *found.every]
        with place:
            chosen[name] = st.selectbox(
                say(f"maps.field_{name}"), options, index=options.index(getattr(found, name)),
                key=f"map field {name} {digest[:8]}", format_func=_field_words)
    turned = st.segmented_control(
        say("maps.order"), ("find", "longitude", "latitude"), default="find", required=True,
        key=f"map order {digest[:8]}", help=say("maps.order_help"),
        format_func={way: plain(f"maps.order_{way}") for way in ("find", "longitude", "latitude")}.get)
    return replace(found, **chosen), {"find": None, "longitude": False, "latitude": True}[turned]


def _field_words(name: str) -> str:
    return name or "–"


def _tell(checked: maps.Boundaries) -> None:
    """What was read, what was wrong with it, how much of the book it holds, and how it looks."""
    st.markdown(say("maps.read", count=len(checked.places), points=checked.points))
    for problem in checked.problems:
        more = "…" if len(problem.places) > MOST_NAMED else ""
        named = plain("maps.comma").join(problem.places[:MOST_NAMED]) + more
        st.caption(f":material/healing: {say(f'maps.problem_{problem.kind}', count=problem.count, places=named)}")
    on = maps.own_map("", checked.level, checked.places, checked.spelled, checked.shapes)
    matched = maps.match(store().frame("places_written", level=on.level), on, {})
    customers = matched.frame.groupby(matched.frame.code.isin(maps.LEFT_OVER)).customers.sum()
    total = int(customers.sum())
    if total:
        st.caption(say("maps.would_match", share=int(customers.get(False, 0)) / total,
                       unknown=len(matched.unknown)))
    rows = on.places.reset_index(drop=True).assign(place=[on.named(code, language()) for code in on.places.index])
    living = matched.frame.groupby("code").customers.sum()
    rows["value"] = rows.code.map(living).astype(float)
    word = {"on_file": plain("maps.measure_on_file")}
    chart(charts.place_map(rows, maps.laid(on), "areas", "on_file", "count", word,
                           maps.classes(pd.Series(rows.value)), plain("maps.preview"),
                           (plain("maps.note_boundaries"),), plain), "map preview")


def _keep(name: str, checked: maps.Boundaries, there: bool) -> None:
    try:
        with store().batch("edit" if there else "add", f"{plain('table.boundaries')} · {name.strip()}") as batch:
            number = maps.keep_boundaries(batch, name, checked)
    except CrmError as error:
        show_error(error)
        return
    st.session_state["map files round"] = st.session_state.get("map files round", 0) + 1
    st.session_state.setdefault("remembered", {}).update({"map": f"own:{number}", "map drawn": "shaded"})
    for key in ("map", "map drawn"):  # the widgets stand already: they are laid out anew with what was kept
        st.session_state.pop(key, None)
    st.session_state["map choice in address"] = None
    for name_there in ("map", "drawn"):
        st.query_params.pop(name_there, None)
    map_names.wrote(batch.number, say("maps.kept", count=len(checked.places)))


def _remove(file: Kept) -> None:
    with errors_in_words(), store().batch("delete", f"{plain('table.boundaries')} · {file.name}") as batch:
        batch.remove("boundaries", [file.id])
    map_names.wrote(batch.number, say("maps.removed", name=file.name))


def _stem(name: str) -> str:
    for ending in (".gz", ".geojson", ".json"):
        name = name.removesuffix(ending)
    return name[:200]
