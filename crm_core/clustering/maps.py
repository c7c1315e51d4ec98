"""Where customers lie: alike close together."""

import numpy as np
import pandas as pd

from crm_core.clustering.prepare import Prepared, sample_rows

MAP_POINTS = 3_000  # more takes longer to draw and shows no more


def principal_map(prepared: Prepared, group: np.ndarray, features: tuple[str, ...], seed: int):
    """The two directions in which customers differ most (principal components, Pearson 1901)."""
    matrix, used = prepared.matrix.astype(float), prepared.preparation.columns
    values, vectors = np.linalg.eigh(matrix.T @ matrix / len(matrix))
    values, vectors = values[::-1], vectors[:, ::-1]
    # A component has no sign of its own: more money lies to the right, the strongest other feature grows upwards.
    right = used.index("monetary") if "monetary" in used else int(np.abs(vectors[:, 0]).argmax())
    anchors = [right, int(np.abs(vectors[:, 1]).argmax()) if vectors.shape[1] > 1 else 0]
    axes = np.zeros((matrix.shape[1], 2))
    for axis in range(min(2, vectors.shape[1])):
        axes[:, axis] = vectors[:, axis] * (-1 if vectors[anchors[axis], axis] < 0 else 1)
    shown = sample_rows(len(matrix), MAP_POINTS, seed)
    points = prepared.customers.loc[shown, ["customer_id", *features]].reset_index(drop=True)
    x, y = (matrix[shown] @ axes).T
    points = points.assign(group=group[shown], x=x, y=y)
    shares = tuple(float(share) for share in (np.append(values, 0.0) / values.sum())[:2])
    return points, shares, pd.DataFrame({"feature": used, "x": axes[:, 0], "y": axes[:, 1]})
