"""python -m crm_core predict and grade: scores frozen, written, made by a kept model and graded, with exit codes."""
from datetime import datetime

import pandas as pd
import pytest

from crm_core.__main__ import main
from crm_core.store import open_store
from tests.conftest import asked
from tests.test_ledger import fill

NOW = datetime(2026, 2, 28, 9)
EARLIER = ["--as-of", "2025-11-30", "--horizon-days", "60"]


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A shop up to the 27th of February, of which the scores of November are frozen."""
    path = tmp_path_factory.mktemp("shop") / "shop.duckdb"
    store = open_store(path, clock=lambda: NOW)
    fill(store)
    store.close()
    return path


@pytest.fixture
def shop(monkeypatch, tmp_path, filled):
    """An English shell beside a copy of it."""
    import shutil

    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    for file in filled.parent.glob("shop.duckdb*"):
        shutil.copy(file, tmp_path / file.name)
    monkeypatch.setenv("CRM_DATABASE", str(tmp_path / "shop.duckdb"))
    monkeypatch.setattr("crm_core.__main__._now", lambda: NOW)
    return tmp_path


def test_scores_are_frozen_once_written_and_graded(shop, capsys):
    out = shop / "scores.csv"
    assert main(["predict", *EARLIER, "--name", "November", "--output", str(out)]) == 0
    said = capsys.readouterr().out
    assert "buys in the next 60 days, as of 2025-11-30" in said and "– used" in said
    assert "frozen as November (number 1, change 2). Grade them after 2026-01-29." in said
    written = pd.read_csv(out)
    assert list(written.columns) == ["customer_id", "customer_no", "score", "rule"] and written.score.between(0, 1).all()
    assert [(len(written),)] == asked(shop, "SELECT count(*) FROM predictions")
    assert main(["predict", *EARLIER, "--name", "Again"]) == 0
    assert "Frozen already as November (number 1)" in capsys.readouterr().out
    assert main(["grade", "november"]) == 0
    said = capsys.readouterr().out
    assert "November (number 1)" in said and "were expected to buy" in said and "AUC: promised" in said
    assert main(["grade", "--all"]) == 0
    assert capsys.readouterr().out == said


def test_a_dry_run_freezes_nothing(shop, capsys):
    assert main(["predict", "--target", "leaves", *EARLIER, "--dry-run"]) == 0
    assert "Tried only: nothing was frozen" in capsys.readouterr().out
    assert asked(shop, "SELECT count(*) FROM runs") == [(0,)]
    assert main(["grade"]) == 0
    assert "No scores are frozen yet" in capsys.readouterr().out


def test_a_kept_model_scores_today_from_a_run_or_a_file_and_no_other_file(shop, capsys):
    file = shop / "november.model"
    assert main(["predict", *EARLIER, "--name", "November", "--save-model", str(file)]) == 0
    assert main(["predict", "--model", "November", "--name", "Now"]) == 0
    said = capsys.readouterr().out
    assert "Only this database takes it back" in said
    assert "as of 2026-02-26" in said and "of 2025-11-30." in said and "frozen as Now (number 2" in said
    assert main(["predict", "--model", str(file), "--dry-run"]) == 0
    capsys.readouterr()
    file.write_bytes(file.read_bytes()[:-1] + b"!")
    assert main(["predict", "--model", str(file)]) == 1
    assert "not made by this database, or was changed since" in capsys.readouterr().err
    assert main(["predict", "--model", str(shop / "none.model")]) == 1
    assert main(["grade", "Now"]) == 0
    assert "Not graded yet: 60 more days" in capsys.readouterr().out


def test_what_is_not_there_or_cannot_be_is_a_sentence(shop, capsys):
    assert main(["grade", "Nobody"]) == 1
    assert "No frozen scores are called Nobody" in capsys.readouterr().err
    assert main(["predict", "--output", str(shop / "shop.duckdb")]) == 1
    assert "shop.duckdb" in capsys.readouterr().err
    for wrong in (["--target", "guesses"], ["--horizon-days", "0"], ["--as-of", "yesterday"]):
        with pytest.raises(SystemExit):
            main(["predict", *wrong])
        assert wrong[1] in capsys.readouterr().err


def small_table(path, answers):
    """Customers of whom `left` is what a list says; `state` says the same in other words."""
    store = open_store(path, clock=lambda: NOW)
    with store.batch("add") as batch:
        batch.add("customers", [
            {"customer_no": f"C{n}", "extra": f'{{"visits": "{n % 7}", "plan": "{"abc"[n % 3]}", "left": "{answer}", '
             f'"state": "{"closed" if answer == "yes" else "open"}"}}'} for n, answer in enumerate(answers)])
    store.close()


def test_twelve_positives_are_too_few_and_nothing_is_frozen(shop, capsys, monkeypatch):
    monkeypatch.setenv("CRM_DATABASE", str(shop / "few.duckdb"))
    small_table(shop / "few.duckdb", ["yes" if n % 25 == 0 else "no" for n in range(300)])
    for language, reason, needed in (("en", "by 12 customers only", "more with the rarer answer are needed"),
                                     ("zh", "12", "较少的一方大约还需要")):
        assert main(["predict", "--target", "column:left", "--language", language]) == 1
        said = capsys.readouterr().err
        assert reason in said and needed in said
    assert main(["predict"]) == 1
    assert "There are no orders up to" in capsys.readouterr().err
    assert main(["grade", "Nobody"]) == 1
    assert "There are: –." in capsys.readouterr().err
    store = open_store(shop / "few.duckdb", clock=lambda: NOW)
    assert store.cursor().execute("SELECT (SELECT count(*) FROM runs), (SELECT count(*) FROM predictions)").fetchall() \
        == [(0, 0)]
    store.close()


def test_what_gives_the_answer_away_is_told_and_left_out_by_its_header(shop, capsys, monkeypatch):
    monkeypatch.setenv("CRM_DATABASE", str(shop / "leak.duckdb"))
    small_table(shop / "leak.duckdb", ["yes" if n % 5 == 0 else "no" for n in range(150)] + [""] * 10)
    asked = ["predict", "--target", "column:left", "--dry-run"]
    assert main(asked) == 0
    assert "Take it out with --exclude state" in capsys.readouterr().out
    assert main([*asked, "--exclude", "state"]) == 0
    assert "--exclude" not in capsys.readouterr().out
    assert main([*asked, "--exclude", "shoe size"]) == 1
    assert "shoe size is none of the features" in capsys.readouterr().err


def test_a_chinese_shell_is_told_in_chinese(shop, capsys, monkeypatch):
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert main(["predict", *EARLIER, "--name", "十一月"]) == 0
    assert main(["grade"]) == 0
    said = capsys.readouterr().out
    assert "已冻结" in said and "十一月（编号 1）" in said and "承诺" in said
