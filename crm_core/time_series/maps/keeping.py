"""Own boundaries and other names of places in the book: each change a batch that can be taken back."""
import json

import numpy as np
import pandas as pd

from crm_core.errors import BoundariesUnreadable
from crm_core.time_series.maps.boundaries import Boundaries
from crm_core.time_series.maps.places import PlaceMap, own_map
from crm_core.time_series.maps.spelling import folded


def keep_boundaries(batch, name: str, boundaries: Boundaries) -> int:
    """Keep checked boundaries under a name; those kept under it before are replaced. The row's id."""
    choice = {"level": boundaries.level, "points": boundaries.points, "places": len(boundaries.places)}
    shapes = {"type": "FeatureCollection", "features": [
        {"type": "Feature",
         "properties": {"code": row.code, "parent": row.parent, "en": row.en, "zh": row.zh,
                        "longitude": round(row.longitude, 4), "latitude": round(row.latitude, 4),
                        "names": boundaries.spelled[row.code]},
         "geometry": {"type": "MultiPolygon", "coordinates": [
             [ring.round(5).tolist()] for ring in boundaries.shapes[row.code]]}}
        for row in boundaries.places.itertuples()]}
    row = {"name": name.strip(), "choice": json.dumps(choice, ensure_ascii=False),
           "shapes": json.dumps(shapes, ensure_ascii=False, separators=(",", ":"))}
    there = batch.execute("SELECT id FROM boundaries WHERE deleted_at IS NULL AND name = $name",
                          name=row["name"]).fetchone()
    if there:
        batch.change("boundaries", {"id": there[0], **row})
        return there[0]
    return batch.add("boundaries", row)[0]


def kept_boundaries(row: dict) -> PlaceMap:
    """A row of the table as a map."""
    try:
        choice, content = json.loads(row["choice"]), json.loads(row["shapes"])
        told = [feature["properties"] for feature in content["features"]]
        shapes = {feature["properties"]["code"]: [np.array(polygon[0], dtype=float)
                                                  for polygon in feature["geometry"]["coordinates"]]
                  for feature in content["features"]}
    except (ValueError, KeyError, TypeError) as error:
        raise BoundariesUnreadable() from error
    places = pd.DataFrame([{name: one[name] for name in ("code", "parent", "en", "zh", "longitude", "latitude")}
                           for one in told]).set_index("code", drop=False)
    return own_map(row["name"], choice["level"], places, {one["code"]: one["names"] for one in told}, shapes)


def kept_aliases(look, name: str) -> dict[str, str | None]:
    """What people said that spellings mean on a map: as written → code, None for no place of it."""
    return dict(look.execute("SELECT written, code FROM place_aliases WHERE deleted_at IS NULL AND map = $map "
                             "ORDER BY written", map=name).fetchall())


def keep_aliases(batch, name: str, said: dict[str, str | None]) -> int:
    """Keep what spellings mean on a map; a spelling that was told before means the new place now. How many changed."""
    there = {folded(written): (number, code) for number, written, code in batch.execute(
        "SELECT id, written, code FROM place_aliases WHERE deleted_at IS NULL AND map = $map", map=name).fetchall()}
    new = [{"map": name, "written": written, "code": code} for written, code in said.items()
           if folded(written) not in there]
    changed = [{"id": there[folded(written)][0], "code": code} for written, code in said.items()
               if folded(written) in there and there[folded(written)][1] != code]
    if new:
        batch.add("place_aliases", new)
    if changed:
        batch.change("place_aliases", changed)
    return len(new) + len(changed)


def remove_aliases(batch, name: str, written: list[str]) -> int:
    """Forget what spellings mean on a map. How many were there."""
    ids = [number for (number,) in batch.execute(
        "SELECT id FROM place_aliases WHERE deleted_at IS NULL AND map = $map AND list_contains($written, written)",
        map=name, written=written).fetchall()]
    return batch.remove("place_aliases", ids) if ids else 0
