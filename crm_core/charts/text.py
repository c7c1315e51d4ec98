"""The charts of messages and their words."""
import pandas as pd

from crm_core.charts.chart import Chart

MOST_BARS = 20
MOST_IN_CLOUD = 60


def messages_by_month(when: pd.Series, as_of, say) -> Chart:
    """How many messages each month has; the last one is drawn fainter while it is not over."""
    counts = when.dt.to_period("M").dt.to_timestamp().value_counts().sort_index()
    counts = counts.reindex(pd.date_range(counts.index.min(), counts.index.max(), freq="MS"), fill_value=0)
    as_of = pd.Timestamp(as_of).normalize()
    frame = pd.DataFrame({"month": counts.index, "messages": counts.to_numpy()})
    frame["unfinished"] = frame.month + pd.offsets.MonthEnd(0) > as_of
    best = frame.loc[frame.messages.idxmax()]
    return Chart(
        kind="columns", x="month", y="messages", frame=frame, unfinished="unfinished",
        title=say("chart.messages_by_month.title"),
        subtitle=say("chart.messages_by_month.unfinished", as_of=as_of.date()) if frame.unfinished.iloc[-1] else "",
        labels={"month": say("chart.month"), "messages": say("chart.messages_by_month.messages")},
        units={"month": "month", "messages": "count"},
        alt=say("chart.messages_by_month.alt", months=len(frame), best=best.month.date(), messages=int(best.messages)),
        notes=(say("chart.source", as_of=as_of.date()),))


def messages_by(what: str, counts: dict[str, int], as_of, say) -> Chart:
    """How many messages each channel or language has, the most first: words of it → messages."""
    frame = pd.DataFrame({"name": list(counts), "messages": list(counts.values())})
    frame = frame.sort_values("messages", ascending=False, kind="stable", ignore_index=True).head(MOST_BARS)
    return Chart(
        kind="bars", x="messages", y="name", frame=frame, title=say(f"chart.messages_by.{what}"),
        labels={"name": say(f"chart.messages_by.{what}_name"), "messages": say("chart.messages_by_month.messages")},
        units={"name": "name", "messages": "count"},
        alt=say("chart.messages_by.alt", kinds=len(frame), most=frame.name[0], messages=int(frame.messages[0])),
        notes=(say("chart.source", as_of=as_of),))


def keyword_bars(keywords: pd.DataFrame, as_of, say) -> Chart:
    """The weightiest words and phrases, those that most messages have first."""
    frame = keywords[["term", "messages", "count", "share"]].head(MOST_BARS)
    frame = frame.sort_values("messages", ascending=False, kind="stable", ignore_index=True)
    return Chart(
        kind="bars", x="messages", y="term", frame=frame, title=say("chart.keyword_bars.title"),
        subtitle=say("chart.keyword_bars.subtitle"),
        labels={"term": say("chart.keyword_bars.term"), "messages": say("chart.messages_by_month.messages"),
                "count": say("chart.keyword_bars.count"), "share": say("chart.keyword_bars.share")},
        units={"term": "name", "messages": "count", "count": "count", "share": "share"},
        alt=say("chart.keyword_bars.alt", term=frame.term.iloc[0], messages=int(frame.messages.iloc[0])),
        notes=(say("chart.source", as_of=as_of),))


def keyword_cloud(keywords: pd.DataFrame, as_of, say) -> Chart:
    """The same as a cloud: an impression; the list has the figures."""
    frame = keywords[["term", "messages"]].head(MOST_IN_CLOUD)
    return Chart(
        kind="cloud", x="messages", y="messages", text="term", size="messages", frame=frame,
        title=say("chart.keyword_cloud.title"), subtitle=say("chart.keyword_cloud.subtitle"),
        labels={"term": say("chart.keyword_bars.term"), "messages": say("chart.messages_by_month.messages")},
        units={"term": "name", "messages": "count"},
        alt=say("chart.keyword_cloud.alt", terms=say("cards.comma").join(frame.term.head(10))),
        notes=(say("chart.source", as_of=as_of),))


def keyness_bars(keyness: pd.DataFrame, here: str, there: str, as_of, say) -> Chart:
    """Words of which messages here have more or less than there; `here` and `there` are the words for both sides."""
    keyness = keyness.reset_index(drop=True)
    frame = pd.concat([
        pd.DataFrame({"term": keyness.term, "side": name, "share": keyness[f"share_{side}"], "messages": keyness[side]})
        for side, name in (("here", here), ("there", there))]).sort_index(kind="stable")
    return Chart(
        kind="bars", x="share", y="term", colour="side", frame=frame, emphasis=here,
        title=say("chart.keyness_bars.title"), subtitle=say("chart.keyness_bars.subtitle"),
        labels={"term": say("chart.keyword_bars.term"), "side": say("chart.keyness_bars.side"),
                "share": say("chart.keyword_bars.share"), "messages": say("chart.messages_by_month.messages")},
        units={"term": "name", "side": "name", "share": "share", "messages": "count"},
        alt=say("chart.keyness_bars.alt", term=keyness.term.iloc[0], here=float(keyness.share_here.iloc[0]),
                there=float(keyness.share_there.iloc[0])),
        notes=(say("chart.source", as_of=as_of),))


def term_by_month(term: str, months: pd.DataFrame, as_of, say) -> Chart:
    """The share of each month's messages that have a term: what keywords.over_time gives."""
    as_of = pd.Timestamp(as_of).normalize()
    frame = months.assign(unfinished=months.month + pd.offsets.MonthEnd(0) > as_of, share=months.share.fillna(0.0))
    best = frame.loc[frame.share.idxmax()]
    return Chart(
        kind="columns", x="month", y="share", frame=frame, unfinished="unfinished",
        title=say("chart.term_by_month.title", term=term), subtitle=say("chart.term_by_month.subtitle"),
        labels={"month": say("chart.month"), "share": say("chart.keyword_bars.share"),
                "having": say("chart.term_by_month.having"), "messages": say("chart.term_by_month.messages")},
        units={"month": "month", "share": "share", "having": "count", "messages": "count"},
        alt=say("chart.term_by_month.alt", term=term, best=best.month.date(), share=float(best.share)),
        notes=(say("chart.source", as_of=as_of.date()),))
