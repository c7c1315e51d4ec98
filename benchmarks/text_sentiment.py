"""Moods of texts: python benchmarks/text.py sentiment FILE.csv, with the columns text and label (positive, negative,
neutral). Train rows teach and test rows are measured; in a file without train rows no label is used but to measure.
"""

from importlib.util import find_spec
from time import perf_counter

import numpy as np
import pandas as pd

from benchmarks.measure import peak_mb
from benchmarks.text_rows import rows_of, with_split
from crm_core.text_mining import corpus
from crm_core.text_mining.sentiment import MOODS, NEGATIVE, NEUTRAL, POSITIVE, moods

NAMES = {
    POSITIVE: POSITIVE, "pos": POSITIVE, "1": POSITIVE, "1.0": POSITIVE, "+1": POSITIVE, "正面": POSITIVE,
    "积极": POSITIVE, "好评": POSITIVE, NEGATIVE: NEGATIVE, "neg": NEGATIVE, "-1": NEGATIVE, "-1.0": NEGATIVE,
    "负面": NEGATIVE, "消极": NEGATIVE, "差评": NEGATIVE,
    NEUTRAL: NEUTRAL, "neu": NEUTRAL, "中性": NEUTRAL, "中立": NEUTRAL}


def add_arguments(parser) -> None:
    parser.add_argument("--split", action="store_true",
                        help="teach by four fifths of a file that has no split: a row is test by its text's hash")
    parser.add_argument("--labels", type=int, help="teach by so many of the train rows only, drawn by --seed")


def run(chosen) -> dict:
    """`accuracy` and `macro_f1` over the labels that the file has; `texts_per_s` from cleaned texts to moods, with
    cutting into words and learning."""
    found = rows_of(chosen, "label")
    found["label"] = _moods(found.label)
    if "split" in found or chosen.split:
        found = with_split(found)
    else:
        found["split"] = "test"
    train, test = (found.split == "train").to_numpy(), (found.split == "test").to_numpy()
    if not test.any():
        raise ValueError("no row is a test row")
    if chosen.labels is not None and train.sum() > chosen.labels:
        kept = np.random.default_rng(chosen.seed).choice(np.flatnonzero(train), chosen.labels, replace=False)
        train = np.isin(np.arange(len(found)), kept)
    truth = found.label.to_numpy()
    started = perf_counter()
    told = moods(corpus(found[["text"]]), labels=np.where(train, truth, None) if train.any() else None,
                 seed=chosen.seed, neutral=bool((truth == NEUTRAL).any()))
    seconds = perf_counter() - started
    answer = {**_right(truth[test], told.label[test]), "texts_per_s": len(found) / seconds, "texts": len(found),
              "tested": int(test.sum()), "labels": told.labels, "seconds": seconds, "peak_mb": peak_mb()}
    if chosen.peers:
        answer["peers"] = {"vader": _vader(found.text[test], truth[test]),
                           "snownlp": _snownlp(found.text[test], truth[test]),
                           "tfidf_svm": _plain(found.text, truth, train, test)}
    return answer


def _moods(labels: pd.Series) -> pd.Series:
    told = labels.astype(str).str.strip().str.lower()
    zero = NEUTRAL if told.isin(["-1", "-1.0"]).any() else NEGATIVE  # 0 and 1, or −1, 0 and 1
    found = told.map({**NAMES, "0": zero, "0.0": zero})
    if found.isna().any():
        raise ValueError(f"its label {told[found.isna()].iloc[0]} is none of {', '.join(MOODS)}")
    return found


def _right(truth, told) -> dict:
    from sklearn.metrics import f1_score

    return {"accuracy": float((truth == told).mean()),
            "macro_f1": float(f1_score(truth, told, average="macro", labels=sorted(set(truth)), zero_division=0))}


def _by_score(score: np.ndarray, truth: np.ndarray, near: float) -> np.ndarray:
    told = np.where(score > 0, POSITIVE, NEGATIVE)
    return np.where(np.abs(score) <= near, NEUTRAL, told) if (truth == NEUTRAL).any() else told


def _vader(texts, truth) -> dict:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    started, analyser = perf_counter(), SentimentIntensityAnalyzer()
    score = np.array([analyser.polarity_scores(text)["compound"] for text in texts])
    seconds = perf_counter() - started
    return {**_right(truth, _by_score(score, truth, 0.05)), "texts_per_s": len(texts) / seconds, "seconds": seconds}


def _snownlp(texts, truth) -> dict | None:
    if not find_spec("snownlp"):
        return None
    from snownlp import SnowNLP

    started = perf_counter()
    score = np.array([SnowNLP(text).sentiments - 0.5 for text in texts])
    seconds = perf_counter() - started
    return {**_right(truth, _by_score(score, truth, 0.1)), "texts_per_s": len(texts) / seconds, "seconds": seconds}


def _plain(texts, truth, train, test) -> dict | None:
    """Words and pairs of words as scikit-learn finds them (single signs of Chinese), and a linear machine."""
    if len(set(truth[train])) < 2:
        return None
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.svm import LinearSVC

    started = perf_counter()
    counted = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True,
                              token_pattern=r"(?u)[a-z']{2,}|[\u3400-\u9fff]")
    learned = LinearSVC(random_state=0).fit(counted.fit_transform(texts[train]), truth[train])
    told = learned.predict(counted.transform(texts[test]))
    seconds = perf_counter() - started
    return {**_right(truth[test], told), "texts_per_s": len(texts) / seconds, "seconds": seconds}
