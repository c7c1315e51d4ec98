"""What several concerns look things up in, and none of them owns."""
import tomllib
from functools import cache
from pathlib import Path


@cache
def words_of_choices() -> dict[str, dict[str, str]]:
    """words.toml: of a column, the words (blanks between them) by which other programs and people say each choice."""
    return tomllib.loads((Path(__file__).parent / "words.toml").read_text(encoding="utf-8"))
