"""Customers picked on the map: who lies in a shape that was drawn, shown there or not, and what they are like."""
from dataclasses import dataclass

import numpy as np
import pandas as pd

MOST_CORNERS = 2_000  # of a shape: a hand draws a few hundred


@dataclass(frozen=True)
class Shape:
    """A closed line on the map by its corners; a box has two, opposite each other."""

    x: tuple[float, ...]
    y: tuple[float, ...]

    @property
    def corners(self) -> tuple[np.ndarray, np.ndarray]:
        if len(self.x) == 2:
            (left, right), (low, high) = sorted(self.x), sorted(self.y)
            return np.array([left, right, right, left]), np.array([low, low, high, high])
        step = max(1, -(-len(self.x) // MOST_CORNERS))
        return np.array(self.x[::step], float), np.array(self.y[::step], float)


def inside(shapes, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Which points lie in at least one of the shapes.

    A point lies inside where a ray from it to the right crosses the line an odd number of times (Shimrat 1962).
    """
    x, y = np.asarray(x, float), np.asarray(y, float)
    found = np.zeros(len(x), dtype=bool)
    for shape in shapes:
        right, up = shape.corners
        if len(right) < 3:
            continue
        # Most of a million customers lie outside the box round the shape: only the others are held against its line.
        near = np.flatnonzero((x >= right.min()) & (x <= right.max()) & (y >= up.min()) & (y <= up.max()))
        px, py = x[near], y[near]
        odd = np.zeros(len(near), dtype=bool)
        for x0, y0, x1, y1 in zip(right, up, np.roll(right, -1), np.roll(up, -1), strict=True):
            if y0 != y1:
                odd ^= ((y0 > py) != (y1 > py)) & (px < (x1 - x0) * (py - y0) / (y1 - y0) + x0)
        found[near[odd]] = True
    return found


def places(groups, features: pd.DataFrame) -> pd.DataFrame:
    """Where each customer lies on the map of a grouping, drawn there or not: customer_id, x, y.

    By the kept scales and axes; customers who lack a feature lie nowhere and are left out.
    """
    matrix, taken = groups.model.preparation.matrix(features)
    at = matrix.astype(float) @ groups.directions[["x", "y"]].to_numpy(float)
    return pd.DataFrame({"customer_id": features.customer_id.to_numpy()[taken], "x": at[:, 0], "y": at[:, 1]})


def against_the_others(features: pd.DataFrame, names, selected) -> pd.DataFrame:
    """How the selected customers differ from all others, the strongest difference first.

    feature, median (of the selected), median_others, below (the share of the others who have less than the median of
    the selected, ties counting half, 0..1: .5 is no difference), level (low, middle, high: the third of the others)
    """
    chosen = features.customer_id.isin(selected)
    rows = []
    for name in names:
        if not pd.api.types.is_numeric_dtype(features[name]) or pd.api.types.is_bool_dtype(features[name]):
            continue
        values = features[name].to_numpy(dtype=float, na_value=np.nan)
        some, others = (values[side & np.isfinite(values)] for side in (chosen.to_numpy(), ~chosen.to_numpy()))
        if not len(some) or not len(others):
            continue
        median = float(np.median(some))
        below = float(((others < median).sum() + (others <= median).sum()) / (2 * len(others)))
        rows.append({"feature": name, "median": median, "median_others": float(np.median(others)), "below": below,
                     "level": "low" if below < 1 / 3 else "high" if below > 2 / 3 else "middle"})
    told = pd.DataFrame(rows, columns=["feature", "median", "median_others", "below", "level"])
    return told.loc[(told.below - 0.5).abs().sort_values(ascending=False, kind="stable").index].reset_index(drop=True)
