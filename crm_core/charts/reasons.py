"""The charts of reasons: what a model lives on, how what it says moves along a feature, what makes up one answer.

`what` are the words of what is predicted. `say` is ui.plain, or what says a sentence of a language.
"""
import pandas as pd

from crm_core.charts.chart import Chart
from crm_core.charts.feature_words import feature_words, inside_sentence
from crm_core.charts.reason_words import facts_words, range_words

MOST_BARS = 10  # groups of features; the rest say little
MOST_NAMED = 2  # features of a group by name


def group_words(features: tuple[str, ...], say) -> str:
    """Orders, Total spent and 3 more"""
    named = say("reasons.comma").join(feature_words(name, say) for name in features[:MOST_NAMED])
    more = len(features) - MOST_NAMED
    return say("reasons.and_more", named=named, count=more) if more > 0 else named


def feature_importance(found, say, as_of) -> Chart:
    """What is lost on unseen rows when a feature, or a group of features that go together, says nothing any more."""
    shown = found.groups.head(MOST_BARS)
    frame = shown.round(3).assign(name=_apart([group_words(features, say) for features in shown.features]))
    measure = found.measures[0]
    notes = [say("chart.importance.note", rows=found.rows, repeats=found.repeats)]
    if (found.groups.features.map(len) > 1).any():
        notes.append(say("chart.importance.note_groups"))
    if found.refit:
        notes.append(say("chart.importance.note_refit"))
    if len(found.groups) > len(shown):
        notes.append(say("chart.importance.note_more", count=len(found.groups) - len(shown)))
    return Chart(
        kind="intervals", x="lost", y="name", frame=frame[["name", "lost", "low", "high", "lost_other"]],
        title=say("chart.importance.title"),
        subtitle=say("chart.importance.subtitle", measure=say(f"reasons.measure.{measure}"), whole=found.whole[0]),
        labels={"name": say("chart.importance.name"),
                "lost": say("chart.importance.lost", measure=say(f"reasons.measure.{measure}")),
                "low": say("chart.importance.low"), "high": say("chart.importance.high"),
                "lost_other": say("chart.importance.lost_other", measure=say(f"reasons.measure.{found.measures[1]}"))},
        units={"name": "name", **dict.fromkeys(("lost", "low", "high", "lost_other"), "number")},
        alt=" ".join(say("chart.importance.alt_row", name=row.name, lost=f"{row.lost:.3f}", low=f"{row.low:.3f}",
                         high=f"{row.high:.3f}") for row in frame.head(5).itertuples(index=False)),
        notes=(*notes, say("chart.source", as_of=as_of)))


def feature_response(found, say, what: str, amount: bool, as_of, yes_no: bool = False) -> Chart:
    """What is said, and what came, in ranges of one feature; and what would be said were nothing else different."""
    names = [range_words(row, found.feature, say, yes_no) for row in found.ranges.itertuples()]
    rows = found.ranges.assign(name=_apart(names),
                               counted=[say("chart.response.rows", count=count) for count in found.ranges["rows"]])
    parts = [rows.assign(measure=say(f"chart.response.{column}"), value_of=rows[column])
             for column in ("said", "came", "alone") if rows[column].notna().any()]
    frame = pd.concat(parts, ignore_index=True)[["name", "measure", "value_of", "rows", "counted"]]
    feature = feature_words(found.feature, say)
    unit = "money" if amount else "share"
    return Chart(
        kind="ranges", x="name", y="value_of", colour="measure", text="counted", frame=frame,
        title=say("chart.response.title", feature=inside_sentence(found.feature, say)),
        subtitle=say(f"chart.response.{found.direction}", what=what),
        labels={"name": feature, "measure": say("chart.response.measure"), "value_of": what,
                "rows": say("chart.customers")},
        units={"name": "name", "measure": "name", "value_of": unit, "rows": "count"},
        alt=" ".join(say("chart.response.alt_row" if not amount else "chart.response.alt_row_amount", range=row.name,
                         said=float(row.said), count=int(row.rows)) for row in rows.itertuples(index=False)),
        notes=(say("chart.response.note"), say("chart.source", as_of=as_of)))


def reason_waterfall(told: pd.DataFrame, rest: tuple[int, float], base: float, name: str, values: dict, say,
                     amount: bool = False, yes_no: frozenset[str] = frozenset()) -> Chart:
    """From what is said of nobody in particular to what is said of one customer, reason by reason.

    `told`: features (that go together), contribution, before, after of the strongest; `rest`: how many others there
    are, and their sum; `base`: where it begins, in the unit of the contributions; `values`: the customer's own, by
    feature, and what is said in the end as "said".
    """
    say_value = _amount if amount else _chance
    rows = [(say("chart.reasons.base"), base, say_value(told.before.iloc[0]), True)]
    rows += [(facts_words(row.features, values, say, yes_no, 1), row.contribution,
              say("chart.reasons.step", step=_step(row.contribution, amount), after=say_value(row.after)), False)
             for row in told.itertuples()]
    total = base + told.contribution.sum()
    if rest[0]:
        total += rest[1]
        rows.append((say("chart.reasons.rest", count=rest[0]), rest[1], _step(rest[1], amount), False))
    frame = pd.DataFrame(rows, columns=["what", "contribution", "words", "given"])
    frame["what"] = _apart(list(frame.what))
    frame.loc[len(frame)] = [say("chart.reasons.sum"), total, say_value(values["said"]), False]
    return Chart(
        kind="waterfall", x="contribution", y="what", text="words", unfinished="given",
        frame=frame.round({"contribution": 3}), title=say("chart.reasons.title", name=name),
        subtitle=say("chart.reasons.subtitle_amount" if amount else "chart.reasons.subtitle"),
        labels={"what": say("chart.reasons.what"),
                "contribution": say("chart.reasons.amount" if amount else "chart.reasons.contribution"),
                "words": say("chart.reasons.words_amount" if amount else "chart.reasons.words")},
        units={"what": "name", "contribution": "number", "words": "name"},
        alt=" ".join(say("chart.reasons.alt_row", what=row.what, words=row.words) for row in frame.itertuples()),
        notes=(say("chart.reasons.note"),))


def _step(value: float, amount: bool) -> str:
    return f"{value:+,.2f}" if amount and abs(value) < 100 else f"{value:+,.0f}" if amount else f"{value:+.1f}"


def _chance(value: float) -> str:
    return f"{value:.0%}" if 0.0995 <= value < 0.9995 else f"{value:.1%}"


def _amount(value: float) -> str:
    return f"{value:,.2f}" if abs(value) < 100 else f"{value:,.0f}"


def _apart(names: list[str]) -> list[str]:
    """Two features may have the same words; bars of one name would lie on each other."""
    seen: dict[str, int] = {}
    for place, name in enumerate(names):
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 1:
            names[place] = f"{name} ({seen[name]})"
    return names
