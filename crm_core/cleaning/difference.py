"""What differs between two texts, sign by sign, so that a preview can mark it: blanks too, and Chinese.

    " Ada  Wong", "Ada Wong"  →  before: [␣ differs]["Ada "][␣ differs]["Wong"], after: ["Ada Wong"]
"""
from dataclasses import dataclass
from difflib import SequenceMatcher

LONGEST = 60  # signs that are shown of a text
ALIKE = 0.4  # texts less alike than this are two texts, not one with a difference
VISIBLE = {" ": "␣", "\u3000": "□", "\u00a0": "␣", "\t": "⇥", "\n": "↵", "\r": "↵", "\u200b": "∅", "\ufeff": "∅"}


@dataclass(frozen=True)
class Piece:
    text: str
    differs: bool = False


def difference(before: str, after: str) -> tuple[list[Piece], list[Piece]]:
    """Both texts in pieces, what differs marked, its blanks made visible; long texts round the difference."""
    before, after = _near(before, after)
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    if before and after and matcher.ratio() < ALIKE:
        return [Piece(before, True)], [Piece(after, True)]
    left, right = [], []
    for what, a, a_end, b, b_end in matcher.get_opcodes():
        for pieces, text in ((left, before[a:a_end]), (right, after[b:b_end])):
            if text:
                _join(pieces, Piece(text) if what == "equal" else Piece(_visible(text), True))
    return left, right


def _join(pieces: list[Piece], piece: Piece) -> None:
    """Add a piece; beside one of its kind it becomes one with it."""
    if pieces and pieces[-1].differs == piece.differs:
        piece = Piece(pieces.pop().text + piece.text, piece.differs)
    pieces.append(piece)


def _visible(text: str) -> str:
    return "".join(VISIBLE.get(sign, sign) for sign in text)


def _near(before: str, after: str) -> tuple[str, str]:
    """Of long texts the part from a little before the first difference on."""
    if max(len(before), len(after)) <= LONGEST:
        return before, after
    same = next((place for place, (a, b) in enumerate(zip(before, after, strict=False)) if a != b),
                min(len(before), len(after)))
    start = max(same - LONGEST // 3, 0)
    return _cut(before, start), _cut(after, start)


def _cut(text: str, start: int) -> str:
    shown = text[start:start + LONGEST]
    return ("…" if start else "") + shown + ("…" if start + LONGEST < len(text) else "")
