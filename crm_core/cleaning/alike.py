"""How alike two records are to the eye, field by field, and how strongly a comparison speaks.

    name  | Ada Wong | Ada Wang   →   similar: Ada W[o]ng | Ada W[a]ng
    phone | 555 01   | 55501      →   same (signs and case aside)
    city  | Bern     |            →   missing
"""
import re
import unicodedata
from dataclasses import dataclass
from difflib import SequenceMatcher

SIMILAR = 0.6  # share of the signs that both have in the same order, from which on two values look alike
LONGEST = 300  # signs of a value that are compared and shown
# How strongly a weight (log2) speaks: 2 bits are four to one, 5 bits thirty-two to one.
STRENGTHS = ((5.0, "strongly_for"), (2.0, "for"), (0.4, "slightly_for"), (-0.4, "nothing"), (-2.0, "slightly_against"),
             (-5.0, "against"))


@dataclass(frozen=True)
class Field:
    column: str
    mark: str  # same, similar, different, missing (on one side)
    left: tuple[tuple[str, bool], ...]  # pieces of the value, and whether the other one has them not
    right: tuple[tuple[str, bool], ...]


def side_by_side(left: dict[str, str], right: dict[str, str]) -> list[Field]:
    """The fields that at least one of two records has, as texts by column; what differs is marked."""
    return [_field(column, left.get(column) or "", right.get(column) or "")
            for column in left if left.get(column) or right.get(column)]


def strength(weight: float) -> str:
    """What a weight (log2) says in a word: 6.2 → strongly_for, -0.1 → nothing."""
    return next((name for least, name in STRENGTHS if weight >= least), "strongly_against")


def _field(column: str, left: str, right: str) -> Field:
    left, right = (text if len(text) <= LONGEST else text[:LONGEST] + "…" for text in (left, right))
    if not left or not right:
        return Field(column, "missing", ((left, False),) if left else (), ((right, False),) if right else ())
    if plainest(left) == plainest(right):
        return Field(column, "same", ((left, False),), ((right, False),))
    matcher = SequenceMatcher(None, left.casefold(), right.casefold(), autojunk=False)
    if len(left) != len(left.casefold()) or len(right) != len(right.casefold()):  # ß becomes ss: places would shift
        matcher = SequenceMatcher(None, left, right, autojunk=False)
    if matcher.ratio() < SIMILAR:
        return Field(column, "different", ((left, False),), ((right, False),))
    pieces = matcher.get_opcodes()
    return Field(column, "similar",
                 tuple((left[i:j], kind != "equal") for kind, i, j, _, _ in pieces if j > i),
                 tuple((right[i:j], kind != "equal") for kind, _, _, i, j in pieces if j > i))


def plainest(text: str) -> str:
    """Letters and digits, full-width ones made usual, without case: Ａda-Wong → adawong."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text).casefold())
