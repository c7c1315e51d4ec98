"""The small picture of a step of a grouping, as marks: see ui/steps.py."""
from ui.steps import GAP, HIGH, WIDE, bars, dots, line, rounded


def picture(step) -> list[list]:
    """What the step did, drawn from its own numbers."""
    marks = {"collect": _collect, "clean": _clean, "features": _features, "algorithm": _algorithm, "train": _train,
             "evaluate": _evaluate, "apply": _apply}[step.name](step)
    return rounded(marks)


def _collect(step) -> list:
    counts = step.shape.get("by_month") or []
    return bars(counts, 0, WIDE, ["accent"] * len(counts))


def _clean(step) -> list:
    taken, left_out = step.shape["taken"]
    share = taken / max(1, taken + left_out)
    # What was left out stays visible however little it is.
    width = WIDE if not left_out else min(WIDE * share, WIDE - 5.0)
    marks = [["bar", 0, 14, float(width), 16, "accent"]]
    return marks if not left_out else [*marks, ["bar", width + 2.0, 14, max(3.0, WIDE - width - 2.0), 16, "quiet"]]


def _features(step) -> list:
    shapes = [counts for counts in step.shape["counts"] if counts]
    if not shapes:
        return []
    width = (WIDE - GAP * 2 * (len(shapes) - 1)) / len(shapes)
    return [mark for place, counts in enumerate(shapes)
            for mark in bars(counts, place * (width + GAP * 2), width, ["accent"] * len(counts), gap=0.6)]


def _train(step) -> list:
    points = [(k, value) for k, value in zip(step.shape["tried"], step.shape["inertia"], strict=False)
              if k is not None and value is not None]
    chosen = step.shape["k"][0]
    if len(points) < 2:
        return dots([(22 + 15 * place, 22) for place in range(min(chosen, 6))], 5, range(6))
    path, at = line(points)
    return [["line", "quiet", *path], *(["dot", *at[k], 4, "accent"] for k, _ in points if k == chosen)]


def _evaluate(step) -> list:
    groups = step.shape["silhouettes"]
    values = [value for group in groups for value in group]
    if not values:
        return []
    low = min(0.0, *values)
    scale, height = WIDE / (max(0.01, max(values)) - low), (HIGH - 2 * (len(groups) - 1)) / len(values)
    marks, top = [], 0.0
    for place, group in enumerate(groups):
        for value in group:
            left = (min(value, 0.0) - low) * scale
            marks.append(["bar", left, top, abs(value) * scale, height + 0.2, place])
            top += height
        top += 2
    return marks


def _apply(step) -> list:
    sizes = step.shape["sizes"]
    return bars(sizes, 0, WIDE, range(len(sizes)))


# --- the signs of the algorithms ------------------------------------------------------------------

_CLOUDS = (((14, 12), (24, 8), (20, 18), (9, 21)), ((58, 30), (68, 36), (66, 26), (76, 31)),
           ((98, 10), (108, 15), (100, 20), (110, 7)))
_MIDDLES = ((17, 15), (67, 31), (104, 13))


def _algorithm(step) -> list:
    name = step.choice["algorithm"]
    if name == "rfm":
        return [["bar", 34 + 18 * column, 1 + 14 * row, 16, 12, "accent" if column - row >= 1 else "quiet"]
                for row in range(3) for column in range(3)]
    if name == "agglomerative" or name == "bisecting":
        lines = [(60, 1, 60, 8), (28, 22, 28, 8, 92, 8, 92, 16), (12, 42, 12, 22, 44, 22, 44, 42),
                 (76, 42, 76, 16, 108, 16, 108, 42)]
        return [["line", "accent", *path] for path in lines]
    points = [mark for place, cloud in enumerate(_CLOUDS) for mark in dots(cloud, 3, [place] * 4)]
    if name in ("dbscan", "hdbscan"):  # what lies far from all dense places belongs nowhere
        return points + [["dot", x, y, 3, "quiet"] for x, y in ((42, 8), (38, 36), (88, 40))]
    if name == "mixture":
        return points + [["ring", x, y, 16, "quiet"] for x, y in _MIDDLES]
    return points + [mark for x, y in _MIDDLES for mark in (
        ["line", "ink", x - 5, y, x + 5, y], ["line", "ink", x, y - 5, x, y + 5])]
