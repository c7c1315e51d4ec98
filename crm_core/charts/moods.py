"""The charts of how customers feel."""
import pandas as pd

from crm_core.charts.chart import Chart

TONES = {"negative": "bad", "positive": "good"}  # the same colours in every chart of moods


def mood_over_time(months: pd.DataFrame, as_of, say) -> Chart:
    """The share of bad and of good messages, month by month: what sentiment.by_month gives."""
    series = {mood: say(f"mood.{mood}") for mood in TONES}
    frame = months.melt(["name", "messages"], list(series), "mood", "share")
    frame = frame.assign(mood=frame.mood.map(series), name=pd.to_datetime(frame.name)).reset_index(drop=True)
    worst = months.loc[months.negative.idxmax()]
    return Chart(
        kind="points", x="name", y="share", colour="mood", frame=frame, tones=_tones(series),
        title=say("chart.mood_over_time.title"), subtitle=say("chart.mood_over_time.subtitle"),
        labels={"name": say("chart.month"), "mood": say("chart.mood"), "share": say("chart.mood_share"),
                "messages": say("chart.messages_by_month.messages")},
        units={"name": "day", "mood": "name", "share": "share", "messages": "count"},
        alt=say("chart.mood_over_time.alt", months=len(months), worst=worst["name"].date(),
                share=float(worst.negative)),
        notes=(say("chart.source", as_of=as_of),))


def moods_by(what: str, found: pd.DataFrame, as_of, say) -> Chart:
    """The share of bad and of good messages of each channel, language …: what sentiment.shares gives."""
    found = found.sort_values("negative", ascending=False, kind="stable")
    series = {mood: say(f"mood.{mood}") for mood in TONES}
    frame = found.melt(["name", "messages"], list(series), "mood", "share")
    frame = frame.assign(mood=frame.mood.map(series)).reset_index(drop=True)
    return Chart(
        kind="bars", x="share", y="name", colour="mood", frame=frame, tones=_tones(series),
        title=say("chart.moods_by.title", what=what), subtitle=say("chart.moods_by.subtitle"),
        labels={"name": what, "mood": say("chart.mood"), "share": say("chart.mood_share"),
                "messages": say("chart.messages_by_month.messages")},
        units={"name": "name", "mood": "name", "share": "share", "messages": "count"},
        alt=say("chart.moods_by.alt", worst=str(found.name.iloc[0]), share=float(found.negative.iloc[0])),
        notes=(say("chart.source", as_of=as_of),))


def mood_words(words: pd.DataFrame, side: str, as_of, say) -> Chart:
    """The words that weigh most in bad, or in good, messages: what sentiment.deciding_words gives."""
    series = {mood: say(f"mood.{mood}") for mood in TONES}
    words = words[words.side == side].sort_values("messages", ascending=False, kind="stable", ignore_index=True)
    frame = pd.DataFrame({
        "term": [say("chart.mood_words.denied", term=row.term) if row.denied else row.term
                 for row in words.itertuples()], "messages": words.messages, "mood": series[side]})
    return Chart(
        kind="bars", x="messages", y="term", colour="mood", tones=_tones(series), frame=frame,
        title=say(f"chart.mood_words.{side}"),
        subtitle=say("chart.mood_words.subtitle"),
        labels={"term": say("chart.keyword_bars.term"), "messages": say("chart.messages_by_month.messages")},
        units={"term": "name", "messages": "count"},
        alt=say("chart.mood_words.alt", term=frame.term.iloc[0], messages=int(frame.messages.iloc[0])),
        notes=(say("chart.source", as_of=as_of),))


def _tones(series: dict[str, str]) -> dict[str, str]:
    return {words: TONES[mood] for mood, words in series.items()}
