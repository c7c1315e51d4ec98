"""The charts of taught classes."""
import pandas as pd

from crm_core.charts.chart import Chart

MOST_BARS = 20
LONGEST_HEAD = 9  # signs of a class's name over a column
ROOMY = 5  # classes up to which the names have room
MOST_CELLS = 12  # classes whose confusion has room; of more the commonest


def class_sizes(counts: dict[str, int], review: int, as_of, say) -> Chart:
    """How many messages are of each class, the most first, and how many wait for somebody to look at them."""
    frame = pd.DataFrame({"name": list(counts), "messages": list(counts.values())})
    frame = frame.sort_values("messages", ascending=False, kind="stable", ignore_index=True).head(MOST_BARS)
    frame = pd.concat([frame, pd.DataFrame({"name": [say("chart.class_sizes.review")], "messages": [review]})],
                      ignore_index=True)
    frame["waits"] = frame.index == len(frame) - 1
    return Chart(
        kind="bars", x="messages", y="name", frame=frame, unfinished="waits", title=say("chart.class_sizes.title"),
        labels={"name": say("chart.class_sizes.name"), "messages": say("chart.messages_by_month.messages")},
        units={"name": "name", "messages": "count"},
        alt=say("chart.class_sizes.alt", most=str(frame.name[0]), messages=int(frame.messages[0]), review=review),
        notes=(say("chart.source", as_of=as_of),))


def class_confusion(confusion: pd.DataFrame, as_of, say) -> Chart:
    """Of the labelled messages of each class (lines), which share was said to be of which (columns), unseen."""
    notes = [say("chart.source", as_of=as_of)]
    if len(confusion) > MOST_CELLS:
        kept = confusion.sum(axis=1).sort_values(ascending=False, kind="stable").index[:MOST_CELLS]
        notes.insert(0, say("chart.class_confusion.some", shown=MOST_CELLS, classes=len(confusion)))
        kept = [name for name in confusion.index if name in set(kept)]
        confusion = confusion.loc[kept, kept]
    totals = confusion.sum(axis=1).clip(lower=1)
    heads = _heads([str(name) for name in confusion.columns])
    rows, right = [], 0
    for truth in confusion.index:
        for said, head in zip(confusion.columns, heads, strict=True):
            count = int(confusion.loc[truth, said])
            share = float(count / totals[truth])
            right += count if truth == said else 0
            # The middle of the scale is nothing: what is right goes to one side, what is wrong to the other.
            rows.append({"truth": str(truth), "said": head, "messages": count, "share": share, "words": f"{count}",
                         "place": 0.5 + share / 2 * (1 if truth == said else -1)})
    frame = pd.DataFrame(rows)
    return Chart(
        kind="heatmap", x="said", y="truth", colour="place", text="words", frame=frame,
        title=say("chart.class_confusion.title"), subtitle=say("chart.class_confusion.subtitle"),
        labels={"truth": say("chart.class_confusion.truth"), "said": say("chart.class_confusion.said"),
                "messages": say("chart.messages_by_month.messages"), "share": say("chart.class_confusion.share")},
        units={"truth": "name", "said": "name", "messages": "count", "share": "share", "place": "share"},
        scale=(say("chart.class_confusion.wrong"), say("chart.class_confusion.none"),
               say("chart.class_confusion.right")),
        alt=say("chart.class_confusion.alt", classes=len(confusion), share=right / max(1, int(totals.sum()))),
        notes=tuple(notes))


def _heads(names: list[str]) -> list[str]:
    """Names over narrow columns, short and each its own."""
    heads: list[str] = []
    for place, name in enumerate(names):
        short = name if len(name) <= LONGEST_HEAD or len(names) <= ROOMY else name[:LONGEST_HEAD - 1] + "…"
        heads.append(short if short not in heads else f"{short[:LONGEST_HEAD - 3]}… {place + 1}")
    return heads
