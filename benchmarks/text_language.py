"""Languages of texts: python benchmarks/text.py language FILE.csv (text, label: a code or a name of a language)."""

from importlib.util import find_spec
from time import perf_counter

from benchmarks.measure import peak_mb
from benchmarks.text_rows import rows_of
from crm_core.text_mining.language import NONE, OTHER, language

NAMES = {
    "english": "en", "eng": "en", "chinese": "zh", "mandarin": "zh", "cmn": "zh", "zho": "zh", "chi": "zh",
    "yue": "zh", "cn": "zh", "german": "de", "deu": "de", "ger": "de", "french": "fr", "fra": "fr", "fre": "fr",
    "spanish": "es", "spa": "es", "italian": "it", "ita": "it", "portuguese": "pt", "por": "pt", "dutch": "nl",
    "nld": "nl", "dut": "nl", "swedish": "sv", "swe": "sv", "danish": "da", "dan": "da", "norwegian": "no", "nb": "no",
    "nn": "no", "nob": "no", "nor": "no", "finnish": "fi", "fin": "fi", "polish": "pl", "pol": "pl", "czech": "cs",
    "ces": "cs", "romanian": "ro", "ron": "ro", "hungarian": "hu", "hun": "hu", "turkish": "tr", "tur": "tr",
    "vietnamese": "vi", "vie": "vi", "indonesian": "id", "ind": "id", "ms": "id", "malay": "id", "tagalog": "tl",
    "tgl": "tl", "fil": "tl", "catalan": "ca", "cat": "ca", "croatian": "hr", "hrv": "hr", "bs": "hr", "japanese": "ja",
    "jpn": "ja", "korean": "ko", "kor": "ko", "russian": "ru", "rus": "ru", "ukrainian": "uk", "ukr": "uk",
    "arabic": "ar", "ara": "ar", "persian": "fa", "fas": "fa", "urdu": "ur", "urd": "ur", "hebrew": "he", "heb": "he",
    "iw": "he", "thai": "th", "tha": "th", "greek": "el", "ell": "el", "hindi": "hi", "hin": "hi", "und": OTHER,
    "unknown": OTHER}


def add_arguments(_parser) -> None:
    """It takes no arguments of its own."""


def run(chosen) -> dict:
    """`accuracy` over the labels as they are; where a label is only 'other', every language but these two is right.

    `as_such` counts three answers alone: English, Chinese, another language (or nothing to read).
    """
    found = rows_of(chosen, "label")
    labels = [_code(label) for label in found.label]
    told, seconds = _timed(language, found.text)
    answer = {**_right(labels, told), "texts_per_s": len(found) / max(seconds, 1e-9), "texts": len(found),
              "by_label": {label: _right(*zip(*[pair for pair in zip(labels, told, strict=True) if pair[0] == label],
                                              strict=True))["accuracy"] for label in sorted(set(labels))},
              "seconds": seconds, "peak_mb": peak_mb()}
    if chosen.peers:
        answer["peers"] = {"py3langid": _peer(found.text, labels)}
    return answer


def _timed(ask, texts) -> tuple[list[str], float]:
    ask("warm")  # lists are read once
    started = perf_counter()
    told = [ask(text) for text in texts]
    return told, perf_counter() - started


def _code(label) -> str:
    label = str(label).strip().lower()
    bare = label.replace("_", "-").partition("-")[0]
    return NAMES.get(label, NAMES.get(bare, bare if len(bare) == 2 or bare in (NONE, OTHER) else label))


def _right(labels, told) -> dict:
    pairs = list(zip(labels, told, strict=True))
    return {"accuracy": sum(told == label or (label == OTHER and told not in ("en", "zh")) for label, told in pairs)
            / len(pairs), "as_such": sum(_coarse(label) == _coarse(told) for label, told in pairs) / len(pairs)}


def _coarse(code: str) -> str:
    return code if code in ("en", "zh") else OTHER


def _peer(texts, labels) -> dict | None:
    if not find_spec("py3langid"):
        return None
    import py3langid

    told, seconds = _timed(lambda text: _code(py3langid.classify(text)[0]), texts)
    return {**_right(labels, told), "texts_per_s": len(texts) / max(seconds, 1e-9), "seconds": seconds}
