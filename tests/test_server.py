"""The server as a browser, a monitor and a program of somebody else's meet it."""
import http.client
import json
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from crm_core.store import open_store

PROJECT = Path(__file__).parent.parent
HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
}
WAYS_TO_START = {
    "streamlit": ["streamlit", "run", "server.py", "--server.port"],
    "uvicorn": ["uvicorn", "server:app", "--port"],
}


def environment(database):
    return {**os.environ, "CRM_DATABASE": str(database), "CRM_DEMO": "0"}


@pytest.fixture(scope="module", params=WAYS_TO_START)
def server(request, tmp_path_factory):
    """The port of a server on an empty database, started by hand in each of the ways the README names."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", *WAYS_TO_START[request.param], str(port)],
        cwd=PROJECT,
        env=environment(tmp_path_factory.mktemp("data") / "shop.duckdb"),
    )
    until = time.monotonic() + 30
    while time.monotonic() < until and process.poll() is None:
        try:
            ask(port, "/healthz")
            break
        except OSError:
            time.sleep(0.05)
    yield port
    process.terminate()
    process.wait(20)


def ask(port, path, method="GET", **headers):
    """Status, headers (lower case) and body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, body


def test_healthz_gives_the_revision_of_the_data(server):
    status, headers, body = ask(server, "/healthz")
    assert (status, json.loads(body)) == (200, {"status": "ok", "revision": 0})
    assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "path",
    ["/", "/no_such_page", "/healthz", "/api", "/assets/plotly.min.js", "/assets/none", "/static/none.js",
     "/_stcore/health", "/_stcore/host-config", "/media/none", "/..%2f..%2fetc", "//elsewhere"],
)  # fmt: skip
def test_every_answer_carries_the_security_headers(server, path):
    _, headers, _ = ask(server, path)
    assert {name: headers.get(name) for name in HEADERS} == HEADERS
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy and "frame-ancestors 'none'" in policy
    assert "unsafe-inline" not in policy.partition("script-src")[2].partition(";")[0]
    assert "unsafe-eval" not in policy


def test_the_script_written_in_streamlits_page_may_run_and_no_other(server):
    _, headers, body = ask(server, "/")
    inline = re.findall(r"<script>", body.decode())
    allowed = re.findall(r"'sha256-[^']+'", headers["content-security-policy"])
    assert len(allowed) == len(inline) == 1


def test_a_host_that_was_made_up_does_not_get_into_the_policy(server):
    _, headers, _ = ask(server, "/healthz", Host="a; script-src *")
    assert "*" not in headers["content-security-policy"]
    _, headers, _ = ask(server, "/healthz", Host="shop.example:8501")
    sockets = "connect-src 'self' ws://shop.example:8501 wss://shop.example:8501;"
    assert sockets in headers["content-security-policy"]


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", ["/api", "/api/", "/api/requests/1", "/healthz/x", "/assets"])
def test_what_is_not_there_is_an_honest_404_in_json(server, path, method):
    status, _, body = ask(server, path, method)
    assert (status, json.loads(body)) == (404, {"error": "Not Found"})


@pytest.mark.parametrize("path", ["/healthz", "/assets/plotly.min.js"])
def test_a_method_that_does_not_fit_is_a_405_in_json(server, path):
    status, headers, body = ask(server, path, "POST")
    assert (status, json.loads(body)) == (405, {"error": "Method Not Allowed"})
    assert set(headers["allow"].split(", ")) == {"GET", "HEAD"}


def test_the_chart_library_is_served_and_kept_by_the_browser(server):
    status, headers, body = ask(server, "/assets/plotly.min.js?v=7")
    assert status == 200 and headers["content-type"].startswith("text/javascript")
    assert "immutable" in headers["cache-control"]
    assert b"plotly.js" in body[:100] and len(body) > 10**6


def test_healthz_is_503_with_the_errors_name_when_the_database_cannot_be_opened(tmp_path):
    store = open_store(tmp_path / "shop.duckdb", clock=lambda: None)  # so that the other process cannot
    asked = (
        "from starlette.testclient import TestClient; import server;"
        "answer = TestClient(server.app).get('/healthz'); print(answer.status_code, answer.text)"
    )
    said = subprocess.run(
        [sys.executable, "-c", asked], cwd=PROJECT, env=environment(tmp_path / "shop.duckdb"),
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    store.close()
    assert said.stdout == '503 {"status":"error","error":"DatabaseInUse"}\n'


@pytest.mark.parametrize("way", WAYS_TO_START)
def test_a_server_that_cannot_open_its_database_ends_with_one_sentence(tmp_path, way):
    database = tmp_path / "shop.duckdb"
    store = open_store(database, clock=lambda: None)
    ended = subprocess.run(
        [sys.executable, "-m", *WAYS_TO_START[way], "0"], cwd=PROJECT, env=environment(database),
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    store.close()
    assert ended.returncode == 3
    assert "shop.duckdb" in ended.stderr and "Traceback" not in ended.stderr
