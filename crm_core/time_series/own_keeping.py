"""Keep own numbers: into the table observations, as one change of the book that can be taken back."""
import pandas as pd

MATCH = ("o.deleted_at IS NULL AND o.measure = a.measure AND coalesce(o.series, '') = a.series "
         "AND coalesce(o.place, '') = a.place AND o.period = a.period")


def keep(batch, rows: pd.DataFrame, replace: bool = False) -> dict[str, int]:
    """Rows of own_numbers.Arranged into the book: added, changed, unchanged, removed.

    What is there already is told by measure, series, place and period. With `replace` the rest of these measures goes:
    the file is then all that is known of them. The same file twice changes nothing.
    """
    batch.stage("own_arriving", rows[["measure", "series", "place", "period", "value", "adds_up"]])
    batch.execute("CREATE OR REPLACE TEMP TABLE own_found AS SELECT o.id, a.*, "
                  "o.value IS DISTINCT FROM a.value OR coalesce(o.adds_up, true) <> a.adds_up AS differs "
                  f"FROM own_arriving a LEFT JOIN observations o ON {MATCH}")
    added = batch.insert("observations", "SELECT measure, nullif(series, '') AS series, nullif(place, '') AS place, "
                                         "period, value, adds_up FROM own_found WHERE id IS NULL")
    batch.execute("CREATE OR REPLACE TEMP TABLE own_changed AS SELECT id, value, adds_up FROM own_found "
                  "WHERE id IS NOT NULL AND differs")
    changed = batch.overwrite("observations", "own_changed")
    removed = 0
    if replace:
        batch.execute(
            "CREATE OR REPLACE TEMP TABLE own_gone AS SELECT o.id FROM observations o "
            "WHERE o.deleted_at IS NULL AND o.measure IN (SELECT DISTINCT measure FROM own_arriving) "
            f"AND o.changed_in <> {batch.number} AND o.id NOT IN (SELECT id FROM own_found WHERE id IS NOT NULL)"
        )
        removed = batch.remove("observations", "SELECT id FROM own_gone")
    return {"added": added, "changed": changed, "unchanged": len(rows) - added - changed, "removed": removed}


def remove(batch, measure: str) -> int:
    """Take a measure away; how many numbers that were."""
    batch.stage("own_measure", pd.DataFrame({"measure": [measure]}))
    return batch.remove("observations", "SELECT id FROM observations WHERE deleted_at IS NULL "
                                        "AND measure IN (SELECT measure FROM own_measure)")
