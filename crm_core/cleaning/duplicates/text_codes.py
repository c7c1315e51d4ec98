"""Model numbers in titles: two products of one make and kind are told apart by them, and by hardly anything else.

Sony DSC-W120 Camera | Sony Cyber-shot DSCW120 → exact    DSCW120 | DSCW120P → close    DSCW120 | DSCW110 → different
"""

import re
import unicodedata
from collections import Counter

import numpy as np
import pandas as pd

CODES = "codes"  # what the comparison is called
SHORTEST, SHORTEST_OF_ONE_KIND = 4, 6  # signs: `F360` is a code, `1250` is no more than a number
RAREST = 4  # a code stands in at most so many records, or in
SHARE = 0.002  # this share of them: 1250W, 120GB are no codes
LEAST_CODED = 0.5  # share of the records that must have one: elsewhere a digit is a digit
BEFORE = (-6.0, 0.0, 2.0, 6.0)  # bits to begin with: a model number is there to tell models apart

_PARTS = re.compile(r"[^\W_]+")


class Codes:
    """The codes of all records, ready to be compared row with row; as text_columns.Column."""

    def __init__(self, texts: pd.Series):
        found = [codes(text) for text in texts]
        self.counted = Counter(code for row in found for code in row)
        most = max(RAREST, SHARE * len(found))
        self.codes = [{code for code in row if self.counted[code] <= most} for row in found]
        # The rarest is the model's own; of several the longest.
        self.own = [min(row, key=self._rarity, default="") for row in self.codes]

    def _rarity(self, code: str) -> tuple:
        return (self.counted[code], -len(code), code)

    @property
    def useful(self) -> bool:
        return bool(self.own) and sum(map(bool, self.own)) >= LEAST_CODED * len(self.own)

    def levels(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """The level of each pair of rows: 0 different, 1 similar, 2 close, 3 exact, −1 missing."""
        found = map(self._level, a.tolist(), b.tolist())
        return np.fromiter(found, int, len(a))

    def _level(self, one: int, two: int) -> int:
        mine, other = self.own[one], self.own[two]
        if not mine or not other:
            return -1
        if mine in self.codes[two] or other in self.codes[one]:
            return 3
        if any(code.startswith(mine) or mine.startswith(code) for code in self.codes[two]):
            return 2
        if any(code.startswith(other) or other.startswith(code) for code in self.codes[one]):
            return 2
        return 1 if self.codes[one] & self.codes[two] else 0


def codes(text) -> set[str]:
    """Words with digits, however their parts are set; words in capitals where the rest is not: `LCS-TWA`."""
    if text is None or text != text:
        return set()
    text = unicodedata.normalize("NFKC", str(text))
    shouted = sum(sign.isupper() for sign in text) > 0.6 * max(sum(sign.isalpha() for sign in text), 1)
    found = set()
    for piece in text.split():
        word = "".join(_PARTS.findall(piece))
        if len(word) < SHORTEST or not word.isascii():
            continue
        digits, signs = any(map(str.isdigit, word)), any(map(str.isalpha, word))
        if (digits and (signs or len(word) >= SHORTEST_OF_ONE_KIND)) or (
            word.isupper() and not shouted and len(word) >= SHORTEST_OF_ONE_KIND
        ):
            found.add(word.lower())
    return found
