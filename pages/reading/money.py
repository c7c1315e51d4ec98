"""What customers did after they spoke of something, beside like conversations: left, spent, wrote again."""

from dataclasses import replace

import streamlit as st

from crm_core import charts
from crm_core.text_mining.conversations import OUTCOMES, conversations, follow, known_until
from crm_core.text_mining.themes import (
    FALSE_SHARE,
    FEWEST,
    Told,
    over_lags,
    what_follows,
)
from pages.reading import asking, showing, themes_at_hand
from ui import chart, errors_in_words, job, language, plain, say, store, table, today
from ui.forms import remember

HORIZONS = (30, 90, 180, 365)
LAGS = ((-180, -91), (-90, -1), (1, 30), (31, 90), (91, 180), (181, 365))
MOST_SHOWN = 10  # messages of a theme


def show() -> None:
    with errors_in_words():
        reading = asking.reading()
        if reading is None:
            return
        st.caption(say("money.what"))
        if reading.chosen.messages.customer_id.isna().all():
            st.info(say("money.nobody"), icon=":material/person_off:")
            st.page_link("pages/data_entry.py", label=say("home.import_a_file"), icon=":material/upload_file:",
                         query_params={"part": "import"})
            return
        kind, outcome, horizon_days = _ask(reading)
        themes_state, make_themes = themes_at_hand.themes(reading, kind)
        themes, followed, told = _worked_out(reading, themes_state, make_themes, horizon_days)
        findings = told.findings(outcome)
        _headline(told, findings, outcome, kind)
        if len(findings):
            chart(charts.theme_forest(findings, outcome, horizon_days, followed.until.date(), plain, language()),
                  key="themes")
        _all(told, outcome, kind)
        _one(reading, themes, followed, told, outcome)
    with st.expander(say("money.how"), icon=":material/help:"):
        st.markdown(say("money.how_text", false=FALSE_SHARE, fewest=FEWEST))


def _ask(reading) -> tuple[str, str, int]:
    kinds = themes_at_hand.kinds(reading)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        outcome = st.segmented_control(
            say("money.outcome"), OUTCOMES, key=remember("money outcome", OUTCOMES[0]), required=True, wrap=True,
            format_func={name: say(f"money.outcome_{name}") for name in OUTCOMES}.get)
        horizon_days = st.segmented_control(
            say("money.horizon"), HORIZONS, key=remember("money horizon", 180), required=True, wrap=True,
            format_func={days: say("money.days", days=days) for days in HORIZONS}.get)
        if st.session_state.get("money kind") not in kinds:
            st.session_state.pop("money kind", None)
        kind = st.segmented_control(
            say("money.kind"), kinds, key=remember("money kind", "words"), required=True, wrap=True,
            format_func={name: say(f"money.kind_{name}") for name in kinds}.get)
    return kind, outcome, int(horizon_days)


def _worked_out(reading, themes_state: tuple, make_themes, horizon_days: int):
    """The themes, what followed every conversation, and what goes with the themes; done beside the page."""
    book = store()
    revision = book.revision("communications", "service_requests", "orders", "customers")

    def work(progress):
        chosen = reading.chosen
        themes = make_themes()
        progress(0.2)
        windows = [window for window in LAGS if window[1] <= horizon_days]
        with book.look() as look:
            followed = follow(look, conversations(chosen.messages), known_until(look, today()),
                              [*windows, (1, horizon_days)])
        progress(0.6)
        told = what_follows(themes, followed, horizon_days, progress=lambda share: progress(0.6 + 0.4 * share))
        return themes, followed, told

    return job(("what follows", *reading.state, revision, themes_state, horizon_days), say("money.working"), work)


def _headline(told: Told, findings, outcome: str, kind: str) -> None:
    more = int((findings.times > 1).sum())
    st.markdown(say("money.compared", conversations=told.conversations, customers=told.customers,
                    days=told.horizon_days, themes=told.themes, kind=plain(f"money.themes_{kind}")))
    if not len(findings):
        st.info(say(f"money.nothing_{outcome}"), icon=":material/balance:")
        return
    st.markdown(f"**{say(f'money.found_{outcome}', count=len(findings), more=more, less=len(findings) - more)}** "
                + say("money.false", share=FALSE_SHARE))
    st.warning(say("money.no_cause"), icon=":material/info:")


def _all(told: Told, outcome: str, kind: str) -> None:
    found = told.found[told.found.outcome == outcome]
    with st.expander(say("money.all", count=len(found))):
        money = outcome == "spent"
        shown = found.assign(rate=found.rate if money else 100 * found.rate,
                             like_rate=found.like_rate if money else 100 * found.like_rate,
                             told=[plain("money.told_yes") if q <= FALSE_SHARE else plain("money.told_no")
                                   for q in found.q])
        table(shown, key=f"themes {outcome} {kind}", name=plain(f"money.outcome_{outcome}"),
              labels={column: plain(f"money.column_{column}") for column in (
                  "name", "customers", "conversations", "rate", "like_rate", "times", "low", "high", "p", "q", "told")},
              formats={"rate": "%.0f" if money else "%.1f%%", "like_rate": "%.0f" if money else "%.1f%%",
                       "times": "%.2f", "low": "%.2f", "high": "%.2f", "p": "%.2g", "q": "%.2g"})


def _one(reading, themes, followed, told: Told, outcome: str) -> None:
    """One theme window by window, and where it was said."""
    found = told.found[told.found.outcome == outcome]
    if found.empty:
        return
    st.subheader(say("money.one"), anchor=False)
    names = list(found.name)
    if st.session_state.get("money theme") not in names:
        st.session_state.pop("money theme", None)
    name = st.selectbox(say("money.theme"), names, key=remember("money theme", names[0]), width=320)
    windows = {window: rows for window, rows in followed.after.items() if window != (1, told.horizon_days)
               or window in LAGS}
    lags = over_lags(themes, name, replace(followed, after=windows), outcome)
    row = found[found.name == name].iloc[0]
    each = (lambda value: f"{value:,.0f}") if outcome == "spent" else (lambda value: f"{value:.1%}")
    st.markdown(say(f"money.row_{outcome}", name=name, rate=each(row.rate), like=each(row.like_rate),
                    days=told.horizon_days, times=f"{row.times:.2f}", low=f"{row.low:.2f}", high=f"{row.high:.2f}",
                    customers=int(row.customers)))
    if len(lags):
        chart(charts.theme_over_lags(lags, name, outcome, followed.until.date(), plain, language()), key="theme lags")
        st.caption(say("money.lags_help"))
    said = themes.said[:, themes.names.index(name)].toarray().ravel() > 0
    messages = reading.chosen.messages[said].drop_duplicates("text", keep="last").iloc[::-1]
    st.markdown(f"**{say('money.said', count=int(said.sum()), name=name)}**")
    messages = messages.head(MOST_SHOWN)
    for row, text in zip(messages.itertuples(), asking.shown(messages), strict=True):
        showing.card(row, text)
