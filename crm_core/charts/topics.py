"""The charts of topics: how many messages each has, how it goes, who speaks of it, where its messages lie, why so many.

Each takes the answer of text_mining.topics, the day and `say`; `names` are those of the topics, numbered from 1.
"""
import pandas as pd

from crm_core.charts.chart import Chart, Mark

MOST_LINES = 6  # topics over time beside the chosen one
MOST_VALUES = 8  # columns of the table of shares
MOST_MARKS = 16  # numbers on the map


def numbered_topics(topics) -> dict[int, str]:
    """1 delay · late · gate: the number keeps apart what is called alike, and stands on the map."""
    return {topic: f"{topic + 1} {name}" for topic, name in enumerate(topics.names)}


def topic_sizes(topics, as_of, say) -> Chart:
    """Messages of each topic, and of none."""
    names, sizes = numbered_topics(topics), topics.sizes
    frame = pd.DataFrame({
        "name": [*names.values(), say("chart.topics.none")],
        "messages": [*map(int, sizes), int((topics.assigned < 0).sum())],
        "words": [*(", ".join(topics.top(topic)) for topic in names), ""]})
    frame["share"] = frame.messages / max(1, len(topics.assigned))
    frame["none"] = frame.index == topics.k
    largest = frame.iloc[int(frame.messages[:-1].argmax())]
    return Chart(
        kind="bars", x="messages", y="name", frame=frame, unfinished="none",
        title=say("chart.topic_sizes.title"), subtitle=say("chart.topic_sizes.subtitle", coverage=topics.coverage),
        labels={"name": say("chart.topics.topic"), "messages": say("chart.topics.messages"),
                "share": say("chart.topics.share"), "words": say("chart.topics.words")},
        units={"name": "name", "messages": "count", "share": "share", "words": "name"},
        alt=say("chart.topic_sizes.alt", k=topics.k, coverage=topics.coverage, largest=largest["name"],
                messages=int(largest.messages)),
        notes=(say("chart.source", as_of=as_of),))


def topics_by_month(topics, told: pd.DataFrame, chosen: int, as_of, say) -> Chart:
    """The share of each month's messages that are of a topic: the chosen one, the largest others beside it.

    `told`: month, topic, messages, share, as topics.by_month tells them.
    """
    names = numbered_topics(topics)
    largest = [int(topic) for topic in topics.sizes.argsort()[::-1] if topic != chosen][:MOST_LINES]
    frame = told[told.topic.isin([chosen, *largest])].assign(name=lambda rows: rows.topic.map(names))
    mine = frame[frame.topic == chosen]
    best = mine.loc[mine.share.idxmax()]
    return Chart(
        kind="points", x="month", y="share", colour="name", emphasis=names[chosen], frame=frame,
        title=say("chart.topics_by_month.title"), subtitle=say("chart.topics_by_month.subtitle"),
        labels={"month": say("chart.month"), "name": say("chart.topics.topic"), "share": say("chart.topics.share"),
                "messages": say("chart.topics.messages")},
        units={"month": "day", "name": "name", "share": "share", "messages": "count"},
        alt=say("chart.topics_by_month.alt", topic=names[chosen], best=best.month.date(), share=float(best.share),
                messages=int(best.messages)),
        notes=(say("chart.source", as_of=as_of),))


def topics_by_value(topics, told: pd.DataFrame, words: dict, what: str, as_of, say) -> Chart:
    """Which share of a segment's, channel's, language's messages is of each topic, darker than usual or lighter.

    `told`: value, topic, messages, share, as topics.by_value tells them; `words` of the values, `what` they are.
    """
    names = numbered_topics(topics)
    shown = list(dict.fromkeys(told.value))[:MOST_VALUES]
    frame = told[told.value.isin(shown) & (told.topic >= 0)].copy()
    usual = dict(enumerate(topics.sizes / max(1, len(topics.assigned))))
    lift = frame.share / frame.topic.map(usual).clip(lower=1e-9)
    frame["position"] = lift / (1 + lift)  # half: as often as in all messages
    frame["name"], frame["value"] = frame.topic.map(names), frame.value.map(words)
    frame["cell"] = [f"{share:.0%}" if share == 0 or share >= 0.0995 else f"{share:.1%}" for share in frame.share]
    highest = frame.loc[frame.position.where(frame.messages >= 5, 0).idxmax()]
    left_out = told.value.nunique() - len(shown)
    notes = (say("chart.topics_by_value.left_out", count=left_out),) if left_out else ()
    return Chart(
        kind="heatmap", x="value", y="name", colour="position", text="cell", frame=frame,
        title=say("chart.topics_by_value.title", what=what), subtitle=say("chart.topics_by_value.subtitle"),
        labels={"value": what, "name": say("chart.topics.topic"), "share": say("chart.topics.share"),
                "messages": say("chart.topics.messages")},
        units={"value": "name", "name": "name", "share": "share", "messages": "count"},
        scale=(say("chart.topics_by_value.rarer"), say("chart.topics_by_value.usual"),
               say("chart.topics_by_value.more")),
        alt=say("chart.topics_by_value.alt", topic=highest["name"], value=highest["value"],
                share=float(highest.share)),
        notes=(*notes, say("chart.source", as_of=as_of)))


def topic_map(topics, told: pd.DataFrame, texts: pd.Series, as_of, say) -> Chart:
    """Messages as dots, those that say alike close together.

    `told`: row, topic, x, y, as topics.message_map tells them; `texts` what may be shown of each.
    """
    names = numbered_topics(topics)
    none = say("chart.topics.none")
    frame = told.assign(name=told.topic.map(names).fillna(none), text=texts.to_numpy())
    frame = frame.assign(last=frame.topic < 0).sort_values(["last", "topic"], kind="stable")
    middles = frame[frame.topic >= 0].groupby("topic")[["x", "y"]].median()
    largest = frame[frame.topic >= 0].topic.value_counts().index[:MOST_MARKS]
    return Chart(
        kind="scatter", x="x", y="y", colour="name", frame=frame, hidden_axes=True, order=tuple(names.values()),
        title=say("chart.topic_map.title"), subtitle=say("chart.topic_map.subtitle"),
        labels={"name": say("chart.topics.topic"), "text": say("chart.topic_map.text"), "x": "", "y": ""},
        units={"name": "name", "text": "name", "x": "number", "y": "number"},
        marks=tuple(Mark(place.x, place.y, words=str(topic + 1), series=names[topic])
                    for topic, place in middles.iterrows() if topic in largest),
        alt=say("chart.topic_map.alt", shown=len(frame), k=topics.k),
        notes=(say("chart.topic_map.sample", shown=len(frame), messages=len(topics.assigned)),
               say("chart.source", as_of=as_of)))


def topic_number(topics, as_of, say) -> Chart:
    """How surely topics are found again at each number of topics, and how well their words hold together."""
    frame = topics.by_k.melt("k", ["stability", "npmi"], var_name="measure", value_name="value")
    frame["measure"] = frame.measure.map({name: say(f"chart.topic_number.{name}") for name in ("stability", "npmi")})
    chosen = topics.by_k[topics.by_k.k == topics.k].iloc[0]
    return Chart(
        kind="curves", x="k", y="value", colour="measure", emphasis=say("chart.topic_number.stability"), frame=frame,
        title=say("chart.topic_number.title"), subtitle=say("chart.topic_number.subtitle"),
        labels={"k": say("chart.topic_number.k"), "measure": say("chart.measure"),
                "value": say("chart.topic_number.value")},
        units={"k": "count", "measure": "name", "value": "number"},
        marks=(Mark(int(chosen.k), float(chosen.stability), say("chart.topic_number.chosen", k=int(chosen.k))),),
        alt=say("chart.topic_number.alt", k=int(chosen.k), stability=float(chosen.stability),
                npmi=round(float(chosen.npmi), 2)),
        notes=(say("chart.source", as_of=as_of),))
