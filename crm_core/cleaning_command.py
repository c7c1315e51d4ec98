"""Clean a table from a shell or a scheduler: a recipe in a file, or one that is kept in the book.

python -m crm_core clean monthly.json --dry-run
python -m crm_core clean "Monthly export" --table customers
"""
from dataclasses import replace
from pathlib import Path

from crm_core.cleaning import Recipe, apply, dry_run, fights, from_json
from crm_core.cleaning.caution import loses_many
from crm_core.cleaning.recipe import CLEANED_TABLES
from crm_core.errors import RecipeNotJson, RecipeUnknown
from crm_core.sentences import has, step_sentence

EXAMPLES = 3


def add_command(commands, common, say, opened) -> None:
    """The command `clean`. `opened(chosen)` opens the book."""
    parser = commands.add_parser("clean", parents=[common], help=say("clean_command.help"), say=say)
    parser.add_argument("recipe", metavar="RECIPE", help=say("clean_command.recipe_help"))
    parser.add_argument("--table", choices=CLEANED_TABLES, metavar="TABLE", help=say("clean_command.table_help"))
    parser.add_argument("--dry-run", action="store_true", help=say("command.dry_run_help"))
    parser.set_defaults(work=lambda chosen, say: clean(chosen, say, opened))


def clean(chosen, say, opened) -> int:
    """0 where the recipe was applied (or could be), 1 where a step stands in the way: it is named."""
    file = Path(chosen.recipe)
    recipe = _read(file) if file.is_file() else None  # what is wrong with a file is said before a database is opened
    book = opened(chosen)
    try:
        recipe = recipe or _kept(book, chosen.recipe)
        recipe = replace(recipe, table=chosen.table or recipe.table or "customers")
        if chosen.dry_run:
            with book.look() as look:
                told = dry_run(look, recipe, sample=EXAMPLES, as_of=book.clock().date())
            print(say("clean_command.would", name=recipe.name))
        else:
            with book.batch("clean", recipe.name) as batch:
                told = apply(batch, recipe, as_of=batch.at.date(), sample=EXAMPLES)
            print(say("clean_command.done", name=recipe.name, number=str(batch.number)) if batch.rows
                  else say("clean_command.nothing", name=recipe.name))
    finally:
        book.close()
    _show(told, recipe, say)
    if not told.may_run:
        print(say("clean_command.may_not_run"))
        return 1
    return 0


def _read(file: Path) -> Recipe:
    try:
        return from_json(file.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise RecipeNotJson(line=1, sign=error.start + 1) from error


def _kept(book, name: str) -> Recipe:
    with book.cursor() as cursor:
        found = cursor.execute("SELECT steps FROM recipes WHERE name = $name AND deleted_at IS NULL",
                               {"name": name}).fetchone()
    if not found:
        raise RecipeUnknown(name=name)
    return from_json(found[0])


def _show(told, recipe: Recipe, say) -> None:
    def label(column: str) -> str:
        key = f"column.{recipe.table}.{column}"
        return say(key) if has(key) else column

    for place, (step, tried) in enumerate(zip(recipe.steps, told.steps, strict=True), 1):
        facts = {"place": str(place), "step": say(f"step.{step.kind}"), "state": say(f"step_state.{tried.state}")}
        leaving = tried.rows_before - tried.rows_after
        if leaving:
            print(say("clean_command.step_leaving", rows=leaving, **facts))
        elif tried.rows_changed:
            print(say("clean_command.step", rows=tried.rows_changed, cells=sum(tried.cells.values()), **facts))
        else:
            print(say("clean_command.step_quiet", **facts))
        if loses_many(tried):
            print(say("clean_command.detail", what=say("recipe_page.many_leave")))
        for what in ([tried.reason] if tried.reason else []) + list(tried.notes):
            print(say("clean_command.detail", what=step_sentence(say.language, what, recipe.table)))
        for example in tried.examples.head(EXAMPLES).itertuples(index=False) if tried.examples is not None else ():
            key = "clean_command.example_leaving" if example.after is None else "clean_command.example"
            print(say(key, column=label(example.column), id=str(example.id), before=example.before,
                      after=example.after or ""))
    for fight in fights(recipe):
        print(say(f"recipe_fight.{fight.reason}", place=str(fight.place), other=str(fight.other_place),
                  column=label(fight.column)))
    print(say("clean_command.rows", before=told.rows_before, after=told.rows_after))
