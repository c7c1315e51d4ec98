"""The part Recipe of the page cleaning, in both languages: begun, tried, changed, applied, undone, kept, brought in."""
import json

import pytest

from crm_core.cleaning.difference import Piece, difference
from tests.test_pages import opened, texts
from tests.test_records_pages import plainly, pressed

MESSY = [
    {"customer_no": "A", "name": "Ada  Wong", "email": "ada@example.com", "city": "Bern", "age": 20},
    {"customer_no": "B", "name": "Bo Li", "email": "bo@example.com", "city": None, "age": 40},
    {"customer_no": "C", "name": "王　小明", "email": None, "city": "北　京", "age": 60},
]
TRIM = {"name": "Blanks", "table": "customers", "steps": [{"step": "trim", "columns": ["name", "city"]}]}


@pytest.fixture
def shop(store):
    with store.batch("add", "three") as batch:
        batch.add("customers", MESSY)
    return store


def page(store, monkeypatch, language: str = "en", **state):
    """The part Recipe; `state` is what another part of the page left in the session."""
    app = opened("cleaning", store, monkeypatch, language=language, part="recipe")
    if state:
        for name, value in state.items():
            app.session_state[name.replace("_", " ")] = value
        app.run()
    return settled(app)


def settled(app):
    """After what runs beside the page has answered."""
    for _ in range(60):
        if not app.get("progress"):
            break
        app.run()
    assert not app.exception, [error.value for error in app.exception]
    return app


def clicked(app, key: str):
    return settled(pressed(app, key))


def said(app) -> str:
    return plainly("\n".join(texts(app)) + "\n".join(box.label for box in app.checkbox))


def names(store) -> list[str]:
    return [name for (name,) in store.cursor().execute("SELECT name FROM customers ORDER BY id").fetchall()]


def trying(store, monkeypatch, recipe: dict = TRIM, language: str = "en"):
    """The page with a recipe that another part proposed."""
    return page(store, monkeypatch, language, recipe_proposal=recipe)


# --- beginning ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "sentence"), [
    ("en", "A recipe is a list of steps that clean a table"), ("zh", "清洗方案是一串用来清洗一张表的步骤")])
def test_a_newcomer_is_told_in_one_sentence_and_has_examples_at_hand(language, sentence, shop, monkeypatch):
    app = page(shop, monkeypatch, language)
    assert sentence in said(app)
    assert {"example textbook", "example export", "example campaign"} <= {button.key for button in app.button}


def test_a_step_is_found_by_searching_and_its_settings_are_asked_for(shop, monkeypatch):
    app = clicked(page(shop, monkeypatch), "begin empty")
    app.text_input(key="search steps").input("blanks").run()
    clicked(app, "add trim")
    assert "not told yet" in said(app) and "See the consequences" not in said(app)
    app.multiselect(key="recipe 1 step 1 columns").set_value(["name"]).run()
    settled(app)
    assert "2 rows change" in said(app)
    clicked(app, "recipe 1 step 1 edit")
    assert not app.multiselect


def test_what_no_step_is_about_is_said(shop, monkeypatch):
    app = clicked(page(shop, monkeypatch), "begin empty")
    app.text_input(key="search steps").input("xyzzy").run()
    assert 'No step is about "xyzzy"' in said(app)


# --- trying ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "told"), [("en", "2 rows change in Name 2, City 1"), ("zh", "2 行会变化：姓名 2、城市 1")])
def test_a_step_shows_at_once_what_it_would_do_with_the_difference_marked(language, told, shop, monkeypatch):
    app = trying(shop, monkeypatch, language=language)
    assert told in said(app).replace("*", "")
    assert any("王:red-background[□]小明 → 王:green-background[␣]小明" in block.value for block in app.markdown)
    assert names(shop) == [row["name"] for row in MESSY]  # nothing was written


def test_steps_move_are_switched_off_copied_and_removed(shop, monkeypatch):
    app = trying(shop, monkeypatch, {"table": "customers", "steps": [
        TRIM["steps"][0], {"step": "fill_constant", "column": "city", "value": "Basel"}]})
    assert [box.key for box in app.checkbox] == ["recipe 1 step 1 on", "recipe 1 step 2 on"]
    clicked(app, "recipe 1 step 2 up")
    assert [box.key for box in app.checkbox] == ["recipe 1 step 2 on", "recipe 1 step 1 on"]
    assert app.button(key="recipe 1 step 2 up").disabled
    app.checkbox(key="recipe 1 step 1 on").uncheck().run()
    assert "off" in said(settled(app))
    clicked(app, "recipe 1 step 2 double")
    assert len(app.checkbox) == 3
    clicked(app, "recipe 1 step 3 remove")
    clicked(app, "recipe 1 step 2 remove")
    assert len(app.checkbox) == 1


def test_dropping_every_row_with_a_gap_is_blocked_where_none_would_be_left(shop, monkeypatch):
    app = trying(shop, monkeypatch, {"table": "customers", "steps": [
        {"step": "drop_missing", "columns": ["name", "email", "city", "phone"]}]})
    assert app.error and "See the consequences" not in said(app) and "stands in the way" in said(app)


def test_the_textbook_cleaning_warns_and_leaves_the_originals(shop, monkeypatch):
    app = trying(shop, monkeypatch, {"table": "customers", "steps": [
        {"step": "drop_missing", "columns": ["city"]},
        {"step": "scale_min_max", "columns": ["age"]}]})
    told = said(app).replace("*", "")
    assert "1 row leaves (33%)" in told and "3 rows → 2 rows" in told and "step 1: −1" in told
    assert "can also be filled or flagged" in told and "age (min–max) 2" in told


def test_a_draft_outlives_going_to_another_page(shop, monkeypatch):
    app = trying(shop, monkeypatch)
    app.switch_page("pages/home.py").run()
    app.switch_page("pages/cleaning.py").run()
    app.pills(key="cleaning part").set_value("recipe").run()
    assert "2 rows change" in said(settled(app))
    clicked(app, "all recipes")
    assert "Begun and not finished" in said(app)
    clicked(app, "go on 1")
    assert "2 rows change" in said(app)


# --- applying -------------------------------------------------------------------------------------


def test_the_consequences_come_first_then_one_batch_that_is_undone_right_there(shop, monkeypatch):
    app = trying(shop, monkeypatch)
    assert "apply recipe" not in {button.key for button in app.button}
    clicked(app, "see consequences")
    assert names(shop) == [row["name"] for row in MESSY]
    clicked(app, "apply recipe")
    assert names(shop) == ["Ada Wong", "Bo Li", "王 小明"]
    assert "Blanks applied as change 2: Customers: 2 changed" in said(app)
    batch = shop.frame("recent_batches", limit=1).iloc[0]
    assert (batch.kind, batch.subject) == ("clean", "Blanks")
    assert "Nothing in the data differs after these steps" in said(app)
    clicked(app, "undo recipe")
    assert names(shop) == [row["name"] for row in MESSY]
    assert "2 rows change" in said(app)


def test_data_that_moved_on_after_the_preview_are_previewed_anew_and_nothing_is_written(shop, monkeypatch):
    app = clicked(trying(shop, monkeypatch), "see consequences")
    with shop.batch("add", "a fourth") as batch:
        batch.add("customers", {"name": "Cy  Lee"})
    clicked(app, "apply recipe")
    assert "The data changed after this preview was made" in said(app)
    assert names(shop) == [*(row["name"] for row in MESSY), "Cy  Lee"]
    assert "3 rows change" in said(app)
    clicked(app, "apply recipe")
    assert names(shop)[3] == "Cy Lee"


def test_keeping_the_recipe_makes_no_preview_old(shop, monkeypatch):
    app = clicked(trying(shop, monkeypatch), "see consequences")
    app.text_input(key="keep name 1").input("Blanks").run()
    clicked(app, "keep now 1")
    clicked(app, "apply recipe")
    assert names(shop)[0] == "Ada Wong"


# --- keeping --------------------------------------------------------------------------------------


@pytest.fixture
def kept(shop, monkeypatch):
    """The page with a recipe kept under 'Blanks'."""
    app = trying(shop, monkeypatch)
    app.text_input(key="keep name 1").input("Blanks").run()
    clicked(app, "keep now 1")
    assert "Kept: Blanks" in said(app)
    return clicked(app, "all recipes")


def test_a_kept_recipe_is_replayed_in_two_clicks(kept, shop):
    clicked(kept, "replay 1")
    clicked(kept, "apply recipe")
    assert names(shop)[0] == "Ada Wong"


def test_a_kept_recipe_is_renamed_copied_and_deleted(kept, shop):
    kept.text_input(key="rename kept 1").input("Monthly").run()
    clicked(kept, "rename now 1")
    row = shop.frame("kept_recipes").iloc[0]
    assert (row["name"], json.loads(row.steps)["name"]) == ("Monthly", "Monthly")
    clicked(kept, "copy kept 1")
    assert "Monthly 2" in said(kept)
    clicked(kept, "all recipes")
    clicked(kept, "delete kept 1")
    assert shop.frame("kept_recipes").empty and "Deleted: Monthly" in said(kept)


def test_a_kept_recipe_that_wants_something_else_of_a_column_is_told(shop, monkeypatch):
    fill = {"table": "customers", "steps": [{"step": "fill_constant", "column": "city", "value": "Bern"}]}
    app = trying(shop, monkeypatch, fill)
    app.text_input(key="keep name 1").input("Bern").run()
    clicked(app, "keep now 1")
    fill["steps"][0]["value"] = "Basel"
    app.session_state["recipe proposal"] = fill
    app.run()
    assert "The kept recipe “Bern” does not get on with this one" in said(settled(app))


def brought_in(app, text: str):
    app.text_area(key="recipe text 0").input(text).run()
    return clicked(app, "import recipe now")


def test_a_recipe_is_brought_in_as_json(shop, monkeypatch):
    app = brought_in(page(shop, monkeypatch), json.dumps(TRIM))
    assert "Blanks" in said(app) and "2 rows change" in said(app)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("broken", [
    '{"name": "x", ', '[]', '{"name": "x", "steps": [{"step": "trimm"}]}', '{"steps": []}',
    '{"name": "x", "table": "custommers", "steps": []}', '{"name": "x", "table": "merges", "steps": []}',
    '{"name": "x", "table": "customers", "steps": [{"step": "trim", "columns": 7}]}',
    '{"name": "x", "table": "customers", "steps": [{"step": "trim", "colums": ["name"]}]}'])
def test_a_mistake_in_a_recipe_is_said_in_a_sentence_and_nothing_is_opened(broken, language, shop, monkeypatch):
    app = brought_in(page(shop, monkeypatch, language), broken)
    assert len(app.error) == 1 and app.error[0].value
    assert app.text_area(key="recipe text 0").value == broken  # what was typed stays


def test_a_recipe_without_a_table_is_for_the_chosen_one(shop, monkeypatch):
    app = brought_in(page(shop, monkeypatch), json.dumps({**TRIM, "table": ""}))
    assert "2 rows change" in said(app)


def test_a_kept_recipe_that_cannot_be_read_is_told_and_the_others_stand(shop, monkeypatch):
    with shop.batch("recipe", "two") as batch:
        batch.add("recipes", [{"name": "Good", "table_name": "customers", "steps": json.dumps(TRIM)},
                              {"name": "Old", "table_name": "customers",
                               "steps": '{"name": "Old", "steps": [{"step": "gone"}]}'}])
    app = page(shop, monkeypatch)
    assert "Old · Step 1: there is no step “gone”" in said(app).replace("*", "")
    clicked(app, "replay 1")
    assert "2 rows change" in said(app)


# --- the difference -------------------------------------------------------------------------------


@pytest.mark.parametrize(("before", "after", "left", "right"), [
    ("Ada ", "Ada", [Piece("Ada"), Piece("␣", True)], [Piece("Ada")]),
    ("王　明", "王明", [Piece("王"), Piece("□", True), Piece("明")], [Piece("王明")]),
    ("abc", "", [Piece("abc", True)], []),
    ("n/a", "Zürich", [Piece("n/a", True)], [Piece("Zürich", True)]),
])
def test_what_differs_is_told_sign_by_sign(before, after, left, right):
    assert difference(before, after) == (left, right)


def test_of_a_long_text_the_part_round_the_difference_is_shown():
    left, right = difference("x" * 500 + " end", "x" * 500 + "end")
    assert Piece("␣", True) in left and sum(len(piece.text) for piece in left) <= 62


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_step_and_setting_of_the_catalogue_has_its_words(language):
    from crm_core.cleaning import kinds
    from ui import words

    known = words.words(language)
    asked = {f"step_family.{kind.family}" for kind in kinds().values()}
    for kind in kinds().values():
        asked |= {f"step.{kind.name}", f"step_help.{kind.name}"}
        for setting in kind.settings:
            asked |= {f"setting.{setting.name}", *(f"setting_choice.{setting.name}.{choice}" for choice in setting.choices)}
    assert asked - set(known) == set()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_settings_of_every_step_open_and_speak_one_language(language, shop, monkeypatch):
    from crm_core.cleaning import kinds

    app = clicked(page(shop, monkeypatch, language), "begin empty")
    for kind in kinds():
        app.session_state["search steps"] = kind
        app.run()
        clicked(app, f"add {kind}")
        assert "recipe 1 step " in " ".join(button.key for button in app.button)
        clicked(app, f"recipe 1 step {list(kinds()).index(kind) + 1} remove")
        if kind != list(kinds())[-1]:
            clicked(app, "add step")


def test_values_that_are_alike_are_ticked_and_named(shop, monkeypatch):
    with shop.batch("add", "cities") as batch:
        batch.add("customers", [{"name": f"N{number}", "city": city} for number, city in enumerate(
            ["New York", "New York", "new york", "York, New"])])
    app = trying(shop, monkeypatch, {"table": "customers", "steps": [
        {"step": "cluster_values", "column": "city", "values": {"new york": "NYC", "York, New": "NYC"}}]})
    assert "2 rows change in City 2" in said(app).replace("*", "")
    clicked(app, "recipe 1 step 1 edit")
    laid_out = app.session_state["recipe 1 step 1 values city fingerprint laid out"]
    assert laid_out.to_dict("records") == [
        {"take": True, "becomes": "NYC", "values": "New York (2) · York, New (1) · new york (1)", "rows": 4}]
    assert "3 rows change" in said(app).replace("*", "") or "4 rows change" in said(app).replace("*", "")
