"""The charts of groups of customers: where they lie, what they are, how large they are, why so many.

Each takes the answer of clustering.cluster_customers, a name for each group, the day and `say`.
"""
import pandas as pd

from crm_core.charts.chart import MOST_POINTS, Chart, Mark
from crm_core.charts.feature_words import cell_words, column_words, feature_unit, feature_words

MOST_BESIDE = 6  # features as columns of the profiles
BANDS = 5  # of a feature, in colours on the map
STRONG = 0.4  # a feature names an axis of the map when the axis leans on it at least this much (−1..1)


def group_map(groups, names: dict[int, str], as_of, say, by: str | None = None, selectable: bool = False) -> Chart:
    """Customers as dots, alike close together: the two directions in which they differ most.

    Coloured by group, or in bands by a feature: a fifth of the customers each, from low to high.
    """
    points = groups.map.head(MOST_POINTS).sort_values("group", kind="stable")
    points = points.assign(name=points.group.map(_numbered(names)))
    middles = points.groupby("name", sort=False)[["x", "y"]].median()
    if by:
        points = points.assign(band=_bands(points[by], say)).sort_values(by, kind="stable")
    customers = int(groups.profiles.customers.sum())
    notes = [say("chart.source", as_of=as_of)]
    if len(points) < customers:
        notes.insert(0, say("chart.group_map.sample", shown=len(points), customers=customers))
    return Chart(
        kind="scatter", x="x", y="y", colour="band" if by else "name", ordered=bool(by), frame=points,
        hidden_axes=True, selectable=selectable, title=say("chart.group_map.title"),
        subtitle=(say("chart.group_map.coloured", feature=feature_words(by, say)) if by else
                  say("chart.group_map.subtitle")),
        labels={"customer_id": say("chart.customer"), "name": say("chart.group"),
                **{feature: feature_words(feature, say) for feature in groups.choice.features},
                "x": _axis(groups, "x", groups.map_shares[0], say), "y": _axis(groups, "y", groups.map_shares[1], say)},
        units={"customer_id": "name", "name": "name", "band": "name", "x": "number", "y": "number",
               **{feature: _unit(feature) if points[feature].dtype.kind in "biuf" else "name"
                  for feature in groups.choice.features}},
        marks=tuple(Mark(place.x, place.y, words=name.split(" ")[0], series=None if by else name)
                    for name, place in middles.iterrows()),
        alt=say("chart.group_map.alt", customers=customers, k=groups.k, groups=_sizes(groups, names, say)),
        notes=tuple(notes))


def group_profiles(groups, names: dict[int, str], as_of, say) -> Chart:
    """The median of each group in original units, coloured by where it lies among all customers."""
    numbered = _numbered(names)
    columns = [column_words(row, say) for row in groups.levels.itertuples()]
    # Many features are read from top to bottom, and the groups beside each other by their numbers: names would not fit.
    turned = len(set(columns)) > MOST_BESIDE
    frame = groups.levels.assign(
        name=groups.levels.group.map({group: str(group) for group in names} if turned else numbered),
        words=[cell_words(row, say, bare=turned) for row in groups.levels.itertuples()], feature=columns)
    told = [say("chart.group_profiles.alt_row", group=numbered[group],
                values=", ".join(f"{row.feature} {row.words}" for row in rows.itertuples()))
            for group, rows in frame.groupby("group")]
    notes = (say("chart.source", as_of=as_of),)
    return Chart(
        kind="heatmap", x="name" if turned else "feature", y="feature" if turned else "name", colour="position",
        text="words", frame=frame, notes=(say("cards.comma").join(numbered.values()), *notes) if turned else notes,
        title=say("chart.group_profiles.title"), subtitle=say("chart.group_profiles.subtitle"),
        labels={"name": say("chart.group"), "feature": say("chart.feature"), "median": say("chart.median"),
                "position": say("chart.position")},
        units={"name": "name", "feature": "name", "median": "number", "position": "share"},
        scale=(say("chart.lower"), say("chart.middle"), say("chart.higher")),
        alt=" ".join(told))


def group_sizes(groups, names: dict[int, str], as_of, say) -> Chart:
    """Each group's share of the customers beside its share of the revenue."""
    measures = ("share_of_customers", "share_of_revenue")
    known = [measure for measure in measures if groups.profiles[measure].notna().all()]
    frame = groups.profiles.assign(name=groups.profiles.group.map(_numbered(names)))
    frame = frame.melt(["group", "name", "customers"], known, var_name="measure", value_name="share")
    frame = frame.sort_values("group", kind="stable", ignore_index=True)
    frame["measure"] = frame.measure.map({measure: say(f"chart.{measure}") for measure in known})
    return Chart(
        kind="bars", x="share", y="name", colour="measure", frame=frame,
        emphasis=say("chart.share_of_revenue") if "share_of_revenue" in known else None,
        title=say("chart.group_sizes.title" if len(known) > 1 else "chart.group_sizes.title_customers"),
        labels={"name": say("chart.group"), "measure": say("chart.measure"), "share": say("chart.share"),
                "customers": say("chart.customers")},
        units={"name": "name", "measure": "name", "share": "share", "customers": "count"},
        alt=_sizes(groups, names, say), notes=(say("chart.source", as_of=as_of),))


def k_choice(groups, as_of, say, measure: str = "silhouette") -> Chart:
    """One measure (silhouette, davies_bouldin, gap, stability) at each number of groups, the chosen one marked."""
    frame = groups.by_k[["k", measure]]
    chosen = float(frame.loc[frame.k == groups.k, measure].iloc[0])
    return Chart(
        kind="line", x="k", y=measure, frame=frame,
        title=say(f"chart.k_choice.{measure}"), subtitle=say(f"chart.k_choice.{measure}_what"),
        labels={"k": say("chart.k"), measure: say(f"chart.k_choice.{measure}")},
        units={"k": "count", measure: "number"},
        marks=(Mark(groups.k, chosen, say("chart.k_choice.chosen", k=groups.k)),),
        alt=say("chart.k_choice.alt", measure=say(f"chart.k_choice.{measure}"), k=groups.k, value=round(chosen, 2),
                smallest=int(frame.k.min()), largest=int(frame.k.max())),
        notes=(say("chart.source", as_of=as_of),))


# --- words ----------------------------------------------------------------------------------------

KNOWN = {"recency_days": "count", "frequency": "count", "monetary": "money", "tenure_days": "count"}


def _numbered(names: dict[int, str]) -> dict[int, str]:
    """1 Champions, 2 Loyal: the number keeps groups apart whose names are the same."""
    return {group: f"{group} {name}" for group, name in names.items()}


def _unit(feature: str) -> str:
    return KNOWN.get(feature) or feature_unit(feature)


def _bands(values: pd.Series, say) -> pd.Series:
    """Each value as the words of its fifth: 1 | 2 | 3 to 5 | 6 to 9 | 10 to 47. A word a category stays as it is."""
    if not pd.api.types.is_numeric_dtype(values) or values.nunique() <= BANDS:
        return values.map(lambda value: value if isinstance(value, str) else say("chart.band_one", low=float(value)))
    bands = pd.qcut(values, BANDS, labels=False, duplicates="drop")
    words = {}
    for band, inside in values.groupby(bands):
        low, high = float(inside.min()), float(inside.max())
        words[band] = say("chart.band_one", low=low) if low == high else say("chart.band", low=low, high=high)
    return bands.map(words)


def _axis(groups, axis: str, share: float, say) -> str:
    """Orders ↑, Days since last order ↓ (75% of the differences) →"""
    leaning = groups.directions.reindex(groups.directions[axis].abs().sort_values(ascending=False).index)
    # Among many features none may stand out: then those that lean most are told all the same.
    enough = min(STRONG, leaning[axis].abs().max())
    leaning = leaning[(leaning[axis].abs() >= enough) & (leaning[axis] != 0)].head(3)
    directions = ", ".join(f"{feature_words(row.feature, say)}\u00a0{'↑' if getattr(row, axis) > 0 else '↓'}"
                           for row in leaning.itertuples())
    return say("chart.group_map.axis", directions=directions, share=share) if directions else ""


def _sizes(groups, names: dict[int, str], say) -> str:
    numbered = _numbered(names)
    with_revenue = groups.profiles.share_of_revenue.notna().all()
    key = "chart.group_sizes.alt_row" if with_revenue else "chart.group_sizes.alt_row_customers"
    return " ".join(
        say(key, group=numbered[row.group], customers=int(row.customers), share=float(row.share_of_customers),
            **({"revenue": float(row.share_of_revenue)} if with_revenue else {}))
        for row in groups.profiles.itertuples())

