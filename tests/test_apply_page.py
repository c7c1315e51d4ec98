"""The part Apply and grade: scores are frozen, graded, put to use, their model taken along, in both languages."""
from datetime import date, timedelta

import pytest

from crm_core.purchase_prediction import Choice, Target, examples, ledger, predict, split
from tests.test_clustering_page import answered as waited
from tests.test_pages import opened, said_on


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """A small demo shop with the scores of 170, 100 and ten days ago frozen."""
    from crm_core.store import open_store
    from data.demo_shop import fill
    from ui.workspace import now

    store = open_store(tmp_path_factory.mktemp("demo") / "shop.duckdb", clock=now)
    with store.batch("demo") as batch:
        fill(batch, seed=0, as_of=now().date(), customers=400, orders=4000, messages=200)
    for name, ago in (("Long ago", 100), ("Lately", 10), ("Longer ago", 170)):
        with store.look() as look:
            day = now().date() - timedelta(days=ago)
            first, = look.execute("SELECT CAST(min(ordered_at) AS DATE) FROM orders").fetchone()
            found = examples(look, Target("buys", 60), split(first, day, 60))
        prediction = predict(found, Choice(Target("buys", 60), models=("recency_rule", "logistic")))
        with store.batch("freeze", name) as batch:
            ledger.freeze(batch, prediction, name, store.revision("orders"))
    yield store
    store.close()


def answered(app) -> str:
    """What the page says once all work beside it is done: the run in which one ends may begin the next."""
    waited(app)
    return waited(app.run())


def at(store, monkeypatch, language="en"):
    app = opened("purchase_prediction", store, monkeypatch, language=language, part="apply", kind="buys", horizon="30")
    answered(app)
    return app


RUNS = {"Long ago": 1, "Lately": 2, "Longer ago": 3}


def look_into(app, name: str) -> str:
    app.selectbox(key="frozen run").select(RUNS[name]).run()
    return answered(app)


@pytest.mark.parametrize(("language", "graded", "waiting", "reason"), [
    ("en", "were expected to buy", "Not graded yet", "The horizon was over on"),
    ("zh", "会购买，实际", "尚未评估", "预测期已在")])
def test_each_run_says_how_it_did_or_how_long_it_waits(demo, monkeypatch, language, graded, waiting, reason):
    app = at(demo, monkeypatch, language)
    assert waiting in look_into(app, "Lately")
    said = look_into(app, "Long ago")
    assert graded in said and reason in said
    assert len(app.main.get("plotly_chart")) == 3  # over time; whether it held what it promised; whom it found first


def test_scores_are_frozen_with_a_name_and_then_said_to_be(demo, monkeypatch):
    app, before = at(demo, monkeypatch), demo.revision()
    assert "buys in the next 30 days" in said_on(app)
    app.text_input(key=next(box.key for box in app.text_input if box.key and box.key.startswith("freeze name"))).set_value(
        "Thirty days")
    app.button(key="freeze").click().run()
    said = answered(app)
    assert demo.revision() == before + 1 and "Frozen already as Thirty days" in said
    with demo.look() as look:
        run = ledger.frozen_runs(look)[0]
    assert (run.name, run.horizon_days) == ("Thirty days", 30)
    assert app.selectbox(key="frozen run").value == run.id
    app.segmented_control(key="frozen part").set_value("model").run()
    answered(app)
    app.button(key=f"delete run {run.id}").click().run()
    assert "Thirty days deleted" in said_on(app)
    answered(app)
    demo.undo(before + 2)
    demo.undo(before + 1)


def test_whom_to_address_becomes_a_segment_with_a_part_kept_out(demo, monkeypatch):
    app = at(demo, monkeypatch)
    look_into(app, "Long ago")
    app.segmented_control(key="frozen part").set_value("list").run()
    answered(app)
    app.number_input(key="target most").set_value(50).run()
    app.number_input(key="target kept out").set_value(20).run()
    assert "**40 customers** listed" in answered(app)
    app.text_input(key="target name 1").set_value("Spring list")
    app.button(key="keep targets").click().run()
    answered(app)
    kept = demo.frame("segments_kept").set_index("name")
    assert kept.customers["Spring list"] == 40 and kept.customers["Spring list (kept out)"] == 10
    assert '"run": 1' in kept.definition["Spring list"]
    app.selectbox(key="targets channel").select("email").run()
    said = answered(app)
    assert "of 40" in said
    demo.undo(demo.revision())
    app.segmented_control(key="target way").set_value("profit").run()
    assert "Expected profit" in answered(app)
    app.number_input(key="target value").set_value(0.0).run()
    assert "Nobody is left for this list" in answered(app)


@pytest.mark.parametrize(("language", "refused"), [("en", "was not opened"), ("zh", "没有打开")])
def test_a_model_file_comes_back_and_one_from_elsewhere_is_refused(demo, monkeypatch, language, refused):
    with demo.look() as look:
        file = ledger.read_run(look, 1).model
    app = at(demo, monkeypatch, language)
    app.segmented_control(key="freeze source").set_value("file").run()
    answered(app)
    app.file_uploader(key="model file").set_value(("long-ago.model", file, "application/octet-stream")).run()
    said = answered(app)
    assert "Long ago" in said and app.button(key="freeze")
    app.file_uploader(key="model file").set_value(("other.model", file[:-1] + b"!", "application/octet-stream")).run()
    answered(app)
    assert refused in app.error[0].value.replace("\\", "")
    assert "freeze" not in [button.key for button in app.button]


def test_a_kept_model_scores_the_customers_of_today(demo, monkeypatch):
    app = at(demo, monkeypatch)
    app.segmented_control(key="freeze source").set_value("run").run()
    answered(app)
    app.selectbox(key="model of run").select(1).run()
    said = answered(app)
    assert "The model learned what was known on" in said and not app.error
    assert app.date_input(key="score as of").value <= date.today()


def test_without_frozen_scores_the_page_says_what_they_are_for(store, monkeypatch):
    from data.demo_shop import fill
    from ui.workspace import now

    with store.batch("demo") as batch:
        fill(batch, seed=0, as_of=now().date(), customers=150, orders=1200, messages=0)
    said = said_on(at(store, monkeypatch))
    assert "None yet. Freeze the scores above" in said
