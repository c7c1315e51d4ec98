"""Salesforce through its REST interface, with simple-salesforce for signing in and for writing queries.

simple-salesforce is not asked to send requests: after an expired session it repeats them without their headers, and
`If-Unmodified-Since` is what keeps a colleague's edit from being written over (docs/decisions/0024-salesforce.md).
"""
import json
import re
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime, parsedate_to_datetime
from itertools import accumulate

from crm_core.data_entry.connectors import Answer, Change, Field, Page, Record, RemoteObject, as_text
from crm_core.data_entry.connectors.credentials import Credentials
from crm_core.errors import (
    Cancelled,
    LoginRefused,
    RemoteBusy,
    RemoteObjectUnknown,
    RemoteRefused,
    RemoteUnreachable,
    SecretsUnreadable,
)

# The objects that can be pulled and the kind of file that their records make; parents before children.
KINDS = {
    "Account": "customers",
    "Contact": "customers",
    "Lead": "customers",
    "Campaign": "campaigns",
    "Opportunity": "opportunities",
    "Case": "service_requests",
    "Task": "communications",
    "CampaignMember": "campaign_members",
}
TYPES = {"boolean": "yes_no", "int": "whole", "long": "whole", "double": "number", "currency": "number",
         "percent": "number", "date": "day", "datetime": "time", "picklist": "choice", "combobox": "choice",
         "reference": "reference"}
NOT_TEXTS = ("address", "location", "base64", "complexvalue", "json")  # their parts are fields of their own
# What changes by being looked at, or is about the record's bookkeeping only.
NOISE = {"IsDeleted", "SystemModstamp", "LastModifiedDate", "LastModifiedById", "LastViewedDate", "LastReferencedDate",
         "LastActivityDate", "PhotoUrl", "MasterRecordId", "CreatedById"}
# A transaction that takes long shows its records late, with an earlier stamp: the next pull looks back this far.
OVERLAP = timedelta(minutes=15)
LONGEST_QUERY = 10_000  # characters: a query travels in the address, which is cut at about 16,000 bytes
IDS_AT_ONCE = 150
PATIENCE_S = 120.0  # all waiting for one request together
LONGEST_WAIT_S = 60.0  # what is asked to wait longer is told to come back later
TRIES = 6
TIMEOUT_S = (10, 120)  # to connect, and to answer
LIMITS = ("REQUEST_LIMIT_EXCEEDED", "SERVER_UNAVAILABLE", "TXN_SECURITY_METERING_ERROR", "UNABLE_TO_LOCK_ROW",
          "CONCURRENT_API_REQUEST_LIMIT_EXCEEDED", "EXCEEDED_MAX_CONCURRENT_REQUESTS")
GONE = ("ENTITY_IS_DELETED", "INVALID_CROSS_REFERENCE_KEY", "NOT_FOUND")


class _Lost(Exception):
    """No answer came: it is not known whether the request was carried out."""


class _Refused(Exception):
    """Salesforce said no."""

    def __init__(self, status: int, code: str, words: str):
        self.status, self.code, self.words = status, code, words
        super().__init__(code)


class Salesforce:
    """A connector (see `connectors.Connector`). `wait` is called with the seconds to wait."""

    name = "salesforce"

    def __init__(self, credentials: Credentials, wait: Callable[[float], None] = time.sleep):
        self._credentials, self._wait = credentials, wait
        self._connection = None
        self._server_time: datetime | None = None

    def __repr__(self) -> str:
        return "<Salesforce>"

    # --- what there is ----------------------------------------------------------------------------

    def account(self) -> tuple[str, str]:
        found = self._json("GET", "query", params={"q": "SELECT Id, Name, IsSandbox FROM Organization LIMIT 1"})
        row = found["records"][0]
        return row["Id"], f"{row['Name']} (sandbox)" if row.get("IsSandbox") else row["Name"]

    def objects(self) -> list[RemoteObject]:
        there = {entry["name"]: entry for entry in self._json("GET", "sobjects")["sobjects"] if entry["queryable"]}
        return [RemoteObject(name, there[name]["label"], kind) for name, kind in KINDS.items() if name in there]

    def describe(self, name: str) -> RemoteObject:
        if name not in KINDS:
            raise RemoteObjectUnknown(object=name)
        try:
            found = self._json("GET", f"sobjects/{name}/describe")
        except RemoteRefused as error:
            unknown = error.facts["code"] == "NOT_FOUND"
            if not unknown:
                raise
        else:
            fields = [_field(entry) for entry in found["fields"] if entry["type"] not in NOT_TEXTS
                      and entry["name"] not in NOISE and _is_name(entry["name"])]
            lengths = accumulate(len(field.name) + 4 for field in fields)  # comma and blank, as the address has them
            fit = sum(length <= LONGEST_QUERY for length in lengths)
            return RemoteObject(name, found["label"], KINDS[name], tuple(fields[:fit]),
                                tuple(field.name for field in fields[fit:]))
        raise RemoteObjectUnknown(object=name)

    def server_time(self) -> datetime:
        self._json("GET", "limits")
        return self._server_time

    # --- pull -------------------------------------------------------------------------------------

    def pull(self, object: RemoteObject, since: datetime | None = None, progress: Callable | None = None,
             cancel=None) -> Iterator[Page]:
        from simple_salesforce import format_soql

        progress = progress or (lambda share: None)
        query = f"SELECT {', '.join(_asked(object))} FROM {object.name}"
        if since:
            # queryAll tells of what lies in the recycle bin, too.
            query += format_soql(" WHERE SystemModstamp >= {since}", since=(since - OVERLAP).replace(tzinfo=UTC))
        answer = self._json("GET", "queryAll" if since else "query", params={"q": query}, cancel=cancel)
        asked_at, had = self._server_time, 0
        while True:
            records = [_record(row) for row in answer["records"]]
            had += len(records)
            total = max(answer.get("totalSize") or 0, had)
            progress(had / total if total else 1.0)
            yield Page(records, total, asked_at)
            if answer["done"]:
                return
            answer = self._json("GET", answer["nextRecordsUrl"], cancel=cancel)

    def read(self, object: RemoteObject, ids: Iterable[str], cancel=None) -> dict[str, Record]:
        from simple_salesforce import format_soql

        ids, found, fields = list(dict.fromkeys(ids)), {}, ", ".join(_asked(object))
        for first in range(0, len(ids), IDS_AT_ONCE):
            query = format_soql("SELECT {fields:literal} FROM {object:literal} WHERE Id IN {ids}",
                                fields=fields, object=object.name, ids=ids[first:first + IDS_AT_ONCE])
            answer = self._json("GET", "queryAll", params={"q": query}, cancel=cancel)
            while True:
                found |= {record.id: record for record in map(_record, answer["records"])}
                if answer["done"]:
                    break
                answer = self._json("GET", answer["nextRecordsUrl"], cancel=cancel)
        return found

    # --- push -------------------------------------------------------------------------------------

    def push(self, changes: Iterable[Change], taken: set[str] = frozenset(), progress: Callable | None = None,
             cancel=None) -> Iterator[Answer]:
        progress, changes, taken = progress or (lambda share: None), list(changes), set(taken)
        for number, change in enumerate(changes):
            progress(number / len(changes))
            try:
                answer = {"create": self._create, "update": self._update, "delete": self._delete}[change.action](
                    change, taken, cancel)
            except _Refused as refused:
                answer = Answer(change, "failed", change.remote_id, self._clean(f"{refused.code}: {refused.words}"))
            except _Lost:
                answer = Answer(change, "unknown", change.remote_id)
            if answer.remote_id:
                taken.add(answer.remote_id)
            yield answer

    def _update(self, change: Change, taken, cancel) -> Answer:
        """Written only where the fields hold what the person saw, by a request that refuses when they no longer do."""
        path = _path(change.object.name, change.remote_id)
        wanted = {name: as_text(value) for name, value in change.values.items()}
        for attempt in range(TRIES):
            record = self._read_one(change, cancel)
            if record is None or record["deleted"]:
                return Answer(change, "moved", change.remote_id)
            now = {name: record["values"].get(name, "") for name in wanted}
            if now == wanted:
                return Answer(change, "updated", change.remote_id)
            if now != {name: change.seen.get(name, "") for name in wanted}:
                return Answer(change, "moved", change.remote_id)
            # The header knows seconds only. A record that was at rest for two of them cannot be changed unnoticed.
            changed_at = record["changed_at"]
            unless_after = changed_at.replace(microsecond=0) + timedelta(seconds=1)
            if self._server_time < unless_after + timedelta(seconds=1):
                self._pause(2.0, cancel)
                continue
            try:
                self._send("PATCH", path, cancel, json_body=change.values, headers={
                    "If-Unmodified-Since": format_datetime(unless_after.replace(tzinfo=UTC), usegmt=True)})
                return Answer(change, "updated", change.remote_id)
            except _Refused as refused:
                if refused.status != 412:
                    raise
            except _Lost:
                self._pause(2.0 ** attempt, cancel)
        raise _Lost

    def _delete(self, change: Change, taken, cancel) -> Answer:
        """Salesforce knows no condition for deleting: the record is read just before."""
        for attempt in range(TRIES):
            record = self._read_one(change, cancel)
            if record is None or record["deleted"]:
                return Answer(change, "deleted", change.remote_id)
            if {name: record["values"].get(name, "") for name in change.seen} != change.seen:
                return Answer(change, "moved", change.remote_id)
            try:
                self._send("DELETE", _path(change.object.name, change.remote_id), cancel)
                return Answer(change, "deleted", change.remote_id)
            except _Refused as refused:
                if refused.code not in GONE:
                    raise
            except _Lost:
                self._pause(2.0 ** attempt, cancel)
        raise _Lost

    def _create(self, change: Change, taken, cancel) -> Answer:
        """Made once, however often it is tried: before every further try the record is looked for."""
        since, before = change.tried_since, self._server_time or self.server_time()
        for attempt in range(TRIES):
            if since:
                found = [remote_id for remote_id in self._find_created(change, since, cancel) if remote_id not in taken]
                if len(found) > 1:
                    return Answer(change, "unknown", None)
                if found:
                    return Answer(change, "created", found[0])
            try:
                if change.key_field:
                    path = _path(change.object.name, change.key_field, change.marker)
                    made = self._send("PATCH", path, cancel, json_body=change.values)
                else:
                    made = self._send("POST", f"sobjects/{change.object.name}", cancel, json_body=change.values)
                if made and made.get("id"):
                    return Answer(change, "created", made["id"])
            except _Lost:
                self._pause(2.0 ** attempt, cancel)
            since = since or before
        raise _Lost

    def _find_created(self, change: Change, since: datetime, cancel) -> list[str]:
        """Ids of records that are what this change would have made."""
        from simple_salesforce import format_soql

        if change.key_field:
            where = format_soql("{name:literal} = {value}", name=change.key_field, value=change.marker)
        else:
            where = format_soql("CreatedDate >= {since}", since=since.replace(tzinfo=UTC))
            # Long texts cannot be asked for; the short ones tell records apart.
            told = {name: value for name, value in change.values.items()
                    if isinstance(value, str) and len(value) <= 200 and "\n" not in value
                    and (each := change.object.field(name)).searchable and each.type in ("text", "reference", "choice")}
            if not told:
                raise _Lost
            for name, value in told.items():
                where += format_soql(" AND {name:literal} = {value}", name=name, value=value)
        query = f"SELECT Id FROM {change.object.name} WHERE {where}"
        return [row["Id"] for row in self._json("GET", "query", params={"q": query}, cancel=cancel)["records"]]

    def _read_one(self, change: Change, cancel) -> dict | None:
        names = sorted({*change.values, *change.seen} | {"Id", "IsDeleted", "LastModifiedDate"})
        from simple_salesforce import format_soql

        query = format_soql("SELECT {fields:literal} FROM {object:literal} WHERE Id = {id}",
                            fields=", ".join(names), object=change.object.name, id=change.remote_id)
        rows = self._json("GET", "queryAll", params={"q": query}, cancel=cancel)["records"]
        if not rows:
            return None
        return {"deleted": bool(rows[0]["IsDeleted"]), "changed_at": moment(rows[0]["LastModifiedDate"]),
                "values": {name: as_text(rows[0].get(name)) for name in names}}

    # --- one request ------------------------------------------------------------------------------

    def _json(self, method: str, path: str, params=None, cancel=None):
        """Ask a question: it changes nothing and may be asked again. Raises RemoteUnreachable, -Refused, -Busy."""
        error = None
        for attempt in range(TRIES):
            try:
                return self._send(method, path, cancel, params=params)
            except _Lost:
                error = RemoteUnreachable()
            except _Refused as refused:
                error = RemoteRefused(code=refused.code, reason=self._clean(refused.words))
                if refused.status < 500:
                    break
            if attempt < TRIES - 1:
                self._pause(2.0 ** attempt, cancel)
        raise error

    def _send(self, method: str, path: str, cancel, params=None, json_body=None, headers=None):
        """One request with its answer as JSON; an expired session is renewed once, a full line waited for.

        Raises _Lost, _Refused, RemoteBusy, LoginRefused, RemoteUnreachable (signing in), Cancelled.
        """
        import requests

        waited, renewed, attempt = 0.0, False, 0
        while True:
            _stop_if_cancelled(cancel)
            connection = self._connected(cancel)
            url = f"https://{connection.sf_instance}{path}" if path.startswith("/") else connection.base_url + path
            body, lost = None, False
            try:
                response = connection.session.request(
                    method, url, params=params, data=None if json_body is None else json.dumps(json_body),
                    headers={**connection.headers, **(headers or {})})
                body = response.json(parse_float=Decimal) if response.content else None
            except requests.exceptions.JSONDecodeError:
                lost = response.status_code < 300  # an answer that breaks off half way
            except requests.RequestException:
                lost = True
            if lost:
                raise _Lost
            if "Date" in response.headers:
                self._server_time = parsedate_to_datetime(response.headers["Date"]).astimezone(UTC).replace(tzinfo=None)
            if response.status_code < 300:
                return body
            code, words = _complaint(body, response)
            if response.status_code == 401:
                if renewed or self._credentials.way == "access token":
                    raise LoginRefused(reason=self._clean(f"{code}: {words}"))
                renewed, self._connection = True, None
                continue
            if response.status_code in (429, 503) or code in LIMITS:
                told = response.headers.get("Retry-After", "")
                wait = float(told) if told.isdigit() else 2.0 ** attempt
                if wait > LONGEST_WAIT_S or waited + wait > PATIENCE_S:
                    raise RemoteBusy(reason=self._clean(f"{code}: {words}"), minutes=max(1, round(wait / 60)))
                self._pause(wait, cancel)
                waited, attempt = waited + wait, attempt + 1
                continue
            raise _Refused(response.status_code, code, words)

    def _connected(self, cancel):
        """A signed-in connection, made when it is first needed."""
        if self._connection is None:
            error = None
            for attempt in range(3):
                error = self._sign_in()
                if not isinstance(error, RemoteUnreachable):
                    break
                self._pause(2.0 ** attempt, cancel)
            if error:
                raise error
        return self._connection

    def _sign_in(self):
        """None where it worked, else the error: raised by the caller, so that no secret hangs on its context."""
        from xml.parsers.expat import ExpatError

        import jwt
        import requests
        import simple_salesforce

        said, session = self._credentials, _session(self._credentials["instance_url"])
        try:
            if said.way == "access token":
                token, instance = said["access_token"], said["instance_url"].split("//")[1]
            else:
                token, instance = simple_salesforce.SalesforceLogin(session=session, **_login(said))
            self._connection = simple_salesforce.Salesforce(session_id=token, instance=instance, session=session)
        except simple_salesforce.exceptions.SalesforceAuthenticationFailed as refused:
            return LoginRefused(reason=self._clean(f"{refused.code}: {refused.auth_message}"))
        except (requests.RequestException, ExpatError, AttributeError):
            # What answers something else than Salesforce's own form of answer is not Salesforce.
            return RemoteUnreachable()
        except (jwt.PyJWTError, ValueError, OSError):
            return SecretsUnreadable(path=said["privatekey_file"] or "")
        return None

    def _pause(self, seconds: float, cancel) -> None:
        _stop_if_cancelled(cancel)
        self._wait(min(seconds, LONGEST_WAIT_S))
        _stop_if_cancelled(cancel)

    def _clean(self, text: str) -> str:
        """Another program's words without anything that opens a door."""
        held = self._connection.session_id if self._connection else None
        for secret in [*self._credentials.secrets, *([held] if held else [])]:
            text = text.replace(secret, "•••")
        return text[:500]


# --- signing in ---------------------------------------------------------------------------------


def _login(said: Credentials) -> dict[str, str | None]:
    names = {"key": ("username", "consumer_key", "privatekey_file"),
             "password and app": ("username", "password", "consumer_key", "consumer_secret"),
             "app": ("consumer_key", "consumer_secret"),
             "password": ("username", "password")}[said.way]
    given = {name: said[name] for name in names} | {"domain": said["domain"] or "login"}
    if said.way == "password":
        given["security_token"] = said["security_token"] or ""
    return given


def _session(address: str | None):
    """A session whose requests all have a time limit. simple-salesforce always asks https; a server on this computer,
    such as the tests' stand-in, is spoken to as its address says."""
    import requests

    class Session(requests.Session):
        def request(self, method, url, **options):
            options.setdefault("timeout", TIMEOUT_S)
            return super().request(method, url, allow_redirects=False, **options)

    class OnThisComputer(requests.adapters.HTTPAdapter):
        def send(self, request, **options):
            request.url = re.sub("^https://[^/]+", address, request.url)
            return super().send(request, **options)

    session = Session()
    session.headers["User-Agent"] = "crm-workbench"
    if address and address.startswith("http://"):
        session.mount("https://", OnThisComputer())
    return session


# --- values -------------------------------------------------------------------------------------


def _asked(object: RemoteObject) -> list[str]:
    return [*(field.name for field in object.fields), "IsDeleted", "SystemModstamp"]


def moment(stamp: str) -> datetime:
    """`2024-01-23T02:21:49.000+0000` → a time in UTC without a zone"""
    return datetime.strptime(stamp, "%Y-%m-%dT%H:%M:%S.%f%z").astimezone(UTC).replace(tzinfo=None)


def _record(row: dict) -> Record:
    about = ("attributes", "IsDeleted", "SystemModstamp")
    return Record(row["Id"], moment(row["SystemModstamp"]), bool(row["IsDeleted"]),
                  {name: as_text(value) for name, value in row.items() if name not in about})


def _field(entry: dict) -> Field:
    return Field(
        name=entry["name"], label=entry.get("label") or entry["name"], type=TYPES.get(entry["type"], "text"),
        updateable=entry.get("updateable", False), createable=entry.get("createable", False),
        required=(not entry.get("nillable", True) and not entry.get("defaultedOnCreate", False)
                  and entry.get("createable", False) and entry["type"] != "boolean"),
        choices=tuple(choice["value"] for choice in entry.get("picklistValues") or () if choice.get("active", True)),
        refers_to=tuple(entry.get("referenceTo") or ()),
        searchable=entry.get("filterable", True),
        is_key=bool(entry.get("externalId")) and entry["type"] == "string" and entry.get("createable", False))


def _is_name(name: str) -> bool:
    return re.fullmatch(r"[A-Za-z]\w{0,254}", name) is not None


def _path(*parts: str) -> str:
    from urllib.parse import quote

    return "sobjects/" + "/".join(quote(part, safe="") for part in parts)


def _complaint(body, response) -> tuple[str, str]:
    """The code and the words of a refusal."""
    first = body[0] if isinstance(body, list) and body else body
    if isinstance(first, dict):
        return (str(first.get("errorCode") or first.get("error") or response.status_code),
                str(first.get("message") or first.get("error_description") or response.reason))
    return str(response.status_code), str(response.reason)


def _stop_if_cancelled(cancel) -> None:
    stopped = getattr(cancel, "is_set", cancel)
    if stopped and stopped():
        raise Cancelled()
