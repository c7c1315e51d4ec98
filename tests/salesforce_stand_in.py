"""A small Salesforce on this computer: the REST endpoints that the connector uses, with troubles to order.

    with StandIn() as org:
        org.add("Contact", LastName="Wong", Email="ada@example.com")
        connector = org.connector()

Its clock stands still but for what requests and waiting take, so that tests of seconds take none.
"""
import base64
import csv
import json
import re
import socket
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

PASSWORD, TOKEN, SECRET = "corr3ct-h0rse-b4ttery", "sec-TOKEN-9f8e7d", "c0nsumer-s3cret-xyz"
SESSION = "00D000000000001!AQ-session-"
START = datetime(2026, 3, 1, 9, 0)
PREFIXES = {"Account": "001", "Contact": "003", "Lead": "00Q", "Opportunity": "006", "Case": "500", "Task": "00T",
            "Campaign": "701", "CampaignMember": "00v", "Organization": "00D"}


def a_field(name: str, type: str = "string", **more) -> dict:
    return {"name": name, "label": name, "type": type, "updateable": True, "createable": True, "nillable": True,
            "defaultedOnCreate": False, "filterable": True, "picklistValues": [], "referenceTo": [],
            "externalId": False} | more


SYSTEM = [a_field("Id", "id", updateable=False, createable=False, nillable=False, defaultedOnCreate=True),
          a_field("IsDeleted", "boolean", updateable=False, createable=False, nillable=False),
          *(a_field(name, "datetime", updateable=False, createable=False, nillable=False)
            for name in ("CreatedDate", "LastModifiedDate", "SystemModstamp"))]
PERSON = [a_field("LastName", nillable=False), a_field("FirstName"),
          a_field("Name", updateable=False, createable=False), a_field("Email", "email"), a_field("Phone", "phone"),
          a_field("Title"), a_field("Description", "textarea", filterable=False),
          a_field("LeadSource", "picklist", picklistValues=[{"value": word, "active": True} for word in
                                                           ("Web", "Phone Inquiry", "Partner")])]
OBJECTS = {
    "Organization": [a_field("Id", "id"), a_field("Name"), a_field("IsSandbox", "boolean")],
    "Account": [*SYSTEM, a_field("Name", nillable=False), a_field("BillingCity"), a_field("Phone", "phone"),
                a_field("Industry"), a_field("BillingAddress", "address")],
    "Contact": [*SYSTEM, *PERSON, a_field("AccountId", "reference", referenceTo=["Account"]), a_field("MailingCity"),
                a_field("MailingStreet", "textarea"), a_field("MailingAddress", "address"), a_field("Birthdate", "date"),
                a_field("HasOptedOutOfEmail", "boolean", nillable=False, defaultedOnCreate=True),
                a_field("Gender__c", "picklist", picklistValues=[{"value": word, "active": True}
                                                                for word in ("Female", "Male")]),
                a_field("Loyalty__c")],
    "Lead": [*SYSTEM, *PERSON, a_field("Company", nillable=False), a_field("City"), a_field("Status")],
    "Campaign": [*SYSTEM, a_field("Name", nillable=False), a_field("Status"), a_field("StartDate", "date")],
    "Opportunity": [*SYSTEM, a_field("Name", nillable=False), a_field("StageName", nillable=False),
                    a_field("CloseDate", "date", nillable=False), a_field("Amount", "currency"),
                    a_field("AccountId", "reference", referenceTo=["Account"]),
                    a_field("IsWon", "boolean", updateable=False, createable=False),
                    a_field("IsClosed", "boolean", updateable=False, createable=False)],
    "Case": [*SYSTEM, a_field("CaseNumber", updateable=False, createable=False), a_field("Subject"),
             a_field("Status", "picklist", picklistValues=[{"value": word, "active": True}
                                                           for word in ("New", "Working", "Closed")]),
             a_field("ContactId", "reference", referenceTo=["Contact"]), a_field("Description", "textarea")],
    "Task": [*SYSTEM, a_field("Subject"), a_field("WhoId", "reference", referenceTo=["Contact", "Lead"]),
             a_field("ActivityDate", "date"), a_field("Description", "textarea", filterable=False)],
    "CampaignMember": [*SYSTEM, a_field("CampaignId", "reference", referenceTo=["Campaign"]),
                       a_field("ContactId", "reference", referenceTo=["Contact"]), a_field("Status")],
}
BOOLEANS = ("HasOptedOutOfEmail", "HasOptedOutOfFax", "DoNotCall", "IsWon", "IsClosed", "IsEscalated", "IsConverted",
            "IsActive", "IsUnreadByOwner", "IsHighPriority", "HasResponded")


class StandIn:
    """The server and what is in it. Troubles are switches; `calls` lists (method, path) of all requests."""

    def __init__(self, key_field: bool = False, page: int = 3):
        self.objects = {name: {field["name"]: dict(field) for field in fields} for name, fields in OBJECTS.items()}
        if key_field:
            self.objects["Contact"]["External_id__c"] = a_field("External_id__c", externalId=True)
        self.rows: dict[str, dict[str, dict]] = {name: {} for name in self.objects}
        self.page, self.now, self.lock = page, START, threading.RLock()
        self.calls: list[tuple[str, str]] = []
        self.queries: list[str] = []
        self.logins, self.session, self.locators, self.numbers = 0, 0, {}, 0
        # Troubles: each is asked, or taken from, at every request.
        self.expired = False  # the session is over
        self.trouble: Callable[[str, str], str | None] = lambda method, path: None  # "lose", "drop", "break", "busy" …
        self.retry_after = "7"
        self.before_write: Callable[[], None] | None = None  # a colleague who is faster
        self.accepts = (PASSWORD + TOKEN, SECRET)
        self._insert("Organization", {"Name": "Tea House", "IsSandbox": False})

    # --- what a colleague does there --------------------------------------------------------------

    def add(self, object: str, **values) -> str:
        with self.lock:
            self.advance(5)
            return self._insert(object, values)

    def edit(self, object: str, row_id: str, **values) -> None:
        with self.lock:
            self.advance(5)
            self._update(object, row_id, values)

    def remove(self, object: str, row_id: str) -> None:
        with self.lock:
            self.advance(5)
            self._update(object, row_id, {"IsDeleted": True})

    def get(self, object: str, row_id: str) -> dict:
        return self.rows[object][row_id]

    def living(self, object: str) -> list[dict]:
        return [row for row in self.rows[object].values() if not row["IsDeleted"]]

    def advance(self, seconds: float) -> None:
        with self.lock:
            self.now += timedelta(seconds=seconds)

    def load_export(self, folder: Path, *names: str) -> None:
        """The records of a real export, as they were."""
        for name in names:
            with (folder / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
                for row in csv.DictReader(file):
                    for header in row:
                        type = "boolean" if header in BOOLEANS else "address" if header.endswith("Address") and row[
                            header].startswith("{") else "string"
                        self.objects[name].setdefault(header, a_field(header, type))
                    values = {header: (row[header] in ("1", "true")) if self.objects[name][header]["type"] == "boolean"
                              else row[header] or None for header in row}
                    self.rows[name][row["Id"]] = values | {"IsDeleted": False}

    # --- inside -----------------------------------------------------------------------------------

    def _stamp(self) -> str:
        return self.now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{self.now.microsecond // 1000:03d}+0000"

    def _insert(self, object: str, values: dict) -> str:
        self.numbers += 1
        row_id = f"{PREFIXES[object]}{self.numbers:012d}AAA"
        row = {name: False if field["type"] == "boolean" else None for name, field in self.objects[object].items()}
        row |= {"Id": row_id, "IsDeleted": False, "CreatedDate": self._stamp()}
        if "CaseNumber" in row:
            row["CaseNumber"] = f"{self.numbers:08d}"
        self.rows[object][row_id] = row
        self._update(object, row_id, values)
        return row_id

    def _update(self, object: str, row_id: str, values: dict) -> None:
        row = self.rows[object][row_id]
        row |= values
        if "LastName" in row:
            row["Name"] = " ".join(filter(None, (row.get("FirstName"), row.get("LastName"))))
        row["LastModifiedDate"] = row["SystemModstamp"] = self._stamp()

    def connector(self, **credentials):
        from crm_core.data_entry.connectors.credentials import salesforce_credentials
        from crm_core.data_entry.connectors.salesforce import Salesforce

        given = {f"SALESFORCE_{name.upper()}": value for name, value in (self.credentials() | credentials).items()}
        return Salesforce(salesforce_credentials(given), wait=self.advance)

    def credentials(self) -> dict[str, str]:
        return {"username": "ada@tea.example", "password": PASSWORD, "security_token": TOKEN, "instance_url": self.url}

    def __enter__(self) -> "StandIn":
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self.server.org, self.server.daemon_threads = self, True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *error) -> None:
        self.server.shutdown()
        self.server.server_close()


class _Refuse(Exception):
    def __init__(self, status: int, code: str, message: str):
        self.status, self.code, self.message = status, code, message


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_) -> None:
        pass

    def _serve(self) -> None:
        org: StandIn = self.server.org
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with org.lock:
            org.advance(0.4)
            path = urlsplit(self.path).path
            org.calls.append((self.command, path))
            if "/Soap/" in path or path.endswith("/oauth2/token"):
                self._sign_in(org, path, body.decode())
                return
            trouble = org.trouble(self.command, path)
            if trouble == "drop":  # the request never arrives
                self._hang_up()
                return
            if self.headers.get("Authorization") != f"Bearer {SESSION}{org.session}" or org.expired:
                self._answer(401, [{"errorCode": "INVALID_SESSION_ID", "message": "Session expired or invalid"}])
                return
            if trouble in ("busy", "limit", "down"):
                code, status = {"busy": ("TOO_MANY_REQUESTS", 429), "limit": ("REQUEST_LIMIT_EXCEEDED", 403),
                                "down": ("SERVER_UNAVAILABLE", 503)}[trouble]
                self._answer(status, [{"errorCode": code, "message": "TotalRequests Limit exceeded."}],
                             {"Retry-After": org.retry_after} if org.retry_after else {})
                return
            if trouble == "error":
                self._answer(500, [{"errorCode": "UNKNOWN_EXCEPTION", "message": "An unexpected error"}])
                return
            try:
                status, answer = self._work(org, path, json.loads(body) if body else None)
            except _Refuse as no:
                status, answer = no.status, [{"errorCode": no.code, "message": no.message}]
            if trouble == "lose":  # it was done, and nobody hears of it
                self._hang_up()
                return
            self._answer(status, answer, broken=trouble == "break")

    do_GET = do_POST = do_PATCH = do_DELETE = _serve  # noqa: N815

    def _work(self, org: StandIn, path: str, body):
        parts = [unquote(part) for part in path.removeprefix("/services/data/v59.0/").strip("/").split("/")]
        if parts[0] in ("query", "queryAll"):
            if len(parts) > 1:
                return 200, org.locators[parts[1]]()
            query = parse_qs(urlsplit(self.path).query)["q"][0]
            org.queries.append(query)
            return 200, _query(org, query, parts[0] == "queryAll")
        if parts == ["limits"]:
            return 200, {}
        if parts == ["sobjects"]:
            return 200, {"sobjects": [{"name": name, "label": name, "queryable": True} for name in org.objects]}
        if parts[0] != "sobjects" or parts[1] not in org.objects:
            raise _Refuse(404, "NOT_FOUND", "The requested resource does not exist")
        name = parts[1]
        if parts[2:] == ["describe"]:
            return 200, {"label": name, "fields": list(org.objects[name].values())}
        if org.before_write:
            faster, org.before_write = org.before_write, None
            faster()
        if self.command == "POST":
            _check(org, name, body, new=True)
            return 201, {"id": org._insert(name, body), "success": True, "errors": []}
        if len(parts) == 4:  # by an external id
            found = [row for row in org.rows[name].values() if row.get(parts[2]) == parts[3] and not row["IsDeleted"]]
            _check(org, name, body, new=not found)
            if found:
                org._update(name, found[0]["Id"], body)
                return 200, {"id": found[0]["Id"], "success": True, "created": False}
            return 201, {"id": org._insert(name, {**body, parts[2]: parts[3]}), "success": True, "created": True}
        row = org.rows[name].get(parts[2])
        if row is None or row["IsDeleted"]:
            raise _Refuse(404, "ENTITY_IS_DELETED", "entity is deleted")
        if self.command == "DELETE":
            org._update(name, parts[2], {"IsDeleted": True})
            return 204, None
        unless = self.headers.get("If-Unmodified-Since")
        changed = datetime.strptime(row["LastModifiedDate"][:19], "%Y-%m-%dT%H:%M:%S")
        if unless and changed.replace(tzinfo=UTC) > parsedate_to_datetime(unless):
            raise _Refuse(412, "PRECONDITION_FAILED", "The record was changed")
        _check(org, name, body, new=False)
        org._update(name, parts[2], body)
        return 204, None

    def _sign_in(self, org: StandIn, path: str, body: str):
        org.logins += 1
        soap = "/Soap/" in path
        basic = base64.b64decode(self.headers.get("Authorization", "").removeprefix("Basic ")).decode()
        given = (re.search("<n1:password>(.*)</n1:password>", body)[1] if soap
                 else basic.partition(":")[2] or parse_qs(body)["client_secret"][0])
        if given not in org.accepts:
            if soap:
                return self._answer(500, "<r><sf:exceptionCode xmlns:sf='x'>INVALID_LOGIN</sf:exceptionCode>"
                                         f"<sf:exceptionMessage xmlns:sf='x'>No: {given}</sf:exceptionMessage></r>")
            return self._answer(400, {"error": "invalid_client", "error_description": f"invalid: {given}"})
        org.session, org.expired = org.session + 1, False
        if soap:
            return self._answer(200, f"<r><serverUrl>https://tea.my.salesforce.com/services/Soap/u/59.0</serverUrl>"
                                     f"<sessionId>{SESSION}{org.session}</sessionId></r>")
        return self._answer(200, {"access_token": f"{SESSION}{org.session}",
                                  "instance_url": "https://tea.my.salesforce.com"})

    def _answer(self, status: int, content, headers=None, broken: bool = False) -> None:
        body = b"" if content is None else (content if isinstance(content, str) else json.dumps(content)).encode()
        self.send_response_only(status)
        self.send_header("Date", format_datetime(self.server.org.now.replace(tzinfo=UTC, microsecond=0), usegmt=True))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:len(body) // 2] if broken else body)
        if broken:
            self._hang_up()

    def _hang_up(self) -> None:
        self.close_connection = True
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_RDWR)


def _check(org: StandIn, name: str, body: dict, new: bool) -> None:
    for field, value in body.items():
        told = org.objects[name].get(field)
        if not told or not told["createable" if new else "updateable"]:
            raise _Refuse(400, "INVALID_FIELD_FOR_INSERT_UPDATE", f"Unable to create/update fields: {field}")
        if told["type"] == "email" and value and "@" not in value:
            raise _Refuse(400, "INVALID_EMAIL_ADDRESS", f"{field}: invalid email address: {value}")
    for field, told in org.objects[name].items():
        needed = not told["nillable"] and told["createable"] and not told["defaultedOnCreate"]
        if needed and ((new and not body.get(field)) or (field in body and body[field] in (None, ""))):
            raise _Refuse(400, "REQUIRED_FIELD_MISSING", f"Required fields are missing: [{field}]")


# --- SOQL, as much of it as is asked ------------------------------------------------------------

_LITERAL = r"'((?:[^'\\]|\\.)*)'"


def _query(org: StandIn, query: str, with_deleted: bool) -> dict:
    found = re.fullmatch(r"SELECT (.+?) FROM (\w+)(?: WHERE (.+?))?(?: LIMIT (\d+))?", query, re.DOTALL)
    if not found or found[2] not in org.objects:
        raise _Refuse(400, "MALFORMED_QUERY", query)
    fields, name = [field.strip() for field in found[1].split(",")], found[2]
    tests = _conditions(org, name, found[3]) if found[3] else []
    for field in fields:
        if field not in org.objects[name]:
            raise _Refuse(400, "INVALID_FIELD", f"No such column '{field}' on entity '{name}'")
    ids = [row["Id"] for row in org.rows[name].values()
           if (with_deleted or not row["IsDeleted"]) and all(test(row) for test in tests)][:int(found[4] or 10**9)]

    def page(first: int) -> dict:
        # The ids are fixed when the query is asked, their values when the page is.
        records = [{"attributes": {"type": name}} | {field: org.rows[name][row_id].get(field) for field in fields}
                   for row_id in ids[first:first + org.page]]
        answer = {"totalSize": len(ids), "done": first + org.page >= len(ids), "records": records}
        if not answer["done"]:
            locator = f"0r8{len(org.locators)}{first}-{org.numbers}-{len(org.calls)}"
            org.locators[locator] = lambda: page(first + org.page)
            answer["nextRecordsUrl"] = f"/services/data/v59.0/query/{locator}"
        return answer

    return page(0)


def _conditions(org: StandIn, name: str, where: str) -> list[Callable[[dict], bool]]:
    tests, rest = [], where
    while rest:
        found = re.match(rf"(\w+) (=|>=|IN) ({_LITERAL}|\((?:{_LITERAL},?)*\)|[0-9T:+.\-]+)(?: AND )?", rest)
        if not found or found[1] not in org.objects[name] or not org.objects[name][found[1]]["filterable"]:
            raise _Refuse(400, "MALFORMED_QUERY", rest)
        field, operator, literal = found[1], found[2], found[3]
        texts = [re.sub(r"\\(.)", lambda sign: {"n": "\n", "t": "\t", "r": "\r"}.get(sign[1], sign[1]), text)
                 for text in re.findall(_LITERAL, literal)]
        if operator == ">=":
            since = datetime.fromisoformat(literal).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
            tests.append(lambda row, field=field, since=since: row[field] >= since)
        else:
            folded = {text.lower() for text in texts}  # texts are compared without regard to case
            tests.append(lambda row, field=field, folded=folded: str(row[field] or "").lower() in folded)
        rest = rest[found.end():]
    return tests
