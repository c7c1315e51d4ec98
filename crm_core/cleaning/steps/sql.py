"""Pieces of SQL that several steps are made of."""
from crm_core.cleaning.sheet import literal

# What a Chinese or Japanese keyboard writes wide, ！ to ～ and the wide blank, and its plain twin.
WIDE = "".join(map(chr, range(0xFF01, 0xFF5F))) + "\u3000"
PLAIN = "".join(map(chr, range(0x21, 0x7F))) + " "


def let(name: str, value: str, body: str) -> str:
    """SQL: `body`, in which `name` stands for `value`; it is worked out once, where a repetition costs each time."""
    return f"list_transform([{value}], lambda {name}: {body})[1]"


def narrow(text: str) -> str:
    """SQL: plain signs for wide ones; what is ASCII (most) is passed by."""
    return f"CASE WHEN strlen({text}) = length({text}) THEN {text} ELSE translate({text}, {literal(WIDE)}, {literal(PLAIN)}) END"


def listed(values) -> str:
    return ", ".join(map(literal, values))
