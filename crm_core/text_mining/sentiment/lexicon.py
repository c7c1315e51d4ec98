"""Which words carry a mood: VADER's lexicon read from its package, own lists for both languages, the team's own words.

    Words.of(tokens, own)   what each term of some tokens says: its weight, whether it denies, strengthens, turns
"""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from crm_core.text_mining.dictionary import WORDS, Dictionary
from crm_core.text_mining.tokens import EMOJI, LINK, NUMBER, PUNCTUATION, WORD_EN, WORD_ZH, Tokens, tokenise

DENIED = -0.74  # what is left of a mood that is denied, as VADER measured it: "not good" is milder than "bad"
STRONGER, WEAKER = 1.3, 0.6

_NEGATORS = frozenset("""
    no not never none nope nor neither nothing nowhere nobody noone without cannot cant can't dont don't doesnt doesn't didnt
    didn't isnt isn't wasnt wasn't arent aren't werent weren't wont won't wouldnt wouldn't couldnt couldn't shouldnt
    shouldn't hasnt hasn't havent haven't hadnt hadn't aint ain't mustnt mustn't neednt needn't hardly barely scarcely
    rarely seldom unable lack lacks lacked lacking
    不 没 没有 无 未 别 勿 莫 非 不是 并非 并不 并不是 不太 不会 不能 不可 不可以 不够 不想 不敢 不要 不用 不再 不大 不怎么 没能 没什么 没啥
    没怎么 毫无 毫不 从不 从未 从没 绝不 难以 缺乏 缺少 无法 未能 尚未 谈不上 算不上 称不上 远非 不算 不曾 未必 不见得 决不 不像 不如""".split())
_STRONGER = frozenset("""
    very really so extremely absolutely totally completely incredibly super truly highly especially particularly insanely
    utterly seriously ridiculously exceptionally remarkably thoroughly damn fucking freaking friggin hella such
    很 非常 特别 十分 太 超 超级 极 极其 极为 相当 真 真的 真心 实在 最 更 挺 蛮 尤其 格外 异常 万分 无比 好 老 巨 贼 忒 倍 超乎 更加 确实 简直 绝对""".split())
_WEAKER = frozenset("""
    slightly somewhat kinda sorta partly fairly little bit marginally occasionally relatively mildly almost less
    有点 有些 稍 稍微 略 略微 比较 还算 多少 有点儿 些许 稍稍 较 偶尔""".split())
_BUT = frozenset("but however nevertheless nonetheless otherwise except yet still 但 但是 可是 不过 然而 却 可 只不过 反而 偏偏 其实 倒是".split()
                 ) - {"yet", "still", "except", "可"}
_ALTHOUGH = frozenset("although though despite while whereas except 虽然 虽 尽管 虽说 固然 即使 除了 除".split())
_CANNOT = frozenset({"cannot", "cant", "can't", "couldn't", "couldnt"})
_REQUESTS = frozenset("? please pls plz kindly could 请 请问 麻烦 能否 可否 是否 吗".split())
_COURTESY = frozenset("thank thanks thx ty cheers appreciate appreciated grateful 谢谢 多谢 感谢 谢谢您 谢谢你们".split())
_LIGHT = frozenset("""
    a an the it its it's is are was were be been being to of in on at that this these those very really so too any all
    ever even i you we they he she my your our their as think thought feel find found seem seems seemed look looks have has
    had do does did would will could can get 的 地 得 了 是 有 很 太 那么 这么 觉得 感觉 什么 任何 一点 非常 特别 怎么 再 还 会 能 过 到 都 让 我 你 他 它 是否""".split())
_ENDS = frozenset(".!?。…;")  # a sentence ends
_STOPS = _ENDS | frozenset(",:、()[]{}\"“”~-—|/")  # a part of it ends
_SINGLE_MAY_STAND = frozenset("很太真好挺超最更特别非常极老巨的了啊呀吧哦哈呢吗啦嘛又且较略偏蛮得地")
_INSIDE = frozenset("不没无未别勿")
_REPEATED = re.compile(r"(.)\1{2,}")


@dataclass(frozen=True)
class Lexicon:
    weights: dict[str, float]  # a single word → its mood
    denied: dict[str, float]  # … → its mood where it is denied
    phrases: dict[tuple[str, ...], tuple[float, float]]  # words one after the other → mood, mood where denied (NaN: as usual)


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
    phrases: dict[int, tuple[np.ndarray, np.ndarray, np.ndarray]]  # length → term ids (k × length), weight, where denied

    @classmethod
    def of(cls, tokens: Tokens, own: Dictionary = Dictionary()) -> "Words":  # noqa: B008
        terms, lexicon = tokens.terms, lexicon_with(own.mood)
        weight = np.array([_weight(term, kind, lexicon.weights) for term, kind in zip(terms, tokens.kinds, strict=True)],
                          np.float32) if len(terms) else np.zeros(0, np.float32)
        denied = weight * np.float32(DENIED)
        places = {term: place for place, term in enumerate(terms)}
        for term, at_no in lexicon.denied.items():
            if term in places:
                denied[places[term]] = at_no

        def among(*words: frozenset) -> np.ndarray:
            found = np.zeros(len(terms), bool)
            found[[places[word] for some in words for word in some if word in places]] = True
            return found

        factor = np.ones(len(terms), np.float32)
        factor[among(_STRONGER)] = STRONGER
        factor[among(_WEAKER)] = WEAKER
        sign = np.isin(tokens.kinds, (PUNCTUATION, EMOJI))
        return cls(weight, denied, factor, among(_NEGATORS), among(_BUT), among(_ALTHOUGH), among(_STOPS, _BUT) & (sign | among(_BUT)),
                   among(_ENDS), among(frozenset("!")),
                   among(frozenset("?")), among(_REQUESTS), among(_COURTESY), among(_CANNOT), among(frozenset({"enough"})), among(_LIGHT), _placed(lexicon.phrases, places))


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
            if part in weights and (end - at > 1 or set(term) - {part} <= _SINGLE_MAY_STAND | _INSIDE):
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
    return {length: (np.array([ids for ids, _, _ in rows], np.int64), np.array([weight for _, weight, _ in rows], np.float32),
                     np.array([weight * DENIED if np.isnan(no) else no for _, weight, no in rows], np.float32))
            for length, rows in found.items()}


__all__ = ["DENIED", "LINK", "NUMBER", "Lexicon", "Words", "lexicon_with"]
