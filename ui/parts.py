"""The tables kept by hand: which columns a list shows, how a row is called, by what a list can be ordered.

Everything else (fields, rules, choices, references) is in crm_core/tables.py.
"""
from dataclasses import dataclass

from crm_core.tables import TABLES, Table


@dataclass(frozen=True)
class Part:
    name: str  # of the table, and of queries/find_<name>.sql
    listed: tuple[str, ...]  # the columns of the query that a list shows
    called: tuple[str, ...]  # a row is called by the first of these that it has …
    beside: tuple[str, ...] = ()  # … and, where several may have one name, by these too
    sorts: tuple[str, ...] = ("newest", "oldest")

    @property
    def table(self) -> Table:
        return TABLES[self.name]

    @property
    def filters(self) -> dict[str, tuple[str, ...]]:
        """The columns with a few known values, and these values."""
        return {column.name: column.choices for column in self.table.columns if column.choices}

    def label(self, column: str, say) -> str:
        """The words of a listed column; `customer` stands for the name behind customer_id."""
        names = {known.name for known in self.table.columns}
        return say(f"column.{self.name}.{column if column in names else f'{column}_id'}")


PARTS = {part.name: part for part in (
    Part("customers", ("customer_no", "name", "email", "phone", "city", "country", "company"),
         ("name", "customer_no", "email", "phone"), ("email", "city"), ("newest", "oldest", "name", "city")),
    Part("communications", ("occurred_at", "customer", "channel", "direction", "subject", "content"),
         ("subject", "content")),
    Part("orders", ("order_no", "ordered_at", "customer", "status", "channel", "country", "amount", "currency"),
         ("order_no",), ("ordered_at", "customer"), ("newest", "oldest", "amount")),
    Part("products", ("product_no", "name", "category", "price", "cost"),
         ("name", "product_no"), ("product_no", "price"), ("newest", "oldest", "name", "category", "price")),
    Part("service_requests",
         ("request_no", "opened_at", "customer", "status", "priority", "category", "subject", "owner"),
         ("subject", "request_no", "category", "content")),
    Part("opportunities",
         ("name", "customer", "status", "stage", "amount", "currency", "probability", "closes_on", "owner"),
         ("name",), ("customer",), ("newest", "oldest", "amount", "closes_on")),
    Part("relationships", ("customer", "relation", "related", "since", "note"), ("relation",)),
    Part("campaigns", ("campaign_no", "name", "channel", "starts_on", "status"), ("name",), ("starts_on",)),
)}
BY_HAND = ("customers", "communications", "orders", "products", "service_requests", "opportunities", "relationships")
MERGEABLE = ("customers", "products")


def merging(table: str, ids) -> dict[str, str]:
    """The address of the form that merges records, as `query_params`: ?part=merged&merge=customers:17,4"""
    return {"part": "merged", "merge": f"{table}:{','.join(str(int(row_id)) for row_id in ids)}"}
