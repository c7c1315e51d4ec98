"""The charts of what goes with themes: how many times as often beside like conversations, and window by window."""

import numpy as np
import pandas as pd

from crm_core.charts.chart import Chart, written

MOST_ROWS = 20  # of a forest: more do not fit a page
HIGHEST = 20.0  # times that are drawn; what is never or always there has no end
NOUGHT = 0.02


def theme_forest(found: pd.DataFrame, outcome: str, horizon_days: int, as_of, say, locale: str) -> Chart:
    """The largest ratios of the rows of `themes.Told.findings`, from more to less."""
    shown = found.assign(far=np.abs(np.log(found.times.clip(NOUGHT, HIGHEST))))
    shown = shown.sort_values(["far", "p"], ascending=[False, True], kind="stable").head(MOST_ROWS)
    shown = shown.sort_values("times", ascending=False, kind="stable").drop_duplicates("name")
    frame = _drawn(shown, say)
    return Chart(
        kind="forest", x="times", y="name", colour="side", frame=frame, order=_sides(say),
        title=say(f"chart.themes.title_{outcome}"),
        subtitle=say("chart.themes.subtitle", days=horizon_days), labels=_labels(outcome, say), units=_units(outcome),
        alt=_alt(frame, outcome, say, locale),
        notes=(*([say("chart.themes.note_more", count=len(found) - len(frame))] if len(found) > len(frame) else []),
               say("chart.themes.note"), say("chart.source", as_of=as_of)))


def theme_over_lags(lags: pd.DataFrame, name: str, outcome: str, as_of, say, locale: str) -> Chart:
    """One theme, a row a window of days before and after, the earliest first."""
    shown = lags.sort_values(["from_day", "to_day"], kind="stable")
    shown = shown.assign(name=[
        say("chart.themes.before", first=-row.from_day, last=-row.to_day) if row.to_day < 0
        else say("chart.themes.after", first=row.from_day, last=row.to_day) for row in shown.itertuples()])
    frame = _drawn(shown, say)
    return Chart(
        kind="forest", x="times", y="name", colour="side", frame=frame, order=_sides(say),
        title=say("chart.themes.lags", name=name), subtitle=say(f"chart.themes.lags_{outcome}"),
        labels=_labels(outcome, say) | {"name": say("chart.themes.window")}, units=_units(outcome),
        alt=_alt(frame, outcome, say, locale), notes=(say("chart.themes.note"), say("chart.source", as_of=as_of)))


def _drawn(shown: pd.DataFrame, say) -> pd.DataFrame:
    side = np.where((shown.low <= 1) & (shown.high >= 1), "unsure", np.where(shown.times > 1, "more", "less"))
    drawn = shown.assign(side=[say(f"chart.themes.{one}") for one in side],
                         **{column: shown[column].clip(NOUGHT, HIGHEST) for column in ("times", "low", "high")})
    return drawn[["name", "times", "low", "high", "rate", "like_rate", "customers", "side"]].reset_index(drop=True)


def _sides(say) -> tuple[str, ...]:
    return say("chart.themes.more"), say("chart.themes.less")


def _labels(outcome: str, say) -> dict[str, str]:
    return {"name": say("chart.themes.name"), "times": say(f"chart.themes.times_{outcome}"),
            "low": say("chart.themes.low"), "high": say("chart.themes.high"), "rate": say("chart.themes.rate"),
            "like_rate": say("chart.themes.like_rate"), "customers": say("clustering.customers"),
            "side": say("chart.themes.side")}


def _units(outcome: str) -> dict[str, str]:
    each = "money" if outcome == "spent" else "share"
    return {"name": "name", "side": "name", "times": "number", "low": "number", "high": "number", "rate": each,
            "like_rate": each, "customers": "count"}


def _alt(frame: pd.DataFrame, outcome: str, say, locale: str) -> str:
    each = _units(outcome)["rate"]
    return " ".join(say("chart.themes.alt_row", name=row.name, times=f"{row.times:.2f}", low=f"{row.low:.2f}",
                        high=f"{row.high:.2f}", rate=written(row.rate, each, locale),
                        like=written(row.like_rate, each, locale))
                    for row in frame.head(5).itertuples(index=False))
