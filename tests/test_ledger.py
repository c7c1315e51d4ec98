"""Frozen scores: what is frozen stays, what came is graded beside the rule, whoever was merged or erased is told."""
import json
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from crm_core import saved
from crm_core.errors import ModelFeaturesMissing, NobodyForTarget, NothingToFreeze, RecordGone
from crm_core.purchase_prediction import (
    Choice,
    Target,
    examples,
    grading,
    ledger,
    predict,
    scoring,
    split,
    targeting,
)
from crm_core.purchase_prediction.targeting import Wish
from crm_core.purchase_prediction.telling import grade_words
from crm_core.sentences import sentence
from crm_core.store.apart import take_apart
from crm_core.store.doctor import find_problems
from crm_core.store.merging import merge
from tests.conftest import NOW

FIRST, AS_OF, LAST = date(2025, 1, 1), date(2025, 11, 30), date(2026, 2, 27)
PEOPLE = 240
CHOICE = Choice(Target("buys", 60), models=("recency_rule", "logistic"))


def say(key, **blanks):
    return sentence("en", key, **blanks)


def fill(store) -> None:
    """Customers who buy at rates of their own, of whom some leave for good: known at random, by seed 3."""
    draw = np.random.default_rng(3)
    rows = []
    for customer in range(1, PEOPLE + 1):
        day, every, stays = float(draw.integers(0, 120)), draw.gamma(4, 12), draw.integers(80, 700)
        while day < min(stays, (LAST - FIRST).days):
            rows.append({"order_no": f"O{len(rows)}", "customer_id": customer, "status": "completed",
                         "ordered_at": datetime(2025, 1, 1, 12) + timedelta(days=int(day)),
                         "amount": round(float(draw.gamma(3, 10)), 2)})
            day += max(1.0, draw.exponential(every))
    with store.batch("add") as batch:
        batch.add("customers", [{"customer_no": f"C{n}", "name": f"Customer {n}", "email": f"c{n}@example.com",
                                 "consent_email": n % 2 == 0 or None} for n in range(1, PEOPLE + 1)])
        batch.add("orders", rows)


def predicted(store, as_of=AS_OF, choice=CHOICE):
    with store.look() as look:
        return predict(examples(look, choice.target, split(FIRST, as_of, choice.target.horizon_days)), choice)


def frozen(store, name="November", **options) -> int:
    with store.batch("freeze", name) as batch:
        return ledger.freeze(batch, predicted(store, **options), name, 1)


def graded(store, run, as_of=LAST) -> grading.Grade:
    with store.look() as look:
        return grading.grade(look, run, as_of)


def asked(store, sql):
    return store.cursor().execute(sql).fetchall()


@pytest.fixture
def shop(store):
    fill(store)
    return store


# --- freezing -------------------------------------------------------------------------------------


def test_scores_are_frozen_with_their_model_day_and_horizon_and_an_undo_takes_them_back(shop):
    prediction = predicted(shop)
    run = frozen(shop)
    kept = asked(shop, "SELECT customer_id, score, rule, as_of, horizon_days FROM predictions ORDER BY score DESC, 1")
    first = prediction.scores.iloc[0]
    assert len(kept) == len(prediction.scores)
    assert kept[0] == (first.customer_id, first.score, first.rule, AS_OF, 60)
    with shop.look() as look:
        there = ledger.read_run(look, run)
    assert (there.name, there.as_of, there.horizon_days, there.revision) == ("November", AS_OF, 60, 1)
    assert there.choice == CHOICE and there.figures["customers"] == len(kept)
    assert there.figures["test"]["model"]["auc"] == pytest.approx(
        prediction.tried.set_index("model").auc[prediction.chosen])
    shop.undo(shop.revision())
    assert asked(shop, "SELECT (SELECT count(*) FROM runs), (SELECT count(*) FROM predictions)") == [(0, 0)]
    assert find_problems(shop) == []


def test_the_same_scores_are_frozen_once(shop):
    run, revision = frozen(shop), shop.revision()
    assert frozen(shop, name="Once more") == run and shop.revision() == revision
    other = frozen(shop, choice=Choice(Target("buys", 30), models=CHOICE.models))
    assert other != run and shop.revision() == revision + 1


def test_of_nobody_nothing_is_frozen(shop):
    found = ledger.scored(predicted(shop))
    nobody = ledger.Scored(**(vars(found) | {"scores": found.scores.head(0)}))
    with pytest.raises(NothingToFreeze), shop.batch("freeze") as batch:
        ledger.freeze(batch, nobody, "Nobody", 1)
    assert asked(shop, "SELECT count(*) FROM runs") == [(0,)]


def test_a_run_is_deleted_with_its_scores_and_comes_back(shop):
    run = frozen(shop)
    with shop.batch("delete") as batch:
        ledger.remove(batch, run)
    with shop.look() as look:
        assert ledger.frozen_runs(look) == []
        with pytest.raises(RecordGone):
            grading.grade(look, run, LAST)
    shop.undo(shop.revision())
    assert graded(shop, run).graded


# --- grading --------------------------------------------------------------------------------------


def test_a_grade_holds_the_frozen_scores_against_what_came(shop):
    run = frozen(shop)
    found = graded(shop, run)
    came = dict(asked(shop, "SELECT customer_id, 1 FROM orders WHERE ordered_at >= '2025-12-01' "
                            "AND ordered_at < '2026-01-30' GROUP BY ALL"))
    outcome = np.array([came.get(customer, 0) for customer in found.rows.customer_id])
    yes, no = found.rows.score[outcome == 1].to_numpy(), found.rows.score[outcome == 0].to_numpy()
    ahead = (yes[:, None] > no).mean() + 0.5 * (yes[:, None] == no).mean()
    assert found.graded and found.due == date(2026, 1, 29)
    assert found.actual == outcome.sum() and found.expected == pytest.approx(found.rows.score.sum())
    assert found.compared.set_index("measure").came["auc"] == pytest.approx(ahead)
    assert found.came["model"]["brier"] == pytest.approx(((found.rows.score - outcome) ** 2).mean())
    assert found.compared.set_index("measure").rule["auc"] > 0.5
    assert found.verdict in ("as_promised", "better", "worse")


def test_before_the_horizon_is_over_there_is_an_interim_look_and_no_grade(shop):
    found = graded(shop, frozen(shop), date(2025, 12, 31))
    assert (found.days_missing, found.graded, found.verdict) == (29, False, None)
    assert found.compared.verdict.isna().all() and found.retrain == ()
    assert 0 < found.actual < graded(shop, 1).actual
    told = " ".join(grade_words(found, say))
    assert "Not graded yet: 29 more days" in told and "Interim look, no grade" in told


def test_what_was_bought_after_the_horizon_changes_no_grade(shop):
    run = frozen(shop)
    before = graded(shop, run)
    with shop.batch("add") as batch:
        batch.add("orders", [{"order_no": f"late {n}", "customer_id": n, "status": "completed", "amount": 9,
                              "ordered_at": datetime(2026, 1, 30, 9)} for n in range(1, PEOPLE)])
    after = graded(shop, run)
    assert (before.actual, before.came) == (after.actual, after.came)


def test_who_was_merged_since_counts_once_with_what_both_bought(shop):
    run = frozen(shop)
    before = graded(shop, run)
    bought = before.rows.set_index("customer_id").outcome
    kept, merged = int(bought.index[bought == 0][0]), int(bought.index[bought == 1][0])
    with shop.batch("merge") as batch:
        merge(batch, "customers", kept, [merged])
    after = graded(shop, run)
    assert (after.merged, after.gone, len(after.rows)) == (1, 0, len(before.rows) - 1)
    rows = after.rows.set_index("customer_id")
    assert rows.outcome[kept] == 1 and rows.score[kept] == before.rows.set_index("customer_id").score[kept]
    with shop.batch("unmerge") as batch:
        take_apart(batch, 1)
    again = graded(shop, run)
    assert again.rows.equals(before.rows) and again.merged == 0


def test_who_was_deleted_or_erased_is_counted_and_not_graded(shop):
    run = frozen(shop)
    before = graded(shop, run)
    deleted, erased = (int(customer) for customer in before.rows.customer_id[:2])
    with shop.batch("delete") as batch:
        batch.remove("customers", [deleted])
    with shop.batch("erase") as batch:
        batch.purge("predictions", f"SELECT id FROM predictions WHERE customer_id = {erased}")
        batch.purge("orders", f"SELECT id FROM orders WHERE customer_id = {erased}")
        batch.purge("customers", f"SELECT {erased}")
    after = graded(shop, run)
    assert (after.frozen, after.gone, len(after.rows)) == (before.frozen, 2, len(before.rows) - 2)
    assert "2 customers were deleted or erased since" in " ".join(grade_words(after, say))
    assert find_problems(shop) == []


def test_withdrawing_all_customers_takes_their_scores_and_the_run_along(shop):
    frozen(shop)
    shop.withdraw(1)
    assert asked(shop, "SELECT (SELECT count(*) FROM runs), (SELECT count(*) FROM predictions)") == [(0, 0)]
    assert find_problems(shop) == []
    shop.undo(shop.revision())
    assert graded(shop, 1).graded


def test_scores_that_turn_out_wrong_are_worse_beyond_chance_and_ask_for_learning_anew(shop):
    run = frozen(shop)
    with shop.batch("upside down") as batch:  # as if all who were likely had stayed away, and the others had come
        batch.change("predictions", batch.execute("SELECT id, 1 - score AS score FROM predictions").df())
    found = graded(shop, run)
    assert found.verdict == "worse" and found.urgent
    reasons = dict(found.retrain)
    assert {"worse", "beaten"} <= set(reasons) and reasons["beaten"]["sure"]
    assert "Learn anew: the plain rule did better" in " ".join(grade_words(found, say))


def test_scores_as_they_were_promised_are_told_so_and_only_run_out(shop):
    found = graded(shop, frozen(shop))
    assert found.verdict != "worse"
    assert [reason for reason, _ in found.retrain if reason not in ("drift", "beaten")] == ["expired"]


def test_fewer_than_twenty_buyers_are_not_graded(store):
    fill(store)
    run = frozen(store)
    with store.batch("quiet") as batch:
        batch.remove("orders", "SELECT id FROM orders WHERE ordered_at >= '2025-12-01' AND customer_id > 12")
    found = graded(store, run)
    assert found.actual < 20 and found.verdict == "too_few"
    assert not {"worse", "beaten", "total"} & set(dict(found.retrain))


def test_a_rehearsal_on_a_day_in_the_past_is_called_one(shop):
    told = " ".join(grade_words(graded(shop, frozen(shop)), say))
    assert "A rehearsal" in told
    run = frozen(shop, as_of=date(2026, 2, 20))
    assert "A rehearsal" not in " ".join(grade_words(graded(shop, run), say))


def test_customers_who_are_others_than_those_scored_ask_for_learning_anew(shop):
    run = frozen(shop)
    with shop.batch("new people") as batch:
        batch.add("customers", [{"customer_no": f"N{n}"} for n in range(PEOPLE)])
        batch.add("orders", [{"order_no": f"N{n} {k}", "customer_id": PEOPLE + 1 + n, "status": "completed",
                              "amount": 900, "ordered_at": datetime(2026, 2, 1 + k)} for n in range(PEOPLE) for k in range(3)])
    found = graded(shop, run)
    assert "drift" in dict(found.retrain) and (found.drifted.level == "large").any()


def test_today_is_not_a_whole_day(store):
    with store.batch("add") as batch:
        batch.add("customers", {"name": "Ada"})
        batch.add("orders", [{"order_no": str(at), "customer_id": 1, "status": "completed", "amount": 1, "ordered_at": at}
                             for at in (datetime(2026, 2, 20), NOW)])
    with store.look() as look:
        assert grading.last_whole_day(look, NOW.date()) == date(2026, 2, 20)


def test_amounts_are_frozen_and_graded_by_their_error_beside_the_mean(shop):
    """What R's spend hands over, made by hand: an amount a customer."""
    base, test = predicted(shop), Target("spends", 60)
    rows = base.examples.rows.assign(outcome=base.examples.rows.spent)
    found = ledger.scored(base)
    amounts = found.scores.assign(score=found.scores.score * 80.0, low=0.0, high=200.0, rule=float(rows.spent.mean()))
    judged = {"rows": 100, "model": {"mae": 30.0, "rmse": 50.0, "spearman": 0.5, "total_error": 0.0},
              "errors": {"mae": 3.0, "spearman": 0.05}, "rule": {"mae": 40.0}}
    answer = ledger.Scored(Choice(test), AS_OF, 60, amounts, found.figures | {"answer": "amount", "test": judged},
                           found.parts)
    with shop.batch("freeze") as batch:
        run = ledger.freeze(batch, answer, "Amounts", 1)
    told = graded(shop, run)
    spent = pd.Series(dict(asked(shop, "SELECT customer_id, CAST(sum(amount) AS DOUBLE) FROM orders WHERE ordered_at >= "
                                       "'2025-12-01' AND ordered_at < '2026-01-30' GROUP BY ALL")))
    came = told.rows.customer_id.map(spent).fillna(0.0)
    assert told.actual == pytest.approx(came.sum())
    assert told.came["model"]["mae"] == pytest.approx((told.rows.score - came).abs().mean())
    assert told.compared.set_index("measure").verdict["mae"] in ("same", "better", "worse")
    assert (told.rows.score == told.rows.score).all() and asked(
        shop, "SELECT min(low), max(high) FROM predictions") == [(0.0, 200.0)]


def test_a_column_is_graded_once_it_is_filled(store):
    draw = np.random.default_rng(1)
    people = []
    for n in range(300):
        income = float(draw.normal(50, 10))
        answer = "yes" if draw.random() < 1 / (1 + np.exp(-(income - 50) / 5)) else "no"
        people.append({"customer_no": f"C{n}", "extra": json.dumps(
            {"income": f"{income:.1f}", "age": str(draw.integers(20, 70))} | ({"answer": answer} if n < 200 else {}))})
    with store.batch("add") as batch:
        batch.add("customers", people)
    target = Target("column", column="extra:answer")
    with store.look() as look:
        found = examples(look, target, None, ("extra:income", "extra:age"), as_of=LAST)
    fitted = scoring_model(found)
    with store.batch("freeze") as batch:
        run = ledger.freeze(batch, fitted, "Answers", 1)
    waiting = graded(store, run)
    assert (waiting.frozen, len(waiting.rows), waiting.waiting, waiting.graded) == (100, 0, 100, False)
    assert "has an answer in the column yet" in " ".join(grade_words(waiting, say))
    with store.batch("edit") as batch:
        batch.change("customers", [{"id": n, "extra": json.dumps(json.loads(people[n - 1]["extra"]) | {
            "answer": "yes" if float(json.loads(people[n - 1]["extra"])["income"]) > 50 else "no"})}
            for n in range(201, 291)])
    after = graded(store, run)
    assert (len(after.rows), after.waiting) == (90, 10) and after.graded
    assert after.came["model"]["auc"] > 0.9


def scoring_model(found) -> ledger.Scored:
    """A logistic model of a table without days, as a prediction would hand it over."""
    from crm_core.purchase_prediction.measures import measured
    from crm_core.purchase_prediction.models import fit

    known, now = found.part("train"), found.part("score")
    model = fit("logistic", known, found.features, 0)
    said = model.chance(known)
    base = np.full(len(known), known.outcome.mean())
    figures = {"answer": "yes_no", "model": "logistic", "features": list(found.features), "seed": 0, "horizon_days": 0,
               "customers": len(now), "learned_on": str(LAST), "base_rate": float(known.outcome.mean()),
               "mean": float(known.outcome.mean()), "warnings": [], "spread": ledger.spread_of(now, found.features),
               "test": measured("yes_no", known.outcome.to_numpy(float), said, base)}
    scores = pd.DataFrame({"customer_id": now.customer_id.to_numpy(), "score": model.chance(now), "rule": base[0]})
    return ledger.Scored(Choice(found.target, found.features), LAST, 0, scores, figures, {"model": model})


# --- a kept model ---------------------------------------------------------------------------------


def test_a_kept_model_scores_its_own_day_to_the_last_bit_and_a_later_day_too(shop):
    run, prediction = frozen(shop), predicted(shop)
    with shop.look() as look:
        kept = ledger.model_of(look, run)
        again, later = (scoring.score_again(look, kept, day) for day in (AS_OF, date(2026, 2, 20)))
    there = prediction.scores.set_index("customer_id").sort_index()
    assert again.scored.scores.set_index("customer_id").sort_index().equals(there)
    assert again.unseen.empty and (again.drifted.level == "same").all()
    assert later.scored.as_of == date(2026, 2, 20) and len(later.scored.scores) >= len(there)
    with shop.batch("freeze") as batch:
        other = ledger.freeze(batch, later.scored, "Later", 1)
    assert other != run
    with shop.look() as look:
        assert ledger.model_of(look, other).about["figures"]["learned_on"] == str(AS_OF)


def test_values_that_a_kept_model_never_saw_are_counted_and_missing_features_refused(store):
    with store.batch("add") as batch:
        batch.add("customers", [{"customer_no": f"C{n}", "extra": json.dumps({
            "plan": "gold" if n % 2 else "basic", "answer": "yes" if n % 3 else "no"})} for n in range(100)])
    target = Target("column", column="extra:answer")
    with store.look() as look:
        answer = scoring_model(examples(look, target, None, ("extra:plan",), as_of=LAST))
        kept = saved.unpack(saved.pack(answer.parts, ledger.about_of(answer, "x"), b"k" * 32), b"k" * 32)
    with store.batch("add") as batch:
        batch.add("customers", [{"customer_no": f"N{n}", "extra": '{"plan": "platinum"}'} for n in range(7)])
    with store.look() as look:
        anew = scoring.score_again(look, kept, LAST)
    assert anew.unseen.to_dict("records") == [{"feature": "extra:plan", "value": "platinum", "customers": 7}]
    assert len(anew.scored.scores) == 7
    with store.batch("edit") as batch:
        batch.change("customers", [{"id": n, "extra": json.dumps({"answer": "yes" if n % 2 else "no"})} for n in range(1, 108)])
    with pytest.raises(ModelFeaturesMissing), store.look() as look:
        scoring.score_again(look, kept, LAST)


def test_a_model_travels_with_the_run_and_only_within_its_book(shop, tmp_path):
    from crm_core.errors import ModelFileForeign
    from crm_core.store import open_store

    run = frozen(shop)
    with shop.look() as look:
        file = ledger.read_run(look, run).model
        assert saved.unpack(file, saved.secret_of(look)).about["name"] == "November"
    other = open_store(tmp_path / "other.duckdb", clock=lambda: NOW)
    try:
        with other.look() as look, pytest.raises(ModelFileForeign):
            saved.unpack(file, saved.secret_of(look))
    finally:
        other.close()


# --- whom to address ------------------------------------------------------------------------------

SCORES = pd.DataFrame({"customer_id": [1, 2, 3, 4, 5], "score": [.9, .7, .5, .3, .1]})


@pytest.mark.parametrize(("wish", "listed"), [
    (Wish("top", most=2), [1, 2]), (Wish("chance", at_least=.5), [1, 2, 3]),
    (Wish("profit", value=10, cost=4), [1, 2, 3]), (Wish("profit", value=100, cost=4), [1, 2, 3, 4, 5])])
def test_whom_to_address_is_chosen_by_number_chance_or_profit(wish, listed):
    found = targeting.choose(SCORES, wish)
    assert found.listed.customer_id.tolist() == listed and found.below == 5 - len(listed)


def test_who_heard_from_us_lately_makes_room_for_the_next_one():
    found = targeting.choose(SCORES, Wish("top", most=2, quiet_days=14), lately={2, 5})
    assert (found.listed.customer_id.tolist(), found.heard_lately) == ([1, 3], 1)
    found = targeting.choose(SCORES, Wish("chance", at_least=.5), lately={2, 5})
    assert (found.listed.customer_id.tolist(), found.heard_lately, found.below) == ([1, 3], 1, 2)


def test_a_share_is_kept_out_at_random_and_the_same_seed_keeps_out_the_same():
    scores = pd.DataFrame({"customer_id": range(1000), "score": np.linspace(0, 1, 1000)})
    one, again, other = (targeting.choose(scores, Wish("top", most=400, kept_out=.25, seed=seed)) for seed in (1, 1, 2))
    assert (len(one.listed), len(one.kept_out)) == (300, 100)
    assert one.kept_out.equals(again.kept_out) and not one.kept_out.equals(other.kept_out)
    assert abs(one.kept_out.score.mean() - one.listed.score.mean()) < 0.04


def test_nobody_left_is_said():
    with pytest.raises(NobodyForTarget):
        targeting.choose(SCORES, Wish("chance", at_least=.95))


def test_who_heard_lately_is_read_from_messages_and_campaigns(shop):
    with shop.batch("add") as batch:
        batch.add("communications", [
            {"customer_id": 1, "occurred_at": datetime(2026, 2, 20), "channel": "email", "direction": "out", "content": "x"},
            {"customer_id": 2, "occurred_at": datetime(2026, 2, 20), "channel": "email", "direction": "in", "content": "x"},
            {"customer_id": 3, "occurred_at": datetime(2026, 1, 1), "channel": "email", "direction": "out", "content": "x"}])
        batch.add("campaigns", [{"name": "Spring"}])
        batch.add("campaign_members", [
            {"campaign_id": 1, "customer_id": 4, "variant": "a", "sent_at": datetime(2026, 2, 27, 23)},
            {"campaign_id": 1, "customer_id": 5, "variant": "control", "sent_at": datetime(2026, 2, 27)}])
    with shop.look() as look:
        assert targeting.heard_lately(look, LAST, 14) == {1, 4}
        assert targeting.heard_lately(look, LAST, 0) == set()


def test_a_kept_model_is_held_against_the_rule_though_recency_was_taken_out(shop):
    choice = Choice(Target("buys", 60), models=("recency_rule", "logistic"), model="logistic", excluded=("recency_days",))
    run = frozen(shop, choice=choice)
    with shop.look() as look:
        again = scoring.score_again(look, ledger.model_of(look, run), AS_OF).scored.scores
    assert again.equals(predicted(shop, choice=choice).scores.sort_values(
        ["score", "customer_id"], ascending=[False, True], ignore_index=True))
