"""The charts of a search for duplicates: how one pair's weight came about, and how the weights of all pairs lie."""
import pandas as pd

from crm_core.charts.chart import Chart


def match_waterfall(parts: list[tuple[str, float]], pair: str, weight: float, probability: float, say) -> Chart:
    """What speaks for and against two records being the same, from what is believed of any two to the sum.

    `parts` are (words, weight in bits) in the order in which they are told; what is missing of the sum is what was
    believed before anything was compared.
    """
    before = weight - sum(value for _, value in parts)
    rows = [(say("chart.match_waterfall.before"), before)] if abs(before) >= 0.05 else []
    rows += parts
    frame = pd.DataFrame(rows, columns=["what", "weight"])
    frame["side"] = [say("chart.match_waterfall.for") if value >= 0 else say("chart.match_waterfall.against")
                     for value in frame.weight]
    # Two comparisons may have the same words; bars of one name would lie on each other.
    twice = frame.groupby("what").cumcount()
    frame["what"] = [f"{what} ({count + 1})" if count else what for what, count in zip(frame.what, twice, strict=True)]
    frame.loc[len(frame)] = [say("chart.match_waterfall.sum"), weight, say("chart.match_waterfall.sum")]
    told = " ".join(say("chart.match_waterfall.alt_row", what=row.what, weight=f"{row.weight:+.1f}")
                    for row in frame.itertuples())
    return Chart(
        kind="waterfall", x="weight", y="what", frame=frame.round({"weight": 2}),
        title=say("chart.match_waterfall.title", pair=pair),
        subtitle=say("chart.match_waterfall.subtitle", probability=probability),
        labels={"what": say("chart.match_waterfall.what"), "weight": say("chart.match_waterfall.weight"),
                "side": say("chart.match_waterfall.side")},
        units={"what": "name", "weight": "number", "side": "name"}, alt=told,
        notes=(say("chart.match_waterfall.note"),))


def match_weights(bins: pd.DataFrame, weight: float, threshold: float, table: str, say) -> Chart:
    """How many pairs have which weight; those below the threshold are drawn fainter.

    bins: weight (from here on), pairs. They are put together to whole bits, so that the columns can be told apart.
    """
    whole = bins.assign(weight=bins.weight.floordiv(1).clip(-10, 40)).groupby("weight").pairs.sum()
    every = pd.RangeIndex(int(whole.index.min()), int(whole.index.max()) + 1)
    frame = whole.reindex(every, fill_value=0).rename_axis("weight").reset_index()
    frame["below"] = frame.weight + 1 <= weight + 1e-9
    frame["taken"] = [say("chart.match_weights.no" if below else "chart.match_weights.yes") for below in frame.below]
    above = int(bins.pairs[bins.weight >= weight - 1e-9].sum())
    return Chart(
        kind="columns", x="weight", y="pairs", frame=frame, unfinished="below",
        title=say("chart.match_weights.title", table=table),
        subtitle=say("chart.match_weights.subtitle", threshold=threshold),
        labels={"weight": say("chart.match_waterfall.weight"), "pairs": say("chart.match_weights.pairs"),
                "taken": say("chart.match_weights.taken")},
        units={"weight": "number", "pairs": "count", "taken": "name"},
        alt=say("chart.match_weights.alt", pairs=int(frame.pairs.sum()), above=above, threshold=threshold),
        notes=(say("chart.match_weights.note"),))
