"""What goes with what was spoken of: conversations, what came after, and that chance is not told of."""
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial

import numpy as np
import pandas as pd
import pytest

from crm_core import charts
from crm_core.charts import plotly
from crm_core.errors import NoMessages, TooFewConversations
from crm_core.text_mining import corpus, dictionary, messages
from crm_core.text_mining.conversations import (
    LEFT,
    REQUESTS,
    SPENT,
    Conversations,
    Followed,
    conversations,
    follow,
    known_until,
)
from crm_core.text_mining.themes import beside, false_share, over_lags, themes_of, what_follows, words_as_themes
from tests.conftest import NOW
from ui import words


def written(*rows) -> pd.DataFrame:
    """(customer, day, language) as messages."""
    return pd.DataFrame([{"customer_id": customer, "occurred_at": pd.Timestamp(day), "language": language}
                         for customer, day, language in rows])


def shop(seed: int, each: int = 4, people: int = 400, alike: float = 0.0, times: float = 1.0) -> tuple[Followed, dict]:
    """Customers with `each` conversations, of which one in ten speaks of cups; who does leaves `times` as often."""
    random = np.random.default_rng(seed)
    customer = np.repeat(np.arange(people), each)
    month = random.integers(0, 6, len(customer))
    day = pd.Timestamp("2025-01-15") + pd.to_timedelta(30 * month, unit="D")
    fickle = np.repeat(random.normal(0, 1, people), each)
    # With `alike` both what customers speak of and what they do is their own, the one as chance would have it.
    prone = np.repeat(random.normal(0, 1, people), each)
    cups = random.random(len(customer)) < np.clip(0.1 + alike * 0.08 * prone, 0.01, 0.9)
    leaves = np.clip((0.15 + 0.05 * (month % 2) + alike * 0.12 * fickle) * np.where(cups, times, 1), 0.01, 0.99)
    left = random.random(len(customer)) < leaves
    told = pd.DataFrame({"customer_id": customer, "day": day, "messages": 1, "language": "en"})
    after = pd.DataFrame({LEFT: left, SPENT: np.where(left, 0.0, random.lognormal(4, 1, len(customer))),
                          REQUESTS: random.random(len(customer)) < 0.2})
    known = pd.DataFrame({"orders_before": 1, "days_since_order": 3.0, "like": month})
    said = {"cups": cups, **{f"word {place}": random.random(len(customer)) < share
                             for place, share in enumerate((0.02, 0.03, 0.05, 0.1, 0.2, 0.4))}}
    return Followed(Conversations(told, np.arange(len(customer))), known, {(1, 90): after},
                    pd.Timestamp("2026-01-01")), said


def test_messages_within_two_weeks_are_one_conversation_and_nobodys_messages_none():
    found = conversations(written((7, "2026-03-03", "en"), (7, "2026-03-30 23:00", "zh"), (None, "2026-03-04", "en"),
                                  (7, "2026-03-05 08:00", "en"), (9, "2026-03-05", "zh")))
    assert list(found.of) == [0, 1, -1, 0, 2]
    assert [(row.customer_id, str(row.day.date()), row.messages, row.language) for row in found.told.itertuples()] == [
        (7, "2026-03-05", 2, "en"), (7, "2026-03-30", 1, "zh"), (9, "2026-03-05", 1, "zh")]


def test_messages_that_name_no_customer_have_no_conversation_to_follow(store):
    with store.look() as look, pytest.raises(NoMessages):
        follow(look, conversations(written((None, "2026-03-04", "en"))), date(2025, 9, 1), [(1, 30)])


def test_what_customers_did_is_counted_from_the_day_after_the_conversation(store):
    with store.batch("test") as batch:
        batch.add("customers", {"name": "Ada"})
        for number, day, amount, status in (("A", "2025-06-01", 10, "completed"), ("B", "2025-06-10", 99, "completed"),
                                            ("C", "2025-06-11", 20, "completed"), ("D", "2025-06-12", 50, "cancelled"),
                                            ("E", "2025-06-30", -5, "completed"), ("F", "2025-08-01", 7, "completed")):
            batch.add("orders", {"order_no": number, "customer_id": 1, "ordered_at": datetime.fromisoformat(day),
                                 "status": status, "amount": amount})
        batch.add("service_requests", {"customer_id": 1, "opened_at": datetime(2025, 7, 1), "status": "open"})
    found = conversations(written((1, "2025-06-10 12:00", "en")))
    with store.look() as look:
        followed = follow(look, found, date(2025, 9, 1), [(-30, -1), (1, 30), (31, 60)])
    assert followed.known[["orders_before", "days_since_order"]].to_numpy().tolist() == [[2, 0]]
    assert {window: rows.iloc[0].tolist() for window, rows in followed.after.items()} == {
        (-30, -1): [False, 10.0, False], (1, 30): [False, 15.0, True], (31, 60): [False, 7.0, False]}
    assert list(followed.over(83)) == [True] and list(followed.over(84)) == [False]


def test_a_book_whose_orders_end_before_its_messages_does_not_tell_that_everybody_left(store):
    with store.batch("test") as batch:
        batch.add("communications", {"occurred_at": datetime(2026, 2, 1), "channel": "email", "direction": "in",
                                     "content": "Hello"})
    with store.look() as look:
        assert known_until(look, date(2026, 3, 1)) == pd.Timestamp("2026-02-01")
    with store.batch("test") as batch:
        batch.add("orders", {"order_no": "A", "ordered_at": datetime(2025, 6, 1, 12), "status": "completed", "amount": 1})
    with store.look() as look:
        assert known_until(look, date(2026, 3, 1)) == pd.Timestamp("2025-06-01")


def test_what_is_planted_is_found_with_its_size_and_is_the_surest():
    followed, said = shop(seed=1, times=2.0, people=800)
    told = what_follows(themes_of(said), followed, 90)
    first = told.found.iloc[0]
    assert (first["name"], first.outcome) == ("cups", LEFT) and first.q < 0.001
    assert first.low < 2.0 < first.high and first.times == pytest.approx(2.0, abs=0.4)
    spent = told.found[(told.found.name == "cups") & (told.found.outcome == SPENT)].iloc[0]
    assert spent.times < 1  # who leaves spends nothing


def test_shuffled_outcomes_are_findings_in_at_most_one_shop_of_twenty():
    shops = [what_follows(themes_of(said), followed, 90) for followed, said in (shop(seed, people=200)
                                                                              for seed in range(60))]
    with_findings = sum(len(told.found[told.found.q <= 0.05]) > 0 for told in shops)
    p = np.concatenate([told.found.p for told in shops])
    assert with_findings <= 7  # 3 expected; 8 or more would be chance once in a hundred
    assert np.mean(p <= 0.05) == pytest.approx(0.05, abs=0.02) and np.mean(p <= 0.5) == pytest.approx(0.5, abs=0.05)


def test_customers_with_habits_of_their_own_make_no_findings():
    # Each customer has words and ways of their own, and many conversations: rows are far from being each by themselves.
    p = [beside_of(*shop(seed, each=12, people=120, alike=1.0)) for seed in range(80)]
    assert np.mean(np.array(p) <= 0.05) <= 0.10
    # As if each conversation told something of its own, half as much again would be called sure.
    alone = [beside_of(*shop(seed, each=12, people=120, alike=1.0), alone=True) for seed in range(80)]
    assert np.mean(np.array(alone) <= 0.05) > np.mean(np.array(p) <= 0.05)


def beside_of(followed, said, alone=False) -> float:
    from scipy import sparse

    told = followed.conversations.told
    customer = np.arange(len(told)) if alone else told.customer_id.to_numpy()
    flags = sparse.csc_matrix(said["cups"][:, None].astype(float))
    return beside(flags, ["cups"], followed.after[(1, 90)][LEFT].to_numpy(float), followed.known.like.to_numpy(),
                  customer, np.ones(len(told), bool)).p.iloc[0]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_p_is_what_shuffling_among_like_conversations_gives(seed):
    from scipy import sparse

    random = np.random.default_rng(seed)
    like = np.repeat(np.arange(10), 40)
    theme = random.random(400) < 0.08
    outcome = (random.random(400) < np.where(theme, 0.5, 0.15)).astype(float) if seed < 3 else random.lognormal(0, 1.5, 400)
    flags = sparse.csc_matrix(theme[:, None].astype(float))
    p = beside(flags, ["rare"], outcome, like, np.arange(400), np.ones(400, bool)).p.iloc[0]
    seen = outcome[theme].sum()
    shuffled = np.array([random.permuted(outcome.reshape(10, 40), axis=1).ravel()[theme].sum() for _ in range(20_000)])
    tails = 2 * min(np.mean(shuffled >= seen - 1e-9), np.mean(shuffled <= seen + 1e-9))
    assert p == pytest.approx(tails, rel=0.35, abs=0.004)


def test_who_never_bought_cannot_leave_and_days_that_are_not_over_do_not_count():
    followed, said = shop(seed=1, times=3.0, people=800)
    nobody = replace(followed, known=followed.known.assign(orders_before=0))
    assert LEFT not in set(what_follows(themes_of(said), nobody, 90).found.outcome)
    young = replace(followed, until=pd.Timestamp("2025-01-20"))
    with pytest.raises(TooFewConversations) as refused:
        what_follows(themes_of(said), young, 90)
    assert refused.value.facts == {"needed": 20, "found": 0, "days": 90}


def test_what_differs_between_months_only_is_not_laid_to_a_word_of_the_season():
    random = np.random.default_rng(4)
    followed, _ = shop(seed=4, people=800)
    december = followed.known.like.to_numpy() == 5
    left = random.random(len(december)) < np.where(december, 0.6, 0.1)
    after = {(1, 90): followed.after[(1, 90)].assign(left=left)}
    gift = random.random(len(december)) < np.where(december, 0.5, 0.02)
    told = what_follows(themes_of({"gift": gift}), replace(followed, after=after), 90, outcomes=(LEFT,))
    assert told.found.p.iloc[0] > 0.01 and told.found.times.iloc[0] == pytest.approx(1, abs=0.2)
    assert left[gift].mean() > 3 * left[~gift].mean()  # as it looks without a comparison of like with like


def test_windows_before_the_conversation_stand_beside_those_after():
    followed, said = shop(seed=1, times=2.0, people=800)
    before = followed.after[(1, 90)].assign(left=np.random.default_rng(100).random(3200) < 0.2)
    lags = over_lags(themes_of(said), "cups", replace(followed, after={(1, 90): followed.after[(1, 90)],
                                                                        (-90, -1): before}), LEFT)
    assert list(lags.from_day) == [-90, 1] and lags.p.iloc[0] > 0.05 > lags.p.iloc[1]


def test_the_share_of_chance_rises_with_every_theme_that_is_looked_at():
    assert false_share(np.array([0.01, 0.04, 0.03])) == pytest.approx([0.03, 0.04, 0.04])
    assert false_share(np.array([0.01, *[0.9] * 9]))[0] == pytest.approx(0.1)


def test_words_and_pairs_of_both_languages_are_themes_and_rare_ones_are_not():
    said = [*["The lid is broken"] * 25, *["茶壶 摔坏 了"] * 25, "Quite unheard of"]
    found = corpus(pd.DataFrame({"text": said}))
    themes = words_as_themes(found)
    assert {"lid", "broken", "茶壶", "摔坏", "茶壶摔坏"} <= set(themes.names)
    assert "unheard" not in themes.names and "the" not in themes.names
    assert themes.said[:, themes.names.index("茶壶摔坏")].sum() == 25


def test_the_planted_theme_of_the_demo_shop_is_found(store):
    from data.demo_shop import fill

    with store.batch("demo") as batch:
        fill(batch, seed=0, as_of=NOW.date(), customers=1_500, orders=15_000, messages=6_000)
    with store.look() as look:
        found = messages(look, NOW.date())
        found = found[found.direction == "in"].reset_index(drop=True)
        read = corpus(found, dictionary(look))
        followed = follow(look, conversations(read.messages), NOW.date() - timedelta(days=1), [(1, 180)])
    category = read.messages.category.fillna("")
    told = what_follows(themes_of({name: (category == name).to_numpy() for name in category.unique() if name}),
                        followed, 180)
    assert list(told.findings(LEFT).name) == ["damaged goods"] and told.findings(LEFT).times.iloc[0] > 1.5


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_findings_and_windows_are_drawn_with_their_words(language, theme):
    say = partial(words.sentence, language)
    followed, said = shop(seed=1, times=2.0, people=800)
    told = what_follows(themes_of(said), followed, 90)
    for outcome in (LEFT, SPENT):
        drawn = charts.theme_forest(told.found[told.found.outcome == outcome], outcome, 90, date(2026, 1, 1), say, language)
        assert "cups" in list(drawn.frame.name) and drawn.frame.name[0] in drawn.alt
        assert plotly.draw(drawn, theme=theme, locale=language).data
    lags = over_lags(themes_of(said), "cups", followed, LEFT)
    drawn = charts.theme_over_lags(lags, "cups", LEFT, date(2026, 1, 1), say, language)
    assert drawn.frame.name[0] == {"en": "1 to 90 days after", "zh": "之后 1–90 天"}[language]
    assert plotly.draw(drawn, theme=theme, locale=language).data


@pytest.mark.long
def test_the_planted_theme_of_the_whole_demo_shop_is_found_by_its_words(store):
    from data.demo_shop import fill

    with store.batch("demo") as batch:
        fill(batch, seed=0, as_of=NOW.date())
    with store.look() as look:
        found = messages(look, NOW.date())
        read = corpus(found[found.direction == "in"].reset_index(drop=True), dictionary(look))
        followed = follow(look, conversations(read.messages), NOW.date() - timedelta(days=1), [(1, 180)])
    told = what_follows(words_as_themes(read), followed, 180)
    assert told.findings(LEFT).name.iloc[0] == "damaged"
