"""Tables without days: every row is judged by models that have not seen it, and nothing decided for a fold saw the fold."""
import numpy as np
import pandas as pd
import pytest

from crm_core.errors import NothingToLearnFrom, NotYesOrNo, TargetAmongFeatures, TooFewOfOneAnswer
from crm_core.purchase_prediction import Choice, predict
from crm_core.purchase_prediction.searching import Budget
from crm_core.purchase_prediction.table import answers, examples_of
from crm_core.sentences import has, sentence

QUICK = ("recency_rule", "logistic", "naive_bayes", "blend")


def table(count: int = 600, seed: int = 0) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    visits, plan = draw.poisson(3, count).astype(float), draw.choice(["basic", "plus"], count)
    told = -2 + 0.5 * visits - 1.0 * (plan == "plus")
    return pd.DataFrame({"visits": visits, "plan": plan, "noise": draw.normal(size=count),
                         "Bought": np.where(draw.random(count) < 1 / (1 + np.exp(-told)), "Yes", "No")})


def prediction(frame: pd.DataFrame, models=QUICK, **options):
    found, _ = examples_of(frame, "Bought")
    return predict(found, Choice(found.target, models=models), **options)


def test_every_row_is_judged_once_and_by_models_that_have_not_seen_it():
    found = prediction(table())
    told = found.crossed
    assert np.bincount(told.fold_of).tolist() == [120] * 5
    rows = found.examples.rows
    for fold, models in enumerate(told.models):
        here = told.fold_of == fold
        for name, fitted in models.items():
            assert found.judged[name][here].to_numpy() == pytest.approx(fitted.chance(rows[here])), name
    # A fold's models have learned the other folds' scale: the middle of their visits.
    assert told.models[0]["logistic"].encoding.means["visits"] == pytest.approx(
        rows.visits[told.fold_of != 0].mean(), abs=1e-9)


def test_answers_that_nothing_foretells_are_not_foretold():
    frame = table(800)
    frame["Bought"] = np.where(np.random.default_rng(5).random(800) < 0.3, "Yes", "No")
    found = prediction(frame, models=("recency_rule", "logistic", "naive_bayes", "svm", "blend"))
    assert 0.42 < found.crossed.as_chosen["auc"] < 0.58
    assert found.tried.set_index("model").auc.max() < 0.58


def test_what_is_planted_is_found_and_chances_hold_what_they_say():
    found = prediction(table(3_000))
    assert found.crossed.as_chosen["auc"] > 0.72
    assert found.crossed.as_chosen["ece"] < 0.03
    assert found.tried.set_index("model").auc["recency_rule"] == 0.5


def test_the_order_of_rows_makes_no_difference():
    found, _ = examples_of(table(), "Bought")
    mixed = type(found)(found.target, None, found.rows.sample(frac=1, random_state=1), found.features)
    one, other = (predict(examples, Choice(found.target, models=QUICK)) for examples in (found, mixed))
    pd.testing.assert_frame_equal(one.tried, other.tried)
    pd.testing.assert_frame_equal(one.judged, other.judged)


def test_rows_without_an_answer_are_scored_and_not_learned_from():
    frame = table()
    frame.loc[:49, "Bought"] = None
    frame.loc[0, "plan"] = "never seen"
    found = prediction(frame)
    assert sorted(found.scores.customer_id) == list(range(1, 51))
    assert len(found.judged) == 550
    assert found.scores.score.is_monotonic_decreasing
    assert found.warnings == (("unseen_values", {"feature": "plan", "count": 1, "rows": 1, "value": "never seen"}),)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(("key", "facts"), [
    ("unseen_values", {"feature": "plan", "count": 1, "rows": 1, "value": "gold"}),
    ("search_cut", {"tried": 3, "candidates": 4})])
def test_what_a_reader_is_warned_of_has_a_sentence(language, key, facts):
    assert has(f"prediction_warning.{key}")
    told = sentence(language, f"prediction_warning.{key}", **facts)
    assert all(str(value) in told for value in facts.values())


def test_the_budget_cuts_the_list_from_its_end_and_says_so():
    ticks = iter(range(100))
    found = prediction(table(), budget=Budget(0.5, lambda: next(ticks)))
    assert list(found.models) == ["recency_rule", "logistic"]
    assert (found.crossed.tried, found.crossed.candidates) == (3, 4)
    assert found.warnings[0] == ("search_cut", {"tried": 3, "candidates": 4})
    assert prediction(table()).crossed.tried == 4


def test_a_model_that_a_person_names_is_used_though_another_did_better():
    found, _ = examples_of(table(), "Bought")
    assert predict(found, Choice(found.target, models=QUICK, model="naive_bayes")).chosen == "naive_bayes"


def test_where_rows_have_days_the_older_ones_also_foretell_the_newer_ones():
    frame = table(1_000)
    frame["joined"] = pd.date_range("2024-01-01", periods=1_000).strftime("%d/%m/%Y")
    found = prediction(frame)
    assert (found.crossed.by_time.feature, found.crossed.by_time.newer) == ("joined", 300)
    assert 0.6 < found.crossed.by_time.auc < 0.9
    assert prediction(table()).crossed.by_time is None


def test_one_answer_too_few_answers_the_answer_itself_and_nothing_to_learn_from_are_refused():
    frame = table()
    with pytest.raises(TooFewOfOneAnswer) as refused:
        prediction(frame.assign(Bought=["Yes"] * 6 + ["No"] * 594))
    assert refused.value.facts == {"needed": 10, "found": 6, "rows": 600}
    with pytest.raises(TooFewOfOneAnswer):
        prediction(frame.assign(Bought="No"))
    found, _ = examples_of(frame, "Bought")
    rows = found.rows.assign(Bought=found.rows.outcome)
    with pytest.raises(TargetAmongFeatures):
        predict(type(found)(found.target, None, rows, (*found.features, "Bought")), Choice(found.target))
    with pytest.raises(NothingToLearnFrom):
        predict(type(found)(found.target, None, rows.assign(visits=1.0), ("visits",)), Choice(found.target))


def test_constant_missing_and_huge_columns_do_no_harm():
    frame = table()
    frame["same"], frame["empty"], frame["row"] = 7, None, np.arange(600)
    frame["customer_id"] = [f"C{place:05d}" for place in range(600)]
    frame["town"] = [f"town {place % 90}" for place in range(600)]
    frame["rarely"] = [1.0 if place == 3 else None for place in range(600)]
    found, left_out = examples_of(frame, "Bought")
    assert left_out == {"same": "constant", "empty": "empty", "row": "id", "customer_id": "id", "rarely": "constant"}
    assert "town" in found.features
    assert predict(found, Choice(found.target, models=QUICK)).crossed.as_chosen["auc"] > 0.65


def test_a_column_called_as_one_of_ours_is_a_feature_like_any_other():
    frame = table().assign(outcome=np.random.default_rng(0).normal(size=600), part=["a", "b"] * 300)
    found, _ = examples_of(frame, "Bought")
    assert found.features == ("visits", "plan", "noise", "outcome ", "part ")
    assert set(found.rows.part) == {"train"}


@pytest.mark.parametrize(("values", "expected"), [
    (["Yes", "no", "YES", None], [1, 0, 1, None]), (["1", "0", " 1", ""], [1, 0, 1, None]),
    (["是", "否", "是"], [1, 0, 1]), ([1, 2, 2, 1], [0, 1, 1, 0]), (["stayed", "stayed", "left"], [0, 0, 1]),
    ([True, False, True], [1, 0, 1])])
def test_yes_and_no_are_understood_in_any_spelling(values, expected):
    told = answers(pd.Series(values, name="answer"))
    assert [None if np.isnan(one) else int(one) for one in told] == expected


def test_three_values_are_no_yes_or_no():
    with pytest.raises(NotYesOrNo) as refused:
        answers(pd.Series(["a", "b", "c"], name="plan"))
    assert refused.value.facts == {"column": "plan", "values": 3}


# --- the benchmark --------------------------------------------------------------------------------


def test_the_benchmark_reads_any_writing_of_a_table(tmp_path, capsys):
    import json

    from benchmarks import response

    frame = table(300).assign(preis=lambda rows: [f"{1000 + 13 * place},50 €" for place in range(len(rows))])
    frame["Bought"] = frame.Bought.map({"Yes": "ja", "No": "nein"})
    frame.to_csv(tmp_path / "kunden.csv", sep=";", encoding="utf-8-sig", index=True, index_label="Kunden-Nr")
    assert response.main([str(tmp_path / "kunden.csv"), "--target", "Bought", "--exclude", "noise"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["rows"] == 300
    assert told["features"] == ["visits", "plan", "preis"]
    assert told["base_rate"] == pytest.approx((frame.Bought == "ja").mean())
    assert told["chosen_auc"] > 0.6
    assert {"chosen", "chosen_ece", "leaks", "models", "seconds", "peak_mb"} <= set(told)


@pytest.mark.parametrize(("arguments", "sentence"), [
    (["--target", "Nowhere"], "it has no column Nowhere"), (["--target", "noise"], "neither yes nor no"),
    ([], "no column was named")])
def test_the_benchmark_refuses_in_a_sentence(tmp_path, capsys, arguments, sentence):
    from benchmarks import response

    table(60).to_csv(tmp_path / "table.csv", index=False)
    assert response.main([str(tmp_path / "table.csv"), *arguments]) == 2
    assert sentence in capsys.readouterr().err
