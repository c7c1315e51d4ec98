"""How a cloud of words is drawn: large is what many messages have; it stands only beside a list with the figures.

Words are laid from the middle outward along a spiral, each where it first fits, the same way each time.
"""
from html import escape
from math import cos, pi, sin

WIDE, TALL = 340, 300  # of the paper in pixels, so that it fits a telephone; a wider screen spreads the words
SMALLEST, LARGEST = 10, 34  # of the letters in pixels


def layout(names: list[str], values: list[float]) -> list[tuple[str, float, float, float]]:
    """(name, x, y, size) of the words that find room, the largest first. A sign of Chinese is as wide as it is tall."""
    if not names:
        return []
    largest = max(values)
    placed, boxes = [], []
    for name, value in sorted(zip(names, values, strict=True), key=lambda word: -word[1]):
        size = SMALLEST + (LARGEST - SMALLEST) * value / largest
        wide = size * sum(1.05 if ord(sign) > 0x2e7f else 0.58 for sign in name) + 6
        tall = size * 1.2
        for step in range(1500):
            angle, away = step * 0.29, step * 0.15
            x, y = away * cos(angle), away * 0.85 * sin(angle + pi / 7)
            box = (x - wide / 2, y - tall / 2, x + wide / 2, y + tall / 2)
            if abs(x) + wide / 2 > WIDE / 2 or abs(y) + tall / 2 > TALL / 2:
                continue
            if not any(box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3]
                       for other in boxes):
                boxes.append(box)
                placed.append((name, x, y, size))
                break
    return placed


def draw(drawing) -> None:
    chart, theme = drawing.chart, drawing.theme
    frame = chart.frame.drop_duplicates(chart.text)
    placed = layout(list(frame[chart.text]), list(frame[chart.size]))
    rows = frame.set_index(chart.text).loc[[name for name, *_ in placed]].reset_index()
    drawing.figure.add_scatter(
        mode="text", x=[x for _, x, _, _ in placed], y=[y for _, _, y, _ in placed], cliponaxis=False,
        text=[escape(name, quote=False) for name, *_ in placed],
        textfont={"size": [round(size, 1) for *_, size in placed],
                  "color": [(theme.accent, theme.ink, theme.muted)[place % 3] for place in range(len(placed))]},
        **drawing.hover(rows))
    drawing.figure.update_layout(height=TALL + 20, dragmode=False)
    drawing.figure.update_xaxes(visible=False, fixedrange=True, range=[-WIDE / 2, WIDE / 2])
    drawing.figure.update_yaxes(visible=False, fixedrange=True, range=[-TALL / 2, TALL / 2])
