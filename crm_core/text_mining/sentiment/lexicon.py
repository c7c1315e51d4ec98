"""Which words carry a mood: VADER's lexicon read from its package, own lists for both languages, the team's own words.

    Words.of(tokens, own)   what each term of some tokens says: its weight, whether it denies, strengthens, turns
"""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from crm_core.text_mining.dictionary import WORDS, Dictionary
from crm_core.text_mining.tokens import EMOJI, PUNCTUATION, WORD_EN, WORD_ZH, Tokens, tokenise

DENIED = -0.74  # what is left of a mood that is denied, as VADER measured it: "not good" is milder than "bad"
STRONGER, WEAKER = 1.3, 0.6

_ENDS = frozenset(".!?。…;")  # a sentence ends
_STOPS = _ENDS | frozenset(",:、()[]{}\"“”~-—|/")  # a part of it ends
_INSIDE = frozenset("不没无未别勿")
_REPEATED = re.compile(r"(.)\1{2,}")


@dataclass(frozen=True)
class Lexicon:
    weights: dict[str, float]  # a single word → its mood
    denied: dict[str, float]  # … → its mood where it is denied
    phrases: dict[tuple[str, ...], tuple[float, float]]  # words in a row → mood, and where denied (NaN: as usual)


@dataclass(frozen=True, eq=False)
class Words:
    """What the terms of some tokens say, one value a term."""

    weight: np.ndarray
    denied: np.ndarray  # the weight where it is denied
    factor: np.ndarray  # what the next word's weight is multiplied by
    negator: np.ndarray
    but: np.ndarray
    although: np.ndarray
    stops: np.ndarray
    ends: np.ndarray
    exclaims: np.ndarray
    asks: np.ndarray
    requests: np.ndarray  # a text with one of these wants something
    courtesy: np.ndarray  # thanks for what is still wanted says little
    cannot: np.ndarray
    enough: np.ndarray
    light: np.ndarray  # not counted where a denial's reach is measured
    phrases: dict[int, tuple[np.ndarray, np.ndarray, np.ndarray]]  # length → ids (k × length), weight, where denied

    @classmethod
    def of(cls, tokens: Tokens, own: Dictionary = Dictionary()) -> "Words":  # noqa: B008
        terms, lexicon = tokens.terms, lexicon_with(own.mood)
        weight = np.array([_weight(term, kind, lexicon.weights)
                           for term, kind in zip(terms, tokens.kinds, strict=True)], np.float32)
        denied = weight * np.float32(DENIED)
        places = {term: place for place, term in enumerate(terms)}
        for term, at_no in lexicon.denied.items():
            if term in places:
                denied[places[term]] = at_no

        def among(some) -> np.ndarray:
            found = np.zeros(len(terms), bool)
            found[[places[word] for word in some if word in places]] = True
            return found

        role = {name: among(words) for name, words in _rules().items()}
        factor = np.ones(len(terms), np.float32)
        factor[role["stronger"]], factor[role["weaker"]] = STRONGER, WEAKER
        sign = np.isin(tokens.kinds, (PUNCTUATION, EMOJI))
        return cls(
            weight, denied, factor, role["negators"], role["but"], role["although"], stops=among(_STOPS) & sign,
            ends=among(_ENDS), exclaims=among({"!"}), asks=among({"?"}), requests=role["requests"],
            courtesy=role["courtesy"], cannot=role["cannot"], enough=among({"enough"}), light=role["light"],
            phrases=_placed(lexicon.phrases, places))


@cache
def lexicon_with(mood: tuple[tuple[str, float], ...] = ()) -> Lexicon:
    """The lists that come along and the team's own mood words, which go before them."""
    plain, denied = _vader(), {}
    for name in ("mood_en", "mood_zh", "mood_signs"):
        for weight, only_denied, words in _listed(name):
            (denied if only_denied else plain).update(dict.fromkeys(words, weight))
    plain.update({word.lower(): weight for word, weight in mood})
    for word, _ in mood:
        denied.pop(word.lower(), None)
    longer = [word for word in dict.fromkeys([*plain, *denied]) if not (word.isascii() and word.isalpha())]
    cut = tokenise(longer)
    phrases = {}
    for row, word in enumerate(longer):
        parts = tuple(cut.terms[cut.ids[cut.starts[row]:cut.starts[row + 1]]])
        if len(parts) > 1:
            phrases[parts] = (plain.get(word, 0.0), denied.get(word, np.nan))
    return Lexicon(plain, denied, phrases)


def _vader() -> dict[str, float]:
    lines = files("vaderSentiment").joinpath("vader_lexicon.txt").read_text(encoding="utf-8").splitlines()
    parted = (line.split("\t") for line in lines if line.strip())
    return {word.lower(): float(weight) for word, weight, *_ in parted}


def _listed(name: str):
    """(weight, whether only where denied, words) a line of an own list."""
    for line in (WORDS / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("#") or not line.strip():
            continue
        head, _, words = line.partition(": ")
        yield (float(head.removeprefix("not ")), head.startswith("not "),
               words.split() if name == "mood_signs" else [word.strip() for word in words.lower().split(",")])


@cache
def _rules() -> dict[str, frozenset[str]]:
    """Role → the words that have it."""
    lines = (WORDS / "mood_rules.txt").read_text(encoding="utf-8").splitlines()
    parted = (line.partition(": ") for line in lines if not line.startswith("#"))
    return {role: frozenset(words.split()) for role, _, words in parted}


def _weight(term: str, kind: int, weights: dict[str, float]) -> float:
    found = weights.get(term)
    if found is not None:
        return found
    if kind == WORD_EN:
        if _REPEATED.search(term):  # looooove
            for left in (r"\1\1", r"\1"):
                if (found := weights.get(_REPEATED.sub(left, term))) is not None:
                    return found
        return weights.get(term[:-2], 0.0) if term.endswith("'s") else 0.0
    if kind == WORD_ZH and len(term) > 1:
        return _inside(term, weights)
    if kind == EMOJI and len(term) > 1:
        return weights.get(term[0], 0.0)  # without its skin and style
    return 0.0


def _inside(term: str, weights: dict[str, float]) -> float:
    """The mood of a longer Chinese word from the longest known ones in it: 服务态度差 …

    A single sign counts only beside signs of degree, as in 太差了: 差 means nothing of the kind in 差旅.
    """
    total, at = 0.0, 0
    while at < len(term):
        for end in range(len(term), at, -1):
            part = term[at:end]
            if part in weights and (end - at > 1 or set(term) - {part} <= _rules()["degree"] | _INSIDE):
                turned = DENIED if at and term[at - 1] in _INSIDE else 1.0
                total, at = total + weights[part] * turned, end
                break
        else:
            at += 1
    return max(-3.5, min(3.5, total))


def _placed(phrases: dict, places: dict[str, int]) -> dict[int, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    found: dict[int, list] = {}
    for parts, (weight, denied) in phrases.items():
        if all(part in places for part in parts):
            found.setdefault(len(parts), []).append(([places[part] for part in parts], weight, denied))
    return {length: (np.array([ids for ids, _, _ in rows], np.int64),
                     np.array([weight for _, weight, _ in rows], np.float32),
                     np.array([weight * DENIED if np.isnan(no) else no for _, weight, no in rows], np.float32))
            for length, rows in found.items()}
