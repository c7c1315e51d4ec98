"""The ASGI app round app.py: health check, security headers, the chart library, the door for later routes.

`python3 run.py`, `streamlit run server.py` and `uvicorn server:app` all serve what is built here.
"""

from __future__ import annotations

import os

# Before numpy: waiting threads that spin make a grouping ten times slower on a busy machine.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import asyncio
import base64
import hashlib
import re
import sys
import threading
from contextlib import asynccontextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import streamlit as st
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse
from starlette.routing import Route
from streamlit.runtime.pages_manager import PagesManager

from crm_core.errors import CrmError
from ui.workspace import error_sentence, now, store

PROJECT = Path(__file__).resolve().parent
# Found, not imported: Plotly takes its time to import and only the charts need it.
PLOTLY_JS = Path(find_spec("plotly").submodule_search_locations[0], "package_data", "plotly.min.js")
STREAMLIT_PAGE = Path(st.__file__).parent / "static" / "index.html"

COULD_NOT_OPEN_DATABASE = 3  # exit code; run.py knows it and adds no words of its own


# What answers besides the pages ---------------------------------------------------------------------------


async def healthz(request):
    """200 with the data's revision or 503 with the error's name: unlike /_stcore/health it reads the file."""
    fresh = {"Cache-Control": "no-store"}
    try:
        revision = await run_in_threadpool(lambda: store().check_alive())
    except Exception as error:  # whatever broke, a health check has to answer
        return JSONResponse({"status": "error", "error": type(error).__name__}, 503, fresh)
    return JSONResponse({"status": "ok", "revision": revision}, 200, fresh)


async def plotly_js(request):
    """The installed Plotly, for charts that turn themselves into pictures in the browser."""
    # Asked for with its version (?v=7.1.0) it never changes; without, an upgrade is seen after a day.
    kept = "public, max-age=31536000, immutable" if "v" in request.query_params else "public, max-age=86400"
    return FileResponse(PLOTLY_JS, media_type="text/javascript", headers={"Cache-Control": kept})


async def error_as_json(request, error):
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)


async def crash_as_json(request, error):
    return JSONResponse({"error": "Internal Server Error"}, 500)


def room(path, *routes):
    """Routes of ours at `path` and below it, with 404 and 405 of ours.

    Bare routes would not do: where a method does not fit, Streamlit's catch-all answers 200 with a page.
    So a room is an app of its own, reached by every method and every path under its name.
    """
    errors = {HTTPException: error_as_json, Exception: crash_as_json}
    inside = Starlette(routes=routes, exception_handlers=errors)
    return [Route(path, inside), Route(path + "/{rest:path}", inside)]


# The headers that every answer carries ----------------------------------------------------------------------


def inline_script_hashes(html):
    """What a Content-Security-Policy calls a page's own scripts: <script>x</script>  ->  'sha256-...'"""
    scripts = re.findall(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", html, flags=re.DOTALL)
    digests = [hashlib.sha256(script.encode()).digest() for script in scripts]
    return ["'sha256-" + base64.b64encode(digest).decode() + "'" for digest in digests]


# Read at start and not pinned, so that an upgrade of Streamlit cannot lock its own page out.
INLINE_SCRIPTS = " ".join(inline_script_hashes(STREAMLIT_PAGE.read_text(encoding="utf-8")))

POLICY = (
    "default-src 'self'; "
    # blob: because Streamlit loads the JavaScript of components (ours: chart export) from one.
    f"script-src 'self' blob: {INLINE_SCRIPTS}; "
    "style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; "
    "font-src 'self' data:; "
    "connect-src 'self' {sockets}; "
    "worker-src 'self' blob:; "
    "frame-ancestors 'none'; base-uri 'self'; form-action 'self'; object-src 'none'"
)

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def security_headers(host):
    """The headers for an answer to a request that named `host`."""
    # Some browsers do not count a socket to the same host as 'self'. The pattern keeps a made-up Host out.
    sockets = f"ws://{host} wss://{host}" if re.fullmatch(r"[\w.\-\[\]:]+", host) else ""
    return {"Content-Security-Policy": POLICY.replace("{sockets}", sockets), **HEADERS}


def with_security_headers(app):
    """`app` with the headers on each HTTP answer. Plain ASGI: streams and websockets pass untouched."""

    async def answer(scope, receive, send):
        if scope["type"] != "http":
            await app(scope, receive, send)
            return

        async def send_with_headers(message):
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(security_headers(Headers(scope=scope).get("host", "")))
            await send(message)

        await app(scope, receive, send_with_headers)

    return answer


async def crash(request, error):
    """The answer to an error that nobody caught: made outside all middleware, it brings its own headers."""
    return PlainTextResponse("Internal Server Error", 500, security_headers(request.headers.get("host", "")))


# Start ------------------------------------------------------------------------------------------------------


def warm_up():
    """Import what the first page needs while the browser is still loading its own part."""
    import_module("pandas")
    import_module("crm_core.charts.plotly")
    import_module("plotly.graph_objects")


def watch_folder(folder, every, stop):
    """Import what comes into `folder` until `stop` is set: while this server runs, nobody else can open the file."""
    from crm_core.data_entry.watching import Watch

    watch = Watch(folder, now, os.environ.get("CRM_WATCH_MAPPING"), os.environ.get("CRM_WATCH_LANGUAGE", "en"))
    said = None
    while not stop.wait(every):
        try:
            for name in watch.look():
                watch.take(store(), name)
            said = None
        except CrmError as error:  # the folder is gone or full: said once, and tried again
            if error_sentence(error) != said:
                said = error_sentence(error)
                print(said, file=sys.stderr, flush=True)


@asynccontextmanager
async def open_database(app):
    """Open the book of record before the first request: healthy means healthy, a bad file is said at once."""
    try:
        await asyncio.to_thread(store)
    except CrmError as error:
        print(error_sentence(error), file=sys.stderr, flush=True)
        # Raising would bury the sentence under a traceback. Nothing is open yet that would need closing.
        os._exit(COULD_NOT_OPEN_DATABASE)
    threading.Thread(target=warm_up, daemon=True).start()
    stop = threading.Event()
    if folder := os.environ.get("CRM_WATCH"):
        every = max(float(os.environ.get("CRM_WATCH_EVERY") or 60), 0.1)
        threading.Thread(target=watch_folder, args=(folder, every, stop), name="watch", daemon=True).start()
    yield
    stop.set()


# Until a session has called st.navigation, Streamlit would serve the files of pages/ by their address, past app.py.
PagesManager.uses_pages_directory = False

app = st.App(
    PROJECT / "app.py",
    routes=[
        *room("/healthz", Route("/healthz", healthz)),
        *room("/assets", Route("/assets/plotly.min.js", plotly_js)),
        *room("/api"),  # for later routes; until then an honest 404
    ],
    middleware=[Middleware(with_security_headers)],
    exception_handlers={Exception: crash},
    lifespan=open_database,
)
