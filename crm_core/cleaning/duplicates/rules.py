"""Plain rules by which two records are taken to be the same: same phone and like name, same name and birth date …

    id | name       | phone                       id_a | id_b | weight | probability | levels
     1 | Ada Wong   | 0171 5550101                   1 |    2 |    3.2 |         .9  | rules=same_phone_like_name
     2 | Wong, Ada  | +49 171 5550101     →
     3 | Bo Li      | +49 171 5550101

A rule has a key (records with the same key are compared) and may ask for more of the pair. `ask` is an open batch or
look: execute(sql, **parameters); `relation` is whatever it can read with `id` and the columns.
"""
import math
from dataclasses import dataclass

import pandas as pd

from crm_core.cleaning.duplicates.answers import Duplicates, Part

MOST_ALIKE = 40  # a phone that more records share is a switchboard or a stand-in, and says nothing of any two
MOST_PAIRS = 1_000_000  # of one search
DOUBT = 0.1  # of a pair that meets one rule; each rule more leaves a third of the doubt
RULES_SAY_SO = 0.5  # whoever states a rule takes its pairs to be the same

# What is compared in the columns: letters and digits without case, accents and signs; of a name its words in order.
PLAIN = r"nullif(regexp_replace(lower(strip_accents({})), '[^\pL\pN]+', '', 'g'), '')"
WORDS = (r"nullif(array_to_string(list_sort(string_split(trim(regexp_replace(lower(strip_accents({})), "
         r"'[^\pL\pN]+', ' ', 'g')), ' ')), ' '), '')")
# The surname: before a comma, the first sign of a Chinese name, else the last word.
SURNAME = (r"CASE WHEN name LIKE '%,%' THEN split_part(name, ',', 1) "
           r"WHEN regexp_matches(name, '^\p{Han}') THEN left(name, 1) ELSE split_part(trim(name), ' ', -1) END")
# Ada.Wong+news@ is adawong@: dots and what follows a plus do not make another mailbox.
MAILBOX = r"nullif(regexp_replace(split_part(email_key(email), '@', 1), '\+.*$|\.', '', 'g'), '')"
LIKE_NAME = "jaro_winkler_similarity(a.words, b.words) >= 0.9"


@dataclass(frozen=True)
class Rule:
    name: str
    columns: tuple[str, ...]  # that it needs
    key: str  # SQL of a row: rows with the same one are compared; rows without are not
    alike: str = "true"  # SQL of a pair a, b, each with `words` (of its name) and the columns


def _rule(name: str, columns: str, *keys: str, alike: str = "true") -> Rule:
    return Rule(name, tuple(columns.split()), " || '|' || ".join(f"({key})" for key in keys), alike)


PHONE = "CASE WHEN length(phone_key(phone)) >= 7 THEN phone_key(phone) END"
NAME = WORDS.format("name")
RULES = {
    "customers": (
        _rule("same_email", "email", MAILBOX, "split_part(email_key(email), '@', 2)"),
        _rule("same_mailbox_like_name", "email name", f"CASE WHEN length({MAILBOX}) >= 5 THEN {MAILBOX} END",
              alike=LIKE_NAME),
        _rule("same_phone", "phone", PHONE),
        _rule("same_phone_like_name", "phone name", PHONE, alike=LIKE_NAME),
        _rule("same_name_birth_date", "name birth_date", NAME, "CAST(birth_date AS VARCHAR)"),
        _rule("same_birth_date_like_name", "name birth_date", "CAST(birth_date AS VARCHAR)",
              PLAIN.format(f"left({SURNAME}, 1)"), alike=LIKE_NAME),
        _rule("same_name_place", "name postal_code city", NAME, PLAIN.format("coalesce(postal_code, city)")),
        _rule("same_address_surname", "name address city", PLAIN.format("address"), PLAIN.format(SURNAME),
              f"coalesce({PLAIN.format('city')}, '')"),
        _rule("same_name_company", "name company", NAME, PLAIN.format("company")),
    ),
    "products": (
        _rule("same_name", "name", NAME),
        _rule("same_name_price", "name price", NAME, "CAST(price AS VARCHAR)"),
        _rule("same_price_like_name", "name price category", "CAST(price AS VARCHAR)",
              f"coalesce({PLAIN.format('category')}, '')", alike=LIKE_NAME),
        _rule("same_number", "product_no", r"nullif(regexp_replace(lower(product_no), '^0+|[^\pL\pN]+', '', 'g'), '')"),
    ),
}


def named(table: str, names) -> list[Rule]:
    return [rule for rule in RULES[table] if rule.name in set(names)]


def count(ask, table: str, relation: str) -> dict[str, int]:
    """How many pairs each rule of a table finds."""
    return {rule.name: ask.execute(f"SELECT count(*) FROM ({_pairs(rule, relation)})").fetchone()[0]
            for rule in RULES[table]}


def find_by_rules(ask, table: str, relation: str, names, progress=None, news: str | None = None) -> Duplicates:
    """The pairs that meet at least one of the rules named; each with the rules that it meets.

    With `news`, a table of ids, only the pairs of these records with all others.
    """
    rules, notes, parts = named(table, names), [], []
    for place, rule in enumerate(rules):
        if progress:
            progress(place / len(rules))
        groups, records = ask.execute(
            f"SELECT count(*), coalesce(sum(n), 0) FROM (SELECT count(*) AS n FROM ({_keyed(rule, relation)}) "
            f"WHERE key IS NOT NULL GROUP BY key HAVING count(*) > {MOST_ALIKE})").fetchone()
        if groups:
            notes.append(("matching.note.rule_too_wide", {
                "rule": rule.name, "groups": int(groups), "records": int(records), "most": MOST_ALIKE}))
        parts.append(f"SELECT id_a, id_b, {place} AS place FROM ({_pairs(rule, relation)})" + (
            f" WHERE id_a IN (SELECT id FROM {news}) OR id_b IN (SELECT id FROM {news})" if news else ""))
    found = ask.execute(
        "SELECT id_a, id_b, count(*) AS rules, string_agg(CAST(place AS VARCHAR), ' ' ORDER BY place) AS places FROM ("
        + " UNION ALL ".join(parts) + f") GROUP BY id_a, id_b ORDER BY id_a, id_b LIMIT {MOST_PAIRS + 1}").df()
    if len(found) > MOST_PAIRS:
        notes.append(("matching.note.too_many_pairs", {"most": MOST_PAIRS}))
        found = found.head(MOST_PAIRS)
    probability = 1 - DOUBT / 3.0 ** (found.rules - 1)
    pairs = pd.DataFrame({
        "id_a": found.id_a, "id_b": found.id_b,
        "weight": [math.log2(value / (1 - value)) for value in probability], "probability": probability,
        "levels": ["rules=" + "+".join(rules[int(place)].name for place in places.split()) for places in found.places]})
    return Duplicates(pairs=pairs, threshold=RULES_SAY_SO, clusters=pd.DataFrame({"id": [], "cluster": []}),
                      model={"method": "stated", "stated": [rule.name for rule in rules]},
                      pairs_compared=len(pairs), notes=tuple(notes))


def rules_in(levels: str) -> list[str]:
    """The rules that a pair meets, as `levels` tells: name=exact;rules=same_phone+same_name_place"""
    told = next((item for item in levels.split(";") if item.startswith("rules=")), "rules=")
    return [name for name in told.removeprefix("rules=").split("+") if name]


def without_rules(levels: str) -> str:
    """What a model told of a pair."""
    return ";".join(item for item in levels.split(";") if not item.startswith("rules="))


def beside(found: Duplicates, by_rules: Duplicates) -> Duplicates:
    """What a model found and what rules found as one: a pair is as likely as the surer of the two says."""
    both = found.pairs.merge(by_rules.pairs, on=["id_a", "id_b"], how="outer", suffixes=("", "_rules"))
    surer = both[["probability", "probability_rules"]].max(axis=1)
    weight = both[["weight", "weight_rules"]].max(axis=1)
    levels = [";".join(text for text in texts if isinstance(text, str) and text)
              for texts in zip(both.levels, both.levels_rules, strict=True)]
    pairs = both[["id_a", "id_b"]].assign(weight=weight, probability=surer, levels=levels)
    return Duplicates(pairs=pairs, threshold=found.threshold, clusters=found.clusters,
                      model={**found.model, "stated": by_rules.model["stated"]},
                      pairs_compared=found.pairs_compared, notes=(*found.notes, *by_rules.notes))


def explained(table: str, levels: str) -> tuple[Part, ...]:
    """The rules that a pair meets, as parts of its weight: they share it, for one alone would have said the same."""
    met = named(table, rules_in(levels))
    if not met:
        return ()
    doubt = DOUBT / 3.0 ** (len(met) - 1)
    return tuple(Part(comparison=f"rules={rule.name}", columns=rule.columns, level="exact",
                      weight=math.log2((1 - doubt) / doubt) / len(met)) for rule in met)


def _keyed(rule: Rule, relation: str) -> str:
    named_columns = "".join(f", {column}" for column in rule.columns)
    words = f", {NAME} AS words" if "name" in rule.columns else ""
    return f"SELECT id, {rule.key} AS key{words}{named_columns} FROM {relation}"


def _pairs(rule: Rule, relation: str) -> str:
    keyed = _keyed(rule, relation)
    return (f"WITH keyed AS MATERIALIZED (SELECT * FROM (SELECT *, count(*) OVER (PARTITION BY key) AS alike "
            f"FROM ({keyed}) WHERE key IS NOT NULL) WHERE alike BETWEEN 2 AND {MOST_ALIKE}) "
            f"SELECT a.id AS id_a, b.id AS id_b FROM keyed a JOIN keyed b ON a.key = b.key AND a.id < b.id "
            f"WHERE {rule.alike}")
