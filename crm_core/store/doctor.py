"""Look for what the checks of a batch should have refused, in the whole book."""

from crm_core.store.database import Store
from crm_core.tables import RULES, TABLES


def find_problems(store: Store, tables=tuple(TABLES), only: tuple[str, ...] = ()) -> list[tuple[str, dict]]:
    """What is wrong in the book, or in some tables: (problem, facts), worst kinds first; `only` these problems."""
    problems = []
    with store.cursor() as cursor:

        def count(problem: str, sql: str, parameters=None, **facts) -> None:
            if only and problem not in only:
                return
            rows = cursor.execute(sql, parameters).fetchone()[0]
            if rows:
                problems.append((problem, {"rows": rows, **facts}))

        for name in tables:
            table = TABLES[name]
            count(
                "id_twice", f"SELECT count(*) FROM (SELECT id FROM {name} GROUP BY id HAVING count(*) > 1)", table=name
            )
            count(
                "next_id",
                f"SELECT count(*) FROM next_ids WHERE table_name = '{name}' "
                f"AND next_id <= (SELECT max(id) FROM {name})",
                table=name,
            )
            for key in table.keys:
                listed = ", ".join(key)
                present = " AND ".join(f"{column} IS NOT NULL" for column in key)
                count(
                    "key_twice",
                    f"SELECT count(*) FROM (SELECT {listed} FROM {name} WHERE deleted_at IS NULL "
                    f"AND {present} GROUP BY {listed} HAVING count(*) > 1)",
                    table=name,
                    column=listed,
                )
            for column in table.columns:
                if column.refers_to:
                    # A reference to a row that is marked as deleted stands: the row is there and can be restored.
                    count(
                        "orphans",
                        f"SELECT count(*) FROM {name} WHERE {column.name} IS NOT NULL AND NOT EXISTS "
                        f"(SELECT 1 FROM {column.refers_to} p WHERE p.id = {name}.{column.name})",
                        table=name,
                        column=column.name,
                        parent=column.refers_to,
                    )
                if column.rule:
                    rule = RULES[column.rule].replace("{}", column.name)
                    count(
                        "broken_rule",
                        f"SELECT count(*) FROM {name} WHERE NOT ({rule})",
                        {"at": store.clock()} if "$at" in rule else None,
                        table=name,
                        rule=column.name,
                    )
            for rule, condition in table.rules:
                count("broken_rule", f"SELECT count(*) FROM {name} WHERE NOT ({condition})", table=name, rule=rule)
        count(
            "amounts",
            """
            SELECT count(*) FROM orders o JOIN (
                SELECT order_id, sum(amount) AS amount FROM order_lines WHERE deleted_at IS NULL GROUP BY order_id) l
            ON l.order_id = o.id WHERE o.deleted_at IS NULL AND o.amount <> l.amount""",
        )
    return problems
