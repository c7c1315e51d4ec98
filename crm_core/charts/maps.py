"""The charts of figures by place."""
import pandas as pd

from crm_core.charts.chart import Chart

OTHERS = ("revenue", "orders", "customers", "messages", "requests", "on_file")


def place_map(figures: pd.DataFrame, laid, kind: str, measure: str, unit: str, words: dict[str, str],
              limits: list[float], period: str, notes: tuple[str, ...], say) -> Chart:
    """A measure by place. `figures`: a row a place with code, place, short, value and figures to be told beside it;
    for tiles also column and row. `laid`: where the places are (crm_core/time_series/maps/laying.py), none for tiles.
    `words`: column of figures → its words.
    """
    frame = figures.reset_index(drop=True)
    if kind == "tiles":
        x, y = "column", "row"
    else:
        frame = frame[frame.code.isin(laid.at.index)].reset_index(drop=True)
        frame = frame.assign(**{axis: laid.at.loc[frame.code, axis].to_numpy() for axis in ("x", "y")})
        x, y = "x", "y"
    known = frame.dropna(subset="value").sort_values("value", ascending=False)
    told = {"place": say("map_chart.place"), "value": words[measure],
            **{column: words[column] for column in OTHERS if column in frame.columns and column != measure}}
    title = say("map_chart.title", measure=words[measure], period=period)
    alt = say("map_chart.alt", measure=words[measure], period=period, places=len(known),
              highest=", ".join(known.place.head(3)) or "–")
    largest = {} if kind != "bubbles" or known.empty else {"place": known.place.iloc[0], "value": known.value.iloc[0]}
    size = say(f"map_chart.largest_{'share' if unit == 'share' else 'number'}", **largest) if largest else ""
    return Chart(
        kind=kind, subtitle=size, x=x, y=y, frame=frame, title=title, alt=alt, labels=told,
        units={"place": "name", "value": unit, "code": "name",
               **{column: "money" if column == "revenue" else "count" for column in OTHERS if column in told}},
        colour=None if kind == "bubbles" else "value", size="value" if kind == "bubbles" else None,
        text="place" if kind == "bubbles" else "short", limits=tuple(limits), scale=(say("map_chart.nothing"),),
        outlines=None if laid is None else laid.outlines, behind=None if laid is None else laid.names,
        extent=(0, 1, 0, 1) if laid is None else laid.frame, notes=notes)


def place_over_time(series: pd.DataFrame, place: str, measure: str, unit: str, words: dict[str, str], say) -> Chart:
    """A place's measure from period to period: period, value."""
    frame = series.dropna(subset="value").reset_index(drop=True)
    return Chart(
        kind="line", x="period", y="value", frame=frame,
        title=say("map_chart.over_time", measure=words[measure], place=place),
        labels={"period": say("map_chart.period"), "value": words[measure]}, units={"period": "day", "value": unit},
        alt=say("map_chart.over_time_alt", measure=words[measure], place=place, periods=len(frame)))
