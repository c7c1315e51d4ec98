"""The words that come along and those that the team keeps: stop words, synonyms, product names, mood words."""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

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
