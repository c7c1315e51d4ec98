"""Both languages have the same keys and blanks, and every key that the code says is there."""
import re
import string
from datetime import date, datetime

import pytest

from crm_core import errors
from crm_core.tables import RULES, TABLES
from tests.conftest import PROJECT
from ui import words


def blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def said_in(folder: str) -> set[str]:
    """The keys that stand in say("…") and plain("…") as they are."""
    return {key for path in (PROJECT / folder).rglob("*.py")
            for key in re.findall(r"""\b(?:say|plain)\(\s*"([a-z_.A-Z0-9]+)"[,)]""", path.read_text(encoding="utf-8"))}


def test_both_languages_have_the_same_keys():
    assert set(words.words("en")) == set(words.words("zh"))


def test_both_languages_have_the_same_blanks():
    differ = [key for key, text in words.words("en").items()
              if blanks(text) != blanks(words.words("zh")[key])]
    assert differ == []


def test_no_sentence_is_empty_and_chinese_is_chinese():
    for language in words.LANGUAGES:
        assert [key for key, text in words.words(language).items() if not text.strip()] == []
    same = [key for key, text in words.words("zh").items() if text == words.words("en")[key]
            and re.search(r"[A-Za-z]{3}", re.sub(r"\{[^}]*\}", "", text)) and not key.startswith("hint.")]
    assert same == []


def test_every_key_that_is_said_is_there():
    said = said_in("ui") | said_in("pages") | said_in("crm_core")
    assert said and said - set(words.words("en")) == set()


def test_every_error_column_choice_rule_and_table_has_words():
    known = set(words.words("en"))
    needed = {f"error.{name}" for name, kind in vars(errors).items()
              if isinstance(kind, type) and issubclass(kind, errors.CrmError) and kind is not errors.CrmError}
    needed |= {f"rule.{rule}" for rule in RULES} | {"rule.choice"}
    for table in TABLES.values():
        needed |= {f"table.{table.name}"} | {f"rule.{rule}" for rule, _ in table.rules}
        for column in table.columns:
            needed |= {f"column.{table.name}.{column.name}"} | {f"choice.{column.name}.{choice}" for choice in column.choices}
    assert needed - known == set()


@pytest.mark.parametrize(("language", "key", "given", "told"), [
    ("en", "home.reach", {"customers": 1, "orders": 5000, "days": 30, "as_of": date(2026, 3, 1)},
     "1 customer and 5,000 orders. The figures below cover the 30 days up to 1 Mar 2026"),
    ("zh", "home.reach", {"customers": 1, "orders": 5000, "days": 30, "as_of": date(2026, 3, 1)},
     "共 1 位客户、5,000 笔订单。以下为截至 2026年3月1日 的 30 天"),
])
def test_numbers_and_dates_follow_the_language(language, key, given, told):
    assert words.sentence(language, key, **given).startswith(told)


@pytest.mark.parametrize(("value", "english", "chinese"), [
    (0, "0", "0"), (1234, "1,234", "1,234"), (12345, "12.3k", "1.2万"), (1_234_567, "1.23M", "123.5万"),
    (2.5e9, "2.50B", "25.00亿"), (0.123, "0.12", "0.12"), (-45_000, "-45.0k", "-4.5万")])
def test_key_figures_are_short_in_both_languages(value, english, chinese):
    assert (words.short_number("en", value), words.short_number("zh", value)) == (english, chinese)


def test_an_error_names_its_column_and_rule_in_words():
    error = errors.RuleBroken(table="customers", column="email", rule="email", value="x", rows=1)
    assert words.error_sentence("en", error) == (
        "E-mail: x cannot be kept, because an e-mail looks like name@example.com. Correct it and save again.")
    assert words.error_sentence("zh", errors.RuleBroken(table="customers", column="gender", rule="choice", value="x", rows=1)) == (
        "性别：x 无法保存，应为以下之一：女, 男, 其他。请更正后再保存。")


@pytest.mark.parametrize(("text", "shown"), [
    ("![x](http://a.b) <b>", "\\!\\[x\\]\\(http\\:\u2060//a\\.b\\) \\<b\\>"),
    ("ada@example.com", "ada@\u2060example\\.com"),
    ("www.example.com", "www\u2060\\.example\\.com"),
    ("3 * 4 = 12", "3 \\* 4 = 12"),
])
def test_text_from_data_stays_text_in_markdown(text, shown):
    assert words.markdown_safe(text) == shown


def test_a_moment_is_written_as_the_language_writes_it():
    assert words.moment("en", datetime(2026, 3, 1, 9, 5)) == "1 Mar 2026 09:05"
    assert words.moment("zh", datetime(2026, 3, 1, 9, 5)) == "2026年3月1日 09:05"


@pytest.mark.parametrize("key", [
    "search_cut", "unseen_values", "no_outcome_known", "not_tested_on_later_days", "calibrated_on_customers", "shorter_horizon",
    "season_unseen", "base_rate_drifts", "one_order_each", "nobody_leaves", "no_better_than_mean"])
def test_every_warning_of_a_prediction_has_its_sentence(key):
    assert words.has(f"prediction_warning.{key}")
