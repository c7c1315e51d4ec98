"""Figures by place: maps that come along, own boundaries, how places are written, what is worth a colour."""
from crm_core.time_series.maps.boundaries import Boundaries, Fields, check, recognised
from crm_core.time_series.maps.geojson import features
from crm_core.time_series.maps.keeping import (
    keep_aliases,
    keep_boundaries,
    kept_aliases,
    kept_boundaries,
    remove_aliases,
)
from crm_core.time_series.maps.laying import Laid, laid
from crm_core.time_series.maps.matching import ELSEWHERE, LEFT_OVER, NOT_WRITTEN, PUT_ASIDE, UNKNOWN, Matched, match
from crm_core.time_series.maps.places import BUILT_IN, LEVELS, PlaceMap, built_in, own_map
from crm_core.time_series.maps.values import (
    LEAST_BASE,
    MEASURES,
    PERIODS,
    RATES,
    ByPlace,
    by_place,
    classes,
    cover,
    every_place,
    of_measure,
    own_by_place,
    placed,
)

__all__ = [
    "BUILT_IN", "ELSEWHERE", "LEAST_BASE", "LEFT_OVER", "LEVELS", "MEASURES", "NOT_WRITTEN", "PERIODS", "PUT_ASIDE",
    "RATES", "UNKNOWN", "Boundaries", "ByPlace", "Fields", "Laid", "Matched", "PlaceMap", "built_in", "by_place",
    "check", "classes", "cover", "every_place", "features", "keep_aliases", "keep_boundaries", "kept_aliases",
    "kept_boundaries", "laid", "match", "of_measure", "own_by_place", "own_map", "placed", "recognised",
    "remove_aliases"]
