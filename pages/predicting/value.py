"""What customers are worth: lifetime value with its intervals, beside the plain formula."""

import pandas as pd
import streamlit as st

from crm_core import charts
from crm_core.errors import NobodyBought
from crm_core.purchase_prediction import Target, examples
from crm_core.purchase_prediction import lifetime_value as lifetime
from pages.predicting import asking
from ui import carry_away, chart, errors_in_words, job, plain, say, store, table
from ui.customers import named
from ui.forms import remember

HORIZONS = (90, 180, 365, 730, 1095)
MOST_LISTED = 1_000
PARTS = ("whole", "whom", "formula", "fit")


def ask() -> lifetime.ValueChoice:
    """Over which time, at which margin and rate, by which model."""
    usual = lifetime.ValueChoice()
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        days = st.selectbox(
            say("lifetime.horizon"), HORIZONS, key=remember("value horizon", usual.horizon_days), width=170,
            format_func={days: plain("lifetime.horizon_days", days=days) for days in HORIZONS}.get)
        margin = st.number_input(say("lifetime.margin"), 1.0, 100.0, step=1.0, width=170, format="%.0f",
                                 key=remember("value margin", usual.margin * 100), help=say("lifetime.margin_help"))
        rate = st.number_input(say("lifetime.rate"), 0.0, 100.0, step=1.0, width=170, format="%.0f",
                               key=remember("value rate", usual.yearly_rate * 100), help=say("lifetime.rate_help"))
        model = st.selectbox(
            say("lifetime.model"), ("", *lifetime.MODELS), key=remember("value model", ""), width=230,
            help=say("lifetime.model_help"),
            format_func={name: plain(f"lifetime.model_{name or 'best'}") for name in ("", *lifetime.MODELS)}.get)
    return lifetime.ValueChoice(int(days), rate / 100, margin / 100, model or None)


def answer(wanted: asking.Asked, choice: lifetime.ValueChoice):
    """The examples and what they are worth; margin and rate change the money, all else is worked out anew with them."""
    book = store()

    def work(progress):
        with book.look() as look:
            first = look.execute("SELECT CAST(min(ordered_at) AS DATE) FROM orders WHERE deleted_at IS NULL "
                                 "AND status <> 'cancelled' AND customer_id IS NOT NULL").fetchone()[0]
            if first is None:
                raise NobodyBought()
            dates = lifetime.value_split(first, wanted.as_of, choice.horizon_days)
            found = examples(look, Target("spends", dates.horizon_days), dates)
        return found, lifetime.lifetime_value(found, choice, progress=progress)

    return job(("lifetime value", str(book.path), wanted.as_of, choice, book.revision("customers", "orders")),
               say("lifetime.working"), work)


def money(value: float) -> str:
    return charts.written(value, "money", "en", short=False)


def headline(found: lifetime.LifetimeValue, wanted: asking.Asked) -> None:
    value, low, high = found.total
    st.markdown(say("lifetime.answer", customers=len(found.customers), days=found.choice.horizon_days,
                    as_of=wanted.as_of, value=money(value), low=money(low), high=money(high)))
    for key, facts in found.warnings:
        st.warning(say(f"lifetime.warning.{key}", **facts), icon=":material/info:")


def whole(found: lifetime.LifetimeValue, wanted: asking.Asked) -> None:
    chart(charts.value_concentration(lifetime.concentration(found.customers), wanted.as_of, plain),
          key="value concentration")
    segments = store().frame("segments_kept")
    if len(segments):
        _sum_of_segment(found, wanted, segments)


def _sum_of_segment(found: lifetime.LifetimeValue, wanted: asking.Asked, segments: pd.DataFrame) -> None:
    st.subheader(say("lifetime.sum"), anchor=False)
    st.caption(say("lifetime.sum_help"))
    names = dict(zip(segments.id, segments.name, strict=True))
    chosen = st.selectbox(say("lifetime.segment"), list(names), key="value segment", width=300, format_func=names.get)
    row = segments[segments.id == chosen].iloc[0]
    book = store()
    total = job(("value of segment", str(book.path), wanted.as_of, found.choice, int(chosen), str(row.as_of),
                 book.revision("customers", "orders", "segments", "segment_members")), say("lifetime.working"),
                lambda _progress: (_members(int(chosen), row.as_of), found.total_of(_members(int(chosen), row.as_of))))
    members, (value, low, high) = total
    st.markdown(say("lifetime.sum_answer", name=names[chosen], customers=len(members), value=money(value),
                    low=money(low), high=money(high)))


def _members(segment_id: int, as_of) -> set:
    return set(store().frame("segment_customers", segment_id=segment_id, as_of=as_of).id)


def whom(found: lifetime.LifetimeValue, wanted: asking.Asked) -> None:
    """Every customer with value, interval and what it comes from; one of them by the curve."""
    def in_words(rows):
        return named(rows).assign(alive=(rows.alive * 100).to_numpy())

    shown = found.customers.head(MOST_LISTED)
    told = in_words(shown)
    labels = {column: plain(f"column.customers.{column}") for column in ("customer_no", "name")
              if told[column].notna().any()} | {
        column: plain(f"lifetime.column_{column}")
        for column in ("value", "low", "high", "alive", "purchases", "spend")}
    if len(found.customers) > MOST_LISTED:
        st.caption(say("lifetime.listed", shown=MOST_LISTED, count=len(found.customers)))
    st.caption(say("lifetime.pick"))
    picked = table(told, key=f"value customers {found.choice}", labels=labels, carry=False,
                   on_select="rerun", selection_mode="single-row", height=min(38 + 35 * len(shown), 400),
                   formats={"value": "%.2f", "low": "%.2f", "high": "%.2f", "alive": "%.0f %%", "purchases": "%.2f",
                            "spend": "%.2f"})
    carry_away(lambda: in_words(found.customers)[list(labels)].rename(columns=labels), key="value all",
               name=f"{plain('lifetime.title')} {wanted.as_of}", rows=len(found.customers))
    _one(found, shown.iloc[picked.selection.rows[0] if picked.selection.rows else 0], wanted)


def _one(found: lifetime.LifetimeValue, row: pd.Series, wanted: asking.Asked) -> None:
    customer = int(row.customer_id)
    days = store().frame("purchase_days", customer_id=customer, as_of=wanted.as_of)
    if days.empty:
        return
    called = named(pd.DataFrame({"customer_id": [customer]})).iloc[0]
    name = next((str(called[column]) for column in ("name", "customer_no") if pd.notna(called[column])),
                f"{plain('chart.customer')} {customer}")
    st.markdown(say("lifetime.one", name=name, value=money(row.value), low=money(row.low), high=money(row.high),
                    alive=float(row.alive), purchases=round(float(row.purchases), 1), spend=money(row.spend)))
    on = [pd.Timestamp(day) for day in days.day]
    curve = lifetime.alive_over_time(found.model, on, pd.Timestamp(wanted.as_of), float(row["mean"]))
    chart(charts.alive_curve(curve, on, name, wanted.as_of, plain), key=f"value alive {customer}")
    st.page_link("pages/data_entry.py", label=say("lifetime.open", customer=name), icon=":material/person:",
                 query_params={"part": "customers", "open": str(customer)})


def formula(known, found: lifetime.LifetimeValue, wanted: asking.Asked) -> None:
    """Profit ÷ churn rate, by group of customers, beside the mean of the model."""
    st.markdown(say("lifetime.formula_what", days=known.split.horizon_days))
    segments = store().frame("segments_kept")
    by = st.segmented_control(
        say("lifetime.formula_by"), ("often", "segments"), key=remember("value formula by", "often"), required=True,
        format_func={way: plain(f"lifetime.formula_by_{way}") for way in ("often", "segments")}.get,
    ) if len(segments) else "often"
    groups = None
    if by == "segments":
        groups = {str(row["name"]): _members(int(row.id), row.as_of) for _, row in segments.head(20).iterrows()}
    rows = lifetime.beside_formula(known, found, groups)
    names = rows.group if groups else [plain(f"lifetime.often_{name}") for name in rows.group]
    shown = rows.assign(
        group=list(names), churn=rows.churn * 100,
        remark=[plain(f"lifetime.formula_warning.{name}") if name else "" for name in rows.warning])
    table(shown, key="value formula", name=plain("lifetime.formula"),
          labels={column: plain(f"lifetime.formula_{column}") for column in
                  ("group", "customers", "left", "profit", "churn", "formula", "model", "remark")},
          formats={"profit": "%.2f", "churn": "%.0f %%", "formula": "%.2f", "model": "%.2f"})
    st.caption(say("lifetime.formula_note", days=found.choice.horizon_days))


def fit(found: lifetime.LifetimeValue, wanted: asking.Asked) -> None:
    """The models beside each other on the past window, and why this one is used."""
    used = plain(f"lifetime.model_{found.model.name}")
    tried = found.tried.set_index("model")
    if found.choice.model:
        st.markdown(say("lifetime.fit_asked", model=used))
    elif not found.past:
        st.markdown(say("lifetime.fit_likelihood", model=used))
    elif found.model.name == tried.index[0]:
        st.markdown(say("lifetime.fit_best", model=used))
    else:
        st.markdown(say("lifetime.fit_not_sure", model=used, best=plain(f"lifetime.model_{tried.index[0]}")))
    if found.past:
        st.markdown(say("lifetime.fit_past", customers=found.past["customers"], widening=found.widening,
                        purchases=round(found.past["purchases"]), expected=round(found.past["expected"])))
    shown = found.tried.assign(model=[plain(f"lifetime.model_{name}") for name in found.tried.model],
                               total_error=found.tried.total_error * 100)
    table(shown, key="value models", name=plain("lifetime.part_fit"),
          labels={column: plain(f"lifetime.fit_{column}") for column in
                  ("model", "kinds", "log_likelihood", "log_score", "mae", "total_error")},
          formats={"log_likelihood": "%.1f", "log_score": "%.4f", "mae": "%.3f", "total_error": "%+.0f %%"})
    rows = [{"kind": place, "share": kind.share * 100, "gap": 7 * kind.buying.alpha / kind.buying.r,
             "level": float(kind.spending.expected_spend(0, 0)), "parameters": ", ".join(
                 f"{name} {value:.3f}" for name, value in
                 {**kind.buying.parameters, **kind.spending.parameters}.items())}
            for place, kind in enumerate(sorted(found.model.kinds, key=lambda kind: -kind.share), 1)]
    st.subheader(say("lifetime.kinds"), anchor=False)
    table(pd.DataFrame(rows), key="value kinds", name=plain("lifetime.kinds"),
          labels={column: plain(f"lifetime.kind_{column}") for column in
                  ("kind", "share", "gap", "level", "parameters")},
          formats={"share": "%.0f %%", "gap": "%.0f", "level": "%.2f"})


def show() -> None:
    wanted = asking.asked()
    if wanted is None:
        asking.nobody_there()
        return
    st.subheader(say("lifetime.title"), anchor=False, help=say("lifetime.title_help"))
    choice = ask()
    with errors_in_words():
        known, found = answer(wanted, choice)
        headline(found, wanted)
        part = st.segmented_control(
            say("lifetime.part"), PARTS, key=remember("value part", "whole"), required=True,
            label_visibility="collapsed", format_func={part: plain(f"lifetime.part_{part}") for part in PARTS}.get)
        {"whole": lambda: whole(found, wanted), "whom": lambda: whom(found, wanted),
         "formula": lambda: formula(known, found, wanted), "fit": lambda: fit(found, wanted)}[part]()
