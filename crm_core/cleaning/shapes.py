"""How texts are written: their patterns, their lengths, and the type that they would have.

    +44 20 7946 0018 → +99 99 9999 9999 | Ada Lovelace → Aa Aa | 王小明 → 汉汉汉 | ada@example.com → @example.com
"""
from dataclasses import dataclass

from crm_core.cleaning.sheet import literal, quoted
from crm_core.cleaning.spread import Bin

MOST_PATTERNS = 10
LONGEST_PATTERN = 40  # signs of a text that its pattern is made of
FREE = 60  # texts that are longer on the average have no pattern worth knowing
ALIKE = 0.9  # the share of texts that must read as a type before the column is said to be of it
BINS = 20

# Two values that have the same are taken for the same word, written in two ways.
FINGERPRINT = r"lower(trim(regexp_replace(strip_accents(value), '[\s\x{3000}\x{00a0}.,;''’-]+', ' ', 'g')))"

_LETTERS = ((r"\p{Lu}+", "A"), (r"\p{Ll}+", "a"), (r"\p{Nd}", "9"), (r"\p{Han}", "汉"))
_PLAIN = "translate(value, '０１２３４５６７８９，．－＋％￥　', '0123456789,.-+%¥ ')"
_NUMBER = (rf"regexp_full_match({_PLAIN}, '\s*[-+(]?\s*[¥$€£]?\s*[-+]?([0-9]+|[0-9]{{1,3}}([,. ''][0-9]{{3}})+)"
           r"([.,][0-9]+)?\s*[)%€元]?\s*')")
_CODE = rf"regexp_full_match(trim({_PLAIN}), '0[0-9]+')"  # a leading zero tells a number of something from a number
_DAY = (rf"regexp_full_match({_PLAIN}, '\s*([0-9]{{4}}[-/.年][0-9]{{1,2}}[-/.月][0-9]{{1,2}}日?|"
        r"[0-9]{1,2}[-/.][0-9]{1,2}[-/.]([0-9]{4}|[0-9]{2}))([ T][0-9]{1,2}:[0-9]{2}.*)?\s*')")
_YES_NO = "lower(trim(value)) IN ('yes', 'no', 'y', 'n', 'true', 'false', '是', '否', 'ja', 'nein', 'oui', 'non')"


# What people and programs write where they know nothing.
PLACEHOLDERS = ("-", "--", "---", ".", "?", "??", "n/a", "n.a.", "na", "#n/a", "nan", "null", "none", "nil", "unknown",
                "not known", "not available", "undefined", "tbd", "xxx", "无", "暂无", "未知", "不详", "没有", "空",
                "待定", "unbekannt", "keine angabe", "inconnu", "desconocido")
STANDS_FOR_NOTHING = (f"CASE WHEN strlen(value) <= 15 THEN lower(trim(value)) IN "
                      f"({', '.join(literal(text) for text in PLACEHOLDERS)}) END")


@dataclass(frozen=True)
class Pattern:
    """A way of writing: 9 a digit, A capitals, a small letters, 汉 a Chinese sign; of an e-mail its domain."""

    pattern: str
    rows: int  # in the sample
    example: str


def written(ask, relation: str, columns: list[str]) -> dict[str, dict]:
    """What a profile tells of the text columns of a relation of at most some ten thousand rows."""
    return {name: _written(ask, relation, name) for name in columns}


def _written(ask, relation: str, name: str) -> dict:
    values = (f"SELECT {quoted(name)} AS value, count(*) AS rows FROM {relation} WHERE {quoted(name)} IS NOT NULL "
              "GROUP BY 1")
    looked_at, distinct, longest, total, waiting, mails, numbers, codes, days, yes_no = ask.execute(
        "SELECT coalesce(sum(rows), 0), count(*), max(length(value)), sum(length(value) * rows), "
        f"coalesce(sum(rows) FILTER ({STANDS_FOR_NOTHING}), 0), "
        f"sum(rows) FILTER (regexp_matches(value, '^[^@\\s]+@[^@\\s]+$')), sum(rows) FILTER ({_NUMBER}), "
        f"sum(rows) FILTER ({_CODE}), sum(rows) FILTER ({_DAY}), sum(rows) FILTER ({_YES_NO}) FROM ({values})"
    ).fetchone()
    if not looked_at:
        return {}
    width = max(1, -(-(longest + 1) // BINS))
    lengths = ask.execute(f"SELECT length(value) // {width} AS bin, sum(rows) FROM ({values}) GROUP BY 1 ORDER BY 1"
                          ).fetchall()
    told = {"looked_at": int(looked_at), "histogram": tuple(
        Bin(place * width, (place + 1) * width - 1, int(rows)) for place, rows in lengths)}
    telling = looked_at - waiting
    enough = ALIKE * telling
    is_numbered = codes or (numbers == telling and distinct > enough > 20)
    for type, rows in (("yes_no", yes_no if distinct > 1 else 0), ("day", days),
                       ("number", 0 if is_numbered else numbers)):
        if rows and rows >= enough:
            told["looks_like"] = type
            break
    if total / looked_at > FREE:
        return told
    if mails and mails >= enough:
        pattern = r"lower(regexp_extract(value, '@.*$'))"
    else:
        pattern = f"left(value, {LONGEST_PATTERN})"
        for sign, stands_for in _LETTERS:
            pattern = f"regexp_replace({pattern}, '{sign}', '{stands_for}', 'g')"
    told["patterns"] = tuple(Pattern(*one) for one in ask.execute(
        f"SELECT {pattern} AS pattern, CAST(sum(rows) AS BIGINT) AS rows, left(min(value), {LONGEST_PATTERN}) "
        f"FROM ({values}) GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {MOST_PATTERNS}").fetchall())
    return told
