"""Pairs of prepared records compared by Splink on DuckDB, and counted by how alike they are."""

import logging
import warnings
from dataclasses import dataclass

import numpy as np

from crm_core.cleaning.duplicates import blocking
from crm_core.cleaning.duplicates.comparisons import Comparison
from crm_core.cleaning.duplicates.weights import Weights

LIKELY_BITS = -9.0  # pairs below these bits of odds are counted, but not kept
MOST_BITS_OF_RARITY = 8.0


def workbench():
    """Splink's own DuckDB, in memory and apart from the book of record."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from splink import DuckDBAPI
    logging.getLogger("splink").setLevel(logging.ERROR)
    api = DuckDBAPI()
    for setting in (
        "python_enable_replacements",
        "autoinstall_known_extensions",
        "autoload_known_extensions",
        "enable_external_access",
    ):
        api.duckdb_con.execute(f"SET {setting} = false")
    api.duckdb_con.execute("SET enable_progress_bar = false")
    return api


@dataclass
class Desk:
    """Prepared records on Splink's desk, ready to be compared."""

    api: object
    table: str
    comparisons: tuple[Comparison, ...]
    two: bool  # only pairs of one file with the other

    @property
    def connection(self):
        return self.api.duckdb_con

    def by_keys(self, rules: int, name: str) -> None:
        """Table `name` (l, r, code) of all pairs that share a key, joined by Splink; of every pair without keys."""
        from splink import Linker, SettingsCreator

        settings = SettingsCreator(
            link_type="dedupe_only",
            blocking_rules_to_generate_predictions=blocking.splink_rules(rules, self.two),
            comparisons=[comparison.splink(usual(comparison), usual(comparison)) for comparison in self.comparisons],
        )
        linker = Linker(
            self.api.register(self.table, table_name=f"{self.table}_to_pair"),
            settings,
            log_level=None,
            validate_settings=False,
        )
        found = linker.inference.compute_blocked_pairs_for_predict()
        self._compare(f"SELECT join_key_l AS l, join_key_r AS r FROM {found.physical_name}", name)
        linker.table_management.invalidate_cache()
        self.connection.execute(f"DROP TABLE IF EXISTS {found.physical_name}")

    def given(self, left: np.ndarray, right: np.ndarray, name: str) -> None:
        """The same for these pairs; left and right are numbers of rows, left below right."""
        import pyarrow as pa

        self.connection.register("pairs_asked", pa.table({"l": left, "r": right}))
        self._compare("SELECT l, r FROM pairs_asked", name)
        self.connection.unregister("pairs_asked")

    def _compare(self, pairs: str, name: str) -> None:
        code = " + ".join(
            f"CAST({comparison.case()} AS BIGINT) * {base}"
            for comparison, base in zip(self.comparisons, bases(self.comparisons), strict=True)
        )
        used = sorted({column for comparison in self.comparisons for column in comparison.uses()})
        sides = ", ".join(f"{side}.{column} AS {column}_{side}" for column in used for side in "lr")
        measures = "".join(
            f", {sql} AS {measure}" for comparison in self.comparisons for measure, sql in comparison.measures
        )
        self.connection.execute(
            f"CREATE OR REPLACE TABLE {name} AS SELECT p_l AS l, p_r AS r, {code} AS code "
            f"FROM (SELECT *{measures} FROM ("
            f"SELECT p.l AS p_l, p.r AS p_r, {sides} FROM ({pairs}) AS p JOIN {self.table} AS l ON l.unique_id = p.l "
            f"JOIN {self.table} AS r ON r.unique_id = p.r))"
        )

    def counted(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """(codes, how many pairs each)."""
        answer = self.connection.execute(
            f"SELECT code, count(*) AS n FROM {name} GROUP BY code ORDER BY code"
        ).fetchnumpy()
        return answer["code"].astype(np.int64), answer["n"].astype(float)

    def decoded(self, codes: np.ndarray) -> np.ndarray:
        """Codes as levels: patterns × comparisons, 0 the same … the last different, −1 missing."""
        columns = []
        for comparison, base in zip(self.comparisons, bases(self.comparisons), strict=True):
            columns.append((codes // base) % (len(comparison.levels) + 1) - 1)
        return np.column_stack(columns)

    def scored(self, name: str, weights: Weights, rarity: dict, floor: float = LIKELY_BITS):
        """Frame l, r, weight, levels of the pairs in table `name` whose weight may reach the floor.

        `rarity`: a prepared column → the sum of its squared shares, what agreeing by chance costs on average; the
        tables rare_<column> (value, share) say how rare each value is.
        """
        import pandas as pd
        import pyarrow as pa

        codes, _ = self.counted(name)
        if not len(codes):
            return pd.DataFrame({"l": np.array([], np.int64), "r": np.array([], np.int64), "weight": [], "levels": []})
        levels = self.decoded(codes)
        bits = weights.bits(levels)
        total = bits.sum(axis=1) + weights.lookalike_bits(bits) + weights.prior_bits
        room = np.zeros(len(codes))
        for column, comparison in zip(levels.T, self.comparisons, strict=True):
            can = np.array([level.rare is not None for level in comparison.levels] + [False])
            room += np.where(can[column], MOST_BITS_OF_RARITY / 2, 0)
        likely = total + room >= floor
        texts = {
            f"t{place}": pa.array(
                [f"{comparison.name}={level_name(comparison, int(at))}" for at in levels[likely, place]]
            )
            for place, comparison in enumerate(self.comparisons)
        }
        places = {
            f"p{place}": pa.array(levels[likely, place].astype(np.int8)) for place in range(len(self.comparisons))
        }
        self.connection.register(
            "patterns_given", pa.table({"code": codes[likely], "bits": total[likely]} | texts | places)
        )
        joins, terms, shown = [], [], []
        for place, comparison in enumerate(self.comparisons):
            cases = []
            for at, level in enumerate(comparison.levels):
                if level.rare is None or level.rare not in rarity:
                    continue
                share = f"s{place}_{at}"
                joins.append(
                    f"LEFT JOIN rare_{level.rare} AS {share} "
                    f"ON {share}.value = CASE WHEN k.p{place} = {at} THEN a.{level.rare} END"
                )
                cases.append(
                    f"WHEN {share}.share IS NOT NULL THEN round(greatest(-{MOST_BITS_OF_RARITY}, least("
                    f"{MOST_BITS_OF_RARITY}, log2({rarity[level.rare]!r} / {share}.share))), 3)"
                )
            if cases:
                terms.append((f"r{place}", f"coalesce(CASE {' '.join(cases)} END, 0.0)"))
                shown.append(f"t{place} || CASE WHEN r{place} <> 0 THEN ':' || CAST(r{place} AS VARCHAR) ELSE '' END")
            else:
                shown.append(f"t{place}")
        total = " + ".join(["bits", *(name for name, _ in terms)])
        # Step by step, and each worked out once: most pairs are unlikely whatever their values, and of those that are
        # left few reach the floor; only these are told in words.
        frame = self.connection.execute(
            f"WITH likely AS MATERIALIZED (SELECT p.l, p.r, p.code FROM {name} AS p "
            f"SEMI JOIN patterns_given USING (code)), "
            f"rare AS MATERIALIZED (SELECT p.l, p.r, p.code, k.bits"
            f"{''.join(f', {sql} AS {term}' for term, sql in terms)} "
            f"FROM likely AS p JOIN patterns_given AS k USING (code) "
            f"JOIN {self.table} AS a ON a.unique_id = p.l {' '.join(joins)}), "
            f"heavy AS MATERIALIZED (SELECT *, {total} AS weight FROM rare) "
            f"SELECT l, r, weight, {' || chr(59) || '.join(shown)} AS levels "
            f"FROM heavy JOIN (SELECT * EXCLUDE (bits) FROM patterns_given) USING (code) "
            f"WHERE weight >= {floor} ORDER BY l, r"
        ).to_arrow_table()
        self.connection.unregister("patterns_given")
        return pd.DataFrame(
            {
                "l": frame["l"].to_numpy(),
                "r": frame["r"].to_numpy(),
                "weight": frame["weight"].to_numpy(),
                "levels": frame["levels"].to_pandas(),
            }
        )

    def rare_values(self, over: str) -> dict:
        """Tables rare_<column> of how often each value stands in table `over`; the mean share of a chance agreement."""
        wanted = sorted({level.rare for comparison in self.comparisons for level in comparison.levels if level.rare})
        rarity = {}
        for column in wanted:
            self.connection.execute(
                f"CREATE OR REPLACE TABLE rare_{column} AS "
                f"SELECT {column} AS value, count(*) / sum(count(*)) OVER () AS share "
                f"FROM {over} WHERE {column} IS NOT NULL GROUP BY {column}"
            )
            mean = self.connection.execute(f"SELECT sum(share * share) FROM rare_{column}").fetchone()[0]
            if mean:
                rarity[column] = float(mean)
        return rarity


def usual(comparison: Comparison) -> list[float]:
    total = sum(level.usual for level in comparison.levels)
    return [level.usual / total for level in comparison.levels]


def bases(comparisons) -> list[int]:
    found, base = [], 1
    for comparison in comparisons:
        found.append(base)
        base *= len(comparison.levels) + 1
    return found


def level_name(comparison: Comparison, place: int) -> str:
    return "missing" if place < 0 else comparison.levels[place].name
