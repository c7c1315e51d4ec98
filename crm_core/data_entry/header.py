"""Where a table's header is: below title lines, over several rows, or nowhere; and what its columns are called.

    Sales of March               a title: left out, said in a note
    Order no, Customer, Total    the header
    A1,       Ada,      5        the first row
    Total,    ,         5        a total: no row of the table
"""
import re
from collections import Counter
from dataclasses import dataclass
from statistics import median_high

from crm_core.errors import FileEmpty, HeaderLineNotThere, TooManyColumns

BLANKS = " \t\r\n\v\f\u00a0\u2007\u2009\u200b\u202f\u3000\ufeff"
MOST_COLUMNS = 2000
MOST_TITLES = 30
LOOKED_AT = 200  # rows by which the header is judged

# What cells of data look like and words of a header do not.
LOOKS = {
    "number": re.compile(r"[-+(]?[$€£¥￥]?\s?\d[\d.,']*(e[-+]?\d+)?\s?[%€元)]?", re.IGNORECASE),
    "date": re.compile(r"\d{1,4}[-/.年]\d{1,2}[-/.月]\d{1,4}日?([T ]\d{1,2}:\d\d.*)?"),
    "e-mail": re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+"),
    "address": re.compile(r"https?://\S+"),
    "key": re.compile(r"(?=[0-9a-f-]*\d)[0-9a-f]{8,}(-[0-9a-f]{4,}){0,4}", re.IGNORECASE),
    "truth": re.compile(r"true|false", re.IGNORECASE),
    "error": re.compile(r"#(N/A|NAME\?|DIV/0!|REF!|VALUE!|NUM!|NULL!)"),
}
TOTAL = re.compile(r"(grand |sub)?-?totals?|sum|gesamt(summe)?|summe|总计|合计|小计|總計|合計|小計", re.IGNORECASE)

Row = tuple[int, list[str]]  # its line and its cells


@dataclass(frozen=True)
class Header:
    names: tuple[str, ...]
    line: int  # 0 where the table has none
    first: int  # the place, among the rows looked at, of the first row of data
    notes: tuple  # what was done unasked: (name, facts)


def looks(cell: str) -> str | None:
    return next((name for name, pattern in LOOKS.items() if pattern.fullmatch(cell)), None)


def filled(row: list[str]) -> int:
    return sum(1 for cell in row if cell.strip(BLANKS))


def find_header(rows: list[Row], name: str, told: int | None = None, merged=()) -> Header:
    """The header of a table by its first rows.

    `told` is the header's line as the person says it (0: there is none). `merged` are merged cells as (first row's
    line, first column, last row's line, last column). Raises FileEmpty, TooManyColumns, HeaderLineNotThere.
    """
    rows = [(line, [cell.strip(BLANKS) for cell in row]) for line, row in rows]
    some = [place for place, (_, row) in enumerate(rows) if any(row)]
    if not some:
        raise FileEmpty(name=name)
    notes: list = []
    place = some[0]
    if told:
        place = next((place for place in some if rows[place][0] == told), None)
        if place is None:
            raise HeaderLineNotThere(name=name, line=told)
    elif told is None:
        place = _below_titles(rows, some, merged)
        titles = [" ".join(filter(None, rows[above][1])) for above in some if above < place]
        if titles:
            notes.append(("title_lines", {"count": len(titles), "text": " · ".join(titles)[:200]}))
    line, cells = rows[place]
    below = [row for _, row in rows[place + 1:] if any(row)]
    if told == 0 or told is None and _is_data(cells, below):
        width = Counter(len(row) for row in [cells, *below]).most_common(1)[0][0]
        if told is None:
            notes.append(("no_header", {"line": line}))
        return Header(named([""] * _allowed(width, name), line, notes), 0, place, tuple(notes))
    cells, last = _over_several_rows(rows, place, merged)
    if last > place:
        notes.append(("header_rows", {"count": last - place + 1}))
        below = [row for _, row in rows[last + 1:] if any(row)]
    cells = _fitted(cells, below, line, notes)
    _allowed(len(cells), name)
    return Header(named(cells, line, notes), line, last + 1, tuple(notes))


def _allowed(width: int, name: str) -> int:
    if width > MOST_COLUMNS:
        raise TooManyColumns(name=name, columns=width, most=MOST_COLUMNS)
    return width


def _below_titles(rows: list[Row], some: list[int], merged) -> int:
    """The place of the first row that is no title: a title fills few of the cells that rows of the table fill."""
    counts = [filled(rows[place][1]) for place in some]
    usual = median_high(counts[len(counts) // 2:])  # titles stand above
    width = Counter(len(rows[place][1]) for place in some).most_common(1)[0][0]
    for at, place in enumerate(some[: MOST_TITLES + 1]):
        line, row = rows[place]
        short = len(row) != width
        wide = any(top == line and right - left + 1 >= max(2, usual) for top, left, _, right in merged)
        title = (
            usual >= 2 and counts[at] == 1 and (short or wide or usual >= 3)
            or counts[at] <= usual / 2 and short and usual >= 3
            or counts[at] < usual / 2 and usual >= 5
            or counts[at] < usual and (short or usual == 2) and _heads_better(rows, some[at + 1:]))
        if not title:
            return place
    return some[0]


def _heads_better(rows: list[Row], following: list[int]) -> bool:
    """Whether the first of the following rows is full of words and stands above numbers, dates and the like."""
    if len(following) < 2:
        return False
    row, below = rows[following[0]][1], following[1:]
    words = all(cell and not looks(cell) for cell in row)
    return words and any(looks(cell) for place in below for cell in rows[place][1])


def _is_data(cells: list[str], below: list[list[str]]) -> bool:
    """Whether what should be a header looks like the rows below it, in one column at least, and unlike them in none."""
    if not below:
        return False
    own = [looks(cell) for cell in cells if cell]
    if _is_sequence(cells) and not _is_sequence(below[0]):  # years as headers
        return False
    if all(own):
        return True
    again = below.count(cells)  # a header that is repeated
    alike = recurring = 0
    for place, cell in enumerate(cells):
        column = [row[place] for row in below if len(row) > place and row[place]]
        if not cell or not column:
            continue
        kind, times = Counter(map(looks, column)).most_common(1)[0]
        if kind and times >= 0.9 * len(column):
            if looks(cell) != kind:
                return False
            alike += 1
        else:
            recurring += column.count(cell) - again
    return bool(alike) or recurring >= 3 and len(below) >= 5


def _is_sequence(cells: list[str]) -> bool:
    """Whether the cells, but for the first, count on: Country, 2024, 2025, 2026."""
    numbers = [int(cell) for cell in cells if re.fullmatch(r"\d{1,9}", cell)]
    return 2 <= len(numbers) >= sum(map(bool, cells)) - 1 and all(
        after == before + 1 for before, after in zip(numbers, numbers[1:], strict=False))


def _over_several_rows(rows: list[Row], place: int, merged) -> tuple[list[str], int]:
    """The header's cells, those of merged cells joined with what stands below; and the place of its last row."""
    place_of = {line: place for place, (line, _) in enumerate(rows)}
    line, cells = rows[place]
    spans = [(place_of[top], left, place_of.get(bottom, len(rows) - 1), right)
             for top, left, bottom, right in merged if top in place_of]
    last, wide = place, False
    for top, left, bottom, right in sorted(spans):
        if place <= top <= last:
            last = max(last, bottom + (right > left))
            wide |= right > left
    if not wide or last >= len(rows):
        return cells, place
    names = []
    for column in range(len(cells)):
        parts = []
        for at in range(place, last + 1):
            top, left = next(((t, le) for t, le, b, r in spans if t <= at <= b and le <= column <= r), (at, column))
            part = rows[top][1][left]
            if part and part not in parts:
                parts.append(part)
        names.append(" / ".join(parts))
    return names, last


def _fitted(cells: list[str], below: list[list[str]], line: int, notes: list) -> list[str]:
    """The header's cells, as many as the rows have, where that can be known; else the columns stay without names.

        Order,,Total above 1,5      →  Order, Total: as many names as cells
        Order,Total  above 1,5,     →  Order, Total, (none): nothing stands in the third
        Order,Total  above 1,Ada,5  →  (none), (none), (none): which is which cannot be known
    """
    if not below:
        return cells
    usual, times = Counter(map(len, below)).most_common(1)[0]
    if usual == len(cells) or usual == 1:
        return cells
    named = [cell for cell in cells if cell]
    if len(named) == usual and times == len(below):
        notes.append(("header_blank_cells", {"count": len(cells) - usual, "line": line}))
        return named
    if usual > len(cells) and not any(any(row[len(cells):]) for row in below if len(row) == usual):
        notes.append(("rows_longer", {"cells": len(cells), "columns": usual, "line": line}))
        return cells + [""] * (usual - len(cells))
    if times >= max(3, 0.9 * len(below)):
        notes.append(("header_does_not_fit", {"line": line, "cells": len(cells), "columns": usual}))
        return [""] * usual
    return cells


def named(cells: list[str], line: int, notes: list) -> tuple[str, ...]:
    names, taken = [], {" ".join(cell.split()).casefold() for cell in cells}
    seen: set[str] = set()
    for position, cell in enumerate(cells, 1):
        name = header = " ".join(cell.split()) or f"#{position}"
        times = 2
        while name.casefold() in seen:
            name = f"{header} ({times})"
            while name.casefold() in taken:
                times += 1
                name = f"{header} ({times})"
            times += 1
        if name != header:
            notes.append(("headers_alike", {"header": header, "named": name, "column": position, "line": line}))
        seen.add(name.casefold())
        names.append(name)
    return tuple(names)


def footer(rows: list[Row], width: int) -> dict[int, str]:
    """Lines at a table's end that are no rows of it, with the reason: totals, and remarks below a blank line."""
    reasons: dict[int, str] = {}
    for place in range(len(rows) - 1, -1, -1):
        line, row = rows[place]
        if not filled(row) or len(row) != width:
            continue  # blank, or rejected anyway
        cells = [cell.strip(BLANKS) for cell in row if cell.strip(BLANKS)]
        words = [cell for cell in cells if looks(cell) != "number"]
        total = len(words) == 1 < len(cells) and TOTAL.fullmatch(words[0].rstrip(":： "))
        if total and (len(cells) < width or width == 2):
            reasons[line] = "total_row"
        elif len(cells) == 1 and width >= 3:
            reasons[line] = "remark"
        else:
            break
    # Remarks stand below a blank line; without one directly above them they are rows that happen to be sparse.
    remarks = [line for line, reason in reasons.items() if reason == "remark"]
    above = [row for line, row in rows if remarks and line < min(remarks)]
    if remarks and not (above and not filled(above[-1])):
        return {line: reason for line, reason in reasons.items() if reason == "total_row" and line > max(remarks)}
    return reasons
