"""The score of a table: its parts, how it is computed, and how it went."""

import pandas as pd
import streamlit as st

from crm_core import charts
from crm_core.cleaning import quality
from crm_core.cleaning.findings import reads
from crm_core.cleaning.profile import Profile
from pages.tidying.looking.said import columns_said
from ui import chart, job, plain, say, store, today
from ui.batches import purpose
from ui.say import language
from ui.words import moment


def show(profile: Profile, overall: float | None):
    """The score and its parts; the place for its history is returned."""
    found = profile.quality
    st.subheader(say("overview.quality"), anchor=False)
    left, right = st.columns(2, gap="large")
    with left:
        with st.container(horizontal=True, gap="small", key="scores"):
            st.metric(say(f"table.{profile.table}"), f"{found.score:.1f}", border=True,
                      width=165, help=say("overview.score_help"))
            st.metric(say("overview.overall"), f"{overall:.1f}", border=True, width=165,
                      help=say("overview.overall_help"))
        st.dataframe(
            pd.DataFrame({"part": [plain(f"quality_part.{part.name}") for part in found.parts],
                          "share": [100 * part.share for part in found.parts],
                          "weight": [part.weight for part in found.parts]}),
            hide_index=True, key="parts", width="stretch", column_config={
                "part": st.column_config.Column(plain("overview.part"), width=140),
                "share": st.column_config.ProgressColumn(plain("overview.share"), format="%.1f%%", min_value=0,
                                                         max_value=100, width=150),
                "weight": st.column_config.NumberColumn(plain("overview.weight"), width=70)})
    with right:
        past = st.container()
        with st.expander(say("overview.how"), icon=":material/calculate:"):
            _how(found)
        _fresh(profile)
    return past


def _how(found: quality.Quality) -> None:
    st.markdown("\n".join(
        f"- **{say(f'quality_part.{part.name}')}** · {say(f'quality_part_is.{part.name}')} "
        f"{say('overview.good_of', good=part.good, of=part.of)}" for part in found.parts))
    terms = " + ".join(f"{part.weight} × {100 * part.share:.1f}" for part in found.parts)
    weights = sum(part.weight for part in found.parts)
    st.markdown(say("overview.formula", terms=terms, weights=weights, score=f"{found.score:.1f}"))
    asked = [gap.columns for gap in found.gaps]
    st.caption(say("overview.expected", columns=columns_said(found.table, asked)))
    if found.unused:
        st.caption(say("overview.unused", columns=columns_said(found.table, found.unused)))


def _fresh(profile: Profile) -> None:
    fresh = profile.freshness
    told = [say("overview.rows", count=profile.rows)]
    if fresh.written:
        told.append(say("overview.written", when=fresh.written))
    if fresh.happened:
        told.append(say("overview.happened", when=pd.Timestamp(fresh.happened).date()))
    told.append(say("overview.touched", share=fresh.touched / profile.rows))
    st.caption(" ".join(told))


@st.cache_data(max_entries=500, show_spinner=False)
def _past_score(path: str, table: str, revision: int, _past: quality.Past) -> float | None:
    """What was is not asked twice."""
    with store().look() as ask:
        return quality.past_score(ask, table, _past)


def show_history(profile: Profile) -> None:
    book, table, now = store(), profile.table, profile.quality.score
    path, most = str(book.path), quality.looked_back(profile.rows)

    def work(progress) -> list[tuple[quality.Past, float]]:
        with book.look() as ask:
            changes = quality.changes(ask, table, most)
        told = []
        for done, past in enumerate(changes, start=1):
            told.append((past, _past_score(path, table, past.revision, past)))
            progress(done / len(changes))
        return [(past, score) for past, score in told if score is not None]

    points = job(("quality history", path, table, book.revision(*reads(table))), say("overview.looking_back"), work)
    if len(points) < 2:
        st.caption(say("overview.no_history"))
        return
    frame = pd.DataFrame({
        "score": [round(score, 2) for _, score in points] + [round(now, 2)],
        "change": [purpose(past) for past, _ in points] + [plain("overview.as_it_is")],
        "made_at": [moment(language(), past.made_at) for past, _ in points] + [str(today())]})
    chart(charts.quality_history(frame, plain(f"table.{table}"), plain), key="quality history")
