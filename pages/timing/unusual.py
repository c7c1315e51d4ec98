"""What is odd: spikes, dips, missing data and lasting shifts, who carried them, and which events may be the reason."""

from dataclasses import replace

import pandas as pd
import streamlit as st

from crm_core import charts
from crm_core.time_series import anomalies, change_points, contributors, events, series
from crm_core.time_series.anomalies import Anomaly, Found
from crm_core.time_series.events import code_of, countries_of, explaining
from pages.timing import asking, happenings
from pages.timing.asking import Looking
from pages.timing.pattern import name_of, one_of
from ui import chart, errors_in_words, job, language, plain, say, store, table

WAYS = ("category", "channel", "country", "region", "segment", "source")  # of splitting, asked for who carried it
MOST_PARTS = 12
MOST_REASONS = 5


def show() -> None:
    looking = asking.looking()
    if looking is None:
        return
    one = one_of(looking)
    with errors_in_words():
        found = job(
            ("unusual", str(one.series.iloc[0]), *looking.state),
            say("unusual.looking"),
            lambda progress: anomalies.find(one, looking.asked.interval, progress, mean=_is_mean(looking)),
        )
        happened = known_events(looking, found)
        reasons = [_reasons(looking, one, happened, odd) for odd in found.anomalies]
        _figures(found, reasons)
        _chart(looking, one, found, reasons, happened)
        chosen = _list(looking, found, reasons)
        if chosen is not None:
            _who(looking, one, found.anomalies[chosen], reasons[chosen])
        _pieces(looking, one, found)
        happenings.show(looking, one, found, happened)


def known_events(looking: Looking, found: Found) -> pd.DataFrame:
    """Campaigns, holidays and own events of the time that is looked at."""
    first, last = found.frame.period.iloc[0].date(), looking.asked.until or looking.as_of
    key = (str(store().path), store().revision("campaigns", "events", "customers"), first, last, language())
    return _events(key)


@st.cache_resource(max_entries=10, show_spinner=False)
def _events(key: tuple) -> pd.DataFrame:
    with store().look() as look:
        return events.events(look, countries_of(look), key[2], key[3], key[4])


def _is_mean(looking: Looking) -> bool:
    """Whether the measure is an average or a share: no sum over days means anything."""
    measure = looking.asked.measure
    return not (looking.adds_up if series.is_own(measure) else series.can_be_zero(measure))


def _reasons(looking: Looking, one: pd.DataFrame, happened: pd.DataFrame, odd: Anomaly) -> tuple[str, ...]:
    region = code_of(str(one.series.iloc[0])) if looking.asked.split == "country" else None
    return explaining(happened, odd.kind, *odd.days(looking.asked.interval), region)[:MOST_REASONS]


def _figures(found: Found, reasons: list[tuple[str, ...]]) -> None:
    kinds = [odd.kind for odd in found.anomalies]
    with st.container(horizontal=True, gap="small", key="unusual figures"):
        st.metric(say("unusual.odd"), len(kinds), border=True, width=130, height="stretch")
        for kind in ("spike", "dip", "shift", "gap"):
            st.metric(say(f"unusual_kind.{kind}s"), kinds.count(kind), border=True, width=130, height="stretch")
        st.metric(
            say("unusual.with_event"),
            sum(bool(names) for names in reasons),
            border=True,
            width=145,
            height="stretch",
            help=say("unusual.with_event_help"),
        )
    told = say("unusual.looked_at", first=found.frame.period.iloc[0].date(), last=found.frame.period.iloc[-1].date())
    if found.yearly:
        told += " " + say("unusual.yearly", count=len(found.yearly))
    st.caption(told)


def _chart(looking: Looking, one: pd.DataFrame, found: Found, reasons, happened: pd.DataFrame) -> None:
    marks = []
    by_period = found.frame.set_index("period")
    for odd, names in zip(found.anomalies, reasons, strict=True):
        inside = by_period.loc[odd.begin : odd.end if odd.kind != "shift" else odd.begin]
        row = inside.value.fillna(inside.expected)
        period = row.idxmax() if odd.kind == "spike" else row.idxmin()
        marks.append(
            {
                "period": period,
                "value": float(row[period]),
                "kind": odd.kind,
                "explained": bool(names),
                "words": f"{_kind(odd)} {_when(looking, odd)}" + (f" · {names[0]}" if names else ""),
            }
        )
    # Holidays are too many to be drawn: the list below tells which of them lie beside what is odd.
    behind = happened[happened.kind.isin(("campaign", "own")) & (happened.starts_on <= found.frame.period.iloc[-1])]
    chart(
        charts.watched_series(
            found.frame,
            pd.DataFrame(marks, columns=["period", "value", "kind", "explained", "words"]),
            name_of(looking, one),
            looking.unit,
            looking.asked.interval,
            plain,
            behind,
        ),
        key="watched",
    )


def _list(looking: Looking, found: Found, reasons) -> int | None:
    """The table of what is odd, the newest first; the place of the one that is picked (the surest where none is)."""
    if not found.anomalies:
        st.success(say("unusual.nothing"), icon=":material/check_circle:")
        return None
    order = list(range(len(found.anomalies)))[::-1]
    rows = pd.DataFrame(
        [
            {
                "when": _when(looking, odd),
                "kind": _kind(odd),
                "actual": odd.actual,
                "expected": odd.expected,
                "range": " – ".join(_alike(looking, odd.low, odd.high)),
                "change": odd.change,
                "sure": abs(odd.sure),
                "reasons": plain("cards.comma").join(reasons[place]),
            }
            for place in order
            for odd in [found.anomalies[place]]
        ]
    )
    st.subheader(say("unusual.list"), anchor=False)
    st.caption(say("unusual.list_help_mean" if _is_mean(looking) else "unusual.list_help"))
    digits = 0 if looking.unit in ("count", "money") and rows.expected.abs().max() >= 100 else 2
    rows = rows.round({"actual": digits, "expected": digits})
    answer = table(
        rows,
        "unusual list",
        {
            "when": plain("series_chart.when"),
            "kind": plain("unusual.kind"),
            "actual": plain("unusual.actual"),
            "expected": plain("unusual.expected"),
            "range": plain("unusual.range"),
            "change": plain("unusual.change"),
            "sure": plain("unusual.sure"),
            "reasons": plain("unusual.reasons"),
        },
        formats={"change": "percent", "sure": "%.1f"},
        name=plain("unusual.list"),
        on_select="rerun",
        selection_mode="single-row",
        height=min(420, 38 + 35 * len(rows)),
    )
    picked = answer.selection.rows
    if picked and picked[0] < len(order):
        return order[picked[0]]
    return found.surest


def _who(looking: Looking, one: pd.DataFrame, odd: Anomaly, names: tuple[str, ...]) -> None:
    st.subheader(say("unusual.who", kind=_kind(odd), when=_when(looking, odd)), anchor=False)
    st.write(_sentence(looking, odd))
    if names:
        st.write(say("unusual.same_time", names=plain("cards.comma").join(names)))
    if not looking.adds_up:
        st.caption(say("unusual.no_parts"))
        return
    if looking.asked.split and looking.frame.series.nunique() > 1 and one.series.iloc[0] != "":
        st.caption(say("unusual.of_one"))
        return
    key = ("who", odd.kind, odd.begin, odd.end, *looking.state)
    found = job(key, say("unusual.looking_who"), lambda progress: _contributions(looking, odd, progress))
    if not found:
        st.caption(say("unusual.no_split"))
        return
    telling = [one for one in found if len(one.those)]
    if not telling:
        st.write(
            say("unusual.all_alike", ways=plain("cards.comma").join(asking.split_words(one.split) for one in found))
        )
    for one_split in telling:
        for part in one_split.those.head(3).itertuples():
            st.write(
                say(
                    "unusual.carried",
                    part=str(part.part),
                    split=asking.split_words(one_split.split),
                    share=part.carried,
                    usual=part.usual,
                    **dict(zip(("actual", "expected"), _alike(looking, part.actual, part.expected), strict=True)),
                )
            )
    with st.expander(say("unusual.parts"), expanded=bool(telling), icon=":material/groups:"):
        names_of = {one_split.split: asking.split_words(one_split.split) for one_split in found}
        split = st.segmented_control(
            say("unusual.by"),
            list(names_of),
            key=asking.valid("who by", found[0].split, list(names_of)),
            required=True,
            format_func=names_of.get,
        )
        parts = next(one_split for one_split in found if one_split.split == split).parts
        table(
            parts.round({"actual": 0, "expected": 0, "change": 0}),
            "unusual parts",
            {
                "part": asking.split_words(split),
                "actual": plain("unusual.actual"),
                "expected": plain("unusual.expected"),
                "change": plain("unusual.difference"),
                "carried": plain("unusual.share_carried"),
                "usual": plain("unusual.usual"),
            },
            formats={"carried": "percent", "usual": "percent"},
            name=plain("unusual.parts"),
        )


def _contributions(looking: Looking, odd: Anomaly, progress) -> list[contributors.Contributions]:
    """By every way of splitting that there is, the most telling first."""
    splits = series.splits(looking.asked.measure)
    ways = [way for way in WAYS if way in splits and not asking.overlaps(way)] or [way for way in splits if way]
    found = []
    for place, way in enumerate(ways):
        asked = replace(looking.asked, split=way, gaps="zero", largest=MOST_PARTS)
        told = contributors.contributions(way, series.read(store(), asked, looking.as_of), odd, looking.asked.interval)
        if told is not None:
            found.append(told)
        progress((place + 1) / len(ways))
    return sorted(found, key=lambda told: (not len(told.those), -told.surprise))


def _pieces(looking: Looking, one: pd.DataFrame, found: Found) -> None:
    pieces = job(
        ("pieces", str(one.series.iloc[0]), *looking.state),
        say("unusual.looking"),
        lambda _progress: change_points.pieces(found, looking.asked.interval),
    )
    st.subheader(say("unusual.pieces"), anchor=False)
    st.caption(say("unusual.pieces_help", count=len(pieces)))
    rows = pd.DataFrame(
        [
            {
                "begin": charts.period_words(piece.begin, looking.asked.interval, plain),
                "end": charts.period_words(piece.end, looking.asked.interval, plain),
                "level": piece.level,
                "growth": piece.growth,
                "jump": piece.jump,
            }
            for piece in pieces
        ]
    )
    share = bool(found.power)
    table(
        rows.round({"level": 1} if share else {"level": 1, "growth": 2, "jump": 2}),
        "pieces",
        {
            "begin": plain("unusual.from"),
            "end": plain("unusual.until"),
            "level": plain("unusual.level"),
            "growth": plain("unusual.growth"),
            "jump": plain("unusual.jump"),
        },
        formats=dict.fromkeys(("growth", "jump"), "percent") if share else {},
        name=plain("unusual.pieces"),
    )


# --- words ------------------------------------------------------------------------------------------------------------


def _kind(odd: Anomaly) -> str:
    if odd.kind == "shift":
        return plain("unusual_kind.shift_up" if odd.sure > 0 else "unusual_kind.shift_down")
    return plain(f"unusual_kind.{odd.kind}")


def _when(looking: Looking, odd: Anomaly) -> str:
    begin, end = (charts.period_words(period, looking.asked.interval, plain) for period in (odd.begin, odd.end))
    if odd.kind == "shift":
        return plain("unusual.since", begin=begin)
    return begin if begin == end else plain("unusual.from_to", begin=begin, end=end)


def _sentence(looking: Looking, odd: Anomaly) -> str:
    if odd.actual != odd.actual:
        return say("unusual.missing", expected=_value(looking, odd.expected))
    names = ("actual", "expected", "low", "high")
    blanks = dict(zip(names, _alike(looking, *(getattr(odd, name) for name in names)), strict=True))
    told = say("unusual.shifted" if odd.kind == "shift" else "unusual.was", **blanks)
    if odd.open and odd.kind != "shift":
        told += " " + say("unusual.still")
    return told


def _value(looking: Looking, value: float) -> str:
    return _alike(looking, value)[0]


def _alike(looking: Looking, *values: float) -> list[str]:
    """Figures that stand beside each other are written in one way: all of them short, or none."""
    short = max(abs(value) for value in values) >= 1e5
    return [charts.written(value, looking.unit, plain("series_chart.locale"), short=short) for value in values]
