"""From bytes to text: find a file's encoding, or take the person's word, and write it out again as UTF-8.

    BOM                         → utf-8, utf-16, utf-32 as it says
    valid UTF-8                 → utf-8
    NUL in every second byte    → utf-16
    high bytes in pairs that read as common Chinese characters  → gb18030
    anything else               → what charset-normalizer finds likeliest, at last cp1252 (what Excel writes)
"""
import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from crm_core.errors import FileEmpty, FileNotReadable, FileTypeUnknown, LineTooLong, NotATextFile

BLOCK = 1 << 20
LONGEST_LINE = 16 << 20  # bytes; what is longer is no table, and one line must fit into memory several times
SAMPLE = 256 << 10

BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

# How files begin that are no text, whatever their names say.
MAGIC = (b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0", b"PAR1", b"\x1f\x8b", b"%PDF-", b"SQLite format 3\x00",
         b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x7fELF", b"7z\xbc\xaf", b"Rar!", b"ARROW1", b"BZh", b"\x28\xb5\x2f\xfd")

# Encodings a person may name loosely: the wider one reads everything that the narrower one does.
WIDER = {"gbk": "gb18030", "gb2312": "gb18030", "cp936": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949",
         "ascii": "utf-8"}


@dataclass(frozen=True)
class Decoded:
    encoding: str  # Python's name of the encoding that was used
    guessed: bool  # False where a byte order mark or the person said so
    quotes: bool  # whether the text holds a double quote at all


def decode(source: Path, target: Path, name: str, encoding: str | None = None,
           progress: Callable[[float], None] = lambda share: None) -> Decoded:
    """Write the file `source` to `target` as UTF-8 without a byte order mark.

    Raises FileEmpty, FileTypeUnknown, NotATextFile, LineTooLong, FileNotReadable (a wrong encoding was told,
    or none fits).
    """
    size = source.stat().st_size
    with source.open("rb") as file:
        head = file.read(4096)
    if not head.strip(b" \t\r\n\xef\xbb\xbf\xff\xfe\x00"):
        with source.open("rb") as file:
            if not any(block.strip(b" \t\r\n\xef\xbb\xbf\xff\xfe\x00") for block in iter(lambda: file.read(BLOCK), b"")):
                raise FileEmpty(name=name)
    if head.startswith(MAGIC):
        raise FileTypeUnknown(name=name)

    marked = next((found for mark, found in BOMS if head.startswith(mark)), None)
    if encoding:
        told = _known(encoding, name)
        _refuse_the_impossible(source, told, marked, name, encoding)
        quotes = _transcode(source, target, marked if _alike(marked, told) else told, name, size, progress, told=encoding)
        return Decoded(told, guessed=False, quotes=quotes)
    if marked:
        quotes = _transcode(source, target, marked, name, size, progress)
        return Decoded(marked.removesuffix("-sig"), guessed=False, quotes=quotes)
    if b"\x00" in head:
        wide = _utf16_without_a_mark(head)
        if not wide:
            raise NotATextFile(name=name, line=head[: head.index(b"\x00")].count(b"\n") + 1)
        return Decoded(wide, guessed=True, quotes=_transcode(source, target, wide, name, size, progress))
    # UTF-8 is tried on the whole file: text in another encoding is hardly ever valid in it by chance.
    try:
        return Decoded("utf-8", guessed=True, quotes=_transcode(source, target, "utf-8", name, size, progress))
    except FileNotReadable:
        pass
    for candidate in guesses(_lines_beyond_ascii(source)):
        try:
            return Decoded(candidate, guessed=True, quotes=_transcode(source, target, candidate, name, size, progress))
        except FileNotReadable:
            continue
    raise FileNotReadable(name=name, encoding="", line=0)


def guesses(sample: bytes) -> list[str]:
    """Encodings for text that is not UTF-8, likeliest first."""
    likely = []
    if _reads_as_chinese(sample):
        likely.append("gb18030")
    from charset_normalizer import from_bytes

    found = from_bytes(sample, cp_exclusion=["utf_8", "utf_16", "utf_32", "utf_7"])
    names = [WIDER.get(match.encoding, match.encoding) for match in found]
    western = ("cp1252", "latin_1", "iso8859_1", "cp1250", "iso8859_15", "mac_roman", "cp850", "cp437", "hp_roman8",
               "cp1254", "cp1257", "cp1258", "cp775", "iso8859_9", "iso8859_14", "iso8859_10", "iso8859_4", "iso8859_13")
    # Windows writes cp1252 and nothing else writes those old ones any more; a few accents do not tell them apart.
    if names and names[0] in western:
        names.insert(0, "cp1252")
    likely.extend(names)
    likely.append("cp1252")
    return list(dict.fromkeys(likely))


def _known(encoding: str, name: str) -> str:
    wanted = re.sub(r"[ _]", "-", encoding.strip().lower())
    wanted = {"utf8-sig": "utf-8", "utf-8-sig": "utf-8", "ansi": "cp1252", "unicode": "utf-16", "excel": "cp1252"}.get(
        wanted, wanted)
    try:
        codec = codecs.lookup(wanted)
        if not codec._is_text_encoding:
            raise LookupError
    except LookupError:
        raise FileNotReadable(name=name, encoding=encoding, line=0) from None
    found = codec.name
    return WIDER.get(found, found)


def _alike(marked: str | None, told: str) -> bool:
    return bool(marked) and marked.removesuffix("-sig").startswith(told.removesuffix("-le").removesuffix("-be"))


def _refuse_the_impossible(source: Path, told: str, marked: str | None, name: str, encoding: str) -> None:
    """A told encoding that would decode without an error, and wrongly, is refused where that is certain."""
    unicode_told = told.startswith(("utf-", "utf_"))
    if marked and not _alike(marked, told):
        raise FileNotReadable(name=name, encoding=encoding, line=1)
    if told.startswith("utf-16") and not marked and not _utf16_without_a_mark(source.open("rb").read(4096)):
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


def _utf16_without_a_mark(head: bytes) -> str | None:
    even, odd = head[0::2], head[1::2]
    if len(head) < 2 or not odd:
        return None
    if odd.count(0) > 0.3 * len(odd) and even.count(0) < 0.02 * len(even) + 1:
        return "utf-16-le"
    if even.count(0) > 0.3 * len(even) and odd.count(0) < 0.02 * len(odd) + 1:
        return "utf-16-be"
    return None


def _transcode(source: Path, target: Path, encoding: str, name: str, size: int, progress, told: str | None = None) -> bool:
    """Whether there was a quote. Raises FileNotReadable with the line where the bytes do not fit the encoding."""
    decoder = codecs.getincrementaldecoder(encoding)(errors="strict")
    as_it_is = encoding == "utf-8"
    lines, since_line_end, read, quotes = 1, 0, 0, False
    with source.open("rb") as file, target.open("wb") as out:
        while True:
            block = file.read(BLOCK)
            try:
                text = decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                line = lines + bytes(error.object[: error.start]).count(b"\n")
                raise FileNotReadable(name=name, encoding=told or encoding, line=line) from None
            data = block if as_it_is else text.encode("utf-8", "surrogatepass")
            if b"\x00" in data:
                raise NotATextFile(name=name, line=lines + data[: data.index(b"\x00")].count(b"\n"))
            quotes = quotes or b'"' in data
            last = max(data.rfind(b"\n"), data.rfind(b"\r"))
            since_line_end = len(data) - last - 1 if last >= 0 else since_line_end + len(data)
            lines += data.count(b"\n")
            if since_line_end > LONGEST_LINE:
                raise LineTooLong(name=name, line=lines, most_mb=LONGEST_LINE >> 20)
            out.write(data)
            read += len(block)
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


def _reads_as_chinese(sample: bytes) -> bool:
    """Whether nearly all that is beyond ASCII reads as everyday Chinese in GB18030: GB2312's first level and signs."""
    try:
        text = sample.decode("gb18030")
    except UnicodeDecodeError as error:
        if error.start < len(sample) - 4:
            return False
        text = sample[: error.start].decode("gb18030")
    beyond = [letter for letter in text if letter > "\x7f"]
    if len(beyond) < 2:
        return False
    everyday = 0
    for letter in beyond:
        try:
            pair = letter.encode("gb2312")
        except UnicodeEncodeError:
            continue
        everyday += 0xB0 <= pair[0] <= 0xD7 or 0xA1 <= pair[0] <= 0xA3
    return everyday >= 0.85 * len(beyond)
