"""Connectors: another program's records brought in like a file, and what was changed here sent back on purpose.

A connector speaks with one other program and knows nothing of the book. `pulling` lays its records out as a Reading,
so that mapping, check, rehearsal and batch are those of a file; `pushing` says what was changed where, and sends it.
The next connector needs this module's `Connector` and nothing else (docs/connectors.md).
"""
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Protocol


@dataclass(frozen=True)
class Field:
    """A field of a remote object, as the other program describes it."""

    name: str
    label: str
    type: str  # "text", "yes_no", "number", "whole", "day", "time", "choice", "reference"
    updateable: bool = True
    createable: bool = True
    required: bool = False  # a new record cannot do without it
    choices: tuple[str, ...] = ()
    refers_to: tuple[str, ...] = ()  # the objects whose ids may stand here
    searchable: bool = True  # records can be asked for by its value
    is_key: bool = False  # records can be found and made by this field's value: a retry then makes no second one


@dataclass(frozen=True)
class RemoteObject:
    """What the other program calls a table."""

    name: str
    label: str
    kind: str  # the kind of file that its records make (data_entry.mapping)
    fields: tuple[Field, ...] = ()
    left_out: tuple[str, ...] = ()  # fields that cannot be read along with these

    def field(self, name: str) -> Field | None:
        return next((field for field in self.fields if field.name == name), None)


@dataclass(frozen=True)
class Record:
    """One remote record: every value as a text, "" where there is none."""

    id: str
    stamp: datetime  # when it was last changed, by the other program's clock (UTC)
    deleted: bool
    values: dict[str, str] = field(repr=False)


@dataclass(frozen=True)
class Page:
    """Some records of a pull."""

    records: list[Record]
    total: int  # records that the whole pull will bring, as far as is known
    asked_at: datetime  # the other program's time when the pull began (UTC): nothing later is known to be complete


@dataclass(frozen=True)
class Change:
    """One record to be created, updated or deleted there."""

    action: str  # "create", "update", "delete"
    object: RemoteObject
    table: str
    row_id: int
    remote_id: str | None  # None for a record that is to be created
    values: dict[str, object] = field(default_factory=dict, repr=False)  # field → value as JSON holds it
    seen: dict[str, str] = field(default_factory=dict, repr=False)  # what stood there when the person said yes
    marker: str = ""  # by this a created record is found again when its answer was lost
    key_field: str | None = None  # the field that holds the marker; None: found by its values
    tried_since: datetime | None = None  # an earlier attempt began then, and its answer is not known


@dataclass(frozen=True)
class Answer:
    """What became of a change."""

    change: Change
    outcome: str  # "created", "updated", "deleted", "moved" (changed there meanwhile: not sent), "failed", "unknown"
    remote_id: str | None
    message: str = ""  # the other program's own words


class Connector(Protocol):
    """What a connector can do. Texts of other programs may hold anything; what it raises is a CrmError."""

    name: str  # "salesforce"

    def account(self) -> tuple[str, str]:
        """Which organisation this is: a key that never changes, and its name."""

    def objects(self) -> list[RemoteObject]:
        """The objects that can be pulled here, parents before children, without their fields."""

    def describe(self, name: str) -> RemoteObject:
        """An object with its fields, the organisation's own among them. Raises RemoteObjectUnknown."""

    def pull(self, object: RemoteObject, since: datetime | None = None, progress: Callable | None = None,
             cancel=None) -> Iterator[Page]:
        """All records, or those changed or deleted since. It ends well or raises: half a pull is no pull."""

    def read(self, object: RemoteObject, ids: Iterable[str], cancel=None) -> dict[str, Record]:
        """These records as they are now, by id; deleted ones say so, unknown ones are left out."""

    def server_time(self) -> datetime:
        """The other program's present time, UTC."""

    def push(self, changes: Iterable[Change], taken: set[str] = frozenset(), progress: Callable | None = None,
             cancel=None) -> Iterator[Answer]:
        """Send changes one by one, each with its answer. What fails is an answer, not an error.

        `taken` are ids that belong to other rows: a lost creation is never found in one of them.
        """


def as_text(value) -> str:
    """A value of JSON as a text: the same text for the same value, whoever wrote it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float, Decimal)):
        plain = format(Decimal(str(value)), "f")
        return plain.rstrip("0").rstrip(".") if "." in plain else plain
    if isinstance(value, str):
        return value.replace("\r\n", "\n").strip()
    return json.dumps(value, ensure_ascii=False, default=str)
