"""How alike two records are, in words: what a search for duplicates compared, and what it found."""

from ui import words
from ui.say import plain


def label(table: str, column: str) -> str:
    """A column's words as plain text; an own field is called as its file called it."""
    key = f"column.{table}.{column}"
    return plain(key) if words.has(key) else column


def compared(table: str, part) -> str:
    """What a part of the weight looked at, as plain text."""
    if words.has(f"matching.comparison.{part.comparison}"):
        return plain(f"matching.comparison.{part.comparison}")
    return plain("batch.comma").join(label(table, column) for column in part.columns) or part.comparison


def in_words(table: str, part) -> str:
    """'E-mail is the same', 'Birth date differs', 'Rule: same phone and like name' as plain text."""
    if part.comparison.startswith("rules="):
        return plain("matching.by_rule", rule=plain(f"matching.rule.{part.comparison.removeprefix('rules=')}"))
    levels = (f"{part.comparison}_{part.level}", part.level, "alike" if part.weight > 0 else "different")
    known = next(level for level in levels if words.has(f"matching.level.{level}"))
    return plain(f"matching.level.{known}", what=compared(table, part))
