"""A batch in words: when, what for, and what it touched."""

from ui import words
from ui.say import language, plain


def told(batch) -> str:
    """'20 Nov 2026 18:03 · Import of orders.csv: 541,909 lines added' for markdown."""
    when, what, rows = (
        words.markdown_safe(text) for text in (words.moment(language(), batch.made_at), purpose(batch), touched(batch))
    )
    return f":gray[{when}] · **{what}**  \n{rows}"


def purpose(batch) -> str:
    """'Import of orders.csv' as plain text."""
    return plain(f"batch.{batch.kind}", subject=batch.subject)


def touched(batch) -> str:
    """'Customers: 3 added, 1 changed; Orders: 7 added' as plain text."""
    return counted(batch.touched)


def counted(rows: dict[str, dict[str, int]]) -> str:
    """What was done to the rows of each table, as plain text."""
    parts = []
    for name, counts in rows.items():
        what = plain("batch.comma").join(plain(f"batch.{verb}", count=count) for verb, count in counts.items())
        parts.append(plain("batch.of_table", table=plain(f"table.{name}"), what=what))
    return plain("batch.semicolon").join(parts)


def author(actor: str) -> str:
    """Who made a change, as plain text: the one local person has no name yet."""
    return plain("batch.local") if actor == "local" else actor
