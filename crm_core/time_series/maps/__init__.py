"""Figures by place: maps that come along, own boundaries, how places are written, what is worth a colour."""
from crm_core.time_series.maps.boundaries import Boundaries, Fields, check, recognised
from crm_core.time_series.maps.geojson import features
from crm_core.time_series.maps.keeping import keep_aliases, keep_boundaries, kept_aliases, kept_boundaries, remove_aliases
from crm_core.time_series.maps.matching import Matched, match
from crm_core.time_series.maps.places import BUILT_IN, LEVELS, PlaceMap, built_in, own_map
from crm_core.time_series.maps.values import MEASURES, RATES, by_place, classes, of_measure, own_by_place, placed

__all__ = [
    "BUILT_IN", "LEVELS", "MEASURES", "RATES", "Boundaries", "Fields", "Matched", "PlaceMap", "built_in", "by_place", "check",
    "classes", "features", "keep_aliases", "keep_boundaries", "kept_aliases", "kept_boundaries", "match", "of_measure",
    "own_by_place", "own_map", "placed", "recognised", "remove_aliases"]
