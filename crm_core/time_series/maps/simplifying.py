"""Shapes with fewer points, by taking out the points that matter least; neighbours keep their common border.

Visvalingam's method (Visvalingam and Whyatt 1993): a point matters as much as the triangle that it makes with the
points beside it. A border of two places is thinned once, and where three meet the point stays.
"""
import heapq
from collections import defaultdict
from collections.abc import Callable

import numpy as np

Rings = dict[str, list[np.ndarray]]


def simplified(shapes: Rings, most: int, plane: Callable | None = None) -> Rings:
    """The shapes (closed rings of longitude and latitude) with about `most` points in all. `plane` lays points flat."""
    if sum(len(ring) for rings in shapes.values() for ring in rings) <= most:
        return shapes
    plane = plane or _flat
    weights = _weights(shapes, plane)
    every = np.sort(np.concatenate([_of(ring, weights) for rings in shapes.values() for ring in rings]))[::-1]
    least = every[min(most, len(every)) - 1]
    return {code: _thinned(rings, weights, least) for code, rings in shapes.items()}


def _thinned(rings: list[np.ndarray], weights: dict, least: float) -> list[np.ndarray]:
    """The rings of a place; small ones go, but never the last one."""
    kept = []
    largest = max(range(len(rings)), key=lambda place: abs(area(rings[place])))
    for place, ring in enumerate(rings):
        weight = _of(ring, weights)
        stay = weight >= least
        if stay.sum() < 4 and place == largest:
            stay = weight >= np.sort(weight)[::-1][min(4, len(weight)) - 1]
        if stay.sum() >= 3:
            points = ring[:-1][stay]
            kept.append(np.vstack([points, points[:1]]))
    return kept


def area(ring: np.ndarray) -> float:
    """A closed ring's area, above 0 where it runs against the clock."""
    x, y = ring[:, 0], ring[:, 1]
    return float((x[:-1] * y[1:] - x[1:] * y[:-1]).sum() / 2)


def _flat(longitude: np.ndarray, latitude: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return longitude * np.cos(np.radians(latitude)), latitude


def _of(ring: np.ndarray, weights: dict) -> np.ndarray:
    return np.array([weights[point] for point in map(tuple, ring[:-1].tolist())])


def _weights(shapes: Rings, plane: Callable) -> dict[tuple, float]:
    """How much each point matters; without end where borders meet."""
    beside = defaultdict(set)
    every = [ring for rings in shapes.values() for ring in rings]
    for ring in every:
        points = list(map(tuple, ring[:-1].tolist()))
        for before, point, after in zip([points[-1], *points[:-1]], points, [*points[1:], points[0]], strict=True):
            beside[point] |= {before, after}
    weights: dict[tuple, float] = {}
    for ring in every:
        points = list(map(tuple, ring[:-1].tolist()))
        flat = np.column_stack(plane(ring[:-1, 0], ring[:-1, 1]))
        fixed = [place for place, point in enumerate(points) if len(beside[point]) != 2]
        if len(fixed) < 2:  # an island, or a ring that touches another one once: two points hold it
            first = fixed[0] if fixed else min(range(len(points)), key=points.__getitem__)
            fixed = sorted({first, int(np.hypot(*(flat - flat[first]).T).argmax())})
        for place in fixed:
            weights[points[place]] = np.inf
        for begin, end in zip(fixed, [*fixed[1:], fixed[0] + len(points)], strict=True):
            arc = [place % len(points) for place in range(begin, end + 1)]
            if len(arc) > 2 and points[arc[1]] not in weights:
                for place, weight in zip(arc[1:-1], _arc_weights(flat[arc]), strict=True):
                    weights[points[place]] = weight
    return weights


def _arc_weights(arc: np.ndarray) -> list[float]:
    """How much each inner point of a line matters: the area that goes when it goes, never less than one gone before."""
    x, y = arc[:, 0].tolist(), arc[:, 1].tolist()
    before, after = list(range(-1, len(x) - 1)), list(range(1, len(x) + 1))

    def triangle(place: int) -> float:
        a, b = before[place], after[place]
        return abs((x[a] - x[place]) * (y[b] - y[place]) - (x[b] - x[place]) * (y[a] - y[place])) / 2

    now = [0.0, *(triangle(place) for place in range(1, len(x) - 1)), 0.0]
    heap = [(now[place], place) for place in range(1, len(x) - 1)]
    heapq.heapify(heap)
    weights, highest = [0.0] * len(x), 0.0
    gone = [False] * len(x)
    while heap:
        value, place = heapq.heappop(heap)
        if gone[place] or value != now[place]:
            continue
        gone[place] = True
        highest = weights[place] = max(highest, value)
        a, b = before[place], after[place]
        after[a], before[b] = b, a
        for other in (a, b):
            if 0 < other < len(x) - 1:
                now[other] = triangle(other)
                heapq.heappush(heap, (now[other], other))
    return weights[1:-1]
