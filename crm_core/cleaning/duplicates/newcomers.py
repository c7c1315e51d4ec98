"""New records against the ones already there, with a model that was kept: nothing is learned again.

model + new: 9 | "Wong, Ada" | ADA@shop.example   →   id_new 9 | id 1 | weight 14.2 | probability .9999
"""

import numpy as np
import pandas as pd

from crm_core.cleaning.duplicates import blocking
from crm_core.cleaning.duplicates.answers import checked_form
from crm_core.cleaning.duplicates.comparing import Desk, workbench
from crm_core.cleaning.duplicates.comparisons import comparisons
from crm_core.cleaning.duplicates.preparing import Plan, prepare, worded
from crm_core.cleaning.duplicates.records import ids_of, with_columns
from crm_core.cleaning.duplicates.weights import Weights, probability

ASKED_FOR = 60_000_000  # pairs of every new record with every known one are looked at up to here where no keys are kept


class Known:
    """Records prepared once, so that many new ones can be held against them. Raises ModelOfAnotherRelease."""

    def __init__(self, model: dict, records):
        checked_form(model)
        self.model, self.ids = model, ids_of(records, None, fewest=1)
        self.plan = Plan.from_json(model["plan"])
        self.api = workbench()
        self.connection = self.api.duckdb_con
        prepare(self.connection, self.plan, with_columns(records, self.plan.sources), "known")
        self.rules = [
            tuple(key for name in rule for key in blocking.keys(self.plan) if key.name == name)
            for rule in model["rules"]
        ]
        for number, rule in enumerate(self.keyed()):
            self.connection.execute(
                f"CREATE TABLE known_key_{number} AS SELECT {blocking.joined_sql(rule)} AS key, unique_id "
                "FROM known WHERE key IS NOT NULL ORDER BY key"
            )
        for name in worded(self.plan):
            self.connection.execute(
                f"CREATE TABLE known_{name} AS SELECT word, unique_id "
                f"FROM (SELECT unnest({name}_words) AS word, unique_id "
                f"FROM known) QUALIFY count(*) OVER (PARTITION BY word) <= {blocking.LARGEST_BLOCK} ORDER BY word"
            )
        for column in model["rarity"]:
            self.connection.execute(
                f"CREATE TABLE known_often_{column} AS SELECT {column} AS value, count(*) AS n FROM known "
                f"WHERE {column} IS NOT NULL GROUP BY {column}"
            )

    def renew(self, records, gone=()) -> None:
        """Put records that are new or changed in the place of what was known of them, and forget those that are gone.

        How often each value stands is left as it was: a few records do not make a value rarer.
        """
        ids = ids_of(records, None, fewest=0)
        left = np.flatnonzero(np.isin(self.ids, np.concatenate([ids, np.asarray(gone, dtype=self.ids.dtype)])))
        self.connection.register("rows_left", pd.DataFrame({"unique_id": left}))
        tables = ["known", *(f"known_key_{number}" for number in range(len(self.keyed())))]
        tables += [f"known_{name}" for name in worded(self.plan)]
        for table in tables:
            self.connection.execute(f"DELETE FROM {table} WHERE unique_id IN (SELECT unique_id FROM rows_left)")
        self.connection.unregister("rows_left")
        first = len(self.ids)
        prepare(self.connection, self.plan, with_columns(records, self.plan.sources), "known", first)
        self.ids = np.concatenate([self.ids, ids])
        for number, rule in enumerate(self.keyed()):
            self.connection.execute(
                f"INSERT INTO known_key_{number} SELECT {blocking.joined_sql(rule)} AS key, unique_id "
                f"FROM known WHERE unique_id >= {first} AND key IS NOT NULL"
            )
        for name in worded(self.plan):
            self.connection.execute(
                f"INSERT INTO known_{name} SELECT unnest({name}_words), unique_id FROM known WHERE unique_id >= {first}"
            )

    def keyed(self) -> list[tuple]:
        """The rules without those by rare words, which have a table of their own."""
        return [rule for rule in self.rules if not any("_rare" in key.name for key in rule)]

    def pairs(self) -> tuple[np.ndarray, np.ndarray]:
        """(number of the new record, number of the known one) of all that share a key."""
        found = []
        if not self.rules:
            asks = self.connection.execute(
                "SELECT (SELECT count(*) FROM known) * (SELECT count(*) FROM fresh)"
            ).fetchone()[0]
            if asks <= ASKED_FOR:
                found.append("SELECT f.unique_id AS l, k.unique_id AS r FROM fresh AS f CROSS JOIN known AS k")
        for number, rule in enumerate(self.keyed()):
            found.append(
                f"SELECT f.unique_id AS l, k.unique_id AS r "
                f"FROM (SELECT unique_id, {blocking.joined_sql(rule)} AS key FROM fresh) "
                f"AS f JOIN known_key_{number} AS k ON k.key = f.key "
                f"QUALIFY count(*) OVER (PARTITION BY f.unique_id) <= {blocking.LARGEST_BLOCK}"
            )
        if self.rules:
            found += [
                f"SELECT f.unique_id AS l, k.unique_id AS r "
                f"FROM (SELECT unique_id, unnest({name}_words) AS word FROM fresh) "
                f"AS f JOIN known_{name} AS k USING (word)"
                for name in worded(self.plan)
            ]
        if not found:
            return np.array([], np.int64), np.array([], np.int64)
        pairs = self.connection.execute(
            f"SELECT DISTINCT l, r FROM ({' UNION ALL '.join(found)}) ORDER BY l, r"
        ).fetchnumpy()
        return pairs["l"].astype(np.int64), pairs["r"].astype(np.int64)

    def close(self) -> None:
        self.api.duckdb_con.close()


def match_new(model: dict, new_records, records, least: float | None = None) -> pd.DataFrame:
    """Pairs of a new record and one of `records` (a frame, or `Known` where it is asked more than once).

    id_new, id, weight, probability, levels: as find_duplicates would say of them; from the probability `least` on, by
    default from the model's threshold. Raises NoIdColumn, IdsNotUnique.
    """
    known = records if isinstance(records, Known) else Known(model, records)
    try:
        return matched(known, model, new_records, model["threshold"] if least is None else least)
    finally:
        if known is not records:
            known.close()


def matched(known: Known, model: dict, new_records, least: float) -> pd.DataFrame:
    connection, plan = known.connection, known.plan
    ids = ids_of(new_records, None, fewest=0)
    connection.execute("DROP TABLE IF EXISTS fresh")
    offset = len(known.ids)
    prepare(connection, plan, with_columns(new_records, plan.sources), "fresh", offset, 1)
    new, old = known.pairs()
    connection.register("found_rows", pd.DataFrame({"unique_id": np.unique(old)}))
    connection.execute(
        "CREATE OR REPLACE TABLE side_by_side AS SELECT * FROM fresh UNION ALL BY NAME "
        "SELECT * FROM known SEMI JOIN found_rows USING (unique_id)"
    )
    connection.unregister("found_rows")
    compared = comparisons(plan)
    desk = Desk(known.api, "side_by_side", compared, True)
    for column in model["rarity"]:
        connection.execute(
            f"CREATE OR REPLACE TABLE rare_{column} AS WITH new AS ("
            f"SELECT {column} AS value, count(*) AS n FROM fresh WHERE {column} IS NOT NULL GROUP BY {column}) "
            f"SELECT value, (new.n + coalesce(k.n, 0)) / ((SELECT coalesce(sum(n), 0) FROM new) "
            f"+ (SELECT coalesce(sum(n), 0) FROM known_often_{column})) AS share "
            f"FROM new LEFT JOIN known_often_{column} AS k USING (value)"
        )
    desk.given(old, new, "asked")
    floor = float(np.log2(least / (1 - least))) - model["shift"] if least > 0 else -200.0
    pairs = desk.scored("asked", Weights.from_model(model), model["rarity"], floor)
    weight = pairs.weight.to_numpy() + model["shift"]
    return pd.DataFrame(
        {
            "id_new": ids[pairs.r.to_numpy() - offset],
            "id": known.ids[pairs.l.to_numpy()],
            "weight": weight,
            "probability": probability(weight),
            "levels": pairs.levels.to_numpy(),
        }
    ).sort_values(["weight", "id_new", "id"], ascending=[False, True, True], ignore_index=True)
