"""How a text file is cut into rows and cells: its delimiter, its header, and rows that cannot be cut."""
import csv
import io
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from crm_core.errors import DelimiterUnknown, FileEmpty, TooManyColumns, TwoHeadersAlike

DELIMITERS = (",", ";", "\t", "|")
SAMPLE = 256 << 10
MOST_COLUMNS = 2000
LONGEST_CELL = 1_000_000  # characters
BLANKS = " \t\r\n\v\f\u00a0\u2007\u2009\u200b\u202f\u3000\ufeff"


@dataclass(frozen=True)
class Dialect:
    delimiter: str
    headers: tuple[str, ...]
    first_line: int  # the physical line on which the first row after the header begins


def find_dialect(text: Path, name: str, delimiter: str | None = None) -> Dialect:
    """Delimiter and header of a UTF-8 file. Raises FileEmpty, TwoHeadersAlike, TooManyColumns, DelimiterUnknown."""
    csv.field_size_limit(1 << 30)  # here a header may be as wide as it likes: it is counted and refused
    if delimiter is not None:
        delimiter = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}.get(delimiter, delimiter)
        if len(delimiter) != 1 or delimiter in '"\r\n':
            raise DelimiterUnknown(delimiter=delimiter)
    with text.open(encoding="utf-8", newline="") as file:
        sample = file.read(SAMPLE)
        whole = len(sample) < SAMPLE
    skipped, named_by_file = _leading_lines(sample)
    sample = "".join(sample.splitlines(keepends=True)[skipped:]) if skipped else sample
    if not sample.strip(BLANKS):
        raise FileEmpty(name=name)
    delimiter = delimiter or named_by_file or _likeliest(sample, whole)

    with text.open(encoding="utf-8", newline="") as file:
        for _ in range(skipped):
            file.readline()
        reader = csv.reader(file, delimiter=delimiter)
        header = next(reader)
        first_line = skipped + reader.line_num + 1
    if len(header) > MOST_COLUMNS:
        raise TooManyColumns(name=name, columns=len(header), most=MOST_COLUMNS)
    headers = tuple(" ".join(cell.strip(BLANKS).split()) or f"#{position}" for position, cell in enumerate(header, 1))
    seen = Counter(header.casefold() for header in headers)
    for header in headers:
        if seen[header.casefold()] > 1:
            raise TwoHeadersAlike(name=name, header=header)
    return Dialect(delimiter, headers, first_line)


def _leading_lines(sample: str) -> tuple[int, str | None]:
    """Lines before the header: blank ones, and the `sep=;` by which Excel is told the delimiter."""
    skipped, delimiter = 0, None
    for line in io.StringIO(sample, newline=""):
        bare = line.strip("\r\n").lstrip("\ufeff").strip('"')
        if delimiter is None and bare.lower().startswith("sep=") and len(bare) in (4, 5):
            delimiter = bare[4:] or "\t"
        elif line.strip(BLANKS):
            break
        skipped += 1
    return skipped, delimiter


def _likeliest(sample: str, whole: bool) -> str:
    """The delimiter that gives the most rows as many cells as the header has, and more than one."""
    best, best_score = ",", 0.0
    for delimiter in DELIMITERS:
        try:
            widths = [len(row) for row in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter) if row]
        except csv.Error:
            continue
        if not whole and len(widths) > 1:
            widths.pop()  # the sample's end cut it
        alike = sum(width == widths[0] for width in widths) / len(widths)
        # A comma inside texts or numbers can split some rows; the true delimiter splits the header too.
        score = alike + min(widths[0], 50) / 1000 if widths[0] > 1 else 0.0
        if score > best_score:
            best, best_score = delimiter, score
    return best
