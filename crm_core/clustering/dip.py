"""Has a row of numbers one hill or several? The dip (Hartigan & Hartigan 1985): how far it is from a single hill.

    one hill     ▁▃▆█▆▃▁    a dip near 0
    two hills    ▃█▃▁▃█▃    a dip up to .25
"""
import numpy as np

# The quantiles of √n · dip where n numbers are spread evenly, of the single hills the hardest to tell from two: the
# share of 10,000 draws (seed 0) that lie below. Beyond 2,000 they hardly change any more.
SHARES = (0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999)
QUANTILES = {
    10: (0.3087, 0.3750, 0.4115, 0.4375, 0.4730, 0.5009, 0.5219, 0.5390, 0.5568),
    20: (0.3280, 0.3940, 0.4319, 0.4671, 0.5094, 0.5348, 0.5533, 0.5781, 0.6024),
    50: (0.3451, 0.4171, 0.4600, 0.4964, 0.5455, 0.5735, 0.6009, 0.6384, 0.6649),
    100: (0.3557, 0.4288, 0.4704, 0.5118, 0.5635, 0.5923, 0.6135, 0.6568, 0.6900),
    200: (0.3627, 0.4361, 0.4820, 0.5219, 0.5751, 0.6059, 0.6356, 0.6756, 0.6980),
    500: (0.3679, 0.4428, 0.4870, 0.5308, 0.5801, 0.6144, 0.6413, 0.6743, 0.7000),
    1000: (0.3721, 0.4484, 0.4936, 0.5332, 0.5842, 0.6206, 0.6565, 0.7033, 0.7265),
    2000: (0.3744, 0.4495, 0.4979, 0.5382, 0.5894, 0.6311, 0.6573, 0.7000, 0.7288),
}
FEWEST = 8  # fewer numbers show no hills


def p_value(values: np.ndarray) -> float:
    """How often one hill gives a dip as large as this or larger (0..1): small where there are several hills."""
    if len(values) < FEWEST:
        return 1.0
    sizes, roots = np.array(list(QUANTILES)), np.sqrt(list(QUANTILES))
    at = np.sqrt(np.clip(len(values), sizes[0], sizes[-1]))
    table = [np.interp(at, roots, column) for column in zip(*QUANTILES.values(), strict=True)]
    found, tails = np.sqrt(len(values)) * dip(values), np.log(1 - np.array(SHARES))
    if found > table[-1]:  # beyond the table the logarithm goes on falling as it did
        slope = (tails[-1] - tails[-4]) / (table[-1] - table[-4])
        return float(np.exp(tails[-1] + slope * (found - table[-1])))
    return float(np.exp(np.interp(found, [0.0, *table], [0.0, *tails])))


def dip(values: np.ndarray) -> float:
    """0..0.25: the largest distance of the values' distribution from the nearest one with a single hill.

    The algorithm of Hartigan (1985), Applied Statistics 34, AS 217, with the corrections of Maechler's `diptest`: the
    greatest convex minorant left of the hill, the least concave majorant right of it, narrowed until nothing moves.
    """
    x = np.sort(np.asarray(values, dtype=float))
    n = len(x)
    if n < 4 or x[0] == x[-1]:
        return 0.5 / max(n, 1)
    at = x.tolist()
    below, above = _hull(at), [n - 1 - place for place in _hull([-value for value in reversed(at)])][::-1]
    low, high, found = 0, n - 1, 1.0
    while True:
        convex = [high]  # corners of the minorant, from high down to low
        while convex[-1] > low:
            convex.append(below[convex[-1]])
        concave = [low]  # corners of the majorant, from low up to high
        while concave[-1] < high:
            concave.append(above[concave[-1]])
        distance, left, right = _farthest(at, convex, concave)
        if distance < found:
            break
        aside = [_bend(x, convex[place + 1], convex[place], 1) for place in range(left, len(convex) - 1)]
        aside += [_bend(x, concave[place], concave[place + 1], -1) for place in range(right, len(concave) - 1)]
        found = max([found, *aside])
        if (low, high) == (convex[left], concave[right]):
            break
        low, high = convex[left], concave[right]
    return found / (2 * n)


def _hull(at: list[float]) -> list[int]:
    """For each place the corner before it on the greatest convex minorant of the places 0..itself."""
    before = [0] * len(at)
    for j in range(1, len(at)):
        corner = j - 1
        while corner > 0:
            earlier = before[corner]
            if (at[j] - at[corner]) * (corner - earlier) < (at[corner] - at[earlier]) * (j - corner):
                break
            corner = earlier
        before[j] = corner
    return before


def _farthest(at: list[float], convex: list[int], concave: list[int]) -> tuple[float, int, int]:
    """The largest distance of minorant and majorant, and the corners of either between which it lies."""
    if len(convex) == 2 and len(concave) == 2:
        return 1.0, 1, 1
    ix, iv = len(convex) - 2, 1
    distance, left, right = 0.0, len(convex) - 1, len(concave) - 1
    while True:
        lower, upper = convex[ix], concave[iv]
        if lower > upper:
            start = convex[ix + 1]
            here = (upper - start + 1) - (at[upper] - at[start]) * (lower - start) / (at[lower] - at[start])
            iv += 1
            if here >= distance:
                distance, left, right = here, ix + 1, iv - 1
        else:
            start = concave[iv - 1]
            here = (at[lower] - at[start]) * (upper - start) / (at[upper] - at[start]) - (lower - start - 1)
            ix -= 1
            if here >= distance:
                distance, left, right = here, ix + 1, iv
        ix, iv = max(ix, 0), min(iv, len(concave) - 1)
        if convex[ix] == concave[iv]:
            return distance, left, right


def _bend(x: np.ndarray, start: int, end: int, side: int) -> float:
    """How far the steps of the distribution rise above (side 1) or fall below (−1) the line between corners."""
    if end - start <= 1 or x[end] == x[start]:
        return 1.0
    line = (x[start:end + 1] - x[start]) * ((end - start) / (x[end] - x[start]))
    steps = np.arange(end - start + 1)
    return max(1.0, float((steps + 1 - line).max() if side > 0 else (line - steps + 1).max()))
