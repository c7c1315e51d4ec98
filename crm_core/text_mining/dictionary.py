"""The words that come along and those that the team keeps: stop words, synonyms, product names, mood words."""

import csv
import io
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from crm_core.errors import TermsUnreadable
from crm_core.harmless import no_formula

WORDS = Path(__file__).parent / "words"  # one list a file, a word a line, # for remarks


@dataclass(frozen=True)
class Dictionary:
    """What the team's own words change. Every field is a plain value, so that a dictionary can be part of a key."""

    stop: frozenset[str] = frozenset()  # not worth counting, beside the lists that come along
    keep: frozenset[str] = frozenset()  # worth counting although a list that comes along has it
    synonyms: tuple[tuple[str, str], ...] = ()  # word → the word it stands for
    products: tuple[tuple[str, str], ...] = ()  # how a product is written → its name
    mood: tuple[tuple[str, float], ...] = field(default=())  # word → −4 (bad) to 4 (good)


@cache
def listed(name: str) -> frozenset[str]:
    """The words of a list that comes along: stop_en, stop_zh …"""
    lines = (WORDS / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if (word := line.partition("#")[0].strip()))


def dictionary(ask) -> Dictionary:
    """What the team keeps in `text_terms`, and the names of its products. `ask` is an open look or batch."""
    kept = ask.execute(
        "SELECT kind, lower(term), meaning, weight FROM text_terms WHERE deleted_at IS NULL ORDER BY id").fetchall()
    names = ask.execute(
        "SELECT DISTINCT name FROM products WHERE deleted_at IS NULL AND length(name) BETWEEN 2 AND 80 ORDER BY name"
    ).fetchall()
    of = {kind: [row for row in kept if row[0] == kind] for kind in ("stop", "keep", "synonym", "product", "mood")}
    return Dictionary(
        stop=frozenset(term for _, term, _, _ in of["stop"]), keep=frozenset(term for _, term, _, _ in of["keep"]),
        synonyms=tuple((term, meaning.lower()) for _, term, meaning, _ in of["synonym"] if meaning),
        products=tuple(dict([*((name.lower(), name) for (name,) in names),
                             *((term, meaning or term) for _, term, meaning, _ in of["product"])]).items()),
        mood=tuple((term, float(weight)) for _, term, _, weight in of["mood"] if weight is not None))


# --- own words as a file --------------------------------------------------------------------------

COLUMNS = ("kind", "language", "term", "meaning", "weight")


def write_terms(rows: list[dict]) -> bytes:
    """Own words as CSV that a spreadsheet opens as it is."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: no_formula(row.get(name)) for name in COLUMNS} for row in rows)
    return out.getvalue().encode("utf-8-sig")


def read_terms(content: bytes, called: dict[str, dict[str, str]] | None = None) -> list[dict]:
    """Own words from a CSV: the columns of `write_terms` in any order, meaning and weight may be missing.

    `called` is what else a column, a kind or a language may be called, in small letters: {'kind': {'停用词': 'stop'}}.
    Raises TermsUnreadable where it is no such file. What a cell may hold is checked when it is written.
    """
    text = None
    for encoding in ("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    if not text or "\0" in text:
        raise TermsUnreadable(missing="term")

    def meant(what: str, cell) -> str:
        cell = str(cell or "").strip().lower()
        return (called or {}).get(what, {}).get(cell, cell)

    lines = list(csv.reader(io.StringIO(text), delimiter=max(",;\t", key=text.partition("\n")[0].count)))
    heads = [meant("column", cell) for cell in lines[0]]
    for needed in COLUMNS[:3]:
        if needed not in heads:
            raise TermsUnreadable(missing=needed)
    rows = {}
    for line in lines[1:]:
        cells = {head: cell.strip() for head, cell in zip(heads, line, strict=False) if head in COLUMNS}
        if cells.get("term"):
            weight = cells.get("weight") or None
            row = {"kind": meant("kind", cells.get("kind")), "language": meant("language", cells.get("language")),
                   "term": cells["term"].removeprefix("'"), "meaning": cells.get("meaning") or None,
                   "weight": None if weight is None else _number(weight, cells["term"])}
            rows[row["kind"], row["language"], row["term"]] = row
    return list(rows.values())


def keep_terms(batch, rows: list[dict]) -> dict[str, int]:
    """Write own words into an open batch: new ones are added, known ones changed; how many of each."""
    import pyarrow as pa

    batch.stage("new_terms", pa.table({name: pa.array(
        [row.get(name) for row in rows], pa.float64() if name == "weight" else pa.string()) for name in COLUMNS}))
    return batch.merge("text_terms", "new_terms", ("kind", "language", "term"))


def _number(text: str, term: str) -> float:
    try:
        return float(text.replace("−", "-").replace(",", "."))
    except ValueError:
        raise TermsUnreadable(missing=term) from None
