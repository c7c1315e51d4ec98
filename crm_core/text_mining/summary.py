"""A text of the length that is asked for: the sentences of the texts themselves that stand for most of the others."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from crm_core.errors import NothingToSum, SummaryTooShort
from crm_core.text_mining.cleaning import clean
from crm_core.text_mining.dictionary import Dictionary, listed
from crm_core.text_mining.language import language
from crm_core.text_mining.sentences import sentences
from crm_core.text_mining.tokens import NUMBER, tokenise

UNITS = ("sentences", "characters")
MOST_TEXTS = 3_000  # that are read; of more, a sample
MOST_SENTENCES = 2_000  # that are compared, each with each
OF_LITTLE_WEIGHT = 0.5  # a stop word beside a word worth counting: 'is small' and 'is not small' differ
BREVITY = 2 / 3  # how much more a sentence's own words count than those of the sentence it is to stand for: ½ is alike
TOLD = 0.1  # of what another sentence says, squared: from here it is told by a sentence of the summary
SAYS_SOMETHING = 3  # different words worth counting; 'Dear Sir or Madam', 'Best wishes, Anna' have fewer
QUOTABLE = 1_000  # signs: a longer sentence is a pasted log or a table, and is taken only where there is nothing else
OPENING_SENTENCES = 20  # a text so long or shorter tends to open with what it is about


@dataclass(frozen=True)
class Sentence:
    text: str
    row: int  # the text that it stands in, by its place among those given
    start: int  # in the cleaned text
    end: int
    stands_for: float  # share of all sentences that this one tells best of those in the summary
    cut: bool = False  # it was too long, and ends at a word


@dataclass(frozen=True)
class Summary:
    sentences: tuple[Sentence, ...]  # in the order of the texts
    of_sentences: int  # different sentences there are
    of_characters: int  # of these
    texts: int  # different texts that were read
    sampled: bool  # there are more texts or sentences than were read

    @property
    def whole(self) -> bool:
        """The length asked for holds all of it: nothing was left out."""
        return len(self.sentences) == self.of_sentences and not any(sentence.cut for sentence in self.sentences)

    @property
    def text(self) -> str:
        return joined([sentence.text for sentence in self.sentences])


def summarise(texts: Sequence[str], length: int, unit: str = "sentences", own: Dictionary = Dictionary(),  # noqa: B008
              seed: int = 0, progress: Callable[[float], None] = lambda _share: None) -> Summary:
    """At most `length` sentences or characters of the texts, English and Chinese alike.

    Sentences are chosen one after the other so that every sentence of the texts is told as well as possible by one of
    the chosen (facility location, as in Lin and Bilmes 2011; told is the share of words in common, squared, as Tversky
    weighs it: a short sentence that says what many say comes first). Nothing is said twice, and equal texts and
    sentences are read once.

    Raises SummaryTooShort for a length below 1, NothingToSum where no text says anything.
    """
    if unit not in UNITS:
        raise ValueError(unit)
    if length < 1:
        raise SummaryTooShort(length=length)
    rng = np.random.default_rng(seed)
    rows, sampled = _some([row for row, text in enumerate(texts) if isinstance(text, str)], MOST_TEXTS, rng)
    cleaned = {row: clean(texts[row]) for row in rows}
    first = {text: row for row, text in reversed(cleaned.items())}
    rows = [row for row in rows if cleaned[row] and first[cleaned[row]] == row]
    found, seen = [], set()
    for row in rows:
        spans = sentences(cleaned[row])
        for place, (start, end) in enumerate(spans):
            said = cleaned[row][start:end]
            if said.casefold() not in seen and any(sign.isalnum() for sign in said):
                seen.add(said.casefold())
                found.append((said, row, start, end, place, len(spans)))
    if not found:
        raise NothingToSum()
    found, cut_off = _some(found, MOST_SENTENCES, rng)
    progress(0.3)
    tells, says = _tells([said for said, *_ in found], own)
    progress(0.7)
    weight = np.array([_opening(place, of) for *_, place, of in found])
    chinese = np.array([language(said) == "zh" for said, *_ in found])
    chosen, cut = _choose(tells, weight, says, chinese, [len(said) for said, *_ in found], length, unit)
    nearest = np.where(tells[chosen].max(axis=0) >= TOLD, np.argmax(tells[chosen], axis=0), -1)
    told = []
    for place in sorted(chosen, key=lambda place: found[place][1:3]):
        said, row, start, end, *_ = found[place]
        if cut:
            said = _shortened(said, length)
        told.append(Sentence(said, row, start, end, float(np.mean(nearest == chosen.index(place))), cut))
    return Summary(tuple(told), len(found), len(joined([said for said, *_ in found])), len(rows), sampled or cut_off)


def joined(said: Sequence[str]) -> str:
    """Sentences as one text: a blank between them, none after a Chinese sign."""
    text = ""
    for sentence in said:
        text += (" " if text and text[-1].isascii() else "") + sentence
    return text


def _some(items: list, most: int, rng) -> tuple[list, bool]:
    if len(items) <= most:
        return items, False
    return [items[place] for place in np.sort(rng.choice(len(items), most, replace=False))], True


def _opening(place: int, of: int) -> float:
    """What a sentence counts by its place in its text: in a short text the first ones more, in a long one all alike."""
    return 1 + min(1.0, OPENING_SENTENCES / of) / (1 + place)


def _tells(said: list[str], own: Dictionary) -> tuple[np.ndarray, np.ndarray]:
    """How well each sentence (a row) tells each other one (a column), 0 to 1; and which say something: bool."""
    from scipy import sparse

    tokens = tokenise(said, own)
    text = np.repeat(np.arange(len(said)), np.diff(tokens.starts))
    words = tokens.kinds[tokens.ids] <= NUMBER
    ids = tokens.folded[tokens.ids]
    counted = tokens.counted[tokens.ids]
    shape = (len(said), len(tokens.terms))
    has = sparse.csr_matrix((np.ones(words.sum()), (text[words], ids[words])), shape)
    has.data[:] = 1.0
    worth = np.full(shape[1], OF_LITTLE_WEIGHT)
    worth[ids[counted]] = 1.0
    common = (has @ sparse.diags(worth, dtype=float) @ has.T).toarray()
    size = common.diagonal()
    tells = common / np.maximum(BREVITY * size[:, None] + (1 - BREVITY) * size[None, :], 1e-9)
    np.fill_diagonal(tells, 1)
    polite = np.array([term in listed("courtesy") for term in tokens.terms], bool)
    counted &= ~polite[tokens.ids]
    content = sparse.csr_matrix((np.ones(counted.sum()), (text[counted], ids[counted])), shape)
    return tells ** 2, np.diff(content.indptr) >= SAYS_SOMETHING


def _choose(tells, weight, says, chinese, lengths: list[int], length: int, unit: str) -> tuple[list[int], bool]:
    """Which sentences, the best first; and whether even the best has to be cut to fit."""
    lengths = np.array(lengths)
    short = lengths <= QUOTABLE
    open_to = next(some for some in (says & short, short, np.ones(len(says), bool)) if some.any())
    told = np.zeros(len(tells))
    chosen: list[int] = []
    room = length
    while len(chosen) < len(tells):
        fits = np.ones(len(tells), bool) if unit == "sentences" else lengths + bool(chosen) <= room
        fits[chosen] = False
        if not (fits & open_to).any():
            open_to = np.ones(len(says), bool)  # what says little fills what is left
        if not fits.any() or (unit == "sentences" and len(chosen) == length):
            break
        # Texts in two languages have no words in common: each is told by its share of the sentences.
        due = chinese.mean() * (len(chosen) + 1) - chinese[chosen].sum() >= 0.5
        of_language = fits & open_to & (chinese == due)
        gain = weight * (np.maximum(tells, told[None, :]).sum(axis=1) - told.sum())
        best = int(np.argmax(np.where(of_language if of_language.any() else fits & open_to, gain, -1)))
        chosen.append(best)
        told = np.maximum(told, tells[best])
        room -= lengths[best] + (len(chosen) > 1)
    if not chosen:
        gain = weight * tells.sum(axis=1)
        return [int(np.argmax(np.where(open_to & (chinese == (chinese.mean() >= 0.5)), gain, -1)))], True
    return chosen, False


def _shortened(said: str, length: int) -> str:
    """The beginning of a sentence, at most so many signs with the sign that it goes on."""
    if length == 1:
        return "…"
    head = said[:length - 1]
    at_word = head.rstrip() if said[length - 1:length].isspace() else head[:head.rfind(" ") + 1].rstrip()
    return (at_word if len(at_word) * 2 > length else head.rstrip()) + "…"
