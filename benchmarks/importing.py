"""Files people bring: how many are read right, refused in a clear sentence, or wrong in silence.

    python benchmarks/importing.py DIR [--expected DIR] [--peers]

Three kinds of folder are known by their looks:
- any folder of files. Where the right cells are known (`expected/<name>.csv`, `<stem>_converted.csv` for what is no CSV
  itself, or `json/<stem>.json` beside `csvs/`) a reading is right when header and cells are these. Elsewhere an
  independent reader counts: each word and number of the source must be found again in a row, the header, a title or a
  rejected row that the reading tells of, each row must be a record of the source as another parser cuts it, and where
  all records have one width, all must be there.
- a folder of folders that are named by encodings: is the text decoded right, asked for, or wrong?
- Pollock's polluted files (csv, clean, parameters): scored as published (Vitagliano et al. 2023, PVLDB 16(8)), once
  unaided and once told delimiter, encoding, header and column names as its other systems are. Dates and numbers are
  compared as they are written, which is stricter than the published scoring. `--weights FILE` adds the weighted score.

A reading here writes nothing but a temporary folder; what it leaves behind is counted as wrong.
"""
import argparse
import bz2
import codecs
import csv
import gzip
import io
import json
import lzma
import multiprocessing
import re
import resource
import shutil
import sys
import tempfile
import zipfile
from collections import Counter
from datetime import date, datetime, time
from pathlib import Path
from time import perf_counter

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.measure import last_line, peak_mb
from crm_core import data_entry
from crm_core.errors import CrmError, EncodingUnknown
from ui import words

PEERS = ("pandas", "duckdb", "polars")
PEER_SECONDS = 60
NO_DATA = ("readme.md", "readme", "license", "licence")
BLANKS = " \t\r\n\v\f\u00a0\u2007\u2009\u200b\u202f\u3000\ufeff"


class Table:
    """What a reader made of a file: header, rows, and what it says that it left out."""

    def __init__(self, headers, rows, *, above=0, left_out=(), encoding=None, sheet=None, member=None, merged=False,
                 key=None):
        self.headers, self.rows, self.key = list(headers), rows, key  # the key of the list that was read from JSON
        self.beside = False  # an expected table that was found beside the file, not told
        self.above, self.left_out = above, list(left_out)  # lines above the header that were said to be titles
        self.encoding, self.sheet, self.member, self.merged = encoding, sheet, member, merged


# --- readers ------------------------------------------------------------------------------------


def ours(path: Path) -> Table:
    with data_entry.read(path) as reading:
        return table_of(reading)


def table_of(reading) -> Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    cells = pq.read_table(reading.folder / "cells.parquet")
    columns = [["" if cell is None else cell for cell in column.cast(pa.string()).to_pylist()]
               for column in cells.columns[1:]]
    notes = dict(reading.notes)
    alike = {facts["named"]: facts["header"] for note, facts in reading.notes if note == "headers_alike"}
    headers = ["" if re.fullmatch(r"#\d+", name) else alike.get(name, name) for name in reading.headers]
    left_out = [text or "" for text in pq.read_table(reading.folder / "ragged.parquet").column("raw").to_pylist()]
    above = reading.header_line - 1 if "title_lines" in notes else 0
    if "header_does_not_fit" in notes:
        above = reading.header_line
    return Table(headers, [list(row) for row in zip(*columns, strict=True)], above=above, left_out=left_out,
                 encoding=reading.encoding, sheet=reading.sheet, member=reading.member,
                 merged="merged_filled" in notes or "header_rows" in notes, key=notes.get("json_list", {}).get("key"))


def by_pandas(path: Path) -> Table:
    import pandas as pd

    suffix = path.suffix.lower()
    if suffix in (".xlsx", ".xls", ".ods", ".xlsm"):
        frame = pd.read_excel(path)
    elif suffix in (".json", ".jsonl"):
        frame = pd.read_json(path)
    elif suffix == ".parquet":
        frame = pd.read_parquet(path)
    else:
        frame = pd.read_csv(path, sep="\t" if suffix in (".tsv", ".tab") else ",")
    rows = [["" if cell is None or cell is pd.NaT or cell != cell else as_text(cell) for cell in row]
            for row in frame.itertuples(index=False)]
    return Table(map(str, frame.columns), rows)


def by_duckdb(path: Path) -> Table:
    import duckdb

    suffix = path.suffix.lower()
    functions = {".json": "read_json_auto", ".jsonl": "read_json_auto", ".parquet": "read_parquet"}
    function = functions.get(suffix, "read_csv")
    if suffix in (".xlsx", ".xls", ".ods", ".zip"):
        raise ValueError("no such reader")
    found = duckdb.connect().execute(f"SELECT * FROM {function}($path)", {"path": str(path)})
    return Table([column[0] for column in found.description],
                 [["" if cell is None else as_text(cell) for cell in row] for row in found.fetchall()])


def by_polars(path: Path) -> Table:
    import polars as pl

    suffix = path.suffix.lower()
    if suffix in (".xlsx", ".xls", ".ods"):
        frame = pl.read_excel(path)
    elif suffix == ".json":
        frame = pl.read_json(path)
    elif suffix == ".parquet":
        frame = pl.read_parquet(path)
    else:
        frame = pl.read_csv(path, separator="\t" if suffix in (".tsv", ".tab") else ",")
    return Table(frame.columns, [["" if cell is None else as_text(cell) for cell in row] for row in frame.rows()])


def as_text(value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime | date | time):
        return same_value(value.isoformat(" ") if isinstance(value, datetime) else value.isoformat())
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


# --- judging ------------------------------------------------------------------------------------


def same_value(text: str) -> str:
    """A text in the one writing under which values are compared: 1.0 is 1, True is true, 2026-01-01T00:00:00 a day."""
    text = text.replace("\r\n", "\n").strip(BLANKS)
    if re.fullmatch(r"-?\d+\.\d+", text):
        text = text.rstrip("0").rstrip(".")
    if text.lower() in ("true", "false"):
        return text.lower()
    found = re.fullmatch(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(?:\.0+)?", text)
    if found:
        clock = found.group(2) if len(found.group(2)) == 8 else found.group(2) + ":00"
        return found.group(1) if clock == "00:00:00" else f"{found.group(1)} {clock}"
    found = re.fullmatch(r"(\d{1,2}):(\d\d):(\d\d)", text)
    return f"{int(found.group(1)):02}:{found.group(2)}:{found.group(3)}" if found else text


def tokens(text: str) -> Counter:
    found = re.findall(r"\d+\.\d+(?![\w.])|[^\W_]+", text)
    return Counter(same_value(token) for token in found)


def wrong_because(path: Path, table: Table, expected: Table | None) -> str:
    """Why a table is not what stands in the file; "" where it is."""
    if any(len(row) != len(table.headers) for row in table.rows):
        return "rows of different widths"
    if expected and not (expected.beside and of_another_file(expected, source_of(path, table)[1])):
        if not same_header(table.headers, expected.headers):
            return f"header {table.headers[:6]}, expected {expected.headers[:6]}"
        mine, right = ([[same_value(cell) for cell in row] for row in rows] for rows in (table.rows, expected.rows))
        mine, right = ([row for row in rows if any(row)] for rows in (mine, right))
        if mine != right:
            pairs = enumerate(zip(mine, right, strict=False), 1)
            first = next((n for n, (a, b) in pairs if a != b), min(len(mine), len(right)) + 1)
            return f"row {first} of {len(right)} differs"
        return ""
    records, whole = source_of(path, table)
    return unaccounted(table, whole) or not_records(table, records)


def of_another_file(expected: Table, whole: str) -> bool:
    """Whether what lies beside a file was made from another version of it: it has words that the file has not."""
    known = tokens(whole.lower())
    words = tokens(" ".join(same_value(cell) for row in [expected.headers, *expected.rows] for cell in row).lower())
    return any(len(word) > 2 and word not in known for word in words)


def same_header(mine: list[str], right: list[str]) -> bool:
    """The same words; a column without a name may be called anything, and a path in JSON is written a/b or a.b."""
    return len(mine) == len(right) and all(
        not a or re.split(r"[/.]", same_value(a)) == re.split(r"[/.]", same_value(b))
        for a, b in zip(mine, right, strict=True))


def unaccounted(table: Table, whole: str) -> str:
    source, header = tokens(whole), tokens(" ".join(table.headers))
    read = Counter()
    for row in table.rows:
        for cell in row:
            read.update(tokens(cell))
    told = read.copy()
    for text in table.left_out:
        told.update(tokens(text))
    invented = read - source
    if invented and not table.merged:
        return f"not in the file: {list(invented)[:5]}"
    lost = [token for token in source - told if token not in header]
    if lost:
        return f"lost: {lost[:5]}"
    if [token for token in header if token not in source]:
        return f"header not in the file: {[token for token in header if token not in source][:5]}"
    return ""


def not_records(table: Table, ways: list[list[list[str]]]) -> str:
    """Whether each row is a record of the source, under the one way of cutting that explains the table best."""
    rows = Counter(tuple(same_value(cell) for cell in row) for row in table.rows)
    best = None
    for records in ways:
        records = [[same_value(cell) for cell in record] for record in records]
        records = [record for record in records if any(record)]
        widths = {len(record) for record in records}
        found = Counter(tuple(record) for record in records)
        missing = sum((rows - found).values())
        if table.merged:
            missing = sum(1 for row in rows if not any(
                all(not cell or cell == mine for cell, mine in zip(record, row, strict=False)) for record in found))
        complaint = ""
        if missing:
            joined = Counter("".join(re.findall(r"\w+", "".join(record))) for record in records)
            mended = Counter("".join(re.findall(r"\w+", "".join(row))) for row in (rows - found).elements())
            complaint = f"{missing} rows are no records of the file" if mended - joined else ""
        elif len(widths) == 1 and widths != {1} and widths != {len(table.headers)}:
            complaint = f"{len(table.headers)} columns, the file has {widths.pop()}"
        elif not table.merged and len(widths) == 1 and len(table.rows) + len(table.left_out) < len(records) - 1:
            complaint = f"{sum(rows.values())} rows, the file has {len(records) - 1}"
        if not complaint:
            return ""
        best = best or complaint
    return best or ""


def source_of(path: Path, table: Table) -> tuple[list[list[list[str]]], str]:
    """The file's records, one list for each way of cutting it, and all its text, by readers of another make."""
    data = path.read_bytes()
    for mark, opened in ((b"\x1f\x8b", gzip), (b"BZh", bz2), (b"\xfd7zXZ", lzma)):
        if data.startswith(mark):
            data = opened.decompress(data)
    if data.startswith(b"PK"):
        archive = zipfile.ZipFile(io.BytesIO(data))
        names = archive.namelist()
        if "xl/workbook.xml" in names:
            return _of_openpyxl(data, table)
        if "mimetype" not in names:
            member = table.member or max(names, key=lambda name: archive.getinfo(name).file_size)
            data = archive.read(member)
    if data.startswith((b"PK", b"\xd0\xcf\x11\xe0")):
        return _of_calamine(data, table)
    if data.startswith(b"PAR1"):
        import pandas as pd

        frame = pd.read_parquet(io.BytesIO(data))
        records = [[as_text(cell) for cell in row] for row in frame.astype(object).where(frame.notna(), "").values]
        return [records], "\n".join([" ".join(map(str, frame.columns)), *(" ".join(row) for row in records)])
    text = decoded(data, table.encoding)
    if text.lstrip()[:1] in ("{", "["):
        try:
            return [], json_text(text, table.key)
        except json.JSONDecodeError:
            pass
    lines = text.splitlines(keepends=True)
    whole = "".join(lines[table.above:])
    whole = re.sub(r"\Asep=.", "", whole)
    ways = []
    for delimiter in (",", ";", "\t", "|", " ", ":"):
        for shape in ({}, {"skipinitialspace": True}, {"escapechar": "\\", "doublequote": True}, {"quotechar": "'"}):
            try:
                ways.append(list(csv.reader(io.StringIO(whole, newline=""), delimiter=delimiter, **shape)))
            except csv.Error:
                continue
    return ways, whole


def decoded(data: bytes, encoding: str | None) -> str:
    for mark, name in ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF16_LE, "utf-16"),
                       (codecs.BOM_UTF16_BE, "utf-16")):
        if data.startswith(mark):
            return data.decode(name)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        if not encoding:
            from charset_normalizer import from_bytes

            encoding = from_bytes(data).best().encoding
        return data.decode(encoding)


def json_text(text: str, key: str | None) -> str:
    found = []

    def walk(value):
        if isinstance(value, dict):
            for key, entry in value.items():
                found.append(key)
                walk(entry)
        elif isinstance(value, list):
            for entry in value:
                walk(entry)
        elif value is not None:
            found.append(as_text(value))

    try:
        value = json.loads(text, parse_float=str, parse_int=str)
        for part in key.split(".") if key else ():
            value = value[part]
        walk(value)
    except json.JSONDecodeError:
        for line in text.splitlines():
            if line.strip():
                walk(json.loads(line, parse_float=str, parse_int=str))
    # A key stands once in the header and once in each object.
    return " ".join(found)


def _of_openpyxl(data: bytes, table: Table) -> tuple[list[list[list[str]]], str]:
    import openpyxl

    # Read-only, for drawings that are missing stop it otherwise.
    values = openpyxl.load_workbook(io.BytesIO(data), data_only=True, read_only=True)
    formulas = openpyxl.load_workbook(io.BytesIO(data), read_only=True)
    name = table.sheet or values.sheetnames[0]
    records = []
    for row, as_written in zip(values[name].iter_rows(), formulas[name].iter_rows(), strict=True):
        records.append(["" if shown is None else as_text(shown)
                        for shown in (cell.value if cell.value is not None else written.value
                                      for cell, written in zip(row, as_written, strict=True))])
    return _sheet(records, table)


def _of_calamine(data: bytes, table: Table) -> tuple[list[list[list[str]]], str]:
    import python_calamine

    book = python_calamine.load_workbook(io.BytesIO(data))
    sheet = book.get_sheet_by_name(table.sheet or book.sheet_names[0])
    return _sheet([[as_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)], table)


def _sheet(records: list[list[str]], table: Table) -> tuple[list[list[list[str]]], str]:
    records = records[table.above:]
    used = [column for column in range(max(map(len, records), default=0))
            if any(column < len(row) and row[column] for row in records)]
    records = [[row[column] if column < len(row) else "" for column in used] for row in records]
    return [records], "\n".join(" ".join(row) for row in records)


def expected_of(path: Path, folder: Path | None) -> Table | None:
    stem = re.sub(r"[^\w]", "", path.stem + path.suffix.lower().lstrip("."))
    names = [f"{path.name}.csv", f"{path.stem}.csv", f"{path.name}_converted.csv", f"{path.stem}_converted.csv",
             f"{path.stem}{path.suffix.lstrip('.')}_converted.csv", f"{stem}_converted.csv", f"{path.stem}.json"]
    places = [folder] if folder else [path.parent, path.parent.parent / "json"]
    for place in places:
        for name in names:
            found = place / name
            if not found.is_file() or found == path or not folder and place == path.parent and "_converted" not in name:
                continue
            if found.suffix == ".json":
                rows = json.loads(found.read_text(encoding="utf-8"))
                rows = rows if isinstance(rows, list) else [rows]
                return _beside(Table(rows[0], [[as_text(cell) for cell in row.values()] for row in rows]), not folder)
            if not folder and path.suffix == ".csv":
                continue  # converted under options, such as a locale, that nobody tells here
            with found.open(encoding="utf-8-sig", newline="") as file:
                header, *rows = csv.reader(file)
            return _beside(Table(header, [row for row in rows if row]), not folder)
    return None


def _beside(table: Table, beside: bool) -> Table:
    table.beside = beside
    return table


# --- folders of files ---------------------------------------------------------------------------


def files_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name.lower() not in NO_DATA
                  and not path.name.startswith(".") and not path.stem.endswith("_converted")
                  and not (path.suffix == ".json" and (path.parent.parent / "csvs").is_dir()))


def run_ours(files: list[Path], expected: Path | None) -> dict:
    outcomes, slowest, started = {}, ("", 0.0), perf_counter()
    with tempfile.TemporaryDirectory() as scratch:
        tempfile.tempdir = scratch
        for path in files:
            begun = perf_counter()
            try:
                table = ours(path)
                took = perf_counter() - begun
                why = wrong_because(path, table, expected_of(path, expected))
                if any(Path(scratch).glob("crm_import_*")):
                    why = "left its temporary folder behind"
                outcomes[path] = ["wrong", why] if why else [
                    "right", f"{len(table.rows)} rows, {len(table.headers)} columns"]
            except CrmError as error:
                took = perf_counter() - begun
                outcomes[path] = ["refused", words.error_sentence("en", error)]
            except Exception as error:
                took = perf_counter() - begun
                outcomes[path] = ["crashed", f"{type(error).__name__}: {error}"[:300]]
            slowest = max(slowest, (path.name, took), key=lambda known: known[1])
        tempfile.tempdir = None
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return counted(outcomes, files) | {
        "slowest_s": round(slowest[1], 2), "slowest": slowest[0], "seconds": round(perf_counter() - started, 1),
        "peak_mb": round(children, 1), "outcomes": {str(path): outcome for path, outcome in outcomes.items()}}


def counted(outcomes: dict, files: list[Path]) -> dict:
    counts = Counter(outcome for outcome, _ in outcomes.values())
    return {"files": len(files)} | {name: counts[name] for name in ("right", "refused", "wrong", "crashed")}


def _peer_at_work(peer: str, path: Path, expected: Path | None, answers) -> None:
    try:
        table = {"pandas": by_pandas, "duckdb": by_duckdb, "polars": by_polars}[peer](path)
        why = wrong_because(path, table, expected_of(path, expected))
        answers.put(["wrong", why] if why else ["right", f"{len(table.rows)} rows"])
    except BaseException as error:
        answers.put(["refused", f"{type(error).__name__}: {error}"[:200]])


def run_peer(peer: str, files: list[Path], expected: Path | None) -> dict:
    """Each file in a process of its own: a peer may hang or take the process with it."""
    outcomes, started, slowest = {}, perf_counter(), 0.0
    forked = multiprocessing.get_context("fork")
    for path in files:
        answers, begun = forked.Queue(), perf_counter()
        child = forked.Process(target=_peer_at_work, args=(peer, path, expected, answers))
        child.start()
        try:
            outcomes[path] = answers.get(timeout=PEER_SECONDS)
        except Exception:
            outcomes[path] = ["crashed", "no answer"]
            child.kill()
        child.join()
        slowest = max(slowest, perf_counter() - begun)
    return counted(outcomes, files) | {
        "slowest_s": round(slowest, 2), "seconds": round(perf_counter() - started, 1), "peak_mb": peak_mb(),
        "outcomes": {str(path): outcome for path, outcome in outcomes.items()}}


# --- encodings ----------------------------------------------------------------------------------

READ_BY = {"gb2312": "gb18030", "gbk": "gb18030", "iso8859_1": "cp1252", "euc_kr": "cp949", "big5": "cp950",
           "shift_jis": "cp932"}  # the wider encoding reads everything that the narrower one does


def named_by_encodings(folder: Path) -> bool:
    folders = [path for path in folder.iterdir() if path.is_dir()]
    try:
        return bool(folders) and all(codecs.lookup(path.name) for path in folders)
    except LookupError:
        return False


def run_encodings(folder: Path) -> dict:
    from crm_core.data_entry.decode import decode

    files = sorted(path for path in folder.glob("*/*") if path.is_file())
    outcomes, started, slowest = {}, perf_counter(), 0.0
    with tempfile.TemporaryDirectory() as scratch:
        for path in files:
            encoding, begun = READ_BY.get(path.parent.name, path.parent.name), perf_counter()
            truth = path.read_bytes().decode(encoding, "replace").lstrip("\ufeff")
            try:
                used = decode(path, Path(scratch) / "text", path.name, longest_line=None).encoding
                right = (Path(scratch) / "text").read_bytes().decode() == truth
                outcomes[path] = ["right" if right else "wrong", used]
            except EncodingUnknown as error:
                outcomes[path] = ["refused", words.error_sentence("en", error)]  # asked: the page offers a choice
            except CrmError as error:
                outcomes[path] = ["wrong", words.error_sentence("en", error)]
            slowest = max(slowest, perf_counter() - begun)
    found = counted(outcomes, files)
    return found | {"right_or_asked": round((found["right"] + found["refused"]) / max(len(files), 1), 4),
                    "slowest_s": round(slowest, 2), "seconds": round(perf_counter() - started, 1), "peak_mb": peak_mb(),
                    "outcomes": {str(path.relative_to(folder)): outcome for path, outcome in outcomes.items()}}


# --- Pollock ------------------------------------------------------------------------------------

MEASURES = ("success", "header_precision", "header_recall", "header_f1", "record_precision", "record_recall",
            "record_f1", "cell_precision", "cell_recall", "cell_f1")


def agreement(source: list[str], loaded: list[str]) -> tuple[float, float, float]:
    if not source:
        return 1.0, 1.0, 1.0
    common = sum((Counter(source) & Counter(loaded)).values())
    if not common:
        return 0.0, 0.0, 0.0
    precision, recall = common / len(source), common / len(loaded)  # as published: of the source, of what was loaded
    return precision, recall, 2 * precision * recall / (precision + recall)


def pollock_measures(clean: Path, rows: list[list[str]] | None) -> tuple[float, ...]:
    """The ten measures of Pollock's evaluate.py (metrics.header_record_cell_measures_csv)."""
    if rows is None:
        return (0.0,) * 10
    with clean.open(encoding="utf-8-sig", newline="") as file:
        source = list(csv.reader(file))
    if not source:
        return (1.0,) * 10
    lower = [[cell.lower() for cell in row] for row in source]
    loaded = [[cell.lower() for cell in row] for row in rows]
    return (1.0, *agreement(lower[0], loaded[0] if loaded else []),
            *agreement(["".join(row) for row in lower[1:]], ["".join(row) for row in loaded[1:]]),
            *agreement([cell for row in source for cell in row], [cell for row in rows for cell in row]))


def pollock_parameters(folder: Path, name: str) -> dict:
    return json.loads((folder / "parameters" / f"{name}_parameters.json").read_text(encoding="utf-8"))


def pollock_ours(path: Path, told: dict | None) -> list[list[str]] | None:
    """The rows as loaded, the header first; None for a refusal. The child's work is done here: 2,290 take long."""
    from types import SimpleNamespace

    import pyarrow.parquet as pq

    from crm_core.data_entry.reading import work

    folder = Path(tempfile.mkdtemp())
    header_line = None
    if told:
        header_line = told["preamble_lines"] + told["header_lines"] if told["header_lines"] else 0
    try:
        answer = SimpleNamespace(**work({
            "path": str(path), "folder": str(folder), "name": path.name, "sheet": None, "member": None,
            "encoding": told["encoding"] if told else None, "delimiter": told["delimiter"] or None if told else None,
            "header_line": header_line}, lambda share: None))
        columns = [column.to_pylist() for column in pq.read_table(folder / "cells.parquet").columns[1:]]
        header = list(answer.headers)
        if told and len(told["column_names"]) == len(header):
            header = told["column_names"]
        rows = [list(row) for row in zip(*columns, strict=True)]
        return rows if answer.header_line == 0 else [header, *rows]
    except CrmError as error:
        if type(error).__name__ == "FileEmpty":
            return []
        if type(error).__name__ == "OnlyAHeader":
            return [told["column_names"]] if told else [next(csv.reader(path.open(encoding="utf-8")))]
        return None
    finally:
        shutil.rmtree(folder)


def pollock_duckdb(path: Path, told: dict) -> list[list[str]] | None:
    """As Pollock's own sut/duckdbparse tells DuckDB the dialect."""
    import duckdb

    names = [name.strip() for name in told["column_names"]] or [f"col_{n}" for n in range(max(told["n_columns"], 1))]
    try:
        found = duckdb.connect().read_csv(
            str(path), delimiter=told["delimiter"] or ",", quotechar=told["quotechar"] or '"',
            escapechar=told["escapechar"] or '"', skiprows=told["preamble_lines"] + told["header_lines"], header=False,
            columns=dict.fromkeys(names, "VARCHAR"), auto_detect=False, strict_mode=False, ignore_errors=True,
            null_padding=True)
        return [names, *([cell or "" for cell in row] for row in found.fetchall())]
    except Exception:
        return None


def pollock_pandas(path: Path, told: dict) -> list[list[str]] | None:
    """As Pollock's own sut/pandas tells pandas what it knows."""
    import pandas as pd

    quote, escape, end = told["quotechar"] or '"', told["escapechar"] or '"', told["row_delimiter"]
    how = {"encoding": told["encoding"], "quotechar": quote[0], "doublequote": escape == quote,
           "escapechar": None if escape == quote else escape[0], "skiprows": told["preamble_lines"] or None}
    if end and end != "\r\n":
        how["lineterminator"] = end[0]
    try:
        frame = pd.read_csv(path, dtype=object, on_bad_lines="skip", engine="c", **how)
        return list(csv.reader(io.StringIO(frame.to_csv(index=False), newline="")))
    except Exception:
        return None


def run_pollock(folder: Path, weights: dict | None, peers: bool) -> dict:
    files, started = sorted((folder / "csv").glob("*.csv")), perf_counter()
    ways = {"unaided": lambda path, told: pollock_ours(path, None), "told": pollock_ours}
    if peers:
        ways |= {"duckdb": pollock_duckdb, "pandas": pollock_pandas}
    scores, lost, slowest = {}, {}, 0.0
    for way, load in ways.items():
        measures = {}
        for path in files:
            begun = perf_counter()
            measures[path.name] = pollock_measures(folder / "clean" / path.name,
                                                   load(path, pollock_parameters(folder, path.name)))
            slowest = max(slowest, perf_counter() - begun) if way in ("unaided", "told") else slowest
        totals = [sum(values) / len(files) for values in zip(*measures.values(), strict=True)]
        scores[way] = {"simple": round(sum(totals), 4)} | {
            name: round(total, 4) for name, total in zip(MEASURES, totals, strict=True)}
        if weights:
            known = {name: weights.get(name, 0) for name in measures}
            scores[way]["weighted"] = round(
                sum(sum(measures[name]) * weight for name, weight in known.items()) / sum(known.values()), 4)
        lost[way] = {name: round(10 - sum(values), 3) for name, values in
                     sorted(measures.items(), key=lambda item: sum(item[1]))[:25]}
        print(f"{way}: {scores[way]}", file=sys.stderr)
        if way == "unaided":
            outcomes = {name: [f"{sum(values):.3f} of 10", "" if values[0] else "refused"]
                        for name, values in measures.items()}
    return {"files": len(files), "simple": scores["told"]["simple"], "unaided": scores.pop("unaided"),
            "told": scores.pop("told"), "peers": scores, "furthest": lost, "slowest_s": round(slowest, 2),
            "outcomes": outcomes, "seconds": round(perf_counter() - started, 1), "peak_mb": peak_mb()}


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("folder", type=Path)
    asked.add_argument("--expected", type=Path, help="a folder of <name>.csv with the right cells")
    asked.add_argument("--weights", type=Path, help="Pollock's weights")
    asked.add_argument("--peers", action="store_true", help="pandas, DuckDB and polars on the same files")
    asked.add_argument("--seed", type=int, default=0, help="nothing is drawn here")
    asked = asked.parse_args()
    if not asked.folder.is_dir():
        print(f"{asked.folder} is no folder.", file=sys.stderr)
        return 2
    if all((asked.folder / part).is_dir() for part in ("csv", "clean", "parameters")):
        weights = json.loads(asked.weights.read_text()) if asked.weights else None
        last_line(run_pollock(asked.folder, weights, asked.peers))
        return 0
    if named_by_encodings(asked.folder):
        last_line(run_encodings(asked.folder))
        return 0
    files = files_in(asked.folder)
    if not files:
        print(f"There are no files in {asked.folder}.", file=sys.stderr)
        return 2
    answer = run_ours(files, asked.expected)
    if asked.peers:
        answer["peers"] = {peer: run_peer(peer, files, asked.expected) for peer in PEERS}
    for path, (outcome, why) in answer["outcomes"].items():
        print(f"{outcome:8} {Path(path).name:45} {why[:150]}", file=sys.stderr)
    last_line(answer)
    return 0


if __name__ == "__main__":
    sys.exit(main())
