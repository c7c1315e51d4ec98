"""The charts of features: how one lies over the customers, and which go together."""
import numpy as np
import pandas as pd

from crm_core.charts.chart import Chart, written
from crm_core.charts.feature_words import feature_unit, feature_words

MOST_CELLS = 14  # features in the heatmap: more columns have no room for their names


def feature_bars(looks, feature: str, scale: str, as_of, say, locale: str) -> Chart:
    """How many customers have how much of a feature, on a scale: bars are equally wide on that scale."""
    rows = looks.bars[(looks.bars.feature == feature) & (looks.bars.scale == scale)]
    unit = feature_unit(feature)
    frame = pd.DataFrame({"value": rows.value, "range": rows.value, "customers": rows.customers})
    if scale != "value":
        low, high = ([written(edge, unit, locale) for edge in rows[side]] for side in ("low", "high"))
        frame["value"] = low
        frame["range"] = [say("chart.feature_bars.range", low=one, high=other)
                          for one, other in zip(low, high, strict=True)]
    # Narrow bars may begin alike, as they are written.
    frame = frame.groupby("value", sort=False, as_index=False).agg({"range": "first", "customers": "sum"})
    name, most = feature_words(feature, say), frame.loc[frame.customers.idxmax()]
    return Chart(
        kind="columns", x="value", y="customers", frame=frame,
        title=say("chart.feature_bars.title", feature=name),
        subtitle="" if scale == "value" else say(f"chart.feature_bars.{scale}"),
        labels={"range": name, "customers": say("chart.customers")},
        units={"value": "name", "range": "name", "customers": "count"},
        alt=say("chart.feature_bars.alt", feature=name, range=most.range, customers=int(most.customers)),
        notes=(say("chart.source", as_of=as_of),))


def feature_correlation(looks, as_of, say) -> Chart:
    """Which features go together: Pearson's correlation on the scales on which they are compared."""
    r = looks.correlation
    notes = [say("chart.source", as_of=as_of)]
    if len(r) > MOST_CELLS:
        closest = (r - np.eye(len(r))).abs().max().sort_values(ascending=False, kind="stable").index[:MOST_CELLS]
        notes.insert(0, say("chart.feature_correlation.some", shown=MOST_CELLS, features=len(r)))
        kept = [name for name in r.columns if name in set(closest)]
        r = r.loc[kept, kept]
    names = {}
    for name in r.columns:  # an own field may be called like one of ours
        words = feature_words(name, say)
        names[name] = words if words not in names.values() else f"{words} ({name})"
    frame = pd.DataFrame([
        {"one": names[one], "other": names[other], "r": float(r.loc[one, other]),
         "place": (float(r.loc[one, other]) + 1) / 2, "words": f"{float(r.loc[one, other]):.2f}".replace("-", "−")}
        for one in r.index for other in r.columns])
    told = [say("chart.feature_correlation.pair", one=feature_words(one, say), other=feature_words(other, say),
                r=round(value, 2)) for one, other, value in looks.close[:10]]
    return Chart(
        kind="heatmap", x="other", y="one", colour="place", text="words", frame=frame,
        title=say("chart.feature_correlation.title"), subtitle=say("chart.feature_correlation.subtitle"),
        labels={"one": say("chart.feature"), "other": say("chart.feature_correlation.other"),
                "r": say("chart.feature_correlation.r")},
        units={"one": "name", "other": "name", "r": "number", "place": "share"},
        scale=(say("chart.feature_correlation.against"), say("chart.feature_correlation.apart"),
               say("chart.feature_correlation.together")),
        alt=say("chart.feature_correlation.alt",
                pairs=" ".join(told) or say("chart.feature_correlation.none")),
        notes=tuple(notes))
