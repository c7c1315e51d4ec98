"""Pieces of SQL that several steps are made of."""
import re
from collections.abc import Callable

from crm_core.cleaning.sheet import literal, quoted

# What a Chinese or Japanese keyboard writes wide, ！ to ～ and the wide blank, and its plain twin.
WIDE = "".join(map(chr, range(0xFF01, 0xFF5F))) + "\u3000"
PLAIN = "".join(map(chr, range(0x21, 0x7F))) + " "


def narrow(text: str) -> str:
    """SQL: plain signs for wide ones; what has none is passed by, for `translate` is slow."""
    plain = f"translate({text}, {literal(WIDE)}, {literal(PLAIN)})"
    return f"CASE WHEN regexp_matches({text}, '[\\x{{ff01}}-\\x{{ff5e}}\\x{{3000}}]') THEN {plain} ELSE {text} END"


def listed(values) -> str:
    return ", ".join(map(literal, values))


def laid_name(sheet, about: str) -> str:
    """The name of a table that a step lays aside: each step sees a relation of its own."""
    return f"{about}_of_{re.sub(r'[^A-Za-z0-9_]', '_', sheet.relation)}"


def by_value(sheet, column: str, work_out: Callable[[str], dict], fields: tuple[str, ...], about: str) -> str:
    """A join that brings, for each different text of a column, looked_<field>: what `work_out` makes of the text."""
    import pyarrow as pa

    texts = [text for (text,) in sheet.ask.execute(
        f"SELECT DISTINCT {quoted(column)} FROM {sheet.relation} WHERE {quoted(column)} IS NOT NULL").fetchall()]
    made = [work_out(text) for text in texts]
    name = laid_name(sheet, about)
    sheet.ask.stage(name, pa.table({"looked_text": pa.array(texts, pa.string()), **{
        f"looked_{one}": pa.array([each.get(one) for each in made], pa.string()) for one in fields}}))
    return f"LEFT JOIN temp.{name} {about} ON {about}.looked_text = layer.{quoted(column)}"
