"""The charts of a prediction's question and answer: the split on a time line, how the chances lie."""

import numpy as np
import pandas as pd

from crm_core.charts.chart import Chart, Mark, written

PARTS = ("train", "calibrate", "test", "score")
MOST_BEFORE = 2.0  # horizons before the first cutoff that are drawn: a long history would squeeze the rest
BARS = 20


def split_timeline(dates, counts: pd.DataFrame, weeks: pd.DataFrame, first_day, base: str, say, locale: str) -> Chart:
    """Which days are known, which are the outcome, for each window of a split; with the base rate before its bar.

    `counts` are a row a window: cutoff, examples, share (of yes; NaN where there is none to tell). `weeks` are week and
    orders. `base` are the words of what the share is of.
    """
    told = counts.set_index("cutoff")
    earliest = min(window.cutoff for window in dates.windows)
    begin = max(pd.Timestamp(first_day), pd.Timestamp(earliest) - pd.Timedelta(days=MOST_BEFORE * dates.horizon_days))
    names = {part: say(f"split.{part}") for part in PARTS}
    rows, last = [], {}
    for window in dates.windows:
        cutoff = pd.Timestamp(window.cutoff)
        gap = dates.gap_days if window.part in ("calibrate", "test") and last else 0
        known = told.loc[cutoff] if cutoff in told.index else None
        share = known.share if known is not None and window.part != "score" else np.nan
        rows.append({
            "part": names[window.part], "cutoff": cutoff, "until": pd.Timestamp(window.until), "known_from": begin,
            "gap_from": cutoff - pd.Timedelta(days=gap), "to_come": window.part == "score",
            "examples": int(known.examples) if known is not None else 0, "share": share,
            "words": "" if np.isnan(share) else written(share, "share", locale)})
        last = rows[-1]
    frame = pd.DataFrame(rows)
    behind = weeks.assign(day=pd.to_datetime(weeks.week), count=weeks.orders)
    behind = behind[(behind.day >= begin) & (behind.day <= pd.Timestamp(dates.as_of))][["day", "count"]]
    alt = " ".join(say("split.alt_row", part=row.part, cutoff=row.cutoff.date(), until=row.until.date())
                   for row in frame.itertuples())
    return Chart(
        kind="timeline", x="cutoff", y="part", colour="part", text="words", unfinished="to_come", frame=frame,
        order=tuple(names.values()), behind=behind, title=say("split.title"), subtitle=say("split.subtitle"),
        labels={"part": say("split.part"), "cutoff": say("split.cutoff"), "until": say("split.until"),
                "examples": say("split.examples"), "share": base},
        units={"part": "name", "cutoff": "day", "until": "day", "examples": "count", "share": "share"},
        marks=(Mark(pd.Timestamp(dates.as_of), 0, say("split.as_of", as_of=dates.as_of)),),
        alt=say("split.alt") + " " + alt,
        notes=tuple(note for note in (
            say("split.note_share", what=base), say("split.note_orders") if len(behind) else "",
            say("split.note_gap", days=dates.gap_days) if dates.gap_days else "") if note))


def chance_distribution(chances, as_of, what: str, say) -> Chart:
    """How many customers have which chance: bars of five hundredths each."""
    chances = np.clip(np.asarray(chances, dtype=float), 0, 1)
    places = np.minimum((chances * BARS).astype(int), BARS - 1)
    frame = pd.DataFrame({"place": range(BARS), "customers": np.bincount(places, minlength=BARS)})
    frame["range"] = [f"{place / BARS:.0%}–{(place + 1) / BARS:.0%}" for place in range(BARS)]
    most = frame.loc[frame.customers.idxmax()]
    return Chart(
        kind="columns", x="range", y="customers", frame=frame, title=say("chances.title", what=what),
        subtitle=say("chances.subtitle", expected=float(chances.sum()), customers=len(chances)),
        labels={"range": say("chances.chance"), "customers": say("clustering.customers")},
        units={"range": "name", "customers": "count"},
        alt=say("chances.alt", customers=len(chances), most=int(most.customers), range=most["range"]),
        notes=(say("chart.source", as_of=as_of),))
