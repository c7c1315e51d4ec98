"""Which column means what: from the headers of a file to the columns of the tables.

    InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice, CustomerID, Country
    → order_lines: orders.order_no, products.product_no, products.name, order_lines.quantity, orders.ordered_at,
      order_lines.unit_price, customers.customer_no, orders.country
"""
import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from crm_core.errors import ColumnNotThere, ColumnsNotMapped, MappedTwice, MeaningUnknown
from crm_core.tables import TABLES

# What a column of each kind of file may mean, by table; the first table that knows a header takes it.
TABLES_OF = {
    "order_lines": ("order_lines", "orders", "products", "customers"),
    "orders": ("orders", "customers"),
    "customers": ("customers",),
}
# Found by other ways than from a cell: ids of other tables, and what the book itself works out.
NOT_FROM_FILES = ("order_lines.description",)
# Told by a file of customers, not by one of orders: there these headers speak of the order.
ONLY_OF_CUSTOMERS = ("customers.joined_on", "customers.note", "customers.source")
KINDS = TABLES_OF
NEEDED = {
    "order_lines": ("orders.order_no", "orders.ordered_at", "order_lines.quantity", "order_lines.unit_price"),
    "orders": ("orders.ordered_at", "orders.amount"),
    "customers": (),
}
# At least one of these says who or what a row is.
ONE_OF = {
    "order_lines": ("products.product_no", "products.name"),
    "orders": ("orders.order_no", "customers.customer_no", "customers.email", "customers.name"),
    "customers": ("customers.customer_no", "customers.email", "customers.name", "customers.phone"),
}

WHO = ("customers.name", "customers.email", "customers.phone")


@dataclass(frozen=True)
class Mapping:
    kind: str  # "order_lines", "orders" or "customers"
    columns: dict[str, str | None]  # header → meaning, such as "orders.order_no"; None is left out

    def header(self, meaning: str) -> str | None:
        """The header of the column with a meaning."""
        return next((header for header, given in self.columns.items() if given == meaning), None)

    @property
    def meanings(self) -> dict[str, str]:
        """meaning → header"""
        return {meaning: header for header, meaning in self.columns.items() if meaning}

    def as_json(self) -> str:
        return json.dumps({"kind": self.kind, "columns": self.columns}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "Mapping":
        return cls(**json.loads(text))

    def as_row(self, name: str, **options) -> dict:
        return {"name": name, "kind": self.kind, "columns": json.dumps(self.columns, ensure_ascii=False),
                "options": json.dumps(options, ensure_ascii=False) if options else None}

    @classmethod
    def from_row(cls, row) -> "Mapping":
        return cls(row["kind"], json.loads(row["columns"]))

    def told(self, columns: dict[str, str | None], kind: str | None = None) -> "Mapping":
        """The mapping with some columns as the person says; the kind follows from what is mapped."""
        said = {meaning for meaning in columns.values() if meaning}
        # What the person says outranks what was proposed for another column.
        changed = {header: None if meaning in said else meaning for header, meaning in self.columns.items()} | columns
        kind = kind or kind_of(changed.values()) or self.kind
        if kind != self.kind:
            # In another kind of file headers mean other things; what the person said stands.
            proposed = propose_mapping(tuple(self.columns), (), kind).columns
            changed = {header: None if meaning in said else meaning for header, meaning in proposed.items()} | columns
        return replace(self, columns=changed, kind=kind)


@dataclass(frozen=True)
class MappingDifference:
    new: tuple[str, ...]  # headers that the saved mapping does not know
    missing: tuple[str, ...]  # headers that it knows and the file has not
    renamed: dict[str, str]  # missing header → new header that seems to mean the same; neither `new` nor `missing`
    mapping: Mapping  # the saved one for this file: renamed headers taken along, new ones as proposed


def compare_mapping(saved: Mapping, headers: Sequence[str], sample: Sequence[dict] = ()) -> MappingDifference:
    new = [header for header in headers if header not in saved.columns]
    gone = [header for header in saved.columns if header not in headers]
    proposed = propose_mapping(headers, sample, saved.kind).columns
    renamed = {}
    for old in gone:
        same = next((header for header in new if plain(header) == plain(old)), None)
        if same is None and saved.columns[old]:
            same = next((header for header in new if proposed[header] == saved.columns[old]), None)
        if same is not None:
            renamed[old] = same
            new.remove(same)
    kept = {header: saved.columns[header] for header in headers if header in saved.columns}
    kept |= {header: saved.columns[old] for old, header in renamed.items()}
    for header in new:
        kept[header] = proposed[header] if proposed[header] not in kept.values() else None
    return MappingDifference(tuple(new), tuple(header for header in gone if header not in renamed), renamed,
                             Mapping(saved.kind, {header: kept[header] for header in headers}))


def is_reference(kind: str, meaning: str) -> bool:
    return False


def meanings(kind: str) -> list[str]:
    """All meanings a column of this kind of file may be given."""
    return [f"{name}.{column.name}" for name in TABLES_OF[kind] for column in TABLES[name].typed
            if not column.refers_to and column.type != "fields" and f"{name}.{column.name}" not in NOT_FROM_FILES
            and not (kind == "order_lines" and (name, column.name) == ("orders", "amount"))]


def needed(kind: str) -> list[str]:
    """The meanings that must be mapped. Beside them one of `one_of(kind)` must be."""
    return list(NEEDED[kind])


def one_of(kind: str) -> list[str]:
    """The meanings of which at least one must be mapped."""
    return list(ONE_OF[kind])


def kind_of(given) -> str | None:
    """The kind of file that columns with these meanings make; None where there are none."""
    tables = {meaning.split(".")[0] for meaning in given if meaning}
    if tables & {"order_lines", "products"}:
        return "order_lines"
    if "orders" in tables:
        return "orders"
    return "customers" if tables else None


def check_mapping(mapping: Mapping, headers: Sequence[str], name: str) -> None:
    """Raises ColumnNotThere, MeaningUnknown, MappedTwice, ColumnsNotMapped."""
    allowed, seen = set(meanings(mapping.kind)), {}
    for header, meaning in mapping.columns.items():
        if header not in headers:
            raise ColumnNotThere(name=name, header=header)
        if meaning is None:
            continue
        if meaning not in allowed:
            raise MeaningUnknown(meaning=meaning)
        if meaning in seen:
            raise MappedTwice(column=meaning, first=seen[meaning], second=header)
        seen[meaning] = header
    missing = [meaning for meaning in needed(mapping.kind) if meaning not in seen]
    if "order_lines.amount" in seen and "order_lines.unit_price" in missing:
        missing.remove("order_lines.unit_price")  # amount divided by quantity
    if not missing and not any(meaning in seen for meaning in one_of(mapping.kind)):
        missing = one_of(mapping.kind)[:1]
    if missing:
        raise ColumnsNotMapped(columns=missing)


# --- proposing ----------------------------------------------------------------------------------


def plain(header: str) -> str:
    """A header as it is compared: lower case, letters and digits only, full-width signs as the plain ones."""
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", header).casefold())


@cache
def _synonyms(kind: str) -> dict[str, list[tuple[int, str]]]:
    """plain header → (rank, meaning), best first."""
    found: dict[str, list[tuple[int, str]]] = {}
    for meaning in meanings(kind):
        if kind != "customers" and meaning in ONLY_OF_CUSTOMERS:
            continue
        table, name = meaning.split(".")
        own = [plain(f"{table.removesuffix('s')}{name}")]
        if meaning != "order_lines.amount":  # a bare amount may be the order's: _whose_amount looks
            own.append(plain(name))
        for rank, header in enumerate([*map(plain, TABLES[table].column(name).headers), *own]):
            found.setdefault(header, []).append((rank, meaning))
    for header in ("id", "编号"):  # the number of whatever a row is
        found.setdefault(header, []).append((99, "customers.customer_no" if kind == "customers" else "orders.order_no"))
    # What a header is usually called by comes before what it may be called too; a tie keeps the tables' order.
    return {header: sorted(ranked, key=lambda entry: entry[0]) for header, ranked in found.items()}


def propose_mapping(headers: Sequence[str], sample: Sequence[dict], kind: str | None = None) -> Mapping:
    """What the columns of a file mean, judged by its headers, and by the first rows where these leave a doubt.

    `kind` says that the file is of order_lines, orders or customers; else the headers tell that too.
    """
    kind = kind or _likeliest_kind(headers)
    taken: dict[str, tuple[int, str]] = {}
    columns: dict[str, str | None] = dict.fromkeys(headers)
    for header in headers:
        for rank, meaning in _synonyms(kind).get(plain(header), []):
            if meaning not in taken or rank < taken[meaning][0]:
                if meaning in taken:
                    columns[taken[meaning][1]] = None
                taken[meaning] = (rank, header)
                columns[header] = meaning
                break
    _who_is_the_customer(columns, sample)
    if kind == "customers" and not any(meaning in WHO for meaning in columns.values()):
        # Numbers alone do not make people: a table of anything else has an id too.
        columns = {header: None if plain(header) in ("id", "编号") else meaning for header, meaning in columns.items()}
    if kind == "order_lines":
        _whose_amount(columns, headers, sample)
    return Mapping(kind, columns)


def _likeliest_kind(headers: Sequence[str]) -> str:
    known = {kind: {meaning for header in headers for _, meaning in _synonyms(kind).get(plain(header), [])}
             for kind in TABLES_OF}
    of_lines = known["order_lines"]
    if "orders.order_no" in of_lines and of_lines & {
            "products.product_no", "order_lines.quantity", "order_lines.unit_price"}:
        return "order_lines"
    of_orders = known["orders"]
    explicit = {plain(header) for header in headers} - {"id", "编号", "date", "日期", "createdat", "created", "order"}
    if ("orders.ordered_at" in of_orders and "orders.amount" in of_orders) or any(
            meaning == "orders.order_no" for header in explicit for _, meaning in _synonyms("orders").get(header, [])):
        return "orders"
    return "customers"


def _who_is_the_customer(columns: dict[str, str | None], sample: Sequence[dict]) -> None:
    """A column headed `customer` holds names in one shop and numbers in the other."""
    header = next((header for header, meaning in columns.items() if meaning == "customers.name"), None)
    if header and plain(header) in ("customer", "client", "客户", "会员", "顾客") and (
            "customers.customer_no" not in columns.values()):
        cells = [row[header] for row in sample if row[header]]
        if cells and all(re.fullmatch(r"[A-Za-z]{0,4}[-_]?\d+(\.0)?", cell) for cell in cells):
            columns[header] = "customers.customer_no"


def _whose_amount(columns: dict[str, str | None], headers: Sequence[str], sample: Sequence[dict]) -> None:
    """In a file of lines an amount is the line's where it is quantity × unit price, or where there is no price."""
    if "order_lines.amount" in columns.values():
        return
    amounts = {plain(header) for header in TABLES["orders"].column("amount").headers}
    header = next((header for header in headers if columns[header] is None and plain(header) in amounts), None)
    if header is None:
        return
    quantity = next((header for header, meaning in columns.items() if meaning == "order_lines.quantity"), None)
    price = next((header for header, meaning in columns.items() if meaning == "order_lines.unit_price"), None)
    if price is None:
        columns[header] = "order_lines.amount"
        return
    fits = [abs(q * p - a) <= 0.011 for row in sample
            if None not in (q := _number(row.get(quantity)), p := _number(row[price]), a := _number(row[header]))]
    if fits and sum(fits) >= 0.9 * len(fits):
        columns[header] = "order_lines.amount"


def _number(cell: str | None) -> float | None:
    try:
        return float(re.sub(r"[^\d.\-]", "", cell or ""))
    except ValueError:
        return None
