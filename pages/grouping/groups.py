"""Put customers who are alike into groups, see what each group is, and keep it."""
import streamlit as st

from crm_core.clustering.keeping import keep as keep_groups
from crm_core.clustering.keeping import kept_run
from crm_core.errors import CrmError
from pages.grouping import algorithm, asking, bar, cards, features, look, steps
from ui import errors_in_words, plain, say, store
from ui.forms import saved


def show() -> None:
    newest = asking.newest_day()
    if newest is None:
        asking.nobody_there()
        return
    step = steps.open_step()
    above = st.container()
    panel = st.container(border=True, key="step panel") if step else st.container()
    with panel:
        asked = steps.ask(step, asking.asked(newest, features.propose))
    asking.ask(asked)

    def show_bar(done=()) -> None:
        with above:
            bar.show(done, step, steps.press)
            if step is None and done:
                st.caption(say("grouping_steps.open_one"))

    if not asked.choice.features:
        show_bar()
        if step != "features":  # whose panel says it itself
            st.info(say("clustering.nothing_to_compare"), icon=":material/info:")
        return
    with errors_in_words():
        try:
            answer = asking.answer(asked, meanwhile=show_bar)
        except CrmError:
            show_bar()  # so that the step to be changed can be opened
            raise
    groups = answer.groups
    show_bar(groups.steps)
    headline(groups)
    names = cards.show(answer.cards, key=asking.naming(asked, groups.k))
    look.show(groups, names, asked)
    if groups.k:  # where everybody is in no group there is nothing to keep
        keep(groups, names, asked)
    with panel:  # last, since it needs the names that stand on the cards
        steps.tell(step, groups, asked.as_of, names)


def headline(groups) -> None:
    """The answer in a sentence, how far to trust it, and what to do where there are no groups."""
    told = say("clustering.answer", k=groups.k, customers=len(groups.groups), silhouette=f"{groups.silhouette:.2f}",
               stability=f"{groups.stability:.2f}")
    if advice := algorithm.advice(groups):
        st.warning(told + " " + advice, icon=":material/tune:")
    elif set(groups.choice.features) <= set(groups.choice.categories):
        st.info(told + " " + say("clustering.only_categories"), icon=":material/info:")
    elif groups.clear:
        st.success(told + " " + say("clustering.clear"), icon=":material/check_circle:")
    else:
        st.warning(told + " " + say("clustering.not_clear") + " " + say("grouping_steps.what_next"),
                   icon=":material/info:")
    if groups.dropped:
        st.caption(say("clustering.dropped", features=bar.features_in_words(groups.dropped)))
    if groups.left_out:
        st.caption(say("clustering.left_out", count=groups.left_out))


def keep(groups, names: dict[int, str], asked: asking.Asked) -> None:
    """Keep the run and each group as a segment: one batch, which can be undone. The same groups are kept once."""
    book = store()
    with book.look() as look_up:
        run = kept_run(look_up, groups, asked.as_of)
    pressed = st.button(say("clustering.keep", k=groups.k), type="primary", key="keep", icon=":material/bookmark_add:",
                        disabled=run is not None)
    if run is not None:
        st.caption(say("clustering.kept_already"))
    if not pressed:
        return
    name = plain("clustering.kept_as", k=groups.k, as_of=asked.as_of)
    with errors_in_words(), book.batch("segment", name) as batch:
        keep_groups(batch, groups, names, asked.as_of, book.revision(), name)
    saved("segments", say("clustering.kept", k=groups.k))
