"""How the cells of a file are cast: as crm_core/writing.py reads texts."""
from crm_core.writing import (
    LARGEST,
    MISSING,
    NO,
    PLAIN_SIGNS,
    SHORTENED,
    WIDE_SIGNS,
    WORDS,
    YES,
    Numbers,
    decimal_mark,
    email,
    look_at_numbers,
    phone,
    read_choice,
    read_dates,
    read_numbers,
    read_yes_no,
    words_of,
)

__all__ = ["LARGEST", "MISSING", "NO", "PLAIN_SIGNS", "SHORTENED", "WIDE_SIGNS", "WORDS", "YES", "Numbers",
           "decimal_mark", "email", "look_at_numbers", "phone", "read_choice", "read_dates", "read_numbers",
           "read_yes_no", "words_of"]
