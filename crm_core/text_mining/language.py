"""In which language a short message is written, told by its script."""

import re

NONE = "none"  # emoji, numbers, signs only

_SCRIPTS = {
    "zh": re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003134f]"),
    "ja": re.compile("[\u3040-\u30ff]"),
    "ko": re.compile("[\uac00-\ud7af\u1100-\u11ff]"),
    "ru": re.compile("[\u0400-\u052f]"),
    "ar": re.compile("[\u0600-\u06ff\u0750-\u077f]"),
    "he": re.compile("[\u0590-\u05ff]"),
    "th": re.compile("[\u0e00-\u0e7f]"),
    "el": re.compile("[\u0370-\u03ff]"),
    "hi": re.compile("[\u0900-\u097f]"),
}
_LATIN = re.compile("[A-Za-z\u00c0-\u024f]+")


def language(text: str) -> str:
    """The language of a cleaned text: 'zh', 'en', another script's commonest one, or 'none' without letters."""
    counts = {name: len(signs.findall(text)) for name, signs in _SCRIPTS.items()}
    if counts["ja"]:
        return "ja"
    best = max(counts, key=counts.get)
    words = len(_LATIN.findall(text))
    if counts[best] and counts[best] * 0.7 >= words * 0.5:  # a Chinese sign is a little less than a word
        return best
    return "en" if words else best if counts[best] else NONE
