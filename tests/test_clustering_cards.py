"""Cards of groups: the rule and how far it holds, differences in original units, typical members, stability, names."""
from dataclasses import replace
from datetime import date
from functools import cache

import numpy as np
import pandas as pd
import pytest

from crm_core import charts
from crm_core.charts import plotly
from crm_core.charts.feature_words import condition_words, name_words, rule_words, value_words
from crm_core.clustering import FEATURES, Choice, cluster_customers, describe
from crm_core.clustering.cards import cards
from crm_core.clustering.conditions import Condition, holds
from crm_core.clustering.differences import differences
from crm_core.clustering.names import ARCHETYPES, Name, Part
from crm_core.clustering.rules import halves, short_rules, thresholds, wilson
from ui import words

AS_OF = date(2026, 3, 1)


def said(language: str):
    return lambda key, **blanks: words.sentence(language, key, **blanks)


def shop(seed: int, customers: int = 3000) -> pd.DataFrame:
    """A generated shop: kinds of customers of uneven size, with their spread, and features that have no say."""
    random = np.random.default_rng(seed)
    kinds = pd.DataFrame({
        "recency_days": random.choice([6, 20, 60, 150, 400, 700], 4, replace=False),
        "frequency": random.choice([1.3, 3, 7, 15, 35], 4, replace=False),
        "monetary": random.choice([25, 80, 250, 900, 3000], 4, replace=False)})
    kind = random.choice(4, customers, p=random.dirichlet([4, 4, 4, 4]))
    frame = kinds.loc[kind].reset_index(drop=True) * random.lognormal(0, 0.45, (customers, 3))
    frame["recency_days"], frame["frequency"] = frame.recency_days.round(), frame.frequency.round().clip(lower=1)
    frame["tenure_days"] = frame.recency_days + random.gamma(2, 150, customers).round() * (frame.frequency > 1)
    frame["country"] = random.choice(["Germany", "Austria", "France"], customers)
    frame["newsletter"] = random.random(customers) < 0.3 + 0.1 * (kind == 0)
    return frame.assign(customer_id=range(1, customers + 1))


@cache
def demo() -> pd.DataFrame:
    """The demo shop's features, as the workbench reads them."""
    import tempfile
    from datetime import datetime
    from pathlib import Path

    from crm_core.store import open_store
    from data.demo_shop import fill

    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder) / "shop.duckdb", clock=lambda: datetime(2026, 3, 1, 9))
        with store.batch("demo") as batch:
            fill(batch, seed=0, as_of=AS_OF, customers=5000, orders=50_000, messages=100)
        features = store.frame("customer_features", as_of=AS_OF)
        store.close()
    return features.sort_values("customer_id", ignore_index=True)


# --- rules: what the card says holds for customers to come --------------------------------------------------


def said_and_fresh(features: pd.DataFrame, choice: Choice, seed: int) -> list[tuple[float, float, int, bool]]:
    """Grouped on 60 of 100 customers; the others are placed by the kept model. For each rule: the precision that the
    card says, the one among the others, how many of them fulfil it, and whether the card's interval holds it."""
    chosen = np.random.default_rng(seed).random(len(features)) < 0.6
    groups = cluster_customers(features[chosen], choice, seed=seed)
    rest = features[~chosen].reset_index(drop=True)
    placed = groups.model.assign(rest).set_index("customer_id").group.reindex(rest.customer_id).to_numpy()
    found = []
    for card in cards(groups, features[chosen], seed):
        if card.rule:
            fulfilled = holds(card.rule.conditions, rest)
            low, high = card.rule.precision_between
            fresh = float((placed[fulfilled] == card.group).mean())
            found.append((card.rule.precision, fresh, int(fulfilled.sum()), low - 0.02 <= fresh <= high + 0.02))
    return found


def test_what_a_card_says_of_its_rule_holds_for_customers_who_come_later_in_the_demo_shop():
    told = said_and_fresh(demo(), Choice(FEATURES[:3]), 0)
    assert len(told) == 5
    assert max(abs(card - fresh) for card, fresh, _, _ in told) <= 0.03


def test_what_cards_say_of_their_rules_holds_in_generated_shops():
    told = [one for seed in range(5) for one in said_and_fresh(shop(seed), Choice(FEATURES[:3]), seed)]
    off = np.array([card - fresh for card, fresh, many, _ in told if many >= 200])
    assert len(off) >= 10
    assert abs(off.mean()) <= 0.01  # no rule is praised more than it deserves
    assert np.mean(np.abs(off) <= 0.03) >= 0.9
    assert np.mean([holds for _, _, _, holds in told]) >= 0.9


def test_a_rule_has_at_most_three_conditions_each_of_another_feature_and_round():
    features = shop(1)
    groups = cluster_customers(features, Choice(FEATURES[:3], k=4))
    for card in cards(groups, features, 0):
        if card.rule:
            asked = [condition.feature for condition in card.rule.conditions]
            assert 1 <= len(asked) == len(set(asked)) <= 3
            for condition in card.rule.conditions:
                for bound in condition.value if condition.op == "between" else (condition.value,):
                    assert not isinstance(bound, float) or len(f"{bound:g}".strip("0.").replace(".", "")) <= 3


def test_the_counted_half_has_no_say_in_the_rule():
    group = np.repeat([1, 2, 0], [40, 61, 9])
    learning, measuring = halves(group, 3)
    assert sorted([*learning, *measuring]) == list(range(110))
    assert [int((group[learning] == number).sum()) for number in (0, 1, 2)] in ([5, 20, 30], [5, 20, 31], [4, 20, 31],
                                                                               [4, 20, 30])
    features = shop(2, 1000).drop(columns="customer_id")
    group = np.where(features.monetary > features.monetary.median(), 1, 2)
    before = short_rules(features, group, 0)[1]
    _, measuring = halves(group, 0)
    changed = features.copy()
    changed.loc[measuring, "monetary"] = 0.0
    after = short_rules(changed, group, 0)[1]
    assert before.conditions == after.conditions  # looked for elsewhere
    assert before.precision > 0.9 and after.fulfilled_by == 0  # counted here


def test_a_group_that_no_short_rule_describes_is_said_to_have_none():
    random = np.random.default_rng(0)
    features = pd.DataFrame(random.normal(size=(2000, 4)), columns=list("abcd"))
    assert short_rules(features, random.integers(1, 3, 2000), 0) == {1: None, 2: None}


def test_rules_use_categories_yes_and_no_and_what_is_missing():
    random = np.random.default_rng(0)
    inside = np.arange(1200) % 3 == 0
    country = np.where(inside, "Germany", random.choice(["France", "Spain"], 1200))
    features = pd.DataFrame({"country": pd.Categorical(country), "noise": random.normal(size=1200)})
    group = np.where(inside, 1, 2)
    assert short_rules(features, group, 0)[1].conditions == (Condition("country", "=", "Germany"),)
    assert short_rules(features.assign(country=inside), group, 0)[1].conditions == (Condition("country", "=", True),)
    features = features.assign(country=inside.astype(float))
    assert short_rules(features, group, 0)[1].conditions == (Condition("country", "=", 1),)
    features = pd.DataFrame({"age": np.where(inside, np.nan, random.integers(20, 70, 1200))})
    assert short_rules(features, group, 0)[1].conditions == (Condition("age", "is_missing"),)
    dates = features.assign(joined=pd.Timestamp("2026-01-01"))
    assert short_rules(dates, group, 0)[1].precision == 1


def test_a_group_in_the_middle_is_described_by_both_bounds():
    values = np.arange(3000) % 300
    rule = short_rules(pd.DataFrame({"age_in_days": values}), np.where((values >= 100) & (values <= 199), 1, 2), 0)[1]
    (condition,) = rule.conditions
    assert condition.op == "between" and 90 <= condition.value[0] <= 110 and 190 <= condition.value[1] <= 210
    assert rule.precision > 0.9


@pytest.mark.parametrize(("numbers", "allowed"), [
    (np.arange(1, 10), set(range(1, 10))),
    (np.random.default_rng(0).lognormal(6, 1, 500), None),
    (1950 + np.arange(500) % 50, set(range(1950, 2000))),
])
def test_thresholds_are_what_a_person_would_write(numbers, allowed):
    found = thresholds(numbers.astype(float), numbers[:50].astype(float))
    assert len(found) >= 5
    if allowed:
        assert set(found) <= allowed and all(isinstance(bound, int) for bound in found)
    else:
        assert all(bound == float(f"{bound:.2g}") for bound in found)


def test_the_interval_of_a_share_is_wilsons():
    assert wilson(81, 100) == pytest.approx((0.7222, 0.8749), abs=1e-4)
    assert wilson(20, 20) == pytest.approx((0.8389, 1), abs=1e-4)
    assert wilson(0, 0) == (0, 1)


# --- cards --------------------------------------------------------------------------------------------------


def test_a_card_says_size_share_and_differences_in_original_units():
    often = pd.DataFrame({"recency_days": 5, "frequency": [10, 11, 12] * 20, "monetary": [900.0, 950, 1000] * 20})
    rarely = pd.DataFrame({"recency_days": 300, "frequency": 1, "monetary": [20.0, 25, 30] * 40})
    features = pd.concat([often, rarely], ignore_index=True).assign(customer_id=range(1, 181))
    first, second = cards(cluster_customers(features, Choice(FEATURES[:3], k=2)), features, 0)
    assert (first.customers, first.share_of_customers, second.customers) == (60, pytest.approx(1 / 3), 120)
    assert first.share_of_revenue == pytest.approx(60 * 950 / (60 * 950 + 120 * 25))
    told = {one.feature: (one.measure, one.inside, one.others, one.effect) for one in first.differences}
    assert told == {"recency_days": ("median", 5, 300, -1), "frequency": ("median", 11, 1, 1),
                    "monetary": ("median", 950, 25, 1)}
    assert first.rule.precision == first.rule.coverage == 1
    assert (first.stability, first.reading) == (1, "very_stable")
    assert set(first.typical) <= set(range(1, 61)) and len(first.typical) == 4


def test_differences_of_yes_and_of_categories_are_shares_and_of_rare_counts_means():
    features = pd.DataFrame({"newsletter": [True] * 8 + [False] * 2 + [True] * 2 + [False] * 8,
                             "country": pd.Categorical(["DE"] * 10 + ["FR"] * 9 + [None]),
                             "returns": [0, 0, 0, 0, 0, 0, 0, 0, 2, 2] + [0] * 10})
    found = differences(features, np.repeat([1, 2], 10), 0)
    told = {(one.feature, one.category): (one.measure, one.inside, one.others, round(one.effect, 2)) for one in found[1]}
    assert told == {("country", "DE"): ("share", 1, 0, 1), ("country", "FR"): ("share", 0, 1, -1),
                    ("newsletter", None): ("share", 0.8, 0.2, 0.6), ("returns", None): ("mean", 0.4, 0, 0.2)}


def test_typical_members_lie_in_the_middle_of_their_group():
    random = np.random.default_rng(0)
    values = np.vstack([random.normal(0, 1, (200, 2)), random.normal(12, 1, (200, 2))])
    features = pd.DataFrame(values, columns=["a", "b"]).assign(customer_id=range(400))
    for card in cards(cluster_customers(features, Choice(("a", "b"), logged=(), k=2)), features, 0):
        members = values[:200] if card.typical[0] < 200 else values[200:]
        assert np.linalg.norm(values[list(card.typical)] - members.mean(axis=0), axis=1).max() < 0.6


def test_a_group_that_is_a_slice_is_less_stable_than_one_that_stands_apart():
    random = np.random.default_rng(0)
    values = np.vstack([random.normal(0, 1, (600, 2)), random.normal(15, 0.5, (200, 2))])
    features = pd.DataFrame(values, columns=["a", "b"]).assign(customer_id=range(800))
    groups = cluster_customers(features, Choice(("a", "b"), logged=(), k=4))
    apart = groups.groups.group[700]
    stable = {card.group: card.stability for card in cards(groups, features, 0)}
    assert stable[apart] > 0.95
    assert max(value for group, value in stable.items() if group != apart) < 0.85


def test_the_same_seed_gives_the_same_cards_whatever_the_order_of_the_rows():
    features = shop(4, 800)
    groups = cluster_customers(features, Choice(FEATURES[:3], k=4))
    assert cards(groups, features, 0) == cards(groups, features.sample(frac=1, random_state=1), 0)


# --- names --------------------------------------------------------------------------------------------------


def test_who_is_called_champions_buys_lately_often_and_much():
    met = 0
    for seed in range(12):
        features = shop(seed, 1200)
        groups = cluster_customers(features, Choice(FEATURES[:3], k=4), seed=seed)
        place = groups.levels.pivot(index="group", columns="feature", values="position")
        for card in cards(groups, features, seed):
            at = place.loc[card.group]
            if card.name.key in ("vips", "champions"):
                met += 1
                assert at.recency_days < 0.5 < min(at.frequency, at.monetary), (seed, card.name)
            if card.name.key in ("lost", "sleeping", "at_risk"):
                met += 1
                assert at.recency_days > 0.5, (seed, card.name)
            if card.name.key in ARCHETYPES:
                fresh, often, much = ARCHETYPES[card.name.key]
                if card.name.key != "newcomers":
                    assert max(abs(1 - at.recency_days - fresh), abs(at.frequency - often),
                               abs(at.monetary - much)) <= 0.3, (seed, card.name)
    assert met >= 10


def test_other_features_give_composed_names_each_once():
    random = np.random.default_rng(0)
    kinds = pd.DataFrame({"extra:Income": [80_000, 30_000, 30_000], "extra:Children": [0.2, 0.2, 3.0]})
    kind = np.repeat([0, 1, 2], 150)
    features = kinds.loc[kind].reset_index(drop=True) * random.lognormal(0, 0.1, (450, 2))
    features["extra:Children"] = random.poisson(features["extra:Children"])
    features["customer_id"] = range(450)
    groups = cluster_customers(features, Choice(tuple(kinds.columns), logged=(), k=3))
    of = {int(kind[card.typical[0]]): card.name for card in cards(groups, features, 0)}
    assert {kind: name_words(name, said("en")) for kind, name in of.items()} == {
        0: "High Income, low Children", 1: "Low Income", 2: "Very high Children, low Income"}
    assert any(part.feature == "extra:Children" and "high" in part.how for part in of[2].parts)
    assert len(set(of.values())) == 3


def test_groups_by_country_are_called_by_their_country():
    random = np.random.default_rng(0)
    features = pd.DataFrame({"customer_id": range(300), "extra:年龄": np.repeat([30, 60], 150) + random.normal(0, 3, 300),
                             "country": ["Germany"] * 150 + ["France"] * 150})
    groups = cluster_customers(features, Choice(("extra:年龄",), logged=(), k=2))
    told = {name_words(card.name, said("zh")) for card in cards(groups, features, 0)}
    assert told == {"年龄偏高、多为France", "年龄偏低、多为Germany"}


def test_ten_slices_of_one_feature_have_ten_names():
    features = pd.DataFrame({"customer_id": range(1000), "age": np.linspace(18, 80, 1000)})
    groups = cluster_customers(features, Choice(("age",), logged=(), k=10))
    for language in words.LANGUAGES:
        told = [name_words(card.name, said(language)) for card in cards(groups, features, 0)]
        assert len(set(told)) == 10


# --- in words -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("condition", "english", "chinese"), [
    (Condition("frequency", ">=", 4), "at least 4 orders", "订单不少于 4 笔"),
    (Condition("recency_days", "<=", 90), "last order at most 90 days ago", "最近 90 天内买过"),
    (Condition("monetary", "between", (250, 1000)), "spent 250 to 1,000", "累计消费 250 至 1,000"),
    (Condition("extra:Income", ">=", 50_000), "Income 50,000 or more", "Income不低于 50,000"),
    (Condition("extra:Land", "in", ("Germany", "Austria")), "Land: Germany or Austria", "Land：Germany或Austria"),
    (Condition("extra:News", "=", True), "News: yes", "News：是"),
    (Condition("extra:Age", "is_missing"), "Age unknown", "Age未知"),
])
def test_a_condition_is_said_as_people_say_it(condition, english, chinese):
    assert (condition_words(condition, said("en")), condition_words(condition, said("zh"))) == (english, chinese)


def test_a_rule_and_a_name_are_said_in_both_languages():
    conditions = (Condition("frequency", ">=", 4), Condition("recency_days", "<=", 90))
    assert rule_words(conditions, said("en")) == "at least 4 orders and last order at most 90 days ago"
    assert rule_words(conditions, said("zh")) == "订单不少于 4 笔，且最近 90 天内买过"
    name = Name("composed", (Part("extra:Income", "high"), Part("frequency", "low")))
    assert (name_words(name, said("en")), name_words(name, said("zh"))) == ("High Income, few orders", "Income偏高、订单少")
    assert name_words(Name("champions"), said("zh")) == "明星客户"
    assert value_words("recency_days", 28, said("en")) == "28 days"
    assert value_words("evening_share", 0.6, said("zh")) == "60%"


# --- the chart ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", words.LANGUAGES)
@pytest.mark.parametrize("theme", plotly.THEMES)
def test_lines_show_each_group_over_all_features_with_its_own_figures(theme, language):
    groups = cluster_customers(shop(0, 600), Choice(FEATURES, k=4))
    chart = charts.group_lines(groups, {group: f"Name {group}" for group in groups.names}, AS_OF, said(language))
    figure = plotly.draw(chart, theme, language)
    lines = [trace for trace in figure.data if trace.mode == "lines+markers"]
    assert len(lines) == 4 and all(len(line.y) == 4 for line in lines)
    assert all(0 <= place <= 1 for line in lines for place in line.x)
    assert chart.alt.count("Name") == 4 and words.day(language, AS_OF) in chart.notes[-1]
    assert not any(trace.type.endswith("gl") for trace in figure.data)


def test_of_many_features_those_are_drawn_in_which_groups_differ():
    random = np.random.default_rng(0)
    features = pd.DataFrame(random.normal(size=(300, 12)), columns=[f"f{place}" for place in range(12)])
    features["f7"] += np.repeat([0, 20], 150)
    features["customer_id"] = range(300)
    groups = cluster_customers(features, Choice(tuple(f"f{place}" for place in range(12)), logged=(), k=2))
    chart = charts.group_lines(groups, {1: "A", 2: "<b>B</b>"}, AS_OF, said("en"))
    assert chart.frame["column"].nunique() == 10 and "f7" in set(chart.frame["column"])
    assert chart.notes[0] == "Of 12 features, the 10 in which the groups differ most."
    assert "<b>B</b>" not in str([trace.name for trace in plotly.draw(chart).data])


def test_many_features_of_all_kinds_stand_below_each_other_with_the_groups_by_number():
    features = shop(3, 600)
    groups = cluster_customers(features, Choice(FEATURES, k=3))
    levels = describe.levels(features, groups.groups.group.to_numpy(), (*FEATURES, "country", "newsletter"))
    chart = charts.group_profiles(replace(groups, levels=levels), {1: "A", 2: "B", 3: "C"}, AS_OF, said("en"))
    assert (chart.x, chart.y, chart.notes[0]) == ("name", "feature", "1 A, 2 B, 3 C")
    told = chart.frame.set_index(["group", "feature"]).words
    assert told[1, "newsletter: yes"].endswith("%") and told[1, "Orders"].isdigit()
    countries = [float(told[1, f"Country: {name}"].rstrip("%")) for name in ("Germany", "Austria", "France")]
    assert 98 <= sum(countries) <= 102
    assert plotly.draw(chart).data[0].type == "heatmap"


def test_a_share_lies_in_the_middle_where_it_is_everyone_elses():
    features = pd.DataFrame({"country": ["DE", "FR"] * 4 + ["DE"] * 4, "customer_id": range(12)})
    levels = describe.levels(features, np.repeat([1, 2, 3], 4), ("country",))
    place = levels.set_index(["group", "category"])[["median", "position"]]
    assert place.loc[3, "DE"].tolist() == [1, 0.75] and place.loc[1, "FR"].tolist() == [0.5, 0.625]


def test_those_in_no_group_have_a_card_that_says_so_at_the_end():
    features = shop(5, 600)
    groups = cluster_customers(features, Choice(FEATURES[:3], k=3))
    placed = groups.groups.copy()
    placed.loc[:49, "group"] = 0
    told = cards(replace(groups, groups=placed), features, 0)
    assert [card.group for card in told] == [1, 2, 3, 0]
    last = told[-1]
    assert (last.customers, last.rule, last.typical, last.stability) == (50, None, (), None)
    assert (name_words(last.name, said("en")), name_words(last.name, said("zh"))) == ("In no group", "未归群")
    assert sum(card.share_of_customers for card in told) == pytest.approx(1)
    assert sum(card.share_of_revenue for card in told) == pytest.approx(1)
