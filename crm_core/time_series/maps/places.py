"""A map: its places, how these are spelled, where they stand. Two of squares and one of cities come along."""
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pandas as pd

from crm_core.reference.places import listed, squares
from crm_core.time_series.maps.spelling import folded, without_kind

BUILT_IN = {"world": "country", "china": "region", "cities": "city"}  # map → the level of its places
LEVELS = ("country", "region", "city")  # the columns of customers by which a place is told
LEAST_KNOWN = 0.6  # of a map's places that a list must know to be taken for what they are


@dataclass(frozen=True, eq=False)
class PlaceMap:
    """Places that a figure can be shown for."""

    name: str  # a key of BUILT_IN, or the name under which boundaries are kept
    level: str  # one of LEVELS
    places: pd.DataFrame  # a row a code: code, parent, short, en, zh, latitude, longitude, column, row (−1: no square)
    spellings: dict[str, tuple[str, ...]]  # folded name → the codes of the places that are so called
    shapes: dict[str, list[np.ndarray]] = field(default_factory=dict)  # code → rings of (longitude, latitude)

    @property
    def within(self) -> frozenset[str]:
        """The countries that its places are in; none where it does not say."""
        return frozenset(self.places.parent[self.places.parent != ""])

    def named(self, code: str, language: str) -> str:
        """What a place is called."""
        return str(self.places.at[code, "zh" if language == "zh" else "en"])

    def coded(self, written: str, parent: str | None = None) -> tuple[str, ...]:
        """The codes of the places that are so called: in the country `parent`, by their first name where some are."""
        for key in (folded(written), without_kind(written)):
            codes = self.spellings.get(key, ()) if key else ()
            if codes and parent and self.within:
                codes = tuple(code for code in codes if self.places.at[code, "parent"] in (parent, ""))
            if len(codes) > 1:  # Washington is a state; the District of Columbia is called so too
                codes = tuple(code for code in codes if key in (
                    folded(self.places.at[code, "en"]), folded(self.places.at[code, "zh"]))) or codes
            if codes:
                return codes
        return ()


@cache
def built_in(name: str) -> PlaceMap:
    """One of the maps that come along."""
    rows, at = listed(name), squares(name) if name != "cities" else {}
    places, spellings = [], defaultdict(list)
    for row in rows:
        code = row.get("code") or f"{row['parent']}-{folded(row['en'])}"
        short = row.get("short") or (code if name == "world" else "")
        column, line = at.get(code.removeprefix("CN-"), (-1, -1)) if name == "china" else at.get(code, (-1, -1))
        parent = {"world": "", "china": "CN"}.get(name) if name != "cities" else row["parent"]
        places.append({"code": code, "parent": parent, "short": short, "en": row["en"], "zh": row["zh"],
                       "latitude": float(row["latitude"]), "longitude": float(row["longitude"]),
                       "column": column, "row": line})
        _spell(spellings, code, [code, row.get("iso3"), row.get("division"), row["en"], row["zh"], short,
                                 code.removeprefix("CN-") if name == "china" else "", *row["spellings"].split("|")])
    return PlaceMap(name, BUILT_IN[name], pd.DataFrame(places).set_index("code", drop=False),
                    {key: tuple(codes) for key, codes in spellings.items()})


def own_map(name: str, level: str, places: pd.DataFrame, spelled: dict[str, list[str]],
            shapes: dict[str, list[np.ndarray]]) -> PlaceMap:
    """A map of own boundaries. `places`: code, parent (a country in any spelling), en, zh, latitude, longitude;
    `spelled`: code → more names. A place that a list that comes along knows has its names there too, and is called by
    them: files write People's Republic of China where a reader looks for China.
    """
    world = built_in("world")
    parents = {written: next(iter(world.coded(written)), "") for written in set(places.parent) if written}
    places = places.assign(parent=[parents.get(written, "") for written in places.parent], short="", column=-1, row=-1)
    spellings = defaultdict(list)
    known = reference(level, places, spelled)
    for code in places.code:
        short = code[3:] if re.fullmatch(r"[A-Z]{2}-\w+", code) else ""  # AU-NSW is written NSW too
        _spell(spellings, code, [code, short, places.at[code, "en"], places.at[code, "zh"], *spelled.get(code, ())])
    for code, (reference_map, there) in known.items():
        for key, codes in reference_map.spellings.items():
            if there in codes and key not in spellings:
                spellings[key].append(code)
        places.loc[code, ["en", "zh"]] = list(reference_map.places.loc[there, ["en", "zh"]])
    if level == "country":
        places = places.assign(parent="")  # a country is in no other one
    return PlaceMap(name, level, places, {key: tuple(codes) for key, codes in spellings.items()}, shapes)


def reference(level: str, places: pd.DataFrame, spelled: dict[str, list[str]]) -> dict[str, tuple[PlaceMap, str]]:
    """Which places of a list that comes along the places of a map are: code → (that list, its code there)."""
    found = {}
    for name in ("world",) if level == "country" else ("china",) if level == "region" else ():
        there = built_in(name)
        for row in places.itertuples():
            if name == "china" and row.parent not in ("CN", ""):
                continue
            # The code first: a name may be shared, as Georgia's is.
            for written in (row.code, row.en, row.zh, *spelled.get(row.code, ())):
                codes = there.coded(written) if written else ()
                if len(codes) == 1:
                    found[row.code] = (there, codes[0])
                    break
    return found


def level_of(places: pd.DataFrame, spelled: dict[str, list[str]]) -> str:
    """Whether a map's places are countries or regions, by how many of them are known as countries."""
    known = reference("country", places.assign(parent=""), spelled)
    return "country" if len(known) >= LEAST_KNOWN * len(places) else "region"


def _spell(spellings: dict[str, list[str]], code: str, names: Iterable[str | None]) -> None:
    for name in names:
        for key in dict.fromkeys((folded(name), without_kind(name)) if name else ()):
            if key and code not in spellings[key]:
                spellings[key].append(code)
