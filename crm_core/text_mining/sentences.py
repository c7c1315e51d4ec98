"""Where sentences begin and end, English, Chinese or both in one text.

    sentences("It's $9.50, Mr. Li said. 太贵了！退货。")
    →  [(0, 24), (25, 29), (29, 32)]        text[0:24] is "It's $9.50, Mr. Li said."
"""

import re

from crm_core.text_mining.dictionary import listed

_CLOSERS = "\"'”’»)\\]）】」』》〉〕"
_EMOJI = "\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff\ufe0f\u200d"
_HAN = "\u3400-\u9fff\uf900-\ufaff"
# What may end a sentence, with whatever belongs to its end; addresses are passed over as a whole.
_ENDS = re.compile(
    rf"(?P<address>(?:https?://|www\.)[^\s{_HAN}]*[^\s{_HAN}.,;:!?…)]|(?<![A-Za-z0-9_.+-])[A-Za-z0-9_.+-]{{1,64}}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)"
    rf"|(?P<end>(?P<sign>[。！？!?.…｡]+)[{_CLOSERS}]*(?:[ \t]*[{_EMOJI}]+)*)"
    r"|(?P<line>\n+)")
_WORD_BEFORE = re.compile(r"[^\W\d_]+(?:\.[^\W\d_]+)*$|\d+$")
_HAN_SIGN = re.compile(f"[{_HAN}]")


def sentences(text: str) -> list[tuple[int, int]]:
    """Start and end of each sentence of a cleaned text, without blanks round it; what has no end is one sentence."""
    found, start = [], 0
    for mark in _ENDS.finditer(text):
        if mark["line"] or (mark["end"] and _ends(text, mark)):
            _keep(found, text, start, mark.start() if mark["line"] else mark.end())
            start = mark.end()
    _keep(found, text, start, len(text))
    return found


def _keep(found: list, text: str, start: int, end: int) -> None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start == end:
        return
    # Signs alone ('!!!' on a line of its own, '1.' before its item) belong to a neighbour, not to nobody.
    if found and not any(sign.isalnum() for sign in text[start:end]) and "\n" not in text[found[-1][1]:start]:
        found[-1] = (found[-1][0], end)
    else:
        found.append((start, end))


def _ends(text: str, mark: re.Match) -> bool:
    sign, after = mark["sign"], text[mark.end():mark.end() + 2]
    following = text[mark.end():mark.end() + 40].lstrip()
    if any(stop in sign for stop in "。！？｡!?"):
        return True
    if not following:
        return True
    before = text[max(0, mark.start() - 40):mark.start()]
    chinese = bool(before and _HAN_SIGN.match(before[-1])) or bool(_HAN_SIGN.match(following[0]))
    if len(sign) > 1 or sign == "…":  # '...' goes on where a small letter follows
        return not following[0].islower()
    if mark.end() == mark.start() + 1 and not after[0].isspace():
        # 'late.Will buy' lacks its blank; 'booking.com', '9.50', 'U.S.A' do not.
        missing = before[-2:].islower() and before[-2:].isalpha() and after[0].isupper() and not after[1:2].isupper()
        return missing or (chinese and not after[0].isdigit())
    word = _WORD_BEFORE.search(before)
    word = word.group() if word else ""
    if word.isdigit():  # '1. First' at the head of a line numbers it
        head = before[:len(before) - len(word)]
        return not (len(word) <= 2 and (head.endswith("\n") or (not head and mark.start() == len(word))))
    if len(word) == 1 and word.isupper() and word != "I" and following[0].isupper():  # J. Smith
        return False
    low = word.lower()
    if low in listed("abbreviations_numbers_en") and following[0].isdigit():
        return False
    if low in listed("abbreviations_ending_en"):
        return following[0].isupper() or bool(_HAN_SIGN.match(following[0]))
    if "." in word and len(word.replace(".", "")) <= 4:  # U.S. went on; a.m. The next
        return low not in listed("abbreviations_en") and following[0].isupper()
    return low not in listed("abbreviations_en")
