"""Which place of a map is meant by what stands in the book, and what is left over."""
from dataclasses import dataclass
from difflib import get_close_matches

import pandas as pd

from crm_core.time_series.maps.places import PlaceMap, built_in
from crm_core.time_series.maps.spelling import folded

NEAR = 0.72  # how alike a name must be to be proposed
# Why something has no place on the map, as its code: nothing is written, it is in a country that the map does not
# show, nobody knows it, or somebody said that it is no place of this map.
NOT_WRITTEN, ELSEWHERE, UNKNOWN, PUT_ASIDE = "~empty", "~elsewhere", "~unknown", "~aside"
LEFT_OVER = (NOT_WRITTEN, ELSEWHERE, UNKNOWN, PUT_ASIDE)


@dataclass(frozen=True, eq=False)
class Matched:
    """What is written, and which place is meant."""

    frame: pd.DataFrame  # country, region, city as written ('' for nothing), customers, orders, written, code
    unknown: pd.DataFrame  # a row a spelling that nobody knows: written, customers, orders, likely (a code or '')


def match(written: pd.DataFrame, on: PlaceMap, aliases: dict[str, str | None],
          countries: dict[str, str | None] | None = None) -> Matched:
    """Each row's place on a map.

    `written`: country, region, city as they stand in the book, customers, orders. `aliases`: what people said a
    spelling means on this map (None: no place of it), `countries`: the same of countries on the world's map.
      广东 | country China → CN-GD     Bavaria | country Germany → ~elsewhere on China's map     Germny → ~unknown
    """
    world = built_in("world")
    said = {folded(spelling): code for spelling, code in aliases.items()}
    of_countries = {folded(spelling): code for spelling, code in (countries or {}).items()}
    codes, texts, seen = [], [], {}
    for row in written.itertuples():
        text = getattr(row, on.level) or ""
        key = (text, row.country if on.level != "country" else "")
        if key not in seen:
            country = _country(row.country, world, of_countries)
            seen[key] = _code(text, country, on, said, of_countries)
        codes.append(seen[key])
        texts.append(text)
    frame = written.assign(written=texts, code=codes)
    unknown = (frame[frame.code == UNKNOWN].groupby("written", as_index=False)[["customers", "orders"]].sum()
               .sort_values(["customers", "orders", "written"], ascending=[False, False, True], ignore_index=True))
    return Matched(frame, unknown.assign(likely=[likely(text, on) for text in unknown.written]))


def _country(written: str, world: PlaceMap, said: dict[str, str | None]) -> str | None:
    if folded(written or "") in said:
        return said[folded(written)]
    return next(iter(world.coded(written)), None) if written else None


def _code(text: str, country: str | None, on: PlaceMap, said: dict, of_countries: dict) -> str:
    if on.level != "country" and on.within and country and country not in on.within:
        # Hong Kong, Macau and Taiwan stand in some books as countries and on China's map as provinces.
        at_home = on.coded(country, None) if on.name == "china" else ()
        return at_home[0] if len(at_home) == 1 else ELSEWHERE
    if not text.strip():
        return NOT_WRITTEN
    if folded(text) in said:
        code = said[folded(text)]
        return PUT_ASIDE if code is None else code if code in on.places.index else UNKNOWN
    codes = on.coded(text, country)
    if len(codes) == 1:
        return codes[0]
    if on.level == "country" and not codes:
        # Own boundaries of countries answer to what people said of the world's map.
        meant = of_countries.get(folded(text)) or next(iter(built_in("world").coded(text)), None)
        codes = on.coded(meant) if meant else ()
        if len(codes) == 1:
            return codes[0]
        if meant:
            return ELSEWHERE  # a country, but not one that this file shows
    return UNKNOWN


def likely(text: str, on: PlaceMap) -> str:
    """The place whose name is nearest to a spelling, '' where none is near."""
    near = get_close_matches(folded(text), on.spellings, n=1, cutoff=NEAR)
    return on.spellings[near[0]][0] if near else ""
