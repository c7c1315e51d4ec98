"""What would happen: every cell checked, the import rehearsed to its end, counts, rejects and examples shown."""

import pandas as pd
import streamlit as st

from crm_core import data_entry
from crm_core.errors import DateOrderAmbiguous, NothingToImport
from pages.entry.importing.said import Said
from ui import carry_away, job, language, plain, say, store, table, words
from ui.work import show_error
from ui.workspace import now

CHECKED_AT_ONCE = 200_000  # rows: more are checked when the person asks for it
SHOWN_REJECTS = 100
COUNTS = ("added", "changed", "unchanged")
REJECT_COLUMNS = ("line", "column", "reason", "value", "raw")


def wanted(reading, mapping, said: Said) -> bool:
    """Whether to check now: at once, or for a large file when the person has settled the columns."""
    if reading.rows <= CHECKED_AT_ONCE:
        return True
    settled = (st.session_state["reading key"], mapping.kind, tuple(mapping.columns.items()))
    if said.check_wanted == settled:
        return True
    if st.button(say("importing.check"), type="primary", key="check now", icon=":material/fact_check:"):
        said.check_wanted = settled
        st.rerun()
    return False


def check(reading, mapping, said: Said):
    """Cells as values, with a reason for each row that cannot be taken; a date that can be read two ways is asked."""
    orders = dict(said.date_orders)
    key = ("check", st.session_state["reading key"], mapping.kind, tuple(mapping.columns.items()),
           tuple(orders.items()))
    try:
        return job(
            key,
            say("importing.checking"),
            lambda progress: data_entry.check(
                reading, mapping, date_order=orders, at=now(), progress=progress, cancel=progress.cancelled
            ),
        )
    except NothingToImport as error:
        show_error(error)
        _show_rejects(data_entry.all_rejects(error), reading.name)
        st.stop()
    except DateOrderAmbiguous as error:
        _ask_order(error, said)
        st.stop()


def _ask_order(error: DateOrderAmbiguous, said: Said) -> None:
    st.warning(words.markdown_safe(words.error_sentence(language(), error)), icon=":material/event:")
    example = str(error.facts["example"])
    readings = data_entry.date_readings(example)
    with st.container(horizontal=True):
        for order in ("day first", "month first", "year first"):
            if order == "year first" and order not in readings:
                continue
            label = say(f"importing.{order.replace(' ', '_')}")
            if order in readings:
                label = say("importing.order_means", order=label.replace("\\", ""), example=example,
                            day=words.day(language(), readings[order]))
            # By a callback: the check that asked is begun anew on the next run, and may end it before this button.
            st.button(label, key=f"dates {order}", on_click=said.date_orders.update,
                      args=({error.facts["column"]: order},))


def rehearse(checked):
    """The import done to its end and given up: these counts are what will happen, exactly; and examples."""
    book = store()

    def work(progress):
        with book.rehearsal("import") as batch:
            progress.on_cancel(lambda: book.interrupt(batch))
            loaded = data_entry.load(batch, checked, progress=progress)
            return loaded, data_entry.sample_of(batch, loaded.tables)

    return job(("rehearse", checked.folder, book.revision()), say("importing.rehearsing"), work)


def show(reading, checked, loaded, samples) -> None:
    st.subheader(say("importing.preview"), anchor=False)
    _show_counts(checked, loaded)
    _show_notes(checked, loaded)
    if loaded.conflict_count:
        st.warning(say("importing.conflicts", count=loaded.conflict_count), icon=":material/call_split:")
        table(
            _in_words(pd.DataFrame(loaded.conflicts)),
            key="conflicts",
            name=f"{reading.name} conflicts",
            labels={
                "customer_no": plain("importing.conflict_number"),
                "name": plain("column.customers.name"),
                "value": plain("importing.reject_value"),
                "reason": plain("importing.reject_reason"),
            },
        )
    if loaded.changes_nothing:
        if loaded.nothing_fits:
            st.error(say("importing.nothing_taken", name=reading.name))
        else:
            st.info(say("importing.nothing_new", name=reading.name), icon=":material/done_all:")
    if checked.rejected:
        st.warning(say("importing.rejects", count=checked.rejected, rows=checked.rows), icon=":material/report:")
        _show_rejects(checked.rejects, reading.name)
    _show_samples(samples)


def _show_counts(checked, loaded) -> None:
    sums = {what: sum(counts[what] for counts in loaded.tables.values()) for what in COUNTS}
    with st.container(horizontal=True, gap="xsmall"):
        for name, value in (
            ("new", sums["added"]),
            ("changed", sums["changed"]),
            ("unchanged", sums["unchanged"]),
            ("in_conflict", loaded.conflict_count),
            ("rejected", checked.rejected),
        ):
            st.metric(
                say(f"importing.{name}"),
                words.number(language(), value),
                border=True,
                width=150,
                help=say(f"importing.{name}_help"),
            )
    table(
        pd.DataFrame([{"table": plain(f"table.{name}"), **counts} for name, counts in loaded.tables.items()]),
        key="import counts",
        carry=False,
        labels={
            "table": plain("home.what"),
            "added": plain("importing.new"),
            "changed": plain("importing.changed"),
            "unchanged": plain("importing.unchanged"),
        },
    )


def _show_notes(checked, loaded) -> None:
    """What the person should know about the file before it is in."""
    notes = [
        say(f"importing.{note}", count=getattr(checked, note))
        for note in ("orders_with_two_dates", "orders_with_two_customers", "orders_incomplete", "emails_shared")
        if getattr(checked, note)
    ]
    notes += [say(f"importing.dates_{order.replace(' ', '_')}", column=header)
              for header, order in checked.date_orders.items()]
    notes += [say("importing.decimal_mark" if mark else "importing.decimal_marks_two", column=header, mark=mark)
              for header, mark in checked.decimal_marks.items()]
    notes += [say(f"importing.note.{name}", **facts) for name, facts in checked.notes]
    if loaded.merged_earlier:
        notes.append(say("merging.imported_earlier", count=loaded.merged_earlier))
    if loaded.without_customer:
        notes.append(say("importing.without_customer", count=loaded.without_customer))
    if loaded.amounts_kept:
        notes.append(say("importing.amounts_kept", count=loaded.amounts_kept))
    if notes:
        st.markdown("\n".join(f"- :small[{note}]" for note in notes))


def _in_words(frame: pd.DataFrame) -> pd.DataFrame:
    reasons = {reason: words.reject_sentence(language(), reason) for reason in frame.reason.unique()}
    return frame.assign(reason=frame.reason.map(reasons))


def _show_rejects(rejects: pd.DataFrame, name: str) -> None:
    """The first rejected rows on the screen, all of them to carry away."""
    labels = {column: plain(f"importing.reject_{column}") for column in REJECT_COLUMNS}

    table(_in_words(rejects.head(SHOWN_REJECTS)), key="rejects", labels=labels, carry=False)
    if len(rejects) > SHOWN_REJECTS:
        st.caption(say("importing.rejects_shown", shown=SHOWN_REJECTS, count=len(rejects)))
    carry_away(lambda: _in_words(rejects)[list(labels)].rename(columns=labels), key="rejects", name=f"{name} rejected",
               rows=len(rejects))


def _show_samples(samples) -> None:
    """The first rows as they will stand in the book; for those that are there already both values."""
    shown = {name: sample for name, sample in samples.items() if sample.added or sample.changed}
    if not shown:
        return
    with st.expander(say("importing.samples"), icon=":material/visibility:", expanded=True):
        for name, tab in zip(shown, st.tabs([plain(f"table.{name}") for name in shown]), strict=True):
            with tab:
                _show_sample(name, shown[name])


def _show_sample(name: str, sample) -> None:
    if sample.changed:
        st.caption(say("importing.sample_changed"))
        table(
            pd.DataFrame([
                {"row": entry["row"], "column": plain(f"column.{name}.{entry['column']}"),
                 "before": _text(entry["before"]), "after": _text(entry["after"])}
                for entry in sample.changed
            ]),
            key=f"changed {name}",
            carry=False,
            labels={part: plain(f"importing.sample_{part}") for part in ("row", "column", "before", "after")},
        )
    if sample.added:
        st.caption(say("importing.sample_added"))
        table(
            pd.DataFrame(sample.added).map(_number),
            key=f"added {name}",
            carry=False,
            labels={column: plain(f"column.{name}.{column}") for column in sample.added[0]},
        )


def _text(value) -> str:
    return "–" if value is None else str(_number(value))


def _number(value):
    """Money as a number and not as a Decimal with four places."""
    return float(value) if type(value).__name__ == "Decimal" else value

