"""How a text file is cut into rows and cells: its delimiter and quotes, its header, and rows that cannot be cut."""
import csv
import io
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from crm_core.data_entry.header import BLANKS, LOOKED_AT, filled, find_header, footer
from crm_core.errors import DelimiterUnknown, FileEmpty, FixedWidth, HeaderLineNotThere, RaggedFile

DELIMITERS = (",", ";", "\t", "|")
RARE_DELIMITERS = (" ", ":", "^", "~", "\x1f", "\x01", "¦", "§")  # only where they cut a file without fail
NAMED = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " ", "colon": ":"}
SAMPLE = 256 << 10
TAIL = 16 << 10  # bytes at the end in which totals and remarks are looked for
LONGEST_CELL = 1_000_000  # characters
MOST_RUNAWAYS = 1000  # quotes that run on over lines and are never closed
MOST_MENDED = 100_000  # characters of a line that is cut again


@dataclass(frozen=True)
class Dialect:
    delimiter: str
    headers: tuple[str, ...] = ()
    first_line: int = 1  # the physical line on which the first row after the header begins
    header_line: int = 1  # 0 where there is none
    quote: str = '"'
    backslash: bool = False  # \" stands for a quote inside a quoted cell
    skip_space: bool = False  # blanks after a delimiter belong to no cell
    left_out: dict[int, str] = field(default_factory=dict)  # lines at the end that are no rows, with the reason
    notes: tuple = ()
    name: str = ""  # the file's, for sentences

    @property
    def plain(self) -> bool:
        """Whether the fast way of cutting knows all of it."""
        return self.quote == '"' and not (self.backslash or self.skip_space or self.left_out)


def find_dialect(text: Path, name: str, delimiter: str | None = None, header_line: int | None = None) -> Dialect:
    """Delimiter, quotes and header of a UTF-8 file.

    Raises FileEmpty, TooManyColumns, DelimiterUnknown, FixedWidth, HeaderLineNotThere.
    """
    if delimiter is not None:
        delimiter = NAMED.get(delimiter, delimiter)
        if len(delimiter) > 1:
            delimiter = delimiter.strip(" ")  # ", " is a comma, and what follows a blank
        if len(delimiter) != 1 or delimiter in '"\r\n':
            raise DelimiterUnknown(delimiter=delimiter)
    with text.open(encoding="utf-8", newline="") as file:
        sample = file.read(SAMPLE)
        whole = len(sample) < SAMPLE
    skipped, named_by_file = _leading_lines(sample)
    lines = list(io.StringIO(sample, newline=""))[skipped:]
    if not whole and len(lines) > 1:
        lines.pop()  # the sample's end cut it
    if not any(line.strip(BLANKS) for line in lines):
        raise FileEmpty(name=name)
    dialect, score = _likeliest(lines, delimiter or named_by_file)
    if score < 0.9 and not (delimiter or named_by_file) and _has_fixed_widths(lines):
        raise FixedWidth(name=name)
    dialect = replace(dialect, name=name)
    if dialect.delimiter is None:
        dialect = replace(dialect, delimiter=",")

    looked_at = _first_rows(lines, dialect, skipped)
    if header_line and header_line > looked_at[-1][0]:
        raise HeaderLineNotThere(name=name, line=header_line)
    header = find_header(looked_at, name, header_line)
    width = len(header.names)
    below = header.first < len(looked_at)
    first_line = looked_at[header.first][0] if below else skipped + len(lines) + 1
    notes = header.notes
    if dialect.quote != '"' or dialect.backslash:
        notes += (("unusual_quotes", {"quote": dialect.quote if dialect.quote != '"' else '\\"'}),)
    return replace(dialect, headers=header.names, first_line=first_line, header_line=header.line, notes=notes,
                   left_out=_footer(text, dialect, width, first_line))


def _leading_lines(sample: str) -> tuple[int, str | None]:
    """Lines before anything else: blank ones, and the `sep=;` by which Excel is told the delimiter."""
    skipped, delimiter = 0, None
    for line in io.StringIO(sample, newline=""):
        bare = line.strip("\r\n").lstrip("\ufeff").strip('"')
        if delimiter is None and bare.lower().startswith("sep=") and len(bare) in (4, 5):
            delimiter = bare[4:] or "\t"
        elif line.strip(BLANKS):
            break
        skipped += 1
    return skipped, delimiter


def _first_rows(lines: list[str], dialect: Dialect, skipped: int) -> list[tuple[int, list[str]]]:
    """The first rows with their lines; the usual number of cells is found first, by which the others are mended."""
    rows = [row for _, row, _ in islice(cut(lines, dialect, 1, None), LOOKED_AT) if row]
    width = Counter(map(len, rows)).most_common(1)[0][0] if rows else None
    return [(line, [lines[line - skipped - 1]] if row is None else row)
            for line, row, _ in islice(cut(lines, dialect, skipped + 1, width), LOOKED_AT)]



# --- delimiter and quotes -----------------------------------------------------------------------


def _likeliest(lines: list[str], told: str | None) -> tuple[Dialect, float]:
    """The dialect that cuts most rows into as many cells as the header; its delimiter is None where none cuts. And its
    score."""
    sample = "".join(lines)
    best, best_score = Dialect(told), 0.0
    for delimiter in [told] if told else DELIMITERS:
        found, score = Dialect(delimiter), _score(lines, Dialect(delimiter))
        for variant in _variants(sample, delimiter):
            of_variant = _score(lines, variant)
            if of_variant >= score:
                found, score = variant, of_variant
        if score > best_score:
            best, best_score = found, score
    if told or best_score >= 0.9:
        return best, best_score
    for delimiter in RARE_DELIMITERS:
        dialect = Dialect(delimiter, skip_space=delimiter == " ")
        score = _score(lines, dialect, least_width=3, least_rows=4)
        if score >= 0.98 and score > best_score + 0.05:
            best, best_score = dialect, score
    return best, best_score


def _variants(sample: str, delimiter: str) -> Iterator[Dialect]:
    """Other quotes than the usual, where the text shows them."""
    edge = re.escape(delimiter)
    if delimiter == " " or re.search(rf'{edge} +"', sample):
        yield Dialect(delimiter, skip_space=True)
    if '\\"' in sample:
        yield Dialect(delimiter, backslash=True)
        yield Dialect(delimiter, backslash=True, skip_space=True)
    opened = len(re.findall(rf"(?:^|{edge})'", sample, re.MULTILINE))
    closed = len(re.findall(rf"(?:^|{edge})'[^\r\n]*?'(?={edge}|\r|\n|$)", sample, re.MULTILINE))
    if closed >= 2 and closed >= 0.9 * opened and not re.search(rf'(?:^|{edge})"', sample, re.MULTILINE):
        yield Dialect(delimiter, quote="'")


def _score(lines: list[str], dialect: Dialect, least_width: int = 2, least_rows: int = 1) -> float:
    """The share of rows that have as many cells as the row that would be the header; lines above it cost a little."""
    widths = [len(row) if row else 0 for _, row, _ in cut(lines, dialect, 1, None) if row is None or filled(row)]
    if 0 in widths and any(widths):
        usual = Counter(filter(None, widths)).most_common(1)[0][0]
        widths = [len(row) if row else 0 for _, row, _ in cut(lines, dialect, 1, usual) if row is None or filled(row)]
    best = 0.0
    for start, width in enumerate(widths[:30]):
        left = len(widths) - start
        if width < least_width or left < least_rows or start and left < 2:
            continue
        alike = sum(other == width for other in widths[start:]) / left
        # A comma inside texts or numbers can split some rows; the true delimiter splits the header too.
        best = max(best, alike * (1 - 0.02 * start) + min(width, 50) / 1000)
    return best


def _has_fixed_widths(lines: list[str]) -> bool:
    """Whether columns are told apart by their place in the line only: long lines of one length, or aligned gaps."""
    texts = [line.rstrip("\r\n") for line in lines if line.strip()]
    if len(texts) < 3:
        return False
    length, times = Counter(map(len, texts)).most_common(1)[0]
    if length > 60 and len(texts) >= 10 and times >= 0.98 * len(texts):
        return True
    length = max(map(len, texts))
    texts = [text.ljust(length) for text in texts]
    gaps = {place for place in range(length) if all(text[place] == " " for text in texts)}
    ends = [place for place in gaps if place + 1 < length and place + 1 not in gaps]
    return len(ends) >= 2 and sum("  " in text.strip() for text in texts) >= 0.5 * len(texts)


# --- rows ---------------------------------------------------------------------------------------


class _Lines:
    """Physical lines that can be given back, so that a row that ran on too far is cut again."""

    def __init__(self, lines: Iterable[str], dialect: Dialect):
        self.lines, self.back, self.taken = iter(lines), deque(), []
        self.backslash, self.squeeze = dialect.backslash, dialect.delimiter == " "

    def __iter__(self):
        return self

    def __next__(self) -> str:
        line = self.back.popleft() if self.back else next(self.lines)
        self.taken.append(line)
        if self.backslash and "\\" in line:
            line = line.replace("\\\\", "\0").replace('\\"', '""').replace("\0", "\\")
        return line.strip(" ") if self.squeeze else line

    def first_alone(self) -> tuple[str, str | None]:
        """Give back all lines that were taken but the first; it and the line after it."""
        first, *others = self.taken
        self.back.extendleft(reversed(others))
        self.taken = []
        return first, self.peek()

    def peek(self) -> str | None:
        if not self.back:
            self.back.extend(islice(self.lines, 1))
        return self.back[0] if self.back else None

    def drop(self) -> None:
        self.back.popleft()


def cut(lines: Iterable[str], dialect: Dialect, first_line: int, width: int | None
        ) -> Iterator[tuple[int, list[str] | None, str]]:
    """Every row as (its line, its cells, ""), or (its line, None, why it is none).

    A row whose quotes cannot be is cut by itself, and what follows is kept. It is mended where one reading of its
    line alone gives `width` cells; then it comes as (line, cells, "mended").
    """
    csv.field_size_limit(LONGEST_CELL)
    source, line, runaways = _Lines(lines, dialect), first_line, 0
    shape = {"delimiter": dialect.delimiter, "quotechar": dialect.quote, "skipinitialspace": dialect.skip_space}
    while True:
        reason = ""
        try:
            for row in csv.reader(source, strict=True, **shape):
                count = len(source.taken)
                if count > 1 and _swallowed(row, dialect, width):
                    reason = "quote_not_closed"
                    break
                yield line, row, ""
                line += count
                source.taken.clear()
            else:
                return
        except csv.Error as error:
            too_long = len(source.taken) == 1 and "limit" in str(error)
            open_end = len(source.taken) > 1 or "unexpected end" in str(error)
            reason = "cell_too_long" if too_long else "quote_not_closed" if open_end else "quote_misplaced"
        runaways += len(source.taken) > 1
        if runaways > MOST_RUNAWAYS:
            raise RaggedFile(name=dialect.name, rows=runaways, expected=width or 0, line=line)
        first, following = source.first_alone()
        row = _mended(first, following, dialect, width) if width and reason != "cell_too_long" else None
        yield line, row, "mended" if row else reason
        line += 1
        if width and row is None and reason == "quote_not_closed":
            # What goes on from there is no row either: the next one is the next line without fault.
            while (following := source.peek()) is not None and not _is_faultless(following, dialect, width):
                source.drop()
                yield line, None, reason
                line += 1


def _swallowed(row: list[str], dialect: Dialect, width: int | None) -> bool:
    """Whether a cell of many lines holds what look like rows of the table: a quote was opened and never closed."""
    for cell in row:
        inner = cell.splitlines()[1:-1]
        if len(inner) >= 2 and width != 1:
            counts = [line.count(dialect.delimiter) for line in inner]
            usual = width - 1 if width else max(set(counts), key=counts.count)
            if usual and counts.count(usual) >= 0.8 * len(inner):
                return True
    return False


def _is_faultless(line: str, dialect: Dialect, width: int) -> bool:
    """Whether a line by itself is a row, with no quote elsewhere than round whole cells."""
    q, d = dialect.quote, re.escape(dialect.delimiter)
    blank = " *" if dialect.skip_space else ""
    cell = rf"{blank}(?:{q}(?:[^{q}]|{q}{q})*{q}|[^{q}{d}]*)"
    if dialect.backslash:
        line = line.replace("\\\\", "").replace('\\"', '""')
    return bool(re.fullmatch(rf"{cell}(?:{d}{cell}){{{width - 1}}}", line.rstrip("\r\n")))


def _mended(line: str, following: str | None, dialect: Dialect, width: int) -> list[str] | None:
    """The cells of a line with a quote too many, where its fewest slips give `width` cells in one way only.

        a,"b,c         width 3  →  a | "b | c        the quote is a sign like any other
        a,"b "c" d",e  width 3  →  a | b "c" d | e   so are quotes inside a quoted cell
        a,"b "c",d",e  width 3  →  none              where the cell ends cannot be known

    A cell may go on in the following line: only a line before a faultless one is mended.
    """
    line, q, d = line.rstrip("\r\n"), dialect.quote, dialect.delimiter
    if dialect.backslash or d == " " or len(line) > MOST_MENDED:
        return None
    if following is not None and following.strip() and not _is_faultless(following, dialect, width):
        return None
    closes = re.compile(rf"{q}(?={re.escape(d)}|$)")
    strict = re.compile(rf"{q}((?:[^{q}]|{q}{q})*){q}(?={re.escape(d)}|$)")
    found: list[tuple[int, list[str]]] = []
    steps = 0
    waiting: list[tuple[int, int, list[str]]] = [(0, 0, [])]  # place, slips, cells so far
    while waiting:
        place, slips, cells = waiting.pop()
        steps += 1
        if steps > 20 * width + 1000:
            return None
        start = place
        if dialect.skip_space:
            while line[start: start + 1] == " ":
                start += 1
        ways: list[tuple[int, int, str]] = []  # end, slips, cell
        end = line.find(d, start)
        end = len(line) if end < 0 else end
        quoted = line.startswith(q, start)
        whole = strict.match(line, start) if quoted else None
        if whole:
            ways.append((whole.end(), 0, whole.group(1).replace(q + q, q)))
        elif quoted:
            loose = closes.search(line, start + 1)
            if loose:
                ways.append((loose.end(), 1, line[start + 1: loose.start()].replace(q + q, q)))
            bare = line[start:end]
            # A file that was cut off inside its last cell ends so as well.
            if not (bare.endswith(q) and len(bare) > 1) and not (following is None and end == len(line)):
                ways.append((end, 1, bare))
        else:
            ways.append((end, 0, line[start:end]))
        for end, more, cell in ways:
            if end == len(line):
                if len(cells) + 1 == width:
                    found.append((slips + more, [*cells, cell]))
            elif len(cells) + 1 < width:
                waiting.append((end + 1, slips + more, [*cells, cell]))
    if not found:
        return None
    fewest = min(slips for slips, _ in found)
    best = [cells for slips, cells in found if slips == fewest]
    return best[0] if len(best) == 1 else None


def _footer(text: Path, dialect: Dialect, width: int, first_line: int) -> dict[int, str]:
    """Lines at the file's end that are no rows of the table, such as totals."""
    size = text.stat().st_size
    with text.open("rb") as file:
        file.seek(max(size - TAIL, 0))
        tail = file.read()
    lines = list(io.StringIO(tail.decode("utf-8", "replace"), newline=""))[1 if size > TAIL else 0:]
    rows = [(number, row or []) for number, row, _ in cut(lines, dialect, 1, width)]
    found = footer(rows, width)
    if not found:
        return {}
    with text.open(encoding="utf-8", newline="") as file:
        before = sum(1 for _ in file) - len(lines)
    return {before + line: reason for line, reason in found.items() if before + line >= first_line}
