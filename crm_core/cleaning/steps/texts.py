"""Texts made alike: blanks, case, signs that look alike, signs that nobody sees, Chinese script."""
import re
import unicodedata
from functools import partial

from crm_core.cleaning.sheet import Sheet, literal, quoted
from crm_core.cleaning.steps import ByValue, Edit, Kind, Setting

BLANK = r"[\s\x{0085}\x{00a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}]"
# Where a text has no blank at an end, none doubled and none but the plain one, it is passed by: most are.
UNEVEN = rf"^{BLANK}|{BLANK}$|{BLANK}{{2}}|[^\S ]|{BLANK[:1] + BLANK[3:]}"


def trim(sheet: Sheet, settings: dict) -> Edit:
    """Blanks of any kind at the ends go; with `inside`, one plain blank stands for any number of them."""
    def alike(text: str) -> str:
        if settings.get("inside") is False:
            return f"nullif(regexp_replace({text}, '^{BLANK}+|{BLANK}+$', '', 'g'), '')"
        return f"nullif(trim(regexp_replace({text}, '{BLANK}+', ' ', 'g')), '')"

    return Edit(sets={column: f"CASE WHEN regexp_matches({quoted(column)}, '{UNEVEN}') THEN {alike(quoted(column))} "
                              f"ELSE {quoted(column)} END" for column in settings["columns"]})


# --- case -----------------------------------------------------------------------------------------

# Small words in names: of people (von, de la), of places and companies (and, am, sur). Never the first word.
SMALL = """
von zu zum zur vom und der den dem am an im in auf bei of the and at on for van het ter ten te 't op de du des la le les
el los las y e i da das do dos di del della dei degli af av bin ibn al sur sous aux et"""
# What stays in capitals, where it is a word of its own.
CAPITALS = "AG KG LLC LLP PLC SA SE NV BV AB USA UK US UAE EU II III IV VI VII VIII IX PO NY NYC"
SMALL_WORDS, CAPITAL_WORDS = frozenset(SMALL.split()), frozenset(CAPITALS.split())
WRITTEN = {"gmbh": "GmbH", "ohg": "OHG", "mbh": "mbH", "oy": "Oy", "s.a.": "S.A.", "s.l.": "S.L.", "s.p.a.": "S.p.A.",
           "b.v.": "B.V.", "n.v.": "N.V.", "p.o.": "P.O.", "u.s.": "U.S.", "kgaa": "KGaA", "s.r.l.": "S.r.l.",
           "phd": "PhD"}
WORD = re.compile(r"[^\W\d_]+(?:[.'’][^\W\d_]+)*\.?|\S", re.UNICODE)


def title(text: str) -> str:
    """ADA VON LOVELACE → Ada von Lovelace, o'neil-mcdonald → O'Neil-McDonald; 王小明 and iPhone stay.

    A word that has capitals and small letters is taken to be written as it is meant.
    """
    shouted = text.isupper()
    words = list(WORD.finditer(text))
    made, end = [], 0
    for number, found in enumerate(words):
        made.append(text[end:found.start()])
        made.append(found[0] if text[:found.start()][-1:].isdigit() else _titled(found[0], number == 0, shouted))
        end = found.end()
    return "".join(made) + text[end:]


def _titled(word: str, first: bool, shouted: bool) -> str:
    lower = word.lower()
    if not word[0].isalpha() or not (word.islower() or word.isupper()):
        return word
    if lower in WRITTEN:
        return WRITTEN[lower]
    if word in CAPITAL_WORDS and not (shouted and lower in SMALL_WORDS):
        return word
    if lower in SMALL_WORDS and not first:
        return lower
    if lower in ("ii", "iii"):
        return word.upper()
    parts = re.split(r"(['’])", lower)
    if len(parts) == 3:  # O'Neil, D'Angelo; but Tom's
        return _capital(parts[0]) + parts[1] + (_capital(parts[2]) if len(parts[0]) == 1 else parts[2])
    if "." in lower.rstrip("."):  # j.r. is a row of initials
        return ".".join(_capital(part) if part else "" for part in lower.split("."))
    return _capital(lower)


def _capital(lower: str) -> str:
    if re.match(r"mc[bcdfghjklmnpqrstvwxyz]?[a-z]{3,}$", lower):
        return "Mc" + lower[2:].capitalize()
    return lower[0].title() + lower[1:] if lower[0] != "ß" else lower


def change_case(sheet: Sheet, settings: dict) -> Edit:
    case, columns = settings["case"], settings["columns"]
    if case in ("upper", "lower"):
        return Edit(sets={column: f"{case}({quoted(column)})" for column in columns})
    # Only what has a word all of small letters or all of capitals can change.
    one_case = r"(^|[^\p{L}])(\p{Ll}+|\p{Lu}+)([^\p{L}]|$)"
    return Edit(maps=tuple(ByValue(column, title, f"regexp_matches({quoted(column)}, '{one_case}')")
                           for column in columns))


# --- signs ----------------------------------------------------------------------------------------


def unicode_nfkc(sheet: Sheet, settings: dict) -> Edit:
    """One sign for signs that mean the same (Unicode's normal form NFKC): ﬁ → fi, ㈱ → (株), Ａ → A, e + ´ → é."""
    return Edit(maps=tuple(ByValue(column, partial(unicodedata.normalize, "NFKC"), _not_ascii(column))
                           for column in settings["columns"]))


def _not_ascii(column: str) -> str:
    return f"strlen({quoted(column)}) <> length({quoted(column)})"


# Wide letters, digits, the signs between them, and the blank; the Chinese writing's own marks are told apart.
MARKS = "！（），：；？"
PLAIN_MARKS = "!(),:;?"
WIDE = "".join(sign for sign in map(chr, range(0xFF01, 0xFF5F)) if sign not in MARKS) + "\u3000￠￡￥￦"
NARROW = "".join(sign for sign in map(chr, range(0x21, 0x7F)) if sign not in PLAIN_MARKS) + " ¢£¥₩"


def narrow_signs(sheet: Sheet, settings: dict) -> Edit:
    """Wide letters and digits become plain: ＡＢＣ１２３ → ABC123. Katakana stays; Chinese marks by a setting."""
    marks, sets = settings.get("marks") or "keep", {}
    for column in settings["columns"]:
        text = quoted(column)
        if marks == "plain":
            made = f"translate({text}, {literal(WIDE + MARKS + '。、')}, {literal(NARROW + PLAIN_MARKS + '.,')})"
        else:
            made = f"translate({text}, {literal(WIDE)}, {literal(NARROW)})"
        if marks == "chinese":
            for plain, wide in zip(PLAIN_MARKS, MARKS, strict=True):
                if plain in ",:;?!":
                    made = rf"regexp_replace({made}, '(\p{{Han}}) ?[{plain}] ?', '\1{wide}', 'g')"
            made = rf"regexp_replace({made}, '(\p{{Han}})\(', '\1（', 'g')"
            made = rf"regexp_replace({made}, '(（[^（）()]*)\)', '\1）', 'g')"
        touched = r"[\x{ff01}-\x{ff5e}\x{ffe0}-\x{ffe6}\x{3000}-\x{3002}]"
        if marks == "chinese":
            touched += r"|\p{Han} ?[(),:;?!]"
        sets[column] = f"CASE WHEN regexp_matches({text}, '{touched}') THEN {made} ELSE {text} END"
    return Edit(sets=sets)


UNSEEN = (r"[\x{00}-\x{08}\x{0b}\x{0c}\x{0e}-\x{1f}\x{7f}-\x{84}\x{86}-\x{9f}\x{ad}\x{061c}\x{180e}\x{200b}\x{200e}"
          r"\x{200f}\x{202a}-\x{202e}\x{2060}-\x{2064}\x{2066}-\x{206f}\x{feff}\x{fff9}-\x{fffb}\x{e000}-\x{f8ff}\x{fffd}]")
# These join letters where a script needs it (Persian, Hindi, families of emoji); elsewhere they are leftovers.
JOINERS = r"[\x{200c}\x{200d}]"
JOINED = (r"[\x{0600}-\x{06ff}\x{0700}-\x{074f}\x{0900}-\x{0dff}\x{1000}-\x{109f}\x{1780}-\x{17ff}"
          r"\x{2600}-\x{27bf}\x{1f000}-\x{1faff}]")


def remove_unseen(sheet: Sheet, settings: dict) -> Edit:
    """Control signs, zero-width signs, marks of direction and signs that no font has leave; line breaks stay."""
    sets = {}
    for column in settings["columns"]:
        text = quoted(column)
        without = f"regexp_replace({text}, '{UNSEEN}', '', 'g')"
        sets[column] = (
            f"CASE WHEN NOT regexp_matches({text}, '{UNSEEN}|{JOINERS}') THEN {text} "
            f"WHEN regexp_matches({text}, '{JOINED}') THEN nullif({without}, '') "
            f"ELSE nullif(regexp_replace({without}, '{JOINERS}', '', 'g'), '') END")
    return Edit(sets=sets)


# --- Chinese script -------------------------------------------------------------------------------

SCRIPTS = {"simplified": "t2s", "traditional": "s2t", "taiwan": "s2tw", "hong_kong": "s2hk"}


def chinese_script(sheet: Sheet, settings: dict) -> Edit:
    """Simplified or traditional signs, by OpenCC. No other step ever changes the script."""
    from opencc import OpenCC

    convert = OpenCC(SCRIPTS[settings["script"]]).convert
    return Edit(maps=tuple(ByValue(column, convert, rf"regexp_matches({quoted(column)}, '\p{{Han}}')")
                           for column in settings["columns"]))


TEXTS = Setting("columns", "columns", types=("text",))
KINDS = (
    Kind("trim", "texts", (TEXTS, Setting("inside", "yes_no", default=True, needed=False)), trim),
    Kind("change_case", "texts", (
        TEXTS, Setting("case", "choice", choices=("upper", "lower", "title"), default="title")), change_case),
    Kind("unicode_nfkc", "texts", (TEXTS,), unicode_nfkc),
    Kind("narrow_signs", "texts", (
        TEXTS, Setting("marks", "choice", choices=("keep", "plain", "chinese"), default="keep")), narrow_signs),
    Kind("remove_unseen", "texts", (TEXTS,), remove_unseen),
    Kind("chinese_script", "texts", (
        TEXTS, Setting("script", "choice", choices=tuple(SCRIPTS), default="simplified")), chinese_script),
)
