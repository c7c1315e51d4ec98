"""Names that are known, found in texts: products, places, people."""

import re
from collections.abc import Iterable

_HAN = re.compile("[\u3400-\u9fff]")
_WORD_START = re.compile("[\u3400-\u9fff]|(?<![^\\W_])[^\\W_]")


class Gazetteer:
    """What is written → what it stands for; looked up whatever its case, the longest first, whole words only."""

    def __init__(self, pairs: Iterable[tuple[str, str]]):
        self.by_start: dict[str, list[tuple[str, str]]] = {}
        for written, name in dict(pairs).items():
            low = written.lower()
            if len(low) > 1:
                self.by_start.setdefault(low[:2], []).append((low, name))
        for known in self.by_start.values():
            known.sort(key=lambda pair: -len(pair[0]))

    def __bool__(self) -> bool:
        return bool(self.by_start)

    def find(self, text: str, capital: bool = False) -> list[tuple[int, int, str]]:
        """Start, end and name of each that stands in a text; with `capital` a Latin one must begin with one."""
        low = text.lower()
        if not self.by_start or len(low) != len(text):  # 'İ' is two signs in lower case: places would be wrong
            return []
        found, free = [], 0
        for start in _WORD_START.finditer(low):
            place = start.start()
            if place < free or (capital and text[place].islower()):
                continue
            for written, name in self.by_start.get(low[place:place + 2], ()):
                end = place + len(written)
                if low.startswith(written, place) and _ends(low, end):
                    found.append((place, end, name))
                    free = end
                    break
        return found


def _ends(low: str, end: int) -> bool:
    """Whether a word ends there; Chinese has no blanks, and a plural is the same product."""
    if end >= len(low) or _HAN.match(low[end - 1]) or not low[end].isalnum() or _HAN.match(low[end]):
        return True
    return low[end] == "s" and (end + 1 == len(low) or not low[end + 1].isalnum())
