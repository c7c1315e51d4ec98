"""Classes of texts: python benchmarks/text.py classes FILE.csv [--labels N] (text, label; a split of its own or ours).

With --labels N the review queue asks for the labels of N train rows and sees no other; all train rows are known as
texts.
"""

from time import perf_counter

import numpy as np
import pandas as pd

from benchmarks.measure import peak_mb
from benchmarks.text_rows import rows_of, with_split
from crm_core.text_mining import tokenise
from crm_core.text_mining.classes import learn, prepare
from crm_core.text_mining.classes.learning import RIGHT, curve, macro_f1

ROUNDS = 10  # in which the queue asks at most: after each it has learned from the answers


def add_arguments(parser) -> None:
    parser.add_argument("--labels", type=int, metavar="N", help="labels that the review queue may ask for")
    parser.add_argument("--unknown", metavar="FILE.csv", help="texts of no class (text): how well they are told apart")


def run(chosen) -> dict:
    """The keys of the benchmark; `answered` and `answered_right` are the product's own choice of what it answers."""
    if chosen.labels is not None and chosen.labels < 4:
        raise ValueError("--labels needs at least 4")
    found = with_split(rows_of(chosen, "label"))
    train, test = (found[found.split == part].reset_index(drop=True) for part in ("train", "test"))
    if train.empty or test.empty:
        raise ValueError("it has no train rows or no test rows")
    started = perf_counter()
    texts, labels, others = list(train.text), train.label.astype(str).to_numpy(), []
    if chosen.labels is not None and chosen.labels < len(texts):
        asked = asked_labels(texts, labels, chosen.labels, chosen.seed)
        others = [texts[row] for row in np.setdiff1d(np.arange(len(texts)), asked)]
        texts, labels = [texts[row] for row in asked], labels[asked]
    classes = learn(texts, labels, chosen.seed, others=others)
    learned = perf_counter()
    tokens = tokenise(list(test.text))
    answers = classes.answer(list(test.text), tokens)
    seconds = perf_counter() - learned
    told = classes.chances(list(test.text), tokens)
    truth = test.label.astype(str).to_numpy()
    right = (answers.label == truth).to_numpy()
    places = {name: place for place, name in enumerate(np.union1d(truth, answers.label.astype(str)))}
    best = classes.classes[np.argsort(-told, axis=1, kind="stable")[:, :3]]
    answer = {
        "accuracy": float(right.mean()),
        "macro_f1": macro_f1(*(np.array([places[one] for one in some]) for some in (truth, answers.label))),
        "top3": float((best == truth[:, None]).any(axis=1).mean()), "automatic_at_95": automatic(told, right),
        "answered": float(answers.known.mean()),
        "answered_right": float(right[answers.known].mean()) if answers.known.any() else None,
        "way": classes.way, "tried": classes.tried, "classes": len(classes.classes), "train": len(texts),
        "test": len(test), "texts_per_s": len(test) / max(seconds, 1e-9)}
    if chosen.unknown:
        answer |= _unknown(classes, answers, chosen)
    answer |= {"seconds": perf_counter() - started, "learn_s": learned - started, "peak_mb": peak_mb()}
    if chosen.peers:
        answer["peers"] = {"tfidf_linear": _plain(texts, labels, test, truth)}
    return answer


def asked_labels(texts: list[str], labels: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Which texts the queue asks for, when a person answers each as the file does."""
    queue, known = prepare(texts, seed=seed), {}
    while len(known) < min(count, len(queue.rows)):
        step = min(max(10, count // ROUNDS), count - len(known))
        for row in queue.ask(known, step, seed).row:
            known[int(row)] = str(labels[int(row)])
    return np.array(sorted(known))


def automatic(chances: np.ndarray, right: np.ndarray) -> float:
    """The largest share of the texts, the surest first, of which RIGHT are told right."""
    told = curve(chances, right)
    enough = told.answered[told.right >= RIGHT]
    return float(enough.max()) if len(enough) else 0.0


def _unknown(classes, answers: pd.DataFrame, chosen) -> dict:
    """How well texts of no class are told from the test's by their familiarity, and how many of them are answered."""
    from types import SimpleNamespace

    from sklearn.metrics import roc_auc_score

    strange = classes.answer(list(rows_of(SimpleNamespace(file=chosen.unknown, map=[])).text.drop_duplicates()))
    truth = np.concatenate([np.ones(len(answers)), np.zeros(len(strange))])
    return {"unknown_auroc": float(roc_auc_score(truth, np.concatenate([answers.familiarity, strange.familiarity]))),
            "unknown_answered": float(strange.known.mean()), "unknown": len(strange)}


def _plain(texts, labels, test: pd.DataFrame, truth) -> dict:
    """Words and word pairs by TF-IDF with a linear support vector machine, as scikit-learn comes."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import LinearSVC

    started = perf_counter()
    model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), LinearSVC(random_state=0))
    model.fit(texts, labels)
    learned = perf_counter()
    margins = np.atleast_2d(model.decision_function(test.text).T).T
    said = model.predict(test.text)
    seconds = perf_counter() - learned
    wide = margins if margins.shape[1] > 1 else np.hstack([-margins, margins])
    soft = np.exp(wide - wide.max(axis=1, keepdims=True))
    right = said == truth
    names = {name: place for place, name in enumerate(np.union1d(truth, said))}
    best = model.classes_[np.argsort(-wide, axis=1, kind="stable")[:, :3]]
    return {"accuracy": float(right.mean()),
            "macro_f1": macro_f1(*(np.array([names[one] for one in some]) for some in (truth, said))),
            "top3": float((best == truth[:, None]).any(axis=1).mean()),
            "automatic_at_95": automatic(soft / soft.sum(axis=1, keepdims=True), right),
            "texts_per_s": len(test) / max(seconds, 1e-9), "seconds": learned - started + seconds}
