"""A customer from all sides: key facts, consent, figures, all that happened, orders, requests, related people."""

import streamlit as st

from crm_core import charts
from crm_core.relations import relations_around
from crm_core.tables import CHANNELS
from pages.entry import order, records
from pages.entry.lists import in_words
from ui import chart, language, plain, say, store, table, today, words
from ui.batches import author
from ui.forms import has_error
from ui.parts import PARTS
from ui.values import called, told

LISTS = ("communications", "orders", "service_requests")
FACTS = ("customer_no", "email", "phone", "address", "postal_code", "city", "region", "country", "company", "job_title",
         "industry", "stage", "owner", "source", "gender", "birth_date", "age", "joined_on")
KINDS = {"orders": "shopping_cart", "communications": "forum", "service_requests": "support_agent",
         "opportunities": "trending_up", "campaign_members": "campaign", "relationships": "hub",
         "customers": "edit_note"}
TIMELINE_ROWS, ORDERS_SHOWN, MOST_OF_A_KIND = 20, 200, 15


def show(row: dict, way: str) -> None:
    {"overview": _overview, "communications": _communications, "orders": _orders, "service_requests": _requests,
     "related": _related}[way](row)


def _overview(row: dict) -> None:
    known = [column for column in FACTS if row[column] is not None]
    st.markdown(" · ".join(
        f":gray[{say(f'column.customers.{column}')}] {words.markdown_safe(told('customers', column, row[column]))}"
        for column in known) or say("customer.nothing_known"))
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        st.markdown(say("customer.consent"), width="content")
        for channel in CHANNELS:
            given = row[f"consent_{channel}"]
            st.badge(say(f"choice.channel.{channel}"), color="gray" if given is None else "green" if given else "red",
                     icon=":material/help:" if given is None else ":material/check:" if given else ":material/block:",
                     help=say(f"customer.consent_{'unknown' if given is None else 'yes' if given else 'no'}"))
    figures = store().frame("customer_figures", customer_id=row["id"]).iloc[0]
    with st.container(horizontal=True, gap="xsmall"):
        for name in ("revenue", "orders", "last_order", "requests_open", "messages", "opportunities_open"):
            value = figures[name]
            shown = ("–" if value is None or value != value else words.day(language(), value) if name == "last_order"
                     else words.short_number(language(), float(value)))
            st.metric(say(f"customer.figure.{name}"), shown, border=True, width=225 if name == "last_order" else 150)
    _timeline(row)


@st.fragment
def _timeline(row: dict) -> None:
    """Everything that happened, newest first."""
    st.subheader(say("customer.timeline"), anchor=False)
    key = f"timeline {row['id']}"
    kinds = st.pills(say("customer.kinds"), tuple(KINDS), selection_mode="multi", key=f"{key} kinds",
                     label_visibility="collapsed", wrap=True,
                     format_func={kind: say(f"timeline.kind.{kind}") for kind in KINDS}.get)
    offset = st.session_state.get(f"{key} offset", 0) if st.session_state.get(f"{key} asked") == kinds else 0
    st.session_state[f"{key} asked"] = kinds
    events = store().frame("customer_timeline", customer_id=row["id"], kinds=",".join(kinds), limit=TIMELINE_ROWS,
                           offset=offset)
    if events.empty:
        st.info(say("customer.nothing_happened"))
        return
    total = int(events.found.iloc[0])
    for event in events.to_dict("records"):
        with st.container(horizontal=True, vertical_alignment="top", gap="small"):
            when = event["happened_at"]
            text, detail = _told(row, {name: value if value == value else None for name, value in event.items()})
            st.markdown(
                f":material/{KINDS[event['table_name']]}: "
                f":gray[{words.markdown_safe(_when(when))}]  \n"
                f"{words.markdown_safe(text)}" + (f"  \n:gray[{words.markdown_safe(detail)}]" if detail else ""),
                width="stretch")
            if event["table_name"] in PARTS and event["table_name"] != "customers":
                st.page_link("pages/data_entry.py", label=say("customer.open"), width="content",
                             query_params={"part": event["table_name"], "open": str(event["row_id"])})
    if total > TIMELINE_ROWS:
        with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
            st.caption(say("lists.shown", first=offset + 1, last=offset + len(events), total=total), width="content")
            for step, to, allowed in (("back", offset - TIMELINE_ROWS, offset > 0),
                                      ("on", offset + TIMELINE_ROWS, offset + TIMELINE_ROWS < total)):
                st.button(say(f"lists.{step}"), key=f"{key} {step}", disabled=not allowed, type="tertiary",
                          on_click=st.session_state.__setitem__, args=(f"{key} offset", to))


def _when(moment) -> str:
    """A day where no time of day is known."""
    if moment != moment or moment is None:
        return "–"
    return (words.day if moment == moment.normalize() else words.moment)(language(), moment)


def _told(row: dict, event: dict) -> tuple[str, str]:
    """An event as a sentence, and what can be said beside it."""
    kind, state, title = event["table_name"], event["state"], event["title"] or ""
    amount = "" if event["amount"] is None else f"{event['amount']:,.2f}"
    detail = " ".join((event["detail"] or "").split())
    detail = detail if len(detail) <= 160 else detail[:159] + "…"
    if kind == "orders":
        told_order = plain("timeline.orders", title=title, state=plain(f"choice.status.{state}"), amount=amount)
        return told_order, event["way"] or ""
    if kind == "communications":
        way = plain("timeline.communications", channel=plain(f"choice.channel.{event['way']}"),
                    direction=plain(f"choice.direction.{state}"))
        return (f"{way} · {title}" if title else way), detail
    if kind in ("service_requests", "opportunities"):
        told_amount = f" · {amount}" if amount else ""
        return plain(f"timeline.{kind}", title=title, state=plain(f"choice.status.{state}")) + told_amount, detail
    if kind == "campaign_members":
        return plain("timeline.campaign_members", title=title, state=plain(f"timeline.member.{state}")), plain(
            "timeline.variant", variant=detail)
    if kind == "relationships":
        me = called("customers", row)
        first, second = (me, title) if event["way"] == "to" else (title, me)
        return f"{first} {plain(f'choice.relation.{state}')} {second}", detail
    return plain(f"batch.{state}", subject=title), plain("customer.by", number=event["way"], actor=author(detail))


def _communications(row: dict) -> None:
    found = store().frame("communications_of_customer", customer_id=row["id"])
    if found.empty:
        st.info(say("customers.nothing_said"))
    else:
        table(
            in_words(PARTS["communications"], found),
            key=f"communications of {row['id']}",
            name=f"{called('customers', row)} communications",
            labels={column: plain(f"column.communications.{column}")
                    for column in ("occurred_at", "channel", "direction", "subject", "content")},
            row_height=52,
        )
        st.page_link("pages/text_mining.py", label=say("summary.of_this_customer"), icon=":material/short_text:",
                     query_params={"part": "summary", "customer": str(row["id"])})
    _one_more("communications", row, ":material/add_comment:")


def _orders(row: dict) -> None:
    found = store().frame("orders_of_customer", customer_id=row["id"], limit=ORDERS_SHOWN)
    if found.empty:
        st.info(say("customer.no_orders"))
    else:
        total = int(found.found.iloc[0])
        st.caption(say("lists.shown", first=1, last=len(found), total=total) + " " + say("customer.choose_order"))
        picked = table(
            in_words(PARTS["orders"], found),
            key=f"orders of {row['id']} {store().revision()}",
            name=f"{called('customers', row)} orders",
            labels={column: plain(f"column.orders.{column}")
                    for column in ("order_no", "ordered_at", "status", "channel", "amount", "currency")},
            formats={"amount": "%.2f"}, on_select="rerun", selection_mode="single-row",
            height=min(38 + 35 * len(found), 400))
        if picked.selection.rows:
            chosen = found.iloc[picked.selection.rows[0]]
            st.markdown(f"**{words.markdown_safe(plain('customer.lines_of', number=str(chosen.order_no)))}**")
            order.table_of(int(chosen.id))
            st.page_link("pages/data_entry.py", label=say("customer.open_order"), icon=":material/edit:",
                         query_params={"part": "orders", "open": str(int(chosen.id))})
    _one_more("orders", row, ":material/add_shopping_cart:")


def _requests(row: dict) -> None:
    found = store().frame("requests_of_customer", customer_id=row["id"])
    if found.empty:
        st.info(say("customer.no_requests"))
    else:
        picked = table(
            in_words(PARTS["service_requests"], found),
            key=f"requests of {row['id']} {store().revision()}",
            name=f"{called('customers', row)} requests",
            labels={column: plain(f"column.service_requests.{column}") for column in (
                "request_no", "opened_at", "closed_at", "status", "priority", "channel", "category", "subject",
                "content", "satisfaction")},
            on_select="rerun", selection_mode="single-row")
        if picked.selection.rows:
            st.query_params.update({"part": "service_requests", "open": str(int(found.id[picked.selection.rows[0]]))})
            st.rerun()
    _one_more("service_requests", row, ":material/support_agent:")


def _one_more(name: str, row: dict, icon: str) -> None:
    key = f"add {name} for {row['id']}"
    with st.expander(say(f"customer.add.{name}"), icon=icon, expanded=has_error(key)):
        records.add(name, key, given={"customer_id": row["id"]})


def _kinds(kinds) -> str:
    return plain("batch.comma").join(plain(f"relations.kind.{kind}") for kind in kinds.unique())


def _related(row: dict) -> None:
    """Those tied to the customer: a small graph, and each of them with why."""
    related = store().frame("related_customers", customer_id=row["id"], most=MOST_OF_A_KIND)
    if related.empty:
        st.info(say("customer.nobody_related"))
    else:
        ids = related.id.unique()
        kept = store().frame("relationships_among", ids=",".join(map(str, ids)))
        relations = relations_around({"id": row["id"], "name": called("customers", row)}, related, kept)
        chart(charts.related_customers(relations, today(), plain), key=f"related {row['id']}")
        degree = dict(zip(relations.nodes.id, relations.nodes.degree, strict=True))
        group = dict(zip(relations.nodes.id, relations.nodes.group, strict=True))
        listed = related.groupby("id", sort=False).agg(
            kinds=("kind", _kinds),
            name=("name", "first"), customer_no=("customer_no", "first"), city=("city", "first"),
            company=("company", "first")).reset_index()
        listed = listed.assign(degree=listed.id.map(degree), group=listed.id.map(group))
        st.caption(say("lists.choose"))
        picked = table(
            listed, key=f"related rows {row['id']} {store().revision()}", name=f"{called('customers', row)} related",
            labels={"name": plain("column.customers.name"), "kinds": plain("customer.tied_by"),
                    **{column: plain(f"column.customers.{column}") for column in ("customer_no", "city", "company")},
                    "degree": plain("chart.related_customers.degree"), "group": plain("chart.group")},
            on_select="rerun", selection_mode="single-row")
        if picked.selection.rows:
            st.query_params["open"] = str(int(listed.id[picked.selection.rows[0]]))
            st.query_params["part"] = "customers"
            st.rerun()
    _one_more("relationships", row, ":material/hub:")
