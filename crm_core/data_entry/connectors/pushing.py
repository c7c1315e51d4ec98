"""Send back what was changed here, on purpose: a list of differences, a person's word for each, answers kept.

    compared = compare(store, connector, connection)         creates, updates and deletes, by record and field
    sent = send(store, connector, connection, chosen)        one by one; every answer is a row of sent_changes

Three versions are compared: ours, theirs as read just now, and what both last agreed on. A field that only we changed
is sent; one that only they changed comes with the next pull; one that both changed waits for a person's word.
"""
import hashlib
import json
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from crm_core.data_entry.casting import WORDS
from crm_core.data_entry.connectors import Answer, Change, Connector, Field, Record, RemoteObject, as_text
from crm_core.data_entry.connectors.pulling import Known, can_be_imported, change_links, dump, remembered
from crm_core.data_entry.connectors.slots import Slot, ours_sql, slots
from crm_core.data_entry.mapping import Mapping, plain
from crm_core.errors import LoginRefused, NothingPulledYet, RemoteBusy, RemoteRefused, RemoteUnreachable

# What a new row becomes there.
CREATES = {"customers": "Contact", "campaigns": "Campaign", "opportunities": "Opportunity", "service_requests": "Case",
           "communications": "Task"}
NAMED_BY = {"customers": "coalesce(t.name, t.email, t.customer_no, t.phone)", "campaigns": "t.name",
            "opportunities": "t.name", "service_requests": "coalesce(t.subject, t.request_no)",
            "communications": "coalesce(t.subject, left(t.content, 60))",
            "campaign_members": "CAST(t.customer_id AS VARCHAR)"}
MOST_CREATES = 1000
# Family names of two characters, which would else be cut after the first.
FAMILY_NAMES = ("欧阳", "司马", "上官", "诸葛", "夏侯", "东方", "皇甫", "尉迟", "公孙", "慕容", "司徒", "令狐", "宇文",
                "长孙")


@dataclass(frozen=True)
class FieldDifference:
    slot: str  # the column, or "extra.<field>"
    base: str | None  # what both sides agreed on, as it stood here; None for a new record
    ours: str | None
    theirs: str | None  # as the fields there hold it
    conflict: bool  # both changed it, and differently
    values: dict[str, object]  # remote field → what would be sent


@dataclass(frozen=True)
class Difference:
    """A record that is not the same on both sides, because of what was done here."""

    action: str  # "create", "update", "delete"
    object: RemoteObject
    table: str
    row_id: int
    remote_id: str | None
    name: str  # the row's, for people
    fields: tuple[FieldDifference, ...]
    conflict: bool  # a person has to say whose version stays before all of it can be sent
    gone: bool = False  # it was deleted there
    missing: tuple[str, ...] = ()  # fields that a new record there cannot do without
    seen: dict[str, str] = field(default_factory=dict, repr=False)  # the record's fields as read now
    link_id: int | None = None
    tried: tuple[str, datetime, dict] | None = None  # an earlier attempt without an answer: marker, time, values

    @property
    def key(self) -> str:
        return f"{self.object.name} {self.remote_id or self.row_id}"

    @property
    def can_be_sent(self) -> bool:
        """Whether something of it can go without a person's word on a conflict."""
        if self.action == "update":
            return not self.gone and any(not field.conflict for field in self.fields)
        return not self.conflict and not self.missing


@dataclass(frozen=True)
class Compared:
    differences: tuple[Difference, ...]
    only_here: int  # changed values that the other program does not let us write; they stay here
    more_creates: int  # new rows beyond the first thousand
    agreed: tuple[tuple[int, dict, dict], ...] = field(repr=False)  # both did the same: (link, ours, theirs)


@dataclass(frozen=True)
class Sent:
    answers: tuple[Answer, ...]
    number: int | None  # the batch that keeps them

    @property
    def outcomes(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for answer in self.answers:
            counts[answer.outcome] = counts.get(answer.outcome, 0) + 1
        return counts


class _Untellable(Exception):
    """A value has no form that the other program would take."""


# --- compare --------------------------------------------------------------------------------------


def compare(book, connector: Connector, connection: str, names: Iterable[str] = (),
            creates: dict[str, str] | None = None, progress=None, cancel=None) -> Compared:
    """What was changed here since both sides agreed.

    `names`: only these objects. `creates`: what new rows of a table become, table → object.
    Raises NothingPulledYet, and what the connector raises.
    """
    known_objects = {name: known for name, known in remembered(book, connection).items()
                     if not names or name in names}
    if not known_objects:
        raise NothingPulledYet()
    creates = CREATES if creates is None else creates
    differences, agreed, only_here, more = [], [], 0, 0
    for number, (name, known) in enumerate(sorted(known_objects.items())):
        if progress:
            progress(number / len(known_objects))
        object = connector.describe(name)
        if not can_be_imported(object.kind):
            continue
        found, same, stays = _changed(book, connector, connection, object, known, cancel)
        differences, agreed, only_here = differences + found, agreed + same, only_here + stays
        if creates.get(object.kind) == name:
            found, rest, stays = _new(book, connection, object, known)
            differences, more, only_here = differences + found, more + rest, only_here + stays
    return Compared(tuple(differences), only_here, more, tuple(agreed))


def _changed(book, connector, connection, object: RemoteObject, known: Known, cancel):
    """Updates and deletes of one object; what both sides did alike; how many values stay here only."""
    mapping = Mapping(object.kind, known.columns)
    table, by_name = mapping.kind, slots(mapping)
    with book.cursor() as cursor:
        rows = cursor.execute(f"""
            SELECT r.id, r.remote_id, r.row_id, r.ours, r.theirs, t.deleted_at IS NOT NULL, {ours_sql(by_name)},
                   {NAMED_BY[table]}
            FROM connected_records r JOIN {table} t ON t.id = r.row_id
            WHERE r.connection = $connection AND r.object = $object
            AND (t.deleted_at IS NOT NULL OR r.agreed_in IS DISTINCT FROM t.changed_in) ORDER BY r.row_id""",
            {"connection": connection, "object": object.name}).fetchall()
    candidates, only_here = [], 0
    for link_id, remote_id, row_id, ours, theirs, deleted, now, name in rows:
        ours, theirs, now = json.loads(ours), json.loads(theirs), json.loads(now)
        here = [slot for slot in by_name if slot in ours and ours[slot] != now.get(slot)]
        writable = [slot for slot in here if _writable(by_name[slot], object)]
        only_here += len(here) - len(writable)
        if deleted or writable:
            candidates.append((link_id, remote_id, row_id, ours, theirs, deleted, now, name or "", writable))
    records = connector.read(object, [row[1] for row in candidates], cancel) if candidates else {}
    differences, agreed = [], []
    for link_id, remote_id, row_id, ours, theirs, deleted, now, name, writable in candidates:
        record = records.get(remote_id)
        gone = record is None or record.deleted
        seen = {} if gone else {f: record.values.get(f, "") for slot in by_name.values() for f in slot.fields}
        make = {"object": object, "table": table, "row_id": row_id, "remote_id": remote_id, "name": name,
                "link_id": link_id, "gone": gone}
        if deleted:
            there = not gone and any(record.values.get(header, "") != text for header, text in theirs.items())
            fields = () if gone else tuple(
                FieldDifference(slot, ours.get(slot), None, _told(by_name[slot], record.values), True, {})
                for slot in by_name if any(record.values.get(f, "") != theirs.get(f) for f in by_name[slot].fields))
            differences.append(Difference("delete", fields=fields, conflict=there, seen=seen, **make))
            continue
        fields, same = [], []
        for name_of_slot in writable:
            slot, text = by_name[name_of_slot], now.get(name_of_slot)
            try:
                values = _values(book, connection, slot, text, object, record, theirs)
            except _Untellable:
                only_here += 1
                continue
            there = not gone and any(record.values.get(f, "") != theirs.get(f) for f in slot.fields)
            if not gone and all(record.values.get(f, "") == as_text(value) for f, value in values.items()):
                same.append((name_of_slot, text))
                continue
            fields.append(FieldDifference(name_of_slot, ours.get(name_of_slot), text,
                                          None if gone else _told(slot, record.values), gone or there, values))
        if same:
            agreed.append((link_id, dict(same), {f: record.values.get(f, "") for slot, _ in same
                                                 for f in by_name[slot].fields}))
        if fields:
            # The parts of a name that are not mapped are read along, so that nobody's change of them is written over.
            if not gone:
                seen |= {f: record.values.get(f, "") for each in fields for f in each.values}
            differences.append(Difference("update", fields=tuple(fields), seen=seen,
                                          conflict=any(each.conflict for each in fields), **make))
    return differences, agreed, only_here


def _new(book, connection: str, object: RemoteObject, known: Known):
    """Rows that are no record there yet; those of the demo shop never become one."""
    mapping = Mapping(object.kind, known.columns)
    table, by_name = mapping.kind, slots(mapping)
    demo = "SELECT number FROM batches WHERE kind = 'demo'"
    with book.cursor() as cursor:
        rows = cursor.execute(f"""
            SELECT t.id, {ours_sql(by_name)}, {NAMED_BY[table]}, s.marker, s.sent_at, s.fields, count(*) OVER ()
            FROM {table} t LEFT JOIN (SELECT row_id, arg_max(marker, id) AS marker, arg_max(sent_at, id) AS sent_at,
                              arg_max(fields, id) AS fields FROM sent_changes
                       WHERE connection = $connection AND object = $object AND table_name = $table
                       AND action = 'create' AND outcome IN ('sent', 'unknown') GROUP BY row_id) s ON s.row_id = t.id
            WHERE t.deleted_at IS NULL AND t.changed_in NOT IN ({demo})
            AND NOT EXISTS (SELECT 1 FROM history.{table} h WHERE h.id = t.id AND h.changed_in IN ({demo}))
            AND NOT EXISTS (SELECT 1 FROM connected_records r WHERE r.connection = $connection
                            AND r.table_name = $table AND r.row_id = t.id)
            ORDER BY s.marker IS NULL, t.id LIMIT {MOST_CREATES}""",
            {"connection": connection, "object": object.name, "table": table}).fetchall()
    found, only_here = [], 0
    for row_id, now, name, marker, tried_at, tried, _ in rows:
        now, fields = json.loads(now), []
        for slot in by_name.values():
            if now.get(slot.name) is None:
                continue
            try:
                values = _values(book, connection, slot, now[slot.name], object, None, {})
            except _Untellable:
                only_here += 1
                continue
            if values:
                fields.append(FieldDifference(slot.name, None, now[slot.name], None, False, values))
        told = {header for each in fields for header in each.values}
        missing = tuple(each.label for each in object.fields if each.required and each.name not in told)
        found.append(Difference("create", object, table, row_id, None, name or "", tuple(fields), False,
                                missing=missing, tried=(marker, tried_at, json.loads(tried)) if marker else None))
    return found, (rows[0][-1] if rows else 0) - len(rows), only_here


def _told(slot: Slot, values: dict[str, str]) -> str:
    return " ".join(text for text in (values.get(header, "") for header in slot.fields) if text)


# --- from our values to theirs --------------------------------------------------------------------


def _writable(slot: Slot, object: RemoteObject) -> bool:
    if slot.name == "name" and object.field("LastName"):
        return object.field("LastName").updateable
    fields = [object.field(header) for header, role in slot.fields.items() if role != "follows"]
    return any(each and each.updateable for each in fields)


def _values(book, connection: str, slot: Slot, text: str | None, object: RemoteObject, record: Record | None,
            theirs: dict[str, str]) -> dict[str, object]:
    """What to write there so that it says what we say. Raises _Untellable."""
    may = (lambda each: each.createable) if record is None and not theirs else (lambda each: each.updateable)
    if slot.name == "name" and object.field("LastName") and object.field("FirstName"):
        if not text:
            raise _Untellable
        before = record.values if record else {}
        first, last = split_name(text, before.get("FirstName", ""), before.get("LastName", ""))
        return {"FirstName": first or None, "LastName": last}
    values: dict[str, object] = {}
    for header, role in slot.fields.items():
        each = object.field(header)
        if not each or not may(each) or role == "follows":
            continue
        if role == "reference":
            if each.type == "reference":
                value = _reference(book, connection, slot, text, each)
                if value is not False:
                    values[header] = value
        elif role in ("value", "not"):
            values[header] = _value(slot, text, each, contrary=role == "not")
    if not values:
        raise _Untellable
    return values


def _value(slot: Slot, text: str | None, each: Field, contrary: bool):
    if text is None:
        if each.type == "yes_no" or each.required:
            raise _Untellable  # there it is yes or no, and something in any case
        return None
    kind = slot.column.type if not slot.name.startswith("extra.") else "text"
    if kind == "yes_no":
        yes = (text == "true") != contrary
        return yes if each.type == "yes_no" else as_text(yes)
    if kind == "choice":
        return _word(slot, text, each)
    if each.type == "yes_no":
        if text.lower() not in ("true", "false"):
            raise _Untellable
        return text.lower() == "true"
    if each.type in ("number", "whole"):
        try:
            number = Decimal(text)
        except ArithmeticError:
            raise _Untellable from None
        return int(number) if number == number.to_integral_value() else float(number)
    if each.type == "time":
        moment = datetime.fromisoformat(text)
        return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}+0000"
    if each.type == "day":
        return text[:10]
    return text


def _word(slot: Slot, choice: str, each: Field) -> str:
    """The other program's word for a choice of ours: the one that an import would read as this choice."""
    words = WORDS.get(f"{slot.table}.{slot.column.name}") or WORDS.get(slot.column.name) or {}
    words = {plain(word) for word in [*words.get(choice, "").split(), choice]}
    for value in each.choices:
        if plain(value) in words:
            return value
    if each.choices:
        raise _Untellable
    return choice


def _reference(book, connection: str, slot: Slot, text: str | None, each: Field):
    """The id there of the row that ours points at; False where this field cannot hold it."""
    if text is None:
        return None
    with book.cursor() as cursor:
        found = cursor.execute(
            "SELECT remote_id, object FROM connected_records WHERE connection = $connection AND table_name = $table "
            "AND row_id = $row ORDER BY id",
            {"connection": connection, "table": slot.column.refers_to, "row": int(text)}).fetchall()
    return next((remote_id for remote_id, object in found if object in each.refers_to), False)


def split_name(name: str, first_before: str = "", last_before: str = "") -> tuple[str, str]:
    """First and last name of a whole name; a part that did not change stays as it was.

    ("Ada van der Berg", "Eva", "van der Berg") → ("Ada", "van der Berg") | ("欧阳修", "", "") → ("修", "欧阳")
    """
    name = " ".join(name.split())
    if last_before and name.endswith(last_before) and name != last_before:
        return name.removesuffix(last_before).strip(), last_before
    if first_before and name.startswith(first_before + " "):
        return first_before, name.removeprefix(first_before).strip()
    if " " not in name:
        if re.fullmatch(r"[\u4e00-\u9fff]{2,4}", name):
            cut = 2 if name[:2] in FAMILY_NAMES and len(name) > 2 else 1
            return name[cut:], name[:cut]
        return "", name
    first, _, last = name.rpartition(" ")
    return first, last


# --- send -----------------------------------------------------------------------------------------


def send(book, connector: Connector, connection: str, differences: Iterable[Difference],
         keep_ours: frozenset[str] = frozenset(), agreed=(), progress=None, cancel=None) -> Sent:
    """Send the chosen differences, one record at a time. `keep_ours`: keys of conflicts in which ours is to stay.

    What is about to be created is written down before it is sent, and every answer after; should the work stop in
    between, the next comparison finds out what became of it.
    """
    differences = list(differences)
    chosen = [(difference, change) for difference in differences
              if (change := _change(difference, keep_ours)) is not None]
    dropping = [difference.link_id for difference in differences
                if difference.gone and (difference.action == "delete" or difference.key in keep_ours)]
    entries = _announce(book, connector, connection, chosen)
    with book.cursor() as cursor:
        taken = {row[0] for row in cursor.execute(
            "SELECT remote_id FROM connected_records WHERE connection = $connection",
            {"connection": connection}).fetchall()}
    ready = [replace(change, marker=entry["marker"]) if entry else change
             for (_, change), entry in zip(chosen, entries, strict=True)]
    by_change = {id(change): (difference, entry)
                 for change, (difference, _), entry in zip(ready, chosen, entries, strict=True)}
    answers: list[Answer] = []
    try:
        for answer in connector.push(ready, taken, progress, cancel):
            answers.append(answer)  # noqa: PERF402  what was answered stays when the next one breaks off
    finally:
        number = _write_down(book, connector, connection, answers, by_change, dropping, agreed)
    return Sent(tuple(answers), number)


def _change(difference: Difference, keep_ours: frozenset[str]) -> Change | None:
    """What is sent of a difference; None where nothing may be."""
    decided = difference.key in keep_ours
    if difference.gone or difference.missing or (difference.action == "delete" and difference.conflict and not decided):
        return None
    values = {header: value for each in difference.fields if not each.conflict or decided
              for header, value in each.values.items()}
    if difference.tried:  # the same once more, whatever was changed here since: that goes as an update later
        values = difference.tried[2]
    if difference.action == "update" and not values:
        return None
    seen = difference.seen if difference.action == "delete" else {f: difference.seen.get(f, "") for f in values}
    key = next((each.name for each in difference.object.fields if each.is_key and each.name not in values), None)
    return Change(difference.action, difference.object, difference.table, difference.row_id, difference.remote_id,
                  values if difference.action != "delete" else {}, seen if difference.action != "create" else {},
                  key_field=key if difference.action == "create" else None,
                  tried_since=difference.tried[1] if difference.tried else None)


def _announce(book, connector, connection: str, chosen) -> list[dict | None]:
    """Write down what is about to be created; the entry of each change, None for what creates nothing."""
    creating = [difference for difference, _ in chosen if difference.action == "create"]
    fresh = [difference for difference in creating if not difference.tried]
    entries: dict[int, dict] = {}
    if fresh:
        sent_at = connector.server_time()
        with book.batch("push", creating[0].object.label) as batch:
            rows = [{"connection": connection, "object": difference.object.name, "table_name": difference.table,
                     "row_id": difference.row_id, "action": "create", "outcome": "sent", "sent_at": sent_at,
                     "fields": dump({h: value for each in difference.fields for h, value in each.values.items()}),
                     "marker": _marker(batch, connection, difference)} for difference in fresh]
            for difference, entry_id, row in zip(fresh, batch.add("sent_changes", rows), rows, strict=True):
                entries[id(difference)] = {"id": entry_id, "marker": row["marker"]}
    with book.cursor() as cursor:
        for difference in creating:
            if difference.tried:
                row = cursor.execute("SELECT id FROM sent_changes WHERE marker = $marker ORDER BY id DESC LIMIT 1",
                                     {"marker": difference.tried[0]}).fetchone()
                entries[id(difference)] = {"id": row[0], "marker": difference.tried[0]}
    return [entries.get(id(difference)) for difference, _ in chosen]


def _marker(batch, connection: str, difference: Difference) -> str:
    """Never the same for two rows, not even of two copies of one database: the moment of the batch is in it."""
    told = f"{connection} {difference.table} {difference.row_id} {batch.number} {batch.at.isoformat()}"
    return "crm-" + hashlib.sha256(told.encode()).hexdigest()[:24]


def _write_down(book, connector, connection: str, answers: list[Answer], by_change: dict, dropping: list[int],
                agreed) -> int | None:
    """One batch with every answer and with what both sides now agree on."""
    created = [answer for answer in answers if answer.outcome == "created"]
    there = {}
    for name in {answer.change.object.name for answer in created}:
        of = [answer for answer in created if answer.change.object.name == name]
        # Without these values what could not be sent counts as changed here, and is not written over either.
        with suppress(RemoteUnreachable, RemoteBusy, RemoteRefused, LoginRefused):
            there |= connector.read(of[0].change.object, [answer.remote_id for answer in of])
    known = {name: slots(Mapping(object.kind, known.columns)) for name, known in remembered(book, connection).items()
             for object in {answer.change.object.name: answer.change.object for answer in answers}.values()
             if object.name == name}
    subject = answers[0].change.object.label if answers else ""
    with book.batch("push", subject) as batch:
        at = batch.at
        if dropping:
            batch.execute("CREATE OR REPLACE TEMP TABLE dropping AS SELECT unnest($ids::BIGINT[]) AS id", ids=dropping)
            batch.purge("connected_records", "SELECT id FROM dropping")
        for link_id, ours, theirs in agreed:
            _settle(batch, link_id, ours, theirs, None)
        for answer in answers:
            difference, entry = by_change[id(answer.change)]
            told = {"outcome": answer.outcome, "message": answer.message or None, "remote_id": answer.remote_id}
            if entry:
                batch.change("sent_changes", {"id": entry["id"], **told})
            else:
                batch.add("sent_changes", {
                    "connection": connection, "object": difference.object.name, "table_name": difference.table,
                    "row_id": difference.row_id, "action": difference.action, "sent_at": at,
                    "fields": dump(sorted(answer.change.values)), **told})
            if answer.outcome == "updated":
                sent = [each for each in difference.fields if set(each.values) <= set(answer.change.values)]
                theirs = {header: as_text(value) for header, value in answer.change.values.items()}
                if theirs.get("LastName"):
                    theirs["Name"] = " ".join(filter(None, (theirs.get("FirstName"), theirs["LastName"])))
                _settle(batch, difference.link_id, {each.slot: each.ours for each in sent}, theirs,
                        known[difference.object.name])
            elif answer.outcome == "created":
                _link(batch, connection, difference, answer, known[difference.object.name],
                      there.get(answer.remote_id))
            elif answer.outcome == "deleted":
                batch.execute("CREATE OR REPLACE TEMP TABLE dropping AS SELECT $id::BIGINT AS id",
                              id=difference.link_id)
                batch.purge("connected_records", "SELECT id FROM dropping")
    return batch.number if batch.rows else None


def _settle(batch, link_id: int, ours: dict, theirs: dict, known: dict[str, Slot] | None) -> None:
    """Both sides agree on these values; what else is remembered of the record stays."""
    row = batch.execute("SELECT ours, theirs, row_id, table_name FROM connected_records WHERE id = $id",
                        id=link_id).fetchone()
    if row is None:  # unlinked meanwhile
        return
    ours, mapped = json.loads(row[0]) | ours, json.loads(row[1])
    theirs = mapped | {header: text for header, text in theirs.items() if header in mapped}
    agreed_in = None
    if known:
        now, changed_in = batch.execute(f"SELECT {ours_sql(known)}, t.changed_in FROM {row[3]} t WHERE t.id = $id",
                                        id=row[2]).fetchone()
        now = json.loads(now)
        agreed_in = changed_in if all(now.get(name) == text for name, text in ours.items()) else None
    change_links(batch, [{"id": link_id, "ours": dump(ours), "theirs": dump(theirs), "agreed_in": agreed_in}])


def _link(batch, connection: str, difference: Difference, answer: Answer, known: dict[str, Slot],
          record: Record | None) -> None:
    """A row that has become a record. What could not be sent stays as it is on either side."""
    sent, values = {each.slot: each for each in difference.fields}, answer.change.values
    now = json.loads(batch.execute(f"SELECT {ours_sql(known)} FROM {difference.table} t WHERE t.id = $id",
                                   id=difference.row_id).fetchone()[0])
    ours, theirs = {}, {}
    for name, slot in known.items():
        told = {header: as_text(value) for header, value in values.items() if header in slot.fields}
        if name in sent and all(as_text(values.get(h)) == as_text(value) for h, value in sent[name].values.items()):
            ours[name] = sent[name].ours
        elif told or name in sent:  # an earlier attempt sent something else: ours counts as changed since
            ours[name] = " ".join(told.values()) or None
        else:
            ours[name] = now.get(name) if record else None
        # What they filled in by themselves comes with the next pull, where we have nothing.
        of_record = record.values if record and now.get(name) is not None else {}
        theirs |= {header: told.get(header, of_record.get(header, "")) for header in slot.fields}
    batch.add("connected_records", {
        "connection": connection, "object": difference.object.name, "remote_id": answer.remote_id,
        "table_name": difference.table, "row_id": difference.row_id, "ours": dump(ours), "theirs": dump(theirs)})
