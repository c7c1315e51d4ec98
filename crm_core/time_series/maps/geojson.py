"""A file of boundaries, from its bytes to features: GeoJSON, plain or packed with gzip."""
import json
import zlib

from crm_core.errors import BoundariesTooLarge, BoundariesTooMany, BoundariesUnreadable, BoundariesWithoutShapes

MOST_BYTES = 60_000_000  # unpacked
MOST_FEATURES = 5_000
MOST_POINTS = 1_000_000


def features(data: bytes) -> list[dict]:
    """The features of a file that have a shape. Raises BoundariesUnreadable, BoundariesTooLarge,
    BoundariesTooMany, BoundariesWithoutShapes."""
    content = _content(_unpacked(data))
    kind = content.get("type")
    found = content.get("features") if kind == "FeatureCollection" else [content] if kind == "Feature" else None
    if not isinstance(found, list):
        raise BoundariesUnreadable()
    found = [feature for feature in found if isinstance(feature, dict)]
    kinds = {feature["geometry"].get("type") for feature in found if isinstance(feature.get("geometry"), dict)}
    shaped = [feature for feature in found if polygons(feature)]
    if not shaped:
        raise BoundariesWithoutShapes(found=", ".join(sorted(str(kind) for kind in kinds)) or "–")
    if len(shaped) > MOST_FEATURES:
        raise BoundariesTooMany(found=len(shaped), most=MOST_FEATURES)
    return shaped


def polygons(feature: dict) -> list:
    """The polygons of a feature, each a list of rings as the file has them."""
    geometry = feature.get("geometry")
    if not isinstance(geometry, dict):
        return []
    if geometry.get("type") == "GeometryCollection":
        parts = [{"geometry": part} for part in geometry.get("geometries") or []]
        return [polygon for part in parts for polygon in polygons(part)]
    coordinates = geometry.get("coordinates")
    if not isinstance(coordinates, list):
        return []
    return {"Polygon": [coordinates], "MultiPolygon": coordinates}.get(geometry.get("type"), [])


def _unpacked(data: bytes) -> bytes:
    if data[:2] != b"\x1f\x8b":
        if len(data) > MOST_BYTES:
            raise BoundariesTooLarge(most=MOST_BYTES // 1_000_000)
        return data
    unpacking = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        plain = unpacking.decompress(data, MOST_BYTES + 1)
    except zlib.error as error:
        raise BoundariesUnreadable() from error
    if len(plain) > MOST_BYTES:
        raise BoundariesTooLarge(most=MOST_BYTES // 1_000_000)
    if not unpacking.eof:
        raise BoundariesUnreadable()
    return plain


def _content(plain: bytes) -> dict:
    try:
        content = json.loads(plain.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise BoundariesUnreadable() from error
    if not isinstance(content, dict):
        raise BoundariesUnreadable()
    return content
