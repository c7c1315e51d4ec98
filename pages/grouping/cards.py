"""The cards of the groups: what each is, in words; its name is written right on it."""

import streamlit as st

from crm_core.charts.feature_words import feature_words, name_words, rule_words, value_words
from crm_core.charts.plotly import THEMES
from crm_core.clustering.cards import RESAMPLES, Card
from crm_core.clustering.differences import Difference
from ui import plain, say, store
from ui.values import reference
from ui.words import markdown_safe

LONGEST_NAME = 60
COLOUR_OF = {"very_stable": "green", "stable": "green", "pattern": "orange", "shaky": "red", "unknown": "gray"}

# Bars of shares, as wide as the card: a chart of its own would be slower than all the rest of it.
_BARS_HTML = '<div class="bars" role="img"></div>'
_BARS_CSS = """
.bars { display: grid; grid-template-columns: minmax(3rem, 1fr) auto; column-gap: 0.6rem; row-gap: 0.25rem;
        align-items: center; font-family: var(--st-font); font-size: 0.875rem; color: var(--st-text-color); }
.track { height: 0.55rem; border-radius: 0.3rem; background: var(--st-secondary-background-color); overflow: hidden; }
.bar { height: 100%; border-radius: 0.3rem; min-width: 2px; }
.words { white-space: nowrap; }
"""
_BARS_JS = """
export default function({ data, parentElement }) {
  const bars = parentElement.querySelector(".bars");
  bars.replaceChildren();
  bars.setAttribute("aria-label", data.rows.map(row => row.words).join(", "));
  for (const row of data.rows) {
    const track = document.createElement("div"), bar = document.createElement("div");
    const words = document.createElement("div");
    track.className = "track"; bar.className = "bar"; words.className = "words";
    bar.style.width = `${100 * row.share}%`;
    bar.style.background = data.colour;
    words.textContent = row.words;
    track.append(bar);
    bars.append(track, words);
  }
}
"""
_bars = st.components.v2.component("share_bars", html=_BARS_HTML, css=_BARS_CSS, js=_BARS_JS)


def show(cards: tuple[Card, ...], key: str) -> dict[int, str]:
    """The cards, and the name of each group: the person's own, else the proposed one in the chosen language.

    `key` says of which grouping they are: a name that was typed belongs to that one, whatever the language.
    """
    st.subheader(say("cards.title"), anchor=False, help=say("cards.help"))
    names = {}
    across = 2 if len(cards) in (1, 2, 4) else 3
    for first in range(0, len(cards), across):
        for place, card in zip(st.columns(across, gap="small"), cards[first : first + across], strict=False):
            with place, st.container(border=True, height="stretch"):
                names[card.group] = _card(card, key)
    for name in {name for name in names.values() if list(names.values()).count(name) > 1}:
        st.warning(say("cards.same_name", name=name), icon=":material/label:")
    return names


def called(cards: tuple[Card, ...], key: str) -> dict[int, str]:
    """The names as they stand on the cards of a grouping, without drawing these."""
    own = st.session_state.get("names of groups", {})
    return {card.group: own.get((key, card.group), name_words(card.name, plain)) for card in cards}


def _card(card: Card, key: str) -> str:
    name = _name(card, key)
    theme = THEMES[st.context.theme.type or "light"]
    rows = [{"share": card.share_of_customers,
             "words": plain("cards.size", customers=card.customers, share=card.share_of_customers)}]
    if card.share_of_revenue is not None:
        rows.append({"share": card.share_of_revenue, "words": plain("cards.revenue", share=card.share_of_revenue)})
    _bars(
        key=f"bars {key} {card.group}",
        height="content",
        data={
            # The colours of the map, so that a card is found there.
            "colour": theme.series[(card.group - 1) % len(theme.series)] if card.group else theme.quiet,
            "rows": rows,
        },
    )
    if card.group == 0:
        st.caption(say("cards.nowhere"))
    st.markdown("  \n".join(_told(difference) for difference in card.differences) or say("cards.no_difference"))
    if card.group:
        _rule(card)
        _typical(card)
        st.markdown(f":{COLOUR_OF[card.reading]}-badge[{say(f'cards.stability.{card.reading}')}]", help=None
                    if card.stability is None
                    else say("cards.stability_help", resamples=RESAMPLES, stability=card.stability))
    return name


def _name(card: Card, key: str) -> str:
    """What was typed is kept apart from the field, which is another one in another language."""
    own = st.session_state.setdefault("names of groups", {})
    suggested = name_words(card.name, plain)
    field = f"name {key} {card.group} {suggested}"

    def keep() -> None:
        typed = st.session_state[field].strip()
        if typed and typed != suggested:
            own[key, card.group] = typed
        else:
            own.pop((key, card.group), None)
            st.session_state[field] = suggested  # an emptied field shows what holds

    st.text_input(say("cards.name_of", group=card.group), own.get((key, card.group), suggested), max_chars=LONGEST_NAME,
                  key=field, on_change=keep)
    return own.get((key, card.group), suggested)


def _told(difference: Difference) -> str:
    feature = feature_words(difference.feature, plain)
    arrow = ":material/arrow_upward:" if difference.effect > 0 else ":material/arrow_downward:"
    if difference.measure == "share":
        told = say("cards.difference_category" if difference.category is not None else "cards.difference_share",
                   feature=feature, category=difference.category or "", value=difference.inside,
                   others=difference.others)
    else:
        told = say("cards.difference_mean" if difference.measure == "mean" else "cards.difference", feature=feature,
                   value=value_words(difference.feature, difference.inside, plain, bare=True),
                   others=value_words(difference.feature, difference.others, plain, bare=True))
    return f"{arrow} {told}"


def _rule(card: Card) -> None:
    rule = card.rule
    if rule is None:
        st.markdown(say("cards.no_rule"))
        return
    low, high = rule.precision_between
    words = rule_words(rule.conditions, plain)
    told = say("cards.rule_between" if rule.vague else "cards.rule", rule=words, precision=rule.precision_told,
               coverage=rule.coverage, low=low, high=high)
    st.markdown(told, help=say("cards.rule_help", counted=rule.counted, fulfilled=rule.fulfilled_by)
                + (" " + say("cards.rule_help_vague") if rule.vague else ""))


def _typical(card: Card) -> None:
    called = _called(str(store().path), store().revision("customers"), card.typical)
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.caption(say("cards.typical"), width="content")
        for customer, name in zip(card.typical, called, strict=True):
            st.page_link("pages/data_entry.py", label=markdown_safe(name), width="content",
                         query_params={"part": "customers", "open": str(customer)})


@st.cache_data(max_entries=200, show_spinner=False)
def _called(path: str, revision: int, customers: tuple[int, ...]) -> tuple[str, ...]:
    return tuple(reference("customers", customer) for customer in customers)
