"""One value for values that mean the same: as a person has chosen, or by a method each time anew."""
from crm_core.cleaning.sheet import Sheet, quoted
from crm_core.cleaning.steps import ByValue, Edit, Kind, Setting, StepSkipped
from crm_core.cleaning.steps.countries import counts_of
from crm_core.cleaning.steps.sql import listed
from crm_core.cleaning.value_clusters import METHODS, cluster_values


def replace_values(sheet: Sheet, settings: dict) -> Edit:
    """Exactly the replacements of the table, from → to: next month's data are treated as these were."""
    return _replaced(settings["column"], settings["values"])


def cluster_by_method(sheet: Sheet, settings: dict) -> Edit:
    """The clusters that are there now; in each the most frequent value stands for all."""
    import pandas as pd

    values = pd.DataFrame(counts_of(sheet, settings["column"]), columns=["value", "count"])
    if values.empty:
        raise StepSkipped("all_missing", column=settings["column"])
    found = cluster_values(values, settings["cluster_method"])
    edit = _replaced(settings["column"], dict(zip(found["value"], found["proposed"], strict=True)))
    left_out = found.attrs["left_out"]
    notes = (("clusters_found", {"count": int(found["cluster"].nunique())}),) if len(found) else ()
    return Edit(maps=edit.maps, notes=(*notes, *((("values_left_out", {"count": left_out}),) if left_out else ())))


def _replaced(column: str, values: dict[str, str]) -> Edit:
    changes = {before: after for before, after in values.items() if before != after}
    where = f"{quoted(column)} IN ({listed(changes)})" if changes else "false"
    return Edit(maps=(ByValue(column, lambda value: changes.get(value, value), where),))


KINDS = (
    Kind("cluster_values", "values", (
        Setting("column", "column", types=("text",)),
        Setting("values", "values"),
    ), replace_values),
    Kind("cluster_by_method", "values", (
        Setting("column", "column", types=("text",)),
        Setting("cluster_method", "choice", choices=METHODS, default="fingerprint"),
    ), cluster_by_method),
)
