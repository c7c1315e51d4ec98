"""Names of companies without their legal form, or with the form written one way, in a column beside the name.

    Müller Gesellschaft mit beschränkter Haftung  →  Müller         or  Müller GmbH
    ACME CO.,LTD                                  →  ACME           or  ACME Co., Ltd.
    华为技术有限公司                               →  华为技术
"""
import re
import tomllib
import unicodedata
from functools import cache

from crm_core.cleaning.reference import HERE
from crm_core.cleaning.sheet import Sheet
from crm_core.cleaning.steps import Edit, Kind, Setting
from crm_core.cleaning.steps.sql import by_value

HAN = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af]")
EDGE = " \t,.;·-–—/&+|"


@cache
def _forms(place: str) -> dict[str, str]:
    """Writing (words with one blank between them) → the form as it should be written."""
    forms = tomllib.loads((HERE / "companies.toml").read_text(encoding="utf-8"))[place]
    return {_plain(writing): standard for standard, writings in forms.items() for writing in writings}


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[.,]", " ", text.lower()).split())


def company_parts(name: str) -> tuple[str, str | None]:
    """A company's name and its legal form as one writes it: ('Müller', 'GmbH'); without one: ('Müller', None).

    A name that is nothing but a form stays a name.
    """
    text = unicodedata.normalize("NFKC", name).strip()
    if HAN.search(text):
        return _eastern(text)
    words = text.split()
    # Longest first: "GmbH & Co. KG" before "KG"; a comma without a blank ("Co.,Ltd") parts words too.
    tokens = [(found.start(), found[0]) for found in re.finditer(r"[^\s,]+", text)]
    for start in range(1, len(tokens)):
        standard = _forms("behind").get(_plain(text[tokens[start][0]:]))
        rest = text[:tokens[start][0]].rstrip(EDGE)
        if standard and rest:
            return rest, standard
    standard = _forms("before").get(_plain(words[0])) if len(words) > 1 else None
    if standard:
        return " ".join(words[1:]), standard
    return text, None


def _eastern(text: str) -> tuple[str, str | None]:
    """Forms without a blank before them, Chinese, Japanese and Korean."""
    if text in _forms("behind"):
        return text, None
    for place in ("behind", "before"):
        for writing in sorted(filter(HAN.search, _forms(place)), key=len, reverse=True):
            whole = text.endswith(writing) if place == "behind" else text.startswith(writing)
            rest = (text[:-len(writing)] if place == "behind" else text[len(writing):]).strip(EDGE)
            if whole and rest:
                return rest, _forms(place)[writing]
    return text, None


def company_name(sheet: Sheet, settings: dict) -> Edit:
    column, into = settings["column"], _into(settings)

    def work_out(name: str) -> dict:
        core, form = company_parts(name)
        if settings.get("company_as") == "standard" and form:
            eastern = bool(HAN.search(form))
            return {"name": core + form if eastern else f"{core} {form}"}
        return {"name": core}

    join = by_value(sheet, column, work_out, ("name",), "companies")
    return Edit(sets={into: "looked_name"}, types={into: "text"}, joins=(join,))


def _into(settings: dict) -> str:
    behind = "form" if settings.get("company_as") == "standard" else "core"
    return settings.get("into") or f"{settings['column']}_{behind}"


KINDS = (
    Kind("company_name", "standards", (
        Setting("column", "column", types=("text",)),
        Setting("company_as", "choice", choices=("core", "standard"), default="core"),
        Setting("into", "text", needed=False),
    ), company_name, makes=lambda settings: (_into(settings),)),
)
