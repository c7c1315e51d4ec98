"""The page's kept segments and the rule builder, in both languages, on the demo shop."""
from datetime import timedelta

import pandas as pd
import pytest

from crm_core.clustering import Choice, cluster_customers, keeping
from crm_core.clustering.conditions import Condition
from tests.test_pages import opened, texts


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """A small demo shop with three groups kept as of two months ago, and a rule."""
    from crm_core.store import open_store
    from data.demo_shop import fill
    from ui.workspace import now

    store = open_store(tmp_path_factory.mktemp("demo") / "shop.duckdb", clock=now)
    with store.batch("demo") as batch:
        fill(batch, seed=0, as_of=now().date(), customers=400, orders=4000, messages=0)
    before = now().date() - timedelta(days=60)
    features = store.frame("customer_features", as_of=before)
    with store.batch("segment") as batch:
        groups = cluster_customers(features, Choice(k=3), as_of=before)
        keeping.keep(batch, groups, {1: "Best", 2: "Middle", 3: "Rest"}, before, store.revision(), "Three groups")
        keeping.keep_rule(batch, ((Condition("frequency", ">=", 5), Condition("recency_days", "between", (0, 200))),
                                  (Condition("monetary", ">=", 1000),)), features, "Good ones", before)
    yield store
    store.close()


def at_segments(store, monkeypatch, language="en"):
    return opened("clustering", store, monkeypatch, language=language, part="segments")


def patiently(app):
    """Long work runs beside the page; it asks again until the answer is there."""
    for _ in range(60):
        if not app.get("progress"):
            break
        app.run()
    assert not app.exception, [error.value for error in app.exception]
    return app


@pytest.fixture
def opens(monkeypatch):
    """Open the page with a row of the list selected: AppTest cannot click into a table."""
    import ui
    from pages.grouping import segments

    def open_row(store, name: str, language="en"):
        kept = store.frame("segments_kept")
        row = int(kept.index[kept.name == name][0])
        real = ui.table

        def table(frame, key, **options):
            answer = real(frame, key=key, **options)
            if key == "segments":
                answer = pd.Series({"selection": pd.Series({"rows": [row]})})
            return answer

        monkeypatch.setattr(segments, "table", table)
        return opened("clustering", store, monkeypatch, language=language, part="segments")

    return open_row


@pytest.mark.parametrize(("language", "none"), [("en", "No segment is kept yet"), ("zh", "还没有保存任何分群")])
def test_without_segments_it_is_said_how_to_keep_some(language, none, store, monkeypatch):
    assert any(none in text for text in texts(at_segments(store, monkeypatch, language)))


def test_the_list_tells_size_share_and_change(demo, monkeypatch):
    app = at_segments(demo, monkeypatch)
    listed = app.dataframe[0].value
    assert set(listed.name) == {"Best", "Middle", "Rest", "Good ones"}
    cluster = listed[listed.kind == "from clustering"]
    assert cluster.share_of_customers.sum() <= 1 and cluster.share_of_revenue.sum() == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize(("language", "rule", "medians"), [
    ("en", "Orders at least 5 and Days since last order from 0 to 200; or Total spent at least 1,000", "The middle of the group"),
    ("zh", "至少 5，并且", "群内的中位水平")])
def test_an_opened_segment_says_what_it_is(language, rule, medians, demo, opens):
    said = " ".join(texts(opens(demo, "Good ones", language))).replace("\\", "")
    assert rule in said
    assert medians in " ".join(texts(opens(demo, "Best", language)))


def button(app, label: str):
    return next(one for one in app.button if one.label == label)


def test_a_refresh_shows_what_becomes_of_which_group_before_it_is_kept(demo, opens):
    app = opens(demo, "Best")
    before = demo.revision()
    button(app, "Work it out").click().run()
    said = " ".join(texts(patiently(app)))
    assert "Nothing is written yet" in said and "keep their group's name" in said and demo.revision() == before
    button(app, "Keep this").click().run()
    assert not app.exception and demo.revision() == before + 1
    sizes = demo.frame("segment_sizes", segment_id=1)
    assert list(sizes.how) == ["kept", "refreshed"]
    said = [expander.label for expander in opens(demo, "Best").expander]
    assert "What became of which group at the last refresh" in said
    demo.undo(demo.revision())


def test_past_months_are_filled_in_and_drawn(demo, opens):
    app = opens(demo, "Best")
    before = demo.revision()
    button(app, "Fill in").click().run()
    patiently(app)
    assert demo.revision() == before + 1
    assert any("6 past months filled in" in text for text in texts(app))
    assert len(demo.frame("segment_sizes", segment_id=1)) == 7
    assert len(opens(demo, "Best", "zh").get("plotly_chart")) == 1
    demo.undo(demo.revision())


def test_a_rule_is_refreshed_at_once_renamed_noted_and_deleted(demo, opens):
    app = opens(demo, "Good ones")
    number = int(demo.frame("segments_kept").set_index("name").id["Good ones"])
    button(app, "Work it out").click().run()
    assert not app.exception and len(demo.frame("segment_sizes", segment_id=number)) == 2
    app = opens(demo, "Good ones")
    app.text_input(key=f"segment {number} new name").set_value("Better ones")
    app.text_area(key=f"segment {number} new note").set_value("For the *spring* letter")
    button(app, "Save").click().run()
    assert demo.record("segments", number)["note"] == "For the *spring* letter"
    app = opens(demo, "Better ones")
    assert any("spring" in text for text in texts(app))
    button(app, "Delete").click().run()
    assert "Better ones" not in set(demo.frame("segments_kept").name)
    for _ in range(3):  # the deletion, the edit, the refresh
        demo.undo(int(demo.frame("recent_batches", limit=9).query("undone_by.isna() and kind != 'undo'").number.iloc[0]))
    assert set(demo.frame("segments_kept").name) == {"Best", "Middle", "Rest", "Good ones"}


# --- the builder ----------------------------------------------------------------------------------


def at_builder(store, monkeypatch, language="en"):
    app = at_segments(store, monkeypatch, language)
    app.segmented_control(key="segments way").set_value("rule").run()
    return patiently(app)


def field(app, kind: str, label: str):
    return next(one for one in app.get(kind) if one.label == label)


@pytest.mark.parametrize(("language", "value", "told", "keep", "name"), [
    ("en", "Value", "fulfil this", "Keep as segment", "Name of the segment"),
    ("zh", "数值", "位客户满足条件", "保存为分群", "分群名称")])
def test_a_rule_is_counted_while_it_is_built_and_kept(language, value, told, keep, name, demo, monkeypatch):
    app = at_builder(demo, monkeypatch, language)
    field(app, "number_input", value).set_value(5).run()
    as_of = app.date_input(key="builder as of").value
    features = demo.frame("customer_features", as_of=as_of)
    expected = int((features.frequency >= 5).sum())
    said = " ".join(texts(app)).replace("\\", "")
    assert told in said and f"**{expected}**" in said
    before = demo.revision()
    field(app, "text_input", name).set_value("Five or more").run()
    button(app, keep).click().run()
    assert not app.exception and demo.revision() == before + 1
    assert int(demo.frame("segments_kept").set_index("name").customers["Five or more"]) == expected
    demo.undo(demo.revision())


def test_conditions_are_added_removed_and_joined_by_or(demo, monkeypatch):
    app = at_builder(demo, monkeypatch)
    field(app, "number_input", "Value").set_value(5).run()
    app.button(key="builder add 0").click().run()
    [one for one in app.number_input if one.label == "Value"][1].set_value(90).run()
    app.button(key="builder add group").click().run()
    [one for one in app.number_input if one.label == "Value"][2].set_value(20).run()
    features = demo.frame("customer_features", as_of=app.date_input(key="builder as of").value)
    both = (features.frequency >= 5) & (features.recency_days <= 90)
    assert f"**{int((both | (features.frequency >= 20)).sum())}**" in " ".join(texts(app))
    app.button(key="builder remove group 1").click().run()
    assert f"**{int(both.sum())}**" in " ".join(texts(app))
    button(app, "Remove").click().run()
    assert f"**{int((features.recency_days <= 90).sum())}**" in " ".join(texts(app))
    assert not app.exception


def test_a_rule_that_nobody_fulfils_is_said(demo, monkeypatch):
    app = at_builder(demo, monkeypatch)
    field(app, "number_input", "Value").set_value(100_000).run()
    assert any("Nobody fulfils all of this" in text for text in texts(app))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_builder_leads_to_an_import_where_there_are_no_orders(language, store, monkeypatch):
    app = opened("clustering", store, monkeypatch, language=language, part="segments")
    app.segmented_control(key="segments way").set_value("rule").run()
    assert not app.exception and len(app.get("page_link")) >= 1
