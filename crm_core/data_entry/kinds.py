"""The kinds of file: what a row of each is, what its columns may mean, and what must be there.

A meaning is `table.column`. Beside the columns of the tables there are parts, of which columns are made
(`customers.first_name`), and references, by which a row names a row of another table (`campaigns.campaign_no`).
"""
from dataclasses import dataclass

from crm_core.tables import TABLES, Column


@dataclass(frozen=True)
class Kind:
    tables: tuple[str, ...]  # whose columns a file may hold; the first is what a row is
    needed: tuple[str, ...] = ()  # meanings that must be mapped
    one_of: tuple[str, ...] = ()  # at least one of these must be
    references: tuple[str, ...] = ()  # meanings that name rows of other tables
    number: str | None = None  # the column by which a row is found again


CUSTOMER = tuple(f"customers.{name}" for name in (
    "customer_no", "lead_no", "company_no", "email", "phone", "name", "first_name", "last_name", "company"))
CAMPAIGN = ("campaigns.campaign_no", "campaigns.name")
ANYBODY = ("customers.customer_no", "customers.lead_no", "customers.email", "customers.phone", "customers.name",
           "customers.last_name", "customers.company_no", "customers.company")

KINDS = {
    "order_lines": Kind(
        ("order_lines", "orders", "products", "customers"),
        needed=("orders.order_no", "orders.ordered_at", "order_lines.quantity", "order_lines.unit_price"),
        one_of=("products.product_no", "products.name"), number="orders.order_no"),
    "orders": Kind(
        ("orders", "customers"),
        one_of=("orders.order_no", "customers.customer_no", "customers.email", "customers.name", "customers.last_name"),
        number="orders.order_no"),
    "customers": Kind(
        ("customers",), number="customers.customer_no",
        one_of=("customers.customer_no", "customers.email", "customers.name", "customers.phone", "customers.last_name",
                "customers.first_name", "customers.company")),
    "products": Kind(("products",), one_of=("products.product_no", "products.name"), number="products.product_no"),
    "communications": Kind(
        ("communications",), needed=("communications.occurred_at",),
        one_of=("communications.content", "communications.subject"), references=CUSTOMER + CAMPAIGN,
        number="communications.external_no"),
    "service_requests": Kind(
        ("service_requests",), needed=("service_requests.opened_at",),
        one_of=("service_requests.request_no", "service_requests.subject", "service_requests.content"),
        references=(*CUSTOMER, "orders.order_no"), number="service_requests.request_no"),
    "opportunities": Kind(
        ("opportunities",), one_of=("opportunities.name", "opportunities.opportunity_no", *ANYBODY),
        references=CUSTOMER + CAMPAIGN, number="opportunities.opportunity_no"),
    "relationships": Kind(
        ("relationships",), needed=("relationships.relation",), references=CUSTOMER,
        one_of=("relationships.related_no", "relationships.related_email", "relationships.related_name")),
    "campaigns": Kind(("campaigns",), one_of=("campaigns.name", "campaigns.campaign_no"),
                      number="campaigns.campaign_no"),
    "campaign_members": Kind(("campaign_members",), one_of=CAMPAIGN, references=CUSTOMER + CAMPAIGN),
}

# What a column of a file may be though no table has such a column: parts of ours, or what tells ours.
PARTS = {
    "customers.first_name": Column("first_name", personal=True),
    "customers.middle_name": Column("middle_name", personal=True),
    "customers.last_name": Column("last_name", personal=True),
    "customers.address_line_2": Column("address_line_2", personal=True),
    "customers.address_line_3": Column("address_line_3", personal=True),
    "customers.no_email": Column("no_email", "yes_no"),
    "customers.no_sms": Column("no_sms", "yes_no"),
    "customers.no_phone": Column("no_phone", "yes_no"),
    "customers.lead_no": Column("lead_no"),  # a reference: the number of a lead where that of a contact is empty
    "opportunities.is_won": Column("is_won", "yes_no"),
    "opportunities.is_closed": Column("is_closed", "yes_no"),
    "opportunities.won_on": Column("won_on", "day", rule="day"),
    "service_requests.is_closed": Column("is_closed", "yes_no"),
    "relationships.related_no": Column("related_no"),
    "relationships.related_email": Column("related_email", personal=True),
    "relationships.related_name": Column("related_name", personal=True),
} | {f"{kind.tables[0]}.deleted": Column("deleted", "yes_no") for name, kind in KINDS.items() if name != "order_lines"}

# Found by other ways than from a cell: what the book itself works out.
NOT_FROM_FILES = ("order_lines.description",)
# Told by a file of customers, not by one of orders: there these headers speak of the order.
ONLY_OF_CUSTOMERS = tuple(f"customers.{name}" for name in (
    "joined_on", "note", "source", "age", "company_no", "job_title", "industry", "stage", "owner", "referrer_no",
    "household_no"))


def table_of(kind: str) -> str:
    """The table whose row a row of the file is."""
    return KINDS[kind].tables[0]


def column_of(meaning: str) -> Column:
    if meaning in PARTS:
        return PARTS[meaning]
    table, name = meaning.split(".")
    return TABLES[table].column(name)


def is_reference(kind: str, meaning: str) -> bool:
    """Whether a meaning names a row of another table instead of filling a column."""
    return meaning in KINDS[kind].references or meaning.startswith("relationships.related_")


def own_field(kind: str) -> str:
    """The meaning of a column that no table has."""
    return f"{table_of(kind)}.extra"


def meanings(kind: str) -> list[str]:
    """All meanings a column of this kind of file may be given. The own field may be given to any number of columns."""
    tables, own = KINDS[kind].tables, own_field(kind)
    columns = [f"{name}.{column.name}" for name in tables for column in TABLES[name].typed
               if not column.refers_to and column.type != "fields"]
    parts = [part for part in PARTS if part.split(".")[0] in tables and part != "customers.lead_no"
             and (not part.endswith(".deleted") or part == f"{tables[0]}.deleted")]
    left_out = {*NOT_FROM_FILES, *(("orders.amount",) if kind == "order_lines" else ())}
    return [meaning for meaning in dict.fromkeys([*columns, *parts, *KINDS[kind].references, own])
            if meaning not in left_out]


def needed(kind: str) -> list[str]:
    """The meanings that must be mapped. Beside them one of `one_of(kind)` must be."""
    return list(KINDS[kind].needed)


def one_of(kind: str) -> list[str]:
    """The meanings of which at least one must be mapped."""
    return list(KINDS[kind].one_of)


def kind_of(given) -> str | None:
    """The kind of file that columns with these meanings make; None where there are none."""
    tables = {meaning.split(".")[0] for meaning in given if meaning}
    for kind in ("campaign_members", "relationships", "communications", "service_requests", "opportunities"):
        if kind in tables:
            return kind
    if "order_lines" in tables or ("products" in tables and len(tables) > 1):
        return "order_lines"
    for kind in ("products", "orders", "campaigns"):
        if kind in tables:
            return kind
    return "customers" if tables else None


def missing(kind: str, mapped) -> list[str]:
    """The meanings without which a file of this kind cannot be taken; of `one_of` the first stands for all."""
    mapped = set(mapped)
    lacking = [meaning for meaning in needed(kind) if meaning not in mapped]
    if "order_lines.amount" in mapped and "order_lines.unit_price" in lacking:
        lacking.remove("order_lines.unit_price")  # amount divided by quantity
    if kind == "orders":
        # An order needs a time; an amount alone (a file of payments) completes orders that are in the book.
        if "orders.order_no" in mapped:
            if not mapped & {"orders.ordered_at", "orders.amount"}:
                lacking.append("orders.ordered_at")
        else:
            lacking += [meaning for meaning in ("orders.ordered_at", "orders.amount") if meaning not in mapped]
    if kind in ("relationships", "campaign_members") and not mapped & set(ANYBODY):
        lacking.append(ANYBODY[0])
    if not lacking and not mapped & set(one_of(kind)):
        lacking = one_of(kind)[:1]
    return lacking
