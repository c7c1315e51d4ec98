"""Connect to Salesforce: pull what is new through the same check as a file, and send changes back on purpose."""
import os
import secrets
import weakref
from functools import partial
from shutil import rmtree

import pandas as pd
import streamlit as st

from crm_core import data_entry
from crm_core.data_entry.connectors import pulling, pushing
from crm_core.data_entry.connectors.credentials import salesforce_credentials
from crm_core.data_entry.connectors.salesforce import Salesforce
from crm_core.errors import CrmError
from pages.entry.answers import show_answers
from ui import errors_in_words, job, language, plain, say, store, table, words
from ui.work import forget, show_error, start
from ui.workspace import PROJECT, now

SECRETS = PROJECT / ".streamlit" / "secrets.toml"
# What people copy: every line is a name of crm_core/data_entry/connectors/credentials.py.
EXAMPLE = """[salesforce]
username = "you@example.com"
password = "…"
security_token = "…"
# domain = "test"                # a sandbox; or your own, such as "acme.my"
# consumer_key = "…"             # where your organisation signs in by a connected app
# consumer_secret = "…"
"""
FIRST_OBJECTS = ("Account", "Contact", "Lead")
MOST_CONFLICTS = 30  # shown at a time; the next ones follow when these are decided


def show() -> None:
    st.caption(say("salesforce.what"))
    _finish()
    account = _account()
    if account is None:
        return
    connection, organisation, objects = account
    st.success(say("salesforce.connected", name=organisation), icon=":material/cloud_done:")
    way = st.segmented_control(say("salesforce.way"), ("pull", "send", "answers"), key="salesforce way", default="pull",
                               required=True, format_func=lambda name: say(f"salesforce.{name}"))
    with errors_in_words():
        if way == "pull":
            _pull(connection, objects)
        elif way == "send":
            _send(connection, organisation)
        else:
            show_answers()


def _connector() -> Salesforce:
    """A connector with the credentials of this moment; neither stays in the session."""
    return Salesforce(salesforce_credentials(os.environ, SECRETS))


def _session() -> str:
    """In every key of a job: what one person has asked of Salesforce is not another one's answer."""
    return st.session_state.setdefault("salesforce session", secrets.token_hex(8))


# --- signing in ---------------------------------------------------------------------------------


def _account():
    """(connection, organisation, objects) once signed in. Nobody is signed in unasked, nor again and again: an
    organisation locks a user out after some wrong passwords."""
    state = st.session_state
    if "salesforce account" in state:
        return state["salesforce account"]
    key = ("salesforce account", _session(), state.get("salesforce round", 0))
    if state.get("salesforce asked"):
        try:
            state["salesforce account"] = job(key, say("salesforce.connecting"), _sign_in)
            return state["salesforce account"]
        except CrmError as error:
            state["salesforce asked"], state["salesforce error"] = False, error
    if state.get("salesforce error"):
        show_error(state["salesforce error"])
    try:
        salesforce_credentials(os.environ, SECRETS)
        ready = True
    except CrmError as error:
        ready = False
        if not state.get("salesforce error"):
            st.info(words.markdown_safe(words.error_sentence(language(), error)), icon=":material/key:")
    with st.expander(say("salesforce.set_up"), icon=":material/help:", expanded=not ready):
        st.markdown(say("salesforce.set_up_file"))
        st.code(EXAMPLE, language="toml")
        st.markdown(say("salesforce.set_up_variables"))
    if st.button(say("salesforce.connect"), key="salesforce connect", type="primary", icon=":material/link:"):
        state["salesforce asked"], state["salesforce round"] = True, state.get("salesforce round", 0) + 1
        state.pop("salesforce error", None)
        st.rerun()
    return None


def _sign_in(progress):
    connector = _connector()
    connection, organisation = pulling.connection_key(connector)
    return connection, organisation, connector.objects()


# --- pull ---------------------------------------------------------------------------------------


def _demo_decided() -> bool:
    """A person's own records never mix with the demo shop unasked."""
    demo = store().frame("demo_batch")
    if demo.empty or st.session_state.get("beside demo"):
        return True
    st.warning(say("importing.demo", customers=int(demo.customers[0])), icon=":material/storefront:")
    with st.container(horizontal=True):
        if st.button(say("importing.remove_demo"), type="primary", key="salesforce remove demo"):
            with st.spinner(say("changes.undoing")):
                store().withdraw(int(demo.number[0]))
            st.rerun()
        if st.button(say("importing.beside_demo"), key="salesforce beside demo"):
            st.session_state["beside demo"] = True
            st.rerun()
    return False


def _pull(connection: str, objects) -> None:
    if not _demo_decided():
        return
    labels = {object.name: object.label for object in objects}
    known = pulling.remembered(store(), connection)
    possible = [object.name for object in pulling.possible(objects)]
    later = [labels[object.name] for object in objects if object.name not in possible]
    first = [name for name in possible if name in (known or FIRST_OBJECTS)]
    with st.form("salesforce objects", border=False):
        chosen = st.multiselect(
            say("salesforce.objects"), possible, default=first,
            format_func=lambda name: words.markdown_safe(labels[name]), key="salesforce chosen",
            help=say("salesforce.objects_help"), placeholder=say("form.choose"))
        whole = st.checkbox(say("salesforce.everything"), key="salesforce whole",
                            help=say("salesforce.everything_help"))
        asked = st.form_submit_button(say("salesforce.look"), type="primary", icon=":material/cloud_download:")
    if known:
        told = [plain("salesforce.seen_object", object=labels.get(name, name), when=one.seen_until)
                if one.seen_until else plain("salesforce.never", object=labels.get(name, name))
                for name, one in known.items()]
        st.caption(say("salesforce.seen", what=plain("batch.semicolon").join(told)))
    if later:
        st.caption(say("salesforce.not_yet", objects=plain("batch.comma").join(later)))
    if asked and chosen:
        _give_up_pull()
        number = st.session_state.get("salesforce pulls", 0) + 1
        st.session_state["salesforce pulls"] = number
        st.session_state["salesforce pull"] = (number, tuple(chosen), whole)
    if "salesforce pulled" in st.session_state:
        st.success(st.session_state["salesforce pulled"], icon=":material/check_circle:")
    if "salesforce pull" in st.session_state:
        _preview(connection, *st.session_state["salesforce pull"])


def _give_up_pull() -> None:
    """Take what was pulled off the disk."""
    forget(("salesforce fetch", _session(), st.session_state.pop("salesforce pull", None)))
    for one in st.session_state.pop("salesforce records", ()):
        one.reading.close()
    st.session_state.pop("salesforce pulled", None)


def _preview(connection: str, number: int, names: tuple[str, ...], whole: bool) -> None:
    book = store()

    def fetch(progress):
        pulled = pulling.fetch_all(_connector(), connection, book, names, whole, progress, progress.cancelled)
        for one in pulled:
            weakref.finalize(one.reading, rmtree, one.reading.folder, True)  # a session that just ends leaves nothing
        return pulled

    pulled = job(("salesforce fetch", _session(), (number, names, whole)), say("salesforce.fetching"), fetch)
    st.session_state["salesforce records"] = pulled
    mappings = [_map(number, one) for one in pulled]

    def look(progress):
        looked = [pulling.look(book, one, mapping, at=now(), cancel=progress.cancelled,
                               progress=lambda share, n=n: progress((n + share) / len(pulled) * 0.7))
                  for n, (one, mapping) in enumerate(zip(pulled, mappings, strict=True))]
        with book.rehearsal("pull") as batch:
            progress.on_cancel(lambda: book.interrupt(batch))
            return looked, [pulling.apply(batch, one) for one in looked]

    key = ("salesforce look", _session(), number, tuple(tuple(mapping.columns.items()) for mapping in mappings),
           book.revision())
    looked, applied = job(key, say("salesforce.comparing"), look)
    _show_counts(looked, applied)
    # An object that is pulled for the first time is remembered even when it is empty: new rows can then be sent to it.
    known = pulling.remembered(book, connection)
    nothing = all(one.prepared.brings_nothing and one.prepared.pulled.object.name in known for one in looked)
    if nothing:
        st.info(say("salesforce.nothing_new"))
    if st.button(say("salesforce.import"), key="salesforce import", type="primary", icon=":material/download:",
                 disabled=nothing):
        _write(looked, book)


def _map(number: int, pulled) -> data_entry.Mapping:
    """What each field means here: proposed, and changed in a table."""
    reading = pulled.reading
    kind, proposed = reading.mapping.kind, reading.mapping.columns
    mapped = sum(meaning is not None for meaning in proposed.values())
    with st.expander(say("salesforce.records", object=pulled.object.label, count=reading.rows + len(pulled.gone),
                         mapped=mapped, fields=len(reading.headers))):
        if pulled.object.left_out:
            st.warning(say("salesforce.fields_left_out", object=pulled.object.label,
                           fields=", ".join(pulled.object.left_out)))
        examples = {header: next((row[header] for row in reading.sample if row.get(header)), "")
                    for header in reading.headers}
        edited = st.data_editor(
            pd.DataFrame([{"field": header, "example": examples[header][:60], "meaning": proposed.get(header)}
                          for header in reading.headers]),
            key=f"salesforce mapping {number} {pulled.object.name}", hide_index=True, width="stretch",
            placeholder=plain("salesforce.not_taken"), disabled=["field", "example"], column_config={
                "field": st.column_config.TextColumn(plain("salesforce.field")),
                "example": st.column_config.TextColumn(plain("salesforce.example")),
                "meaning": st.column_config.SelectboxColumn(
                    plain("salesforce.meaning"), options=data_entry.meanings(kind), format_func=partial(_meaning, kind),
                    help=plain("salesforce.meaning_help"))})
    chosen = dict(zip(edited["field"], edited["meaning"], strict=True))
    return data_entry.Mapping(kind, {header: meaning or None for header, meaning in chosen.items()})


def _meaning(kind: str, meaning: str) -> str:
    """'City'; of another table 'Campaign number (Campaigns)'."""
    key = f"column.{meaning}"
    of, name = meaning.split(".")
    named = plain(key) if words.has(key) else name
    return named if of == kind else plain("importing.of_table", column=named, table=plain(f"table.{of}"))


def _show_counts(looked, applied) -> None:
    st.subheader(say("salesforce.preview"), anchor=False)
    frame = pd.DataFrame([{
        "object": one.prepared.pulled.object.label, "new": done.counts["added"], "changed": done.counts["changed"],
        "unchanged": done.counts["unchanged"] + one.prepared.unchanged, "removed": done.removed,
        "kept": one.prepared.kept, "conflicts": len(one.prepared.conflicts), "removed_here": one.prepared.removed_here,
        "rejected": one.rejected} for one, done in zip(looked, applied, strict=True)])
    table(frame, key="salesforce counts", carry=False, labels={
        **{name: plain(f"importing.{name}") for name in ("new", "changed", "unchanged", "rejected")},
        **{name: plain(f"salesforce.{name}") for name in ("object", "removed", "kept", "conflicts", "removed_here")}})
    for name, count in (("conflicts", sum(len(one.prepared.conflicts) for one in looked)),
                        ("left_out", sum(done.left_out for done in applied))):
        if count:
            st.warning(say(f"salesforce.preview_{name}", count=count))
    rejects = [one.rejects.assign(object=one.prepared.pulled.object.label) for one in looked if one.rejected]
    if rejects:
        shown = pd.concat(rejects)[["object", "record", "column", "reason", "value"]]
        shown["reason"] = [words.reject_sentence(language(), reason) for reason in shown["reason"]]
        table(shown, key="salesforce rejects", name="Salesforce rejected", labels={
            "object": plain("salesforce.object"), "record": plain("column.connected_records.remote_id"),
            **{name: plain(f"importing.reject_{name}") for name in ("column", "reason", "value")}})


def _write(looked, book) -> None:
    """Write the batch beside the page: what was shown when the person pressed the button."""
    key = ("salesforce write", looked[0].prepared.reading.folder, book.revision())

    def work(progress):
        with book.batch("pull", ", ".join(one.prepared.pulled.object.label for one in looked)) as batch:
            progress.on_cancel(lambda: book.interrupt(batch))
            applied = [pulling.apply(batch, one, lambda share, n=n: progress((n + share) / len(looked)))
                       for n, one in enumerate(looked)]
        return batch.number if batch.rows else None, applied

    start(key, work)
    st.session_state["salesforce working"] = ("pulled", key)
    st.rerun()


# --- send ---------------------------------------------------------------------------------------


def _send(connection: str, organisation: str) -> None:
    book, state = store(), st.session_state
    if "salesforce sent" in state:
        st.success(state["salesforce sent"], icon=":material/check_circle:")
    as_object = st.selectbox(say("salesforce.as_object"), ("Contact", "Lead", "Account"), key="salesforce as",
                             width=260)
    if st.button(say("salesforce.compare"), key="salesforce compare", icon=":material/refresh:"):
        state["salesforce compares"] = state.get("salesforce compares", 0) + 1
        state.pop("salesforce sent", None)
    creates = pushing.CREATES | {"customers": as_object}
    key = ("salesforce compare", _session(), connection, state.get("salesforce compares", 0), as_object,
           book.revision())
    compared = job(key, say("salesforce.reading"), lambda progress: pushing.compare(
        book, _connector(), connection, creates=creates, progress=progress, cancel=progress.cancelled))
    if compared.only_here:
        st.caption(say("salesforce.only_here", count=compared.only_here))
    if not compared.differences:
        st.info(say("salesforce.no_differences"))
        return
    conflicts = [one for one in compared.differences if one.conflict]
    decided = _decide(conflicts)
    chosen = []
    for action, ticked in (("update", True), ("create", False), ("delete", False)):
        plainly = [one for one in compared.differences if one.action == action and (
            one.can_be_sent or one.missing) and not (one.conflict and decided.get(one.key) != "later")]
        chosen += _choose(action, plainly, ticked, key)
    if compared.more_creates:
        st.caption(say("salesforce.more_creates", count=compared.more_creates))
    ours = [one for one in conflicts if decided.get(one.key) == "ours"]
    theirs = [one for one in conflicts if decided.get(one.key) == "theirs"]
    listed = {one.key for one in chosen}
    sending = chosen + [one for one in ours if one.key not in listed]
    sure = st.checkbox(say("salesforce.sure"), key=f"salesforce sure {hash(key)}")
    if st.button(say("salesforce.send_now", count=len(sending) + len(theirs), name=organisation), type="primary",
                 key="salesforce send", icon=":material/cloud_upload:", disabled=not sure or not (sending or theirs)):
        _start_sending(connection, key, sending, frozenset(one.key for one in ours), theirs, compared.agreed)


def _what(difference) -> str:
    """'City: Bern → Chur; Phone: 1 → 2' as plain text."""
    new = difference.action == "create"
    parts = [f"{_field(difference.table, each.slot)}: "
             + (each.ours or "" if new else f"{each.base or '–'} → {each.ours or '–'}") for each in difference.fields]
    if difference.missing:
        parts.append(plain("salesforce.missing", fields=", ".join(difference.missing)))
    return plain("batch.semicolon").join(parts)


def _field(of: str, slot: str) -> str:
    key = f"column.{of}.{slot}"
    return plain(key) if words.has(key) else slot.removeprefix("extra.")


def _choose(action: str, differences, ticked: bool, key) -> list:
    """A table of records with a tick for each; those that are ticked and can be sent."""
    if not differences:
        return []
    st.subheader(say(f"salesforce.{action}s", count=len(differences)), anchor=False)
    if action != "update":
        st.caption(say(f"salesforce.{action}s_what"))
    edited = st.data_editor(
        pd.DataFrame([{"choose": ticked and not one.missing, "object": one.object.label, "name": one.name,
                       "what": _what(one)} for one in differences]),
        key=f"salesforce {action} {hash(key)}", hide_index=True, width="stretch", disabled=["object", "name", "what"],
        column_config={
            "choose": st.column_config.CheckboxColumn(plain("salesforce.choose"), width="small"),
            "object": st.column_config.TextColumn(plain("salesforce.object"), width="small"),
            "name": st.column_config.TextColumn(plain("salesforce.name")),
            "what": st.column_config.TextColumn(plain("column.sent_changes.fields"), width="large")})
    return [one for one, yes in zip(differences, edited["choose"], strict=True) if yes and not one.missing]


def _decide(conflicts) -> dict[str, str]:
    """Whose version stays, by the difference's key."""
    if not conflicts:
        return {}
    st.subheader(say("salesforce.decide"), anchor=False)
    st.caption(say("salesforce.decide_what"))
    decided = {}
    for number, one in enumerate(conflicts[:MOST_CONFLICTS]):
        with st.container(border=True):
            st.markdown(f"**{words.markdown_safe(one.name)}** · {words.markdown_safe(one.object.label)}")
            rows = [{"field": _field(one.table, each.slot), "base": each.base or "", "ours": each.ours or "",
                     "theirs": plain("salesforce.gone") if one.gone else each.theirs or ""}
                    for each in one.fields if each.conflict]
            if rows:
                table(pd.DataFrame(rows), key=f"salesforce conflict {number}", carry=False,
                      labels={name: plain(f"salesforce.{name}") for name in ("field", "base", "ours", "theirs")})
            decided[one.key] = st.segmented_control(
                say("salesforce.decide"), ("ours", "theirs", "later"), default="later", required=True,
                key=f"salesforce decide {one.key} {hash(repr(one.fields))}", label_visibility="collapsed",
                format_func=lambda name: say(f"salesforce.decide_{name}"))
    return decided


def _start_sending(connection, compared_key, sending, keep_ours, theirs, agreed) -> None:
    book = store()

    def work(progress):
        connector = _connector()
        known = pulling.remembered(book, connection)
        for name in dict.fromkeys(one.object.name for one in theirs):
            of = [one for one in theirs if one.object.name == name]
            ids = [one.remote_id for one in of]
            pulled = pulling.fetch_these(connector, connection, of[0].object, ids, known[name], progress.cancelled)
            with pulled.reading, book.batch("pull", pulled.object.label) as batch:
                pulling.apply(batch, pulling.look(book, pulled, theirs=frozenset(ids), at=now()))
        sent = pushing.send(book, connector, connection, sending, keep_ours, agreed, progress, progress.cancelled)
        return sent, len(theirs)

    key = ("salesforce send", compared_key)
    start(key, work)
    st.session_state["salesforce working"] = ("sent", key)
    st.rerun()


# --- what runs beside the page --------------------------------------------------------------------


def _finish() -> None:
    """Show what runs, wherever the person was meanwhile; then say what it did."""
    state = st.session_state
    if "salesforce working" not in state:
        return
    what, key = state["salesforce working"]
    try:
        answer = job(key, say("salesforce.writing" if what == "pulled" else "salesforce.sending"))
    except CrmError as error:
        state.pop("salesforce working")
        state["salesforce compares"] = state.get("salesforce compares", 0) + 1
        show_error(error)
        return
    forget(key)
    state.pop("salesforce working")
    if what == "pulled":
        number, applied = answer
        _give_up_pull()
        total = {name: sum(done.counts[name] for done in applied) for name in ("added", "changed", "removed")}
        state["salesforce pulled"] = (say("salesforce.pulled", number=str(number), **total) if number
                                      else say("salesforce.nothing_new"))
    else:
        sent, took = answer
        parts = [plain("salesforce.sent_one", count=count, outcome=plain(f"choice.outcome.{outcome}"))
                 for outcome, count in sent.outcomes.items()]
        told = [say("salesforce.sent", what=plain("batch.comma").join(parts))] if parts else []
        told += [say("salesforce.took_theirs", count=took)] if took else []
        state["salesforce sent"] = "  \n".join(told) or say("salesforce.no_differences")
        state["salesforce compares"] = state.get("salesforce compares", 0) + 1
    st.rerun()
