"""Keyphrases against what a text is known to be about: FILE.csv with `text` and `reference`.

`reference` holds one phrase or several (parted by ; | , or a new line). A found phrase hits a reference when the one
has all words of the other, by their stems; Chinese when the one stands within the other. hit1: the first phrase hits;
hit5: one of the first five; recall10: the share of the references that one of the first ten hits; hit1_exact: the
first phrase has just the words of a reference. Peers get the same texts and the same rule.
"""
import re
from collections import Counter
from time import perf_counter

from benchmarks.measure import peak_mb, reset_peak
from benchmarks.text_rows import rows_of
from crm_core.text_mining.keyphrases import keyphrases

PHRASES = 10
_HAN = re.compile("[\u3400-\u9fff]+")
_WORD = re.compile(r"[^\W\d_\u3400-\u9fff]+")


def add_arguments(job) -> None:
    """Nothing beside what every job takes."""


def run(chosen) -> dict:
    found = rows_of(chosen, "reference")
    texts = list(found.text)
    references = [[part.strip() for part in re.split(r"[;|,\n；，、]", reference) if part.strip()]
                  for reference in found.reference]
    answer = measured(lambda text: list(keyphrases([text], PHRASES).phrase), texts, references)
    if chosen.peers:
        answer["peers"] = {name: measured(peer(texts), texts, references) if peer else None
                           for name, peer in (("frequency", lambda _: frequency), ("class_tf_idf", class_tf_idf),
                                              ("textrank", lambda _: textrank), ("yake", yake_or_none()))}
    return answer


def measured(way, texts: list[str], references: list[list[str]]) -> dict:
    way(texts[0])  # dictionaries are loaded
    reset_peak()
    started = perf_counter()
    answers = [way(text) for text in texts]
    seconds = perf_counter() - started
    hit1 = hit5 = exact = recall = 0.0
    for phrases, wanted in zip(answers, references, strict=True):
        hit1 += any(hits(phrase, reference) for phrase in phrases[:1] for reference in wanted)
        hit5 += any(hits(phrase, reference) for phrase in phrases[:5] for reference in wanted)
        exact += any(units(phrase) == units(reference) for phrase in phrases[:1] for reference in wanted)
        recall += sum(any(hits(phrase, reference) for phrase in phrases[:10]) for reference in wanted) / len(wanted)
    rows = len(texts)
    return {"texts": rows, "hit1": round(hit1 / rows, 4), "hit5": round(hit5 / rows, 4),
            "recall10": round(recall / rows, 4), "hit1_exact": round(exact / rows, 4), "seconds": round(seconds, 3),
            "texts_per_s": round(rows / seconds, 1), "peak_mb": peak_mb()}


def units(phrase: str) -> tuple[frozenset[str], str]:
    from nltk.stem.snowball import EnglishStemmer

    stem = EnglishStemmer().stem
    return frozenset(stem(word) for word in _WORD.findall(phrase.lower())), "".join(_HAN.findall(phrase))


def hits(phrase: str, reference: str) -> bool:
    (words, han), (wanted, wanted_han) = units(phrase), units(reference)
    if not (words or han) or not (wanted or wanted_han):
        return False
    return (words <= wanted and han in wanted_han) or (wanted <= words and wanted_han in han)


# --- peers, as they come ----------------------------------------------------------------------------------------------


def words_of(text: str) -> list[str]:
    from crm_core.text_mining.tokens import tokenise

    tokens = tokenise([text])
    return [tokens.terms[tokens.folded[word]] for word in tokens.ids if tokens.counted[word]]


def frequency(text: str) -> list[str]:
    return [word for word, _ in Counter(words_of(text)).most_common(PHRASES)]


def class_tf_idf(texts: list[str]):
    """Each row of the file as a class."""
    from math import log

    rows = {text: Counter(words_of(text)) for text in texts}
    every = Counter()
    for row in rows.values():
        every.update(row)
    mean = sum(every.values()) / len(rows)

    def best(text: str) -> list[str]:
        own = rows[text]
        return sorted(own, key=lambda word: -own[word] * log(1 + mean / every[word]))[:PHRASES]

    return best


def textrank(text: str, window: int = 4, damping: float = 0.85) -> list[str]:
    """Mihalcea and Tarau's: PageRank over words that stand within four of each other."""
    import numpy as np

    line = words_of(text)
    names = list(dict.fromkeys(line))
    if not names:
        return []
    place = {word: at for at, word in enumerate(names)}
    near = np.zeros((len(names), len(names)))
    for at, word in enumerate(line):
        for other in line[at + 1:at + window]:
            if other != word:
                near[place[word], place[other]] += 1
                near[place[other], place[word]] += 1
    out = near.sum(axis=0)
    near = near / np.where(out > 0, out, 1)
    rank = np.full(len(names), 1 / len(names))
    for _ in range(50):
        rank = (1 - damping) / len(names) + damping * near @ rank
    return [names[at] for at in np.argsort(-rank, kind="stable")[:PHRASES]]


def yake_or_none():
    try:
        import yake
    except ImportError:
        return None
    return lambda _texts: lambda text: [
        phrase for phrase, _ in yake.KeywordExtractor(lan="zh" if _HAN.search(text) else "en", top=PHRASES)
        .extract_keywords(text)]
