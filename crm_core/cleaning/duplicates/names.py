"""Names of organisations as they are compared: what only says the legal form, the case or the keyboard is taken off.

    ＡＢＣ 股份有限公司       →  abc
    * AKZO NOBEL, N.V.     →  akzo nobel
    Müller & Söhne GmbH    →  muller and sohne
    华为技术有限公司 = 華為技術有限公司  →  华为技术
"""
import functools
import re
import unicodedata

# Legal forms as words, without dots and blanks, as registers of the countries that trade most have them.
_ANYWHERE = """
    inc incorporated ltd limited llc llp pllc corp corporation nv bv bvba vof sprl gmbh ggmbh mbh kgaa ohg gbr
    sarl sasu eurl spa srl srls sapa slu oyj aps asa kk pte pty bhd sdn pvt tbk jsc ojsc pjsc cjsc oao ooo zao pao
    ооо оао зао пао ао zoo spzoo doo eood ood kft zrt nyrt ltda eireli sacv publ kabushiki kaisha
    aktiengesellschaft aktiebolag aktieselskab aktienges naamloze naamlooze vennootschap limitada anonim sirketi
"""
# These are words or initials too (Company of Heroes, SC Johnson): taken for a form only where the name ends.
_AT_THE_END = """
    co company cos cia compagnie companhia compania ag kg se ug eg ev sce sa sas sca snc sc sl sci scs plc lp ek
    ab as oy hf ehf ks ad dd bt rt sia oü uab ou gk yk cv pt sro zao rl gesellschaft spolka societe anonyme sociedad anonima
"""
ANYWHERE = frozenset(_ANYWHERE.split())
AT_THE_END = ANYWHERE | frozenset(_AT_THE_END.split())
AT_THE_START = ANYWHERE | frozenset(("ab", "pt", "oy", "sia", "uab"))

# The same in Chinese, Japanese and Korean signs; they end the name, and the longest goes first.
SIGN_FORMS = ("股份有限责任公司", "集团股份有限公司", "集团有限责任公司", "集团有限公司",
              "控股有限公司", "股份有限公司", "有限责任公司", "有限公司",
              "株式会社", "有限会社", "合同会社", "总公司", "分公司", "集团公司",
              "公司", "集团", "주식회사", "(주)", "유한회사")
LEADING_FORMS = ("株式会社", "有限会社", "合同会社", "주식회사", "(주)")


def normal_text(text) -> str:
    """Lower case, half width, without accents: `Ｃａｆé` → `cafe`. Signs of other scripts stay what they are."""
    if text is None or text != text:  # NaN is not itself
        return ""
    wide = unicodedata.normalize("NFKC", str(text)).casefold()
    apart = unicodedata.normalize("NFD", wide)
    # Only accents on Latin, Greek and Cyrillic letters: a Japanese が is another sign than か.
    plain = "".join(sign for place, sign in enumerate(apart)
                    if not (unicodedata.combining(sign) and place and ord(apart[place - 1]) < 0x0530))
    plain = "".join(sign for sign in plain if not 0x0300 <= ord(sign) <= 0x036F)
    return unicodedata.normalize("NFC", plain.translate(_LETTERS))


_LETTERS = str.maketrans({"ß": "ss", "ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i", "þ": "th", "ð": "d"})


def organisation_name(name) -> str:
    """The name as it is compared; never empty where the name held a letter: a company may be called *Company*."""
    plain = simplified(normal_text(name)).replace("&amp;", "&").replace("&", " and ")
    plain = _MEXICAN.sub(" ", _POLISH.sub(" ", re.sub(r"['`´’‘]", "", plain)))
    words = _joined_letters(re.findall(r"[^\W_]+", plain))
    return " ".join(_without_sign_forms(_without_forms(words)))


_POLISH = re.compile(r"\bsp\W*z\W*o\W*o\b")
_MEXICAN = re.compile(r"\bs\W*a\W*(?:b\W*)?de\W*c\W*v\b")


def _without_forms(words: list[str]) -> list[str]:
    kept = list(words)
    while len(kept) > 1 and (kept[-1] in AT_THE_END or kept[-1] == "and"):  # `smith and co` loses its `and` too
        kept.pop()
    while len(kept) > 1 and kept[0] in AT_THE_START:
        kept.pop(0)
    return [word for word in kept if word not in ANYWHERE] or words


def _joined_letters(words: list[str]) -> list[str]:
    """Letters that stand alone belong together: `n v` → `nv`, `s. p. a.` → `spa`, `d s m` → `dsm`.

    A tail that is a legal form comes apart again, so that `d s m n v` is the company dsm and the form nv.
    """
    joined, run = [], ""
    for word in [*words, ""]:
        if len(word) == 1 and word.isascii() and word.isalpha():
            run += word
            continue
        if run:
            form = next((run[start:] for start in range(1, len(run) - 1) if run[start:] in AT_THE_END), "")
            joined += [part for part in (run.removesuffix(form), form) if part]
            run = ""
        if word:
            joined.append(word)
    return joined


def _without_sign_forms(words: list[str]) -> list[str]:
    kept = [word for word in words if word not in SIGN_FORMS] or words
    return [_without_sign_form(word) for word in kept]


def _without_sign_form(word: str) -> str:
    for form in SIGN_FORMS:
        if word.endswith(form) and len(word) > len(form):
            return word.removesuffix(form)
    for form in LEADING_FORMS:
        if word.startswith(form) and len(word) > len(form):
            return word.removeprefix(form)
    return word


def simplified(text: str) -> str:
    """Traditional Chinese signs as simplified ones; anything else stays. For comparing only."""
    if text.isascii() or not any("\u4e00" <= sign <= "\u9fff" for sign in text):
        return text
    return _converter().convert(text)


@functools.cache
def _converter():
    from opencc import OpenCC

    return OpenCC("t2s")
