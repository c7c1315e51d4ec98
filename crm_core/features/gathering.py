"""What customers can be compared by, as of a date: only the queries run that the chosen features need.

    gather(look, ("frequency", "category_share:Tea", "extra:Income"), date(2026, 3, 31))
    →   customer_id | recency_days | frequency | monetary | category_share:Tea | extra:Income
                  7 |           28 |         2 |     50.0 |               0.25 |      58138.0

`ask` is an open look or batch of the store. What a customer has not done counts 0; what nobody can know is missing.
"""
import json

import pandas as pd

from crm_core import engine
from crm_core.errors import FeatureMissing
from crm_core.features import catalogue
from crm_core.features.catalogue import (
    ABOUT_ORDERS,
    BY_QUERY,
    FIXED,
    LINES,
    NONE_IS_ZERO,
    ORDERS,
    OWN,
    PEOPLE,
    QUERY_OF,
    SHARES,
    Feature,
)
from crm_core.features.columns import NO, YES, Seen, seen

MOST_LABELS = 8  # categories and channels of which a share is offered, the commonest
SMALLEST_LABEL = 0.005  # of all that was bought: less is nobody's habit
LOOKED_AT = 5_000  # customers in whose own fields it is looked what these hold
WITH_ORDERS = ("recency_days", "frequency", "monetary")



def known(ask, as_of) -> tuple[Feature, ...]:
    """Every feature that something is known of up to a day, family by family."""
    found: list[Feature] = []
    for query, features in BY_QUERY.items():
        if query in (ORDERS, LINES):  # with one order all are known; what is the same for all is dropped with a word
            found += features if _any_row(ask, query, as_of) else ()
            continue
        # What is 0 for all is nothing that the book tells: nobody has a company, or was asked for consent.
        measured = ", ".join(
            f"max({feature.name}) > 0" if feature.name in NONE_IS_ZERO or feature.kind == "yes_no" else
            f"count({feature.name}) > 0" for feature in features)
        told = ask.execute(f"SELECT {measured} FROM ({engine.query_text(query)})", as_of=as_of).fetchone()
        found += [feature for feature, is_known in zip(features, told, strict=True) if is_known]
    for name, (query, family) in SHARES.items():
        found += [Feature(f"{name}:{label}", family, "number", "share", label) for label in _labels(ask, query, as_of)]
    found += [
        Feature(f"{OWN}:{header}", "own_fields", what.kind, "name" if what.kind == "category" else "number", header)
        for header, what in own_fields(ask).items() if what.kind != "left_out"]
    return tuple(sorted(found, key=lambda feature: catalogue.FAMILIES.index(feature.family)))


def own_fields(ask) -> dict[str, Seen]:
    """What the own fields of customers hold, by header: seen in some thousand of them, spread over all."""
    rows = ask.execute(
        "SELECT extra FROM customers WHERE deleted_at IS NULL AND extra IS NOT NULL AND extra <> '{}' "
        f"ORDER BY hash(id), id LIMIT {LOOKED_AT}").fetchall()
    table = pd.DataFrame([json.loads(extra) for (extra,) in rows], dtype=object)
    return {str(header): seen(table[header]) for header in table.columns}


def gather(ask, names, as_of, everybody: bool = False, segment_id: int | None = None) -> pd.DataFrame:
    """customer_id and the named features, a row a customer, as they were at the end (UTC) of a day.

    Where a feature comes from orders, customers with an order by then (with `everybody` all who were there), and
    recency_days, frequency and monetary come along; else all living customers. `segment_id` takes its members only.
    A category is a pandas category, yes and no are 1 and 0. Raises FeatureMissing.
    """
    by_query, parameters = _by_query(ask, names)
    about_orders = bool(ABOUT_ORDERS & set(by_query))
    if about_orders:
        by_query[ORDERS] = list(dict.fromkeys((*WITH_ORDERS, *by_query.get(ORDERS, ()))))
    first = ORDERS if about_orders and not everybody else PEOPLE
    joined = {query: _rows_of(query, columns, parameters) for query, columns in by_query.items()}
    start = joined.pop(first, None) or f"SELECT customer_id FROM ({engine.query_text(first)})"
    columns = {name: _column(name) for name in dict.fromkeys((*(WITH_ORDERS if about_orders else ()), *names))}
    named = [f"{sql} AS {_quoted(name)}" for name, sql in columns.items()]
    text = f"SELECT {', '.join(['start.customer_id AS customer_id', *named])} FROM ({start}) AS start" + "".join(
        f" LEFT JOIN ({rows}) AS part{place} ON part{place}.customer_id = start.customer_id"
        for place, rows in enumerate(joined.values()))
    if segment_id is not None:
        text += (" JOIN segment_members ON segment_members.customer_id = start.customer_id "
                 "JOIN segments ON segments.id = segment_members.segment_id AND segments.as_of = segment_members.as_of "
                 "WHERE segments.id = $segment_id AND segment_members.deleted_at IS NULL")
        parameters["segment_id"] = segment_id
    if "$as_of" in text:
        parameters["as_of"] = as_of
    table = ask.execute(text, **parameters).to_arrow_table()
    return engine.to_frame(_with_categories(table))


def people(ask, as_of) -> int:
    """How many living customers there were by a day: against these it is told whom the chosen features leave out."""
    return ask.execute(f"SELECT count(*) FROM ({engine.query_text(PEOPLE)})", as_of=as_of).fetchone()[0]


# --- inside ---------------------------------------------------------------------------------------


def _by_query(ask, names) -> tuple[dict[str, list[str]], dict]:
    """Which columns are wanted of which query, and the labels and headers as parameters of the SQL."""
    wanted: dict[str, list[str]] = {}
    parameters: dict[str, str] = {}
    own = None
    for name in dict.fromkeys(names):
        start = catalogue.base(name)
        if name in FIXED:
            wanted.setdefault(QUERY_OF[name], []).append(name)
        elif ":" in name and start in SHARES:
            wanted.setdefault(SHARES[start][0], []).append(name)
            parameters[f"label_{len(parameters)}"] = catalogue.label(name)
        elif ":" in name and start == OWN:
            own = own_fields(ask) if own is None else own
            what = own.get(catalogue.label(name))
            if what is None:
                raise FeatureMissing(feature=catalogue.label(name))
            wanted.setdefault(OWN, []).append((name, what.kind))
            parameters[f"label_{len(parameters)}"] = _json_path(catalogue.label(name))
        else:
            raise FeatureMissing(feature=name)
    return wanted, parameters


def _rows_of(query: str, columns: list, parameters: dict) -> str:
    """customer_id and the wanted columns of a query; DuckDB leaves out what is not wanted."""
    named = {value: key for key, value in parameters.items()}
    if query == OWN:
        fields = ", ".join(_own(name, kind, named) for name, kind in columns)
        return f"SELECT id AS customer_id, {fields} FROM customers"
    text = engine.query_text(query)
    if query in {source for source, _ in SHARES.values()}:
        shares = ", ".join(
            f"sum(CASE WHEN label = ${named[catalogue.label(name)]} THEN amount ELSE 0 END) / nullif(sum(amount), 0) "
            f"AS {_quoted(name)}" for name in columns)
        return f"SELECT customer_id, {shares} FROM ({text}) GROUP BY customer_id"
    return f"SELECT customer_id, {', '.join(columns)} FROM ({text})"


def _own(name: str, kind: str, named: dict) -> str:
    value = f"nullif(trim(json_extract_string(extra, ${named[_json_path(catalogue.label(name))]})), '')"
    if kind == "number":
        # Infinite and "nan" are numbers to SQL, and tell nothing of a customer.
        value = f"TRY_CAST({value} AS DOUBLE)"
        value = f"CASE WHEN isfinite({value}) THEN {value} END"
    elif kind == "yes_no":
        yes, no = (", ".join(f"'{word}'" for word in sorted(words)) for words in (YES, NO))
        value = f"CASE WHEN lower({value}) IN ({yes}) THEN 1.0 WHEN lower({value}) IN ({no}) THEN 0.0 END"
        value = f"CAST({value} AS DOUBLE)"
    return f"{value} AS {_quoted(name)}"


def _column(name: str) -> str:
    if name in NONE_IS_ZERO or catalogue.base(name) in SHARES:
        return f"coalesce({_quoted(name)}, 0)"
    return _quoted(name)


def _any_row(ask, query: str, as_of) -> bool:
    return ask.execute(f"SELECT 1 FROM ({engine.query_text(query)}) LIMIT 1", as_of=as_of).fetchone() is not None


def _labels(ask, query: str, as_of) -> list[str]:
    """The commonest labels, by how much of everything they are."""
    rows = ask.execute(
        f"SELECT label, sum(amount) AS amount FROM ({engine.query_text(query)}) "
        "GROUP BY label ORDER BY amount DESC, label", as_of=as_of).fetchall()
    everything = sum(amount for _, amount in rows)
    named = [label for label, amount in rows if label and amount >= SMALLEST_LABEL * everything]
    return named[:MOST_LABELS] if len(rows) > 1 else []


def _with_categories(table):
    """Texts as categories: a million texts cost as much as a million numbers."""
    import pyarrow as pa

    for place, field in enumerate(table.schema):
        if pa.types.is_string(field.type) or pa.types.is_large_string(field.type):
            table = table.set_column(place, field.name, table.column(place).combine_chunks().dictionary_encode())
    return table


def _json_path(header: str) -> str:
    return '$."' + header.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
