"""Look at the groups: the map with what lies where, what each group is; pick customers on the map and keep them."""
from dataclasses import asdict

import pandas as pd
import streamlit as st

from crm_core import charts
from crm_core.clustering import Shape, against_the_others, inside
from crm_core.clustering.keeping import keep_selection
from pages.grouping import asking, bar
from ui import chart, errors_in_words, plain, say, store, table, words
from ui.forms import saved

MOST_DIFFERENCES = 4  # told of a selection


def show(groups, names: dict[int, str], asked: asking.Asked) -> None:
    left, right = st.columns((3, 2), gap="large")
    with left:
        shapes = _map(groups, names, asked)
    with right:
        chart(charts.group_sizes(groups, names, asked.as_of, plain), key="group sizes")
    if shapes:
        _selection(groups, names, asked, shapes)
    if not groups.k:  # all are in no group: there is nothing to hold against each other
        return
    st.subheader(say("clustering.profiles"), anchor=False)
    chart(charts.group_profiles(groups, names, asked.as_of, plain), key="group profiles")
    chart(charts.group_lines(groups, names, asked.as_of, plain), key="group lines")
    profile_table(groups, names, asked.as_of)


def profile_table(groups, names: dict[int, str], as_of) -> None:
    profiles = groups.profiles.assign(name=[names[group] for group in groups.profiles.group])
    labels = {
        "name": plain("clustering.group_name"),
        "customers": plain("clustering.customers"),
        "share_of_customers": plain("clustering.share_of_customers"),
        "share_of_revenue": plain("clustering.share_of_revenue"),
    }
    labels |= {
        f"median_{name}": plain("clustering.median", feature=bar.features_in_words([name]))
        for name in groups.choice.features if f"median_{name}" in profiles
    }
    table(profiles, key="profiles", labels=labels, name=f"{plain('clustering.profiles')} {as_of}",
          formats={"share_of_customers": "percent", "share_of_revenue": "percent"})


# --- the map --------------------------------------------------------------------------------------


def _map(groups, names: dict[int, str], asked: asking.Asked) -> list[Shape]:
    """The map, and what was drawn on it."""
    by = {"": plain("grouping_look.by_group")} | {
        feature: bar.features_in_words([feature]) for feature in groups.choice.features if feature in groups.map}
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        colour = st.selectbox(say("grouping_look.colour"), list(by), format_func={
            feature: words.markdown_safe(told) for feature, told in by.items()}.get, key="map colour", width=240)
        # Only when it is asked for: on a telephone a map that can be drawn on holds the finger that moves the page.
        picking = st.toggle(say("grouping_look.pick"), key="pick on map", help=say("grouping_look.pick_help"))
    drawn = chart(charts.group_map(groups, names, asked.as_of, plain, by=colour or None, selectable=picking),
                  key=f"group map {st.session_state.get('map round', 0)}" if picking else "group map")
    if picking and not drawn:
        st.caption(say("grouping_look.draw"))
    return [Shape(x, y) for x, y in drawn or ()]


def _selection(groups, names: dict[int, str], asked: asking.Asked, shapes: list[Shape]) -> None:
    """Who lies in what was drawn, what they are like, and the way to keep them."""
    with st.container(border=True, key="selection"):
        shown = groups.map[inside(shapes, groups.map.x, groups.map.y)]
        whole = len(groups.map) == len(groups.groups)
        with errors_in_words():
            features, at = asking.everybody(asked, groups)
        lying = at.customer_id[inside(shapes, at.x, at.y)]
        customers = lying
        if not whole:
            sides = {True: say("grouping_look.all_in_shape", count=len(lying)),
                     False: say("grouping_look.shown_in_shape", count=len(shown))}
            st.caption(say("grouping_look.sample", shown=len(groups.map), customers=len(groups.groups)))
            everybody = st.radio(say("grouping_look.whom"), (True, False), format_func=sides.get, key="selected who",
                                 horizontal=True)
            customers = lying if everybody else shown.customer_id
        if customers.empty:
            st.info(say("grouping_look.nobody"))
            return
        st.markdown("**" + say("grouping_look.selected", count=len(customers)) + "** "
                    + say("grouping_look.of_groups", groups=_of_groups(groups, names, customers)))
        _differences(groups, features[features.customer_id.isin(groups.groups.customer_id)], customers)
        _keep(customers, asked, shapes)


def _of_groups(groups, names: dict[int, str], customers: pd.Series) -> str:
    """'412 Champions, 3 Loyal' as plain text."""
    counts = groups.groups.group[groups.groups.customer_id.isin(customers)].value_counts()
    return plain("batch.comma").join(
        plain("grouping_look.of_group", count=int(count), name=names[group]) for group, count in counts.items())


def _differences(groups, features: pd.DataFrame, customers: pd.Series) -> None:
    told = against_the_others(features, groups.choice.features, customers)
    if told.empty:
        st.caption(say("grouping_look.everybody_selected"))
    lines = [say(f"grouping_look.{row.level}", feature=bar.features_in_words([row.feature]), median=row.median,
                 median_others=row.median_others, share=max(row.below, 1 - row.below))
             for row in told.head(MOST_DIFFERENCES).itertuples()]
    st.markdown("\n".join(f"- {line}" for line in lines))


def _keep(customers: pd.Series, asked: asking.Asked, shapes: list[Shape]) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        name = st.text_input(say("grouping_look.name"), max_chars=60, key="selection name", width=320,
                             placeholder=plain("grouping_look.name_example")).strip()
        pressed = st.button(say("grouping_look.keep"), type="primary", key="keep selection",
                            icon=":material/bookmark_add:", disabled=not name)
    if not pressed:
        return
    with errors_in_words(), store().batch("segment", name) as batch:
        keep_selection(batch, customers, name, asked.as_of, drawn={
            "choice": asdict(asked.choice), "shapes": [asdict(shape) for shape in shapes]})
    st.session_state["map round"] = st.session_state.get("map round", 0) + 1  # the map is clear again
    saved("selection", say("grouping_look.kept", name=name, count=len(customers)))
