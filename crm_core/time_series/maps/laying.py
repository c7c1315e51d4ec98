"""A map laid flat for drawing: where each place stands, its outline with few points, the globe's lines behind it."""
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_core.time_series.maps.places import PlaceMap, built_in
from crm_core.time_series.maps.projection import Projection, projection_of
from crm_core.time_series.maps.simplifying import simplified

MOST_OUTLINE_POINTS = 4_000  # a chart has 5,000 at most; the rest is for bubbles and lines
LEFT_OUT = ("AQ",)  # Antarctica takes a fifth of the sheet and has no customers
MARGIN = 0.1  # round what is shown, as a share of it
POLE = 1.34  # a little north of it, in earth radii of the world's projection
NARROWEST = 0.45  # a map's shorter side, as a share of its longer one
# Whose names come first where there is room for few: the largest countries.
LARGEST = ("RU", "CA", "CN", "US", "BR", "AU", "IN", "AR", "KZ", "DZ", "CD", "GL", "SA", "MX", "ID", "SD", "LY", "IR",
           "MN", "PE", "TD", "NE", "AO", "ML", "ZA", "CO", "ET", "BO", "MR", "EG", "TZ", "NG", "VE", "PK", "MZ", "TR",
           "CL", "ZM", "MM", "AF", "SO", "UA", "MG", "KE", "FR", "TH", "ES", "SE", "JP", "DE", "FI", "NO", "PL", "IT",
           "GB", "NZ")
STEPS = ((150, 30), (60, 20), (25, 10), (10, 5), (0, 2))  # degrees shown at least → degrees between two lines


@dataclass(frozen=True, eq=False)
class Laid:
    """What a chart of a map needs beside figures."""

    at: pd.DataFrame  # code → x, y
    outlines: pd.DataFrame  # place (a code; '' for the globe's lines), x, y; a row without x ends a ring or line
    names: pd.DataFrame  # x, y, text: what orients on a map without outlines
    frame: tuple[float, float, float, float]  # the least and the most x, the least and the most y that are shown


def laid(on: PlaceMap, shown: list[str] | None = None, behind: PlaceMap | None = None,
         most: int = MOST_OUTLINE_POINTS) -> Laid:
    """The places `shown` of a map (none: all): their outlines, or points round which `behind` is drawn."""
    if on.shapes:
        return _shapes(on, shown, most)
    places = on.places.loc[shown] if shown else on.places
    projection = projection_of(places.longitude, places.latitude)
    x, y = projection(places.longitude, places.latitude)
    frame = _round(x, y)
    if projection.worldwide and frame[3] > POLE:  # beyond the pole there is nothing to see
        frame = (*frame[:2], frame[2] - (frame[3] - POLE), POLE)
    return Laid(pd.DataFrame({"x": x, "y": y}, index=places.index),
                _behind(behind, projection, frame, places, most), _names(on, projection, frame), frame)


def _shapes(on: PlaceMap, shown: list[str] | None, most: int) -> Laid:
    wanted = set(shown or on.shapes)
    shapes = {code: rings for code, rings in on.shapes.items() if code in wanted and code not in LEFT_OUT} or on.shapes
    projection = projection_of(*np.vstack([ring for rings in shapes.values() for ring in rings]).T)
    outlines = _outlines(simplified(shapes, most, projection), projection)
    places = on.places.loc[list(shapes)]
    x, y = projection(places.longitude, places.latitude)
    known = outlines.dropna()
    frame = _round(known.x.to_numpy(), known.y.to_numpy(), 0.01)
    return Laid(pd.DataFrame({"x": x, "y": y}, index=places.index), outlines, _NO_NAMES, frame)


_NO_NAMES = pd.DataFrame({"x": [], "y": [], "text": []})


def _outlines(shapes: dict, projection: Projection) -> pd.DataFrame:
    parts = []
    for code, rings in shapes.items():
        for ring in rings:
            x, y = projection(ring[:, 0], ring[:, 1])
            parts.append(pd.DataFrame({"place": code, "x": np.append(x, np.nan), "y": np.append(y, np.nan)}))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame({"place": [], "x": [], "y": []})


def _behind(behind: PlaceMap | None, projection: Projection, frame: tuple, places: pd.DataFrame,
            most: int) -> pd.DataFrame:
    """The outlines of another map that lie in the frame, else the lines of the globe."""
    if behind is not None and behind.shapes:
        inside = {}
        for code, rings in behind.shapes.items():
            for ring in rings:
                x, y = projection(ring[:, 0], ring[:, 1])
                # A ring on the globe's other side would be torn round the whole map.
                torn = not projection.worldwide and np.hypot(np.diff(x), np.diff(y)).max() > 1
                apart = x.max() < frame[0] or x.min() > frame[1] or y.max() < frame[2] or y.min() > frame[3]
                if code not in LEFT_OUT and not torn and not apart:
                    inside.setdefault(code, []).append(ring)
        if inside:
            return _outlines(simplified(inside, most, projection), projection)
    return _globe(projection, places)


def _globe(projection: Projection, places: pd.DataFrame) -> pd.DataFrame:
    """Circles of longitude and latitude through what is shown and a little beyond."""
    span = max(float(np.ptp(places.latitude)), float(np.ptp(places.longitude)) if not projection.worldwide else 180.0)
    step = next(degrees for least, degrees in STEPS if span >= least)
    if projection.worldwide:
        west, east, south, north = -180.0, 180.0, -60.0, 90.0
    else:
        longitudes = (places.longitude - projection.longitude + 180) % 360 - 180 + projection.longitude
        west, east = longitudes.min() - 2 * step, longitudes.max() + 2 * step
        south, north = max(-90.0, places.latitude.min() - 2 * step), min(90.0, places.latitude.max() + 2 * step)
    lines = [np.column_stack([np.full(25, longitude), np.linspace(south, north, 25)])
             for longitude in np.arange(np.floor(west / step) * step, east + 1e-9, step)]
    lines += [np.column_stack([np.linspace(west, east, 49), np.full(49, latitude)])
              for latitude in np.arange(np.floor(south / step) * step, north + 1e-9, step) if -90 < latitude < 90]
    return _outlines({"": lines}, projection)


def _names(on: PlaceMap, projection: Projection, frame: tuple) -> pd.DataFrame:
    """The short names of countries, or of China's provinces, that lie in the frame."""
    there = built_in("china" if on.within == {"CN"} else "world").places
    there = there.loc[[*(code for code in LARGEST if code in there.index), *there.index.difference(LARGEST)]]
    x, y = projection(there.longitude, there.latitude)
    inside = (x > frame[0]) & (x < frame[1]) & (y > frame[2]) & (y < frame[3])
    return pd.DataFrame({"x": x, "y": y, "text": there.short.to_numpy()})[inside]


def _round(x: np.ndarray, y: np.ndarray, margin: float = MARGIN) -> tuple[float, float, float, float]:
    """The ends of a map round points: never a thin band, whatever these are."""
    wide, tall = max(float(np.ptp(x)), 0.02), max(float(np.ptp(y)), 0.02)
    half_wide = max(wide, NARROWEST * tall) / 2 + margin * max(wide, tall)
    half_tall = max(tall, NARROWEST * wide) / 2 + margin * max(wide, tall)
    middle_x, middle_y = float(x.min() + x.max()) / 2, float(y.min() + y.max()) / 2
    return middle_x - half_wide, middle_x + half_wide, middle_y - half_tall, middle_y + half_tall
