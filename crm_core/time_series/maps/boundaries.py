"""Own boundaries: which of a file's fields are codes and names, and whether its shapes hold."""
import re
from collections import Counter
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_core.errors import BoundariesAllBroken, BoundariesNotInDegrees, BoundariesTooFine, BoundariesWithoutNames
from crm_core.time_series.maps.geojson import MOST_POINTS, polygons
from crm_core.time_series.maps.places import level_of, reference
from crm_core.time_series.maps.projection import unwrapped
from crm_core.time_series.maps.simplifying import area, simplified
from crm_core.time_series.maps.spelling import HAN

KEPT_POINTS = 20_000  # more than a screen shows; what is drawn is thinned once more
SMALLEST = 1e-9  # square degrees: a ring with less is a line or a point
MOST_CROSSING = 4_000  # points of a ring up to which it is looked whether it crosses itself
NOTHING = {"", "-99", "-1", "none", "null", "nan", "n/a"}
# By which names files call what: the first that most shapes have. ISO_A2_EH is Natural Earth's own mending of ISO_A2.
CODES = ("iso_a2_eh", "iso_3166_2", "iso_a2", "iso2", "iso_3166_1_alpha_2", "iso_a3_eh", "iso_a3", "iso3", "adm0_a3",
         "adcode", "hasc_1", "code_hasc", "nuts_id", "ags", "geoid", "gid_1", "gid_0", "shapeiso", "code", "id",
         "adm1_code")
ENGLISH = ("name", "name_en", "name_long", "admin", "shapename", "name_1", "name_0", "nuts_name", "gen", "label",
           "nom", "title", "region", "state", "state_name", "ste_name21", "country", "名称", "省", "省份")
CHINESE = ("name_zh", "name_cn", "name_chn", "fullname", "nl_name_1", "名称", "省", "省份", "name")
PARENTS = ("adm0_a3", "iso_a2", "gu_a3", "cntr_code", "country", "admin", "gid_0", "sov_a3")
SPELLINGS = re.compile(r"name.*|nom|label|admin|formal_en|abbrev|postal|fullname|short.*|gn_name|woe_name|iso_.*|"
                       r"adm0_a3", re.IGNORECASE)


@dataclass(frozen=True)
class Fields:
    """Which fields of a file tell what; '' where none does."""

    code: str
    en: str
    zh: str
    parent: str  # the country that a place is in
    every: tuple[str, ...]  # all fields with a text or a number, to choose among


@dataclass(frozen=True)
class Problem:
    """What was found in a file of boundaries, and mended or left out."""

    kind: str  # unclosed, broken, empty, crossing, swapped, doubled, nameless
    places: tuple[str, ...]  # what the shapes are called
    count: int  # of rings or shapes


@dataclass(frozen=True, eq=False)
class Boundaries:
    """Checked boundaries."""

    places: pd.DataFrame  # a row a code: code, parent, en, zh, longitude and latitude of its middle
    spelled: dict[str, list[str]]  # code → the file's other names
    shapes: dict[str, list[np.ndarray]]  # code → closed rings of longitude and latitude, holes with the clock
    problems: tuple[Problem, ...]
    level: str  # country or region
    points: int  # of the file as it was brought


def recognised(features: list[dict]) -> Fields:
    """Which fields hold the code and the names."""
    frame = _properties(features)
    filled = {column: _filled(frame[column]) for column in frame.columns}
    every = tuple(column for column in frame.columns if filled[column].any())
    lower = {column.lower(): column for column in reversed(every)}

    def first(names, good) -> str:
        return next((lower[name] for name in names if name in lower and good(lower[name])), "")

    def distinct(column: str) -> float:
        texts = frame[column][filled[column]]
        return texts.nunique() / len(frame)

    code = first(CODES, lambda column: distinct(column) > 0.95)
    code = code or first(CODES, lambda column: distinct(column) > 0.8)
    chinese = {column: frame[column].map(lambda text: bool(HAN.search(text))).mean() for column in every}
    zh = first(CHINESE, lambda column: chinese[column] > 0.5 and distinct(column) > 0.8)
    en = first(ENGLISH, lambda column: chinese[column] <= 0.5 and filled[column].mean() > 0.5
               and distinct(column) > 0.5)
    parent = first(PARENTS, lambda column: column not in (code, en) and filled[column].mean() > 0.5
                   and distinct(column) < 0.9)
    return Fields(code, en or zh, zh, parent, every)


def check(features: list[dict], fields: Fields, turned: bool | None = None) -> Boundaries:
    """The places and shapes of a file, what is broken in it mended or left out, and told.

    `turned`: the file has latitude before longitude; None: find out. Raises BoundariesWithoutNames,
    BoundariesNotInDegrees, BoundariesAllBroken, BoundariesTooFine.
    """
    if not (fields.code or fields.en or fields.zh):
        raise BoundariesWithoutNames(shapes=len(features))
    frame = _properties(features)
    problems = _Problems()
    rows, rings = [], {}
    points = 0
    for place, feature in enumerate(features):
        told = {name: _text(frame, place, getattr(fields, name)) for name in ("code", "en", "zh", "parent")}
        name = told["en"] or told["zh"] or told["code"]
        if not name:
            problems.add("nameless", f"{place + 1}")
            continue
        code = told["code"] or name
        sound, seen = _rings(polygons(feature), name, problems)
        points += seen
        if points > MOST_POINTS:
            raise BoundariesTooFine(most=MOST_POINTS)
        if not sound:
            problems.add("empty", name)
            continue
        if code in rings:
            problems.add("doubled", name)
            rings[code] += sound
            continue
        rings[code] = sound
        rows.append({**told, "code": code, "en": told["en"] or name, "zh": told["zh"] or name, "place": place})
    if not rings:
        raise BoundariesAllBroken(shapes=len(features))
    places = pd.DataFrame(rows)
    names = [column for column in frame.columns if SPELLINGS.fullmatch(column)
             and frame[column][_filled(frame[column])].nunique() > 0.5 * len(frame)]  # not the country that all are in
    spelled = {row.code: _names(frame[names], row.place) for row in places.itertuples()}
    places = places.drop(columns="place").set_index("code", drop=False)
    level = level_of(places, spelled)
    if turned is None:
        turned = _turned(rings, reference(level, places, spelled))
    if turned:
        problems.add("swapped", "", sum(len(each) for each in rings.values()))
        rings = {code: [(ring[:, ::-1], shell) for ring, shell in each] for code, each in rings.items()}
    _in_degrees(rings)
    shapes = {code: [_wound(unwrapped(ring), shell) for ring, shell in each] for code, each in rings.items()}
    middles = pd.DataFrame([middle(shapes[code]) for code in places.code], columns=["longitude", "latitude"],
                           index=places.index)
    return Boundaries(places.join(middles), spelled, simplified(shapes, KEPT_POINTS), problems.told(), level, points)


def middle(rings: list[np.ndarray]) -> tuple[float, float]:
    """The centre of gravity of a place's largest ring: where its name and its bubble stand."""
    ring = max(rings, key=lambda each: abs(area(each)))
    x, y = ring[:, 0], ring[:, 1]
    cross = x[:-1] * y[1:] - x[1:] * y[:-1]
    whole = cross.sum()
    if abs(whole) < SMALLEST:
        return float(x.mean()), float(y.mean())
    return tuple(float(((along[:-1] + along[1:]) * cross).sum() / (3 * whole)) for along in (x, y))


class _Problems:
    def __init__(self):
        self.found: dict[str, Counter] = {}

    def add(self, kind: str, name: str, count: int = 1) -> None:
        self.found.setdefault(kind, Counter())[name] += count

    def told(self) -> tuple[Problem, ...]:
        return tuple(Problem(kind, tuple(name for name in names if name), sum(names.values()))
                     for kind, names in self.found.items())


def _properties(features: list[dict]) -> pd.DataFrame:
    """The features' properties as texts, and the feature's own id as `id` where no property is called so."""
    rows = [{**({"id": feature["id"]} if "id" in feature else {}), **(feature.get("properties") or {})}
            for feature in features]
    frame = pd.DataFrame([{str(name): value for name, value in row.items()
                           if not isinstance(value, (dict, list))} for row in rows])
    return frame.map(lambda value: "" if value is None or value != value else
                     str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip())


def _filled(texts: pd.Series) -> pd.Series:
    return ~texts.str.lower().isin(NOTHING)


def _text(frame: pd.DataFrame, place: int, column: str) -> str:
    text = frame[column].iat[place] if column else ""
    return "" if text.lower() in NOTHING else text


def _names(frame: pd.DataFrame, place: int) -> list[str]:
    """Every name that the file has for a place."""
    texts = [_text(frame, place, column) for column in frame.columns]
    return list(dict.fromkeys(part.strip() for text in texts for part in text.split("|") if part.strip()))


def _rings(found: list, name: str, problems: _Problems) -> tuple[list[tuple[np.ndarray, bool]], int]:
    """The sound rings of a place, each with whether it is a shell and not a hole; how many points were seen."""
    sound, points = [], 0
    for polygon in found:
        for place, given in enumerate(polygon if isinstance(polygon, list) else [None]):
            ring = _ring(given)
            if ring is None or len(ring) < 3:
                problems.add("broken", name)
                continue
            points += len(ring)
            if not np.array_equal(ring[0], ring[-1]):
                problems.add("unclosed", name)
                ring = np.vstack([ring, ring[:1]])
            moves = np.append(True, (np.diff(ring, axis=0) != 0).any(axis=1))
            ring = ring[moves]
            crossing = crosses(ring)
            # A ring that crosses itself in the middle may have no area either, and still shows something.
            if len(ring) < 4 or (abs(area(ring)) < SMALLEST and not crossing):
                problems.add("broken", name)
                continue
            if crossing:
                problems.add("crossing", name)
            sound.append((ring, place == 0))
    return sound, points


def _ring(given) -> np.ndarray | None:
    try:
        ring = np.array([(float(point[0]), float(point[1])) for point in given])
    except (TypeError, ValueError, IndexError, KeyError):
        return None
    return ring.round(5) if ring.ndim == 2 and np.isfinite(ring).all() else None


def crosses(ring: np.ndarray) -> bool:
    """Whether two sides of a closed ring cross each other."""
    sides = len(ring) - 1
    if sides > MOST_CROSSING:
        return False  # to look at all pairs of so many sides takes longer than it tells
    begin, end = ring[:-1], ring[1:]
    low, high = np.minimum(begin, end), np.maximum(begin, end)
    order = np.argsort(low[:, 0], kind="stable")
    lefts = low[order, 0]
    for rank, side in enumerate(order):
        last = int(np.searchsorted(lefts, high[side, 0], side="right"))
        others = order[rank + 1:last]
        others = others[(low[others, 1] <= high[side, 1]) & (high[others, 1] >= low[side, 1])]
        if len(others) and _cross(begin[side], end[side], begin[others], end[others]).any():
            return True
    return False


def _cross(a, b, c, d) -> np.ndarray:
    """Whether the line from a to b properly crosses those from c to d; lines that only touch do not."""
    def side(p, q, r):
        return np.sign((q[..., 0] - p[..., 0]) * (r[..., 1] - p[..., 1])
                       - (q[..., 1] - p[..., 1]) * (r[..., 0] - p[..., 0]))

    return (side(a, b, c) * side(a, b, d) < 0) & (side(c, d, a) * side(c, d, b) < 0)


def _turned(rings: dict, known: dict) -> bool:
    """Whether latitude stands before longitude: told by numbers that no latitude has, else by places that are known."""
    every = np.vstack([ring for each in rings.values() for ring, _ in each])
    first, second = np.abs(every[:, 0]).max(), np.abs(every[:, 1]).max()
    if second > 90:
        return bool(first <= 90 and second <= 180.001)
    if first > 90 or not known:
        return False
    votes = 0
    for code, (there, at) in known.items():
        x, y = middle([ring for ring, _ in rings[code]])
        longitude, latitude = there.places.at[at, "longitude"], there.places.at[at, "latitude"]
        votes += 1 if np.hypot(x - latitude, y - longitude) < np.hypot(x - longitude, y - latitude) else -1
    return votes > 0


def _in_degrees(rings: dict) -> None:
    for each in rings.values():
        for ring, _ in each:
            beyond = (np.abs(ring[:, 0]) > 360) | (np.abs(ring[:, 1]) > 90.001)
            if beyond.any():
                x, y = ring[int(beyond.argmax())]
                raise BoundariesNotInDegrees(x=f"{x:g}", y=f"{y:g}")


def _wound(ring: np.ndarray, shell: bool) -> np.ndarray:
    """Shells run against the clock and holes with it: whoever fills them leaves the holes free."""
    return ring if (area(ring) > 0) == shell else ring[::-1]
