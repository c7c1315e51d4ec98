"""Forecasts that are frozen and graded: what was said stays as it was, and is held against what came."""
import re
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from crm_core.__main__ import main
from crm_core.errors import HorizonUnusable, NothingToForecast, RecordGone
from crm_core.time_series import forecast_telling, frozen, grading, outlook, series
from crm_core.time_series.outlook import LIMITS, TOTAL, Outlook
from tests.test_pages import opened, texts
from ui import words

AS_OF = date(2026, 1, 15)
ASKED = series.Asked("revenue", "month", "channel")


def orders(first: str, last: str, **by_channel) -> pd.DataFrame:
    """An order a month on its last day: channel → what it is worth, a number or a list."""
    months = pd.date_range(first, last, freq="MS")
    return pd.DataFrame([
        {"order_no": f"{channel} {month:%Y-%m}", "ordered_at": month + pd.offsets.MonthEnd(1), "status": "completed",
         "channel": channel, "amount": worth[place] if isinstance(worth, list) else worth}
        for channel, worth in by_channel.items() for place, month in enumerate(months)])


def told(asked, values: dict[str, list[float]], known: dict[str, float], mase=1.0, scale=None) -> Outlook:
    """An outlook by hand: series → what is said from January 2026 on, 10 to either side in four of five cases."""
    names, horizon = list(values), len(next(iter(values.values())))
    history = pd.concat([pd.DataFrame({
        "series": name, "period": pd.date_range("2024-01-01", "2025-12-01", freq="MS"),
        "value": np.repeat([known[name] - (scale or 10), known[name]], 12).astype(float)}) for name in names])
    said = pd.DataFrame({"series": np.repeat(names, horizon),
                         "period": np.tile(pd.date_range("2026-01-01", periods=horizon, freq="MS"), len(names)),
                         "value": np.ravel(list(values.values())).astype(float)})
    said = said.assign(low_80=said.value - 10, high_80=said.value + 10, low_95=said.value - 20, high_95=said.value + 20,
                       rule=said.value - 30)
    tests = pd.DataFrame({"series": names, "model": "theta", "smape": 5.0, "mase": mase, "rule_mase": 1.5,
                          "coverage_80": 0.8, "coverage_95": 0.95, "folds": 3})
    return Outlook(history, said, tests, dict.fromkeys(names, "theta"), (), asked.interval, horizon, TOTAL in names)


def keep(store, found, asked=ASKED, name="Q1", model=""):
    with store.batch("forecast", name) as batch:
        return frozen.freeze(batch, found, asked, model, name, store.revision(), AS_OF)


# --- looking ahead --------------------------------------------------------------------------------


def frame(**by_series) -> pd.DataFrame:
    return pd.concat([pd.DataFrame({
        "series": name, "period": pd.date_range("2023-01-01", periods=len(values), freq="MS"), "value": values,
        "whole": True}) for name, values in by_series.items()], ignore_index=True)


def test_what_repeats_every_year_is_said_to_come_again_and_parts_sum_to_the_whole():
    year = np.array([10, 12, 15, 11, 9, 8, 7, 9, 13, 18, 25, 40.0])
    found = outlook.outlook(frame(web=[*year, *year, *year], shop=[*2 * year, *2 * year, *2 * year]), "month", 12,
                            "seasonal_naive")
    assert found.names == [TOTAL, "web", "shop"] and found.fits
    by = found.values.pivot(index="period", columns="series", values="value")
    assert by[TOTAL].tolist() == pytest.approx(3 * year) and (by.web + by.shop).tolist() == pytest.approx(by[TOTAL])
    assert found.values.rule.tolist() == pytest.approx(found.values.value)
    assert found.values.period.iloc[0] == pd.Timestamp("2026-01-01")
    assert set(found.tests.model) == {"seasonal_naive"} and found.tests.rule_mase.isna().all()  # never off: no scale


def test_means_are_not_summed_and_the_plain_guess_stands_beside_every_model():
    random = np.random.default_rng(0)
    found = outlook.outlook(frame(web=50 + random.normal(0, 1, 36), shop=20 + random.normal(0, 1, 36)), "month", 6,
                            "regression", adds_up=False)
    assert found.names == ["web", "shop"] and not found.fits
    assert set(found.tests.model) == {"regression", "seasonal_naive"}
    assert (found.values.low_95 <= found.values.low_80).all() and (found.values.high_80 <= found.values.high_95).all()


def test_the_period_that_is_not_over_is_the_first_to_be_said():
    grown = frame(web=list(range(1, 25)))
    grown.loc[grown.index[-1], ["value", "whole"]] = [1.0, False]
    assert outlook.outlook(grown, "month", 2, "naive").values.period.min() == grown.period.max()


def test_nothing_known_and_too_far_ahead_are_refused():
    with pytest.raises(NothingToForecast):
        outlook.outlook(frame(web=[np.nan, np.nan]), "month", 2)
    for two in (frame(web=[1.0, 2, 3, 4]), frame(web=[1.0, 2, 3, 4], shop=[1.0, 2, 3, 4])):
        with pytest.raises(HorizonUnusable):
            outlook.outlook(two, "month", 9)
    assert outlook.proposed(frame(web=[1.0] * 12), "month") == 4


def test_the_fan_opens_at_the_last_thing_that_is_known_and_is_told_in_both_languages():
    from functools import partial

    from crm_core import charts
    from crm_core.charts import plotly

    found = outlook.outlook(frame(web=[*range(10, 34)]), "month", 3, "naive")
    history, values, _ = found.of("web")
    came = pd.DataFrame({"period": values.period.iloc[:1], "value": [35.0]})
    for language in words.LANGUAGES:
        drawn = charts.forecast_fan(history, values, "Revenue", "money", "month", 12, AS_OF,
                                    partial(words.sentence, language), language, "web", came)
        figure = plotly.draw(drawn, theme="dark", locale=language)
        fans = [trace for trace in figure.data if trace.fill == "toself"]
        assert [trace.x[0] for trace in fans] == [history.period.iloc[-1]] * 2 and len(drawn.alt) > 20
        lines = {trace.name: len(trace.x) for trace in figure.data if trace.name and trace.fill != "toself"}
        assert list(lines.values())[:4] == [24, 4, 3, 1]
        assert figure.layout.yaxis.range[1] > values.high_95.max()


def test_data_that_ended_long_ago_are_gone_on_with_from_their_end_and_not_as_zeros(store):
    with store.batch("test") as batch:
        batch.add("orders", orders("2024-01-01", "2025-06-01", web=100.0))
        batch.change("orders", [{"id": 18, "ordered_at": "2025-06-05"}])
    told = series.read(store, replace(ASKED, split=""), date(2026, 3, 1))
    assert told.period.max() == pd.Timestamp("2026-03-01")
    last = pd.Timestamp("2025-06-05")
    found = outlook.known(told, "month", last, date(2026, 3, 1))
    assert found.period.max() == pd.Timestamp("2025-06-01") and not found.whole.iloc[-1]
    assert outlook.known(told, "month", pd.Timestamp("2025-06-28"), date(2026, 3, 1)).whole.iloc[-1]
    assert outlook.known(told, "month", last, date(2025, 6, 10)) is told


# --- freezing -------------------------------------------------------------------------------------


def test_a_forecast_is_frozen_once_and_read_back_as_it_was(store):
    found = told(ASKED, {TOTAL: [300, 310], "web": [200, 210], "shop": [100, 100]}, {TOTAL: 290, "web": 190, "shop": 100})
    asked = replace(ASKED, since=date(2024, 1, 1), names=(("web", "Web"),), week="sunday")
    run_id = keep(store, found, asked)
    with store.look() as look:
        run = frozen.read_run(look, run_id)
        values = frozen.frozen_values(look, run_id)
        assert [one.name for one in frozen.frozen_runs(look)] == ["Q1"]
    assert run.asked == asked and run.as_of == AS_OF
    pd.testing.assert_frame_equal(values, found.values.reset_index(drop=True), check_dtype=False)
    assert run.figures["tests"]["web"] | {"known": 0} == {
        "model": "theta", "scale": 10.0, "known": 0, "mase": 1.0, "rule_mase": 1.5, "coverage_80": 0.8, "folds": 3}
    before = store.revision()
    with store.batch("forecast", "again") as batch:
        assert frozen.freeze(batch, found, asked, "", "again", before - 1, AS_OF) == run_id  # of the same revision
    assert store.revision() == before


def test_freezing_and_deleting_are_undone_like_any_change(store):
    run_id = keep(store, told(ASKED, {"web": [200]}, {"web": 190}))
    frozen_in = store.revision()
    with store.batch("delete", "Q1") as batch:
        frozen.remove(batch, run_id)
    with store.look() as look, pytest.raises(RecordGone):
        frozen.read_run(look, run_id)
    store.undo(store.revision())
    with store.look() as look:
        assert len(frozen.frozen_values(look, run_id)) == 1
    store.undo(frozen_in)
    with store.look() as look:
        assert frozen.frozen_runs(look) == []


# --- grading --------------------------------------------------------------------------------------


def graded(store, run_id, as_of):
    with store.look() as look:
        return grading.graded(look, frozen.read_run(look, run_id), as_of)


def shop(store, **by_channel):
    with store.batch("test") as batch:
        batch.add("orders", orders("2024-01-01", "2026-04-01", **by_channel))


def test_what_came_is_held_against_what_was_said_period_by_period(store):
    shop(store, web=[90.0] * 12 + [100.0] * 12 + [105, 95, 130, 100], shop=[50.0] * 12 + [60.0] * 12 + [60, 60, 60, 60])
    found = told(ASKED, {TOTAL: [160, 160, 160, 160], "web": [100, 100, 100, 100], "shop": [60, 60, 60, 60]},
                 {TOTAL: 160, "web": 100, "shop": 60}, mase=0.4)
    run_id = keep(store, found)
    waiting = graded(store, run_id, AS_OF)
    assert (waiting.over, waiting.verdict, waiting.periods) == (0, None, 4)
    some = graded(store, run_id, date(2026, 4, 15))
    assert (some.periods_over, some.over, some.done) == (3, 9, False)
    by = some.by_series.set_index("series")
    # Of web 5, 5 and 30 off, in steps of 10; of the shop nothing; the plain guess 30 too low.
    assert by.error.round(3).to_dict() == {TOTAL: 1.333, "web": 1.333, "shop": 0.0}
    assert by.rule_error.round(3).to_dict() == {TOTAL: 4.0, "web": 4.0, "shop": 3.0}
    assert by.inside_80.round(3).to_dict() == {TOTAL: 0.667, "web": 0.667, "shop": 1.0}
    assert (some.total_said, some.total_came, some.beaten) == (480.0, 510.0, False)
    whole = graded(store, run_id, date(2026, 5, 1))
    assert whole.done and whole.over == 12 and whole.verdict == "worse"  # .67 off where .4 was promised


def test_too_few_values_and_as_promised(store):
    shop(store, web=[90.0] * 12 + [100.0] * 12 + [105, 95, 105, 95])
    run_id = keep(store, told(ASKED, {"web": [100, 100, 100, 100]}, {"web": 100}, mase=0.5))
    assert graded(store, run_id, date(2026, 3, 15)).verdict == "too_few"
    whole = graded(store, run_id, date(2026, 5, 1))
    assert (whole.verdict, whole.revised) == ("as_promised", None)


def test_values_outside_beyond_chance_are_worse_and_the_plain_guess_may_have_been_better(store):
    shop(store, web=[90.0] * 12 + [100.0] * 12 + [70, 70, 70, 70])
    found = graded(store, keep(store, told(ASKED, {"web": [100] * 4}, {"web": 100}, mase=9.0)), date(2026, 5, 1))
    assert found.verdict == "worse" and found.beaten and found.inside == {80: 0.0, 95: 0.0}


def test_others_are_those_that_were_not_named_then(store):
    shop(store, web=[100.0] * 28, shop=[30.0] * 28, phone=[20.0] * 28)
    asked = replace(ASKED, largest=1, others="Others")
    found = told(asked, {TOTAL: [150, 150], "web": [100, 100], "Others": [50, 50]},
                 {TOTAL: 150, "web": 100, "Others": 50})
    run_id = keep(store, found, asked)
    with store.batch("test") as batch:  # a shop that was small then is the largest now
        batch.add("orders", [{"order_no": "late", "ordered_at": "2026-01-09", "status": "completed", "channel": "shop",
                              "amount": 9000}])
    by = graded(store, run_id, date(2026, 3, 1)).rows.set_index(["series", "period"]).came
    assert by[("Others", pd.Timestamp("2026-01-01"))] == 9050 and by[("web", pd.Timestamp("2026-01-01"))] == 100
    assert by[(TOTAL, pd.Timestamp("2026-02-01"))] == 150


def test_a_history_that_is_told_otherwise_now_and_series_that_are_gone_are_said(store):
    shop(store, web=[90.0] * 12 + [100.0] * 16)
    run_id = keep(store, told(ASKED, {"web": [100], "fax": [5]}, {"web": 100, "fax": 5}, scale=1))
    found = graded(store, run_id, date(2026, 2, 1))
    assert found.gone == ("fax",)
    lines = forecast_telling.grade_words(found, lambda key, **blanks: words.sentence("en", key, **blanks))
    assert any("1 series is not there any more" in line for line in lines)
    # Of the web 2,388 were known and 2,280 are; of fax 108 and nothing.
    assert found.revised == pytest.approx((108 + 108) / (2388 + 108))


# --- from a shell and on the page -----------------------------------------------------------------


def test_a_forecast_from_a_shell_is_frozen_and_graded(store, capsys, tmp_path):
    year = [10, 12, 15, 11, 9, 8, 7, 9, 13, 18, 25, 40]
    with store.batch("test") as batch:
        batch.add("orders", orders("2024-01-01", "2026-02-01", web=[*year, *year, 10, 12], shop=[5.0] * 26))
    path = store.path
    store.close()
    out = tmp_path / "forecast.csv"
    where = ["--database", str(path), "--language", "en"]
    assert main(["forecast", "revenue", "--by", "channel", "--interval", "month", "--horizon", "3", "--model",
                 "seasonal_naive", "--freeze", "Spring", "--output", str(out), *where]) == 0
    said = capsys.readouterr().out
    assert "All together" in said and "is frozen as Spring" in said
    rows = pd.read_csv(out)
    assert len(rows) == 9 and rows[["series", *LIMITS]].columns.tolist() == ["series", *LIMITS]
    assert main(["grade", "Spring", *where]) == 0
    assert "Forecast 1: Spring, Revenue" in capsys.readouterr().out
    assert main(["forecast", "revenue", "--interval", "month", "--horizon", "2", "--model", "naive", "--to", "2025-06-30",
                 *where]) == 0
    assert "2025-07" in capsys.readouterr().out
    assert main(["forecast", "weather", *where]) == 1


@pytest.fixture(scope="module")
def demo(demo_shop):
    return demo_shop(customers=150, orders=1500, messages=100)


def test_what_another_day_of_a_campaign_would_change_is_told(demo, monkeypatch):
    with demo.batch("test") as batch:
        batch.add("campaigns", [{"campaign_no": f"t{place}", "name": f"Sale {place}", "starts_on": day, "ends_on": day}
                                for place, day in enumerate(pd.date_range("2025-03-03", periods=3, freq="90D").date)])
    app = opened("time_series", demo, monkeypatch, part="forecast", interval="week", model="naive", horizon="6")
    app.button(key="what if ask").click().run()
    for _ in range(60):
        if not app.get("progress"):
            break
        app.run()
    assert not app.exception
    assert any(re.search("campaigns? of the past", text) for text in texts(app))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_part_shows_its_test_beside_the_plain_guess_and_freezes(language, demo, monkeypatch):
    app = opened("time_series", demo, monkeypatch, language=language, part="forecast", interval="month",
                 model="seasonal_naive", horizon="3", split="channel" if language == "en" else "")
    said = texts(app)
    assert any(re.search({"en": "This is the seasonal naive guess", "zh": "朴素猜测"}[language], text) for text in said)
    if language == "zh":
        assert [text for text in said if re.search(r"[A-Za-z]{3,} [A-Za-z]{2,} [A-Za-z]{2,}", text)] == []
    before = demo.revision("forecasts")
    app.button(key="freeze forecast").click().run()
    for _ in range(60):
        if not app.get("progress"):
            break
        app.run()
    assert not app.exception and demo.revision("forecasts") > before
    assert any(re.search({"en": "Frozen forecasts", "zh": "已冻结的预测"}[language], text) for text in texts(app))


