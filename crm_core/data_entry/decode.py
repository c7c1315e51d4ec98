"""From bytes to text: find a file's encoding, or take the person's word, and write it out again as UTF-8.

    BOM                         → utf-8, utf-16, utf-32 as it says
    valid UTF-8                 → utf-8
    NUL in every second byte    → utf-16
    reads as everyday Chinese, Japanese or Korean          → gb18030, cp950, cp932, euc_jp, cp949
    …as one language of an alphabet, with all its letters  → cp1252 (the West), cp1250, cp1251, koi8_r, cp850 …
    anything else               → is asked: what charset-normalizer finds is offered, never taken
"""
import codecs
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from unicodedata import category

from crm_core.errors import EncodingUnknown, FileChanging, FileEmpty, FileNotReadable, LineTooLong, NotATextFile

BLOCK = 1 << 20
LONGEST_LINE = 16 << 20  # bytes; what is longer is no table, and one line must fit into memory several times
SAMPLE = 256 << 10
NOTHING = b" \t\r\n\xef\xbb\xbf\xff\xfe\x00"  # blanks and byte order marks
WESTERN_ALONE = 0.7  # share of bytes beyond ASCII that stand alone
EVERYDAY = 0.85  # share of letters beyond ASCII that everybody uses
ENOUGH = 6 << 10  # bytes by which a language is known
ONE_LANGUAGE = 0.97  # share of letters beyond ASCII that one language has

BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

# Encodings a person may name loosely: the wider one reads everything that the narrower one does.
WIDER = {"gbk": "gb18030", "gb2312": "gb18030", "cp936": "gb18030", "shift_jis": "cp932", "shift_jis_2004": "cp932",
         "shift_jisx0213": "cp932", "euc_kr": "cp949", "johab": "cp949", "euc_jis_2004": "euc_jp", "big5": "cp950",
         "ascii": "utf-8"}


@dataclass(frozen=True)
class Decoded:
    encoding: str  # Python's name of the encoding that was used
    guessed: bool  # False where a byte order mark or the person said so
    quotes: bool  # whether the text holds a double quote at all


def decode(source: Path, target: Path, name: str, encoding: str | None = None,
           progress: Callable[[float], None] = lambda share: None, longest_line: int | None = LONGEST_LINE) -> Decoded:
    """Write the file `source` to `target` as UTF-8 without a byte order mark.

    Raises FileEmpty, NotATextFile, LineTooLong, FileNotReadable (a wrong encoding was told),
    EncodingUnknown (none was told and none fits).
    """
    size = source.stat().st_size
    with source.open("rb") as file:
        head = file.read(4096)
    with source.open("rb") as file:
        if not any(block.strip(NOTHING) for block in iter(lambda: file.read(BLOCK), b"")):
            raise FileEmpty(name=name)

    def written(encoding: str, told: str | None = None) -> bool:
        return _transcode(source, target, encoding, name, size, progress, longest_line, told)

    marked = next((found for mark, found in BOMS if head.startswith(mark)), None)
    if encoding:
        told = _known(encoding, name)
        _refuse_the_impossible(source, told, marked, name, encoding)
        used = marked if _alike(marked, told) else told
        quotes = written(used, told=encoding)
        return Decoded(told, guessed=False, quotes=quotes)
    if marked:
        quotes = written(marked)
        return Decoded(marked.removesuffix("-sig"), guessed=False, quotes=quotes)
    if b"\x00" in head:
        wide = _utf16_without_a_mark(source)
        if not wide:
            raise NotATextFile(name=name, line=head[: head.index(b"\x00")].count(b"\n") + 1)
        return Decoded(wide, guessed=True, quotes=written(wide))
    # UTF-8 is tried on the whole file: text in another encoding is hardly ever valid in it by chance.
    try:
        return Decoded("utf-8", guessed=True, quotes=written("utf-8"))
    except FileNotReadable:
        pass
    sample = _lines_beyond_ascii(source)
    for candidate in guesses(sample):
        try:
            return Decoded(candidate, guessed=True, quotes=written(candidate))
        except FileNotReadable:
            continue
    raise EncodingUnknown(name=name, candidates=candidates(sample))


def candidates(sample: bytes) -> list[str]:
    """Encodings to choose from where none is sure."""
    from charset_normalizer import from_bytes

    found = [WIDER.get(match.encoding, match.encoding) for match in from_bytes(
        sample, cp_exclusion=["utf_8", "utf_16", "utf_32", "utf_7"])]
    return list(dict.fromkeys(found))[:8]


def guesses(sample: bytes) -> Iterator[str]:
    """Encodings in which text that is not UTF-8 reads as a language does, likeliest first. None where none does."""
    runs = re.findall(rb"[\x80-\xff]+", sample)
    alone = sum(len(run) == 1 for run in runs) / max(sum(map(len, runs)), 1)
    # In Western text a letter beyond ASCII stands alone between others; in Asian and Cyrillic text they stand in rows.
    ways = (_alphabetic,) if alone >= WESTERN_ALONE else (_asian, _alphabetic, _only_possible)
    for way in ways:
        yield from way(sample)


def _alphabetic(sample: bytes) -> list[str]:
    """Encodings of alphabets in which nearly all that is beyond ASCII are letters of one language, in its words."""
    sample, scores = sample[:ENOUGH], {}
    for encoding, languages in ALPHABETS.items():
        beyond = _beyond_ascii(sample.decode(encoding, "replace"))
        share, usual = max(_reads_as(beyond, letters, frequent) for letters, frequent in languages)
        if not languages[0][1]:
            # A list of customers has names of many languages; but one language alone is likelier.
            every = frozenset().union(*(letters for letters, _ in languages))
            share = max(share, 0.98 * _reads_as(beyond, every, "")[0])
        if share >= ONE_LANGUAGE:
            scores[encoding] = round(share, 2), round(usual, 1)
    found = sorted(scores, key=scores.get, reverse=True)  # a tie keeps the order
    if found and found[0] in OLD:
        # Between old encodings nothing but the words would tell: one alone is taken, of several the person chooses.
        read = {sample.decode(encoding, "replace") for encoding in found if scores[encoding][0] == scores[found[0]][0]}
        return found if len(read) == 1 else []
    return found


def _beyond_ascii(text: str) -> Counter:
    """What stands beyond ASCII, each with whether it may stand there: as a Latin letter, as another, as a sign."""
    found = Counter()
    for match in re.finditer(r"[^\x00-\x7f]", text):
        letter, start, end = match.group(), match.start(), match.end()
        before, after = text[start - 1: start], text[end: end + 1]
        latin = any(beside.isascii() and beside.isalpha() for beside in (before, after))
        found[letter,
              not (letter.isupper() and before.islower()),  # no capital in a word of small letters
              not latin and not (category(letter) == "Mn" and before <= "\x7f"),  # no word begins with an accent
              not (after.isalpha() and (before.isalpha() and letter not in "’·-" or letter in SIGNS_ALONE))] += 1
    return found


def _reads_as(beyond: Counter, letters: frozenset[str], frequent: str) -> tuple[float, float]:
    """The share of what is beyond ASCII that are letters of the language, or signs, where such may stand; and where the
    alphabet is not Latin, the share of its most frequent letters, without which it is another alphabet's text.
    """
    right = own = common = 0
    for (letter, as_latin, as_other, as_sign), times in beyond.items():
        if letter in letters:
            right += times * (as_latin and (as_other or not frequent))
        elif letter in SIGNS:
            right += times * as_sign
        own += times * letter.isalpha()
        common += times * (letter.lower() in frequent)
    share = right / max(sum(beyond.values()), 1)
    if not frequent:
        return share, 0.6
    common /= max(own, 1)
    return (share, common) if own >= 4 and common >= (0.45 if own >= 20 else 0.3) else (0.0, 0.0)


def _only_possible(sample: bytes) -> list[str]:
    """The one Asian encoding in which a longer text has no fault at all and some everyday letters, where it is one."""
    possible = []
    for encoding, share in ASIAN.items():
        text = sample.decode(encoding, "replace")
        beyond = [letter for letter in text if letter > "\x7f"]
        if len(beyond) >= 50 and "\ufffd" not in text and share(beyond) >= 0.3:
            possible.append(encoding)
    return possible if len(possible) == 1 else []


def _asian(sample: bytes) -> list[str]:
    """Chinese, Japanese and Korean encodings in which nearly all that is beyond ASCII reads as everyday text."""
    scores = {}
    for encoding, share in ASIAN.items():
        text = sample.decode(encoding, "replace")
        beyond = [letter for letter in text if letter > "\x7f"]
        if len(beyond) < 2 or beyond.count("\ufffd") > 0.002 * len(beyond) + 1:
            continue
        score = share(beyond)
        if score >= EVERYDAY:
            scores[encoding] = score
    return sorted(scores, key=lambda encoding: round(scores[encoding], 2), reverse=True)  # a tie keeps the order


def _first_bytes(letters: list[str], encoding: str) -> list[int]:
    """The first byte of each letter in a two-byte encoding; 0 where it has none."""
    firsts = []
    for letter in letters:
        try:
            code = letter.encode(encoding)
        except UnicodeEncodeError:
            code = b"\x00"
        firsts.append(code[0] if len(code) == 2 else 0)
    return firsts


def _simplified_chinese(letters: list[str]) -> float:
    firsts = _first_bytes(letters, "gb2312")
    characters = [first for first in firsts if 0xB0 <= first <= 0xD7]
    # Korean syllables stand in the first half of the same rows: text that stays there is Korean.
    if len(characters) >= 8 and sum(first > 0xC8 for first in characters) < 0.1 * len(characters):
        return 0.0
    # So do Japan's everyday characters, but for the rows in which Chinese has its most frequent ones.
    if len(characters) >= 20 and sum(first > 0xCF for first in characters) < 0.02 * len(characters):
        return 0.0
    return (len(characters) + sum(0xA1 <= first <= 0xA3 for first in firsts)) / len(letters)


def _traditional_chinese(letters: list[str]) -> float:
    return sum(0xA1 <= first <= 0xC6 for first in _first_bytes(letters, "cp950")) / len(letters)


def _japanese(letters: list[str]) -> float:
    kana = sum("\u3040" <= letter <= "\u30ff" for letter in letters)
    if kana < 0.1 * len(letters):
        return 0.0
    return sum(0xA1 <= first <= 0xCF for first in _first_bytes(letters, "euc_jp")) / len(letters)


def _korean(letters: list[str]) -> float:
    firsts = _first_bytes(letters, "euc_kr")
    return sum(0xA1 <= first <= 0xA3 or 0xB0 <= first <= 0xC8 for first in firsts) / len(letters)


ASIAN = {"gb18030": _simplified_chinese, "cp950": _traditional_chinese, "big5hkscs": _traditional_chinese,
         "cp932": _japanese, "euc_jp": _japanese, "cp949": _korean}


def _language(letters: str, frequent: str = "") -> tuple[frozenset[str], str]:
    return frozenset(letters + letters.upper()), frequent


_WEST = tuple(map(_language, (
    "äöüß", "àâæçéèêëîïôœùûüÿ", "áéíñóúüïç", "ãáâàçéêíóôõúü", "àèéìíòóùú", "åäöéü", "æøåéäöü", "éëïóöüèáí",
    "áéíóúýþæöð", "àáèéíïòóúüçl·", "õäöüšž")))
_CENTRE = tuple(map(_language, (
    "ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "ăâîșțşţ", "čćđšž", "äöüß", "ëç")))
_TURKISH = (_language("çğıöşüâîûİ"),)
_BALTIC = tuple(map(_language, ("ąčęėįšųūž", "āčēģīķļņšūž", "õäöüšž")))
_CYRILLIC = (_language("абвгдежзийклмнопрстуфхцчшщъыьэюяё", "оеаинтсрвл"),
             _language("абвгґдеєжзиіїйклмнопрстуфхцчшщьюя", "оаинтівред"),
             _language("абвгдежзийклмнопрстуфхцчшщъьюяђјљњћџ", "аиоетнсвра"))
_GREEK = (_language("αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋΐΰ", "αοιετνσηςρ"),)
_HEBREW = (_language("אבגדהוזחטיךכלםמןנסעףפץצקרשת", "יוהלאמרתבש"),)
_ARABIC = (_language("ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىيپچژگکی،؟", "اليمونتربه"),)
_THAI = (_language("".join(map(chr, range(0xE01, 0xE5C))), "านรอกเงมยล"),)

# Encodings of alphabets and the languages written in them. First what Windows writes, which most files come from; then
# the standards, which differ from it in few signs; then DOS and the Macintosh.
ALPHABETS = {
    "cp1252": _WEST, "cp1250": _CENTRE, "cp1254": _TURKISH, "cp1257": _BALTIC, "cp1251": _CYRILLIC, "cp1253": _GREEK,
    "cp1255": _HEBREW, "cp1256": _ARABIC, "cp874": _THAI, "koi8_r": _CYRILLIC[:1], "koi8_u": _CYRILLIC[1:2],
    "iso8859_2": _CENTRE, "iso8859_5": _CYRILLIC, "iso8859_7": _GREEK, "iso8859_9": _TURKISH, "iso8859_15": _WEST,
    "cp866": _CYRILLIC, "cp850": _WEST, "cp852": _CENTRE, "mac_roman": _WEST, "mac_cyrillic": _CYRILLIC}
SIGNS_ALONE = "®™©¼½¾±×÷†µ²³"  # no letter follows them
SIGNS = frozenset("€£¥§°«»„“”‘’‚‹›–—…·•ªº¿¡№\u00a0\u00ad" + SIGNS_ALONE)
OLD = ("cp866", "cp850", "cp852", "mac_roman", "mac_cyrillic")


def _known(encoding: str, name: str) -> str:
    wanted = re.sub(r"[ _]", "-", encoding.strip().lower())
    wanted = {"utf8-sig": "utf-8", "utf-8-sig": "utf-8", "ansi": "cp1252", "unicode": "utf-16", "excel": "cp1252"}.get(
        wanted, wanted)
    try:
        codec = codecs.lookup(wanted)
        if not codec._is_text_encoding:
            raise LookupError
    except LookupError:
        raise FileNotReadable(name=name, encoding=encoding, line=1) from None
    found = codec.name
    return WIDER.get(found, found)


def _alike(marked: str | None, told: str) -> bool:
    return bool(marked) and marked.removesuffix("-sig").startswith(told.removesuffix("-le").removesuffix("-be"))


def _refuse_the_impossible(source: Path, told: str, marked: str | None, name: str, encoding: str) -> None:
    """A told encoding that would decode without an error, and wrongly, is refused where that is certain."""
    unicode_told = told.startswith(("utf-", "utf_"))
    if marked and not _alike(marked, told):
        raise FileNotReadable(name=name, encoding=encoding, line=1)
    if told.startswith("utf-16") and not marked and not _utf16_without_a_mark(source):
        raise FileNotReadable(name=name, encoding=encoding, line=1)
    if not unicode_told:
        sample = _lines_beyond_ascii(source)
        try:
            text = sample.decode("utf-8")
        except UnicodeDecodeError:
            return
        # Three characters that are valid UTF-8 by chance are not seen in other encodings' text.
        if sum(letter > "\x7f" for letter in text) >= 3:
            raise FileNotReadable(name=name, encoding=encoding, line=1)


def _utf16_without_a_mark(source: Path) -> str | None:
    """UTF-16 or UTF-32 that does not say so: the one of their four ways in which the text's beginning is text."""
    with source.open("rb") as file:
        head = file.read(4096)
    found = {}
    for encoding, width in (("utf-32-le", 4), ("utf-32-be", 4), ("utf-16-le", 2), ("utf-16-be", 2)):
        try:
            text = head[: len(head) // width * width].decode(encoding)
        except UnicodeDecodeError as error:
            if error.start < len(head) - 4:  # the head's end may cut a letter in two
                continue
            text = head[: error.start].decode(encoding)
        strange = sum(category(letter) in ("Cn", "Co", "Cs") or category(letter) == "Cc" and letter not in "\t\r\n"
                      for letter in text)
        plain = sum(letter in "\n\r\t,;| " or letter.isascii() and letter.isalnum() for letter in text)
        if text and not strange and plain and head.count(0) >= 3 and ("\n" in text or b"\n" not in head):
            found[encoding] = plain / len(text)
    return max(found, key=found.get, default=None)


def _transcode(source: Path, target: Path, encoding: str, name: str, size: int, progress,
               longest_line: int | None, told: str | None) -> bool:
    """Whether there was a quote. Raises FileNotReadable with the line where the bytes do not fit the encoding."""
    decoder = codecs.getincrementaldecoder(encoding)(errors="strict")
    as_it_is = encoding == "utf-8"
    lines, since_line_end, read, quotes = 1, 0, 0, False
    with source.open("rb") as file, target.open("wb") as out:
        while True:
            block = file.read(BLOCK)
            try:
                text = decoder.decode(block, final=not block)
                data = block if as_it_is else text.encode("utf-8")
            except UnicodeError as error:
                before = bytes(error.object[: error.start]) if isinstance(error, UnicodeDecodeError) else b""
                raise FileNotReadable(name=name, encoding=told or encoding, line=lines + before.count(b"\n")) from None
            if b"\x00" in data:
                raise NotATextFile(name=name, line=lines + data[: data.index(b"\x00")].count(b"\n"))
            quotes = quotes or b'"' in data
            last = max(data.rfind(b"\n"), data.rfind(b"\r"))
            since_line_end = len(data) - last - 1 if last >= 0 else since_line_end + len(data)
            lines += data.count(b"\n")
            if longest_line and since_line_end > longest_line:
                raise LineTooLong(name=name, line=lines, most_mb=longest_line >> 20)
            out.write(data)
            read += len(block)
            if read > size:
                raise FileChanging(name=name)
            progress(read / max(size, 1))
            if not block:
                return quotes


def _lines_beyond_ascii(source: Path) -> bytes:
    """Up to 256 KB of the lines that hold more than ASCII: only they tell encodings apart."""
    found, size = [], 0
    with source.open("rb") as file:
        for block in iter(lambda: file.readlines(BLOCK), []):
            if b"".join(block).isascii():
                continue
            for line in block:
                if not line.isascii():
                    found.append(line[:4096])
                    size += len(found[-1])
            if size >= SAMPLE:
                break
    return b"".join(found)
