"""Duplicates among fielded records: people, businesses, anything in several columns."""

import numpy as np
import pandas as pd

from crm_core.cleaning.duplicates import blocking, clusters, columns
from crm_core.cleaning.duplicates.answers import FORM, Duplicates, Part
from crm_core.cleaning.duplicates.comparing import Desk, workbench
from crm_core.cleaning.duplicates.comparisons import comparisons
from crm_core.cleaning.duplicates.preparing import Plan, dates_day_first, plan, prepare
from crm_core.cleaning.duplicates.records import ids_of, with_columns
from crm_core.cleaning.duplicates.weights import Seen, Weights, against, best_threshold, bits_of, learn, probability

RANDOM_PAIRS = 400_000
MOST_COPIES = 60  # records alike in every column, of which all pairs are told; of more, each with the first
LARGEST_COMPONENT = 80  # records held together by sure pairs, of which every pair is looked at
REVIEWED_BITS = 30.0
LEAST_SHOWN = 0.01  # the lowest probability of a pair that is told


def find_duplicates(records, meanings=None, other=None, reviews=None, seed=0, progress=None) -> Duplicates:
    """Which records are the same. See the package's docstring; raises NoIdColumn, IdsNotUnique, TooFewRecords,
    NothingToCompare, UnknownMeaning, Cancelled (from `progress`, a function of the share done)."""
    tell = progress or (lambda share: None)
    ids = ids_of(records, other)
    found = columns.checked(records, meanings, other)
    if text_like(found):
        from crm_core.cleaning.duplicates import texts

        wordy = {column: meaning for column, meaning in found.items() if meaning != "ignore"}
        return texts.match_texts(records, wordy, other=other, reviews=reviews, seed=seed, progress=progress)
    sources = [column for column, meaning in found.items() if meaning != "ignore"]
    both = [frame for frame in (records, other) if frame is not None]
    made = plan(found, dates_day_first(columns.as_texts(records), found))
    tell(0.02)
    api = workbench()
    try:
        for side, frame in enumerate(both):
            prepare(api.duckdb_con, made, with_columns(frame, sources), "prepared", side * len(records), side)
        tell(0.15)
        return Run(api, made, ids, other is not None, found, seed, tell).all(reviews, len(records))
    finally:
        api.duckdb_con.close()


NAMED = ("title", "company", "name")
TEXT_LIKE = (*NAMED, "text")


def text_like(found: dict[str, str]) -> bool:
    """Whether the weight lies in one name or long text: a description, or a name with nothing telling beside it."""
    kinds = {meaning for meaning in found.values() if meaning != "ignore"}
    if "text" in kinds and not kinds & {"email", "phone", "birth_date", "given_name", "surname"}:
        return True
    return bool(kinds & set(NAMED)) and not kinds - {*TEXT_LIKE, "set", "number", "country", "sex"}


class Run:
    """One search for duplicates on Splink's desk."""

    def __init__(self, api, made: Plan, ids, two: bool, found: dict, seed: int, tell):
        self.api, self.plan, self.ids, self.two, self.found, self.seed, self.tell = (
            api,
            made,
            ids,
            two,
            found,
            seed,
            tell,
        )
        self.connection = api.duckdb_con
        self.notes: list = []
        self.first_of = np.arange(len(ids))  # of large groups of copies, which hang on their first one alone
        self.compared = comparisons(made)
        self.desk = Desk(api, "looked_at", self.compared, two)

    def all(self, reviews, first_rows: int) -> Duplicates:
        rarity = self.desk.rare_values("prepared")
        rows = self.copies_apart()
        sides = [
            count
            for _, count in self.connection.execute(
                "SELECT side, count(*) FROM looked_at GROUP BY side ORDER BY side"
            ).fetchall()
        ]
        every = sides[0] * sides[1] if self.two and len(sides) == 2 else rows * (rows - 1) // 2
        self.rules = []
        if every > blocking.ALL_PAIRS:
            blocking.rare_words(self.connection, self.plan, "looked_at")
            self.rules = blocking.rules(self.connection, self.plan, "looked_at", rows, self.two)
            alone = blocking.add_keys(self.connection, "looked_at", self.rules, self.two) if self.rules else rows
            if alone:
                self.notes.append(("duplicates_found.note_unkeyed", {"records": int(alone)}))
        self.tell(0.2)
        if every and (self.rules or every <= blocking.ALL_PAIRS):
            self.desk.by_keys(len(self.rules), "pairs")
        else:
            self.desk.given(np.array([], np.int64), np.array([], np.int64), "pairs")
        self.tell(0.5)
        codes, counts = self.desk.counted("pairs")
        compared = int(counts.sum())
        weights = self.learned(codes, counts, max(every, 1), rows, max(sides) if self.two else None)
        self.tell(0.65)
        model = self.model(weights, rarity)
        pairs = self.desk.scored("pairs", weights, rarity)
        pairs = self.with_copies(pairs, weights, rarity)
        self.tell(0.8)
        pairs, shift = self.reviewed(pairs, reviews)
        model |= {"prior": weights.prior_bits + shift, "shift": shift}
        threshold = best_threshold(probability(pairs.weight.to_numpy()))
        pairs, cluster = self.closed(pairs, threshold, weights, rarity, shift)
        model["threshold"] = threshold
        self.tell(1.0)
        return self.answer(pairs, cluster, threshold, model, compared)

    # --- steps --------------------------------------------------------------------------------------

    def copies_apart(self) -> int:
        """Records that are alike in every column are looked at once. How many are left to look at."""
        told = ", ".join(name for name, _ in self.plan.basic)
        self.connection.execute(
            f"CREATE TABLE copies AS SELECT unique_id, first FROM (SELECT unique_id, min(unique_id) OVER "
            f"(PARTITION BY side, {told}) AS first FROM prepared) WHERE first <> unique_id"
        )
        self.connection.execute(
            "CREATE TABLE looked_at AS SELECT * FROM prepared ANTI JOIN copies USING (unique_id) ORDER BY unique_id"
        )
        self.connection.execute("DROP TABLE prepared")
        return self.connection.execute("SELECT count(*) FROM looked_at").fetchone()[0]

    def learned(self, codes, counts, every: int, rows: int, most: float | None) -> Weights:
        if every <= blocking.ALL_PAIRS:
            random = counts.copy()
        else:
            left, right = self.drawn()
            self.desk.given(left, right, "drawn")
            random_codes, random_counts = self.desk.counted("drawn")
            both = np.union1d(codes, random_codes)
            spread = np.zeros((2, len(both)))
            spread[0, np.searchsorted(both, codes)] = counts
            spread[1, np.searchsorted(both, random_codes)] = random_counts
            codes, counts, random = both, spread[0], spread[1]
        # Of two files hardly a record has more than one partner in the other.
        return learn(Seen(self.desk.decoded(codes), counts, random), self.compared, every, rows, most)

    def drawn(self) -> tuple[np.ndarray, np.ndarray]:
        """Pairs drawn at random, each once and in order."""
        draw = np.random.default_rng(self.seed)
        at = self.connection.execute("SELECT unique_id, side FROM looked_at ORDER BY unique_id").fetchnumpy()
        ids, side = at["unique_id"].astype(np.int64), at["side"]
        left, right = (ids[side == 0], ids[side == 1]) if self.two else (ids, ids)
        a, b = draw.choice(left, RANDOM_PAIRS), draw.choice(right, RANDOM_PAIRS)
        pairs = np.unique(np.stack([np.minimum(a, b), np.maximum(a, b)])[:, a != b], axis=1)
        return pairs[0], pairs[1]

    def with_copies(self, pairs: pd.DataFrame, weights, rarity) -> pd.DataFrame:
        """Records alike in every column, with one another and wherever the first of them is paired."""
        copies = self.connection.execute("SELECT unique_id, first FROM copies ORDER BY first, unique_id").fetchnumpy()
        first, copy = copies["first"].astype(np.int64), copies["unique_id"].astype(np.int64)
        if not len(copy):
            return pairs
        members = pd.DataFrame(
            {"first": np.concatenate([np.unique(first), first]), "row": np.concatenate([np.unique(first), copy])}
        )
        sizes = members.groupby("first").row.transform("size")
        large = int((sizes > MOST_COPIES).sum())
        if large:
            self.notes.append(("duplicates_found.note_copies", {"records": large, "most": MOST_COPIES}))
            crowd = members[sizes > MOST_COPIES]
            self.first_of[crowd.row] = crowd["first"]
        small = members[sizes <= MOST_COPIES]
        # What is true of the first is true of each copy.
        spread = pairs.merge(small.rename(columns={"first": "l", "row": "l_row"}), on="l", how="left").merge(
            small.rename(columns={"first": "r", "row": "r_row"}), on="r", how="left"
        )
        spread["l"], spread["r"] = (spread[f"{end}_row"].fillna(spread[end]).astype(np.int64) for end in "lr")
        spread = spread[["l", "r", "weight", "levels"]]
        if self.two:
            return spread
        firsts = np.unique(first)
        # Splink compares no record with itself: the copies are put beside their first under numbers of their own.
        alike = self.with_itself(firsts, weights, rarity)
        own = pd.concat(
            [
                small.merge(small, on="first", suffixes=("_l", "_r")).query("row_l < row_r"),
                members[(sizes > MOST_COPIES) & (members.row != members["first"])].assign(
                    row_l=lambda frame: frame["first"], row_r=lambda frame: frame.row
                ),
            ]
        )
        own = own.merge(alike, on="first")[["row_l", "row_r", "weight", "levels"]]
        return pd.concat([spread, own.set_axis(["l", "r", "weight", "levels"], axis=1)], ignore_index=True)

    def with_itself(self, firsts: np.ndarray, weights, rarity) -> pd.DataFrame:
        offset = len(self.ids)
        listed = ", ".join(map(str, firsts.tolist()))
        self.connection.execute(
            f"CREATE OR REPLACE TABLE twins AS SELECT * FROM looked_at WHERE unique_id IN ({listed}) "
            f"UNION ALL SELECT * REPLACE (unique_id + {offset} AS unique_id) FROM looked_at "
            f"WHERE unique_id IN ({listed})"
        )
        desk = Desk(self.api, "twins", self.compared, False)
        desk.given(firsts, firsts + offset, "twin_pairs")
        alike = desk.scored("twin_pairs", weights, rarity)
        return alike.rename(columns={"l": "first"})[["first", "weight", "levels"]]

    def reviewed(self, pairs: pd.DataFrame, reviews) -> tuple[pd.DataFrame, float]:
        """People's decisions stand, and move all other pairs by what they say about the odds."""
        if reviews is None or not len(reviews):
            return pairs, 0.0
        row = pd.Series(np.arange(len(self.ids)), index=self.ids)
        told = pd.DataFrame(
            {
                "a": row.reindex(reviews["id_a"]).to_numpy(),
                "b": row.reindex(reviews["id_b"]).to_numpy(),
                "same": reviews["same"].to_numpy(bool),
            }
        ).dropna()
        told["l"], told["r"] = (
            told[["a", "b"]].min(axis=1).astype(np.int64),
            told[["a", "b"]].max(axis=1).astype(np.int64),
        )
        told = told.drop_duplicates(["l", "r"], keep="last")[["l", "r", "same"]]
        pairs = pairs.merge(told, on=["l", "r"], how="outer")
        known = pairs.same.notna() & pairs.weight.notna()
        shift = shifted(pairs.weight[known].to_numpy(), pairs.same[known].to_numpy(bool))
        pairs["weight"] = pairs.weight.fillna(0.0) + shift
        pairs["levels"] = pairs.levels.fillna("")
        decided = pairs.same.notna()
        wanted = np.where(pairs.same[decided].to_numpy(bool), REVIEWED_BITS, -REVIEWED_BITS)
        by = np.round(wanted - pairs.weight[decided].to_numpy(), 3)
        pairs.loc[decided, "levels"] = with_part(
            pairs.levels[decided], "review", np.where(wanted > 0, "same", "different"), by
        )
        pairs.loc[decided, "weight"] += by
        return pairs.drop(columns="same"), shift

    def closed(self, pairs: pd.DataFrame, threshold: float, weights, rarity, shift: float):
        """Pairs after what their partners say, and the cluster of each row."""
        least = bits_of(threshold)
        nodes = len(self.ids)
        if self.two:
            pairs = one_to_one(pairs, least)
            sure = pairs.weight.to_numpy() >= least
            return pairs, clusters.components(pairs.l[sure].to_numpy(), pairs.r[sure].to_numpy(), nodes)
        copied = self.first_of[pairs.l] == self.first_of[pairs.r]
        copies, pairs = pairs[copied], pairs[~copied]
        pairs = self.filled(pairs, least, weights, rarity, shift)
        over = pairs.weight.to_numpy() - least
        crowds: list[int] = []
        cluster, after = clusters.close(pairs.l.to_numpy(), pairs.r.to_numpy(), over, nodes, crowds=crowds)
        if crowds:
            self.notes.append(("duplicates_found.note_crowd", {"records": sum(crowds)}))
        moved = np.flatnonzero((after >= 0) != (over >= 0))
        by = np.round(after[moved] - over[moved], 3) + np.where(after[moved] >= 0, 0.001, -0.001)
        pairs = pairs.reset_index(drop=True)
        pairs.loc[moved, "levels"] = with_part(
            pairs.levels[moved], "partners", np.where(by > 0, "held", "contradicted"), by
        )
        pairs.loc[moved, "weight"] += by
        held = copies[copies.weight >= least]
        cluster[held.r] = cluster[held.l]
        return pd.concat([pairs, copies], ignore_index=True), cluster

    def filled(self, pairs: pd.DataFrame, least: float, weights, rarity, shift: float) -> pd.DataFrame:
        """Beside the pairs that share a key, those that sure pairs hold together."""
        sure = pairs[pairs.weight >= least]
        of = clusters.components(sure.l.to_numpy(), sure.r.to_numpy(), len(self.ids))
        sizes = np.bincount(of)
        rows = np.flatnonzero((sizes[of] > 2) & (sizes[of] <= LARGEST_COMPONENT))
        held = pd.DataFrame({"row": rows, "of": of[rows]})
        every = held.merge(held, on="of", suffixes=("_l", "_r")).query("row_l < row_r")
        missing = every.merge(
            pairs[["l", "r"]], left_on=["row_l", "row_r"], right_on=["l", "r"], how="left", indicator=True
        ).query("_merge == 'left_only'")
        copies = self.connection.execute("SELECT unique_id FROM copies").fetchnumpy()["unique_id"]
        missing = missing[~missing.row_l.isin(copies) & ~missing.row_r.isin(copies)]
        if not len(missing):
            return pairs
        self.desk.given(missing.row_l.to_numpy(np.int64), missing.row_r.to_numpy(np.int64), "held_pairs")
        more = self.desk.scored("held_pairs", weights, rarity, floor=-200.0)
        more["weight"] += shift
        return pd.concat([pairs, more], ignore_index=True)

    # --- the answer ---------------------------------------------------------------------------------

    def model(self, weights: Weights, rarity: dict) -> dict:
        return {
            "form": FORM,
            "method": "fields" if weights.learned else "rules",
            "plan": self.plan.as_json(),
            "meanings": self.found,
            "two": self.two,
            "prior": weights.prior_bits,
            "same": weights.same,
            "lookalikes": weights.lookalikes,
            "rules": [[key.name for key in rule] for rule in self.rules],
            "rarity": rarity,
            "comparisons": [
                {
                    "name": comparison.name,
                    "columns": list(comparison.columns),
                    "alike": [kind for kind in comparison.alike if kind in weights.alike],
                    "levels": [
                        {"name": level.name, "m": float(m), "u": float(u), "weight": float(np.log2(m / u))}
                        for level, m, u in zip(comparison.levels, ms, us, strict=True)
                    ],
                }
                for comparison, ms, us in zip(self.compared, weights.m, weights.u, strict=True)
            ],
        }

    def answer(self, pairs, cluster, threshold: float, model: dict, compared: int) -> Duplicates:
        shown = pairs[probability(pairs.weight.to_numpy()) >= min(LEAST_SHOWN, threshold)]
        table = pd.DataFrame(
            {
                "id_a": self.ids[shown.l.to_numpy()],
                "id_b": self.ids[shown.r.to_numpy()],
                "weight": shown.weight.to_numpy(),
                "probability": probability(shown.weight.to_numpy()),
                "levels": shown.levels.to_numpy(),
            }
        )
        table = table.sort_values(["weight", "id_a", "id_b"], ascending=[False, True, True], ignore_index=True)
        sizes = np.bincount(cluster)
        rows = np.flatnonzero(sizes[cluster] > 1)
        members = pd.DataFrame({"id": self.ids[rows], "of": cluster[rows]})
        # Ids of two files may be of two kinds: there the first one stands for the cluster.
        members["cluster"] = members.groupby("of").id.transform("first" if self.two else "min")
        return Duplicates(
            table, threshold, members[["id", "cluster"]].reset_index(drop=True), model, compared, tuple(self.notes)
        )


def with_part(levels: pd.Series, comparison: str, level, by) -> np.ndarray:
    return np.array(
        [
            f"{text}{';' if text else ''}{comparison}={name}:{weight:.3f}"
            for text, name, weight in zip(levels, level, by, strict=True)
        ],
        dtype=object,
    )


def shifted(weights: np.ndarray, same: np.ndarray) -> float:
    """By how many bits all odds move so that people's decisions are likeliest; three bits are thought much."""
    if not len(weights):
        return 0.0
    grid = np.arange(-10, 10.01, 0.05)
    odds = np.clip(weights[None, :] + grid[:, None], -200, 200) * np.log(2)
    fit = np.where(same[None, :], -np.logaddexp(0, -odds), -np.logaddexp(0, odds)).sum(axis=1) - (grid / 3) ** 2 / 2
    return float(round(grid[np.argmax(fit)], 3))


def one_to_one(pairs: pd.DataFrame, least: float) -> pd.DataFrame:
    """Where hardly a record has two sure partners in the other file, each keeps its best one."""
    sure = pairs[pairs.weight >= least].sort_values(["weight", "l", "r"], ascending=[False, True, True])
    crowded = (sure.l.duplicated(keep=False) | sure.r.duplicated(keep=False)).mean() if len(sure) else 0.0
    if not 0 < crowded < 0.3:
        return pairs
    left, right, lost = set(), set(), []
    for place, one, other in zip(sure.index, sure.l, sure.r, strict=True):
        if one in left or other in right:
            lost.append(place)
        else:
            left.add(one)
            right.add(other)
    pairs = pairs.copy()
    by = np.round(least - pairs.weight[lost].to_numpy() - 1, 3)
    pairs.loc[lost, "levels"] = with_part(pairs.levels[lost], "partners", ["contradicted"] * len(lost), by)
    pairs.loc[lost, "weight"] += by
    return pairs


# --- explaining -------------------------------------------------------------------------------------


def explain(model: dict, levels: str) -> list[Part]:
    """The parts of a pair's weight, from the `levels` of the pair. Their sum and model["prior"] are its weight."""
    told = dict(item.split("=", 1) for item in levels.split(";") if item)
    parts, bits = [], []
    for comparison in model["comparisons"]:
        name, _, rare = told.pop(comparison["name"], "missing").partition(":")
        bits.append(next((level["weight"] for level in comparison["levels"] if level["name"] == name), 0.0))
        parts.append(Part(comparison["name"], tuple(comparison["columns"]), name, bits[-1] + float(rare or 0)))
    alike = {
        kind: np.array([kind in comparison["alike"] for comparison in model["comparisons"]])
        for kind in model["lookalikes"]
    }
    if levels and alike:
        weight, ratios = against(np.array([bits]), alike, model["lookalikes"])
        likelier = max(zip(ratios, alike, strict=True))[1]
        parts.append(Part("lookalike", (), likelier, float(weight[0])))
    for name, value in told.items():
        level, _, weight = value.partition(":")
        parts.append(Part(name, (), level, float(weight or 0)))
    return parts
