"""Following and using a kept grouping on the page, in both languages, on the demo shop."""
import json
import re
from datetime import date, timedelta

import pandas as pd
import pytest

from crm_core.clustering import Choice, cluster_customers
from crm_core.clustering.keeping import keep_selection
from crm_core.features import gather
from tests.test_pages import opened, said_on


def keep(store, as_of, within: int | None = None) -> tuple[int, list[int]]:
    """Three groups kept as the page keeps them: the run with its model, a segment each, its members."""
    with store.look() as look:
        groups = cluster_customers(gather(look, Choice().features, as_of, segment_id=within), Choice(k=3))
    with store.batch("segment", "3 groups") as batch:
        [run] = batch.add("runs", [{
            "concern": "clustering", "name": "3 groups", "as_of": as_of, "revision": store.revision(),
            "choice": groups.choice.to_json(), "model": groups.model.to_json()}])
        segments = batch.add("segments", [
            {"name": name, "kind": "cluster", "as_of": as_of, "run_id": run} for name in ("Best", "Good", "Gone")])
        batch.change("runs", {"id": run, "figures": json.dumps(
            {"segments": {str(group): segment for group, segment in enumerate(segments, 1)},
             "steps": [{"name": "collect", "choice": {"segment_id": within}}]})})
        batch.add("segment_snapshots", [
            {"segment_id": segment, "as_of": as_of, "run_id": run, "how": "kept", "customers": 1} for segment in segments])
        batch.add("segment_members", pd.DataFrame({
            "segment_id": groups.groups.group.map(dict(enumerate(segments, 1))), "as_of": as_of,
            "customer_id": groups.groups.customer_id}))
    return run, segments


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The demo shop with three groups kept a quarter ago."""
    from crm_core.store import open_store
    from data.demo_shop import fill
    from ui.workspace import now

    store = open_store(tmp_path_factory.mktemp("demo") / "shop.duckdb", clock=now)
    with store.batch("demo") as batch:
        fill(batch, seed=0, as_of=now().date(), customers=600, orders=6000, messages=900)
    keep(store, now().date() - timedelta(days=90))
    yield store
    store.close()


def waited(app):
    for _ in range(80):
        if not app.get("progress"):
            break
        app.run()
    assert not app.exception, [error.value for error in app.exception]
    return app


@pytest.mark.parametrize(("language", "moved", "segment"), [
    ("en", r"\*\*\d+ of \d+ customers moved\.\*\*", r"Best: \d+ → \d+"),
    ("zh", r"\*\*\d+ 位客户中有 \d+ 位变动。\*\*", r"Best：\d+ → \d+")])
def test_who_moved_is_told_in_both_languages(demo, monkeypatch, language, moved, segment):
    app = waited(opened("clustering", demo, monkeypatch, language=language, part="moved"))
    said = said_on(app)
    assert re.search(moved, said) and re.search(segment, said)
    assert "[" not in re.sub(r":[a-z]+\[[^\]]*\]", "", said)  # no key without its words


def sizes(app) -> pd.DataFrame:
    return next(frame.value for frame in app.dataframe if "before" in frame.value and "after" in frame.value
                and pd.api.types.is_numeric_dtype(frame.value.before))


def test_the_segments_add_up_on_the_page(demo, monkeypatch):
    app = waited(opened("clustering", demo, monkeypatch, part="moved"))
    table = sizes(app)
    moves = table[[column for column in table if column.endswith(("_in", "_out"))]]
    assert (table.before + moves.sum(axis=1) == table.after).all()
    assert len(app.get("plotly_chart")) >= 1


def test_a_refit_on_the_second_day_tells_boundaries_apart(demo, monkeypatch):
    app = waited(opened("clustering", demo, monkeypatch, part="moved"))
    app.selectbox(key="moved way").select("refit").run()
    assert sizes(waited(app)).before.sum() > 0


def test_who_is_silent_for_long_is_lost_when_that_is_wanted(demo, monkeypatch):
    app = waited(opened("clustering", demo, monkeypatch, part="moved"))
    assert "lost_out" not in sizes(app)
    app.selectbox(key="moved silent").select(180).run()
    assert sizes(waited(app)).lost_out.sum() < 0


def test_days_in_the_wrong_order_are_said(demo, monkeypatch):
    app = waited(opened("clustering", demo, monkeypatch, part="moved"))
    [start] = [element for element in app.date_input if element.label == "From"]
    [end] = [element for element in app.date_input if element.label == "To"]
    start.set_value(end.value).run()
    assert "later than the first" in said_on(waited(app))


@pytest.mark.parametrize("part", ["moved", "apply"])
@pytest.mark.parametrize(("language", "told"), [("en", "No grouping is kept yet"), ("zh", "还没有保存过分群")])
def test_without_a_kept_grouping_it_says_what_to_do(store, monkeypatch, part, language, told):
    app = opened("clustering", store, monkeypatch, language=language, part=part)
    assert told in said_on(app)


def listed(app) -> pd.DataFrame:
    return next(frame.value for frame in app.dataframe if "next_group" in frame.value)


@pytest.mark.parametrize(("language", "asked"), [
    ("en", "Are they still the customers it was made of?"), ("zh", "还是当初那些客户吗？")])
def test_customers_are_placed_and_drift_is_told(demo, monkeypatch, language, asked):
    app = waited(opened("clustering", demo, monkeypatch, language=language, part="apply"))
    assert asked in [heading.value for heading in app.subheader]
    placed = listed(app)
    assert placed.group.str.match(r"\d (Best|Good|Gone)").all() and placed.sure.between(-1, 1).all()


def test_new_customers_are_those_whose_first_order_came_later(demo, monkeypatch):
    app = waited(opened("clustering", demo, monkeypatch, part="apply"))
    everybody = len(listed(app))
    waited(app.button_group(key="apply who").set_value("new").run())
    since = re.search(r"([\d,]+) customers with a first order after", said_on(app))
    assert 0 < len(listed(app)) == int(since[1].replace(",", "")) < everybody


def test_a_contact_list_counts_who_is_left_out(demo, monkeypatch):
    app = waited(opened("clustering", demo, monkeypatch, part="apply"))
    app.selectbox(key="apply channel").select("email").run()
    said = said_on(waited(app))
    listed = re.search(r"\*\*([\d,]+) of ([\d,]+)\*\* can be contacted by E-mail", said)
    assert listed and int(listed[1].replace(",", "")) < int(listed[2].replace(",", ""))
    assert "refused this channel" in said or "nothing is known about consent" in said


def test_one_customer_is_placed_by_search(demo, monkeypatch):
    app = waited(opened("clustering", demo, monkeypatch, part="apply"))
    everybody = listed(app)
    app.session_state["apply one chosen"] = 7
    waited(app.button_group(key="apply who").set_value("one").run())
    placed = everybody[everybody.customer_no == demo.record("customers", 7)["customer_no"]]
    assert placed.group.iloc[0] in said_on(app)


def test_a_group_is_handed_to_the_other_pages(demo, monkeypatch):
    app = waited(opened("clustering", demo, monkeypatch, part="apply"))
    waited(app.selectbox(key="apply group").select(2).run())
    asked = [link.proto.query_string for link in app.main.get("page_link")]
    assert "segment=2" in asked and "part=customers&segment=2" in asked


def test_who_went_one_way_is_listed_with_a_way_to_their_record(demo, monkeypatch):
    app = waited(opened("clustering", demo, monkeypatch, part="moved"))
    table = sizes(app)
    ways = app.selectbox(key="moved flow").options
    assert sum(int(way.rsplit(" ", 1)[1].replace(",", "")) for way in ways) == int(
        re.search(r"\*\*(\d+) of", said_on(app))[1])
    assert table.after.sum() - table.before.sum() == sum(
        int(way.rsplit(" ", 1)[1]) for way in ways if ", new:" in way)


def test_a_grouping_of_one_segments_customers_places_and_follows_only_them(demo, monkeypatch):
    as_of = demo.frame("last_day", today=date(2100, 1, 1)).last_day.iloc[0].date()
    before = demo.revision()
    with demo.batch("segment", "some") as batch:
        some = keep_selection(batch, demo.frame("customer_features", as_of=as_of).customer_id.sort_values()[:60],
                              "Some", as_of)
    keep(demo, as_of, within=some)
    try:
        app = waited(opened("clustering", demo, monkeypatch, part="apply"))
        placed = next(table.value for table in app.dataframe if "hardly" in table.value.columns)
        assert placed.customers.sum() == 60
        app = waited(opened("clustering", demo, monkeypatch, part="moved"))
        assert re.search(r"of 60 customers moved|all 60 customers are where", said_on(app).replace("\\", ""))
    finally:
        for number in range(demo.revision(), before, -1):
            demo.undo(number)
