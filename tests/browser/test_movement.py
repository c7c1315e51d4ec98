"""The flow chart in a real browser, under the server's own policy: drawn, pointed at, carried away."""
from datetime import timedelta

import pytest

from tests.browser.conftest import Person, serving
from tests.test_movement_pages import keep

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A workbench with three groups kept a quarter ago."""
    from crm_core.store import open_store
    from data.demo_shop import fill
    from ui.workspace import now

    folder = tmp_path_factory.mktemp("movement")
    store = open_store(folder / "shop.duckdb", clock=now)
    with store.batch("demo") as batch:
        fill(batch, seed=0, as_of=now().date(), customers=600, orders=6000, messages=300)
    keep(store, now().date() - timedelta(days=90))
    store.close()
    with serving(folder) as address:
        yield address


@pytest.mark.parametrize(("language", "scheme", "width"), [("en", "light", 1440), ("zh", "dark", 390)])
def test_the_flow_is_drawn_and_leaves_in_every_form(shop, chromium, picture, language, scheme, width):
    somebody = Person(chromium, shop, language, scheme, width)
    somebody.goes(f"/clustering?part=moved&language={language}")
    flow = somebody.page.locator(".js-plotly-plot").filter(has=somebody.page.locator(".sankey")).first
    flow.locator(".sankey-link").first.wait_for()
    assert flow.locator(".sankey-node").count() >= 6
    words = flow.locator(".sankey-node text.node-label")
    assert "1 Best" in " ".join(words.all_text_contents())
    # Every name lies within the picture, also on a telephone.
    frame = flow.bounding_box()
    for place in range(words.count()):
        box = words.nth(place).bounding_box()
        assert frame["x"] <= box["x"] and box["x"] + box["width"] <= frame["x"] + frame["width"]
    picture(somebody, f"moved_{language}_{width}")
    for name, starts in (("SVG", b"<svg"), ("PNG", b"\x89PNG"), ("HTML", b"<!doctype html>")):
        _, content = somebody.downloads(name)
        assert content.startswith(starts) and len(content) > 5_000
    _, rows = somebody.downloads({"en": "Data", "zh": "数据"}[language])
    assert "1 Best" in rows.decode("utf-8-sig")
    somebody.complains_of_nothing()
    somebody.leaves()


def test_pointing_at_a_flow_says_how_many_go_where(shop, chromium):
    somebody = Person(chromium, shop)
    somebody.goes("/clustering?part=moved&language=en")
    link = somebody.page.locator(".sankey-link").first
    link.wait_for()
    box = link.bounding_box()
    somebody.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    hover = somebody.page.locator(".hoverlayer .hovertext, .hoverlayer .nums").first
    hover.wait_for(timeout=5_000)
    assert "Customers" in somebody.page.locator(".hoverlayer").first.text_content()
    somebody.leaves()
