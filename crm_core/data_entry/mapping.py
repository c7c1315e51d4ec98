"""Which column means what: from the headers of a file to the columns of the tables.

    InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice, CustomerID, Country
    → order_lines: orders.order_no, products.product_no, products.name, order_lines.quantity, orders.ordered_at,
      order_lines.unit_price, customers.customer_no, orders.country

The headers are data: headers.toml. What a kind of file may hold stands in kinds.py.
"""
import json
import re
import tomllib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path

from crm_core.data_entry.casting import NO, YES, words_of
from crm_core.data_entry.kinds import (
    KINDS,
    ONLY_OF_CUSTOMERS,
    column_of,
    is_reference,
    kind_of,
    meanings,
    missing,
    needed,
    one_of,
    own_field,
    table_of,
)
from crm_core.errors import ColumnNotThere, ColumnsNotMapped, KindUnknown, MappedTwice, MeaningUnknown

__all__ = ["KINDS", "Mapping", "MappingDifference", "check_mapping", "compare_mapping", "kind_of", "meanings", "needed",
           "one_of", "propose_mapping"]

HEADERS = tomllib.loads((Path(__file__).parent / "headers.toml").read_text(encoding="utf-8"))
WHO = ("customers.name", "customers.first_name", "customers.last_name", "customers.email", "customers.phone",
       "customers.company")
CUSTOMERS_OWN = re.compile("customer|client|member|kunde|客户|会员|顾客")
LEAST_SCORE = 1.1  # below it a file is said to be of no kind
# How ids of records look that other files refer to: Salesforce's, and the GUIDs of Dynamics and others.
RECORD_ID = re.compile(r"[a-zA-Z0-9]{3}[a-zA-Z0-9]{2}0[a-zA-Z0-9]{9}([A-Z0-5]{3})?"
                       r"|\{?[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\}?")
ACCOUNT_ID = re.compile(r"001[a-zA-Z0-9]{12}([A-Z0-5]{3})?")


SHOPIFYS_NAME = ((0, 0, "orders.order_no"),)  # beside columns of line items `Name` is the order's


@dataclass(frozen=True)
class Mapping:
    kind: str  # a key of KINDS
    columns: dict[str, str | None]  # header → meaning, such as "orders.order_no"; None is left out
    fits: bool = True  # False where no kind fits: `kind` is then only where a person may begin

    def header(self, meaning: str) -> str | None:
        """The header of the column with a meaning."""
        return next((header for header, given in self.columns.items() if given == meaning), None)

    @property
    def meanings(self) -> dict[str, str]:
        """meaning → header; own fields, which many columns may be, are not among them."""
        return {meaning: header for header, meaning in self.columns.items()
                if meaning and not meaning.endswith(".extra")}

    @property
    def own_fields(self) -> list[str]:
        """The headers that are kept as own fields."""
        return [header for header, meaning in self.columns.items() if meaning and meaning.endswith(".extra")]

    def told(self, columns: dict[str, str | None], kind: str | None = None) -> "Mapping":
        """The mapping with some columns as the person says; the kind follows from what is mapped."""
        said = {meaning for meaning in columns.values() if meaning and not meaning.endswith(".extra")}
        # What the person says outranks what was proposed for another column.
        changed = {header: None if meaning in said else meaning for header, meaning in self.columns.items()} | columns
        if kind is None:
            # A kind in which all that is mapped can stand is kept: a reference belongs to several.
            allowed = set(meanings(self.kind))
            kept = said and self.fits and all(meaning in allowed for meaning in changed.values() if meaning)
            kind = self.kind if kept else kind_of(columns.values()) if said else kind_of(changed.values())
            kind = _widened(kind or self.kind, self.kind)
        if kind != self.kind:
            # In another kind of file headers mean other things; what the person said stands.
            proposed = propose_mapping(tuple(self.columns), (), kind).columns
            changed = {header: None if meaning in said else meaning for header, meaning in proposed.items()} | columns
        return replace(self, columns=changed, kind=kind, fits=self.fits or bool(said))

    def as_json(self) -> str:
        return json.dumps({"kind": self.kind, "columns": self.columns}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "Mapping":
        """Raises MeaningUnknown where the kind is none of ours."""
        kept = json.loads(text)
        if kept["kind"] not in KINDS:
            raise MeaningUnknown(meaning=kept["kind"])
        return cls(kept["kind"], kept["columns"])

    def as_row(self, name: str, **options) -> dict:
        """The row of the table `mappings` that keeps it; `options` are what else the person said of the file."""
        return {"name": name, "kind": self.kind, "columns": json.dumps(self.columns, ensure_ascii=False),
                "options": json.dumps(options, ensure_ascii=False) if options else None}

    @classmethod
    def from_row(cls, row) -> "Mapping":
        return cls(row["kind"], json.loads(row["columns"]))


@dataclass(frozen=True)
class MappingDifference:
    """What this month's file has other than the one whose mapping was saved."""

    new: tuple[str, ...]  # headers that the saved mapping does not know
    missing: tuple[str, ...]  # headers that it knows and the file has not
    renamed: dict[str, str]  # missing header → new header that seems to mean the same; neither `new` nor `missing`
    mapping: Mapping  # the saved one for this file: renamed headers taken along, new ones as proposed

    @property
    def nothing(self) -> bool:
        return not (self.new or self.missing or self.renamed)


def compare_mapping(saved: Mapping, headers: Sequence[str], sample: Sequence[dict] = ()) -> MappingDifference:
    """Apply a saved mapping to the headers of another file, and tell the difference."""
    new = [header for header in headers if header not in saved.columns]
    gone = [header for header in saved.columns if header not in headers]
    proposed = propose_mapping(headers, sample, saved.kind).columns
    renamed = {}
    for old in gone:
        meaning = saved.columns[old]
        same = next((header for header in new if plain(header) == plain(old)), None)
        if same is None and meaning and not meaning.endswith(".extra"):
            same = next((header for header in new if proposed[header] == meaning), None)
        if same is not None:
            renamed[old] = same
            new.remove(same)
    kept = {header: saved.columns[header] for header in headers if header in saved.columns}
    kept |= {header: saved.columns[old] for old, header in renamed.items()}
    taken = {meaning for meaning in kept.values() if meaning}
    for header in new:
        meaning = proposed[header]
        again = meaning in taken and not meaning.endswith(".extra") if meaning else False
        kept[header] = _unknown(saved.kind) if again else meaning
    mapping = Mapping(saved.kind, {header: kept[header] for header in headers})
    return MappingDifference(tuple(new), tuple(header for header in gone if header not in renamed), renamed, mapping)


def check_mapping(mapping: Mapping, headers: Sequence[str], name: str) -> None:
    """Raises ColumnNotThere, MeaningUnknown, MappedTwice, KindUnknown, ColumnsNotMapped."""
    allowed, seen = set(meanings(mapping.kind)), {}
    for header, meaning in mapping.columns.items():
        if header not in headers:
            raise ColumnNotThere(name=name, header=header)
        if meaning is None:
            continue
        if meaning not in allowed:
            raise MeaningUnknown(meaning=meaning)
        if meaning in seen and meaning != own_field(mapping.kind):
            raise MappedTwice(column=meaning, first=seen[meaning], second=header)
        seen[meaning] = header
    if not mapping.fits and not seen:
        raise KindUnknown(name=name, headers=", ".join(headers[:12]) + (" …" if len(headers) > 12 else ""))
    lacking = missing(mapping.kind, seen)
    if lacking:
        raise ColumnsNotMapped(columns=lacking)


# --- headers ------------------------------------------------------------------------------------


def plain(header: str) -> str:
    """A header as it is compared: lower case, letters and digits only, accents and full-width signs as plain ones."""
    text = unicodedata.normalize("NFKD", header).casefold()
    text = unicodedata.normalize("NFC", "".join(sign for sign in text if not unicodedata.combining(sign)))
    return re.sub(r"[\W_]", "", text)


BRACKET = re.compile(r"[(（\[【][^)）\]】]*[)）\]】]")
GROUP = re.compile(r"([^\W\d_]+(?: [^\W\d_]+)?)[ _]?(\d{1,2})[ :._-]+(\S.*)")
OTHER_OBJECT = re.compile(r"[A-Za-z][\w ]*[.:](?=\s*\S)")


@cache
def _before(section: str, key: str) -> re.Pattern:
    """What may stand before a header: `Contact Phone`, `Contact: Phone`, `客户电话`; a word only where it ends."""
    listed = sorted({*HEADERS[section][key], *HEADERS["words"]["prefixes"]}, key=len, reverse=True)
    spaced = "|".join(re.escape(word).replace(r"\ ", r"[\s_-]?") for word in listed if word.isascii())
    joined = "|".join(word for word in listed if not word.isascii()) or "(?!)"
    return re.compile(rf"\W*(?:{spaced})(?:['’]s)?\)?[\s._:/-]+(\S.*)|(?:{joined})(\S.*)", re.IGNORECASE | re.DOTALL)


@lru_cache(100_000)
def variants(header: str, kind: str) -> tuple[tuple[int, str], ...]:
    """(how much was taken off, header as compared): the noise that systems put around a header comes off step by step.

    `(Do Not Modify) Lead` → lead; `Emails 1 Email` → email; `NPSP__Title__c` → title; `金额（元）` → 金额
    """
    found = {plain(header): 0}

    def add(steps: int, text: str) -> None:
        found.setdefault(plain(text), steps)

    group = GROUP.fullmatch(header.strip())
    if group and int(group[2]) != 1:
        return ((0, plain(header)),)  # the second address is not the address
    bare = BRACKET.sub("", header)
    bare = re.sub(r"__(c|pc|r)\b", "", bare, flags=re.IGNORECASE)
    bare = re.sub(r"^[A-Za-z]\w*?__(?=\w)", "", bare)
    add(1, bare)
    for pattern, steps, text in ((_before("words", "prefixes"), 1, bare),
                                 (_before("entities", kind), 2, re.sub(r"(?<=[a-z])(?=[A-Z])", " ", bare))):
        rest = pattern.match(text.strip())
        if rest:
            add(steps, rest[1] or rest[2])
    if group:
        add(1, f"{group[1]}{group[3]}")
        # `Emails 1 Email` says it twice; in `Addresses 1 City` the city is that of the address.
        twice = plain(group[3]).startswith(plain(group[1]).removesuffix("es").removesuffix("s"))
        add(0 if twice else 3, group[3])
    return tuple((steps, text) for text, steps in found.items() if text)


@cache
def _synonyms(kind: str) -> dict[str, list[tuple[int, int, str]]]:
    """plain header → (rank, order of the table, meaning), best first."""
    found: dict[str, list[tuple[int, int, str]]] = {}
    listed: dict[str, list[str]] = {}
    for name in KINDS[kind].tables:
        for column, headers in HEADERS[name].items():
            listed.setdefault(column if "." in column else f"{name}.{column}", []).extend(headers)
    if KINDS[kind].references:
        for meaning, headers in HEADERS["references"].items():
            listed.setdefault(meaning, []).extend(headers)
    for place, meaning in enumerate(meanings(kind)):
        if meaning == own_field(kind) or (kind != "customers" and table_of(kind) in ("orders", "order_lines")
                                          and meaning in ONLY_OF_CUSTOMERS):
            continue
        table, name = meaning.split(".")
        own = [f"{table.removesuffix('s')}{name}"]
        if meaning != "order_lines.amount" and not is_reference(kind, meaning):  # whose amount: _whose_amount looks
            own.append(name)
        for rank, header in enumerate(dict.fromkeys(map(plain, [*listed.get(meaning, ()), *own]))):
            found.setdefault(header, []).append((rank, place, meaning))
    number = KINDS[kind].number
    if number:
        for header in ("id", "编号"):  # the number of whatever a row is
            found.setdefault(header, []).append((99, 0, number))
    return {header: sorted(ranked) for header, ranked in found.items()}


@cache
def _plain_set(section: str, key: str) -> frozenset[str]:
    return frozenset(map(plain, HEADERS[section].get(key, ())))


def _unknown(kind: str) -> str | None:
    """What becomes of a column that nobody knows: an own field; in files of order lines, which are long, nothing."""
    return None if kind == "order_lines" else own_field(kind)


# --- proposing ----------------------------------------------------------------------------------


def propose_mapping(headers: Sequence[str], sample: Sequence[dict], kind: str | None = None,
                    name: str | None = None) -> Mapping:
    """What the columns of a file mean, judged by its headers, and by the first rows where these leave a doubt.

    `kind` says what the file is of; else the headers tell that too, and the file's name where they do not.
    """
    if kind:
        return Mapping(kind, _columns(tuple(headers), sample, kind))
    scores = {}
    for candidate in KINDS:
        columns = _columns(tuple(headers), sample, candidate)
        if _can_be(candidate, columns, headers):
            scores[candidate] = (_score(candidate, columns, name), columns)
    best = max(scores, key=lambda candidate: scores[candidate][0], default=None)
    if best is None or scores[best][0] < LEAST_SCORE:
        columns = _columns(tuple(headers), sample, "customers")
        if any(meaning == "customers.customer_no" and CUSTOMERS_OWN.match(plain(header))
               for header, meaning in columns.items()):
            return Mapping("customers", columns)  # customers by their numbers, and own fields
        return Mapping("customers", dict.fromkeys(headers), fits=False)
    return Mapping(best, scores[best][1])


def _can_be(kind: str, columns: dict[str, str | None], headers: Sequence[str]) -> bool:
    mapped = {meaning for meaning in columns.values() if meaning and meaning != own_field(kind)}
    # "id" may be the number of anything: it speaks for orders only beside what else an order has.
    vague = {"id", "编号", "date", "日期", "createdat", "created", "order"}
    explicit = any(meaning == "orders.order_no" and plain(header) not in vague for header, meaning in columns.items())
    if kind == "order_lines":
        return "orders.order_no" in mapped and (explicit or "orders.ordered_at" in mapped) and bool(
            mapped & {"products.product_no", "order_lines.quantity", "order_lines.unit_price"})
    if kind == "orders":
        return {"orders.ordered_at", "orders.amount"} <= mapped or explicit
    if missing(kind, mapped):
        return False
    # Numbers alone make no record but one that ties others together.
    numbers = {KINDS[kind].number, *KINDS[kind].references, f"{table_of(kind)}.deleted"}
    return kind in ("campaign_members", "relationships") or bool(mapped - numbers) or (
        kind == "customers" and any(plain(header) in _plain_set("signs", kind) for header in headers))


def _score(kind: str, columns: dict[str, str | None], name: str | None) -> float:
    """How much the headers speak for a kind: what only it has weighs most, what every record has next to nothing."""
    score = 0.0
    # What speaks for orders speaks for their lines too.
    signs = _plain_set("signs", kind) | (_plain_set("signs", "orders") if kind == "order_lines" else frozenset())
    for header, meaning in columns.items():
        looks = {text for _, text in variants(header, kind)}
        if looks & _plain_set("unmistakable", kind):
            score += 12
        elif looks & signs:
            score += 4
        elif meaning is None or meaning == own_field(kind):
            continue
        elif meaning in WHO[1:] and kind == "customers":
            score += 1
        elif plain(header) in _plain_set("words", "common"):
            score += 0.2
        else:
            score += 0.5 if is_reference(kind, meaning) else 1
    if score and name and any(_named(word, name) for word in HEADERS["file_names"][kind]):
        score += 1.5
    return score


def _named(word: str, name: str) -> bool:
    stem = re.sub(r"(?<=[a-z])(?=[A-Z])|[_\-.\d]+", " ", Path(name).stem).casefold()
    return word in stem if not word.isascii() else re.search(rf"\b{word.replace(' ', ' ?')}\b", stem) is not None


def _columns(headers: tuple[str, ...], sample: Sequence[dict], kind: str) -> dict[str, str | None]:
    values = {header: [row[header] for row in sample if row.get(header) not in (None, "")] for header in headers}
    candidates = []
    lines = kind == "order_lines" and any(plain(header).startswith("lineitem") for header in headers)
    for place, header in enumerate(headers):
        for steps, text in variants(header, kind):
            of_order = lines and (steps, text) == (0, "name")
            for rank, order, meaning in SHOPIFYS_NAME if of_order else _synonyms(kind).get(text, []):
                doubt = _doubt(kind, meaning, values[header], bool(sample))
                if meaning == KINDS[kind].number and rank == 99 and _record_ids(values[header]):
                    rank = -1  # other files refer to it
                if doubt is not None:
                    candidates.append((doubt, steps, rank, order, place, header, meaning))
    columns: dict[str, str | None] = {}
    taken = set()
    for *_, header, meaning in sorted(candidates, key=lambda entry: entry[:5]):
        if header not in columns and meaning not in taken and not _is_noise(header, headers, values[header]):
            columns[header] = meaning
            taken.add(meaning)
    columns = {header: columns.get(header) for header in headers}
    _who_is_the_customer(columns, values, kind)
    if kind == "customers":
        _company_or_person(columns, values)
    if kind == "order_lines":
        _whose_amount(columns, headers, sample)
    for header, meaning in columns.items():
        if meaning is None and not _is_noise(header, headers, values[header]):
            columns[header] = _unknown(kind)
    return columns


def _is_noise(header: str, headers: Sequence[str], values: list[str]) -> bool:
    """What a system writes for itself, and a cell that repeats others."""
    looks = plain(BRACKET.sub("", header) if "(" in header and "modify" not in header.casefold() else header)
    if looks in _plain_set("words", "left_out"):
        return True
    if looks in _plain_set("words", "compound"):
        if values:
            return all(value.lstrip().startswith("{") for value in values)
        street = looks.removesuffix("address") + "street"
        return any(plain(other) == street for other in headers)
    return False


def _record_ids(values: list[str]) -> bool:
    return bool(values) and all(RECORD_ID.fullmatch(str(value)) for value in values)


def _doubt(kind: str, meaning: str, values: list[str], looked: bool) -> int | None:
    """0 where the first rows look as the meaning wants them, 1 where there are none, 2 where the column is empty,
    3 where they look otherwise; None where they cannot be meant."""
    if not values:
        return 2 if looked else 0
    fits = _looks(kind, meaning)
    if fits is None:
        return 0
    share = sum(1 for value in values if fits(str(value).strip())) / len(values)
    if share >= 0.5:
        return 0
    if share == 0 and len(values) >= 3 and meaning not in needed(kind) and meaning not in (
            "customers.email", "customers.phone"):
        return None
    return 3


def _looks(kind: str, meaning: str):
    """A function that tells whether a text can be meant; None where any can."""
    column = column_of(meaning)
    match column.type:
        case "whole":
            return re.compile(r"-?\d{1,15}([.,]0+)?").fullmatch
        case "number" | "money":
            return lambda text: re.search(r"\d", text) and len(re.sub(r"[\d\s.,'’()+\-−–¥￥$€£%万亿千]", "", text)) <= 4
        case "day" | "time":
            return re.compile(r".*(\d{4}|\d[-/.年]\s?\d|\d [A-Za-z]{3}).*", re.DOTALL).fullmatch
        case "yes_no":
            words = {*YES.split(), *NO.split()}
            return lambda text: text.casefold() in words
        case "choice":
            words = _known_words(meaning)
            return lambda text: text.casefold() in words or re.sub(r"[\s_-]+", "", text.casefold()) in words
    if column.rule == "email" or meaning == "relationships.related_email":
        return lambda text: "@" in text or "＠" in text
    if column.rule == "phone":
        return lambda text: len(re.sub(r"\D", "", text)) >= 5
    if meaning.endswith(".name") and kind != "products":
        return lambda text: not RECORD_ID.fullmatch(text)
    return None


@cache
def _known_words(meaning: str) -> frozenset[str]:
    return frozenset(word for words in words_of(meaning).values() for word in words.split())


def _who_is_the_customer(columns: dict[str, str | None], values: dict[str, list[str]], kind: str) -> None:
    """A column headed `customer` holds names in one shop and numbers in the other; a household may be the customer."""
    given = set(columns.values())
    header = next((header for header, meaning in columns.items() if meaning == "customers.name"), None)
    if header and plain(header) in ("customer", "client", "客户", "会员", "顾客") and (
            "customers.customer_no" not in given):
        cells = values[header]
        if cells and all(re.fullmatch(r"[A-Za-z]{0,4}[-_]?\d+(\.0)?", cell) or RECORD_ID.fullmatch(cell)
                         for cell in cells):
            columns[header] = "customers.customer_no"
    household = next((header for header in columns if plain(header) in ("householdid", "householdkey")), None)
    if household and kind in ("customers", "orders", "order_lines") and not given & {"customers.customer_no", *WHO}:
        columns[household] = "customers.customer_no"


PERSON_SIGNS = frozenset(map(plain, ("first name", "last name", "birthdate", "date of birth", "salutation", "gender",
                                     "lead status", "名", "姓", "性别", "生日")))
COMPANY_SIGNS = frozenset(map(plain, (
    "number of employees", "employees", "no. of employees", "annual revenue", "company domain name", "ticker symbol",
    "sic code", "sic", "do not modify account", "duns number", "organization number", "account type", "parent account",
    "parent account id", "ownership", "primary contact", "company name", "account name", "organization name",
    "billing street")))


def _company_or_person(columns: dict[str, str | None], values: dict[str, list[str]]) -> None:
    """In a file of accounts the name is the company's; a lead's company may be the id of an account."""
    looks = {text for header in columns for steps, text in variants(header, "customers") if steps <= 1}
    given = {meaning: header for header, meaning in columns.items() if meaning}
    persons = looks & PERSON_SIGNS or {"customers.first_name", "customers.last_name"} & given.keys()
    if not persons and len(looks & COMPANY_SIGNS) >= 2 and (
            "customers.name" in given and "customers.company" not in given):
        columns[given["customers.name"]] = "customers.company"
    if not persons and "customers.company" in given and "customers.name" not in given and (
            "customers.customer_no" not in given and "customers.company_no" in given):
        columns[given["customers.company_no"]] = "customers.customer_no"
    company = given.get("customers.company")
    if company and values[company] and all(ACCOUNT_ID.fullmatch(value) for value in values[company]):
        columns[company] = None if "customers.company_no" in given else "customers.company_no"
    name, last = given.get("customers.name"), given.get("customers.last_name")
    if name and last and values[name] and values[last] and not any(
            part.casefold() in whole.casefold() for part, whole in zip(values[last], values[name], strict=False)):
        columns[name] = None  # `Lead name` may head a person's name, or what the lead is about
    if not any(meaning in WHO for meaning in columns.values()):
        # Numbers alone do not make people: a table of anything else has an id too.
        for header in columns:
            if plain(header) in ("id", "编号"):
                columns[header] = None


def _widened(kind: str, before: str) -> str:
    """Products told by a person in a file of orders make it a file of lines, as they did."""
    return "order_lines" if kind == "products" and before in ("orders", "order_lines") else kind


def _whose_amount(columns: dict[str, str | None], headers: Sequence[str], sample: Sequence[dict]) -> None:
    """In a file of lines an amount is the line's where it is quantity × unit price, or where there is no price."""
    if "order_lines.amount" in columns.values():
        return
    amounts = {plain(header) for header in [*HEADERS["orders"]["amount"], "amount"]}
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
