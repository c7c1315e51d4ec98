"""By what customers are compared: proposed sets, single features, how each is scaled and why."""

from dataclasses import replace

import streamlit as st

from crm_core import charts
from crm_core.clustering import Choice, choice_of
from crm_core.clustering.looks import looks
from crm_core.features import gather, known, people
from crm_core.features.catalogue import FAMILIES, presets
from pages.grouping.asking import READ
from ui import chart, errors_in_words, job, plain, say, store, words
from ui.forms import remember
from ui.say import language

AS_PROPOSED, LEFT_OUT = "proposed", "left_out"
SCALES = ("plain", "log", "asinh", "robust")


def words_of(feature: str) -> str:
    """What a feature is called, for charts, tables and composed sentences."""
    return charts.feature_words(feature, plain)


def propose(as_of) -> Choice | None:
    """The first set that belongs together, as it is proposed; None where nothing is known of anybody."""
    book = store()

    def work(progress):
        sets = presets(_known(book, as_of))
        progress(0.5)
        return choice_of(_looks(book, next(iter(sets.values())), as_of, None)[0].proposals) if sets else None

    with errors_in_words():
        return job(("features proposed", str(book.path), as_of, book.revision(*READ)), say("features.looking"), work)


def ask(as_of, segment_id: int | None = None) -> Choice | None:
    """What to compare customers by, as of a day; None where nothing is known of anybody, or nothing is chosen."""
    book, revision = store(), store().revision(*READ)
    with errors_in_words():
        offered = job(("features known", str(book.path), as_of, revision), say("features.looking"),
                      lambda progress: _known(book, as_of))
    if not offered:
        st.info(say("features.nothing_known", as_of=as_of), icon=":material/info:")
        return None
    names = _chosen(offered)
    if not names:
        st.info(say("clustering.no_features"))
        return None
    with errors_in_words():
        seen = job(("features look", str(book.path), names, as_of, revision, segment_id), say("features.looking"),
                   lambda progress: _looks(book, names, as_of, segment_id))
    if not seen[0].customers:
        st.info(say("features.nobody", as_of=as_of), icon=":material/info:")
        return None
    choice = _overruled(choice_of(seen[0].proposals), seen[0])
    _told(*seen)
    _expander(seen[0], choice, as_of)
    if not choice.features:
        st.info(say("features.all_left_out"), icon=":material/info:")
        return None
    return choice


# --- inside ---------------------------------------------------------------------------------------


def _known(book, as_of):
    with book.look() as look:
        return known(look, as_of)


def _looks(book, names, as_of, segment_id):
    with book.look() as look:
        found = gather(look, names, as_of, segment_id=segment_id)
        # Those whom features from orders leave out are told of; a segment names its customers itself.
        without = max(people(look, as_of) - len(found), 0) if "monetary" in found and segment_id is None else 0
    asked = found[["customer_id", *names]]
    return looks(asked), without


def _chosen(offered) -> tuple[str, ...]:
    """A set that belongs together, and what was added to it or taken from it."""
    sets = presets(offered)
    names = [feature.name for feature in sorted(offered, key=lambda one: FAMILIES.index(one.family))]
    family = {feature.name: feature.family for feature in offered}
    preset = st.pills(
        say("features.preset"), list(sets), key=remember(f"feature set {' '.join(sets)}", next(iter(sets))),
        format_func={name: say(f"features.preset_{name}") for name in sets}.get, help=say("features.preset_help"),
        required=True) if sets else None
    labels = {name: f"{plain(f'features.family_{family[name]}')} · {words_of(name)}" for name in names}
    chosen = st.multiselect(
        say("clustering.features"), names, format_func=labels.get, help=say("clustering.features_help"),
        key=remember(f"features {preset} {hash(tuple(names))}", list(sets.get(preset, ()))),
        placeholder=say("features.choose"))
    return tuple(chosen)


def _overruled(choice: Choice, seen) -> Choice:
    """The proposed choice with what the person decided otherwise."""
    for one in seen.proposals:
        told = _said(one.feature)
        if told == AS_PROPOSED or one.transform in ("yes_no", "category"):
            if told == LEFT_OUT:
                choice = _without(choice, one.feature)
            continue
        choice = _without(choice, one.feature)
        if told == LEFT_OUT:
            continue
        more = {"log": "logged", "asinh": "asinh", "robust": "robust"}.get(told)
        order = [each.feature for each in seen.proposals]
        choice = replace(
            choice, features=tuple(sorted((*choice.features, one.feature), key=order.index)),
            filled=(*choice.filled, one.feature), **({more: (*getattr(choice, more), one.feature)} if more else {}),
            curbed=(*choice.curbed, one.feature) if one.curbed else choice.curbed)
    return choice


def _without(choice: Choice, feature: str) -> Choice:
    parts = ("features", "logged", "robust", "asinh", "curbed", "filled", "categories")
    return replace(choice, **{part: tuple(name for name in getattr(choice, part) if name != feature) for part in parts})


def _key(feature: str) -> str:
    return f"compare {feature}"


def _said(feature: str) -> str:
    """What the person decided about a feature, also while its box is not on the page."""
    kept = st.session_state.get("remembered", {})
    return st.session_state.get(_key(feature), kept.get(_key(feature), AS_PROPOSED))


def _told(seen, without: int) -> None:
    """Who is left out, whose gaps are filled, and which features tell nothing: in a line each."""
    lines = [say("features.without_orders", count=without)] if without else []
    filled = [words_of(one.feature) for one in seen.proposals if one.fill and one.transform != LEFT_OUT]
    if filled:
        lines.append(say("features.filled", features=", ".join(filled)))
    lines += [say("features.dropped", feature=words_of(one.feature), why=_why(one)) for one in seen.proposals
              if one.transform == LEFT_OUT and _said(one.feature) == AS_PROPOSED]
    for line in lines[:4]:
        st.caption(line)
    if len(lines) > 4:
        with st.expander(say("features.more_dropped", count=len(lines) - 4)):
            for line in lines[4:]:
                st.caption(line)


def _why(proposal) -> str:
    facts = {name: value for name, value in proposal.facts.items() if value is not None}
    if "twin" in facts:
        facts["twin"] = words_of(facts["twin"])
    for name in ("skewness", "logged", "r"):
        if name in facts:
            facts[name] = f"{round(facts[name], 3 if name == 'r' else 1) + 0.0:.{3 if name == 'r' else 1}f}"  # no −0
    told = plain(f"why.{proposal.reason}", **facts)
    return f"{told} {plain('why.far', far=facts['far'])}" if proposal.curbed else told


def _expander(seen, choice: Choice, as_of) -> None:
    with st.expander(say("features.look_like"), icon=":material/equalizer:"):
        usable = [one for one in seen.proposals if one.transform != LEFT_OUT or one.reason == "twin"]
        if not usable:
            st.caption(say("features.all_left_out"))
            return
        st.caption(say("features.proposed_help"))
        _small_histograms(seen, usable, choice)
        for place in range(0, len(usable), 3):
            for column, one in zip(st.columns(3, gap="medium"), usable[place:place + 3], strict=False):
                with column:
                    _decide(one)
        by_words = {words_of(one.feature): one for one in usable}
        shown = by_words[st.selectbox(say("features.show"), list(by_words), key="feature shown")]
        _distribution(seen, shown, choice, as_of)
        if len(seen.correlation) > 1:
            chart(charts.feature_correlation(seen, as_of, plain), key="feature correlation")
            for one, other, r in seen.close[:5]:
                st.caption(say("features.close", one=words_of(one), other=words_of(other), r=round(r, 2)))


def _small_histograms(seen, usable, choice: Choice) -> None:
    """All features at a glance: how each lies as it is, and on the scale on which it is compared."""
    rows = [{"feature": words_of(one.feature), "before": seen.heights(one.feature, "plain"),
             "after": seen.heights(one.feature, _scale(one, choice))} for one in usable]
    st.dataframe(rows, hide_index=True, key="feature shapes", column_config={
        "feature": st.column_config.TextColumn(say("chart.feature"), width="medium"),
        "before": st.column_config.BarChartColumn(say("features.before"), y_min=0, help=say("features.bars_help")),
        "after": st.column_config.BarChartColumn(say("features.after"), y_min=0, help=say("features.bars_help"))})


def _scale(one, choice: Choice) -> str:
    scale = "log" if one.feature in choice.logged else "asinh" if one.feature in choice.asinh else "plain"
    return "curbed" if one.feature in choice.curbed and scale == one.transform else scale


def _decide(one) -> None:
    """How one feature is compared: as proposed with the reason, or as the person says."""
    options = (AS_PROPOSED, LEFT_OUT) if one.transform in ("yes_no", "category") else (AS_PROPOSED, *SCALES, LEFT_OUT)
    if _said(one.feature) not in options:  # it was decided when the feature was of another kind
        st.session_state[_key(one.feature)] = AS_PROPOSED
    proposed = say("features.as_proposed", scale=plain(f"features.scale_{one.transform}"))
    st.selectbox(
        words.markdown_safe(words_of(one.feature)), options, key=remember(_key(one.feature), AS_PROPOSED),
        format_func={AS_PROPOSED: proposed, **{name: say(f"features.scale_{name}") for name in options[1:]}}.get)
    st.caption(words.markdown_safe(_why(one)))


def _distribution(seen, one, choice: Choice, as_of) -> None:
    """How the feature lies, before and after."""
    if one.transform == "category":
        chart(charts.feature_bars(seen, one.feature, "value", as_of, plain, language()), key="feature before")
        return
    after = _scale(one, choice)
    columns = [st.container()] if after == "plain" else st.columns(2, gap="medium")
    for column, scale in zip(columns, ("plain", after), strict=False):
        with column:
            chart(charts.feature_bars(seen, one.feature, scale, as_of, plain, language()), key=f"feature {scale}")
