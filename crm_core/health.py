"""How healthy the book's data are: what is known of the customers, and what somebody should look at.

    customers 5000 | with_email 4593 | same_phone 240 | same_phone_id 177
    → Share email 4593 of 5000
    → Check same_phone: 240 of 5000 customers, one of them is 177
"""
from dataclasses import dataclass

import pandas as pd

KNOWN = ("email", "phone", "country", "age", "consent")
REFUSED = ("broken_rule", "orphans")  # what a batch refuses: only another release's rules or other hands can leave it


@dataclass(frozen=True)
class Share:
    """How many customers have something."""

    name: str
    rows: int
    of: int

    @property
    def share(self) -> float:
        return self.rows / self.of if self.of else 0.0


@dataclass(frozen=True)
class Check:
    """One question to the data: rows that should be looked at, among how many, and where to begin."""

    name: str
    rows: int
    of: int
    table: str  # where the rows are
    id: int | None = None  # one of them
    kept: bool = False  # whether it is a sign to look at rather than a fault: a purchase may have no known customer

    @property
    def is_fine(self) -> bool:
        return self.rows == 0


def known(customers: pd.DataFrame) -> list[Share]:
    """What is known of the customers; the one row of health_customers. Nothing where there are none."""
    row = _numbers(customers)
    return [Share(name, row[f"with_{name}"], row["customers"]) for name in KNOWN] if row["customers"] else []


def checks(customers: pd.DataFrame, orders: pd.DataFrame, others: pd.DataFrame, problems=()) -> list[Check]:
    """Every check that the book has rows for, those with something to look at first, the most rows before.

    The frames are the one rows of health_customers, health_orders and health_others; `problems` are the doctor's.
    """
    people, sales, rest = _numbers(customers), _numbers(orders), _numbers(others)
    found: list[Check] = []

    def check(name: str, row: dict, of: str, table: str, **how) -> None:
        if row[of]:
            found.append(Check(name, row[name], row[of], table, row[f"{name}_id"] or None, **how))

    check("same_phone", people, "customers", "customers")
    check("same_name", people, "customers", "customers")
    check("no_customer", sales, "orders", "orders", kept=True)
    if sales["lines"]:  # a book of orders alone misses no lines
        check("no_lines", sales, "orders", "orders")
        check("other_sum", sales, "orders", "orders")
    check("unknown_sender", rest, "communications", "communications", kept=True)
    check("unknown_asker", rest, "service_requests", "service_requests", kept=True)
    check("no_category", rest, "products", "products")
    check("no_price", rest, "products", "products")
    dated = [(people, "customers", "joined_later", "customers"), (sales, "orders", "ordered_later", "orders"),
             (rest, "communications", "said_later", "communications"),
             (rest, "service_requests", "asked_later", "service_requests")]
    of = sum(row[size] for row, size, _, _ in dated)
    if of:
        first = max(dated, key=lambda one: one[0][one[2]])
        found.append(Check("later", sum(row[name] for row, _, name, _ in dated), of, first[3],
                           first[0][f"{first[2]}_id"] or None))
        for name in REFUSED:
            broken = [facts for problem, facts in problems if problem == name]
            worst = max(broken, key=lambda facts: facts["rows"], default={"rows": 0, "table": "customers"})
            found.append(Check(name, sum(facts["rows"] for facts in broken), of, worst["table"]))
    return sorted(found, key=lambda check: (check.is_fine, -check.rows))


def _numbers(frame: pd.DataFrame) -> dict[str, int]:
    return {name: 0 if pd.isna(value) else int(value) for name, value in frame.iloc[0].items()}
