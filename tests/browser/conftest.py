"""A real server on a file of its own and a real browser: what a person would have in front of them."""
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager

import pytest

from tests.conftest import PROJECT

pytestmark = pytest.mark.browser

# Without these a Chromium asks for updates and hosts that a closed network refuses, many times over.
FLAGS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]


def browser_path() -> str | None:
    return os.environ.get("CRM_BROWSER") or next(
        (path for name in ("chromium", "google-chrome", "chrome", "msedge") if (path := shutil.which(name))), None)


@contextmanager
def serving(folder, script="server.py", **environment):
    """The address of a workbench that serves `folder`/shop.duckdb; its log is in `folder`/server.log."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port)], cwd=PROJECT,
            stdout=log, stderr=subprocess.STDOUT,
            env={**os.environ, "CRM_DATABASE": str(folder / "shop.duckdb"), "OMP_WAIT_POLICY": "PASSIVE", **environment})
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{address}/healthz", timeout=5)
                break
            except OSError:
                assert server.poll() is None, (folder / "server.log").read_text()
                time.sleep(0.1)
        else:
            raise AssertionError((folder / "server.log").read_text())
        yield address
    finally:
        server.terminate()
        server.wait(20)


@contextmanager
def serving_demo(folder, customers: int, orders: int, messages: int):
    """The address of a workbench with a small demo shop up to today."""
    from crm_core.store import open_store
    from data.demo_shop import fill
    from ui.workspace import now

    store = open_store(folder / "shop.duckdb", clock=now)
    with store.batch("demo") as batch:
        fill(batch, seed=0, as_of=now().date(), customers=customers, orders=orders, messages=messages)
    store.close()
    with serving(folder) as address:
        yield address


@pytest.fixture(scope="session")
def chromium():
    from playwright.sync_api import sync_playwright

    if not browser_path():
        pytest.skip("needs a Chrome, Chromium or Edge")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=FLAGS)
        yield browser
        browser.close()


class Person:
    """Somebody at a browser: goes, clicks, reads; remembers what the browser complained about."""

    def __init__(self, browser, address, language="en", scheme="light", width=1440, height=900):
        self.context = browser.new_context(locale={"en": "en-GB", "zh": "zh-CN"}[language], color_scheme=scheme,
                                           viewport={"width": width, "height": height}, accept_downloads=True)
        self.page = self.context.new_page()
        self.page.set_default_timeout(30_000)
        self.complaints, self.asked = [], []
        self.page.on("console", lambda message: self.complaints.append(message.text) if message.type == "error" else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.address = address

    def goes(self, place="/"):
        self.page.goto(self.address + place)
        self.page.wait_for_selector("h1")
        self.waits()

    def waits(self):
        """Until the page has answered: no run is going on, no bar, nothing stale."""
        self.page.wait_for_timeout(300)
        self.page.wait_for_function(
            "() => !document.querySelector('[data-test-script-state=running], [data-testid=stProgress], "
            "[data-testid=stSpinner], [data-stale=true]')", timeout=90_000)
        self.page.wait_for_timeout(150)

    def clicks(self, name, role="button", exact=False, last=False):
        found = self.page.get_by_test_id("stMain").get_by_role(role, name=name, exact=exact)
        (found.last if last else found.first).click()
        self.waits()

    def uploads(self, path):
        self.page.locator("input[type=file]").set_input_files(path)
        self.waits()

    def waits_for(self, text):
        """Until a text stands on the page."""
        self.page.get_by_test_id("stMain").get_by_text(text).first.wait_for(timeout=120_000)
        self.waits()

    def chooses(self, name):
        """A part of a segmented control."""
        self.page.get_by_test_id("stButtonGroup").get_by_text(name, exact=True).first.click()
        self.waits()

    def fills(self, label, text):
        self.page.get_by_role("textbox", name=label).first.fill(text)
        self.page.keyboard.press("Tab")
        self.waits()

    def reads(self) -> str:
        return self.page.locator("[data-testid=stMain]").inner_text().replace("\u2060", "")  # the joiner in addresses

    def downloads(self, name) -> tuple[str, bytes]:
        with self.page.expect_download(timeout=60_000) as download:
            self.page.get_by_role("button", name=name, exact=True).first.click()
        return download.value.suggested_filename, open(download.value.path(), "rb").read()

    def pictures(self, path):
        """The whole page as a picture."""
        height = self.page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
        size = self.page.viewport_size
        self.page.set_viewport_size({"width": size["width"], "height": min(max(height, 600) + 20, 4000)})
        self.page.wait_for_timeout(1200)
        self.page.screenshot(path=path)
        self.page.set_viewport_size(size)

    def complains_of_nothing(self):
        """Streamlit feels for its own address by asking below the page's first; that answers 404."""
        assert [text for text in self.complaints if "404" not in text and "GPU stall" not in text] == []

    def leaves(self):
        self.context.close()


@pytest.fixture
def picture(request):
    """A function that keeps a picture of the page with --pictures: the README's in docs/pictures, others in build/."""
    def take(somebody, name):
        if request.config.getoption("--pictures"):
            shown = f"pictures/{name}.png" in (PROJECT / "README.md").read_text(encoding="utf-8")
            folder = PROJECT / ("docs/pictures" if shown else "build/pictures")
            folder.mkdir(parents=True, exist_ok=True)
            somebody.pictures(folder / f"{name}.png")

    return take


@pytest.fixture
def person(chromium):
    """A function that seats somebody in front of an address."""
    seated = []

    def seat(address, **how):
        seated.append(Person(chromium, address, **how))
        return seated[-1]

    yield seat
    for somebody in seated:
        somebody.leaves()
