"""Why: what the model lives on, what makes up one customer's chance, who is like them, and what would change it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from crm_core import charts
from crm_core.charts.feature_words import feature_words
from crm_core.charts.reason_words import facts_words, told_value
from crm_core.purchase_prediction import explain
from crm_core.purchase_prediction.spend import predict_spend
from pages.predicting import asking, wording
from ui import chart, errors_in_words, job, plain, say
from ui.forms import pick, remember
from ui.values import reference
from ui.words import markdown_safe

LISTED = 12  # customers to choose from
STRONGEST = 7  # reasons that are told one by one
WEIGHED_BY = 1_000  # examples by whose reasons features are weighed; where orders are drawn, far fewer
WEIGHED_BY_DRAWN = 40
ALREADY = 0.9  # who is as sure as this need not be made likelier
LEAST_SHARE = 0.02  # of the mean amount; less is no change
FURTHER = 0.2  # how much further is looked for at first


@dataclass(frozen=True, eq=False)
class Ready:
    """What all reasons of one prediction rest on."""

    explainer: explain.Explainer
    groups: list[tuple[str, ...]]  # features that go together
    weights: dict[str, float]  # how much each feature moves what is said, on the average
    yes_no: frozenset[str]  # features that are 1 and 0
    known: pd.DataFrame  # examples whose outcome is known
    people: pd.DataFrame  # who is predicted, a row each


def show() -> None:
    wanted = asking.asked()
    if wanted is None:
        asking.nobody_there()
        return
    wording.tell_question(wanted)
    with errors_in_words():
        prediction = _answer(wanted)
        ready = _ready(wanted, prediction)
        of = _class(prediction)
        # What is told of all takes longer: one customer's reasons do not wait for it, though they stand below.
        above = st.container()
        _of_one(wanted, prediction, ready, of)
        with above:
            _of_all(wanted, prediction, ready, of)


def _answer(wanted):
    """The prediction; of amounts in the shape of one."""
    if not _amount(wanted):
        return asking.answer(wanted)
    known = asking.ready(wanted).examples
    found = job(("spend", *asking.state(wanted)), say("spend.working"),
                lambda progress: predict_spend(known, wanted.choice, progress=progress))
    return explain.as_prediction(found)


def _amount(wanted) -> bool:
    return wanted.choice.target.answer == "amount"


def _ready(wanted, prediction) -> Ready:
    def work(progress):
        rows = prediction.examples.rows
        known = rows[(rows.part != "score") & rows.outcome.notna()]
        explainer = explain.Explainer(prediction.final, known, prediction.seed, _amount(wanted))
        progress(0.5)
        groups = [group for group in explain.together(explainer.background, explainer.features) if len(group) > 1]
        return Ready(explainer, groups, _weights(explainer), _yes_no(known, explainer.features), known,
                     _people(prediction))

    return job(("reasons", *asking.state(wanted)), say("reasons.working"), work)


def _weights(explainer: explain.Explainer) -> dict[str, float]:
    some = explainer.background.head(WEIGHED_BY if explainer.exact else WEIGHED_BY_DRAWN)
    return dict(zip(explainer.features, np.abs(explainer.of(some).values).mean(axis=(0, 2)).tolist(), strict=True))


def _yes_no(rows: pd.DataFrame, features: tuple[str, ...]) -> frozenset[str]:
    return frozenset(name for name in features if pd.api.types.is_numeric_dtype(rows[name])
                     and rows[name].nunique() == 2 and rows[name].dropna().isin([0, 1]).all())


def _people(prediction) -> pd.DataFrame:
    """The rows that are scored; of a table without days, those with an answer too."""
    rows = prediction.examples.rows
    scored = rows[rows.part == "score"]
    found = scored if len(scored) else rows[rows.customer_id.isin(prediction.scores.customer_id)]
    return (found if len(found) else rows).drop_duplicates("customer_id", keep="last")


def _class(prediction) -> str | None:
    """Of more kinds than yes and no: the one whose reasons are told."""
    classes = prediction.final.classes
    if not classes:
        return None
    common = list(prediction.examples.rows.outcome.dropna().astype(str).value_counts().index)
    options = [name for name in common if name in classes] or list(classes)
    return st.selectbox(say("reasons.which_class"), options, key=remember("reasons class", options[0]), width=340)


def _what(wanted, of: str | None) -> str:
    """What is said of a customer: Chance to buy within 90 days"""
    target = wanted.choice.target
    if of is not None:
        return plain("reasons.what.class", name=of)
    kind = "amount" if target.kind == "column" and _amount(wanted) else target.kind
    return plain(f"reasons.what.{kind}", days=target.horizon_days)


# --- of all ---------------------------------------------------------------------------------------


def _of_all(wanted, prediction, ready: Ready, of: str | None) -> None:
    st.subheader(say("reasons.of_all"), anchor=False,
                 help=say("reasons.of_all_help", model=plain(f"model.{prediction.chosen}")))
    found = job(("importance", *asking.state(wanted)), say("reasons.measuring"),
                lambda progress: explain.importance(prediction, prediction.seed, progress))
    if found.groups.empty:
        st.info(say("reasons.no_features"))
        return
    left, right = st.columns(2, gap="large")
    with left:
        chart(charts.feature_importance(found, plain, wanted.as_of), key="importance")
    with right:
        _response(wanted, prediction, ready, [name for group in found.groups.features for name in group], of)


def _response(wanted, prediction, ready: Ready, ordered: list[str], of: str | None) -> None:
    """How what is said moves along one feature."""
    feature = st.selectbox(say("reasons.along"), ordered, key=remember("reasons feature", ordered[0]),
                           format_func={name: feature_words(name, plain) for name in ordered}.get)

    def work(_progress):
        fitted, rows, _ = explain.held_out(prediction, prediction.seed)
        outcome = rows.outcome
        came = (outcome.astype(str) == of) if of is not None else outcome
        return explain.response(_saying(fitted, of), rows, feature, came.to_numpy(dtype=float), prediction.seed)

    found = job(("response", feature, of, *asking.state(wanted)), say("reasons.working"), work)
    chart(charts.feature_response(found, plain, _what(wanted, of), _amount(wanted), wanted.as_of,
                                  feature in ready.yes_no),
          key="response")


def _saying(fitted, of: str | None):
    """rows → the chance, of a class where there are such."""
    if of is None:
        return fitted.chance
    place = fitted.classes.index(of)
    return lambda rows: fitted.chance(rows)[:, place]


# --- of one customer ------------------------------------------------------------------------------


def _of_one(wanted, prediction, ready: Ready, of: str | None) -> None:
    st.subheader(say("reasons.of_one"), anchor=False)
    customer = _choose(wanted, prediction, ready, of)
    if customer is None:
        return
    row = ready.people[ready.people.customer_id == customer]
    if row.empty:
        st.info(say("reasons.not_predicted", name=reference("customers", customer)), icon=":material/person_off:")
        return
    found = job(("reasons of", int(customer), *asking.state(wanted)), say("reasons.working"),
                lambda _progress: ready.explainer.of(row))
    left, right = st.columns(2, gap="large")
    with left:
        told = _waterfall(found, row.iloc[0], customer, ready, of)
    with right:
        _sentences(told, found, row.iloc[0], ready)
    left, right = st.columns(2, gap="large")
    with left:
        _neighbours(wanted, prediction, ready, row, of)
    with right:
        _changes(wanted, prediction, ready, row, of)


def _choose(wanted, prediction, ready: Ready, of: str | None) -> int | None:
    by_rule = prediction.scores.rule.notna().any() and of is None
    ways = ("highest", "surprising", "search") if by_rule else ("highest", "search")
    if st.session_state.get("reasons way") not in (None, *ways):
        st.session_state["reasons way"] = "highest"
    way = st.segmented_control(say("reasons.choose"), ways, key=remember("reasons way", "highest"), required=True,
                               format_func={name: say(f"reasons.way_{name}") for name in ways}.get)
    if way == "search":
        return pick("customers", say("reasons.search"), "reasons customer")
    listed = _listed(prediction, ready, of, way)
    if listed.empty:
        st.info(say("reasons.nobody_surprising"))
        return None
    listed_as = "listed_amount" if _amount(wanted) else "listed_rule" if way == "surprising" else "listed"
    names = {int(row.customer_id): plain(
        f"reasons.{listed_as}", name=reference("customers", int(row.customer_id)), chance=float(row.said),
        rule=float(row.rule)) for row in listed.itertuples()}
    return st.selectbox(say("reasons.customer"), list(names), format_func=names.get, key=f"reasons {way} {of}",
                        help=say(f"reasons.way_{way}_help"))


def _listed(prediction, ready: Ready, of: str | None, way: str) -> pd.DataFrame:
    """customer_id, said, rule: the likeliest, or those of whom the plain rule says most else."""
    if of is not None or "score" not in prediction.scores:
        said = _saying(prediction.final, of)(ready.people)
        told = pd.DataFrame({"customer_id": ready.people.customer_id, "said": said, "rule": np.nan})
    else:
        told = prediction.scores.rename(columns={"score": "said"})
        told = told[told.customer_id.isin(ready.people.customer_id)]
    if way == "highest":
        return told.nlargest(LISTED, "said")
    told = told.assign(apart=(_log_odds(told.said) - _log_odds(told.rule)).abs()).dropna(subset="apart")
    return told[told.apart > 0].nlargest(LISTED, "apart")


def _log_odds(chance: pd.Series) -> pd.Series:
    chance = chance.astype(float).clip(0.01, 0.99)
    return np.log(chance / (1 - chance))


def _waterfall(found: explain.Contributions, row: pd.Series, customer: int, ready: Ready, of: str | None):
    """What makes up the chance, drawn; the reasons that were drawn."""
    together = bool(ready.groups) and st.toggle(say("reasons.together"), key=remember("reasons together", True),
                                          help=say("reasons.together_help"))
    told = found.told(0, of, ready.groups if together else None)
    strongest = told.head(STRONGEST)
    values = {name: _own(row[name]) for name in found.features} | {"said": float(told.after.iloc[-1])}
    rest = told.iloc[STRONGEST:]
    chart(charts.reason_waterfall(
        strongest, (len(rest), float(rest.contribution.sum())), found.start(of), reference("customers", customer),
        values, plain, found.amount, ready.yes_no), key="waterfall")
    return told


def _sentences(told: pd.DataFrame, found: explain.Contributions, row: pd.Series, ready: Ready) -> None:
    """Each reason as a sentence, on top of those before it."""
    kind = "_amount" if found.amount else ""
    digits = ",.2f" if found.amount and told[["before", "after"]].abs().to_numpy().max() < 100 else (
        ",.0f" if found.amount else ".2f")
    least = abs(told.contribution).sum() / 500  # less is not worth a sentence
    lines = [say(f"reasons.begins{kind}", chance=float(told.before.iloc[0]))]
    for reason in told.head(STRONGEST).itertuples():
        if abs(reason.contribution) < least:
            continue
        fact = facts_words(reason.features, {name: _own(row[name]) for name in reason.features}, plain, ready.yes_no)
        key = "reasons.raises" if reason.contribution > 0 else "reasons.lowers"
        line = say(key + kind, fact=fact, step=f"{reason.contribution:+{digits}}", before=float(reason.before),
                   after=float(reason.after))
        if reason.error == reason.error:
            line += " " + say("reasons.give_or_take", error=f"{reason.error:{digits}}")
        arrow = ":green[:material/arrow_upward:]" if reason.contribution > 0 else ":orange[:material/arrow_downward:]"
        lines.append(f"{arrow} {line}")
    rest = told.iloc[STRONGEST:]
    if len(rest):
        lines.append(say(f"reasons.rest{kind}", count=len(rest), step=f"{rest.contribution.sum():+{digits}}",
                         before=float(rest.before.iloc[0]), after=float(rest.after.iloc[-1])))
    lines.append(say(f"reasons.ends{kind}", chance=float(told.after.iloc[-1])))
    st.markdown("\n\n".join(lines))
    st.caption(say("reasons.exact" if found.exact else "reasons.drawn",
                   examples=len(ready.explainer.background)) + " " + say("reasons.no_cause"))


def _neighbours(wanted, prediction, ready: Ready, row: pd.DataFrame, of: str | None) -> None:
    """Real cases like this one, with what they did and what differs."""
    st.markdown(f"#### {say('reasons.neighbours')}")
    found = job(
        ("neighbours", int(row.customer_id.iloc[0]), of, *asking.state(wanted)), say("reasons.working"),
        lambda _progress: explain.neighbours(prediction.final.encoding, ready.known, row, ready.weights, of))
    if not found.counted:
        st.info(say("reasons.nobody_like"))
        return
    kind = "class" if of is not None else "amount" if _amount(wanted) else wanted.choice.target.kind
    st.markdown(say(f"reasons.neighbours_{kind}", counted=found.counted, share=found.mean, low=found.low,
                    high=found.high, name=of or "", days=wanted.choice.target.horizon_days))
    if found.alone:
        st.warning(say("reasons.alone"), icon=":material/person_search:")
    for case in found.cases.itertuples():
        with st.container(border=True, gap="xsmall"):
            came = _came(case.outcome, kind, of)
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.page_link("pages/data_entry.py", width="content", icon=":material/person:",
                             label=markdown_safe(reference("customers", int(case.customer_id))),
                             query_params={"part": "customers", "open": str(int(case.customer_id))})
                st.markdown(came)
                if not pd.isna(case.cutoff):
                    st.caption(say("reasons.case_as_of", as_of=pd.Timestamp(case.cutoff).date()), width="content")
            differs = "  \n".join(
                say("reasons.differs", feature=feature_words(name, plain),
                    theirs=told_value(name, theirs, plain, name in ready.yes_no),
                    own=told_value(name, own, plain, name in ready.yes_no)) for name, own, theirs in case.differs)
            st.caption(differs or say("reasons.no_difference"))


def _came(outcome, kind: str, of: str | None) -> str:
    if kind == "class":
        return f":{'green' if str(outcome) == of else 'gray'}-badge[{markdown_safe(str(outcome))}]"
    if kind == "amount":
        return f":gray-badge[{say('reasons.came_amount', amount=float(outcome))}]"
    came = bool(outcome)
    colour = "green" if came != (kind == "leaves") else "gray"
    told = say(f"reasons.came_{kind}_{'yes' if came else 'no'}")
    return f":{colour}-badge[{told}]"


def _changes(wanted, prediction, ready: Ready, row: pd.DataFrame, of: str | None) -> None:
    """What would change what is said: only what can be influenced, or passes with time."""
    st.markdown(f"#### {say('reasons.changes')}")
    say_of = _saying(prediction.final, of)
    now = float(say_of(row)[0])
    lower = _lower(wanted)
    features = prediction.final.encoding.features
    proposed = explain.proposed(features)
    open_to_choice = [name for name in features if not explain.FROM_ORDERS.match(name)]
    influenced = tuple(proposed)
    if open_to_choice:
        kept = remember("reasons influenced", list(proposed))
        st.session_state[kept] = [name for name in st.session_state[kept] or [] if name in open_to_choice]
        influenced = tuple(st.multiselect(
            say("reasons.influenced"), open_to_choice, key=kept, help=say("reasons.influenced_help"),
            format_func={name: feature_words(name, plain) for name in open_to_choice}.get))
    goal = _goal(wanted, now, lower, f"{int(row.customer_id.iloc[0])} {of}")
    least = LEAST_SHARE * float(ready.known.outcome.abs().mean()) if _amount(wanted) else explain.LEAST_GAIN
    found = job(
        ("changes", int(row.customer_id.iloc[0]), of, goal, influenced, *asking.state(wanted)), say("reasons.working"),
        lambda _progress: explain.changes(
            say_of, prediction.final.encoding, ready.known, row, now if goal is None else goal, influenced,
            ready.weights, least=least, of=of, seed=prediction.seed))
    kind = "_amount" if _amount(wanted) else ""
    if goal is not None:
        _found(found, ready, kind)
    _waiting(found, least / 2, kind)
    st.caption(say("reasons.no_promise"))


def _goal(wanted, now: float, lower: bool, of_whom: str) -> float | None:
    """What is looked for; None where there is nothing to look for."""
    if _amount(wanted):
        return st.number_input(say("reasons.goal_lower_amount" if lower else "reasons.goal_amount"), min_value=0.0,
                               value=round(now * (0.5 if lower else 1.5), 2), key=f"reasons goal {of_whom}", width=340)
    if not lower and now >= ALREADY or lower and now <= 1 - ALREADY:
        st.success(say("reasons.already", chance=now), icon=":material/check_circle:")
        return None
    first = max(0.0, now - FURTHER) if lower else min(0.95, now + FURTHER)
    return st.slider(say("reasons.goal_lower" if lower else "reasons.goal"), 0, 100, 5 * round(20 * first), step=5,
                     format="%d%%", key=f"reasons goal {of_whom}") / 100


def _lower(wanted) -> bool:
    """Whether less is better: of who leaves at once, of a column when the person says so."""
    target = wanted.choice.target
    if target.kind == "column":
        ways = ("higher", "lower")
        return st.segmented_control(
            say("reasons.wanted"), ways, key=remember("reasons wanted", "higher"), required=True,
            format_func={name: say(f"reasons.wanted_{name}") for name in ways}.get) == "lower"
    return target.kind == "leaves"


def _found(found: explain.Changes, ready: Ready, kind: str) -> None:
    if not found.found:
        st.info(say("reasons.nothing_changes"), icon=":material/lock:")
        return
    if not any(change.reaches for change in found.found):
        st.info(say(f"reasons.none_reaches{kind}", goal=found.goal), icon=":material/lock:")
    for change in found.found[:5]:
        icon = ":green[:material/check:]" if change.reaches else ":gray[:material/remove:]"
        then = say(f"reasons.then{kind}", before=found.said, after=change.said)
        near = say(f"reasons.support{kind}", count=change.support, share=change.came)
        st.markdown(f"{icon} **{_change_words(change, ready)}** → {then}  \n:small[:gray[{near}]]")


def _waiting(found: explain.Changes, least: float, kind: str) -> None:
    """What passing time alone does: the first step that moves it, and the last."""
    moved = [change for change in found.waiting if abs(change.said - found.said) >= least]
    for change in dict.fromkeys((*moved[:1], *moved[-1:])):
        st.markdown(f":material/schedule: **{say('reasons.change.waiting', days=change.facts['days'])}** → "
                    f"{say(f'reasons.then{kind}', before=found.said, after=change.said)}")


def _change_words(change: explain.Change, ready: Ready) -> str:
    facts = change.facts
    if change.kind in ("number", "category"):
        feature, yes_no = facts["feature"], facts["feature"] in ready.yes_no
        return say("reasons.change.other", feature=feature_words(feature, plain),
                   to=told_value(feature, facts["to"], plain, yes_no),
                   value=told_value(feature, facts["value"], plain, yes_no))
    return say(f"reasons.change.{change.kind}", **facts)


def _own(value):
    """A cell as a number or a text; None where it is missing."""
    if pd.isna(value):
        return None
    return value if isinstance(value, str) else float(value)
