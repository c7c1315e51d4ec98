"""python -m crm_core clean: a recipe from a file or from the book, in both languages, with exit codes."""
import json

import pytest

from crm_core.__main__ import main
from crm_core.cleaning import Recipe, Step
from crm_core.cleaning.recipe import to_json
from crm_core.store import open_store
from tests.conftest import NOW, asked

MONTHLY = Recipe("Monthly", "customers", (
    Step("trim", {"columns": ["name"]}), Step("fill_constant", {"column": "country", "value": "CH"}),
    Step("filter", {"column": "city", "condition": "present"})))


@pytest.fixture(autouse=True)
def shop(monkeypatch, tmp_path):
    """An English shell beside a book with three customers."""
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    monkeypatch.setenv("CRM_DATABASE", str(tmp_path / "shop.duckdb"))
    store = open_store(tmp_path / "shop.duckdb", clock=lambda: NOW)
    with store.batch("form") as batch:
        batch.add("customers", [{"name": "Ada  Wong", "city": "Bern"}, {"name": "Bo", "city": "Basel", "country": "CH"},
                                {"name": "Cy", "consent_email": False}])
        batch.add("recipes", {"name": "Kept one", "table_name": "customers", "steps": to_json(MONTHLY)})
    store.close()
    return tmp_path


def written(shop, recipe):
    file = shop / "recipe.json"
    file.write_text(recipe if isinstance(recipe, str) else to_json(recipe), encoding="utf-8")
    return str(file)


def test_a_dry_run_tells_each_step_and_changes_nothing(shop, capsys):
    assert main(["clean", written(shop, MONTHLY), "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert "Monthly: what would happen" in said
    assert "1. Trim blanks – done: 1 cell in 1 row" in said
    assert "Name of 1: Ada  Wong → Ada Wong" in said
    assert "3. Filter rows – done: 1 row leaves" in said
    assert "3 rows before, 2 after." in said
    assert asked(shop, "SELECT count(*) FROM batches") == [(1,)]


def test_a_recipe_in_a_file_is_applied_as_one_change_that_can_be_undone(shop, capsys):
    assert main(["clean", written(shop, MONTHLY)]) == 0
    assert "Monthly was applied (change 2):" in capsys.readouterr().out
    assert asked(shop, "SELECT name, country FROM customers WHERE deleted_at IS NULL ORDER BY id") == [
        ("Ada Wong", "CH"), ("Bo", "CH")]
    assert main(["undo", "2"]) == 0
    assert asked(shop, "SELECT name, country FROM customers WHERE deleted_at IS NULL ORDER BY id") == [
        ("Ada  Wong", None), ("Bo", "CH"), ("Cy", None)]


def test_a_kept_recipe_is_called_by_its_name_and_replayed_it_finds_nothing(shop, capsys):
    assert main(["clean", "Kept one"]) == 0
    assert main(["clean", "Kept one"]) == 0
    assert "Monthly found nothing to change:" in capsys.readouterr().out
    assert asked(shop, "SELECT max(number) FROM batches") == [(2,)]


def test_another_table_can_be_told(shop, capsys):
    trim = Recipe("Trim", "customers", (Step("trim", {"columns": ["name"]}),))
    assert main(["clean", written(shop, trim), "--table", "products"]) == 0
    assert "0 rows before, 0 after." in capsys.readouterr().out


def test_the_same_in_chinese(shop, capsys):
    assert main(["clean", written(shop, MONTHLY), "--dry-run", "--language", "zh"]) == 0
    said = capsys.readouterr().out
    assert "1. 去除多余空格 – 已执行：1 行、1 格" in said
    assert "之前 3 行，之后 2 行。" in said


def test_a_recipe_that_would_leave_nobody_is_refused_with_exit_code_1(shop, capsys):
    textbook = written(shop, Recipe("Textbook", "customers", (Step("drop_missing", {"columns": ["age", "city"]}),)))
    assert main(["clean", textbook]) == 1
    assert "None of the 3 rows would be left" in capsys.readouterr().err
    assert main(["clean", textbook, "--dry-run", "--language", "zh"]) == 1
    assert "一行不剩" in capsys.readouterr().out
    assert asked(shop, "SELECT count(*) FROM batches") == [(1,)]


@pytest.mark.parametrize(("text", "english", "chinese"), [
    ("{", "no JSON", "不是正确的 JSON"),
    (json.dumps({"name": "x", "steps": [{"step": "trimm", "columns": ["name"]}]}), "nearest by name is “trim”", "最接近的是“trim”"),
    (json.dumps({"name": "x", "steps": [{"step": "trim"}]}), "needs “columns”", "缺少“columns”"),
])
def test_what_is_wrong_with_the_file_is_one_sentence(shop, capsys, text, english, chinese):
    for language, told in (("en", english), ("zh", chinese)):
        assert main(["clean", written(shop, text), "--language", language]) == 1
        said = capsys.readouterr().err
        assert told in said and said.count("\n") == 1


def test_bytes_that_are_no_text_are_no_recipe(shop, capsys):
    (shop / "recipe.json").write_bytes(b"\xff\xfe\x00\x81")
    assert main(["clean", str(shop / "recipe.json")]) == 1
    assert "no JSON" in capsys.readouterr().err


def test_a_recipe_that_is_not_there_is_told(shop, capsys):
    assert main(["clean", "Weekly"]) == 1
    assert "neither a file nor a kept recipe called “Weekly”" in capsys.readouterr().err
