"""Build a segment from plain conditions, with how many customers fulfil them while one types."""
import itertools

import pandas as pd
import streamlit as st

from crm_core.clustering.conditions import ON_NUMBERS, WITHOUT_VALUE, Condition, Rule, features_of, groups_of, holds
from crm_core.clustering.keeping import keep_rule
from crm_core.features import gather, known
from pages.grouping import asking, wording
from ui import errors_in_words, job, plain, say, store, table, today
from ui.forms import remember, saved

PREVIEW = 10
FOR_NUMBERS = (">=", "<=", "between", "=", "is_known", "is_missing")
FOR_WORDS = ("in", "is_known", "is_missing")

_numbers = itertools.count(1)  # a row keeps its widgets when one above it goes


def start_from(rule: Rule) -> None:
    """Lay a rule out in the builder: that of a card, for example."""
    st.session_state["builder"] = [
        [_row(part.feature, part.op, part.value) for part in group] for group in groups_of(rule)]
    st.session_state["segments way"] = "rule"


def show() -> None:
    st.caption(say("builder.what"))
    newest = asking.newest_day()
    if newest is None:
        asking.nobody_there()
        return
    as_of = st.date_input(say("clustering.as_of"), min_value=asking.FIRST_DAY, max_value=today(),
                          format="YYYY-MM-DD", width=180, key=remember("builder as of", newest))
    with errors_in_words():
        offered = _known(as_of)
        if not offered:
            st.info(say("builder.nobody_yet", as_of=as_of))
            return
        first = "frequency" if "frequency" in offered else offered[0]
        groups = st.session_state.setdefault("builder", [[_row(first, ">=", None)]])
        customers = _features(as_of, tuple(sorted({_feature_of(row, offered) for rows in groups for row in rows})))
    if customers.empty:
        st.info(say("builder.nobody_yet", as_of=as_of))
        return
    rule = tuple(tuple(_group(place, rows, customers, offered)) for place, rows in enumerate(groups))
    st.button(say("builder.add_group"), key="builder add group", icon=":material/alt_route:", on_click=groups.append,
              args=([_row(first, ">=", None)],))
    _answer(rule, customers, as_of)


def _row(feature: str, op: str, value) -> dict:
    return {"number": next(_numbers), "feature": feature, "op": op, "value": value}


def _known(as_of) -> list[str]:
    """Every feature that something is known of."""
    book = store()

    def work(progress):
        with book.look() as look:
            return [feature.name for feature in known(look, as_of)]

    return job(("builder known", str(book.path), as_of, book.revision(*asking.READ)), say("builder.reading"), work)


def _feature_of(row: dict, offered: list[str]) -> str:
    """The feature of a row, also when it has just been changed."""
    wanted = st.session_state.get(f"builder {row['number']} feature", row["feature"])
    return wanted if wanted in offered else offered[0]


def _features(as_of, names: tuple[str, ...]) -> pd.DataFrame:
    """The features that the rows speak of, read once a state of the data."""
    book = store()

    def work(progress):
        with book.look() as look:
            return gather(look, names, as_of)

    return job(("builder", str(book.path), as_of, names, book.revision(*asking.READ)), say("builder.reading"), work)


# --- the rows -------------------------------------------------------------------------------------


def _group(place: int, rows: list[dict], customers: pd.DataFrame, offered: list[str]) -> list[Condition]:
    """The conditions of a group that are filled in."""
    if place:
        st.markdown(say("builder.or"))
    found = []
    with st.container(border=True):
        st.caption(say("builder.all_of"))
        for row in rows:
            condition = _condition(row, customers, offered)
            found += [condition] if condition else []
        with st.container(horizontal=True):
            next_one = "recency_days" if "recency_days" in offered else offered[0]
            st.button(say("builder.add"), key=f"builder add {place}", icon=":material/add:", type="tertiary",
                      on_click=rows.append, args=(_row(next_one, "<=", None),))
            if place:
                st.button(say("builder.remove_group"), key=f"builder remove group {place}", type="tertiary",
                          icon=":material/close:", on_click=_remove_group, args=(place,))
    return found


def _condition(row: dict, customers: pd.DataFrame, known: list[str]) -> Condition | None:
    """One row: feature, comparison, value; what stands in it is kept, also while another part of the page is shown."""
    key = f"builder {row['number']}"
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        row["feature"] = st.selectbox(
            say("builder.feature"), known, known.index(row["feature"]) if row["feature"] in known else 0,
            key=f"{key} feature", format_func={name: wording.feature(name) for name in known}.get, width=240)
        values = customers[row["feature"]]
        is_number = pd.api.types.is_numeric_dtype(values)
        offered = FOR_NUMBERS if is_number else FOR_WORDS
        op = st.selectbox(
            say("builder.comparison"), offered, offered.index(row["op"]) if row["op"] in offered else 0,
            key=f"{key} op {is_number}", width=170,
            format_func={op: say(f"comparison.{wording.OPERATIONS[op]}") for op in offered}.get)
        if op != row["op"]:
            row["op"], row["value"] = op, None
        row["value"] = _value(row, values, f"{key} {row['feature']} {op}")
        st.button(say("builder.remove"), key=f"{key} remove", icon=":material/close:", type="tertiary",
                  on_click=_remove, args=(row["number"],))
    if row["value"] is None and op not in WITHOUT_VALUE:
        return None
    return Condition(row["feature"], op, row["value"])


def _value(row: dict, values: pd.Series, key: str):
    """What is compared with; None while it is not filled in."""
    op, value = row["op"], row["value"]
    if op in WITHOUT_VALUE:
        return None
    if op == "in":
        choices = sorted({str(found) for found in values.dropna().unique()})
        chosen = st.multiselect(say("builder.value"), choices, [one for one in value or () if one in choices],
                                key=key, placeholder=plain("builder.choose"), width=320)
        return tuple(chosen) or None
    whole = pd.api.types.is_integer_dtype(values)
    finite = values.dropna()
    hint = plain("builder.range", low=float(finite.min()), high=float(finite.max())) if len(finite) else None

    def number(label: str, given, name: str):
        start = None if given is None else int(given) if whole else float(given)
        return st.number_input(label, value=start, step=1 if whole else None, key=f"{key} {name}", width=150,
                               placeholder=hint)

    if op == "between":
        low, high = value or (None, None)
        low, high = number(say("builder.from"), low, "low"), number(say("builder.to"), high, "high")
        return None if low is None or high is None else (low, high)
    assert op in (*ON_NUMBERS, "=")
    return number(say("builder.value"), value, "value")


def _remove(number: int) -> None:
    groups = [[row for row in rows if row["number"] != number] for rows in st.session_state["builder"]]
    st.session_state["builder"] = [rows for rows in groups if rows] or [[_row("", ">=", None)]]


def _remove_group(place: int) -> None:
    del st.session_state["builder"][place]


# --- the answer -----------------------------------------------------------------------------------


def _answer(rule: Rule, customers: pd.DataFrame, as_of) -> None:
    if not features_of(rule):
        st.info(say("builder.fill_in"), icon=":material/edit:")
        return
    with errors_in_words():
        met = holds(rule, customers)
    found = customers[met]
    st.markdown(say("builder.count", count=len(found), share=len(found) / len(customers), of=len(customers)))
    if found.empty:
        st.caption(say("builder.nobody"))
        return
    with st.expander(say("builder.preview", count=min(PREVIEW, len(found)))):
        few = found.head(PREVIEW)
        records = {row["id"]: row for row in store().records("customers", [int(one) for one in few.customer_id])}
        shown = few.assign(name=[records[one]["name"] or records[one]["customer_no"] for one in few.customer_id])
        table(shown, key="builder preview", carry=False, labels={
            "name": plain("column.customers.name"),
            **{name: wording.feature(name) for name in customers.columns if name != "customer_id"}})
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(say("builder.name"), key="builder name", max_chars=60, width=320,
                             placeholder=plain("builder.name_example")).strip()
        pressed = st.button(say("builder.keep"), key="builder keep", type="primary", icon=":material/bookmark_add:",
                            disabled=not name)
    if pressed:
        with errors_in_words(), store().batch("segment", name) as batch:
            keep_rule(batch, rule, customers, name, as_of)
        st.session_state.pop("builder")
        saved("builder", say("builder.kept", name=name, count=len(found)))
