"""What each way of grouping gives back, and the plain numbers in which it is kept."""
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Fitted:
    labels: np.ndarray  # whole numbers, a row each; −1: in no group
    state: dict  # {"kind": "centres", "centres": [[…], …]}: what `assign` needs; plain data, no arrays
    fitted_on: int = 0  # rows the groups were learned from; the others were placed by the state


def plain(values: np.ndarray) -> list:
    """Numbers for JSON, the shortest that read back as the same float32: 0.1, not 0.10000000149011612."""
    values = np.asarray(values, dtype=np.float32)
    return [float(str(value)) for value in values] if values.ndim == 1 else [plain(row) for row in values]
