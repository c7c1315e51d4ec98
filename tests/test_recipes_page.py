"""docs/recipes.md names every step with its settings, and its example is a recipe."""
import re

from crm_core.cleaning import from_json, kinds
from crm_core.sentences import sentence
from tests.conftest import PROJECT

PAGE = (PROJECT / "docs" / "recipes.md").read_text(encoding="utf-8")


def line(kind) -> str:
    """How a step stands in the page's table: in brackets what may be left out, with what then holds."""
    told = []
    for setting in kind.settings:
        name = f"`{setting.name}`" + (f" {' / '.join(setting.choices)}" if setting.choices else f" {setting.kind}")
        if not setting.needed or setting.default is not None:
            default = "" if setting.default in (None, "", [], {}) else f" = {setting.default}"
            name = f"[{name}{default}]"
        told.append(name)
    return f"| `{kind.name}` | {', '.join(told)} | {sentence('en', f'step_help.{kind.name}')} |"


def test_every_step_stands_in_the_table_with_its_settings():
    assert [line(kind) for kind in kinds().values() if line(kind) not in PAGE] == []


def test_the_example_is_a_recipe():
    example = re.search(r"```json\n(.+?)```", PAGE, re.DOTALL).group(1)
    assert [step.kind for step in from_json(example).steps][:2] == ["trim", "fill_constant"]
