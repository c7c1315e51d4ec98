"""How names of places are compared: without case, accents, marks, the traditional forms of signs and words such as
"Province of"."""
import re
import unicodedata
from functools import cache

# What a place is, said beside its name; a name is tried with these words first and without them then.
KINDS = re.compile(r"\b(the|province|sheng|shi|city|municipality|prefecture|autonomous region|zizhiqu|region|state|"
                   r"special administrative region|sar|bundesland|land)\b( of\b)?")
CHINESE_KINDS = re.compile("(特别行政区|壮族自治区|回族自治区|维吾尔自治区|自治区|自治州|省|市|地区|盟)$")
HAN = re.compile("[\u3400-\u9fff]")


def folded(text: str) -> str:
    """"Côte d’Ivoire" and "COTE D'IVOIRE" → cotedivoire | 廣東 and 广东 → 广东"""
    return re.sub(r"[\W_]+", "", _plain(text))


def without_kind(text: str) -> str:
    """"Guangdong Province" → guangdong | 广东省 → 广东 | "State of Texas" → texas"""
    plain = _plain(text)
    short = KINDS.sub(" ", re.sub(r"[\W_]+", " ", plain))
    return re.sub(r"[\W_]+", "", CHINESE_KINDS.sub("", short.strip()))


def _plain(text: str) -> str:
    text = unicodedata.normalize("NFKC", str(text)).casefold().replace("&", " and ")
    if HAN.search(text):
        text = _simplified(text)
    # NFKD takes accents off; marks of Indian scripts are letters there and stay.
    letters = [sign for sign in unicodedata.normalize("NFKD", text) if not "\u0300" <= sign <= "\u036f"]
    return unicodedata.normalize("NFC", "".join(letters)).replace("saint ", "st ").replace("’", "'")


@cache
def _converter():
    from opencc import OpenCC

    return OpenCC("t2s")


def _simplified(text: str) -> str:
    return _converter().convert(text)
