"""From what somebody typed into one box to what the queries search_*.sql look for.

    'Wong BERN'          → words wong, bern
    ' ada@Example.com '  → words ada@example.com
    '+49 (151) 555-1234' → the telephone number that ends in 515551234
    '王 芳'              → words 王, 芳: a name is found with and without a blank inside
"""
import re
import unicodedata
from dataclasses import dataclass

GROUPS = ("customers", "orders", "products", "opportunities", "service_requests", "campaigns", "communications")
WORDS = 4  # more words than these are one phrase with the last
_CHINESE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_PHONE = re.compile(r"[+(]?[0-9][0-9 ()/.\-]*")


@dataclass(frozen=True)
class Sought:
    """What is looked for, in small letters and plain signs."""

    text: str  # all that was typed, blanks between words made one
    words: tuple[str, ...]  # each must be found in the row, in any of its columns
    digits: str  # a telephone number's digits, or '' where the text is none
    has_case: bool  # whether small and capital letters can differ

    @property
    def parameters(self) -> dict:
        """What the queries search_*.sql ask for; they look for the longest word first, as it is the rarest."""
        words = sorted(self.words, key=len, reverse=True)
        first, second, third, fourth = (*words, *[""] * (WORDS - len(words)))
        return {"text": self.text, "digits": self.digits, "key": self.digits[-9:], "has_case": self.has_case,
                "has_digit": any(sign.isdigit() for sign in self.text), "first": first, "second": second,
                "third": third, "fourth": fourth, "pattern": f"(?i){re.escape(first)}",
                "caseless": max(re.split("[a-z]|[^\x00-\x7f]", self.text), key=len)}


def understood(typed: str) -> Sought | None:
    """What a text asks for; None where it is too short to tell one row from another.

    Two letters or digits are enough, and one Chinese sign.
    """
    text = " ".join(unicodedata.normalize("NFKC", typed).lower().split())
    if len(text) < 2 and not _CHINESE.search(text):
        return None
    digits = re.sub("[^0-9]", "", text) if _PHONE.fullmatch(text) else ""
    return Sought(text=text, words=tuple(text.split(" ", WORDS - 1)), digits=digits if len(digits) >= 4 else "",
                  has_case=text != text.upper())


def query_for(group: str, sought: Sought) -> str | None:
    """The query that looks through a group; None where no row of it can hold what is looked for.

    Ten million order numbers are not read for a name.
    """
    if group == "customers" and sought.digits:
        return "search_customers_by_phone"
    is_number = any(sign.isdigit() for sign in sought.text) and len(sought.text) >= 3 and "@" not in sought.text
    return f"search_{group}" if group != "orders" or is_number else None


def quoted(text: str, sought: Sought, before: int = 16, after: int = 72) -> str:
    """The part of a long text in which the first word stands, near its beginning: '… the teapot arrived broken …'."""
    flat = " ".join(text.split())
    found = flat.lower().find(sought.words[0])
    start, end = max(0, found - before), max(found, 0) + len(sought.words[0]) + after
    return ("… " if start else "") + flat[start:end].strip() + (" …" if end < len(flat) else "")
