"""From texts to numbers, dates, answers and choices, each with a reason where it cannot be.

A column is read as a whole: its distinct texts are looked at once, so that one decimal sign and one order of day
and month hold for all of them. The texts are those of column `c<n>` of the table or view `cells`; each cast leaves a
table `read_<n>` (text, value, reason). Files that come in and recipes that clean read alike by it.
"""
import re
from dataclasses import dataclass

from crm_core.errors import DateOrderAmbiguous, DatesOfTwoKinds
from crm_core.reference import words_of_choices
from crm_core.tables import SQL_TYPES

# Where one order explains this share of the dates that tell, the others are slips and are rejected.
CLEAR_SHARE = 0.95
ORDERS = ("day first", "month first", "year first")

LARGEST = "1e12"  # what DECIMAL(18,4) can hold, with room for a quantity

# Words by which other programs write an empty cell; in names and other texts they stay.
MISSING = ("na", "null", "nan", "none", r"\n", "#n/a", "n/a", "#null!", "nat")

WORDS = words_of_choices()
YES, NO = WORDS["answer"]["yes"], WORDS["answer"]["no"]


def words_of(meaning: str) -> dict[str, str]:
    """choice → the words that mean it, in a column of this meaning."""
    return WORDS.get(meaning) or WORDS[meaning.split(".")[1]]


FULL_WIDTH = ("０１２３４５６７８９．，－＋（）￥＄：／　", "0123456789.,-+()¥$:/ ")
BLANK = r"[\s\x{00a0}\x{2007}\x{2009}\x{202f}\x{3000}]"
MONEY_SIGN = (r"(?:¥|\$|€|£|₹|₩|₽|₫|฿|元|圆|(?i:rmb|cny|usd|eur|gbp|jpy|chf|hkd|twd|aud|cad|sgd|inr|krw|brl|sek|nok|"
              r"dkk|pln|us\$|r\$|hk\$|nt\$|kr|zł|kč|fr\.))")


@dataclass(frozen=True)
class Numbers:
    """How the numbers of a column are written, in rows: for certain with a point, with a comma, and in doubt."""

    point: int
    comma: int
    point_in_doubt: int
    comma_in_doubt: int


# 1.39E+10: a long number that a spreadsheet has shortened; its last digits are gone.
SHORTENED = r"[0-9]([.,][0-9]+)?[eE][+][0-9]{1,3}"


# What a Chinese or Japanese keyboard writes wide: ａ to ｚ, ０ to ９, ＠ and the rest; as texts of SQL.
WIDE_SIGNS = "".join(map(chr, range(0xFF01, 0xFF5F))) + "。"
PLAIN_SIGNS = "".join(map(chr, range(0x21, 0x7F))).replace("'", "''") + "."


def email(text: str) -> str:
    """SQL: an e-mail with plain signs and without blanks, or the `mailto:` and the name around it."""
    narrow = f"translate({text}, '{WIDE_SIGNS}', '{PLAIN_SIGNS}')"
    plain = f"regexp_replace({narrow}, '[\\s\\x{{200b}}\\x{{3000}}\\x{{00a0}}]+', '', 'g')"
    return f"nullif(regexp_replace({plain}, '(?i)^(mailto:|.*<)|>$', '', 'g'), '')"


def phone(text: str) -> str:
    """SQL: a telephone number with plain digits, blanks and dashes, without what stands before it (Tel.: …)."""
    wide = f"translate({text}, '０１２３４５６７８９＋（）－–—‐‑−．／　', '0123456789+()------./ ')"
    plain = f"regexp_replace({wide}, '[\\s\\x{{00a0}}\\x{{2007}}\\x{{202f}}\\x{{200b}}]+', ' ', 'g')"
    named = "(?i)^ *(?:tel|telefon|telephone|phone|mobile|mobil|fon|t|m|p|电话|手机)[.:：]* *([+(0-9])"
    number = f"regexp_replace({plain}, '{named}', '\\1')"
    number = f"regexp_replace({number}, '^ *''|[.]0$', '', 'g')"
    number = f"regexp_replace({number}, '(?i) *(分机|转|#|extension) *', ' x')"
    return f"nullif(trim({number}), '')"


def distinct_texts(cursor, column: int) -> None:
    cursor.execute(
        f"CREATE OR REPLACE TEMP TABLE texts_{column} AS SELECT c{column} AS text, count(*) AS rows FROM cells "
        f"WHERE c{column} IS NOT NULL GROUP BY ALL")


# --- numbers ------------------------------------------------------------------------------------


def look_at_numbers(cursor, column: int, percent: bool = False) -> Numbers:
    """Bring the distinct texts of a number column to digits and signs, and count how they are written.

    With `percent` a sign of percent may stand behind the number.
    """
    share = "[%％]$" if percent else "^$"
    distinct_texts(cursor, column)
    # Each layer of the query takes one thing off: wide signs and blanks, the currency, the sign, then it is judged.
    cursor.execute(f"""
        CREATE OR REPLACE TEMP TABLE numbers_{column} AS
        WITH plain AS (
            SELECT text, rows, translate(text, '{FULL_WIDTH[0]}', '{FULL_WIDTH[1]}') AS wide FROM texts_{column}),
        unnamed AS (
            SELECT text, rows, wide, regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(
                       wide, '{BLANK}', '', 'g'), '{share}', ''),
                       '^([-+−–(]*){MONEY_SIGN}([-+−–]?)', '\\1\\2'), '{MONEY_SIGN}([-)]?)$', '\\1'),
                       '([0-9])[.,][-−–—]+$', '\\1') AS t FROM plain),  -- 12,- and 12.– are whole francs
        unsigned AS (
            SELECT text, rows, wide, regexp_full_match(t, '\\(.*\\)|[-−–].*|.*[-−–]') AS negative,
                   regexp_replace(t, '^[-+−–(]|[-−–)]$', '', 'g') AS u FROM unnamed),
        counted AS (
            SELECT text, rows, wide, negative, regexp_replace(u, '[千万亿萬億]$', '') AS u, CASE right(u, 1)
                WHEN '千' THEN 1000 WHEN '万' THEN 10000 WHEN '萬' THEN 10000
                WHEN '亿' THEN 100000000 WHEN '億' THEN 100000000 ELSE 1 END AS times FROM unsigned),
        digits AS (
            SELECT text, rows, wide, negative, times,
                   CASE WHEN regexp_full_match(u, '[0-9]{{1,3}}([''’][0-9]{{3}})+(\\.[0-9]*)?')
                        THEN regexp_replace(u, '[''’]', '', 'g') ELSE u END AS d
            FROM counted)
        SELECT text, rows, negative, d, times, CASE
            WHEN lower(text) IN ({_listed(MISSING)}) THEN 'missing'
            WHEN regexp_matches(wide, '[0-9]{BLANK}+[0-9]')
                 AND NOT regexp_matches(wide, '(^|[^0-9])[0-9]{{1,3}}({BLANK}[0-9]{{3}})+([^0-9]|$)') THEN NULL
            WHEN regexp_full_match(d, '[0-9]+([eE][+-]?[0-9]{{1,2}})?') THEN 'whole'
            WHEN times > 1 AND regexp_full_match(d, '[0-9]+\\.[0-9]+') THEN 'point'
            WHEN regexp_full_match(d, '[1-9][0-9]{{0,2}}\\.[0-9]{{3}}') THEN 'point?'
            WHEN regexp_full_match(d, '[1-9][0-9]{{0,2}},[0-9]{{3}}') THEN 'comma?'
            WHEN regexp_full_match(d, '([0-9]+\\.[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]{{1,2}})?') THEN 'point'
            WHEN regexp_full_match(d, '[0-9]*,[0-9]+|[0-9]+,') THEN 'comma'
            WHEN regexp_full_match(d, '[0-9]{{1,3}}(,[0-9]{{3}})+\\.[0-9]*') THEN 'point'
            WHEN regexp_full_match(d, '[0-9]{{1,3}}(,[0-9]{{3}}){{2,}}') THEN 'point'
            WHEN regexp_full_match(d, '[0-9]{{1,2}}(,[0-9]{{2}})+,[0-9]{{3}}(\\.[0-9]*)?') THEN 'point'
            WHEN regexp_full_match(d, '[0-9]{{1,3}}(\\.[0-9]{{3}})+,[0-9]*') THEN 'comma'
            WHEN regexp_full_match(d, '[0-9]{{1,3}}(\\.[0-9]{{3}}){{2,}}') THEN 'comma'
            END AS written
        FROM digits""")
    counts = dict(cursor.execute(f"SELECT written, sum(rows) FROM numbers_{column} GROUP BY written").fetchall())
    return Numbers(*(int(counts.get(key, 0)) for key in ("point", "comma", "point?", "comma?")))


def decimal_mark(own: Numbers, whole_file: list[Numbers], delimiter: str) -> str:
    """'.' or ',' for the numbers in doubt (1,234 or 1.234), or '' where the column itself tells two ways."""
    if own.point and own.comma:
        return ""
    if own.point or own.comma:
        return "." if own.point else ","
    points, commas = sum(n.point for n in whole_file), sum(n.comma for n in whole_file)
    if bool(points) != bool(commas):
        return "." if points else ","
    if own.point_in_doubt and own.comma_in_doubt:
        return ""
    return "," if delimiter == ";" else "."


def read_numbers(cursor, column: int, type: str, mark: str) -> None:
    """The table read_<column>. Reasons: not_a_number, number_ambiguous, number_too_large, not_whole."""
    as_point = {".": "replace(d, ',', '')", ",": "replace(replace(d, '.', ''), ',', '.')", "": "NULL"}[mark]
    fits, value = "true", f"TRY_CAST(d AS {SQL_TYPES[type]})"
    if type == "whole":
        fits, value = "number = floor(number)", "TRY_CAST(TRY_CAST(d AS DECIMAL(38,6)) AS BIGINT)"
    cursor.execute(f"""
        CREATE OR REPLACE TEMP TABLE read_{column} AS
        WITH pointed AS (
            SELECT text, rows, written, times, CASE WHEN negative THEN '-' ELSE '' END || CASE written
                WHEN 'whole' THEN d
                WHEN 'point' THEN replace(d, ',', '')
                WHEN 'comma' THEN replace(replace(d, '.', ''), ',', '.')
                ELSE {as_point} END AS d
            FROM numbers_{column} WHERE written IS DISTINCT FROM 'missing'),
        multiplied AS (
            SELECT text, rows, written, CASE WHEN times = 1 THEN d
                ELSE CAST(TRY_CAST(TRY_CAST(d AS DECIMAL(18,8)) * times AS DECIMAL(28,8)) AS VARCHAR) END AS d
            FROM pointed),
        numbers AS (SELECT text, rows, written, d, TRY_CAST(d AS DOUBLE) AS number FROM multiplied)
        SELECT text, rows,
            CASE WHEN written IS NOT NULL AND {fits} AND abs(number) < {LARGEST} THEN {value} END AS value,
            CASE WHEN written IS NULL THEN 'not_a_number'
                 WHEN d IS NULL THEN 'number_ambiguous'
                 WHEN number IS NULL THEN 'not_a_number'
                 WHEN NOT ({fits}) THEN 'not_whole'
                 WHEN abs(number) >= {LARGEST} THEN 'number_too_large'
                 END AS reason
        FROM numbers""")


# --- dates --------------------------------------------------------------------------------------

TIME = (r"(?:[ T,]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(?:([AaPp])\.?[Mm]\.?)?"
        r"\s*(Z|z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?)?")
ISO = r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}([.]\d{1,6})?)?)?"
# The months by the letters they begin with in English, German, French, Spanish, Italian, Portuguese and Dutch, accents
# taken off.
MONTHS = (("jan", "ene", "gen"), ("feb", "fev"), ("mar", "mrz", "mae", "maa"), ("apr", "avr", "abr"),
          ("may", "mai", "mag", "mei"), ("jun", "juin", "giu"), ("jul", "juil", "lug"), ("aug", "aou", "ago"),
          ("sep", "set"), ("oct", "okt", "ott", "out"), ("nov",), ("dec", "dez", "dic"))
WRITINGS = (
    # name, pattern, what its first three groups are
    ("ymd", r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})"),
    ("compact", r"((?:19|20)\d{2})(\d{2})(\d{2})"),
    ("parts", r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})"),
    ("d mon y", r"(?:[A-Za-z]{3,9},? )?(\d{1,2})(?:st|nd|rd|th|er)?[- /.]+([A-Za-z]{3,9})\.?[-, /]+(\d{4}|\d{2})"),
    ("mon d y", r"(?:[A-Za-z]{3,9},? )?([A-Za-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})"),
)


def read_dates(cursor, column: int, type: str, header: str, told: str | None) -> str | None:
    """The table read_<column>; the order of day and month that holds, or None where the file leaves no question.

    Reasons: not_a_date, date_other_order. Raises DateOrderAmbiguous where both orders fit, or each fits a good
    part of the column, and nobody told which.
    """
    distinct_texts(cursor, column)
    named = _chinese_months(f"strip_accents(translate(text, '{FULL_WIDTH[0]}', '{FULL_WIDTH[1]}'))")
    if _all_iso(cursor, column, type) or _all_counted(cursor, column, type):
        return None
    groups = "['a', 'b', 'c', 'h', 'i', 's', 'f', 'p', 'z']"
    matches = "\n".join(f"WHEN regexp_full_match(t, '{pattern}{TIME}') THEN '{name}'" for name, pattern in WRITINGS)
    parts = "\n".join(
        f"WHEN '{name}' THEN regexp_extract(t, '^{pattern}{TIME}$', {groups})" for name, pattern in WRITINGS)
    cursor.execute(f"""
        CREATE OR REPLACE TEMP TABLE dates_{column} AS
        WITH plain AS (
            SELECT text, rows, trim(regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(
                regexp_replace({named},
                '\\s*[年月]\\s*', '-', 'g'), '[日号]\\s*', ' ', 'g'), '\\s*[时点分]\\s*', ':', 'g'), ':?秒|:$', ''),
                '(上午|早上|凌晨)\\s*([0-9:]+)', '\\2 AM'), '(下午|晚上)\\s*([0-9:]+)', '\\2 PM')) AS t
            FROM texts_{column}),
        written AS (SELECT *, CASE {matches} END AS written FROM plain),
        cut AS (SELECT text, rows, written, CASE written {parts} END AS p FROM written)
        SELECT text, rows, written, TRY_CAST(p.a AS INTEGER) AS a, TRY_CAST(p.b AS INTEGER) AS b,
               TRY_CAST(p.c AS INTEGER) AS c, length(p.c) AS year_length,
               CASE written WHEN 'd mon y' THEN p.b WHEN 'mon d y' THEN p.a END AS month_name,
               TRY_CAST(nullif(p.h, '') AS INTEGER) AS h, nullif(p.i, '') AS i, nullif(p.s, '') AS s,
               nullif(p.f, '') AS f, lower(nullif(p.p, '')) AS p, upper(nullif(p.z, '')) AS z
        FROM cut""")
    order = told or _order(cursor, column, header)
    _dates_in_order(cursor, column, type, order or "day first")
    return order


def _chinese_months(text: str) -> str:
    """SQL: 三月 as 3月; days of the week, and the `de` of Spanish dates, taken out."""
    text = f"regexp_replace({text}, '\\s*[(（]?(星期|周|礼拜)[一二三四五六日天][)）]?\\s*', ' ', 'g')"
    for name, number in (("十一", 11), ("十二", 12), ("十", 10), *zip("一二三四五六七八九", range(1, 10), strict=True)):
        text = f"replace({text}, '{name}月', '{number}月')"
    return f"regexp_replace({text}, '(?i) del? ', ' ', 'g')"


def _all_iso(cursor, column: int, type: str) -> bool:
    """The short way for what databases write: 2010-12-01, 2010-12-01 08:26, 2010-12-01 08:26:00.123."""
    if cursor.execute(f"SELECT 1 FROM texts_{column} WHERE NOT regexp_full_match(text, '{ISO}') LIMIT 1").fetchone():
        return False
    cursor.execute(f"""
        CREATE OR REPLACE TEMP TABLE read_{column} AS
        SELECT text, rows, TRY_CAST(TRY_CAST(text AS TIMESTAMP) AS {SQL_TYPES[type]}) AS value,
               CASE WHEN TRY_CAST(text AS TIMESTAMP) IS NULL THEN 'not_a_date' END AS reason FROM texts_{column}""")
    return True


# Days since 1900 as spreadsheets count them, seconds and milliseconds since 1970 as programs do: pattern, ends, moment.
COUNTED = (
    (r"[2-5][0-9]{4}([.][0-9]+)?",
     "TIMESTAMP '1899-12-30' + to_microseconds(CAST(round(n * 86400, 3) * 1000000 AS BIGINT))"),
    (r"1[0-9]{9}([.][0-9]+)?", "make_timestamp(CAST(floor(n) AS BIGINT) * 1000000)"),
    (r"1[0-9]{12}([.]0)?", "make_timestamp(CAST(n AS BIGINT) * 1000)"),
)


def _all_counted(cursor, column: int, type: str) -> bool:
    """Numbers in a column of dates, where all of them are of one kind: 46082, 1772323200, 1772323200000."""
    for pattern, moment in COUNTED:
        others, some = cursor.execute(
            f"SELECT count(*) FILTER (WHERE NOT fits), count(*) FILTER (WHERE fits) FROM (SELECT "
            f"regexp_full_match(text, '{pattern}') AS fits FROM texts_{column} "
            f"WHERE lower(text) NOT IN ({_listed(MISSING)}))").fetchone()
        if some and not others:
            cursor.execute(f"""
                CREATE OR REPLACE TEMP TABLE read_{column} AS
                SELECT text, rows, CAST({moment} AS {SQL_TYPES[type]}) AS value, CAST(NULL AS VARCHAR) AS reason
                FROM (SELECT text, rows, TRY_CAST(text AS DECIMAL(28,10)) AS n FROM texts_{column})""")
            return True
    return False


def _order(cursor, column: int, header: str) -> str | None:
    day, month, both, year_like, short, first_parts, last_parts = cursor.execute(f"""
        SELECT coalesce(sum(rows) FILTER (WHERE a > 12 AND b <= 12), 0),
               coalesce(sum(rows) FILTER (WHERE b > 12 AND a <= 12), 0),
               coalesce(sum(rows) FILTER (WHERE a <= 12 AND b <= 12 AND a <> b), 0),
               coalesce(sum(rows) FILTER (WHERE year_length = 2 AND b <= 12 AND c BETWEEN 1 AND 31), 0),
               coalesce(sum(rows), 0), count(DISTINCT a), count(DISTINCT c)
        FROM dates_{column} WHERE written = 'parts'""").fetchone()
    if not short:
        return None
    example = cursor.execute(
        f"SELECT text FROM dates_{column} WHERE written = 'parts' "
        "ORDER BY NOT (a <= 12 AND b <= 12 AND a <> b), text LIMIT 1"
    ).fetchone()[0]
    # 10-12-01: the year may stand first, where the first part changes least.
    if year_like == short and first_parts < last_parts:
        raise DateOrderAmbiguous(column=header, example=example)
    if day and month:
        if max(day, month) < CLEAR_SHARE * (day + month):
            raise DatesOfTwoKinds(column=header, example=example)
        return "day first" if day > month else "month first"
    if both and not day and not month:
        raise DateOrderAmbiguous(column=header, example=example)
    if not day and not month:
        return None
    return "day first" if day else "month first"


def _dates_in_order(cursor, column: int, type: str, order: str) -> None:
    year, month, day = {
        "day first": ("c", "b", "a"), "month first": ("c", "a", "b"), "year first": ("a", "b", "c")}[order]
    named = "lower(month_name)"
    month_numbers = " ".join(f"WHEN starts_with({named}, '{name}') THEN {number}"
                             for number, names in enumerate(MONTHS, 1) for name in names)
    cursor.execute(f"""
        CREATE OR REPLACE TEMP TABLE read_{column} AS
        WITH ordered AS (
            SELECT *, CASE written WHEN 'ymd' THEN a WHEN 'compact' THEN a WHEN 'parts' THEN {year} ELSE c END AS year,
                   written NOT IN ('ymd', 'compact') AND year_length = 2 AS short_year,
                   CASE WHEN month_name IS NOT NULL THEN CASE {month_numbers} END
                        WHEN written = 'parts' THEN {month} ELSE b END AS month,
                   CASE written WHEN 'parts' THEN {day} WHEN 'd mon y' THEN a WHEN 'mon d y' THEN b ELSE c END AS day,
                   CASE WHEN p = 'p' AND h < 12 THEN h + 12 WHEN p = 'a' AND h = 12 THEN 0 ELSE h END AS hour
            FROM dates_{column}),
        stamped AS (
            SELECT *, TRY_CAST(printf('%04d-%02d-%02d %02d:%s:%s.%s',
                       CASE WHEN NOT short_year THEN year WHEN year < 70 THEN 2000 + year ELSE 1900 + year END,
                       month, day,
                       coalesce(hour, 0), coalesce(i, '00'), coalesce(s, '00'), coalesce(left(f, 6), '0')) AS TIMESTAMP)
                   - CASE WHEN regexp_full_match(z, '[+-].*') THEN
                         to_minutes(CAST(CASE WHEN z[1] = '-' THEN -1 ELSE 1 END
                             * (CAST(z[2:3] AS INTEGER) * 60
                                + CASE WHEN length(z) > 3 THEN CAST(right(z, 2) AS INTEGER) ELSE 0 END) AS BIGINT))
                     ELSE INTERVAL 0 SECOND END AS stamp
            FROM ordered)
        SELECT text, rows, CAST(stamp AS {SQL_TYPES[type]}) AS value,
               CASE WHEN stamp IS NOT NULL OR lower(text) IN ({_listed(MISSING)}) THEN NULL
                    WHEN written = 'parts' AND month > 12 AND day <= 12 THEN 'date_other_order'
                    ELSE 'not_a_date' END AS reason
        FROM stamped""")


# --- words --------------------------------------------------------------------------------------


def read_words(cursor, column: int, meanings: dict[str, str], as_type: str, reason: str, soft: bool = False) -> None:
    """The table read_<column> from words of both languages; '' is a word for not knowing.

    `soft` takes a word that nobody knows for not known (other systems let people make up their own), without a reason.
    """
    distinct_texts(cursor, column)
    joined = r"regexp_replace(lower(text), '[\s_-]+', '', 'g')"
    cases = " ".join(
        f"WHEN lower(text) IN ({_listed(words.split())}) OR {joined} IN ({_listed(_joined(words))}) "
        f"THEN {_quoted(value)}" for value, words in meanings.items())
    cursor.execute(f"""
        CREATE OR REPLACE TEMP TABLE read_{column} AS
        WITH known AS (SELECT text, rows, CASE {cases} END AS word FROM texts_{column})
        SELECT text, rows, CAST(nullif(word, '') AS {as_type}) AS value,
               CASE WHEN word IS NULL AND lower(text) NOT IN ({_listed(MISSING)}) AND NOT {soft}
                    THEN {_quoted(reason)} END AS reason FROM known""")


def _joined(words: str) -> list[str]:
    return [joined for word in words.split() if (joined := re.sub(r"[_-]+", "", word))]


def read_yes_no(cursor, column: int, negated: bool = False) -> None:
    meanings = {"true": NO, "false": YES} if negated else {"true": YES, "false": NO}
    read_words(cursor, column, meanings, "BOOLEAN", "not_yes_or_no")


def read_choice(cursor, column: int, meaning: str, soft: bool = False) -> None:
    read_words(cursor, column, words_of(meaning), "VARCHAR", "unknown_word", soft)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _listed(words) -> str:
    return ", ".join(map(_quoted, words))
