"""Whom to address by frozen scores: chosen, kept as a segment, and carried away by a channel with their consent."""

from datetime import date

import streamlit as st

from crm_core.clustering.keeping import keep_selection
from crm_core.purchase_prediction import ledger, targeting
from crm_core.purchase_prediction.targeting import Targets, Wish
from ui import errors_in_words, plain, say, store, table
from ui.contacts import contacts
from ui.customers import named
from ui.forms import remember, saved

MOST_LISTED = 200


def show(run: ledger.Frozen, newest: date) -> None:
    st.caption(say("targeting.what"))
    wish = _wish(run)
    book = store()
    with errors_in_words(), book.look() as look:
        scores = ledger.frozen_scores(look, run.id)
        found = targeting.choose(scores, wish, targeting.heard_lately(look, newest, wish.quiet_days),
                                 amounts=run.answer == "amount")
    _told(found, run, wish)
    _keep(found, run, wish, newest)
    shown = named(found.listed.head(MOST_LISTED))
    if len(found.listed) > MOST_LISTED:
        st.caption(say("movement.listed", shown=MOST_LISTED, count=len(found.listed)))
    labels = {column: plain(f"column.customers.{column}") for column in ("customer_no", "name", "city", "country")}
    table(shown, key="targets", labels=labels | {"score": plain(
        "targeting.amount" if run.answer == "amount" else "targeting.chance")}, carry=False,
        formats={"score": "%.2f" if run.answer == "amount" else "percent"}, height=min(38 + 35 * len(shown), 320))
    with st.container(border=True):
        contacts("targets", plain("targeting.file", name=run.name), (run.id, wish), lambda: found.listed.customer_id)


def _wish(run: ledger.Frozen) -> Wish:
    """Ask whom to address."""
    amounts, most = run.answer == "amount", max(1, run.figures["customers"])
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        way = st.segmented_control(
            say("targeting.way"), targeting.WAYS, key=remember("target way", "top"), required=True,
            format_func={name: plain(f"targeting.way_{name}{'_amount' if amounts and name == 'chance' else ''}")
                         for name in targeting.WAYS}.get)
        wish = {"way": way}
        if way == "top":
            wish["most"] = int(st.number_input(say("targeting.most"), 1, most, key=_kept(
                "target most", min(500, most), 1, most), width=150))
        elif way == "chance" and amounts:
            wish["at_least"] = float(st.number_input(say("targeting.at_least_amount"), 0.0, key=remember(
                "target amount", 50.0), width=170))
        elif way == "chance":
            wish["at_least"] = st.number_input(say("targeting.at_least"), 0, 100, step=5, key=remember(
                "target chance", 50), width=150) / 100
        else:
            if not amounts:
                wish["value"] = float(st.number_input(say("targeting.value"), 0.0, key=remember(
                    "target value", 20.0), width=170))
            wish["cost"] = float(st.number_input(say("targeting.cost"), 0.0, key=remember(
                "target cost", 1.0), width=170))
        wish["quiet_days"] = int(st.number_input(say("targeting.quiet_days"), 0, 365, key=remember("target quiet", 0),
                                                 width=170, help=say("targeting.quiet_help")))
        wish["kept_out"] = st.number_input(say("targeting.kept_out"), 0, 50, step=5, key=remember("target kept out", 0),
                                           width=170, help=say("targeting.kept_out_help")) / 100
    return Wish(**wish)


def _kept(key: str, default: int, least: int, most: int) -> str:
    """As `remember`, within what the widget allows for these scores."""
    key = remember(key, default)
    st.session_state[key] = min(max(st.session_state[key], least), most)
    return key


def _told(found: Targets, run: ledger.Frozen, wish: Wish) -> None:
    facts = {"count": len(found.listed), "below": found.below,
             "expected": round(float(found.listed.score.sum())) if run.answer != "amount" else float(
                 found.listed.score.sum())}
    lines = [say("targeting.listed_amount" if run.answer == "amount" else "targeting.listed", **facts)]
    if wish.way == "profit":
        value = 1.0 if run.answer == "amount" else wish.value
        lines.append(say("targeting.profit", profit=float((found.listed.score * value - wish.cost).sum())))
    if found.heard_lately:
        lines.append(say("targeting.heard", count=found.heard_lately, days=wish.quiet_days))
    if len(found.kept_out):
        lines.append(say("targeting.held", count=len(found.kept_out)))
    st.markdown("  \n".join(lines))


def _keep(found: Targets, run: ledger.Frozen, wish: Wish, newest: date) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        name = st.text_input(say("targeting.name"), max_chars=80, width=320, key=f"target name {run.id}",
                             value=plain("targeting.default_name", name=run.name)[:80]).strip()
        pressed = st.button(say("targeting.keep"), type="primary", key="keep targets", icon=":material/bookmark_add:",
                            disabled=not name)
    if not pressed:
        return
    with errors_in_words(), store().batch("segment", name) as batch:
        keep_selection(batch, found.listed.customer_id, name, newest, drawn=found.definition(run.id, wish, "listed"))
        if len(found.kept_out):
            keep_selection(batch, found.kept_out.customer_id, plain("targeting.held_name", name=name), newest,
                           drawn=found.definition(run.id, wish, "kept_out"))
    saved("targets", say("targeting.kept", name=name, count=len(found.listed)))
