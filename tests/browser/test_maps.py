"""Maps in a real browser with the network cut: nothing is asked for that does not come from the workbench itself."""
import pytest

from tests.browser.conftest import serving
from tests.test_maps import file, packed, square

pytestmark = pytest.mark.browser

SHAPES = "document.querySelectorAll('.js-plotly-plot .js-fill').length"
POINTED = "[...document.querySelectorAll('.hoverlayer text')].map(text => text.textContent).join(' ')"


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A workbench with a small demo shop."""
    from crm_core.store import open_store
    from data.demo_shop import fill
    from ui.workspace import now

    folder = tmp_path_factory.mktemp("maps")
    store = open_store(folder / "shop.duckdb", clock=now)
    with store.batch("demo") as batch:
        fill(batch, seed=0, as_of=now().date(), customers=400, orders=2500, messages=300)
    store.close()
    with serving(folder) as address:
        yield address


def cut_off(somebody):
    """Whatever is not the workbench is out of reach; the list of what was asked for all the same."""
    refused = []

    def answer(route):
        if route.request.url.startswith((somebody.address, "data:", "blob:")):
            route.continue_()
        else:
            refused.append(route.request.url)
            route.abort()

    somebody.context.route("**/*", answer)
    return refused


def opens(somebody, address):
    somebody.page.goto(somebody.address + address)
    somebody.page.wait_for_selector(".js-plotly-plot .xy", timeout=60_000)
    somebody.waits()


def test_squares_bubbles_and_own_boundaries_are_drawn_with_the_network_cut(shop, person, picture, tmp_path):
    ada = person(shop)
    refused = cut_off(ada)
    opens(ada, "/time_series?part=maps")
    ada.waits_for("is on this map")
    assert ada.page.locator(".js-plotly-plot .heatmap-label").count() == 219
    picture(ada, "maps-world-en-light")
    opens(ada, "/time_series?part=maps&map=cities&figure=customers")
    assert ada.page.locator(".js-plotly-plot .point").count() > 20
    picture(ada, "maps-cities-en-light")
    # Two halves of Germany, brought as a file; pointed at, they say their figure.
    brought = file(("Bayern", [square(9, 47, 4)]), ("Hessen", [square(9, 51, 2)]), country="Germany")
    (tmp_path / "halves.geojson").write_bytes(packed(brought))
    ada.page.get_by_text("Own boundaries").last.click()
    ada.uploads(tmp_path / "halves.geojson")
    ada.waits_for("2 places")
    ada.clicks("Keep these boundaries")
    ada.waits_for("2 places are kept.")
    ada.page.wait_for_function(f"() => {SHAPES} === 2")
    ada.page.locator(".js-plotly-plot").first.scroll_into_view_if_needed()
    plot = ada.page.locator(".js-plotly-plot .nsewdrag").first.bounding_box()
    ada.page.mouse.move(plot["x"] + plot["width"] / 2, plot["y"] + plot["height"] * 0.7)
    ada.page.wait_for_function(f"() => {POINTED}.includes('Bayern')")
    picture(ada, "maps-own-en-light")
    assert refused == []
    ada.complains_of_nothing()


def test_chinas_provinces_on_a_telephone_in_the_dark(shop, person, picture):
    lin = person(shop, language="zh", width=390, scheme="dark")
    refused = cut_off(lin)
    opens(lin, "/time_series?part=maps&map=china&figure=orders&by=year")
    lin.waits_for("在地图未涵盖的国家")
    signs = lin.page.evaluate("[...document.querySelectorAll('.heatmap-label text')].map(text => text.textContent).join('')")
    assert len(signs) == 34 and "京" in signs and "台" in signs
    assert lin.page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390
    picture(lin, "maps-china-zh-dark-telephone")
    assert refused == []
    lin.complains_of_nothing()


def test_the_page_to_carry_away_shows_its_map_by_itself(shop, person, tmp_path):
    ada = person(shop)
    opens(ada, "/time_series?part=maps&map=china")
    name, page = ada.downloads("HTML")
    (tmp_path / name).write_bytes(page)
    refused = []
    alone = ada.context.new_page()
    alone.on("request", lambda request: refused.append(request.url) if request.url.startswith("http") else None)
    alone.goto((tmp_path / name).as_uri())
    alone.wait_for_function("() => document.querySelectorAll('.heatmap-label').length === 34")
    assert refused == []
