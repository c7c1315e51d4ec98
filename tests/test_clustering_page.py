"""The page clustering: its steps, what is kept of them, and two groupings side by side, in both languages."""
import json
import time
from datetime import date

import pytest
from streamlit.testing.v1 import AppTest

from crm_core.clustering.keeping import keep_selection
from crm_core.clustering.refreshing import repeat
from tests.test_pages import demo, opened, said_on, waited

__all__ = ["demo"]


def answered(app: AppTest) -> str:
    """What the page says once the work beside it is done."""
    for _ in range(300):
        if not app.get("progress"):
            break
        time.sleep(0.2)
        app.run()
    assert not app.exception, [error.value for error in app.exception]
    return said_on(app)


def grouped_into(app: AppTest) -> int:
    """The number of groups that the headline says: 4,881 customers in 5 groups."""
    said = " ".join(element.value for kind in ("success", "warning") for element in app.main.get(kind))
    return int(said.split(" groups")[0].split()[-1])


STEPS = {
    "collect": ("whose orders up to which day", "截至哪一天的订单"), "clean": ("who cannot be compared", "无法比较"),
    "features": ("Compared by their logarithm", "取对数后比较"), "algorithm": ("Good for:", "适合："),
    "train": ("the same data give the same groups", "同样的数据会再得到同样的群"),
    "evaluate": ("Half of the customers were grouped", "先用一半客户分群"), "apply": ("can be repeated", "可以重复")}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_each_step_opens_with_the_answer_below(demo, monkeypatch, language):
    app = opened("clustering", demo, monkeypatch, language=language, step="collect")
    for step, told in STEPS.items():
        app.session_state["grouping step"] = step
        said = said_on(waited(app.run()))
        assert told[language == "zh"] in said, step
        assert {"en": "Separation (silhouette)", "zh": "轮廓系数"}[language] in said, step
        assert app.button(key="keep") and not app.exception


def test_what_is_chosen_in_a_step_stays_when_its_panel_is_closed(demo, monkeypatch):
    app = opened("clustering", demo, monkeypatch, step="train")
    app.selectbox(key="k").select(3).run()
    assert grouped_into(waited(app)) == 3
    app.session_state["grouping step"] = None
    app.run()
    assert "k" not in [box.key for box in app.selectbox]
    assert grouped_into(waited(app)) == 3
    app.session_state["grouping step"] = "train"
    app.run()
    assert app.selectbox(key="k").value == 3


def test_nothing_to_group_by_is_said_and_can_be_mended(demo, monkeypatch):
    app = opened("clustering", demo, monkeypatch, step="features")
    app.multiselect[0].set_value([]).run()
    assert "Choose at least one thing to group by" in said_on(app)
    app.multiselect[0].set_value(["frequency", "monetary"]).run()
    assert "Separation (silhouette)" in said_on(waited(app))


def test_a_day_before_the_first_order_is_a_sentence_with_the_step_still_open(demo, monkeypatch):
    app = opened("clustering", demo, monkeypatch, step="collect")
    app.date_input(key="as_of").set_value(date(2015, 1, 1)).run()
    waited(app)
    assert app.error and app.date_input(key="as_of").value == date(2015, 1, 1)


def test_only_the_customers_of_a_segment_are_grouped(demo, monkeypatch):
    buyers = demo.frame("customer_features", as_of=date.today()).customer_id
    before = demo.revision()
    with demo.batch("segment", "some") as batch:
        drawn = {"shapes": [{"x": [0, 1], "y": [0, 1]}]}
        some = keep_selection(batch, buyers[:120], "Some", date.today(), drawn=drawn)
        three = keep_selection(batch, buyers[:3], "Three", date.today())
    app = opened("clustering", demo, monkeypatch, step="collect")
    app.selectbox(key="grouping segment").select(some).run()
    said = said_on(waited(app))
    assert "120 of them are in the segment" in said and "120 customers in" in said
    assert json.loads(demo.record("segments", some)["definition"]) == drawn
    waited(app.button(key="keep").click().run())
    with demo.look() as look:  # the run knows whom it looked at
        again = repeat(look, int(demo.frame("runs_kept", concern="clustering").id[0]))
    assert again.is_same and again.same == 120
    demo.undo(before + 2)
    app.selectbox(key="grouping segment").select(three).run()
    assert "6" in waited(app).error[0].value  # too few, and how many it takes
    demo.undo(before + 1)
    app.run()
    assert app.selectbox(key="grouping segment").value == 0


@pytest.mark.parametrize(("language", "same"), [("en", "The same groups"), ("zh", "基本上是同样的群")])
def test_two_groupings_are_held_against_each_other(demo, monkeypatch, language, same):
    app = opened("clustering", demo, monkeypatch, language=language, part="compare")
    assert same in answered(app.selectbox(key="compare k").select(0).run())
    said = answered(app.selectbox(key="compare k").select(12).run())
    assert same not in said and {"en": "agreement (adjusted Rand index)", "zh": "调整兰德指数"}[language] in said


def test_the_present_groups_agree_with_the_run_that_was_kept_of_them(demo, monkeypatch):
    app = opened("clustering", demo, monkeypatch)
    app.button(key="keep").click().run()
    kept = demo.frame("runs_kept", concern="clustering")
    app = opened("clustering", demo, monkeypatch, part="compare")
    said = answered(app.selectbox(key="compare with").select(int(kept.id[0])).run())
    assert "1.00" in said and "The same groups" in said
    said = said_on(opened("clustering", demo, monkeypatch, part="runs"))
    assert "Choose one to see its steps" in said
    demo.undo(demo.revision())
    assert "None yet" in said_on(opened("clustering", demo, monkeypatch, part="runs"))


def test_an_empty_workbench_asks_for_customers_or_orders(store, monkeypatch):
    for part in ("groups", "compare"):
        assert "Nobody is here yet" in said_on(opened("clustering", store, monkeypatch, part=part))


def test_where_nobody_is_in_a_group_there_is_nothing_to_keep(demo, monkeypatch):
    app = opened("clustering", demo, monkeypatch, step="algorithm")
    app.selectbox(key="algorithm").select("dbscan").run()
    waited(app)
    app.number_input(key="eps").set_value(0.01).run()
    assert "No group was found" in said_on(waited(app))
    assert not [button for button in app.button if button.key == "keep"]
