"""The small pictures of the steps and the colours of the map: drawn from the numbers, within their frame."""
import numpy as np
import pandas as pd
import pytest

from crm_core import charts
from crm_core.charts import plotly
from crm_core.clustering import Choice, Step, cluster_customers
from pages.grouping.pictures import HIGH, WIDE, picture
from tests.test_charts import contrast


def say(key: str, **blanks) -> str:
    return key + "".join(f" {value}" for value in blanks.values())


@pytest.fixture(scope="module")
def groups():
    random = np.random.default_rng(3)
    good = np.arange(300) < 150
    return cluster_customers(pd.DataFrame({
        "customer_id": np.arange(1, 301), "recency_days": np.where(good, 5, 200) + random.integers(0, 20, 300),
        "frequency": np.where(good, 10, 1) + random.integers(0, 3, 300),
        "monetary": np.where(good, 900.0, 30.0) + random.uniform(0, 20, 300)}), Choice(), as_of="2026-03-01")


def reach(mark) -> tuple[float, float, float, float]:
    """left, top, right, bottom"""
    kind, *rest = mark
    if kind == "bar":
        x, y, wide, high, _ = rest
        return x, y, x + wide, y + high
    if kind == "line":
        return min(rest[1::2]), min(rest[2::2]), max(rest[1::2]), max(rest[2::2])
    x, y, radius, _ = rest
    return x - radius, y - radius, x + radius, y + radius


def test_every_picture_stays_in_its_frame(groups):
    for step in groups.steps:
        marks = picture(step)
        assert marks, step.name
        left, top, right, bottom = zip(*map(reach, marks), strict=True)
        assert min(left) >= -0.5 and min(top) >= -0.5 and max(right) <= WIDE + 0.5 and max(bottom) <= HIGH + 0.5, step.name


@pytest.mark.parametrize("algorithm", [
    "kmeans", "minibatch", "bisecting", "rfm", "mixture", "agglomerative", "dbscan", "hdbscan"])
def test_every_algorithm_has_a_sign(algorithm):
    assert len(picture(Step("algorithm", 1, 1, {"algorithm": algorithm, "k": None}))) > 3


def test_who_is_left_out_is_seen_however_few_they_are():
    assert picture(Step("clean", 10_000, 9_999, shape={"taken": [9_999, 1]}))[1][3] >= 3


def test_sizes_are_drawn_to_scale():
    bars = picture(Step("apply", 400, 400, shape={"sizes": [100, 300]}))
    assert bars[1][4] == pytest.approx(3 * bars[0][4], abs=0.2)


def test_the_map_can_be_coloured_by_a_feature_in_five_bands(groups):
    names = dict.fromkeys(groups.names, "x")
    chart = charts.group_map(groups, names, "2026-03-01", say, by="recency_days")
    assert len(chart.series) == 5 and chart.ordered
    bands = chart.frame.groupby("band", sort=False).recency_days.agg(["min", "max"])
    assert (bands["max"].to_numpy()[:-1] < bands["min"].to_numpy()[1:]).all()
    for theme in plotly.THEMES:
        colours = [trace.marker.color for trace in plotly.draw(chart, theme=theme).data[:5]]
        assert len(set(colours)) == 5
        assert min(contrast(colour, plotly.THEMES[theme].paper) for colour in colours) >= 2.9


def test_only_a_map_that_is_to_be_picked_on_holds_the_finger(groups):
    names = dict.fromkeys(groups.names, "x")
    still, picking = (charts.group_map(groups, names, "2026-03-01", say, selectable=picking) for picking in (False, True))
    assert plotly.draw(still).layout.dragmode is False and plotly.draw(picking).layout.dragmode == "lasso"
    assert "lasso2d" in plotly.config(still)["modeBarButtonsToRemove"]
    assert "lasso2d" not in plotly.config(picking)["modeBarButtonsToRemove"]
    assert plotly.draw(picking).data[0].type == "scatter"  # never scattergl: it fails under the server's policy


def test_two_groupings_have_one_colour_a_name_and_the_same_axes(groups):
    other = groups.groups[groups.groups.customer_id > 30].assign(group=lambda frame: 3 - frame.group)
    names, order = {1: "Ada", 2: "Bo"}, ("1 Ada", "2 Bo")
    one = charts.side_map(groups, groups.groups, names, "A", order, "2026-03-01", say)
    two = charts.side_map(groups, other, names, "B", order, "2026-03-01", say)
    assert one.frame[["x", "y"]].agg(["min", "max"]).equals(two.frame[["x", "y"]].agg(["min", "max"]))
    colours = [{trace.name: trace.marker.color for trace in plotly.draw(chart).data} for chart in (one, two)]
    assert colours[0]["1 Ada"] == colours[1]["1 Ada"] != colours[1]["2 Bo"]
    assert colours[1]["chart.side_map.nowhere"] == plotly.THEMES["light"].quiet
