"""Who comes back and what comes next: cohorts, a forecast with its test, what if, frozen and graded, in a real browser."""
from datetime import timedelta

import pytest

from tests.browser.conftest import serving

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A workbench with a small demo shop, and a forecast that was frozen half a year ago."""
    from crm_core.store import open_store
    from crm_core.time_series import frozen, outlook, series
    from data.demo_shop import fill
    from ui.workspace import now

    folder = tmp_path_factory.mktemp("ahead")
    store = open_store(folder / "shop.duckdb", clock=now)
    today = now().date()
    with store.batch("demo") as batch:
        fill(batch, seed=0, as_of=today, customers=200, orders=2500, messages=100)
    then = today - timedelta(days=180)
    asked = series.Asked("revenue", "month", until=then)
    found = outlook.outlook(series.read(store, asked, today), "month", 4, "ets")
    with store.batch("forecast", "Half a year ago") as batch:
        frozen.freeze(batch, found, asked, "ets", "Half a year ago", store.revision(), then)
    store.close()
    with serving(folder) as address:
        yield address


def test_a_frozen_forecast_is_graded_in_chinese_on_a_telephone(shop, person, picture):
    lin = person(shop, language="zh", width=390, scheme="dark")
    lin.page.goto(shop + "/time_series?part=forecast&interval=month&model=seasonal_naive&horizon=3")
    lin.waits_for("已冻结的预测")
    lin.waits_for("期已结束")
    picture(lin, "forecast-zh-dark-390")
    assert lin.page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390
    lin.complains_of_nothing()


def test_from_the_fan_to_a_frozen_forecast_and_its_grade(shop, person, picture):
    ada = person(shop)
    ada.page.goto(shop + "/time_series?part=forecast&interval=month&split=channel&horizon=6")
    ada.waits_for("Tested from")
    ada.waits_for("Series beside each other")
    picture(ada, "forecast-en-light-1440")
    ada.page.get_by_text("What if a campaign ran on other days?").first.click()
    ada.clicks("Work it out")
    ada.waits_for("of the past")
    ada.fills("Name", "The next half year")
    ada.clicks("Freeze", exact=True)
    ada.waits_for("The next half year is frozen")
    ada.waits_for("Not one of its periods is over yet")
    assert "horizon=6" in ada.page.url
    ada.complains_of_nothing()


def test_cohorts_by_channel_lead_on(shop, person, picture):
    ada = person(shop)
    ada.page.goto(shop + "/time_series?part=cohorts&cohort_interval=quarter&cohort_split=channel")
    ada.waits_for("ordered again in quarter 1")
    ada.waits_for("placed a second order")
    picture(ada, "cohorts-en-light-1440")
    ada.chooses("Month")
    ada.waits_for("ordered again in month 1")
    assert "cohort_interval=month" in ada.page.url
    ada.complains_of_nothing()
