"""From any file to a table of texts, or one clear sentence: formats, headers, encodings, rows, and what people break."""
import bz2
import gzip
import io
import json
import lzma
import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path
from types import SimpleNamespace

import pyarrow.parquet as pq
import pytest

from crm_core import data_entry, errors
from crm_core.data_entry import reading as reading_module
from crm_core.data_entry.decode import decode
from ui import words

TABLE = [["id", "name"], ["1", "Ada"], ["2", "Bo"]]


@pytest.fixture
def file(tmp_path):
    """A function that writes a file: text as UTF-8 or as told, bytes as they are."""

    def write(content: str | bytes, name: str = "shop.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return write


@pytest.fixture
def read(tmp_path):
    """A function that reads a file here, without a child process: what it found, with all rows and all rejects."""
    count = iter(range(1000))

    def work(path, **told):
        folder = tmp_path / f"reading {next(count)}"
        folder.mkdir()
        request = {"path": str(path), "folder": str(folder), "name": path.name} | dict.fromkeys(
            ("encoding", "delimiter", "sheet", "member", "header_line")) | told
        answer = json.loads(json.dumps(reading_module.work(request, told.pop("progress", lambda share: None))))
        cells, ragged = pq.read_table(folder / "cells.parquet"), pq.read_table(folder / "ragged.parquet")
        lines, *columns = [column.to_pylist() for column in cells.columns]
        return SimpleNamespace(**answer | {
            "lines": lines, "table": [answer["headers"], *map(list, zip(*columns, strict=True))],
            "noted": dict(answer["notes"]), "folder": folder,
            "rejects": list(zip(*(ragged.column(name).to_pylist() for name in ("line", "reason", "raw")), strict=True))})

    return work


def book(rows, name: str = "book.xlsx", change=lambda sheet: None) -> bytes:
    """A workbook, written by another library than reads it."""
    import openpyxl
    workbook = openpyxl.Workbook()
    for row in rows:
        workbook.active.append(row)
    change(workbook.active)
    written = io.BytesIO()
    workbook.save(written)
    return written.getvalue()


def zipped(files: dict[str, bytes]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return written.getvalue()


# --- delimiters and quotes ----------------------------------------------------------------------


@pytest.mark.parametrize(("text", "delimiter"), [
    ("id,name\n1,Ada\n2,Bo\n", ","), ("id;name\n1;Ada\n2;Bo\n", ";"), ("id\tname\n1\tAda\n2\tBo\n", "\t"),
    ("id|name\n1|Ada\n2|Bo\n", "|"), ("sep=;\nid;name\n1;Ada\n2;Bo\n", ";"), ("id, name\n1, \"Ada\"\n2, Bo\n", ","),
    ("'id';'name'\n'1';'Ada'\n'2';'Bo'\n", ";")])
def test_the_usual_ways_to_write_a_table_give_the_same_cells(file, read, text, delimiter):
    found = read(file(text))
    assert (found.table, found.delimiter, found.rejects) == (TABLE, delimiter, [])


@pytest.mark.parametrize("text", [
    "id name city\n1 Ada Bern\n2 Bo Thun\n3 Cy Biel\n", "id   name city\n 1   Ada  Bern\n 2   Bo   Thun\n 3   Cy   Biel\n",
    "id:name:city\n1:Ada:Bern\n2:Bo:Thun\n3:Cy:Biel\n"])
def test_rare_delimiters_are_taken_where_they_cut_the_whole_file(file, read, text):
    assert read(file(text, "t.txt")).table == [["id", "name", "city"], ["1", "Ada", "Bern"], ["2", "Bo", "Thun"],
                                               ["3", "Cy", "Biel"]]


def test_full_names_in_one_column_are_not_cut_at_their_blanks(file, read):
    assert read(file("full name\nAda Wong\nBo Li\nCy Fu\nDi Mo\n")).headers == ["full name"]


def test_decimal_commas_do_not_pass_for_delimiters(file, read):
    assert read(file("item;price\nCup;1,50\nPot;2,75\nPan;3,10\n")).table[1] == ["Cup", "1,50"]


def test_quotes_escaped_by_a_backslash_are_understood(file, read):
    found = read(file('id,note\n1,"Table, round 48\\""\n2,"a \\"b\\", c"\n3,plain\n'))
    assert [row[1] for row in found.table[1:]] == ['Table, round 48"', 'a "b", c', "plain"]
    assert "unusual_quotes" in found.noted


def test_a_backslash_before_a_closing_quote_stays_a_backslash(file, read):
    assert read(file('id,path\n1,"C:\\shop\\"\n2,"D:\\x"\n')).table[1:] == [["1", "C:\\shop\\"], ["2", "D:\\x"]]


def test_a_row_with_a_quote_too_many_is_kept_where_it_can_be_cut_in_one_way_and_said(file, read):
    found = read(file('id,name,city\n1,"Ada,Bern\n2,Bo,"Thun, old town"\n3,"Cy "the" cat",Biel\n4,Di,Visp\n'))
    assert found.table[1:] == [["1", '"Ada', "Bern"], ["2", "Bo", "Thun, old town"], ["3", 'Cy "the" cat', "Biel"],
                               ["4", "Di", "Visp"]]
    assert found.noted == {"stray_quotes": {"count": 2, "line": 2}}


def test_a_row_in_which_the_end_of_a_cell_cannot_be_known_is_rejected(file, read):
    found = read(file('id,name,city\n1,"b "c",d",e\n2,Bo,Thun\n3,Cy,Biel\n'))
    assert [row[:2] for row in found.rejects] == [(2, "quote_misplaced")] and found.rows == 2


def test_a_cell_of_several_lines_that_cannot_be_cut_is_not_taken_in_part(file, read):
    found = read(file('id,note\n1,"one\ntwo "three" four, five"\n2,b\n3,c\n4,d\n'))
    assert found.table[1:] == [["2", "b"], ["3", "c"], ["4", "d"]]
    assert [row[:2] for row in found.rejects] == [(2, "quote_not_closed"), (3, "quote_not_closed")]


def test_columns_of_fixed_width_are_refused(file, read):
    with pytest.raises(errors.FixedWidth):
        read(file("name      born       city\nAda Wong  1990-05-01 Bern\nBo Li     1985-01-31 Thun\n", "t.txt"))


# --- headers ------------------------------------------------------------------------------------


def test_titles_above_the_header_are_left_out_and_said(file, read):
    found = read(file("Customers of March\n\nexported by,Ada\nid,name,city\n1,Ada,Bern\n2,Bo,Thun\n"))
    assert (found.headers, found.header_line, found.lines) == (["id", "name", "city"], 4, [5, 6])
    assert found.noted["title_lines"] == {"count": 2, "text": "Customers of March · exported by Ada"}


@pytest.mark.parametrize("text", [
    "17,2026-01-05,ada@example.com\n18,2026-01-06,bo@example.com\n19,2026-01-07,cy@example.com\n",
    "dac32acd4db4c29c230538b72f8dd87d,social\n8c18d1de7f67e60dbd64e3c07d7e9d5d,paid_search\n" * 2])
def test_a_file_without_a_header_loses_no_row(file, read, text):
    found = read(file(text))
    assert found.header_line == 0 and found.headers[:2] == ["#1", "#2"] and found.rows == len(text.splitlines())
    assert found.noted["no_header"] == {"line": 1}


@pytest.mark.parametrize("text", ["Country,2024,2025,2026\nCH,1,7,3\nFR,4,5,9\n", "1,2,3\n10,20,30\n40,50,70\n",
                                  "name,city\nAda,Bern\nBo,Bern\n", ",count\nBern,1\nThun,2\n"])
def test_a_header_of_years_or_of_words_is_a_header(file, read, text):
    assert read(file(text)).header_line == 1


def test_what_the_person_says_of_the_header_outranks_what_was_found(file, read):
    path = file("id,name\n1,Ada\n2,Bo\n")
    assert read(path, header_line=0).table == [["#1", "#2"], *TABLE]
    assert read(path, header_line=2).table == [["1", "Ada"], ["2", "Bo"]]
    with pytest.raises(errors.HeaderLineNotThere):
        read(path, header_line=9)


def test_two_headers_alike_are_told_apart_and_said(file, read):
    found = read(file("Phone,name,phone,Phone (2)\n1,Ada,2,3\n"))
    assert found.headers == ["Phone", "name", "phone (3)", "Phone (2)"]
    assert found.noted["headers_alike"] == {"header": "phone", "named": "phone (3)", "column": 3, "line": 1}


def test_empty_header_cells_too_many_are_left_out(file, read):
    found = read(file("id,,name\n1,Ada\n2,Bo\n"))
    assert found.table == TABLE and found.noted["header_blank_cells"] == {"count": 1, "line": 1}


def test_a_header_that_cannot_be_paired_with_the_columns_names_none(file, read):
    found = read(file("idname,city\n1,Ada,Bern\n2,Bo,Thun\n3,Cy,Biel\n"))
    assert found.headers == ["#1", "#2", "#3"] and found.rows == 3
    assert found.noted["header_does_not_fit"] == {"line": 1, "cells": 2, "columns": 3}


def test_a_delimiter_at_the_end_of_each_row_is_said(file, read):
    found = read(file("id,name\n1,Ada,\n2,Bo,\n"))
    assert found.headers == ["id", "name", "#3"] and "rows_longer" in found.noted


def test_totals_and_remarks_below_a_table_are_no_rows(file, read):
    found = read(file("id,name,amount\n1,Ada,5\n2,Bo,6\nTotal,,11\n\nConfidential,,\n"))
    assert found.rows == 2 and found.rejects == [(4, "total_row", "Total,,11"), (6, "remark", "Confidential,,")]


def test_a_company_named_total_is_a_customer(file, read):
    assert read(file("name,email,city\nAda,a@example.com,Bern\nTotal,info@example.com,Paris\n")).rows == 2


# --- encodings ----------------------------------------------------------------------------------

WRITTEN = {
    "pl": "Imię;Miasto\nŁukasz Wiśniewski;Gdańsk\nGrażyna;Łódź\n", "cs": "Jméno;Město\nŽofie Dvořáková;Plzeň\nJiří;Třebíč\n",
    "tr": "Ad;Şehir\nGülşen Yıldız;İstanbul\nÇağrı;Eskişehir\n", "ru": "Имя;Город\nАнна Иванова;Москва\nСергей;Казань\n",
    "el": "Όνομα;Πόλη\nΓιώργος Παπαδόπουλος;Αθήνα\n", "he": "שם;עיר\nדוד כהן;תל אביב\nשרה לוי;חיפה\n",
    "de": "Name;Ort\nJürgen Groß;Köln\nMüller;Düsseldorf\n", "pt": "nome;cidade\nJoão;São Paulo\nConceição;Viçosa\n",
    "ar": "الاسم;المدينة\nمحمد أحمد;القاهرة\n", "zh": "姓名;城市\n王小明;北京\n李华;上海\n",
    "tw": "姓名;城市\n王小明;臺北\n陳美麗;高雄\n", "ja": "名前;都市\n山田たろう;東京\nスズキ;大阪\n", "ko": "이름;도시\n김철수;서울\n이영희;부산\n"}


@pytest.mark.parametrize(("language", "encoding"), [
    ("pl", "cp1250"), ("pl", "iso8859_2"), ("cs", "cp1250"), ("cs", "iso8859_2"), ("tr", "cp1254"), ("ru", "cp1251"),
    ("ru", "koi8_r"), ("ru", "cp866"), ("el", "cp1253"), ("he", "cp1255"), ("de", "cp1252"), ("de", "cp850"),
    ("pt", "cp1252"), ("ar", "cp1256"), ("zh", "gb18030"), ("zh", "gbk"), ("tw", "big5"), ("ja", "cp932"),
    ("ja", "euc_jp"), ("ko", "euc_kr"), ("zh", "utf-16"), ("zh", "utf-16-le"), ("ru", "utf-16-be"), ("ru", "utf-16-le"),
    ("de", "utf-32"), ("ru", "utf-32-le"), ("zh", "utf-8-sig")])
def test_names_are_read_in_the_encodings_of_their_languages(file, tmp_path, language, encoding):
    decode(file(WRITTEN[language], encoding=encoding), tmp_path / "text", "shop.csv")
    assert (tmp_path / "text").read_text(encoding="utf-8") == WRITTEN[language]


def test_what_reads_as_no_language_is_asked_with_candidates(file, tmp_path):
    with pytest.raises(errors.EncodingUnknown) as asked:
        decode(file("nombre,ciudad\nMuñoz,Málaga\nPeña,León\n", encoding="mac_roman"), tmp_path / "text", "shop.csv")
    assert asked.value.facts["name"] == "shop.csv" and asked.value.facts["candidates"]


def test_the_samples_of_nine_encodings_are_decoded_right_or_asked(data_set, tmp_path):
    wider = {"gb2312": "gb18030", "iso8859_1": "cp1252", "euc_kr": "cp949", "big5": "cp950"}
    wrong, total = [], 0
    for path in sorted(data_set("encodings_a").glob("*/*")):
        total += 1
        truth = path.read_bytes().decode(wider.get(path.parent.name, path.parent.name), "replace").lstrip("\ufeff")
        try:
            decode(path, tmp_path / "text", path.name, longest_line=None)
        except errors.EncodingUnknown:
            continue
        if (tmp_path / "text").read_bytes().decode() != truth:
            wrong.append(path.name)
    assert len(wrong) <= 0.02 * total, wrong


# --- workbooks ----------------------------------------------------------------------------------


def test_a_workbook_becomes_texts(file, read):
    found = read(file(book([
        ["id", "price", "on", "at", "clock", "yes", "none"],
        [7, 0.1, date(2026, 3, 1), datetime(2026, 3, 1, 8, 26), time(8, 30), True, None],
        ["007", 1234567.0, date(1899, 12, 31), datetime(9999, 12, 31), timedelta(hours=30), False, "x"]]), "t.xlsx"))
    assert found.table[1] == ["7", "0.1", "2026-03-01", "2026-03-01 08:26:00", "08:30:00", "true", ""]
    assert found.table[2][:2] == ["007", "1234567"] and found.table[2][4:] == ["30:00:00", "false", "x"]
    assert (found.format, found.sheet, found.sheets, found.encoding, found.delimiter) == ("xlsx", "Sheet", ["Sheet"], "", "")


def test_what_calamine_leaves_out_of_a_workbook_is_not_lost(file, read):
    def change(sheet):
        sheet["B2"], sheet["C2"] = "=A2*2", "#N/A"
        sheet["C2"].data_type = "e"
        sheet["D2"].number_format = "00000"

    found = read(file(book([["id", "twice", "found", "zip"], [42, None, None, 123]], change=change), "t.xlsx"))
    assert found.table[1] == ["42", "=A2*2", "#N/A", "00123"]
    assert found.noted["formulas_without_values"] == {"count": 1, "cell": "B2"}


def test_identifiers_of_many_digits_stay_exact_where_the_workbook_has_them(file, read):
    content = book([["id", "name"], [1, "Ada"], [2, "Bo"]])
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(written, "w") as new:
        for part in old.namelist():
            new.writestr(part, old.read(part).replace(b"<v>1</v>", b"<v>9007199254740993</v>").replace(
                b"<v>2</v>", b"<v>1.2345678901234568E+17</v>"))
    found = read(file(written.getvalue(), "t.xlsx"))
    assert [row[0] for row in found.table[1:]] == ["9007199254740993", "1.2345678901234568e+17"]
    assert found.noted["numbers_not_exact"] == {"count": 1, "cell": "A3"}


def test_a_header_over_merged_cells_is_joined_and_titles_are_left_out(file, read):
    def change(sheet):
        for cells in ("A1:C1", "A3:A4", "B3:C3", "A5:A6"):
            sheet.merge_cells(cells)

    found = read(file(book([["Sales by region"], [], ["Region", "Sales", None], [None, 2025, 2026], ["West", 1, 2],
                            [None, 3, 4], ["East", 5, 6]], change=change), "t.xlsx"))
    assert found.table == [["Region", "Sales / 2025", "Sales / 2026"], ["West", "1", "2"], ["West", "3", "4"],
                           ["East", "5", "6"]]
    assert (found.header_line, found.lines) == (3, [5, 6, 7])
    assert set(found.noted) == {"title_lines", "header_rows", "merged_filled"}


def test_the_sheet_with_the_table_is_found_and_another_can_be_asked_for(file, read):
    import openpyxl
    workbook = openpyxl.Workbook()
    workbook.active.append(["About this export"])
    for name, state in (("Hidden", "hidden"), ("Data", "visible")):
        sheet = workbook.create_sheet(name)
        sheet.sheet_state = state
        for row in TABLE:
            sheet.append([name, *row])
    written = io.BytesIO()
    workbook.save(written)
    path = file(written.getvalue(), "t.xlsx")
    found = read(path)
    assert (found.sheet, found.sheets) == ("Data", ["Sheet", "Hidden", "Data"])
    assert found.noted["sheet_chosen"] == {"sheet": "Data", "count": 3}
    assert read(path, sheet="Hidden").headers[0] == "Hidden"
    with pytest.raises(errors.SheetNotThere):
        read(path, sheet="Elsewhere")


@pytest.mark.parametrize("name", ["table.xls", "table.ods", "table.xlsx", "table-dicts.json", "table-lists.json",
                                  "table.csv.gz", "table.csv.zip", "table.csv"])
def test_every_format_gives_the_same_table(data_set, read, name):
    assert read(data_set("tabulator_fixtures") / name).table == [["id", "name"], ["1", "english"], ["2", "中国人"]]


def test_dates_of_a_workbook_that_counts_from_1904_are_right(data_set, read):
    for name in ("1900.xlsx", "1904.xlsx"):
        assert read(data_set("excel_merged_headers") / name).table[1] == ["1998-07-05"]


# --- JSON ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [
    '[{"id": 1, "name": "Ada"}, {"id": 2, "name": "Bo"}]', '{"id": 1, "name": "Ada"}\n{"id": 2, "name": "Bo"}\n',
    '[["id", "name"], [1, "Ada"], [2, "Bo"]]', '{"total": 2, "data": [{"id": 1, "name": "Ada"}, {"id": 2, "name": "Bo"}]}'])
def test_json_is_read_in_the_forms_that_exports_have(file, read, content):
    found = read(file(content, "t.json"))
    assert (found.table, found.format) == (TABLE, "json")


def test_json_keeps_numbers_as_written_and_flattens_what_is_nested(file, read):
    found = read(file(json.dumps([{"id": 12345678901234567890, "name": {"first": "Ada"}, "tags": ["a", "b"], "on": True},
                                  {"id": 2, "extra": None, "price": 1.50}]).replace("1.5}", "1.50}"), "t.json"))
    assert found.table == [["id", "name.first", "tags", "on", "extra", "price"],
                           ["12345678901234567890", "Ada", "a; b", "true", "", ""], ["2", "", "", "", "", "1.50"]]


def test_json_that_is_broken_is_refused_with_its_line(file, read):
    with pytest.raises(errors.JsonBroken) as refused:
        read(file('[{"id": 1},\n{"id": ]', "t.json"))
    assert refused.value.facts["line"] == 2


def test_a_table_whose_first_header_stands_in_brackets_is_no_json(file, read):
    assert read(file("[id],name\n1,Ada\n2,Bo\n")).headers == ["[id]", "name"]


# --- archives -----------------------------------------------------------------------------------


def test_the_table_in_an_archive_is_found_and_another_can_be_asked_for(file, read):
    path = file(zipped({"__MACOSX/._a.csv": b"x", "readme.md": b"long " * 999, "a.csv": b"id,name\n1,Ada\n2,Bo\n",
                        "b.csv": b"no\n7\n"}), "t.zip")
    found = read(path)
    assert (found.table, found.member, found.members) == (TABLE, "a.csv", ["a.csv", "b.csv"])
    assert found.noted["member_chosen"] == {"member": "a.csv", "count": 2}
    assert read(path, member="b.csv").headers == ["no"]
    with pytest.raises(errors.MemberNotThere):
        read(path, member="c.csv")


@pytest.mark.parametrize(("pack", "name"), [(gzip.compress, "t.csv.gz"), (bz2.compress, "t.csv.bz2"),
                                            (lzma.compress, "t.csv.xz"), (gzip.compress, "t.csv")])
def test_packed_files_are_unpacked(file, read, pack, name):
    found = read(file(pack(b"id,name\n1,Ada\n2,Bo\n"), name))
    assert found.table == TABLE and not (found.folder / "unpacked").exists()


def test_a_wrong_name_is_said_and_the_file_read_as_what_it_is(file, read):
    assert read(file(book(TABLE), "t.csv")).noted["other_kind"] == {"suffix": ".csv", "format": "xlsx"}
    assert read(file("id\tname\n1\tAda\n2\tBo\n", "t.xls")).noted["other_kind"] == {"suffix": ".xls", "format": "csv"}


# --- bad input ----------------------------------------------------------------------------------


def far_cell(sheet):
    sheet["XFD1048576"] = 1


def under_a_password() -> bytes:
    """As Excel keeps it: a compound file whose directory names the encrypted package."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000) + "EncryptedPackage\0".encode("utf-16-le") + bytes(500)


def encrypted_zip() -> bytes:
    content = bytearray(zipped({"a.csv": b"id,name\n1,Ada\n"}))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + place] |= 1
    return bytes(content)


BAD = {
    "empty.csv": (b"", errors.FileEmpty),
    "blank.xlsx": (lambda: book([]), errors.NoTableInside),
    "header.csv": (b"id,name\n", errors.OnlyAHeader),
    "header.xlsx": (lambda: book([["id", "name"]]), errors.OnlyAHeader),
    "wide.csv": (b"1," * 1_000_000 + b"1\n", errors.TooManyColumns),
    "long.csv": (b"id,name\n1,\"" + b"x" * (17 << 20) + b"\"\n", errors.LineTooLong),
    "nul.csv": (b"id,name\n1,A\x00a\n", errors.NotATextFile),
    "bomb.csv.gz": (lambda: gzip.compress(bytes(80 << 20)), errors.UnpacksTooLarge),
    "bomb.zip": (lambda: zipped({"a.csv": bytes(80 << 20)}), errors.UnpacksTooLarge),
    "bomb.xlsx": (lambda: zipped({"xl/workbook.xml": b"<w/>", "xl/worksheets/sheet1.xml": bytes(80 << 20)}),
                  errors.UnpacksTooLarge),
    "nested.zip": (lambda: zipped({"a.zip": zipped({"a.csv": b"id\n1\n"})}), errors.ArchiveInArchive),
    "nothing.zip": (lambda: zipped({}), errors.NoTableInside),
    "far.xlsx": (lambda: book(TABLE, change=far_cell), errors.SheetTooLarge),
    "secret.xlsx": (under_a_password, errors.PasswordNeeded),
    "secret.zip": (encrypted_zip, errors.PasswordNeeded),
    "cut.xlsx": (lambda: book(TABLE)[:2000], errors.FileDamaged),
    "cut.zip": (lambda: zipped({"a.csv": b"id,name\n1,Ada\n" * 99})[:60], errors.FileDamaged),
    "cut.csv.gz": (lambda: gzip.compress(bytes(range(256)) * 99)[:200], errors.FileDamaged),
    "page.xls": (b"<html><table><tr><td>id</td></tr></table></html>", errors.WebPageOrXml),
    "letter.docx": (lambda: zipped({"[Content_Types].xml": b"<x/>", "word/document.xml": b"<x/>"}), errors.FileTypeUnknown),
    "paper.csv": (b"%PDF-1.7 ...", errors.FileTypeUnknown),
    "shop.db": (b"SQLite format 3\x00" + bytes(99), errors.FileTypeUnknown),
    "bare.json": (b"[1, 2, 3]", errors.NoTableInside),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_one_clear_sentence_and_nothing_is_left(file, tmp_path, monkeypatch, store, name):
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    content, error = BAD[name]
    path = file(content if isinstance(content, bytes) else content(), name)
    with pytest.raises(error) as refused:
        data_entry.read(path)
    for language in words.LANGUAGES:
        assert name in words.error_sentence(language, refused.value)
    assert list(folder.iterdir()) == [] and store.revision() == 0


def test_a_file_that_is_being_written_is_refused(file, read):
    path = file("id,name\n" + "1,Ada\n" * 50_000)

    def somebody_writes(share):
        with path.open("a") as out:
            out.write("2,Bo\n")

    with pytest.raises(errors.FileChanging):
        read(path, progress=somebody_writes)


@pytest.mark.long
def test_a_cell_of_two_gigabytes_is_refused_in_little_memory(file):
    path = file("id,name\n1,\"")
    with path.open("ab") as out:
        for _ in range(2048):
            out.write(b"x" * (1 << 20))
    with pytest.raises(errors.LineTooLong):
        data_entry.read(path, limits=data_entry.Limits(memory_mb=600))


def test_formulas_in_cells_are_texts(file, read):
    assert read(file('id,name\n1,"=1+1"\n2,@sum\n3,+41 31\n')).table[1:] == [["1", "=1+1"], ["2", "@sum"], ["3", "+41 31"]]


def test_the_rejects_of_a_workbook_show_the_cells_of_their_row(tmp_path, file):
    path = file(book([["Name", "E-mail"], ["Ada", "ada@example.com"], ["Bo", "no address"]]), "people.xlsx")
    with data_entry.read(path) as reading:
        checked = data_entry.check(reading)
        assert checked.rejects[["line", "reason", "raw"]].values.tolist() == [[3, "rule.email", "Bo | no address"]]


# --- the named sets -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["csv_spectrum", "gbk_samples", "excel_merged_headers", "tabulator_fixtures",
                                  "csvkit_examples", "openrefine_fixtures"])
def test_files_from_elsewhere_are_read_right_or_refused(data_set, monkeypatch, name):
    from benchmarks import importing

    def work_here(job, arguments, *, name, size, progress=None, **_):
        return json.loads(json.dumps(reading_module.work(arguments, progress or (lambda share: None))))

    monkeypatch.setattr("crm_core.data_entry.reading.run_in_child", work_here)
    found = importing.run_ours(importing.files_in(data_set(name)), None)
    assert {path: why for path, (outcome, why) in found["outcomes"].items() if outcome in ("wrong", "crashed")} == {}
    assert found["right"] + found["refused"] == found["files"] > 0 and found["slowest_s"] < 10
