"""Say a sentence of ui/words by its key and fill its blanks: this file holds none, it only knows how."""
import re
import string
import tomllib
from datetime import date, datetime
from functools import cache, partial
from numbers import Real
from pathlib import Path

from crm_core.tables import TABLES

WORDS = Path(__file__).parent.parent / "ui" / "words"
LANGUAGES = {"en": "English", "zh": "中文"}


@cache
def words(language: str) -> dict[str, str]:
    """All sentences of a language by dotted key: `[home] title = "Home"` → `home.title`."""
    with (WORDS / f"{language}.toml").open("rb") as file:
        return dict(_flat(tomllib.load(file), ""))


def _flat(tree: dict, before: str):
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", value


def sentence(language: str, key: str, **blanks) -> str:
    """The sentence of a key with its blanks filled; numbers and dates are written as the language writes them."""
    return _Filler(language).vformat(words(language)[key], (), blanks)


def has(key: str) -> bool:
    return key in words("en")


def markdown_safe(text: str) -> str:
    """Text from data as plain text in markdown: a customer's name must not fetch a picture or make a link."""
    escaped = re.sub(r"([\\`*_{}\[\]()#+\-.!|~$:<>&])", r"\\\1", text)
    # Markdown makes links of bare addresses too; an invisible joiner keeps them text.
    return re.sub(r"(@|\\:(?=//)|www(?=\\\.))", "\\1\u2060", escaped)


def number(language: str, value: float, digits: int | None = None) -> str:
    """5000 → 5,000 | 0.5 → 0.5 | 1234.567 → 1,235 (three figures are enough to read)."""
    if digits is None:
        digits = 0 if abs(value) >= 100 or float(value).is_integer() else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f}"


def short_number(language: str, value: float) -> str:
    """1234567 → 1.23M, 123.5万: for key figures."""
    steps = ((1e8, "亿"), (1e4, "万")) if language == "zh" else ((1e9, "B"), (1e6, "M"), (1e4, "k"))
    for size, sign in steps:
        if abs(value) >= size:
            unit = 1e3 if sign == "k" else size
            return f"{value / unit:,.{1 if abs(value) / unit >= 100 else 2 if sign not in ('k', '万') else 1}f}{sign}"
    return number(language, value)


def day(language: str, value) -> str:
    return f"{value.year}年{value.month}月{value.day}日" if language == "zh" else f"{value.day} {value:%b %Y}"


def moment(language: str, value) -> str:
    return f"{day(language, value)} {value:%H:%M}"


class _Filler(string.Formatter):
    """{count} → 5,000 | {count:plural customer|customers} | {share:%} → 12% | {when:day} → 3 Mar 2026"""

    def __init__(self, language: str):
        self.language = language

    def format_field(self, value, spec: str) -> str:
        if spec.startswith("plural "):
            one, many = spec.removeprefix("plural ").split("|")
            return one if value == 1 else many
        if spec == "%":
            return f"{value:.0%}" if abs(value) >= 0.1 or value == 0 else f"{value:.1%}"
        if spec == "short":
            return short_number(self.language, value)
        if spec == "day":
            return day(self.language, value)
        if not spec and isinstance(value, bool):
            return str(value)
        if not spec and isinstance(value, Real):  # numpy's numbers too
            return number(self.language, value)
        if not spec and isinstance(value, datetime):
            return moment(self.language, value)
        if not spec and isinstance(value, date):
            return day(self.language, value)
        return super().format_field(value, spec)


def error_sentence(language: str, error) -> str:
    """What a CrmError says in a language: its class names the sentence, its facts fill the blanks."""
    facts = dict(error.facts)
    table, column = facts.get("table"), facts.get("column")
    if "rule" in facts:
        facts["rule"] = rule_sentence(language, facts["rule"], table, column)
    if table in TABLES:
        facts["table"] = sentence(language, f"table.{table}")
        if column:
            facts["column"] = sentence(language, f"column.{table}.{column}")
    elif column and has(f"column.{column}"):
        facts["column"] = sentence(language, f"column.{column}")
    if facts.get("by") in TABLES:
        facts["by"] = sentence(language, f"table.{facts['by']}")
    if isinstance(facts.get("why"), tuple):  # of a step of a recipe
        facts["why"] = step_sentence(language, facts["why"], table)
        facts["step"] = sentence(language, f"step.{facts['step']}")
    if has(f"setting_kind.{facts.get('expected')}"):
        facts["expected"] = sentence(language, f"setting_kind.{facts['expected']}", choices=facts.get("choices", ""))
    if "limit" in facts:
        facts["limit"] = sentence(language, f"limit.{facts['limit']}")
    if isinstance(facts.get("columns"), (list, tuple)):
        facts["columns"] = ", ".join(
            sentence(language, f"column.{name}") if has(f"column.{name}") else str(name) for name in facts["columns"])
    if has(f"built.kind.{facts.get('kind')}"):  # of a chart that cannot be as it was put together
        facts["kind"] = sentence(language, f"built.kind.{facts['kind']}")
    if "need" in facts:
        facts["need"] = sentence(language, f"built.need.{facts['need']}")
    if has(f"built.measure.{facts.get('measure')}"):
        facts["measure"] = sentence(language, f"built.measure.{facts['measure']}")
    if isinstance(facts.get("known"), tuple) and type(error).__name__.startswith("Chart"):
        facts["known"] = ", ".join(_built_word(language, name) for name in facts["known"])
        facts["name"] = _built_word(language, facts.get("name", ""))
    for name in ("pid", "number", "by", "id"):  # names, not amounts: 12345 and not 12,345
        if isinstance(facts.get(name), int):
            facts[name] = str(facts[name])
    row_rule = "rule" in error.facts and not column
    return sentence(language, "error.RowRuleBroken" if row_rule else f"error.{type(error).__name__}", **facts)


def _built_word(language: str, name: str) -> str:
    """A type, measure, name or data of a chart in words; what has none, such as an own measure, as it is."""
    key = next(
        (key for key in (f"built.{group}.{name}" for group in ("kind", "data", "measure", "by")) if has(key)), ""
    )
    return sentence(language, key) if key else name


def step_sentence(language: str, told: tuple[str, dict], table: str | None = None) -> str:
    """What a step of a recipe says of itself: the reason why it is skipped, warns, stops or is blocked, or a note."""
    key, facts = told[0], dict(told[1])
    if "error" in facts:
        facts["sentence"] = error_sentence(language, facts["error"])
    if has(f"column.{table}.{facts.get('column')}"):
        facts["column"] = sentence(language, f"column.{table}.{facts['column']}")
    for name in ("type", "to"):
        if has(f"step_type.{facts.get(name)}"):
            facts[name] = sentence(language, f"step_type.{facts[name]}")
    if has(f"setting_choice.condition.{facts.get('condition')}"):
        facts["condition"] = sentence(language, f"setting_choice.condition.{facts['condition']}")
    return sentence(language, f"step_skipped.{key}" if has(f"step_skipped.{key}") else f"step_note.{key}", **facts)


def rule_sentence(language: str, rule: str, table: str | None = None, column: str | None = None) -> str:
    """What a rule asks for; for a choice, the choices in words."""
    choices = TABLES[table].column(column).choices if table in TABLES and column else ()
    return sentence(language, f"rule.{rule}", choices=", ".join(
        sentence(language, f"choice.{column}.{choice}") for choice in choices))


def reject_sentence(language: str, reason: str) -> str:
    """Why a cell of a file was rejected: a reason of reading, or `rule.<name>`, a rule of tables.py."""
    return sentence(language, f"reject.{reason}" if has(f"reject.{reason}") else reason)


DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}


def delimiter_name(language: str, sign: str) -> str:
    return sentence(language, f"importing.delimiter_name.{DELIMITERS[sign]}") if sign in DELIMITERS else sign


def told_of_reading(language: str, reading) -> list[str]:
    """What was understood of a file: 'Excel workbook', 'sheet "March" (1 of 3)', 'header in line 4'."""
    say = partial(sentence, language)
    told = [say(f"importing.format.{reading.format}")]
    if reading.member:
        told.append(say("importing.told_member", member=reading.member, of=len(reading.members)))
    if len(reading.sheets) > 1:
        place = str(reading.sheets.index(reading.sheet) + 1)
        told.append(say("importing.told_sheet_of", sheet=reading.sheet, place=place, of=len(reading.sheets)))
    elif reading.sheet:
        told.append(say("importing.told_sheet", sheet=reading.sheet))
    if reading.encoding and reading.format in ("csv", "json"):
        told.append(say(
            "importing.told_encoding_guessed" if reading.encoding_guessed else "importing.told_encoding",
            encoding=reading.encoding))
    if reading.delimiter and reading.format == "csv":
        told.append(say("importing.told_delimiter", delimiter=delimiter_name(language, reading.delimiter)))
    if reading.format not in ("parquet", "json"):
        line = reading.header_line
        told.append(say("importing.told_header", line=str(line)) if line else say("importing.told_no_header"))
    return told


def told_of_result(language: str, result) -> str:
    """What became of a file of the watched folder, in one line."""
    say = partial(sentence, language)
    if result.error and result.outcome == "refused":
        why = error_sentence(language, result.error)
        return say("watching.refused", name=result.name, sentence=why, path=result.moved_to)
    if type(result.error).__name__ == "DemoPresent":
        return say("watching.demo", name=result.name)
    if result.error:
        return say("watching.waiting", name=result.name, sentence=error_sentence(language, result.error))
    if result.outcome == "failed":
        return say("watching.failed", name=result.name)
    if result.outcome == "nothing_new":
        told = say("watching.nothing_new", name=result.name)
    else:
        counts = say("batch.semicolon").join(
            say("importing.done_table", table=say(f"table.{table}"), added=counts["added"], changed=counts["changed"])
            for table, counts in result.tables.items() if counts["added"] or counts["changed"])
        told = say("watching.imported", name=result.name, number=str(result.number), what=counts)
    if result.rejected:
        told += say("watching.rejected", count=result.rejected)
    if result.left_out:
        told += say("watching.left_out", columns=say("batch.comma").join(result.left_out))
    return told
