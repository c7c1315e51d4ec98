"""From a workbook (xlsx, xlsm, xlsb, xls, ods) to cells as texts, by calamine.

    42          →  42             a whole number has no decimals
    0.1         →  0.1            the shortest text that is this number
    1 Mar 2026  →  2026-03-01     whatever the cell's format and the workbook's first day (1900, 1904)
    42 as 00042 →  00042          a number shown with leading zeros is a text
    =A1*2       →  its value as last computed; the formula itself where there is none

calamine gives no error cells, no formulas without values, and numbers as floats. So that none of these is lost in
silence the sheet's XML is looked through beside it; and as that comes first, no sheet too large for memory is opened.
"""
import datetime
import re
from collections import deque
from pathlib import Path
from xml.etree import ElementTree

from crm_core.data_entry import archive
from crm_core.data_entry.header import BLANKS, LOOKED_AT, filled, find_header, footer
from crm_core.errors import (
    CrmError,
    FileDamaged,
    NoTableInside,
    OnlyAHeader,
    PasswordNeeded,
    SheetNotThere,
    SheetTooLarge,
)

MOST_XML_MB = 1500
MOST_CELLS = 24_000_000  # between a sheet's first and last cell: calamine lays them all out
SPARSE = 4_000_000  # so many may be blank at will
TAIL = 30  # last rows in which totals and remarks are looked for
EXACT = 2**53  # beyond it a float is not every whole number

CELL = re.compile(rb'<(?:\w+:)?c\s([^>]*?)(?:/>|>(.*?)</(?:\w+:)?c>)', re.DOTALL)
PLACE = re.compile(rb'\br="([A-Z]{1,3})(\d{1,7})"')
VALUE = re.compile(rb"<(?:\w+:)?v[^>]*>([^<]*)</(?:\w+:)?v>")
FORMULA = re.compile(rb"<(?:\w+:)?f(?:\s[^>]*)?(?:/>|>([^<]*)</(?:\w+:)?f>)")
PADDED = re.compile(r"0{2,}")


def read_workbook(source: Path, folder: Path, name: str, kind: str, sheet: str | None = None,
                  header_line: int | None = None, progress=lambda share: None) -> dict:
    """Write cells.parquet and ragged.parquet; the fields of Reading that are known by then.

    Raises FileDamaged, PasswordNeeded, UnpacksTooLarge, SheetNotThere, SheetTooLarge, NoTableInside, OnlyAHeader,
    TooManyColumns, HeaderLineNotThere.
    """
    from crm_core.data_entry.parse import TableWriter, sample_of, write_rejects

    if kind != "xls":
        archive.refuse_swollen(source, name, MOST_XML_MB)
    book = _opened(source, name)
    sheets = [known for known in book.sheets_metadata if str(known.typ).endswith("WorkSheet")]
    names = tuple(known.name for known in sheets)
    if sheet is not None and sheet not in names:
        raise SheetNotThere(name=name, sheet=sheet)
    parts = _parts_of_sheets(source, name) if kind == "xlsx" else {}
    notes: list = []
    chosen, seen, rows = _table(book, source, name, sheets, sheet, parts)
    others = [known.name for known in sheets if known.name != chosen and "Visible" in str(known.visible)]
    if sheet is None and len(names) > 1 and others:
        notes.append(("sheet_chosen", {"sheet": chosen, "count": len(names)}))
    if any(known.name == chosen and not str(known.visible).endswith(".Visible") for known in sheets):
        notes.append(("sheet_hidden", {"sheet": chosen}))
    progress(0.3)

    columns = _used_columns(rows, seen)
    kept = {column: place for place, column in enumerate(columns)}
    merged = [(top + 1, kept.get(left, 0), bottom + 1, max((kept[c] for c in columns if c <= right), default=0))
              for (top, left), (bottom, right) in rows.merged_cell_ranges or ()
              if any(left <= column <= right for column in columns)]
    first_rows = _texts(rows, columns, seen, {})
    looked_at = [row for _, row in zip(range(LOOKED_AT), first_rows, strict=False)]
    header = find_header(looked_at, name, header_line, merged)
    notes.extend(header.notes)
    first = looked_at[header.first][0] if header.first < len(looked_at) else looked_at[-1][0] + 1
    spread = {(line, left): (top, left) for top, left, bottom, right in merged
              if left == right and top >= first for line in range(top + 1, bottom + 1)}
    if spread:
        notes.append(("merged_filled", {"count": len(spread)}))

    rejects, tail, total = [], deque(), max(rows.total_height, 1)
    width = len(header.names)
    with TableWriter(folder / "cells.parquet", header.names) as table:
        for line, row in _texts(rows, columns, seen, spread):
            if line < first:
                continue
            tail.append((line, row))
            if len(tail) > TAIL:
                table.add(*tail.popleft())
            if not line % 16_384:
                progress(0.3 + 0.7 * line / total)
        left_out = footer(list(tail), width)
        for line, row in tail:
            if line in left_out:
                rejects.append((line, left_out[line], " | ".join(row)))
            elif filled(row):
                table.add(line, row)
    if not table.rows:
        raise OnlyAHeader(name=name, columns=width)
    write_rejects(folder / "ragged.parquet", rejects)
    notes.extend(seen.notes())
    return {"format": kind, "sheets": names, "sheet": chosen, "headers": header.names, "header_line": header.line,
            "rows": table.rows, "ragged": len(rejects), "notes": tuple(notes),
            "sample": sample_of(folder / "cells.parquet", header.names)}


def _opened(source: Path, name: str):
    import python_calamine as calamine

    try:
        return calamine.CalamineWorkbook.from_path(str(source))
    except calamine.PasswordError:
        raise PasswordNeeded(name=name) from None
    except (calamine.CalamineError, OSError):
        raise FileDamaged(name=name) from None
    except BaseException as error:
        raise _damaged(error, name) from None


def _damaged(error: BaseException, name: str) -> BaseException:
    """What calamine's own faults are for the person; they come as a kind of error that is no Exception."""
    return FileDamaged(name=name) if type(error).__name__ == "PanicException" else error


def _loaded(book, sheet: str, name: str):
    import python_calamine as calamine

    try:
        return book.get_sheet_by_name(sheet)
    except calamine.CalamineError:
        raise FileDamaged(name=name) from None
    except BaseException as error:
        raise _damaged(error, name) from None


def _table(book, source: Path, name: str, sheets, told: str | None, parts: dict[str, str]):
    """The sheet that was told, else the first in sight that holds a table, else the first that holds anything."""
    candidates = [told] if told else [
        known.name for known in sorted(sheets, key=lambda known: not str(known.visible).endswith(".Visible"))]
    anything = refused = None
    for sheet in candidates:
        try:
            seen = _looked_through(source, name, sheet, parts[sheet]) if sheet in parts else Seen()
            rows = _loaded(book, sheet, name)
        except CrmError as error:
            if told:
                raise
            refused = refused or error
            continue
        if rows.start is None and not seen.texts:
            continue
        full = sum(1 for row in _some(rows) if sum(cell != "" for cell in row) >= 2)
        if told or full >= 2:
            return sheet, seen, rows
        anything = anything or (sheet, seen, rows)
    if anything and not refused:
        return anything
    raise refused or NoTableInside(name=name)


def _some(rows, most: int = 300):
    return (row for _, row in zip(range(most), rows.iter_rows(), strict=False))


def _used_columns(rows, seen: "Seen") -> list[int]:
    """Columns in which anything stands: those without are left out."""
    used = {column for _, column in seen.texts}
    width = rows.end[1] + 1 if rows.end else 0
    left = [column for column in range(width) if column not in used]
    for row in rows.iter_rows():
        if not left:
            break
        some = [column for column in left if column < len(row) and row[column] != ""]
        if some:
            used.update(some)
            left = [column for column in left if column not in used]
    return sorted(used)


def _texts(rows, columns: list[int], seen: "Seen", spread: dict):
    """The rows with their numbers in Excel, as texts of the columns that are used."""
    merged_values: dict = {}
    wanted = set(spread.values())
    texts = seen.texts
    last = 0
    for line, row in enumerate(rows.iter_rows(), 1):
        last = line
        cells = [_text(row[column], line, column, seen) if column < len(row) else "" for column in columns]
        if texts:
            cells = [texts.get((line - 1, column), cell) for column, cell in zip(columns, cells, strict=True)]
        if spread:
            for place in range(len(cells)):
                if (line, place) in wanted:
                    merged_values[line, place] = cells[place]
                elif (line, place) in spread:
                    cells[place] = cells[place] or merged_values.get(spread[line, place], "")
        yield line, cells
    for line in range(last + 1, seen.last_row + 2):  # rows of nothing but what calamine leaves out
        yield line, [texts.get((line - 1, column), "") for column in columns]


def _text(value, line: int, column: int, seen: "Seen") -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if value.is_integer() and abs(value) < EXACT:
            return str(int(value))
        if abs(value) >= EXACT:
            seen.inexact[line - 1, column] = repr(value)
        return repr(value)
    if isinstance(value, datetime.datetime):
        # A time of day is a fraction in Excel, and 8:26 may come out a millisecond short.
        near = (value + datetime.timedelta(milliseconds=1)).replace(microsecond=0)
        if abs(near - value) <= datetime.timedelta(milliseconds=1):
            value = near
        return value.isoformat(" ")
    if isinstance(value, datetime.timedelta):
        seconds = round(value.total_seconds())
        return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return value.isoformat() if isinstance(value, datetime.date | datetime.time) else str(value)


# --- the XML beside calamine --------------------------------------------------------------------


class Seen:
    """What stands in a sheet's XML and would be lost: texts by (row, column), both counted from 0."""

    def __init__(self):
        self.texts: dict[tuple[int, int], str] = {}
        self.formulas: list[tuple[int, int]] = []  # cells whose formula has no value
        self.inexact: dict[tuple[int, int], str] = {}  # cells with numbers that Excel itself does not keep exactly
        self.last_row = -1

    def notes(self) -> list:
        inexact = [cell for cell in self.inexact if cell not in self.texts]
        found = []
        if self.formulas:
            found.append(("formulas_without_values",
                          {"count": len(self.formulas), "cell": cell_name(*self.formulas[0])}))
        if inexact:
            found.append(("numbers_not_exact", {"count": len(inexact), "cell": cell_name(*min(inexact))}))
        return found


def cell_name(row: int, column: int) -> str:
    letters, column = "", column + 1
    while column:
        column, letter = divmod(column - 1, 26)
        letters = chr(65 + letter) + letters
    return f"{letters}{row + 1}"


def _column(letters: bytes) -> int:
    column = 0
    for letter in letters:
        column = column * 26 + letter - 64
    return column - 1


def _parts_of_sheets(source: Path, name: str) -> dict[str, str]:
    """The parts of the archive in which the sheets lie."""
    relation = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
    strict = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"
    with archive.open_zip(source, name) as packed:
        members = {member.lower(): member for member in packed.namelist()}
        try:
            book = ElementTree.fromstring(archive.read_member(packed, members["xl/workbook.xml"], name))
            known = ElementTree.fromstring(archive.read_member(packed, members["xl/_rels/workbook.xml.rels"], name))
        except (KeyError, ElementTree.ParseError):
            raise FileDamaged(name=name) from None
        targets = {entry.get("Id"): entry.get("Target", "") for entry in known}
        parts = {}
        for element in book.iter():
            if element.tag.endswith("}sheet"):
                target = targets.get(element.get(relation) or element.get(strict), "")
                target = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
                if target.lower() in members:
                    parts[element.get("name")] = members[target.lower()]
        return parts


def _padded_styles(packed, name: str) -> dict[bytes, int]:
    """Styles that show a number with leading zeros: their number → how many digits."""
    if "xl/styles.xml" not in packed.namelist():
        return {}
    try:
        styles = ElementTree.fromstring(archive.read_member(packed, "xl/styles.xml", name))
    except ElementTree.ParseError:
        return {}
    formats = {element.get("numFmtId"): element.get("formatCode", "") for element in styles.iter()
               if element.tag.endswith("}numFmt")}
    cells = next((element for element in styles.iter() if element.tag.endswith("}cellXfs")), ())
    return {str(number).encode(): len(code) for number, style in enumerate(cells)
            if PADDED.fullmatch(code := formats.get(style.get("numFmtId"), ""))}


def _looked_through(source: Path, name: str, sheet: str, part: str) -> Seen:
    """What calamine would lose of a sheet. Raises SheetTooLarge before it is laid out in memory."""
    seen, cells, last_column, rest = Seen(), 0, 0, b""
    with archive.open_zip(source, name) as packed:
        padded = _padded_styles(packed, name)
        styled = re.compile(rb'\bs="(?:' + b"|".join(padded) + rb')"') if padded else None
        for block in archive.blocks_of(packed, part, name):
            block = rest + block
            end = block.rfind(b"</row>") + 1 or block.rfind(b":row>") + 1
            block, rest = (block[:end], block[end:]) if end and len(block) - end < 8 << 20 else (block, b"")
            places = PLACE.findall(block)
            if not places:
                continue
            cells += len(places)
            last_column = max(last_column, max(map(_column, {letters for letters, _ in places})))
            seen.last_row = max(seen.last_row, int(places[-1][1]) - 1)
            area = (seen.last_row + 1) * (last_column + 1)
            if area > MOST_CELLS or area > SPARSE and area > 50 * cells:
                raise SheetTooLarge(name=name, sheet=sheet, cell=cell_name(seen.last_row, last_column))
            if b"<f" in block or b":f" in block or b't="e"' in block or (styled and styled.search(block)) or re.search(
                    rb">-?\d{16,}<", block):
                _keep(block, padded, seen)
    seen.last_row = max((row for row, _ in seen.texts), default=-1)
    return seen


def _keep(block: bytes, padded: dict[bytes, int], seen: Seen) -> None:
    for attributes, content in CELL.findall(block):
        place = PLACE.search(attributes)
        if not place or not content:
            continue
        value = VALUE.search(content)
        number = value.group(1).strip() if value else b""
        at = int(place.group(2)) - 1, _column(place.group(1))
        kind = re.search(rb'\bt="(\w+)"', attributes)
        kind = kind.group(1) if kind else b"n"
        if kind == b"e":
            seen.texts[at] = number.decode("utf-8", "replace")
        elif not number and kind not in (b"inlineStr", b"str"):  # "str" without a value is a text without letters
            formula = FORMULA.search(content)
            if formula:
                seen.texts[at] = "=" + _unescaped(formula.group(1) or b"")
                seen.formulas.append(at)
        elif kind == b"n" and re.fullmatch(rb"-?\d{16,}", number):
            seen.texts[at] = number.decode()
        elif kind == b"n" and padded and number.isdigit():
            style = re.search(rb'\bs="(\d+)"', attributes)
            if style and style.group(1) in padded:
                seen.texts[at] = number.decode().zfill(padded[style.group(1)])


def _unescaped(text: bytes) -> str:
    from html import unescape

    return unescape(text.decode("utf-8", "replace")).strip(BLANKS)
