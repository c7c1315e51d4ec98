"""Whether today's customers are still those a grouping was made of."""
import numpy as np
import pandas as pd
import pytest

from crm_core.clustering import Choice, Model, cluster_customers
from crm_core.clustering.drift import baseline, drift


def shop(seed: int, customers: int = 1500, spent: float = 1.0) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    kinds = np.array([[5, 12, 900], [20, 3, 100], [300, 1.5, 25]])[random.integers(0, 3, customers)]
    values = kinds * random.lognormal(0, 0.4, kinds.shape)
    frame = pd.DataFrame(values, columns=["recency_days", "frequency", "monetary"])
    return frame.assign(monetary=frame.monetary * spent, customer_id=range(1, customers + 1))


@pytest.fixture(scope="module")
def model() -> Model:
    return Model.from_json(cluster_customers(shop(0), Choice(k=3)).model.to_json())  # as it is kept


def test_other_customers_of_the_same_shop_are_no_drift(model):
    found = drift(shop(1), model)
    assert set(found.features.level) == {"same"} and found.groups_level == "same" and not found.refresh
    assert found.features["index"].max() < 0.1


def test_a_shop_whose_customers_spend_twice_as_much_has_drifted_in_that_and_only_in_that(model):
    today = shop(1, spent=2)
    found = drift(today, model)
    first = found.features.iloc[0]
    assert (first.feature, first.level, found.refresh) == ("monetary", "large", True)
    assert first.median_training == pytest.approx(shop(0).monetary.median())
    assert first.median_today == pytest.approx(today.monetary.median())
    assert set(found.features.level[1:]) == {"same"}


@pytest.mark.parametrize("seed", range(10))
def test_thirty_customers_are_too_few_to_cry_drift_by_chance(model, seed):
    found = drift(shop(seed + 10, customers=30), model)
    assert found.features["index"].max() > 0.1  # the customary bound alone would have cried
    assert not found.refresh


def test_the_index_is_what_the_textbook_says():
    """Shares 50/50 at training, 30/70 today: (−.2)·ln(.6) + (.2)·ln(1.4) = .169."""
    frame = pd.DataFrame({"customer_id": range(10_000), "monetary": [0, 1] * 5000, "other": range(10_000)})
    today = frame.assign(monetary=[0] * 3000 + [1] * 7000)
    model = cluster_customers(frame, Choice(("monetary", "other"), logged=(), k=2)).model
    index = drift(today, model).features.set_index("feature")["index"]
    assert index["monetary"] == pytest.approx(-0.2 * np.log(0.6) + 0.2 * np.log(1.4), abs=0.001)


def test_a_feature_that_goes_missing_is_drift(model):
    today = shop(1)
    today.loc[:500, "monetary"] = np.nan
    found = drift(today, model).features.set_index("feature")
    assert found.level["monetary"] == "large" and found.missing_today["monetary"] == pytest.approx(501 / 1500)


def test_shares_of_groups_that_change_are_told(model):
    today = shop(1)
    found = drift(pd.concat([today, today[today.monetary > 400].assign(customer_id=lambda f: f.customer_id + 9000)]
                            ).drop_duplicates("customer_id"), model)
    grown = found.groups.set_index("group")
    assert grown.share_today[1] > grown.share_training[1] + 0.1
    assert found.groups_level in ("some", "large")


def test_a_model_that_keeps_nothing_of_its_customers_is_held_against_those_given(model):
    early = Model(model.choice, model.preparation, model.state, model.numbers)
    assert drift(shop(1), early, baseline(shop(0), early)).features["index"].max() < 0.1


def test_words_drift_too():
    frame = pd.DataFrame({"customer_id": range(1000), "monetary": range(1000), "city": ["Bern", "Chur"] * 500})
    model = cluster_customers(frame, Choice(("monetary",), logged=(), k=2)).model
    with_city = Model(Choice(("monetary", "city"), k=2), model.preparation, model.state, model.numbers)
    today = frame.assign(city=["Bern", "Genf"] * 500)
    found = drift(today, with_city, baseline(frame, with_city)).features.set_index("feature")
    assert (found.level["city"], found.level["monetary"]) == ("large", "same")
    assert pd.isna(found.median_today["city"])
