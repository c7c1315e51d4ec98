"""What a file is, by its content, and what is packed in it: zip, gzip, bzip2 and xz, with limits on what comes out.

    PK… with xl/workbook.xml inside  →  xlsx, whatever the name says
    PK… with tables inside           →  zip
    {"orders": […                    →  json, where it can be read as such
"""
import bz2
import gzip
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from crm_core.errors import (
    ArchiveInArchive,
    FileDamaged,
    FileTypeUnknown,
    MemberNotThere,
    NoTableInside,
    PasswordNeeded,
    UnpacksTooLarge,
    WebPageOrXml,
)

BLOCK = 1 << 20
MOST_UNPACKED = 8 << 30
HARMLESS = 64 << 20  # so much may come out of anything
MOST_TIMES = 150  # beyond that no more than so many times what went in: tables shrink to a tenth or a thirtieth
PACKED = {b"\x1f\x8b": "gz", b"BZh": "bz2", b"\xfd7zXZ\x00": "xz"}
OPENED = {"gz": gzip.open, "bz2": bz2.open, "xz": lzma.open}
WORKBOOKS = ("xlsx", "xlsb", "xls", "ods")
ARCHIVES = ("zip", *OPENED)
TABLES = (".csv", ".tsv", ".txt", ".tab", ".dat", ".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".json", ".jsonl",
          ".ndjson", ".parquet")
# How files begin that are no tables.
OTHERS = (b"%PDF-", b"SQLite format 3\x00", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x7fELF", b"7z\xbc\xaf\x27\x1c",
          b"Rar!", b"ARROW1", b"\x28\xb5\x2f\xfd", b"{\\rtf", b"MZ\x90\x00", b"RIFF", b"OggS", b"ID3")
MARKUP = re.compile(rb"\s*<(!doctype\s+html|html|head|body|table|meta|\?xml|workbook)\b", re.IGNORECASE)


def kind_of(source: Path, name: str) -> str:
    """csv (any delimited text), json (it may be), xlsx, xlsb, xls, ods, parquet, zip, gz, bz2 or xz.

    Raises FileTypeUnknown, WebPageOrXml, PasswordNeeded, FileDamaged.
    """
    with source.open("rb") as file:
        head = file.read(4096)
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return _kind_of_zip(source, name)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return _kind_of_compound(source, name)
    for mark, kind in PACKED.items():
        if head.startswith(mark):
            return kind
    if head.startswith(OTHERS):
        raise FileTypeUnknown(name=name)
    text = head.removeprefix(b"\xef\xbb\xbf")
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in head[:64]:
        text = head.replace(b"\x00", b"").lstrip(b"\xff\xfe")  # enough of UTF-16 to see signs of ASCII
    if MARKUP.match(text):
        raise WebPageOrXml(name=name)
    return "json" if text.lstrip()[:1] in (b"{", b"[") else "csv"


def _kind_of_zip(source: Path, name: str) -> str:
    with open_zip(source, name) as archive:
        names = set(archive.namelist())
        if "mimetype" in names and archive.getinfo("mimetype").file_size < 200:
            kind = read_member(archive, "mimetype", name).strip()
            if kind.startswith(b"application/vnd.oasis.opendocument"):
                if b".spreadsheet" not in kind:
                    raise FileTypeUnknown(name=name)
                manifest = "META-INF/manifest.xml"
                if manifest in names and b"encryption-data" in read_member(archive, manifest, name):
                    raise PasswordNeeded(name=name)
                return "ods"
    if any(member.lower() == "xl/workbook.xml" for member in names):
        return "xlsx"
    if "xl/workbook.bin" in names:
        return "xlsb"
    if "[Content_Types].xml" in names or any(member.startswith(("word/", "ppt/")) for member in names):
        raise FileTypeUnknown(name=name)
    return "zip"


def _kind_of_compound(source: Path, name: str) -> str:
    """Excel's older files, and its newer ones under a password, lie in compound files with named streams."""
    streams = {"EncryptedPackage": False, "Workbook": False, "Book": False}
    overlap = b""
    with source.open("rb") as file:
        for block in iter(lambda: file.read(BLOCK), b""):
            for stream in streams:
                streams[stream] |= (stream + "\0").encode("utf-16-le") in overlap + block
            overlap = block[-64:]
    if streams["EncryptedPackage"]:
        raise PasswordNeeded(name=name)
    if not (streams["Workbook"] or streams["Book"]):
        raise FileTypeUnknown(name=name)
    return "xls"


def open_zip(source: Path, name: str) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(source)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, UnicodeDecodeError):
        raise FileDamaged(name=name) from None


def read_member(archive: zipfile.ZipFile, member: str, name: str, most: int = 16 << 20) -> bytes:
    """A small part of an archive, whole."""
    read = bytearray()
    for block in blocks_of(archive, member, name):
        read += block
        if len(read) > most:
            raise UnpacksTooLarge(name=name, mb=most >> 20)
    return bytes(read)


def blocks_of(archive: zipfile.ZipFile, member: str, name: str) -> Iterator[bytes]:
    """A part of an archive, block by block. Raises FileDamaged, PasswordNeeded, UnpacksTooLarge."""
    packed, done = archive.getinfo(member), 0
    if packed.flag_bits & 1:
        raise PasswordNeeded(name=name)
    try:
        with archive.open(packed) as file:
            while block := file.read(BLOCK):
                done += len(block)
                _refuse_bombs(done, packed.compress_size, name)
                yield block
    except (zipfile.BadZipFile, zlib.error, EOFError, lzma.LZMAError, OSError, NotImplementedError):
        raise FileDamaged(name=name) from None


def _refuse_bombs(unpacked: int, packed: int, name: str) -> None:
    if unpacked > MOST_UNPACKED or unpacked > HARMLESS and unpacked > MOST_TIMES * packed:
        raise UnpacksTooLarge(name=name, mb=unpacked >> 20)


def refuse_swollen(source: Path, name: str, most_mb: int) -> None:
    """Refuse a workbook whose parts are too large to be read, by what the archive says of them."""
    with open_zip(source, name) as archive:
        for part in archive.infolist():
            if part.flag_bits & 1:
                raise PasswordNeeded(name=name)
            _refuse_bombs(part.file_size, part.compress_size, name)
        whole = sum(part.file_size for part in archive.infolist() if part.filename.endswith((".xml", ".bin")))
    if whole > most_mb << 20:
        raise UnpacksTooLarge(name=name, mb=whole >> 20)


def unpack(source: Path, target: Path, kind: str, name: str, member: str | None, progress
           ) -> tuple[tuple[str, ...], str]:
    """Write what is packed in `source` to `target`; the names of the files in it that may be tables, and the one read.

    Raises FileDamaged, PasswordNeeded, UnpacksTooLarge, MemberNotThere, NoTableInside, ArchiveInArchive.
    """
    if kind == "zip":
        return _unzip(source, target, name, member, progress)
    packed, done = source.stat().st_size, 0
    try:
        with OPENED[kind](source) as file, target.open("wb") as out:
            while block := file.read(BLOCK):
                done += len(block)
                _refuse_bombs(done, packed, name)
                out.write(block)
                progress(min(done / (packed * 10), 1.0))
    except (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile, OSError) as error:
        if getattr(error, "errno", None) in (28, 122):
            raise
        raise FileDamaged(name=name) from None
    return (), ""


def _unzip(source: Path, target: Path, name: str, member: str | None, progress) -> tuple[tuple[str, ...], str]:
    with open_zip(source, name) as archive:
        found = {_readable(part): part for part in archive.infolist()
                 if not part.is_dir() and part.file_size and not _is_litter(part.filename)}
        if not found:
            raise NoTableInside(name=name)
        if member is not None and member not in found:
            raise MemberNotThere(name=name, member=member)
        # The largest file that looks like a table; beside it there are notes and pictures.
        tables = [known for known in found if Path(known).suffix.lower() in TABLES] or list(found)
        chosen = member or max(tables, key=lambda known: found[known].file_size)
        with target.open("wb") as out:
            done, size = 0, max(found[chosen].file_size, 1)
            for block in blocks_of(archive, found[chosen].filename, name):
                done += out.write(block)
                progress(min(done / size, 1.0))
    with target.open("rb") as file:
        head = file.read(8)
    if head.startswith(tuple(PACKED)) or head.startswith(b"PK") and kind_of(target, chosen) == "zip":
        raise ArchiveInArchive(name=name, member=chosen)
    return tuple(tables if chosen in tables else found), chosen



def _is_litter(member: str) -> bool:
    """What file managers leave in archives."""
    return member.startswith("__MACOSX/") or Path(member).name.startswith(".") or Path(member).name == "Thumbs.db"


def _readable(part: zipfile.ZipInfo) -> str:
    """A member's name. Windows in China packs names in GBK, which ZIP would read as IBM's old code page."""
    if part.flag_bits & 0x800 or part.filename.isascii():
        return part.filename
    raw = part.filename.encode("cp437", "replace")
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return part.filename

