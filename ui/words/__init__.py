"""Every sentence a person reads, once a language: en.toml and zh.toml, said by crm_core/sentences.py."""

from crm_core.sentences import (
    LANGUAGES,
    day,
    error_sentence,
    has,
    markdown_safe,
    moment,
    number,
    reject_sentence,
    sentence,
    short_number,
    step_sentence,
    words,
)

__all__ = [
    "LANGUAGES",
    "day",
    "error_sentence",
    "has",
    "markdown_safe",
    "moment",
    "number",
    "reject_sentence",
    "sentence",
    "short_number",
    "step_sentence",
    "words",
]
