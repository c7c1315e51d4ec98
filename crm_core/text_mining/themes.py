"""What customers do after they have spoken of something, beside like conversations in which it was not spoken of.

Nothing here is a cause: who writes about broken cups may differ from others in ways that no table shows.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm_core.errors import TooFewConversations
from crm_core.text_mining.conversations import LEFT, OUTCOMES, Conversations, Followed
from crm_core.text_mining.corpus import Corpus

FEWEST = 20  # customers who spoke of a theme, below which nothing is told of it
FEWEST_EXPECTED = 5.0  # conversations in which a yes (and a no) would be expected by chance
MOST_SHARE = 0.5  # of all conversations: what everybody says tells nothing apart
MOST_WORDS = 300  # of a language, words and pairs of words
SAME = 0.9  # of the conversations with either: two themes that are one
FALSE_SHARE = 0.05  # of the findings that may be chance
NORMAL_95 = 1.959964
COLUMNS = ["name", "conversations", "customers", "rate", "like_rate", "times", "low", "high", "p"]


@dataclass(frozen=True, eq=False)
class Themes:
    names: tuple[str, ...]
    said: object  # CSR matrix, messages × themes: 1 where a message speaks of a theme


@dataclass(frozen=True, eq=False)
class Told:
    """What goes with themes."""

    found: pd.DataFrame  # a row a theme and outcome, the surest first; its columns are told at `beside`
    conversations: int  # that were compared
    customers: int
    themes: int  # that were looked at
    horizon_days: int

    def findings(self, outcome: str) -> pd.DataFrame:
        """What is unlikely to be chance: of all findings at most one in twenty is expected to be."""
        return self.found[(self.found.outcome == outcome) & (self.found.q <= FALSE_SHARE)]


def themes_of(flags: Mapping[str, np.ndarray]) -> Themes:
    """Themes of any kind, by name: a boolean a message (a topic, a mood, a class, a category)."""
    from scipy import sparse

    columns = [sparse.csc_matrix(np.asarray(flag, dtype=np.float64)[:, None]) for flag in flags.values()]
    return Themes(tuple(flags), sparse.hstack(columns).tocsr())


def words_as_themes(corpus: Corpus, most: int = MOST_WORDS) -> Themes:
    """The commonest words and pairs of neighbouring words of each language, whatever they go with."""
    from scipy import sparse

    tokens = corpus.tokens
    languages = corpus.messages.language.to_numpy()
    single = corpus.counts
    counted = tokens.counted[tokens.ids]
    text = np.repeat(np.arange(len(tokens)), np.diff(tokens.starts))
    words = tokens.folded[tokens.ids].astype(np.int64)
    beside = np.flatnonzero(counted[1:] & counted[:-1] & (text[1:] == text[:-1]) & (words[1:] != words[:-1]))
    pairs, place = np.unique(words[beside] * len(tokens.terms) + words[beside + 1], return_inverse=True)
    double = sparse.csr_matrix((np.ones(len(beside)), (text[beside], place)), (len(tokens), len(pairs)))
    both = sparse.hstack([single, double]).tocsc()
    both.data[:] = 1
    chosen = set()
    for language in np.unique(languages):
        often = np.asarray(both[np.flatnonzero(languages == language)].sum(axis=0)).ravel()
        best = np.argsort(-often, kind="stable")[:most]
        chosen |= set(best[often[best] >= FEWEST].tolist())
    columns = np.array(sorted(chosen), np.int64)
    names = [_name(tokens, column, pairs) for column in columns]
    return Themes(tuple(names), both[:, columns].tocsr())


def _name(tokens, column: int, pairs: np.ndarray) -> str:
    total = len(tokens.terms)
    if column < total:
        return str(tokens.terms[column])
    first, second = (str(tokens.terms[place]) for place in divmod(int(pairs[column - total]), total))
    return f"{first} {second}" if first.isascii() or second.isascii() else first + second


def what_follows(themes: Themes, followed: Followed, horizon_days: int, outcomes=OUTCOMES,
                 progress: Callable[[float], None] = lambda _share: None) -> Told:
    """How often customers left, spent and wrote again within the horizon after each theme, beside like conversations.

    Raises TooFewConversations where no theme was spoken of by enough customers whose horizon is over.
    """
    over = followed.over(horizon_days)
    names, said = _by_conversation(themes, followed.conversations, over)
    told = followed.conversations.told
    if not names:
        raise TooFewConversations(needed=FEWEST, found=int(told.customer_id[over].nunique()), days=horizon_days)
    after = followed.after[(1, horizon_days)]
    rows = []
    for done, outcome in enumerate(outcomes):
        progress(done / len(outcomes))
        rows.append(beside(said, names, after[outcome].to_numpy(float), followed.known.like.to_numpy(),
                           told.customer_id.to_numpy(), over & may_have(outcome, followed)).assign(outcome=outcome))
    found = pd.concat([told for told in rows if len(told)] or rows[:1], ignore_index=True)
    found["q"] = false_share(found.p.to_numpy())
    found = found.sort_values(["p", "name", "outcome"], ignore_index=True)
    return Told(found, int(over.sum()), int(told.customer_id[over].nunique()), len(names), horizon_days)


def over_lags(themes: Themes, name: str, followed: Followed, outcome: str) -> pd.DataFrame:
    """One theme and outcome, window by window: the columns of `beside`, with from_day and to_day. Windows before the
    conversation tell whether these customers had been different already."""
    place = themes.names.index(name)
    rows = []
    for window in sorted(followed.after):
        over = followed.over(window[1]) & may_have(outcome, followed)
        _, said = _by_conversation(Themes((name,), themes.said[:, [place]]), followed.conversations, over, thin=False)
        told = beside(said, [name], followed.after[window][outcome].to_numpy(float), followed.known.like.to_numpy(),
                      followed.conversations.told.customer_id.to_numpy(), over)
        rows.append(told.assign(from_day=window[0], to_day=window[1]))
    return pd.concat(rows, ignore_index=True)


def may_have(outcome: str, followed: Followed) -> np.ndarray:
    """bool, one a conversation: who has never bought cannot leave."""
    if outcome == LEFT:
        return (followed.known.orders_before > 0).to_numpy()
    return np.ones(len(followed.conversations), bool)


def false_share(p: np.ndarray) -> np.ndarray:
    """q of each p: the share of chance findings among all with a p as small (Benjamini and Hochberg 1995)."""
    order = np.argsort(p, kind="stable")
    steps = p[order] * len(p) / np.arange(1, len(p) + 1)
    q = np.empty(len(p))
    q[order] = np.minimum(np.minimum.accumulate(steps[::-1])[::-1], 1)
    return q


def _by_conversation(themes: Themes, found: Conversations, over: np.ndarray, thin: bool = True):
    """The themes' names and a CSC matrix, conversations × themes; `thin` leaves out what is too rare, too common or
    said with another theme nearly always."""
    from scipy import sparse

    rows = np.flatnonzero(found.of >= 0)
    belongs = sparse.csr_matrix((np.ones(len(rows)), (found.of[rows], rows)), (len(found), len(found.of)))
    said = (belongs @ themes.said).tocsc()
    said.data[:] = 1
    if not thin:
        return list(themes.names), said
    here = said[np.flatnonzero(over)]
    who, several = pd.factorize(found.told.customer_id[over])
    people = sparse.csr_matrix((np.ones(len(who)), (who, np.arange(len(who)))), (len(several), len(who)))
    customers = np.asarray(((people @ here) > 0).sum(axis=0)).ravel()
    often = np.asarray(here.sum(axis=0)).ravel()
    keep = np.flatnonzero((customers >= FEWEST) & (often <= MOST_SHARE * over.sum()))
    keep = _distinct(here[:, keep], keep, [len(themes.names[place]) for place in keep], often[keep])
    return [themes.names[place] for place in keep], said[:, keep]


def _distinct(here, keep, lengths, often) -> np.ndarray:
    """Of themes that come together nearly always the longest-named one."""
    together = (here.T @ here).toarray()
    either = often[:, None] + often[None, :] - together
    order = sorted(range(len(keep)), key=lambda place: (-lengths[place], place))
    left: list[int] = []
    for place in order:
        if not any(together[place, other] >= SAME * either[place, other] for other in left):
            left.append(place)
    return keep[sorted(left)]


def beside(said, names, outcome: np.ndarray, like: np.ndarray, customer: np.ndarray,
           counts: np.ndarray) -> pd.DataFrame:
    """Themes against an outcome within groups of like conversations; a row a theme that can be told of.

    name, conversations, customers (who spoke of it and have a like), rate and like_rate (mean outcome with the theme
    and of its like), times (their ratio, Mantel and Haenszel 1959) with its 95 % interval low … high, p.

    p is that of shuffling the outcome among like conversations, whose first three moments are known without shuffling
    (a Pearson III curve, as Mielke and Berry): rare themes are lopsided. Several conversations of one customer tell
    less than as many of different ones: the spread is widened by how alike their outcomes are.
    """
    from scipy import sparse

    rows = np.flatnonzero(counts)
    if not len(rows):
        return pd.DataFrame(columns=COLUMNS)
    y, who = outcome[rows], pd.factorize(customer[rows])[0]
    group = pd.factorize(like[rows])[0]
    yes_no = bool(np.isin(y, (0, 1)).all())
    x = said[rows].tocsr()
    n = np.bincount(group).astype(float)
    mean = np.bincount(group, y) / n
    rest = y - mean[group]
    square, cube = np.bincount(group, rest ** 2), np.bincount(group, rest ** 3)

    # A cell is a group and a theme that meet; what is summed below is summed by cells, then by themes.
    spoken = x.tocoo()
    cells, at, k = np.unique(group[spoken.row] * len(names) + spoken.col, return_inverse=True, return_counts=True)
    cell, theme = cells // len(names), cells % len(names)

    def summed(values):
        return np.bincount(at, values[spoken.row], minlength=len(cells))

    def by_theme(values):
        return np.bincount(theme, values, minlength=len(names))

    size = n[cell]
    a, a_square = summed(y), summed(y ** 2)
    others = size - k
    # -- is it chance?
    excess = by_theme(a - k * mean[cell])
    spread = by_theme(k * others / size * square[cell] / np.maximum(size - 1, 1))
    lopsided = by_theme(k * others / size * (1 - 2 * k / size) * cube[cell] * size
                        / np.maximum((size - 1) * (size - 2), 1) * (size > 2))
    widened = _widened(x, rest, who, n, group)
    p = _chance(excess, spread * widened, lopsided)
    # -- how large is it?
    weight = by_theme(k * others / size)
    above, below = by_theme(a * others / size), by_theme((np.bincount(group, y)[cell] - a) * k / size)
    half = 0.5 * (y[y > 0].mean() if (y > 0).any() else 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        times = above / below
        shrunk = np.where(above > 0, above, half)
        expected = times[theme] * mean[cell]
        noise = by_theme((others / size) ** 2 * (a_square - 2 * expected * a + expected ** 2 * k))
        left_square = np.bincount(group, y ** 2)[cell] - a_square
        left = np.bincount(group, y)[cell] - a
        noise_like = by_theme((k / size) ** 2 * (left_square - 2 * mean[cell] * left + mean[cell] ** 2 * others))
        noise = np.maximum(noise, half ** 2)
        step = NORMAL_95 * np.sqrt(widened * (noise / shrunk ** 2 + noise_like / below ** 2))
        low, high = np.where(above > 0, times, 0) * np.exp(-step), shrunk / below * np.exp(step)
        rate, like_rate = above / weight, below / weight
    # -- what can be told of
    compared = (others > 0)[at]
    people = sparse.csc_matrix((np.ones(compared.sum(), np.int32), (who[spoken.row[compared]], spoken.col[compared])),
                               (who.max() + 1, len(names)))
    customers = np.diff(people.indptr)
    enough = (customers >= FEWEST) & (spread > 0) & (below > 0)
    if yes_no:
        chance = by_theme(k * mean[cell] * (others > 0))
        spoke = by_theme(k * (others > 0))
        enough &= (chance >= FEWEST_EXPECTED) & (spoke - chance >= FEWEST_EXPECTED)
    told = pd.DataFrame({
        "name": list(names), "conversations": np.bincount(spoken.col[compared], minlength=len(names)),
        "customers": customers, "rate": rate, "like_rate": like_rate, "times": times, "low": low, "high": high, "p": p})
    return told[enough].reset_index(drop=True)


def _widened(x, rest: np.ndarray, who: np.ndarray, n: np.ndarray, group: np.ndarray) -> np.ndarray:
    """By how much each theme's spread is wider because customers come with several conversations, 1 or more."""
    from scipy import sparse

    several = np.bincount(who).astype(float)
    pairs = (several * (several - 1)).sum()
    if not pairs:
        return np.ones(x.shape[1])
    # What is left of an outcome beside its group's mean varies less the smaller the group.
    rest = rest / np.sqrt(np.maximum(1 - 1 / n[group], 0.5))
    alone = np.mean(rest ** 2)
    alike = ((np.bincount(who, rest) ** 2).sum() - (rest ** 2).sum()) / pairs / alone if alone else 0.0
    people = sparse.csr_matrix((np.ones(len(who)), (who, np.arange(len(who)))))
    by_person = people @ x
    share = np.asarray(x.mean(axis=0)).ravel()
    often = np.asarray(x.sum(axis=0)).ravel()
    met = np.asarray(by_person.multiply(by_person).sum(axis=0)).ravel() - often
    met = met - 2 * share * np.asarray(x.T @ (several[who] - 1)).ravel() + share ** 2 * pairs
    return 1 + max(alike, 0.0) * np.maximum(met, 0) / np.maximum(often * (1 - share), 1e-9)


def _chance(excess, spread, lopsided) -> np.ndarray:
    """Two-sided p of a sum with mean 0, this variance and third moment, by a gamma curve."""
    from scipy import stats

    with np.errstate(divide="ignore", invalid="ignore"):
        z = excess / np.sqrt(spread)
        skew = lopsided / spread ** 1.5
    p = np.ones(len(z))
    usable = np.isfinite(z) & np.isfinite(skew)
    upper = stats.pearson3.sf(z[usable], skew[usable])
    lower = stats.pearson3.cdf(z[usable], skew[usable])
    p[usable] = np.minimum(2 * np.minimum(upper, lower), 1)
    return np.clip(np.nan_to_num(p, nan=1.0), 0, 1)
