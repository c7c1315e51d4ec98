"""How long the page on texts lets one wait: python benchmarks/text_scale.py [--messages N] [--database PATH]

A demo shop with N messages (100,000), or a shop of one's own with --database (it is only read). What is done once a
state of the data: the messages read and cut into words, words and phrases counted. What every filter does anew: rows
chosen, their words taken, key figures, telling words, a comparison, one word looked up with its contexts. `page` are
reruns of the page itself after a change of the filter, part by part (Streamlit's own test runner). One JSON object as
last line.
"""
import os

# Before numpy is loaded: threads that spin cost forty times the work on a busy machine.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import statistics
import sys
import tempfile
from datetime import date, datetime
from pathlib import Path
from time import perf_counter
from types import SimpleNamespace

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from benchmarks.measure import last_line, peak_mb, reset_peak  # noqa: E402

AS_OF = date.today()  # the page compares the days up to today with those before
FILTERS = (("channel", "email"), ("channel", "chat"), ("source", "service_requests"), ("direction", "in"),
           ("language", "zh"))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--database")
    parser.add_argument("--no-page", action="store_true", help="the work alone, without the page's reruns")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args(arguments)
    if chosen.database and not Path(chosen.database).exists():
        print(f"{chosen.database} is not there.", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        path = Path(chosen.database) if chosen.database else made(Path(folder) / "shop.duckdb", chosen)
        answer = work(path)
        if not chosen.no_page:
            answer["page"] = reruns(path)
    last_line(answer)
    return 0


def made(path: Path, chosen) -> Path:
    from crm_core.store import open_store
    from data.demo_shop import fill

    store = open_store(path, clock=datetime.now)
    with store.batch("demo") as batch:
        fill(batch, as_of=AS_OF, seed=chosen.seed, customers=max(100, chosen.messages // 3),
             orders=max(1_000, chosen.messages), messages=chosen.messages)
    store.close()
    return path


def work(path: Path) -> dict:
    from crm_core.store import open_store
    from crm_core.text_mining import corpus, dictionary, messages
    from crm_core.text_mining.concordance import as_typed, contexts
    from crm_core.text_mining.keywords import keyness, keywords, terms
    from crm_core.text_mining.overview import figures
    from crm_core.text_mining.phrases import collocations

    store = open_store(path, clock=datetime.now)
    reset_peak()
    once, each = {}, {}

    def timed(into: dict, name: str, job):
        started = perf_counter()
        answer = job()
        into.setdefault(name, []).append(perf_counter() - started)
        return answer

    with store.look() as look:
        own = dictionary(look)
        found = timed(once, "read", lambda: messages(look, date(2100, 1, 1)))
    every = timed(once, "words", lambda: corpus(found, own))
    counted = timed(once, "terms", lambda: terms(every))
    store.close()
    told = every.messages
    for column, value in FILTERS:
        started = perf_counter()
        rows = timed(each, "rows", lambda: (told[column] == value).to_numpy())  # noqa: B023
        if not rows.any() or rows.all():
            continue
        some = timed(each, "take", lambda: every.where(rows))  # noqa: B023
        timed(each, "figures", lambda: figures(some))  # noqa: B023
        timed(each, "keywords", lambda: keywords(counted.where(rows)))  # noqa: B023
        timed(each, "keyness", lambda: keyness(counted, rows, ~rows))  # noqa: B023
        timed(each, "collocations", lambda: collocations(some, most=200))  # noqa: B023
        wanted = as_typed("refund")
        texts = list(some.messages.text)
        timed(each, "look_up", lambda: [wanted.search(text) is not None for text in texts])  # noqa: B023
        timed(each, "contexts", lambda: contexts(texts[-2000:], wanted))  # noqa: B023
        each.setdefault("all_of_it", []).append(perf_counter() - started)
    return {"messages": len(every), "tokens": len(every.tokens.ids), "terms": len(counted.names),
            "once_s": {name: round(took[0], 3) for name, took in once.items()},
            "filter_median_s": {name: round(statistics.median(took), 3) for name, took in each.items()},
            "filter_most_s": {name: round(max(took), 3) for name, took in each.items()}, "peak_mb": peak_mb()}


def reruns(path: Path) -> dict:
    """Seconds until the page stands again after each change of the filter, jobs and all."""
    import streamlit.runtime.scriptrunner.script_runner as runner
    from streamlit.testing.v1 import AppTest

    sys.path.remove(str(Path(__file__).resolve().parent))  # its pages.py is not the pages of the workbench
    runner.PagesManager = SimpleNamespace(uses_pages_directory=False)
    os.environ |= {"CRM_DATABASE": str(path), "CRM_DEMO": "0"}
    answer = {}
    for part in ("overview", "keywords"):
        app = AppTest.from_file(str(PROJECT / "app.py"), default_timeout=600)
        app.query_params["part"] = part
        app.run()
        app.switch_page("pages/text_mining.py")
        answer[part] = {"first": settled(app)}
        for widget, key, value in (
                ("selectbox", "text period", "365"), ("selectbox", "text source", "service_requests"),
                ("multiselect", "text channel", ["email"]), ("multiselect", "text language", ["en"])):
            getattr(app, widget)(key=key).set_value(value)
            answer[part][key.removeprefix("text ")] = settled(app)
    return answer


def settled(app) -> float:
    started = perf_counter()
    app.run()
    while app.get("progress"):
        app.run()
    if app.exception:
        raise RuntimeError(app.exception[0].value)
    return round(perf_counter() - started, 3)


if __name__ == "__main__":
    sys.exit(main())
