"""The charts of what groups are: a line a group over all features."""
import pandas as pd

from crm_core.charts.chart import Chart
from crm_core.charts.feature_words import cell_words, column_words

MOST_FEATURES = 10  # below each other, seen at once
MOST_GROUPS = 12  # lines that can be told apart


def group_lines(groups, names: dict[int, str], as_of, say) -> Chart:
    """Parallel coordinates (Inselberg 1985): where each group's median lies among all customers, feature by feature.

    With many features those are drawn in which the groups lie farthest apart.
    """
    levels = groups.levels[groups.levels.group.between(1, MOST_GROUPS)]
    levels = levels.assign(column=[column_words(row, say) for row in levels.itertuples()])
    apart = levels.groupby("column", sort=False).position.agg(lambda positions: positions.max() - positions.min())
    widest = set(apart.sort_values(ascending=False, kind="stable").index[:MOST_FEATURES])
    frame = levels[levels.column.isin(widest)].reset_index(drop=True)
    frame = pd.DataFrame({
        "name": [f"{row.group} {names[row.group]}" for row in frame.itertuples()], "column": frame.column,
        "position": frame.position, "words": [cell_words(row, say) for row in frame.itertuples()]})
    notes = [say("chart.source", as_of=as_of)]
    if len(widest) < len(apart):
        notes.insert(0, say("chart.group_lines.widest", shown=len(widest), features=len(apart)))
    told = [say("chart.group_profiles.alt_row", group=name,
                values=", ".join(f"{row.column} {row.words}" for row in rows.itertuples()))
            for name, rows in frame.groupby("name", sort=False)]
    return Chart(
        kind="parallel", x="position", y="column", colour="name", text="words", frame=frame,
        title=say("chart.group_lines.title"), subtitle=say("chart.group_lines.subtitle"),
        labels={"name": say("chart.group"), "column": say("chart.feature"), "words": say("chart.median"),
                "position": say("chart.position")},
        units={"name": "name", "column": "name", "words": "name", "position": "share"},
        scale=(say("chart.lower"), say("chart.middle"), say("chart.higher")),
        alt=" ".join(told), notes=tuple(notes))
