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
NEAR = {"swapped", "nickname", "close", "sounds_alike", "pinyin"}  # levels at which values are near by more than signs
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


def near_columns(parts) -> set[str]:
    """The columns that a search found near each other though their signs are far apart: Bob | Robert, Li Na | 李娜.

    Where another comparison of the column says that it is different (Bob Wong | Robert Schmidt) it is not near.
    """
    near = {column for part in parts if part.level in NEAR for column in part.columns}
    return near - {column for part in parts if part.level == "different" for column in part.columns}


def empty_in_one(parts, left: dict[str, str], right: dict[str, str]) -> list:
    """The parts that were not compared because one of two records (texts by column) has nothing there.

    Others were not compared because both have something that tells nothing, such as a surname after swapped names.
    """
    return [part for part in parts if part.level == "missing"
            and any(left.get(column) for column in part.columns) != any(right.get(column) for column in part.columns)]


def strength(weight: float) -> str:
    """What a weight (log2) says in a word: 6.2 → strongly_for, -0.1 → nothing."""
    return next((name for least, name in STRENGTHS if weight >= least), "strongly_against")


def _field(column: str, left: str, right: str) -> Field:
    left, right = (text if len(text) <= LONGEST else text[:LONGEST] + "…" for text in (left, right))
    if not left or not right:
        return Field(column, "missing", ((left, False),) if left else (), ((right, False),) if right else ())
    if plainest(left) == plainest(right):
        return Field(column, "same", ((left, False),), ((right, False),))
    if sorted(_words(left)) == sorted(_words(right)):  # Wong, Ada | Ada Wong: nothing to mark, and yet not the same
        return Field(column, "similar", ((left, False),), ((right, False),))
    matcher = SequenceMatcher(None, left.casefold(), right.casefold(), autojunk=False)
    if len(left) != len(left.casefold()) or len(right) != len(right.casefold()):  # ß becomes ss: places would shift
        matcher = SequenceMatcher(None, left, right, autojunk=False)
    if matcher.ratio() < SIMILAR:
        return Field(column, "different", ((left, False),), ((right, False),))
    return Field(column, "similar", *_marked(left, right, matcher.get_opcodes()))


def _marked(left: str, right: str, steps) -> tuple[tuple, tuple]:
    """The pieces of both values. What agrees for two signs only, between what differs, is no comfort to the eye."""
    rows = [[kind != "equal", left[i:j], right[k:m]] for kind, i, j, k, m in steps]
    for place in range(1, len(rows) - 1):
        if not rows[place][0] and len(rows[place][1]) <= 2:
            rows[place][0] = True
    joined: list[list] = []
    for differs, a, b in rows:
        if joined and joined[-1][0] == differs:
            joined[-1][1] += a
            joined[-1][2] += b
        else:
            joined.append([differs, a, b])
    return (tuple((a, differs) for differs, a, _ in joined if a), tuple((b, differs) for differs, _, b in joined if b))


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold())


def plainest(text: str) -> str:
    """Letters and digits, full-width ones made usual, without case: Ａda-Wong → adawong."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text).casefold())
