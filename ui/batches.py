"""A batch in words: when, what for, and what it touched."""
from ui import words
from ui.say import language, plain, say


def told(batch) -> str:
    """'20 Nov 2026 18:03 · Import of orders.csv: 541,909 lines added' for markdown."""
    return f":gray[{words.markdown_safe(words.moment(language(), batch.made_at))}] · **{purpose(batch)}**  \n{touched(batch)}"


def purpose(batch) -> str:
    return say(f"batch.{batch.kind}", subject=batch.subject)


def touched(batch) -> str:
    """'customers: 3 added, 1 changed; orders: 7 added'."""
    parts = []
    for name, counts in batch.touched.items():
        what = plain("batch.comma").join(plain(f"batch.{verb}", count=count) for verb, count in counts.items())
        parts.append(plain("batch.of_table", table=plain(f"table.{name}"), what=what))
    return words.markdown_safe(plain("batch.semicolon").join(parts))
