"""What messages are about: topics are found again, stay in their language, can be edited, kept and refreshed."""
import random
from datetime import date
from functools import partial

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from crm_core import charts
from crm_core.charts import plotly
from crm_core.errors import TooFewForTopics
from crm_core.text_mining import corpus
from crm_core.text_mining import topics as t
from crm_core.text_mining.topics.quality import agreement, npmi, stability_of, top_words
from ui import words

SPEECH = {
    "delivery": "parcel courier late delivery doorstep waiting driver tracking address neighbour delayed shipping",
    "refund": "refund money bank account returned invoice payment card charged credit receipt billing",
    "quality": "teapot broken cracked handle glaze chipped lid leaking damaged spout porcelain glass",
    "房间": "房间 干净 舒适 大床 宽敞 卫生间 床单 枕头 毛巾 窗户 空调 隔音",
    "早餐": "早餐 餐厅 味道 丰富 面包 牛奶 咖啡 水果 鸡蛋 厨师 自助 好吃"}


def spoken(messages: int = 600, seed: int = 0, kinds=tuple(SPEECH)) -> pd.DataFrame:
    """Messages of five or six words of one of the kinds, and the kind: 'courier late parcel …' | delivery."""
    draw = random.Random(seed)
    rows = []
    for at in range(messages):
        kind = kinds[at % len(kinds)]
        chosen = draw.sample(SPEECH[kind].split(), 5)
        rows.append(((" " if chosen[0].isascii() else "，").join(chosen), kind))
    return pd.DataFrame(rows, columns=["text", "kind"])


@pytest.fixture(scope="module")
def read():
    return corpus(spoken())


@pytest.fixture(scope="module")
def found(read):
    return t.find(read, 5)


def test_messages_of_one_kind_share_a_topic_in_their_language(read, found):
    by = read.messages.assign(topic=found.assigned).groupby("kind").topic.agg(lambda topics: topics.mode()[0])
    assert sorted(by) == [0, 1, 2, 3, 4]
    right = (found.assigned == read.messages.kind.map(by)).mean()
    assert right > 0.95 and found.coverage > 0.95 and found.npmi > 0.3 and found.stability > 0.75
    for kind, topic in by.items():
        assert set(found.top(topic, 3)) <= set(SPEECH[kind].split()) or kind in ("房间", "早餐")
        assert found.names[topic].replace(" · ", "").isascii() == kind.isascii()


def test_the_number_is_proposed_and_the_same_messages_give_the_same_topics(read):
    first, second = t.find(read), t.find(read)
    assert first.proposed and 5 <= first.k <= 6
    assert first.names == second.names and (first.assigned == second.assigned).all()
    assert first.by_k.k.is_monotonic_increasing and first.by_k.stability.between(0, 1).all()


def test_a_message_unlike_every_topic_is_of_none(found):
    others = corpus(pd.DataFrame({"text": ["parcel late courier", "hello", "", "😡😡", "zebra violin", "房间很干净"]}))
    placed = t.place(found, others)
    assert (placed.assigned >= 0).tolist() == [True, False, False, False, False, True]


def test_too_few_messages_are_refused():
    for texts in (["tea was late", "tea was cold", "tea"], ["😡"] * 50, ["the same parcel is late again"] * 500):
        with pytest.raises(TooFewForTopics):
            t.find(corpus(pd.DataFrame({"text": texts})))


def test_coherence_is_one_for_words_that_always_meet_and_minus_one_for_words_that_never_do():
    present = sparse.csr_matrix(np.array([[1, 1, 0], [1, 1, 0], [0, 0, 1], [0, 0, 1]], np.float32))
    assert npmi(present, [np.array([0, 1]), np.array([0, 2]), np.array([1])]).tolist() == [1.0, -1.0, 0.0]


def test_agreement_pairs_topics_whatever_their_order():
    ours, others = [np.array([1, 2, 3]), np.array([4, 5, 6])], [np.array([4, 5, 6]), np.array([1, 2, 9])]
    assert agreement(ours, others).tolist() == [0.5, 1.0]
    assert agreement(ours, others[:1]).tolist() == [0.0, 1.0]


def test_a_method_that_draws_its_topics_by_lot_is_not_stable():
    draw = np.random.default_rng(0)
    by_lot = stability_of(lambda rows: top_words(draw.random((4, 200))), 100, 0)
    fixed = np.random.default_rng(1).random((4, 200))
    assert by_lot < 0.2 and stability_of(lambda rows: top_words(fixed), 100, 0) == 1.0


def test_merged_topics_share_their_messages_and_split_ones_part(read, found):
    merged = t.merge(found, read, [1, 3], "Both")
    assert merged.k == 4 and merged.names[1] == "Both" and sorted(merged.parts) == [1, 1, 1, 2]
    both = np.isin(found.assigned, [1, 3])
    assert (merged.assigned[both] == 1).mean() > 0.9
    apart = t.split(merged, read, 1)
    assert apart.k == 5 and len(set(apart.names)) == 5
    assert apart.names[0] == found.names[0]
    halves = pd.crosstab(found.assigned[both], apart.assigned[both])
    assert (halves.max(axis=1) / halves.sum(axis=1) > 0.9).all() and set(halves.idxmax(axis=1)) == {1, 4}


def test_names_survive_a_refresh_and_a_merged_topic_stays_merged(read, found):
    named = t.rename(t.merge(found, read, [0, 1], "Two in one"), {2: "Third", 3: "  "})
    later = corpus(spoken(900, seed=7))
    again = t.refresh(named, later)
    assert set(again.topics.names) == set(named.names) and again.topics.k == named.k
    assert set(again.change.how) == {"kept"}
    before, now = t.place(named, later), again.topics
    called = [now.names[topic] if topic >= 0 else "" for topic in now.assigned]
    were = [before.names[topic] if topic >= 0 else "" for topic in before.assigned]
    assert np.mean([a == b for a, b in zip(called, were, strict=True)]) > 0.9


def test_a_topic_that_nobody_speaks_of_any_more_has_ended_and_a_new_one_is_new(found):
    kinds = tuple(kind for kind in SPEECH if kind != "refund")
    added = ["harvest", "oolong", "leaf", "mountain", "aroma", "steep", "brew", "jasmine", "pekoe", "roast", "flush"]
    draw = random.Random(5)
    more = pd.DataFrame({"text": [" ".join(draw.sample(added, 5)) for _ in range(120)]})
    change = t.refresh(found, corpus(pd.concat([spoken(480, 3, kinds), more], ignore_index=True))).change.set_index("how")
    assert len(change.loc[["kept"]]) == 4
    assert set(change.loc["new", "name"].split(" · ")) <= set(added)
    assert any(word in SPEECH["refund"] for word in change.loc["ended", "name"].split(" · "))


def test_topics_are_kept_renamed_undone_and_read_again(store, read, found):
    with store.batch("topics", "5 topics") as batch:
        run_id = t.keep(batch, found, "5 topics", date(2026, 3, 1), 1, {"directions": ["in"]})
        assert t.keep(batch, found, "5 topics", date(2026, 3, 1), 1) == run_id  # the same once
    with store.batch("edit", "5 topics") as batch:
        t.update(batch, run_id, t.rename(found, {0: "First"}))
    with store.look() as look:
        kept, = t.kept(look)
    assert kept.topics.names[0] == "First" and kept.figures["messages"] == 600
    placed = t.place(kept.topics, read)
    assert (placed.assigned == found.assigned).mean() > 0.99
    store.undo(store.revision())
    with store.look() as look:
        assert t.kept(look)[0].topics.names == found.names


def test_shares_over_time_and_by_value_add_up(read, found):
    when = pd.Series(pd.date_range("2025-11-05", periods=600, freq="6h"))
    told = t.by_month(found, when)
    assert told.messages.sum() == 600 and told.groupby("month").share.sum().round(9).eq(1).all()
    rows = np.arange(0, 600, 2)
    by = t.by_value(found, rows, read.messages.kind.to_numpy()[rows])
    top = by[by.topic >= 0].sort_values("share").groupby("value").share.last()
    assert by.messages.sum() == 300 and (top > 0.9).all()


def test_typical_messages_are_different_ones_of_the_topic(read, found):
    rows = t.typical(found, 2, read.messages.text, 4)
    assert (found.assigned[rows] == 2).all() and read.messages.text.iloc[rows].nunique() == 4


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_charts_of_topics_tell_in_both_languages(read, found, language):
    say, on = partial(words.sentence, language), date(2026, 3, 1)
    told = t.message_map(found, read)
    assert len(told) == read.messages.text.nunique() and told.x.notna().all()
    several = t.find(read)
    when = pd.Series(pd.date_range("2025-11-05", periods=600, freq="6h"))
    for chart in (
            charts.topic_sizes(found, on, say), charts.topic_number(several, on, say),
            charts.topics_by_month(found, t.by_month(found, when), 1, on, say),
            charts.topics_by_value(found, t.by_value(found, np.arange(600), read.messages.kind),
                                   {kind: kind for kind in SPEECH}, "kind", on, say),
            charts.topic_map(found, told, read.messages.text.iloc[told.row], on, say)):
        assert chart.alt and chart.title and plotly.draw(chart, locale=language).data
    assert charts.topic_sizes(found, on, say).frame.messages.sum() == 600
