"""Recipes: tried exactly, written as told, read from JSON that people change, told what works against what."""
import hashlib
import json
import random
from datetime import date

import pytest

from crm_core.cleaning import Recipe, Step, apply, check, dry_run, fights, from_json, kinds, run, sheet_of
from crm_core.cleaning.recipe import to_json
from crm_core.cleaning.sheet import sheet_of_relation
from crm_core.errors import (
    RecipeFieldMissing,
    RecipeNotJson,
    RecipeTableUnknown,
    RecipeTooSlow,
    SettingMissing,
    SettingUnknown,
    SettingWrong,
    StepBlocked,
    StepUnknown,
    TooManySteps,
)
from crm_core.sentences import error_sentence, step_sentence, words

PEOPLE = [
    {"customer_no": "C-1", "name": "  Ada  Wong ", "email": "ada@example.com", "city": "Bern", "country": "CH", "age": 30,
     "consent_email": False, "extra": '{"Loyalty": "gold", "Points": "30.5"}'},
    {"customer_no": "C-2", "name": "Bo Li", "email": "ADA2@example.com", "city": None, "country": None, "age": 40,
     "consent_email": True, "extra": '{"Loyalty": "silver", "Points": "n/a"}'},
    {"customer_no": "C-3", "name": "Cy Roe", "email": None, "city": "Basel", "country": "CH", "age": None,
     "consent_email": None, "extra": None},
    {"customer_no": "C-4", "name": "Di Fu", "email": "di@example.com", "city": "Bern", "country": "CN", "age": 110,
     "consent_email": False, "extra": '{"Points": "¥1,234.50"}'},
]


@pytest.fixture
def shop(store):
    with store.batch("form") as batch:
        batch.add("customers", PEOPLE)
    return store


def recipe(*steps, table="customers", name="Monthly"):
    return Recipe(name, table, tuple(Step(kind, settings) for kind, settings in steps))


def tried(store, *steps, table="customers", **options):
    with store.look() as look:
        return dry_run(look, recipe(*steps, table=table), **options)


def done(store, *steps, table="customers"):
    with store.batch("recipe", "Monthly") as batch:
        return apply(batch, recipe(*steps, table=table))


def column(store, name, table="customers"):
    with store.cursor() as cursor:
        return [value for (value,) in cursor.execute(
            f"SELECT {name} FROM {table} WHERE deleted_at IS NULL ORDER BY id").fetchall()]


def content(store, *tables):
    """A hash of every living row, without the number of the batch that wrote it."""
    with store.cursor() as cursor:
        rows = [cursor.execute(f"SELECT * EXCLUDE (changed_in) FROM {table} ORDER BY id").fetchall() for table in tables]
    return hashlib.sha256(repr(rows).encode()).hexdigest()


def test_a_dry_run_counts_exactly_shows_examples_and_writes_nothing(shop):
    before = content(shop, "customers")
    found = tried(shop, ("trim", {"columns": ["name"]}), ("fill_constant", {"column": "country", "value": "CH"}))
    assert [(step.state, step.rows_changed, step.cells) for step in found.steps] == [
        ("done", 1, {"name": 1}), ("done", 1, {"country": 1})]
    assert found.steps[0].examples.to_dict("records") == [
        {"id": 1, "column": "name", "before": "Ada  Wong", "after": "Ada Wong"}]
    assert found.steps[1].examples.to_dict("records") == [{"id": 2, "column": "country", "before": "", "after": "CH"}]
    assert content(shop, "customers") == before


def test_steps_work_on_what_the_steps_before_have_made(shop):
    found = tried(shop, ("drop_missing", {"columns": ["email"]}), ("fill_median", {"column": "age"}),
                  ("filter", {"column": "age", "condition": "more", "value": 35}))
    assert [(step.rows_before, step.rows_after) for step in found.steps] == [(4, 3), (3, 3), (3, 2)]
    assert found.steps[1].state == "nothing"  # the row without an age has left
    assert (found.rows_before, found.rows_after) == (4, 2)
    assert found.steps[0].examples.to_dict("records") == [{"id": 3, "column": "email", "before": "", "after": None}]


def test_of_a_row_that_leaves_the_empty_cell_is_shown(shop):
    found = tried(shop, ("drop_missing", {"columns": ["name", "city"], "when": "any"}))
    assert found.steps[0].examples.to_dict("records") == [{"id": 2, "column": "city", "before": "", "after": None}]


def test_what_is_written_is_what_was_told_and_undo_restores_it(shop):
    steps = (("fill_constant", {"column": "country", "value": "CH"}), ("fill_median", {"column": "age"}),
             ("scale_min_max", {"columns": ["age"]}), ("filter", {"column": "city", "condition": "present"}))
    before, told = content(shop, "customers"), tried(shop, *steps)
    with shop.batch("recipe", "Monthly") as batch:
        written = apply(batch, recipe(*steps))
    assert same(told, written)
    assert column(shop, "country") == ["CH", "CH", "CN"]
    assert column(shop, "age") == [30, 40, 110]
    assert [json.loads(text)["age (min–max)"] for text in column(shop, "extra")] == ["0.0", "0.125", "1.0"]
    assert batch.rows == {"customers": {"changed": 3, "removed": 1}}
    shop.undo(batch.number)
    assert content(shop, "customers") == before


def same(one, other) -> bool:
    def plain(told):
        return (told.rows_before, told.rows_after, [
            (step.state, step.rows_before, step.rows_after, step.rows_changed, step.cells, step.reason, step.notes,
             None if step.examples is None else step.examples.to_dict("records")) for step in told.steps])
    return plain(one) == plain(other)


def test_the_log_holds_the_name_of_the_recipe_and_nobodys_data(shop):
    done(shop, ("replace", {"columns": ["name"], "find": "Bo Li", "by": "Bo Lee"}))
    with shop.cursor() as cursor:
        kind, subject, touched = cursor.execute(
            "SELECT kind, subject, touched FROM batches ORDER BY number DESC LIMIT 1").fetchone()
    assert (kind, subject, touched) == ("recipe", "Monthly", '{"customers": {"changed": 1}}')


def test_a_recipe_that_finds_nothing_leaves_no_batch(shop):
    revision = shop.revision()
    assert [step.state for step in done(shop, ("trim", {"columns": ["city"]})).steps] == ["nothing"]
    assert shop.revision() == revision


# --- what no recipe may do ------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "settings", "reason"), [
    ("fill_constant", {"column": "consent_email", "value": "true"}, "locked_consent"),
    ("fill_mode", {"column": "consent_email"}, "locked_consent"),
    ("replace", {"columns": ["customer_no"], "find": "C", "by": "D"}, "locked_key"),
    ("join", {"columns": ["name", "city"], "into": "customer_no"}, "locked_key"),
    ("split", {"column": "name", "separator": " ", "into": ["consent_email", "x"]}, "wrong_type"),
])
def test_consent_and_keys_are_locked(shop, kind, settings, reason):
    before = content(shop, "customers")
    assert [(step.state, step.reason[0]) for step in done(shop, (kind, settings)).steps] == [("skipped", reason)]
    assert content(shop, "customers") == before


def test_references_are_locked(shop):
    with shop.batch("form") as batch:
        batch.add("orders", {"order_no": "1", "customer_id": 1, "ordered_at": "2026-01-01", "status": "open", "amount": 5})
    (step,) = tried(shop, ("cap_outliers", {"columns": ["customer_id"]}), ("fill_median", {"column": "customer_id"}),
                    table="orders").steps[1:]
    assert (step.state, step.reason[0]) == ("skipped", "locked_reference")


def test_an_order_stays_the_sum_of_its_lines(shop):
    with shop.batch("form") as batch:
        batch.add("orders", {"order_no": "1", "ordered_at": "2026-01-01", "status": "open", "amount": 105})
        batch.add("order_lines", [{"order_id": 1, "line_no": n, "quantity": 1, "unit_price": price, "amount": price}
                                  for n, price in enumerate([1, 2, 2, 100], 1)])
    lines = tried(shop, ("cap_outliers", {"columns": ["amount"]}),
                  ("filter", {"column": "amount", "condition": "less", "value": 50}), table="order_lines")
    assert [(step.state, step.reason[0]) for step in lines.steps] == [("skipped", "locked_amount"), ("blocked", "lines_stay")]
    (orders,) = tried(shop, ("fill_constant", {"column": "amount", "value": 3}), table="orders").steps
    assert orders.reason[0] == "locked_amount"


def test_a_cell_that_would_break_a_rule_stays_and_is_said(shop):
    (step,) = done(shop, ("replace", {"columns": ["email"], "find": "@example", "by": "(at)example"})).steps
    assert (step.state, step.rows_changed) == ("nothing", 0)
    assert step.notes == (("kept", {"column": "email", "count": 3}),)
    assert column(shop, "email")[0] == "ada@example.com"


def test_an_e_mail_that_would_meet_anothers_stays_and_is_said(shop):
    (step,) = done(shop, ("replace", {"columns": ["email"], "find": "2@", "by": "@"})).steps
    assert (step.rows_changed, step.notes) == (0, (("kept", {"column": "email", "count": 1}),))
    assert "duplicates" in step_sentence("en", step.notes[0], "customers")


def test_two_e_mails_that_would_become_one_both_stay(shop):
    (step,) = done(shop, ("replace", {"columns": ["email"], "find": "^(ada2?|di)@", "by": "x@", "regular": True,
                                      "ignore_case": True})).steps
    assert (step.rows_changed, step.notes[0][1]["count"]) == (0, 3)


def test_a_row_that_would_hold_nobody_stays_as_it_is(store):
    with store.batch("form") as batch:
        batch.add("customers", {"name": "Ada"})
    (step,) = done(store, ("replace", {"columns": ["name"], "find": "Ada", "by": ""})).steps
    assert (step.state, step.notes[0][0], column(store, "name")) == ("nothing", "kept", ["Ada"])


# --- the textbook's cleaning ----------------------------------------------------------------------


def test_three_rows_with_a_gap_each_are_not_all_dropped(store):
    with store.batch("form") as batch:
        batch.add("customers", [{"name": "Ada", "city": "Bern"}, {"name": "Bo", "age": 30}, {"city": "Basel", "age": 40,
                                                                                           "customer_no": "3"}])
    textbook = (("drop_missing", {"columns": ["name", "city", "age"]}), ("convert", {"column": "age", "to": "whole"}),
                ("scale_min_max", {"columns": ["age"], "overwrite": True}))
    found = tried(store, *textbook)
    assert [step.state for step in found.steps] == ["blocked", "not_reached", "not_reached"]
    assert not found.may_run
    assert step_sentence("en", found.steps[0].reason) == (
        "None of the 3 rows would be left, so the recipe is not applied. Ask less of the rows in this step, or switch it off.")
    before = content(store, "customers")
    with pytest.raises(StepBlocked) as refused:
        done(store, *textbook)
    assert content(store, "customers") == before
    assert "Remove rows with missing values" in error_sentence("en", refused.value)
    assert "一行不剩" in error_sentence("zh", refused.value)


def test_min_max_over_the_original_keeps_the_original_and_says_so(shop):
    (step,) = done(shop, ("scale_min_max", {"columns": ["age"], "overwrite": True})).steps
    assert step.notes == (("original_stays", {"columns": "age (min–max)"}),)
    assert column(shop, "age") == [30, 40, None, 110]


# --- steps that depend, fight, are off -------------------------------------------------------------


def test_a_step_that_is_off_does_nothing_and_the_others_go_on(shop):
    off = Recipe("x", "customers", (Step("fill_constant", {"column": "country", "value": "CH"}, on=False),
                                    Step("fill_median", {"column": "age"})))
    with shop.look() as look:
        assert [step.state for step in dry_run(look, off).steps] == ["off", "done"]


def test_a_renamed_column_is_proposed_and_the_rest_of_the_recipe_runs(shop):
    found = tried(shop, ("fill_constant", {"column": "contry", "value": "CH"}), ("trim", {"columns": ["naem", "name"]}),
                  ("fill_median", {"column": "shoe_size"}))
    assert [(step.state, step.reason) for step in found.steps if step.reason] == [
        ("skipped", ("column_missing", {"column": "contry", "nearest": "country"})),
        ("skipped", ("column_unknown", {"column": "shoe_size"}))]
    assert ("column_missing", {"column": "naem", "nearest": "name"}) in found.steps[1].notes


def test_a_step_before_the_one_that_makes_its_column_is_flagged_and_put_right_by_reordering(shop):
    make, use = Step("scale_min_max", {"columns": ["age"]}), Step("fill_median", {"column": "age (min–max)"})
    wrong, right = Recipe("x", "customers", (use, make)), Recipe("x", "customers", (make, use))
    with shop.look() as look:
        (concern,) = check(wrong, sheet_of(look, "customers"))
        assert (concern.place, concern.reason, concern.facts["place"]) == (1, "made_later", 2)
        assert dry_run(look, wrong).steps[0].reason == ("made_later", {"column": "age (min–max)", "place": 2})
        assert check(right, sheet_of(look, "customers")) == []
        assert [step.state for step in dry_run(look, right).steps] == ["done", "done"]
        off = Recipe("x", "customers", (Step(make.kind, make.settings, on=False), use))
        assert dry_run(look, off).steps[1].reason[0] == "made_by_off"


def test_a_step_whose_change_another_undoes_is_told(shop):
    there, back = {"find": "Bern", "by": "Berne"}, {"find": "Berne", "by": "Bern"}
    steps = (("replace", {"columns": ["city"], **there}), ("replace", {"columns": ["city"], **back}))
    assert tried(shop, *steps).steps[1].notes == (("undoes", {"column": "city", "place": 1, "count": 2}),)
    assert [(fight.place, fight.other_place, fight.reason) for fight in fights(recipe(*steps))] == [
        (1, 2, "replaced_back")]


def test_two_recipes_that_fight_are_told_and_two_that_agree_are_not():
    fill = recipe(("fill_constant", {"column": "country", "value": "CH"}))
    other = recipe(("fill_constant", {"column": "country", "value": "DE"}), ("trim", {"columns": ["name"]}))
    drop = recipe(("drop_missing", {"columns": ["country", "city"]}))
    assert [(fight.column, fight.reason) for fight in fights(fill, other)] == [("country", "both_fill")]
    assert [(fight.column, fight.reason) for fight in fights(drop, fill)] == [("country", "drops_and_fills")]
    assert fights(fill, fill) == []
    assert fights(recipe(("cap_outliers", {"columns": ["age"], "factor": 1})),
                  recipe(("cap_outliers", {"columns": ["age"], "factor": 2})))[0].reason == "settings_differ"
    assert fights(fill, Recipe("x", "orders", other.steps)) == []


# --- as JSON ----------------------------------------------------------------------------------------


def test_a_recipe_goes_to_json_and_back():
    kept = Recipe("每月 export", "customers", (
        Step("trim", {"columns": ["name", "city"]}), Step("fill_constant", {"column": "country", "value": "DE"}, on=False)))
    assert from_json(to_json(kept)) == kept
    assert '"每月 export"' in to_json(kept)


def as_json(*steps, **more):
    return json.dumps({"name": "x", "table": "customers", "steps": list(steps)} | more)


@pytest.mark.parametrize(("text", "error", "told"), [
    ('{"name": "x",', RecipeNotJson, "line 1"),
    ("[]", RecipeFieldMissing, "steps"),
    (as_json(name=""), RecipeFieldMissing, "name"),
    (as_json(table="custmers"), RecipeTableUnknown, "customers"),
    (as_json(table=["a"]), RecipeTableUnknown, "customers"),
    (as_json(table="mappings"), RecipeTableUnknown, "none of that name to clean"),
    (as_json({"step": "trm", "columns": ["name"]}), StepUnknown, "trim"),
    (as_json({"columns": ["name"]}), StepUnknown, "Step 1"),
    (as_json("trim"), StepUnknown, "Step 1"),
    (as_json({"step": "trim"}), SettingMissing, "columns"),
    (as_json({"step": "trim", "columns": []}), SettingMissing, "columns"),
    (as_json({"step": "trim", "columns": ["name"], "colour": "red"}), SettingUnknown, "colour"),
    (as_json({"step": "trim", "columns": "name"}), SettingWrong, "a list of column names"),
    (as_json({"step": "trim", "columns": [1]}), SettingWrong, "a list of column names"),
    (as_json({"step": "trim", "columns": ["name"], "on": "no"}), SettingWrong, "true or false"),
    (as_json({"step": "cap_outliers", "columns": ["age"], "method": "magic"}), SettingWrong, "percentiles"),
    (as_json({"step": "cap_outliers", "columns": ["age"], "factor": True}), SettingWrong, "a number"),
    (as_json({"step": "expect_present", "column": "email", "allowed": 5}), SettingWrong, "0 to 1"),
    (as_json(*[{"step": "trim", "columns": ["name"]}] * 101), TooManySteps, "100"),
    ("[" * 100_000, RecipeNotJson, "line 1"),
])
def test_what_is_wrong_with_a_recipe_is_one_sentence(text, error, told):
    with pytest.raises(error) as refused:
        from_json(text)
    assert told in error_sentence("en", refused.value)
    assert error_sentence("zh", refused.value)


# --- time -------------------------------------------------------------------------------------------


def test_a_regular_expression_that_would_never_end_elsewhere_ends_at_once(store):
    with store.batch("form") as batch:
        batch.add("customers", {"name": "a" * 199 + "!"})
    (step,) = tried(store, ("replace", {"columns": ["name"], "find": "^(a+)+$", "by": "x", "regular": True})).steps
    assert step.state == "nothing"


@pytest.mark.parametrize(("pattern", "reason"), [
    ("(", "pattern_wrong"), ("[z-a]", "pattern_wrong"), ("(?=x)y", "pattern_unsupported"), (r"(a)\1", "pattern_unsupported"),
    ("((a{0,1000}){0,1000}){0,1000}", "pattern_wrong")])
def test_a_pattern_that_cannot_be_used_blocks_with_a_sentence(shop, pattern, reason):
    steps = (("replace", {"columns": ["name"], "find": pattern, "by": "", "regular": True}), ("trim", {"columns": ["name"]}))
    found = tried(shop, *steps)
    assert (found.steps[0].state, found.steps[0].reason[0], found.steps[1].state) == ("blocked", reason, "not_reached")
    with pytest.raises(StepBlocked):
        done(shop, *steps)
    assert tried(shop, steps[1]).rows_before == 4  # the file is as well as before


def test_a_recipe_that_takes_too_long_is_stopped_and_nothing_is_changed(store):
    with store.batch("make") as batch:
        batch.insert("customers", "SELECT 'C' || range AS customer_no, repeat('ab ', 60) AS name FROM range(60000)")
    steps = [("replace", {"columns": ["name"], "find": "(a|b|c)*d", "by": "x", "regular": True})] * 12
    with pytest.raises(RecipeTooSlow), store.batch("recipe") as batch:
        apply(batch, recipe(*steps), limit_s=0.05)
    assert store.revision() == 1


# --- any relation -------------------------------------------------------------------------------------


def test_a_file_is_cleaned_without_a_book(store):
    with store.look() as look:
        look.execute("CREATE TEMP TABLE people AS SELECT * FROM (VALUES (1, ' Ada ', '30.5'), (2, 'Bo', 'n/a')) "
                     "t(id, name, age)")
        told, sheet = run(sheet_of_relation(look, "people"), recipe(
            ("trim", {"columns": ["name"]}), ("convert", {"column": "age", "to": "number"}), table=""))
        assert look.execute(f"SELECT * FROM {sheet.relation} ORDER BY id").fetchall() == [(1, "Ada", 30.5), (2, "Bo", None)]
        assert sheet.columns == {"name": "text", "age": "number"}
        assert [step.cells for step in told.steps] == [{"name": 1}, {"age": 1}]


def test_rows_without_an_id_are_numbered(store):
    with store.look() as look:
        look.execute("CREATE TEMP TABLE people AS SELECT * FROM (VALUES ('x', 'Ada'), ('x', NULL)) t(ID, name)")
        told, sheet = run(sheet_of_relation(look, "people"), recipe(
            ("fill_mode", {"column": "name"}), table=""))
        assert look.execute(f"SELECT * FROM {sheet.relation} ORDER BY id").fetchall() == [(1, "x", "Ada"), (2, "x", "Ada")]
        assert list(sheet.columns) == ["ID (2)", "name"]


def test_own_fields_with_odd_names_are_columns_too(store):
    names = ['a"b', "back\\slash", "dot.ted", "年龄", "Name"]
    with store.batch("form") as batch:
        batch.add("customers", {"name": "Ada", "extra": json.dumps(dict.fromkeys(names, " x  y "))})
    told = done(store, ("trim", {"columns": names[:4]}))
    assert told.steps[0].cells == dict.fromkeys(names[:4], 1)
    assert json.loads(column(store, "extra")[0]) == {**dict.fromkeys(names[:4], "x y"), "Name": " x  y "}


# --- whatever the recipe ---------------------------------------------------------------------------------


def random_recipe(draw: random.Random) -> Recipe:
    texts = ["name", "city", "country", "Loyalty", "Points", "email", "phone", "consent_email", "customer_no", "gone"]
    numbers = ["age", "Points", "age (min–max)"]

    def some(of):
        return draw.sample(of, draw.randint(1, 3))

    makers = [
        lambda: ("trim", {"columns": some(texts)}),
        lambda: ("drop_missing", {"columns": some(texts), "when": draw.choice(["any", "all"])}),
        lambda: ("flag_missing", {"columns": some(texts + numbers)}),
        lambda: ("fill_constant", {"column": draw.choice(texts), "value": draw.choice(["x", "true", " ", "7"])}),
        lambda: ("fill_median", {"column": draw.choice(numbers)}),
        lambda: ("fill_mode", {"column": draw.choice(texts + numbers)}),
        lambda: ("fill_group_median", {"column": "age", "by": draw.choice(texts)}),
        lambda: ("convert", {"column": draw.choice([*texts, *numbers]),
                             "to": draw.choice(["whole", "number", "yes_no", "text"]),
                             "unreadable": draw.choice(["keep", "empty"])}),
        lambda: ("split", {"column": draw.choice(texts), "separator": " ", "into": draw.sample(
            ["first", "last", "city", "Loyalty"], 2)}),
        lambda: ("join", {"columns": some(texts), "into": draw.choice(["label", "note", "company"])}),
        lambda: ("replace", {"columns": some(texts), "find": draw.choice(["a", "e", "@", "2", "^.*$"]),
                             "by": draw.choice(["", "x", "a"]), "regular": draw.random() < 0.5}),
        lambda: ("cap_outliers", {"columns": some(numbers), "method": draw.choice(["iqr", "z", "mad", "percentiles"])}),
        lambda: ("flag_outliers", {"columns": some(numbers)}),
        lambda: (draw.choice(["scale_min_max", "scale_z", "scale_log"]), {"columns": some(numbers)}),
        lambda: ("filter", {"column": draw.choice(texts), "condition": draw.choice(["present", "missing"]),
                            "rows": draw.choice(["keep", "drop"])}),
        lambda: ("expect_unique", {"column": draw.choice(texts), "otherwise": "warn"}),
        lambda: ("expect_present", {"column": draw.choice(texts), "otherwise": draw.choice(["warn", "stop"])}),
    ]
    return Recipe("random", "customers", tuple(
        Step(*draw.choice(makers)(), on=draw.random() < 0.9) for _ in range(draw.randint(1, 6))))


def as_texts(look, sheet) -> dict[int, dict[str, str]]:
    """id → what the row has, by column; as an own field, everything is a text."""
    names = list(sheet.columns)
    listed = ", ".join(f'CAST("{name}" AS VARCHAR)' for name in names)
    rows = look.execute(f"SELECT id, {listed} FROM {sheet.relation}").fetchall()
    return {row[0]: {name: value for name, value in zip(names, row[1:], strict=True) if value is not None}
            for row in rows}


def table(store) -> dict[int, dict[str, str]]:
    with store.look() as look:
        return as_texts(look, sheet_of(look, "customers"))


def test_random_recipes_write_what_they_told_keep_consent_and_are_undone(store):
    draw = random.Random(0)
    cities = ["Bern", " Bern", "Basel ", None, "b"]
    with store.batch("form") as batch:
        batch.add("customers", [
            {"customer_no": f"C-{n}", "name": draw.choice(["Ada  Wong", "Bo", " Cy", None]), "city": draw.choice(cities),
             "country": draw.choice(["CH", "DE", None]), "age": draw.choice([None, 20, 30, 31, 44, 120]),
             "email": draw.choice([None, f"a{n}@x.ch", f"A{n} @x.ch".replace(" ", "")]),
             "consent_email": draw.choice([True, False, None]),
             "extra": draw.choice([None, json.dumps({"Loyalty": draw.choice(["gold", " silver", "yes"]),
                                                     "Points": draw.choice(["3", "30.5", "n/a", "x", "1,5"])})])}
            for n in range(60)])
    before = content(store, "customers")
    opted_out = "SELECT id FROM customers WHERE consent_email = false ORDER BY id"
    ran = 0
    for _ in range(50):
        tried_recipe = random_recipe(draw)
        with store.look() as look:
            told = dry_run(look, tried_recipe, as_of=date(2026, 3, 1))
        with store.cursor() as cursor:
            refusals = cursor.execute(opted_out).fetchall()
        if not told.may_run:
            with pytest.raises(StepBlocked), store.batch("recipe", "random") as batch:
                apply(batch, tried_recipe, as_of=date(2026, 3, 1))
            assert content(store, "customers") == before
            continue
        with store.look() as look:
            _, sheet = run(sheet_of(look, "customers", date(2026, 3, 1)), tried_recipe)
            expected = as_texts(look, sheet)
        with store.batch("recipe", "random") as batch:
            written = apply(batch, tried_recipe, as_of=date(2026, 3, 1))
        assert same(told, written), tried_recipe
        with store.cursor() as cursor:
            assert cursor.execute(opted_out).fetchall() == refusals or told.rows_after < told.rows_before
            assert cursor.execute("SELECT count(*) FROM customers WHERE deleted_at IS NULL").fetchone()[0] == told.rows_after
        assert table(store) == expected, tried_recipe
        if batch.rows:
            ran += 1
            store.undo(batch.number)
        assert content(store, "customers") == before, tried_recipe
    assert ran > 15


# --- words ------------------------------------------------------------------------------------------------


def test_every_step_setting_choice_and_state_has_words():
    known, needed = set(words("en")), set()
    for kind in kinds().values():
        needed |= {f"step.{kind.name}", f"step_help.{kind.name}", f"step_family.{kind.family}"}
        for setting in kind.settings:
            needed |= {f"setting.{setting.name}", f"setting_kind.{setting.kind}"}
            needed |= {f"setting_choice.{setting.name}.{choice}" for choice in setting.choices}
    needed |= {f"step_state.{state}" for state in (
        "done", "nothing", "off", "skipped", "warned", "stopped", "blocked", "not_reached")}
    needed |= {f"recipe_fight.{reason}" for reason in ("settings_differ", "both_fill", "drops_and_fills", "replaced_back")}
    assert needed - known == set()


def test_every_reason_and_note_that_the_code_names_has_words():
    import re

    from tests.conftest import PROJECT

    named = set()
    for path in [*(PROJECT / "crm_core" / "cleaning" / "steps").rglob("*.py"),
                 *(PROJECT / "crm_core" / "cleaning").glob("*.py")]:
        text = path.read_text(encoding="utf-8")
        named |= set(re.findall(r"""Step(?:Skipped|Refused)\(\s*"(\w+)\"""", text))
        named |= set(re.findall(r"""\(\(?"(\w+)", \{"(?:column|columns)":""", text))
    assert len(named) > 20
    assert {name for name in named if f"step_skipped.{name}" not in words("en")
            and f"step_note.{name}" not in words("en")} == set()
