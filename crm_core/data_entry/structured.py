"""From JSON to cells as texts: objects in a list, in a list under a key, one a line, or lists with a header.

    [{"id": 1, "name": {"first": "Ada"}}]       →  id 1 | name.first Ada
    {"data": [{"id": 1}], "total": 1}           →  id 1
    {"id": 1}⏎{"id": 2, "tags": ["a", "b"]}     →  id 1 | tags      and  id 2 | tags a; b
    [["id", "name"], [1, "Ada"]]                →  id 1 | name Ada

Numbers stay as they are written, so that ids of any length and prices keep their digits.
"""
import json
import re
from collections.abc import Iterator
from pathlib import Path

from crm_core.data_entry.decode import decode
from crm_core.data_entry.header import LOOKED_AT, MOST_COLUMNS, find_header, named
from crm_core.errors import JsonBroken, NoTableInside, OnlyAHeader, TooManyColumns

DEEPEST = 40
BLANK = re.compile(r"[ \t\r\n]*")


def read_json(source: Path, folder: Path, name: str, encoding: str | None = None, header_line: int | None = None,
              progress=lambda share: None) -> dict:
    """Write cells.parquet and ragged.parquet; the fields of Reading that are known by then. A row's line is its number
    in the list, or its line in the file where each line is an object.

    Raises JsonBroken, NoTableInside, OnlyAHeader, TooManyColumns and what decode raises.
    """
    from crm_core.data_entry.parse import TableWriter, sample_of, write_rejects

    text = folder / "text.json"
    decoded = decode(source, text, name, encoding, lambda share: progress(share * 0.2), longest_line=None)
    whole = text.read_text(encoding="utf-8")
    text.unlink()
    try:
        records, notes = _records(whole, name)
        progress(0.3)
        first = next((record for _, record in records()), None)
        if first is None:
            raise NoTableInside(name=name)
        rejects: list = []
        cells = folder / "cells.parquet"
        if isinstance(first, list):
            rows = [[_text(value) for value in record] for _, record in records() if isinstance(record, list)]
            header = find_header(list(enumerate(rows[:LOOKED_AT], 1)), name, header_line)
            headers, line, width = header.names, header.line, len(header.names)
            notes += header.notes
            with TableWriter(cells, headers) as table:
                for number, row in enumerate(rows[header.first:], header.first + 1):
                    if len(row) == width:
                        table.add(number, row)
                    else:
                        rejects.append((number, "cells_missing" if len(row) < width else "cells_too_many",
                                        " | ".join(row)))
        else:
            keys: dict[str, int] = {}
            for _, record in records():
                for key, _ in _flat(record):
                    keys.setdefault(key, len(keys))
                if len(keys) > MOST_COLUMNS:
                    raise TooManyColumns(name=name, columns=len(keys), most=MOST_COLUMNS)
            progress(0.6)
            alike: list = []
            headers, line = named(list(keys), 1, alike), 1
            notes += tuple(alike)
            with TableWriter(cells, headers) as table:
                for number, record in records():
                    row = [""] * len(keys)
                    for key, value in _flat(record):
                        row[keys[key]] = value
                    table.add(number, row)
    except RecursionError:
        raise JsonBroken(name=name, line=1) from None
    if not table.rows and not rejects:
        raise OnlyAHeader(name=name, columns=len(headers))
    write_rejects(folder / "ragged.parquet", rejects)
    return {"format": "json", "encoding": decoded.encoding, "encoding_guessed": decoded.guessed, "headers": headers,
            "header_line": line, "rows": table.rows, "ragged": len(rejects), "notes": tuple(notes),
            "sample": sample_of(cells, headers)}


def _pairs(pairs: list[tuple[str, object]]) -> dict:
    """An object whose keys may come twice: none is lost."""
    found: dict = {}
    for key, value in pairs:
        again, times = key, 2
        while again in found:
            again, times = f"{key} ({times})", times + 1
        found[again] = value
    return found


_DECODER = json.JSONDecoder(object_pairs_hook=_pairs, parse_int=str, parse_float=str, parse_constant=lambda _: None)


def _value_at(text: str, place: int, name: str) -> tuple[object, int]:
    try:
        return _DECODER.raw_decode(text, place)
    except json.JSONDecodeError as error:
        raise JsonBroken(name=name, line=error.lineno) from None


def _after_blanks(text: str, place: int) -> int:
    return BLANK.match(text, place).end()


def _records(text: str, name: str):
    """A function that gives every record with its number, and what was done unasked."""
    start = _after_blanks(text, 1 if text.startswith("\ufeff") else 0)
    if text.startswith("[", start):
        return _checked(lambda: _of_list(text, start, name), name), ()
    value, end = _value_at(text, start, name)
    if _after_blanks(text, end) < len(text):
        return _checked(lambda: _of_lines(text, start, name), name), ()
    lists = {key: entry for key, entry in _lists(value) if entry and all(isinstance(row, dict) for row in entry)} or {
        key: entry for key, entry in _lists(value) if len(entry) > 1 and all(isinstance(row, list) for row in entry)}
    if lists:
        key = max(lists, key=lambda key: len(lists[key]))
        return _checked(lambda: enumerate(lists[key], 1), name), (("json_list", {"key": key}),)
    if not value or not isinstance(value, dict):
        raise NoTableInside(name=name)
    return _checked(lambda: iter([(1, value)]), name), ()


def _lists(value, path: str = "", depth: int = 0) -> Iterator[tuple[str, list]]:
    """Lists that stand under keys, at most two deep: {"data": […]}, {"result": {"records": […]}}."""
    if isinstance(value, dict) and depth < 3:
        for key, entry in value.items():
            if isinstance(entry, list):
                yield f"{path}{key}", entry
            else:
                yield from _lists(entry, f"{path}{key}.", depth + 1)


def _checked(records, name: str):
    """The records, all objects or all lists: anything else is no table."""

    def same():
        kind = None
        for number, record in records():
            kind = kind or type(record)
            if kind not in (dict, list) or not isinstance(record, kind):
                raise NoTableInside(name=name)
            yield number, record

    return same


def _of_list(text: str, place: int, name: str) -> Iterator[tuple[int, object]]:
    place, number = _after_blanks(text, place + 1), 0
    while not text.startswith("]", place):
        number += 1
        value, place = _value_at(text, place, name)
        yield number, value
        place = _after_blanks(text, place)
        if text.startswith(",", place):
            place = _after_blanks(text, place + 1)
        elif not text.startswith("]", place):
            raise JsonBroken(name=name, line=text.count("\n", 0, place) + 1)
    if _after_blanks(text, place + 1) < len(text):
        raise JsonBroken(name=name, line=text.count("\n", 0, place) + 1)


def _of_lines(text: str, place: int, name: str) -> Iterator[tuple[int, object]]:
    line, counted = 1, 0
    while place < len(text):
        line += text.count("\n", counted, place)
        counted = place
        value, place = _value_at(text, place, name)
        yield line, value
        place = _after_blanks(text, place)


def _flat(record: dict, path: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    for key, value in record.items():
        if isinstance(value, dict) and value and depth < DEEPEST:
            yield from _flat(value, f"{path}{key}.", depth + 1)
        else:
            yield f"{path}{key}", _text(value)


def _text(value) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list) and not any(isinstance(entry, dict | list) for entry in value):
        return "; ".join(map(_text, value))
    return json.dumps(value, ensure_ascii=False)
