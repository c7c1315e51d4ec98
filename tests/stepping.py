"""A column through one step: what the tests of steps have in common."""
import pandas as pd

from crm_core.cleaning.recipe import Recipe, Step
from crm_core.cleaning.running import run
from crm_core.cleaning.sheet import sheet_of_relation


def table_after(store, given: dict, kind: str, **settings):
    """The columns as they are after a step, as a frame, and what the step told."""
    count = len(next(iter(given.values())))
    frame = pd.DataFrame({"id": range(1, count + 1), **given}).astype(dict.fromkeys(given, "string"))
    with store.look() as ask:
        ask.stage("given", frame)
        tried, cleaned = run(sheet_of_relation(ask, "given"), Recipe("test", "", (Step(kind, settings),)))
        rows = ask.execute(f"SELECT * FROM {cleaned.relation} ORDER BY id").to_arrow_table().to_pylist()
    return pd.DataFrame(rows, dtype=object), tried.steps[0]


def after(store, texts: list, kind: str, **settings) -> list:
    """The texts after a step on their column."""
    return table_after(store, {"text": texts}, kind, **settings)[0]["text"].tolist()


def each(store, pairs: dict, kind: str, **settings) -> dict:
    """before → after, to be held against what is asked."""
    return dict(zip(pairs, after(store, list(pairs), kind, **settings), strict=True))


def told(tried) -> dict:
    return dict(tried.notes)


def words(text: str) -> list[str]:
    return text.split()
