"""The part of purchase prediction that says why, in both languages."""
import re

import pytest

from tests.test_clustering_page import answered
from tests.test_pages import demo, opened

__all__ = ["demo"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_reasons_are_sentences_that_end_at_the_chance_of_the_customer(demo, monkeypatch, language):
    app = opened("purchase_prediction", demo, monkeypatch, language=language, part="reasons")
    said = answered(app) + " ".join(element.value for element in app.main.get("subheader"))
    for told in {"en": ("What the model lives on", "Of a customer of whom nothing is known", "Real cases like this one",
                        "What would change it", "promised", "log-odds → raises the chance from"),
                 "zh": ("模型主要依据什么", "对一无所知的客户", "相似的真实案例", "怎样才会不同", "不保证", "对数几率")}[language]:
        assert told in said, told
    chosen = app.selectbox(key="reasons highest None")
    chance = re.search(r"(\d+(\.\d)?%)$", chosen.options[0])[1]
    assert f"**{chance}**" in said.split({"en": "Together that makes", "zh": "合在一起就是"}[language])[1]


def test_another_customer_another_feature_and_one_by_search(demo, monkeypatch):
    app = opened("purchase_prediction", demo, monkeypatch, part="reasons")
    first = answered(app)
    assert len(app.selectbox(key="reasons feature").options) > 5
    app.selectbox(key="reasons feature").select("frequency").run()
    app.segmented_control(key="reasons way").set_value("surprising").run()
    said = answered(app)
    assert "by the plain rule" in " ".join(app.selectbox(key="reasons surprising None").options) and said != first
    app.segmented_control(key="reasons way").set_value("search").run()
    answered(app)
    never = demo.frame("find_customers", text="", digits="", deleted=False, sort="newest", limit=1, offset=0, gender="",
                       status="", channel="", direction="", priority="", relation="")
    app.session_state["reasons customer chosen"] = int(never.id[0])
    assert "Of a customer of whom nothing is known" in (told := answered(app.run())) or "is not among those" in told


def test_what_customers_spend_is_told_in_amounts(demo, monkeypatch):
    app = opened("purchase_prediction", demo, monkeypatch, part="reasons", kind="spends", horizon="90")
    said = answered(app)
    assert re.search(r"raises the amount from [\d,.]+ to [\d,.]+", said) and "log-odds" not in said
    assert "most similar past cases of other customers came to" in said and "instead of" in said
