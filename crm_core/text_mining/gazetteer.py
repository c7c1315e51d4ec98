"""Names that are known, found in texts: products, places, people."""

import re
from collections.abc import Iterable

_HAN = re.compile("[\u3400-\u9fff]")
_BEGINNING = re.compile(r"[\u3400-\u9fff]|[^\W_\u3400-\u9fff]+")  # of what may be a name: a Chinese sign, a word


class Gazetteer:
    """What is written → what it stands for; looked up whatever its case, the longest first, whole words only.

    A million names are looked through as quickly as ten: only lengths that a beginning has are tried.
    """

    def __init__(self, pairs: Iterable[tuple[str, str]]):
        self.names: dict[str, str] = {}
        lengths: dict[str, set[int]] = {}
        for written, name in pairs:
            low = written.lower()
            begins = _BEGINNING.match(low)
            if begins and len(low) > 1:
                self.names[low] = name
                lengths.setdefault(begins.group(), set()).add(len(low))
        self.lengths = {begins: sorted(found, reverse=True) for begins, found in lengths.items()}

    def find(self, text: str, capital: bool = False) -> list[tuple[int, int, str]]:
        """Start, end and name of each that stands in a text; with `capital` a Latin one must begin with one."""
        low = text.lower()
        if not self.names or len(low) != len(text):  # 'İ' is two signs in lower case: places would be wrong
            return []
        found, free = [], 0
        for begins in _BEGINNING.finditer(low):
            place = begins.start()
            if place < free or (capital and text[place].islower()):
                continue
            for length in self._lengths(begins.group()):
                name = self.names.get(low[place:place + length])
                if name is not None and _ends(low, place + length):
                    found.append((place, place + length, name))
                    free = place + length
                    break
        return found

    def _lengths(self, word: str) -> list[int]:
        lengths = self.lengths.get(word)
        if lengths is None and word.endswith("s"):  # the plural of a name of one word
            lengths = self.lengths.get(word[:-1])
        return lengths or []


def _ends(low: str, end: int) -> bool:
    """Whether a word ends there; Chinese has no blanks, and a plural is the same product."""
    if end >= len(low) or _HAN.match(low[end - 1]) or not low[end].isalnum() or _HAN.match(low[end]):
        return True
    return low[end] == "s" and (end + 1 == len(low) or not low[end + 1].isalnum())
