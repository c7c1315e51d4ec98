"""How long a person waits: from start to healthy, to the first paint, and for each page to answer again.

    python benchmarks/pages.py [--rounds N]

A fresh start with the demo shop, then a second start on the same file, in a real browser. `raw` is a Streamlit page of
one title on the same server: the least that any page can take. Last line: one JSON object.
"""
import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

WATCH = """() => { window.runs = []; const app = document.querySelector('[data-testid=stApp]');
  new MutationObserver(() => window.runs.push([performance.now(), app.getAttribute('data-test-script-state')]))
    .observe(app, { attributes: true, attributeFilter: ['data-test-script-state'] }); }"""


def rerun_seconds(person, rounds: int) -> float:
    """The median from the wish to run again (the key r) until the page stands."""
    person.page.evaluate(WATCH)
    took = []
    for _ in range(rounds):
        person.page.evaluate("window.runs.length = 0")
        person.page.keyboard.press("r")
        person.page.wait_for_function("() => window.runs.some(run => run[1] === 'notRunning')")
        person.page.wait_for_timeout(300)
        runs = person.page.evaluate("window.runs")
        took.append((runs[-1][0] - runs[0][0]) / 1000)
    return statistics.median(took)


def first_visit(browser, address: str) -> dict[str, float]:
    """Seconds from the address being typed: the browser's own first contentful paint, the title, the key figures."""
    from tests.browser.conftest import Person

    person = Person(browser, address)
    started = time.perf_counter()
    person.page.goto(address, wait_until="commit")
    person.page.locator("h1").first.wait_for()
    title = time.perf_counter() - started
    person.page.locator("[data-testid=stMetric]").first.wait_for()
    figures = time.perf_counter() - started
    paint = person.page.evaluate(
        "() => performance.getEntriesByType('paint').find(entry => entry.name === 'first-contentful-paint').startTime")
    person.leaves()
    return {"paint_s": paint / 1000, "title_s": title, "figures_s": figures}


def main() -> int:
    from playwright.sync_api import sync_playwright

    from tests.browser.conftest import FLAGS, Person, browser_path, serving

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    if not browser_path():
        print("A Chrome, Chromium or Edge is needed; CRM_BROWSER names one.", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        folder = Path(folder)
        browser = playwright.chromium.launch(executable_path=browser_path(), args=FLAGS)
        began = time.perf_counter()
        with serving(folder, CRM_DEMO="1"):
            answer = {"fresh_start_s": time.perf_counter() - began}
        began = time.perf_counter()
        with serving(folder) as address:
            answer["second_start_s"] = time.perf_counter() - began
            answer["first_visit"] = first_visit(browser, address)
            visits = [first_visit(browser, address) for _ in range(5)]
            answer["next_visits"] = {name: statistics.median(visit[name] for visit in visits) for name in visits[0]}
            answer["rerun_s"] = {}
            for name, place in (("home", "/"), ("customers", "/data_entry?part=customers"),
                                ("import", "/data_entry?part=import"), ("changes", "/data_entry?part=changes"),
                                ("clustering", "/clustering")):
                person = Person(browser, address)
                person.goes(place)
                if name == "clustering":
                    person.waits_for("Separation (silhouette)")
                person.page.wait_for_timeout(1500)
                answer["rerun_s"][name] = rerun_seconds(person, rounds)
                person.leaves()
        (folder / "bare.py").write_text("import streamlit as st\nst.title('bare')\n")
        with serving(folder, script=folder / "bare.py") as address:
            person = Person(browser, address)
            person.goes("/")
            answer["raw_rerun_s"] = rerun_seconds(person, rounds)
        browser.close()
    answer["rerun_ratio"] = {name: took / answer["raw_rerun_s"] for name, took in answer["rerun_s"].items()}
    print(json.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main())
