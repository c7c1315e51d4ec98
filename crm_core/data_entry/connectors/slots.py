"""Which fields of a record and which column of a row speak of the same thing: what is compared and merged."""
from dataclasses import dataclass

from crm_core.data_entry.mapping import Mapping
from crm_core.tables import TABLES, Column

# By this column a row is found again; members of a campaign are found by the campaign and the customer.
KEYS = {"customers": "customer_no", "campaigns": "campaign_no", "opportunities": "opportunity_no",
        "service_requests": "request_no", "communications": "external_no"}
# What only follows from such a field, or is put together from it: compared, and never sent.
FOLLOWS = {"is_closed": "status", "is_won": "status", "won_on": "closes_on", "address_line_2": "address",
           "address_line_3": "address"}
PARTS_OF_NAME = ("first_name", "middle_name", "last_name")


@dataclass(frozen=True)
class Slot:
    """One thing that both sides know."""

    name: str  # the column, or "extra.<field>"
    table: str
    column: Column
    # remote field → its role: "value", "not" (the contrary), "reference", "follows", or a part of a name
    fields: dict[str, str]

    @property
    def sql(self) -> str:
        """The row's own value as a text; the row is called `t`."""
        if self.name.startswith("extra."):
            return f"""json_extract_string(t.extra, '$."{self.name.removeprefix("extra.")}"')"""
        return f"CAST(t.{self.column.name} AS VARCHAR)"


def slots(mapping: Mapping) -> dict[str, Slot]:
    """By name, for the table that the kind is called by."""
    table, found = TABLES[mapping.kind], {}
    own = {column.name: column for column in table.columns}
    for field, meaning in mapping.columns.items():
        if not meaning:
            continue
        of, name = meaning.split(".")
        role = "value"
        if of != table.name:
            # The customer of a request, the campaign of a member: told by a number of theirs.
            name, role = next((column.name for column in table.columns if column.refers_to == of), None), "reference"
        elif name in FOLLOWS and name not in own:
            name, role = FOLLOWS[name], "follows"
        elif name in PARTS_OF_NAME and name not in own:
            name, role = "name", name
        elif name.startswith("no_") and f"consent_{name.removeprefix('no_')}" in own:
            name, role = f"consent_{name.removeprefix('no_')}", "not"
        if name not in own:
            continue
        slot = f"extra.{field}" if name == "extra" else name
        if slot in found:
            found[slot].fields[field] = role
        else:
            found[slot] = Slot(slot, table.name, own[name], {field: role})
    return found


def ours_sql(known: dict[str, Slot]) -> str:
    """SQL for the JSON object of a row's values by slot."""
    return "json_object(" + ", ".join(f"'{name}', {slot.sql}" for name, slot in known.items()) + ")"
