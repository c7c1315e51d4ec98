"""The headers of CRM exports are understood unaided; what they mean stands in mappings.toml, written by hand."""
import csv
import gzip
import json
import tomllib
from pathlib import Path

import pytest

from crm_core import data_entry, errors
from crm_core.data_entry import Mapping, compare_mapping, propose_mapping

TRUTH = tomllib.loads((Path(__file__).parent / "mappings.toml").read_text(encoding="utf-8"))
CRMS = tomllib.loads((Path(__file__).parent / "mappings_of_crms.toml").read_text(encoding="utf-8"))["layout"]


def plain_file(path: Path, folder: Path) -> Path:
    """The file as CSV: Parquet and gzip written out, lines of instruction above the header left off."""
    if path.suffix == ".parquet":
        import pyarrow.csv
        import pyarrow.parquet

        target = folder / f"{path.stem}.csv"
        pyarrow.csv.write_csv(pyarrow.parquet.read_table(path), target)
        return target
    if path.suffix == ".gz":
        target = folder / path.stem
        target.write_bytes(gzip.decompress(path.read_bytes()))
        return target
    if path.name.startswith("npsp_"):
        target = folder / path.name
        target.write_text("".join(path.read_text(encoding="utf-8-sig").splitlines(keepends=True)[4:]), encoding="utf-8")
        return target
    return path


def is_right(given: str | None, meaning: str, filled: bool) -> bool:
    """An empty column is right as an own field and left out too: nothing of it is kept either way."""
    if meaning == "own":
        return given is None or given.endswith(".extra") if not filled else given is not None and given.endswith(".extra")
    if meaning == "left out":
        return given is None or not filled and given.endswith(".extra")
    return given == meaning or not filled and (given is None or given.endswith(".extra"))


def judged(mapping: Mapping, truth: dict, filled: dict[str, bool]) -> list[tuple[str, str, str | None]]:
    """The columns whose meaning is not the right one: header, right, given."""
    kind = truth.get("kind")
    wrong = []
    for header, given in mapping.columns.items():
        unknown = "left out" if kind in (None, "order_lines") else "own"
        meaning = "left out" if header in truth.get("left_out", ()) else truth.get(header, unknown)
        if kind != (mapping.kind if mapping.fits else None) or not is_right(given, meaning, filled[header]):
            wrong.append((header, meaning, given))
    return wrong


def files_of(name: str, folder: Path, scratch: Path):
    """(name in the truth, mapping proposed, header → whether anything stands under it) of every file of a data set."""
    for path in sorted(path for path in folder.iterdir() if path.suffix in (".csv", ".parquet", ".gz")):
        if path.name == "layouts_from_public_code.csv":
            with path.open(encoding="utf-8") as file:
                for row in csv.DictReader(file):
                    headers = row["columns_pipe_separated"].split("|")
                    if len(headers) > 1:
                        yield (f"{row['system']}/{row['object']}", propose_mapping(headers, (), name=row["object"]),
                               dict.fromkeys(headers, True))
            continue
        with data_entry.read(plain_file(path, scratch), name=path.name.replace(".parquet", ".csv").removesuffix(".gz")) as reading:
            import pyarrow.parquet

            cells = pyarrow.parquet.read_table(reading.folder / "cells.parquet")
            filled = {header: any(cell not in (None, "") for cell in cells.column(f"c{place}").to_pylist())
                      for place, header in enumerate(reading.headers)}
            yield path.name, reading.mapping, filled


@pytest.mark.parametrize("name", list(TRUTH))
def test_columns_of_real_exports_are_mapped_right_unaided(data_set, tmp_path, name):
    total, wrong = 0, []
    for file, mapping, filled in files_of(name, data_set(name), tmp_path):
        total += len(mapping.columns)
        wrong += [(file, mapping.kind if mapping.fits else None, *slip) for slip in judged(mapping, TRUTH[name][file], filled)]
    share = 1 - len(wrong) / total
    print(f"{name}: {share:.1%} of {total} columns right", *wrong, sep="\n  ")
    assert share >= 0.95, wrong


def test_default_exports_of_many_crms_are_mapped_right_unaided():
    total, wrong = 0, []
    for layout in CRMS:
        headers = [header for header, _ in layout["columns"]]
        mapping = propose_mapping(headers, ())
        unknown = "left out" if layout["kind"] == "order_lines" else "own"
        truth = {header: {"": unknown, "-": "left out"}.get(meaning, meaning) for header, meaning in layout["columns"]}
        total += len(headers)
        wrong += [(layout["system"], layout["object"], mapping.kind, *slip)
                  for slip in judged(mapping, {"kind": layout["kind"], **truth}, dict.fromkeys(headers, True))]
    share = 1 - len(wrong) / total
    print(f"CRMs: {share:.1%} of {total} columns right", *wrong, sep="\n  ")
    assert share >= 0.95, wrong


# --- headers ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("headers", "name", "kind"), [
    (["Id", "Subject", "Description", "CreatedDate"], "Case.csv", "service_requests"),
    (["Id", "Subject", "Description", "CreatedDate"], "Tasks 2026.csv", "communications"),
    (["id", "name", "amount", "date"], "deals.csv", "opportunities"),
    (["id", "name", "amount", "date"], "export.csv", "orders"),
])
def test_the_files_name_decides_only_where_the_headers_leave_a_doubt(headers, name, kind):
    assert propose_mapping(headers, (), name=name).kind == kind


@pytest.mark.parametrize(("header", "meaning"), [
    ("(Do Not Modify) Contact", "customers.customer_no"), ("Mailing Street", "customers.address"), ("Emails 1 Email", "customers.email"),
    ("Email__c", "customers.email"), ("properties.email", "customers.email"), ("Customer: Name", "customers.name"),
    ("customer_email_address", "customers.email"), ("MailingPostalCode", "customers.postal_code"), ("ns__Birth_Date__c", "customers.birth_date"),
    ("Telefon", "customers.phone"), ("Prénom", "customers.first_name"), ("E-Mail-Adresse", "customers.email"), ("手机号码（必填）", "customers.phone"),
    ("客户电话", "customers.phone"), ("Contact1 Last Name", "customers.last_name"), ("Emails 2 Email", "customers.extra"), ("Lucky Number", "customers.extra"),
    ("SystemModstamp", None), ("修改时间", None)])
def test_the_noise_around_a_header_comes_off(header, meaning):
    assert propose_mapping([header], (), "customers").columns == {header: meaning}


def test_two_columns_of_one_meaning_are_one_column_and_an_own_field():
    mapping = propose_mapping(["Name", "E-mail", "Email"], ())
    assert list(mapping.columns.values()) == ["customers.name", "customers.email", "customers.extra"]
    assert (mapping.meanings, mapping.own_fields) == (
        {"customers.name": "Name", "customers.email": "E-mail"}, ["Email"])


def test_what_a_person_says_of_a_reference_leaves_the_kind_as_it_is():
    mapping = propose_mapping(["Ticket ID", "Created Date", "Subject", "Who"], ())
    told = mapping.told({"Who": "customers.email"})
    assert (mapping.kind, told.kind, told.columns["Who"]) == ("service_requests", "service_requests", "customers.email")


# --- saved mappings -----------------------------------------------------------------------------


def test_a_saved_mapping_comes_back_as_it_was(store):
    mapping = propose_mapping(["Name", "E-mail", "Schuhgröße"], ()).told({"Schuhgröße": None})
    assert Mapping.from_json(mapping.as_json()) == mapping
    with store.batch("mapping") as batch:
        batch.add("mappings", mapping.as_row("monthly", encoding="cp1252"))
    with store.cursor() as cursor:
        row = cursor.execute("SELECT * FROM mappings").fetch_df().iloc[0]
    assert Mapping.from_row(row) == mapping and json.loads(row["options"]) == {"encoding": "cp1252"}
    with pytest.raises(errors.MeaningUnknown):
        Mapping.from_json('{"kind": "planets", "columns": {}}')


def test_the_difference_to_a_saved_mapping_is_told_and_renamed_columns_are_guessed():
    saved = propose_mapping(["Customer ID", "Name", "Phone", "Fax", "Shoe size"], ()).told({"Fax": None})
    difference = compare_mapping(saved, ["customer_id", "Name", "Mobile phone", "Shoe size", "City"])
    assert (difference.new, difference.missing) == (("City",), ("Fax",))
    assert difference.renamed == {"Customer ID": "customer_id", "Phone": "Mobile phone"}
    assert difference.mapping.columns == {
        "customer_id": "customers.customer_no", "Name": "customers.name", "Mobile phone": "customers.phone",
        "Shoe size": "customers.extra", "City": "customers.city"}
    assert compare_mapping(saved, list(saved.columns)).nothing


def test_a_new_column_does_not_take_what_the_saved_mapping_gave_to_another():
    saved = Mapping("customers", {"Name": "customers.name", "Privat": "customers.email"})
    difference = compare_mapping(saved, ["Name", "Privat", "Email"])
    assert difference.mapping.columns == {"Name": "customers.name", "Privat": "customers.email", "Email": "customers.extra"}


def test_an_id_with_a_name_and_a_price_makes_no_order():
    found = propose_mapping(("id", "name", "description", "price"), [
        {"id": "7", "name": "Sony Turntable PSLX350H", "description": "Belt drive", "price": "$99.00"},
        {"id": "8", "name": "Bose Speaker AM53BK", "description": "", "price": "$399.00"}])
    assert found.kind == "products"
    assert found.header("products.product_no") == "id"


def test_a_record_id_keeps_two_records_of_one_person_apart():
    found = propose_mapping(("rec_id", "given_name", "surname", "suburb", "date_of_birth"), [
        {"rec_id": "rec-1-org", "given_name": "ada", "surname": "berry", "suburb": "bittern", "date_of_birth": "19990219"}])
    assert (found.header("customers.customer_no"), found.header("customers.city")) == ("rec_id", "suburb")
