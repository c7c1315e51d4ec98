"""The tripwire: each kind of leak is caught with its evidence, and honest tables are left in peace."""
from datetime import date

import numpy as np
import pandas as pd
import pytest

from crm_core.purchase_prediction import Examples, Target, split
from crm_core.purchase_prediction.leakage import Leak, find_leaks
from tests import leak_tables
from tests.leak_tables import CLEAN, CLEAN_AGAIN, PLANTED, PLANTED_AGAIN, answered, planted


def names(leaks: tuple[Leak, ...]) -> list[tuple[str, str]]:
    return [(leak.column, leak.kind) for leak in leaks]


def customers(rows: int = 2000, seed: int = 0) -> pd.DataFrame:
    return leak_tables.telephone(np.random.default_rng(seed)).head(rows)


def is_caught(kind: str, column: str, leaks: tuple[Leak, ...]) -> bool:
    """Of two columns that leak together either may be named first."""
    return any(leak.kind == "duplicate" if kind == "duplicate" else
               column in leak.column or column in leak.evidence.get("with", "") for leak in leaks)


@pytest.mark.parametrize("table", [*CLEAN, *CLEAN_AGAIN], ids=lambda table: table.__name__)
def test_an_honest_table_is_left_in_peace(table):
    assert find_leaks(table(np.random.default_rng([3, 1])), "target") == ()


@pytest.mark.parametrize(("plant", "kind", "column"), [
    (plant, *expected) for plant, expected in (PLANTED | PLANTED_AGAIN).items()], ids=lambda value: getattr(value, "__name__", value))
def test_a_planted_leak_is_caught(plant, kind, column):
    bases = (leak_tables.BASES, leak_tables.BASE_OF_DUPLICATES) if plant in PLANTED else (
        leak_tables.BASES_AGAIN, leak_tables.TWIN_BASES_AGAIN)
    assert is_caught(kind, column, find_leaks(planted(plant, 0, *bases), "target"))


@pytest.mark.long
def test_of_twenty_leaks_nineteen_are_caught_and_of_a_hundred_honest_tables_five_at_most_are_suspected():
    for clean, plants, *bases in ((CLEAN, PLANTED, leak_tables.BASES, leak_tables.BASE_OF_DUPLICATES),
                                  (CLEAN_AGAIN, PLANTED_AGAIN, leak_tables.BASES_AGAIN, leak_tables.TWIN_BASES_AGAIN)):
        suspected = [(table.__name__, seed) for table in clean for seed in range(100 // len(clean))
                     if find_leaks(table(np.random.default_rng([seed, 1])), "target")]
        assert len(suspected) <= 5, suspected
        for seed in range(4):
            missed = [plant.__name__ for plant, expected in plants.items()
                      if not is_caught(*expected, find_leaks(planted(plant, seed, *bases), "target"))]
            assert len(missed) <= 1, (seed, missed)


def test_the_evidence_is_in_numbers():
    frame = customers()
    yes = answered(frame)
    found = find_leaks(frame.assign(reason=np.where(yes, "price", None), left=yes.astype(int)), "target")
    assert names(found) == [("left", "copy"), ("reason", "after")]
    assert found[1].evidence == {"how": "known", "share_yes": 1.0, "share_no": 0.0, "rows": int(yes.sum()), "auc": 1.0}
    assert all(leak.sure for leak in found)


def test_a_name_that_tells_of_afterwards_is_a_suspicion_where_the_column_sorts_and_nothing_where_it_does_not():
    frame = customers()
    random = np.random.default_rng(0)
    calls = random.lognormal(5 + 1.2 * answered(frame), 0.9)
    [leak] = find_leaks(frame.assign(duration=calls), "target")
    assert (leak.column, leak.kind, leak.sure, leak.evidence["hint"]) == ("duration", "after", False, "duration")
    assert find_leaks(frame.assign(duration=random.permutation(calls), poutcome=calls, contract_duration=calls), "target") == ()


def test_a_complaint_of_nearly_everybody_who_left_is_caught():
    random = np.random.default_rng(0)
    left = random.random(6000) < 0.2
    bank = pd.DataFrame({"CreditScore": random.normal(650, 90, 6000).round(), "Age": random.normal(38 + 7 * left, 9).round(),
                         "NumOfProducts": np.where(random.random(6000) < 0.01, 4, random.integers(1, 3, 6000)),
                         "Complain": (left ^ (random.random(6000) < 0.002)).astype(int), "Exited": left.astype(int)})
    assert names(find_leaks(bank, "Exited")) == [("Complain", "copy")]


def test_dates_after_the_cutoff_are_found_against_a_day_and_against_a_column_of_days():
    frame = customers(400)
    seen = pd.Series(pd.Timestamp("2026-03-31")).repeat(400).reset_index(drop=True)
    seen[:20] += pd.Timedelta(days=9)
    frame = frame.assign(last_seen=np.random.default_rng(0).permutation(seen))
    assert [(leak.column, leak.evidence["rows"]) for leak in find_leaks(frame, "target", cutoff=date(2026, 3, 31))] == [("last_seen", 20)]
    dated = frame.assign(as_of=pd.Timestamp("2026-03-31"))
    assert names(find_leaks(dated, "target", cutoff="as_of")) == [("last_seen", "future")]
    assert find_leaks(frame, "target", cutoff=date(2026, 5, 1)) == ()


def test_rows_on_both_sides_of_a_split_and_customers_on_both_sides_are_found():
    frame = leak_tables.sums(np.random.default_rng(1)).head(900)
    part = (np.arange(len(frame)) % 3 == 0).astype(int)
    both = pd.concat([frame, frame[part == 1].head(60)], ignore_index=True)
    [leak] = find_leaks(both, "target", part=np.concatenate([part, np.zeros(60)]))
    assert (leak.kind, leak.evidence["how"]) == ("duplicate", "across") and 110 < leak.evidence["rows"] <= 120
    assert find_leaks(frame, "target", part=part) == ()
    people = frame.assign(person=np.arange(900) // 2)
    [leak] = find_leaks(people, "target", features=("spent_food", "children"), customer="person", part=part)
    assert (leak.kind, leak.evidence["how"]) == ("duplicate", "customer")


def test_a_table_sorted_by_its_answer_is_a_suspicion():
    frame = leak_tables.sums(np.random.default_rng(1)).sort_values("target", ignore_index=True)
    [leak] = find_leaks(frame, "target")
    assert (leak.column, leak.kind, leak.sure) == ("", "id", False)


def dated(**more) -> Examples:
    """Three windows of the same customers: what came in the horizon has to do with what was before, honestly."""
    random = np.random.default_rng(0)
    dates = split(date(2025, 1, 1), date(2026, 3, 31), 30)
    parts = []
    for window in dates.windows:
        n = 400
        monetary = random.gamma(2, 40, n).round(2)
        recency = random.integers(0, 300, n)
        spent = np.where(random.random(n) < np.where(recency < 100, 0.7, 0.2), random.gamma(2, 30, n).round(2), 0.0)
        parts.append(pd.DataFrame({
            "customer_id": np.arange(n), "cutoff": pd.Timestamp(window.cutoff), "part": window.part, "bought": (spent > 0).astype(float),
            "purchases": (spent > 0).astype(float), "spent": spent, "outcome": (spent > 0).astype(float),
            "monetary": monetary, "recency_days": recency.astype(float)}))
    rows = pd.concat(parts, ignore_index=True)
    rows.loc[rows.part == "score", ["bought", "purchases", "spent", "outcome"]] = np.nan
    rows = rows.assign(**{name: column(rows) for name, column in more.items()})
    return Examples(Target("buys", 30), dates, rows, ("monetary", "recency_days", *more))


def test_the_same_customer_in_several_windows_is_no_leak():
    assert find_leaks(dated()) == ()


def test_a_total_that_includes_what_came_in_the_horizon_is_found_with_and_without_the_honest_one():
    total = {"extra_total": lambda rows: rows.monetary + rows.spent.fillna(0)}
    [leak] = find_leaks(dated(**total))
    assert (leak.column, leak.kind, leak.evidence["with"]) == ("extra_total", "future", "monetary")
    alone = find_leaks(dated(**total), features=("recency_days", "extra_total"))
    assert names(alone) == [("extra_total", "future")] and alone[0].evidence["how"] == "amount"


def test_of_amounts_a_rescaled_copy_is_found():
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"visits": random.poisson(3, 800), "spent_next": random.gamma(2, 30, 800)})
    assert find_leaks(frame, "spent_next") == ()
    assert names(find_leaks(frame.assign(points=frame.spent_next * 10 + 3), "spent_next")) == [("points", "copy")]


def test_of_one_class_or_nine_positives_nothing_can_be_told():
    frame = customers(500)
    assert find_leaks(frame.assign(target=0), "target") == ()
    assert find_leaks(frame.assign(target=[1] * 9 + [0] * (len(frame) - 9)), "target") == ()


def test_of_known_tables_no_column_is_suspected_and_the_rows_that_stand_twice_are_counted(data_set):
    assert find_leaks(pd.read_csv(data_set("telco_churn") / "Telco-Customer-Churn.csv"), "Churn") == ()
    campaign = pd.read_csv(data_set("ifood_campaign") / "ml_project1_data.csv")
    [leak] = find_leaks(campaign, "Response")
    again = campaign.drop(columns=["ID", "Response"]).duplicated(keep=False).sum()
    assert (leak.column, leak.kind, leak.sure) == ("", "duplicate", False)
    assert again - 10 < leak.evidence["rows"] <= again  # a few have a relative too, who differs in one column
    assert find_leaks(campaign[~campaign.drop(columns=["ID", "Response"]).duplicated()], "Response") == ()


def test_a_purchase_and_its_amount_give_the_visit_before_them_away(data_set):
    frame = pd.read_csv(data_set("hillstrom") / "hillstrom.csv.gz").head(30_000)
    assert find_leaks(frame.drop(columns=["conversion", "spend"]), "visit") == ()
    assert {leak.column for leak in find_leaks(frame, "visit")} == {"conversion", "spend"}


def test_columns_of_every_odd_kind_are_looked_at_without_complaint():
    random = np.random.default_rng(0)
    rows = 400
    frame = pd.DataFrame({
        "target": random.choice(["no", "yes", None], rows), "none": [None] * rows, "nan": np.nan, "constant": 1,
        "true": random.random(rows) < 0.5, "mixed": [1, "a"] * (rows // 2), "category": pd.Categorical(random.choice(list("ab"), rows)),
        "moment": pd.date_range("2025-01-01", periods=rows, tz="UTC"), "huge": random.integers(0, 2**62, rows),
        "infinite": np.where(random.random(rows) < 0.01, np.inf, random.normal(size=rows)),
        "text": [f"hello {number}" for number in random.permutation(rows)], "gaps": pd.array([1, None] * (rows // 2), dtype="Int64")})
    assert find_leaks(frame, "target") == () == find_leaks(frame[["target"]], "target")
