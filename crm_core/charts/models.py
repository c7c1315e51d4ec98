"""The chart of logistic regression: by how many times the odds of yes go with one step of each feature."""

import numpy as np
import pandas as pd

from crm_core.charts.chart import Chart
from crm_core.charts.feature_words import feature_words

MOST_ROWS = 20  # of a forest: more do not fit a page
MOST_WIDE = 100.0  # how many times as high as low an interval may be to be drawn: wider says nothing
SURE = 0.05  # p below which a ratio is no chance


def step_words(row, say) -> str:
    """Days since last order, 20 more | Income, doubled | Country: Germany instead of France | Income: not known"""
    feature, kind, value = feature_words(row.feature, say), row.kind, row.value
    if kind == "value":
        against = say("odds_ratio.none_given") if row.against == "" else row.against
        return say("odds_ratio.value", feature=feature, value=value, against=against)
    if kind == "missing" and isinstance(row.against, str):
        return say("odds_ratio.missing_value", feature=feature, against=row.against)
    return say(f"odds_ratio.{kind}", feature=feature, value=value if kind in ("step", "code") else "")


def odds_ratio_forest(found: pd.DataFrame, say, what: str, as_of) -> Chart:
    """The plainest ratios first. `found` as purchase_prediction.odds_ratios_of gives it; `what` is what is foretold."""
    shown = found[found.high <= MOST_WIDE * found.low].copy()
    shown["far"] = np.abs(np.log(shown.odds_ratio)) * (shown.p < SURE)
    shown = shown.sort_values(["far", "p"], ascending=[False, True], kind="stable").head(MOST_ROWS)
    side = np.where(shown.p >= SURE, "unsure", np.where(shown.odds_ratio > 1, "more", "less"))
    frame = shown.assign(name=[step_words(row, say) for row in shown.itertuples()],
                         side=[say(f"chart.odds_ratios.{one}") for one in side])
    frame = frame.drop_duplicates("name")[["name", "odds_ratio", "low", "high", "p", "side"]]
    notes = [say("chart.odds_ratios.note")]
    if len(found) > len(frame):
        notes.append(say("chart.odds_ratios.note_more", count=len(found) - len(frame)))
    sides = [say(f"chart.odds_ratios.{one}") for one in ("more", "less")]  # what may be chance steps back
    return Chart(
        kind="forest", x="odds_ratio", y="name", colour="side", frame=frame.reset_index(drop=True),
        order=tuple(sides),
        title=say("chart.odds_ratios.title"), subtitle=say("chart.odds_ratios.subtitle", what=what),
        labels={"name": say("chart.odds_ratios.name"), "odds_ratio": say("chart.odds_ratios.odds_ratio"),
                "low": say("chart.odds_ratios.low"), "high": say("chart.odds_ratios.high"), "p": "p",
                "side": say("chart.odds_ratios.side")},
        units={"name": "name", "side": "name", **dict.fromkeys(("odds_ratio", "low", "high", "p"), "number")},
        alt=" ".join(say("chart.odds_ratios.alt_row", name=row.name, ratio=f"{row.odds_ratio:.2f}",
                         low=f"{row.low:.2f}", high=f"{row.high:.2f}")
                     for row in frame.head(5).itertuples(index=False)),
        notes=(*notes, say("chart.source", as_of=as_of)))
