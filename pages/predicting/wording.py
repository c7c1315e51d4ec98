"""Targets and features in words."""

import streamlit as st

from crm_core.charts.feature_words import feature_words
from crm_core.features.catalogue import base, label
from crm_core.purchase_prediction.target import ANOTHER, NOTHING, Target
from ui import plain, say, store


def feature(name: str) -> str:
    """What a feature is called, as plain text."""
    return feature_words(name, plain)


def column(target: Target) -> str:
    """What the column of a target is called: an own field's header, a campaign's name, or our own word."""
    if target.campaign_id is not None:
        return str(store().record("campaigns", target.campaign_id)["name"])
    return label(target.column) if base(target.column) == "extra" else feature(target.column)


def tell_question(wanted) -> None:
    """Of which question a part speaks that does not ask it."""
    st.caption(say("purchase_prediction.asked", what=target(wanted.choice.target), as_of=wanted.as_of))


def target(told: Target) -> str:
    """'buys in the next 90 days', 'Churn: yes', as plain text: after "who"."""
    if told.kind != "column":
        return plain(f"target.{told.kind}{'_active' if told.active_days else ''}", days=told.horizon_days,
                     active=told.active_days)
    if told.campaign_id is not None:
        return plain("target.campaign", campaign=column(told))
    if told.column_kind == "number":
        return plain("target.amount_of", column=column(told))
    return plain("target.is", column=column(told), value=told.value or plain("form.yes"))


def doing(told: Target) -> str:
    """'buy in the next 90 days', 'have Churn: yes', as plain text: after "are expected to"."""
    if told.kind != "column":
        return plain(f"target.do_{told.kind}", days=told.horizon_days)
    if told.campaign_id is not None:
        return plain("target.do_campaign", campaign=column(told))
    return plain("target.do_have", what=target(told))


def kind(name: str) -> str:
    """A kind of buys_category: the category's own name, another one, or nothing."""
    return plain({ANOTHER: "target.another", NOTHING: "target.nothing"}[name]) if name in (ANOTHER, NOTHING) else name


def warning(key: str, facts: dict) -> str:
    """What has to be known before the chances, with features called as a reader knows them."""
    named = facts | {"feature": feature(facts["feature"])} if "feature" in facts else facts
    return say(f"prediction_warning.{key}", **named)
