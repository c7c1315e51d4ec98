"""One pair at a time: both records side by side, why they may be the same, and four answers under one finger."""

import streamlit as st

from crm_core import charts
from crm_core.cleaning import alike, matching
from crm_core.cleaning.queue import DOUBTFUL_BITS, ORDERS
from pages.tidying.matching import comparing, deciding, kept
from ui import chart, plain, say, store, words
from ui.alike import compared, in_words
from ui.forms import remember
from ui.parts import merging
from ui.values import called
from ui.work import show_error

SUREST = 0.99  # nobody is told that two are the same for certain
STEPS = 12  # of the bar of words


@st.fragment
def show(table: str) -> None:
    run = kept.newest(table)
    if run is None:  # the search was taken back meanwhile
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        sorting = st.pills(
            say("matching.sorting"), ORDERS, key=remember(f"matching sorting {table} {run.id}", ORDERS[0]),
            required=True, label_visibility="collapsed", width="content", wrap=True,
            format_func={name: say(f"matching.sortings.{name}") for name in ORDERS}.get)
        beside = st.container(horizontal=True, vertical_alignment="center", width="content")
    skipped = st.session_state.setdefault(f"matching skipped {table} {run.id}", [])
    waiting = _waiting(run, sorting, skipped)
    if waiting.empty and skipped:  # what was left for later comes again
        skipped.clear()
        waiting = _waiting(run, sorting, skipped)
    if "decision error" in st.session_state:
        show_error(st.session_state.pop("decision error"))
    if waiting.empty:
        said = "all_decided" if len(run.reviews) else "none_doubtful" if sorting == "doubtful" else "none_of_kind"
        st.success(say(f"matching.{said}"), icon=":material/done_all:")
        with beside:
            _last_decision()
        return
    pair = waiting.iloc[0]
    with beside:
        _progress(run, sorting, int(pair.open) + len(skipped))
        _last_decision()
    records = store().records(table, [int(pair.id_a), int(pair.id_b)])
    _answers(run, pair, records)
    parts = matching.explained(table, run.model, pair.levels)
    left, right = st.columns((3, 2), gap="medium")
    with left:
        comparing.show(table, records, parts)
        st.caption(say("matching.legend"))
    with right:
        _why(run, pair, parts, records)
        _open_each(table, records)


def _waiting(run: kept.Run, sorting: str, skipped: list[int]):
    return store().frame("match_queue", table=run.table, run=run.id, sorting=sorting, cut=run.judgement.weight,
                         within=DOUBTFUL_BITS, skipped=[0, *skipped], limit=1)


def _progress(run: kept.Run, sorting: str, waiting: int) -> None:
    weights = run.reviews.weight
    cut = run.judgement.weight
    asked = (abs(weights - cut) <= DOUBTFUL_BITS if sorting == "doubtful" else weights >= cut if sorting == "sure"
             else weights >= cut - DOUBTFUL_BITS)
    decided = int(asked.sum())
    done = round(decided / (decided + waiting) * 10)
    st.caption("▰" * done + "▱" * (10 - done) + " " + say(
        "matching.progress", decided=decided, all=decided + waiting), width="content")


def _last_decision() -> None:
    made = st.session_state.get("decisions made", [])
    if made:
        st.button(say("matching.undo_last", what=made[-1][1]), key="undo decision", type="tertiary", shortcut="Z",
                  icon=":material/undo:", on_click=deciding.take_back)


def _answers(run: kept.Run, pair, records: list[dict]) -> None:
    """The verdict so far and the four answers: above what differs in height, so that they stay where the finger is."""
    probability = float(pair.probability)
    verdict = "likely" if pair.weight >= run.judgement.weight else "unlikely"
    if (probability >= 0.5) != (verdict == "likely"):  # the threshold lies elsewhere than at one half
        verdict = "taken" if verdict == "likely" else "not_taken"
    arguments = (run.table, int(pair.id_a), int(pair.id_b), probability)
    st.markdown(say(f"matching.verdict.{verdict}", probability=min(probability, SUREST)))
    with st.container(horizontal=True, gap="small", key="answers"):
        st.button(say("matching.same"), key="same", type="primary", icon=":material/merge:", shortcut="S",
                  on_click=deciding.decide, args=(*arguments, "same"))
        st.button(say("matching.different"), key="different", icon=":material/call_split:", shortcut="D",
                  on_click=deciding.decide, args=(*arguments, "different"))
        st.button(say("matching.unsure"), key="unsure", icon=":material/question_mark:", shortcut="U",
                  on_click=deciding.decide, args=(*arguments, "unsure"))
        st.button(say("matching.skip"), key="skip", type="tertiary", icon=":material/skip_next:", shortcut="N",
                  on_click=deciding.skip, args=(f"matching skipped {run.table} {run.id}", int(pair.id)))


def _open_each(table: str, records: list[dict]) -> None:
    with st.container(horizontal=True, gap="small"):
        for record in records:
            st.page_link("pages/data_entry.py", icon=":material/open_in_new:",
                         label=say("matching.open", name=called(table, record, 30)),
                         query_params={"part": table, "open": str(int(record["id"]))})
        st.page_link("pages/cleaning.py", icon=":material/merge:", label=say("matching.merge_by_field"),
                     query_params=merging(table, [record["id"] for record in records]))


def _why(run: kept.Run, pair, parts, records: list[dict]) -> None:
    """What speaks for and against, the strongest first; as a chart where somebody wants to carry it away."""
    told_parts = [part for part in parts if part.level != "missing" and abs(part.weight) >= 0.05]
    texts = [kept.as_texts(run.table, record) for record in records]
    missing = [compared(run.table, part) for part in alike.empty_in_one(parts, *texts)]
    st.markdown(f"**{say('matching.why')}**")
    most = max((abs(part.weight) for part in told_parts), default=1.0)
    lines = []
    for part in sorted(told_parts, key=lambda part: -abs(part.weight)):
        steps = max(1, round(abs(part.weight) / max(most, 6.0) * STEPS)) if abs(part.weight) >= 0.4 else 0
        colour = "green" if part.weight > 0 else "red"
        bar = f":{colour}[{'▮' * steps}] " if steps else ""
        strength = say(f"matching.strength.{alike.strength(part.weight)}")
        lines.append(f"{bar}{words.markdown_safe(in_words(run.table, part))}: **{strength}** "
                     f":gray[:small[({part.weight:+.1f})]]")
    st.markdown("  \n".join(lines))
    before = float(pair.weight) - sum(part.weight for part in parts)
    if abs(before) >= 0.05:
        st.caption(say("matching.before", weight=f"{before:+.1f}"))
    if missing:
        st.caption(say("matching.not_compared", what=plain("batch.comma").join(missing)))
    if told_parts and st.toggle(say("matching.as_chart"), key=remember("matching as chart", False)):
        names = " · ".join(called(run.table, record, 24) for record in records)
        chart(charts.match_waterfall([(in_words(run.table, part), part.weight) for part in told_parts], names,
                                     float(pair.weight), float(pair.probability), plain), key="match waterfall")
