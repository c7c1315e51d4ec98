"""In which language a short message is written: by its script, and in Latin letters by the commonest words.

    language("茶到得晚")  →  'zh'      language("Wo ist mein Paket?")  →  'de'      language("👍 10/10")  →  'none'

What is neither English nor Chinese is told so that it can be counted and left aside, not so that it can be read.
"""

import re
import tomllib
from functools import cache
from math import log2

from crm_core.text_mining.dictionary import WORDS

NONE = "none"  # emoji, numbers, signs only
OTHER = "other"  # Latin letters, and no language that is known here

_SCRIPTS = {
    "ko": re.compile("[\uac00-\ud7af\u1100-\u11ff\u3130-\u318f]"),
    "ru": re.compile("[\u0400-\u052f]"),
    "ar": re.compile("[\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufeff]"),
    "he": re.compile("[\u0590-\u05ff]"),
    "th": re.compile("[\u0e00-\u0e7f]"),
    "el": re.compile("[\u0370-\u03ff\u1f00-\u1fff]"),
    "hi": re.compile("[\u0900-\u097f]"),
    "bn": re.compile("[\u0980-\u09ff]"),
    "pa": re.compile("[\u0a00-\u0a7f]"),
    "gu": re.compile("[\u0a80-\u0aff]"),
    "ta": re.compile("[\u0b80-\u0bff]"),
    "te": re.compile("[\u0c00-\u0c7f]"),
    "kn": re.compile("[\u0c80-\u0cff]"),
    "ml": re.compile("[\u0d00-\u0d7f]"),
    "si": re.compile("[\u0d80-\u0dff]"),
    "lo": re.compile("[\u0e80-\u0eff]"),
    "my": re.compile("[\u1000-\u109f]"),
    "ka": re.compile("[\u10a0-\u10ff]"),
    "am": re.compile("[\u1200-\u137f]"),
    "km": re.compile("[\u1780-\u17ff]"),
    "hy": re.compile("[\u0530-\u058f]"),
}
# Languages that share a script with a commoner one, by letters that this has not.
_WITHIN = {"ru": (("uk", "іїєґ"), ("sr", "ђћџљњј")), "ar": (("ur", "ٹڈڑےہ"), ("fa", "پچژگ"))}
_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003134f]+")
# の stands in Chinese shop names too, ツ and ノ in drawn faces.
_KANA = re.compile("[\u3041-\u306d\u306f-\u3096\u30a1-\u30c3\u30c5-\u30cd\u30cf-\u30fa]")
_WORD = re.compile(r"[a-zß-öø-ɏḁ-ỿ¿¡]+(?:['’][a-zß-öø-ɏ]+)*")
_LOANS = frozenset(("café", "cafés", "naïve", "fiancé", "fiancée", "résumé", "cliché", "entrée", "sauté", "décor",
                    "crème", "brûlée", "jalapeño", "piñata", "señor", "façade", "touché", "à", "déjà", "über",
                    "rosé", "purée"))
_STRANGE = 4.3  # bits a letter: four of five English words that no list has stay below it
_NO_WORDS = re.compile(r"(?:https?://|www\.)\S+|[\w.+-]{1,64}@[\w-]{1,64}\.[\w.-]{2,64}|[@#]\w+", re.IGNORECASE)


def language(text: str) -> str:
    """The language of a cleaned text: 'zh', 'en', another by its code, 'other', or 'none' without letters."""
    if text.isascii():
        return _latin(text)
    han = sum(map(len, _HAN.findall(text)))
    kana = len(_KANA.findall(text))
    if kana > 1 and kana > han * 0.1:
        return "ja"
    if han and not kana and len(text) < han * 2:
        return "zh"  # more than half: no need to look for others
    counts = {name: found for name, signs in _SCRIPTS.items() if (found := len(signs.findall(text)))}
    if han:
        counts["zh"] = han
    if not counts:
        return _latin(text)
    best = max(counts, key=counts.get)
    words = _words(text)
    # A Chinese sign is a little less than a word; brand names among Chinese are no English.
    if counts[best] * (0.7 if best == "zh" else 0.2) >= len(words) * 0.5 or not any(
            name == "en" and weight >= 0.5 for word in words for name, weight in _evidence()[0].get(word, ())):
        return next((name for name, letters in _WITHIN.get(best, ()) if any(sign in text for sign in letters)), best)
    return _latin(text)


def _words(text: str) -> list[str]:
    if "@" in text or "#" in text or "www" in text or "://" in text:
        text = _NO_WORDS.sub(" ", text)
    return _WORD.findall(text.lower())


def _latin(text: str) -> str:
    words = _words(text)
    if not words:
        return "en" if any(sign.isalpha() for sign in text) else NONE
    by_word, by_letter, by_end, by_start, by_part = _evidence()
    votes: dict[str, float] = {}
    unknown = []
    for word in words:
        told = by_word.get(word)
        if told is None:
            unknown.append(word)
        else:
            _vote(votes, told)
    english = votes.get("en", 0.0)
    if text.isascii() and english >= 2 and english > 2 * max(
            (vote for name, vote in votes.items() if name != "en"), default=0):
        return "en"
    for word in unknown:
        _vote(votes, _longest(by_end, word, range(-5, -1)))
        _vote(votes, _longest(by_start, word, range(5, 1, -1)))
        for size in (2, 3, 4):
            for place in range(len(word) - size + 1):
                _vote(votes, by_part.get(word[place:place + size], ()))
    for word in words:
        if not word.isascii() and word not in _LOANS:
            for sign in set(word):
                _vote(votes, by_letter.get(sign, ()))
            votes["en"] = votes.get("en", 0.0) - 0.7
    english = votes.get("en", 0.0)
    best = max(votes, key=lambda name: (votes[name], name == "en"), default="en")
    # Most short messages are English here; another language has to show more than one doubtful sign of itself.
    if best != "en" and votes[best] >= english + (0.3 if english > 0 else 0.2):
        return best
    if english < 0.5 and sum(map(len, unknown)) >= 8 and _strangeness(unknown) > _STRANGE:
        return best if best != "en" and votes[best] >= 0.5 else OTHER
    return OTHER if english < 0.3 and len(words) >= 4 else "en"


def _strangeness(words: list[str]) -> float:
    """How little words look like English: the mean surprise of their letters, in bits, after those of English words."""
    bits, of_pair = 0.0, _letters()
    count = 0
    for word in words:
        word = f"^{word}$"
        for place in range(len(word) - 2):
            seen, all_seen = of_pair.get(word[place:place + 2], ({}, 0))
            bits -= log2((seen.get(word[place + 2], 0) + 0.1) / (all_seen + 3))
            count += 1
    return bits / count


@cache
def _letters() -> dict[str, tuple[dict[str, int], int]]:
    """Which letter follows a pair of letters how often, in English words."""
    seen: dict[str, dict[str, int]] = {}
    for word in _english():
        word = f"^{word}$"
        for place in range(len(word) - 2):
            after = seen.setdefault(word[place:place + 2], {})
            after[word[place + 2]] = after.get(word[place + 2], 0) + 1
    return {pair: (after, sum(after.values())) for pair, after in seen.items()}


def _vote(votes: dict[str, float], told: tuple) -> None:
    for name, weight in told:
        votes[name] = votes.get(name, 0.0) + weight


def _longest(table: dict[str, tuple], word: str, lengths: range) -> tuple:
    """What the longest known end (lengths below 0) or beginning of a word tells."""
    for length in lengths:
        if len(word) > abs(length) + 1:
            told = table.get(word[length:] if length < 0 else word[:length])
            if told:
                return told
    return ()


@cache
def _evidence() -> tuple[dict[str, tuple], ...]:
    """What speaks for which language and how much: words, letters, ends and beginnings."""
    told = tomllib.loads((WORDS / "languages.toml").read_text(encoding="utf-8"))
    words = {name: set(about["words"].split()) for name, about in told.items()}
    words["en"] |= {word for word in (WORDS / "stop_en.txt").read_text(encoding="utf-8").split() if word.isalpha()}
    vocabulary = _english()
    found: dict[str, dict[str, float]] = {}
    for name, listed in words.items():
        for word in listed:
            found.setdefault(word, {})[name] = 1.0
    for shares in found.values():
        for name in shares:  # a word of several languages tells less of each
            shares[name] = 1 / len(shares) ** 0.7
    for word in vocabulary - words["en"]:
        found.setdefault(word, {})["en"] = 0.4 if word in found else 0.7
    return ({word: tuple(shares.items()) for word, shares in found.items()}, _shared(told, "letters", 1.2, list),
            _shared(told, "ends", 0.35, str.split), _shared(told, "starts", 0.2, str.split),
            _shared(told, "parts", 0.12, str.split))


def _shared(told: dict, kind: str, weight: float, parts) -> dict[str, tuple]:
    found: dict[str, list[str]] = {}
    for name, about in told.items():
        for part in parts(about.get(kind, "")):
            found.setdefault(part, []).append(name)
    return {part: tuple((name, weight / len(names) ** 0.5) for name in names) for part, names in found.items()}


def _english() -> set[str]:
    """English words beside the commonest: those of VADER's lists of moods and of what emoji show."""
    from importlib.resources import files

    package = files("vaderSentiment")
    lines = package.joinpath("vader_lexicon.txt").read_text(encoding="utf-8").splitlines()
    emoji = package.joinpath("emoji_utf8_lexicon.txt").read_text(encoding="utf-8").splitlines()
    words = {line.split("\t")[0].lower() for line in lines}
    words |= {word for line in emoji for word in re.findall("[a-z]{3,}", line.partition("\t")[2].lower())}
    return {word for word in words if re.fullmatch("[a-z]{3,}", word)}
