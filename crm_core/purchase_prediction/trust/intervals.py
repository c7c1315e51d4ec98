"""How sure a share is."""

import numpy as np

SURE = 1.959963984540054  # 95 % of a normal spread lie within so many standard errors


def wilson(yes, rows, sure: float = SURE):
    """Low and high of the interval of a share of so many rows (Wilson 1927); numbers or arrays."""
    share = yes / rows
    middle = (share + sure**2 / (2 * rows)) / (1 + sure**2 / rows)
    wide = sure * np.sqrt(share * (1 - share) / rows + sure**2 / (4 * rows**2)) / (1 + sure**2 / rows)
    return np.maximum(middle - wide, 0.0), np.minimum(middle + wide, 1.0)
