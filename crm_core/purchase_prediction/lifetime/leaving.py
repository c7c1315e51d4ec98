"""Means over a beta distributed chance: Gauss-Jacobi nodes by Golub and Welsch (1969), for parameters of any size."""

from functools import lru_cache

import numpy as np


@lru_cache(maxsize=4_096)
def beta_nodes(a: float, b: float, nodes: int) -> tuple[np.ndarray, np.ndarray]:
    """Points in (0, 1) and weights that sum to 1: sum(weight × f(point)) is the mean of f over Beta(a, b)."""
    from scipy.linalg import eigh_tridiagonal

    first, second = b - 1.0, a - 1.0  # exponents of 1 - z and 1 + z, z = 2 p - 1
    n = np.arange(nodes, dtype=float)
    whole = 2 * n + first + second
    with np.errstate(divide="ignore", invalid="ignore"):
        middle = (second**2 - first**2) / (whole * (whole + 2))
        beside = (4 * n * (n + first) * (n + second) * (n + first + second)
                  / (whole**2 * (whole + 1) * (whole - 1)))
    middle[0] = (second - first) / (first + second + 2)
    if nodes > 1:
        beside[1] = 4 * (1 + first) * (1 + second) / ((2 + first + second) ** 2 * (3 + first + second))
    z, vectors = eigh_tridiagonal(middle, np.sqrt(beside[1:]))
    weight = vectors[0] ** 2
    return np.clip((1 + z) / 2, 1e-15, 1.0), weight / weight.sum()
