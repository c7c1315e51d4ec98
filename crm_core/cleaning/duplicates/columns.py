"""What the columns of records mean, read from their headers and, where these say nothing, from their values.

fname | lname | by   | PLZ    →  {"fname": "given_name", "lname": "surname", "by": "birth_year", "PLZ": "postal_code"}
"""

import re

import numpy as np
import pandas as pd

from crm_core.cleaning.duplicates.names_of_people import nicknames
from crm_core.errors import NothingToCompare, UnknownMeaning

MEANINGS = (
    "given_name", "surname", "name", "company", "email", "phone", "birth_date", "birth_year",
    "birth_month", "birth_day", "sex", "street", "street_number", "address", "city", "postal_code",
    "region", "country", "website", "identifier", "title", "text", "number", "year", "date", "set", "word",
    "ignore",
)

LOOKED_AT = 5_000  # values that are looked at: enough to tell a date from a phone number

# Headers, in lower case with words apart. The first pattern that fits wins, so the narrower ones come first.
HEADERS = [
    (meaning, re.compile(rf"(?:{pattern})", re.IGNORECASE))
    for meaning, pattern in (
        (
            "ignore",
            r"^(cluster|entity|label|truth|identity|gold|match|class)( ?id| ?no)?$|household|family (no|id)|referr|"
            r"^(owner|source|note|notes|comment|comments|remark|remarks|stage|industry|extra|status|batch|index)$|"
            r"consent|opt (in|out)|changed|created|updated|deleted|modified|joined|registered|last login|备注|来源|"
            r"(email|phone|find|search) key|company (no|id)$|^unnamed|created at|time ?stamp",
        ),
        (
            "word",
            r"(place|city|town|country|ort) of birth|birth ?(place|city|town|country)|geburtsort|lieu (de )?naissance|"
            r"occupation|profession|\bjob\b|beruf|cuisine|category|genre|venue|journal|booktitle|publisher|"
            r"nationality|religion|marital|出生地|职业|国籍|^(yrke|stilling|erhverv|beroep|ammatti|zaw[oó]d|profesi[oó]n|"
            r"profiss[aã]o|mestiere|oficio)$|f[oöø]de(lse)?(ort|sted)|geboorteplaats|syntym[aä]paikka|"
            r"(luogo|lugar|local|miejsce) (di |de )?(nas|nac|urodz)\w+",
        ),
        (
            "birth_year",
            r"^(by|yob|b(irth)? ?year|year ?of ?birth|birth ?y|geb(urts)? ?jahr|ann[eé]e (de )?naiss\w*|出生年|"
            r"f[oö]delse ?[aå]r|f[oø]dsels ?[aå]r|geboortejaar|syntym[aä]vuosi|rok urodzenia|"
            r"(anno|a[nñ]o|ano) (di |de )?nas?c\w+)$",
        ),
        (
            "birth_month",
            r"^(bm|mob|b(irth)? ?month|month ?of ?birth|birth ?m|geb(urts)? ?monat|mois (de )?naiss\w*|出生月)$",
        ),
        (
            "birth_day",
            r"^(bd|b(irth)? ?day of month|day ?of ?birth|birth ?d|geb(urts)? ?tag|jour (de )?naiss\w*|出生日)$",
        ),
        ("birth_date", r"birth|\bdob\b|geb(urts)? ?(dat|tag)|\bgeb\b|naissance|nacimiento|nascita|生日|出生|"
         r"f[oö]delse ?da|f[oø]dsels ?da|geboortedatum|syntym[aä]aika|urodzenia|nascimento"),
        ("website", r"web ?(site|page|address|seite)?$|\burl\b|home ?page|domain|网址|网站|官网"),
        ("email", r"e ?mail|邮箱|邮件|courriel|correo"),
        ("phone", r"phone|\btel\b|telefon|mobile|handy|\bcell|\bfax\b|电话|手机|t[eé]l[eé](ph|f)o|puhelin"),
        ("sex", r"^(sex|gender|geschlecht|sexe|sexo|sesso|k[oö]n|kj?[oø]nn?|geslacht|sukupuoli|p[lł]e[cć]|性别)$"),
        (
            "company",
            r"company|\bfirma\b|organi[sz]ation|employer|entreprise|soci[eé]t[eé]|business|公司|企业|单位|"
            r"manufacturer|\bbrand\b|\bmaker\b|account name|restaurant|(legal|trading|trade) name|f[oö]retag|bedrijf|"
            r"empresa|azienda|impresa|przedsi[eę]biorstwo|yritys|virksomhed|ragione sociale|raz[oó]n social",
        ),
        ("set", r"authors?\b|tags?$|keywords|members|coauthor|artists?\b|actors?\b"),
        ("name", r"first and (sur|last) ?name|(full|complete|whole) ?name"),
        ("title", r"title$|product( name)?$|^song|^album|^headline|标题|商品|产品|书名"),
        ("text", r"descri|abstract|summary|content|details|描述|说明"),
        (
            "given_name",
            r"given|first ?(and )?(middle ?)?name$|^first$|fore ?name|vor ?name|pr[eé]nom|^f ?name|nombre$|"
            r"middle ?name|christian name|^名$|名字|f[oö]r ?namn|fornavn|voorna(am|men)|etunim|^imi[eę]$|^prenome$|"
            r"primeiro nome",
        ),
        (
            "surname",
            r"sur ?name|last ?name|^last$|family ?name|nach ?name|familienname|nom de famille|^l ?name|apellido|"
            r"cognome|^姓$|姓氏|^nom$|efternamn|etternavn|efternavn|achternaam|familienaam|sukunimi|nazwisko|sobrenome|"
            r"^apelidos?$|patronym",
        ),
        ("street_number", r"(street|house|str|haus) ?(number|num|no|nr)\b|hausnummer|^(hnr|number|num[eé]ro)$|门牌"),
        (
            "postal_code",
            r"post ?(al)? ?code|\bzip\b|zip ?code|\bplz\b|postleitzahl|code postal|post ?code|邮编|邮政编码|"
            r"post ?(nr|nummer)|postinumero|kod pocztowy|c[oó]digo postal|^(cap|cep)$",
        ),
        ("city", r"city|town|suburb|\bort\b|stadt|ville|municipality|locality|place|ciudad|城市|"
         r"(hem|bostads|post)ort|woonplaats|plaats|^stad$|miasto|kaupunki|citt[aà]|comune|cidade|village|hamlet"),
        ("region", r"state|region|province|county|bundesland|canton|departement|district|省|地区|"
         r"parish|f[oö]rsamling|socken|sogn|paroisse|parroquia|parr[oó]quia|kirchspiel|kommun|gemeinde|gemeente|provinci"),
        ("country", r"country|\bland\b|pays|nation|国家"),
        ("street", r"^(street|str|stra(ss|ß)e|road|rue|calle|via)( ?(name|address))?$|街道"),
        ("address", r"addr|adress?e?|street|stra(ss|ß)e|\brue\b|地址|anschrift|indirizzo|direcci[oó]n|"
         r"endere[cç]o|osoite"),
        (
            "name",
            r"^(full|complete|whole|customer|person|contact|client|patient)? ?names?$|first and surname|full name|"
            r"^kunde$|姓名|名称|客户|naam|nome|^(namn|navn|nimi|nazwa|nombre completo)$",
        ),
        (
            "identifier",
            r"ssn|soc ?sec|social ?security|passport|tax|vat\b|isbn|issn|ean\b|gtin|upc\b|sku|model ?(no|number)|"
            r"serial|licen[cs]e|insurance|national id|(^|\W)(id|no|nr|number|code|ref|key)$|身份证|编号|证件",
        ),
        ("year", r"^year|\byear$|jahr$|ann[eé]e$|年份"),
        (
            "number",
            r"price|cost|amount|preis|prix|\bage\b|alter|weight|height|\blat|\blo?ng|latitude|longitude|价格|年龄",
        ),
        ("date", r"date|datum|日期"),
    )
]

WEBSITE = r"(?:https?://)?(?:[\w-]+\.)+[A-Za-z]{2,}(?:[/:?#]\S*)?"
CHINESE_MOBILE = r"(?:\+?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}"
LEGAL_FORMS = re.compile(
    r"\b(?:inc|incorporated|ltd|limited|llc|llp|gmbh|corp|corporation|plc|sarl|srl|ab|oy|bv|nv|s\.?a)\.?$|公司|株式会社",
    re.IGNORECASE,
)
EMAIL = r"[^@\s]+@[^@\s]+\.[^@\s]+"
PHONE = r"[+(]?\d[\d\s()./-]{5,}\d.*"
DATE = (
    r"(?:1[5-9]|20)\d\d[-/.]?\d\d?[-/.]?\d\d?(?:[T ].*)?|\d\d?[-/.]\d\d?[-/.](?:1[5-9]|20)\d\d(?: .*)?"
    r"|\d{4}年\d\d?月\d\d?日?"
)
YEAR = r"(?:1[0-9]|20)\d\d(?:\.0)?"
NUMBER = r"[-+]?[$€£¥]?\s?\d+(?:[.,]\d+)*\s?[$€£¥]?"
SEXES = {
    "m",
    "f",
    "male",
    "female",
    "man",
    "woman",
    "männlich",
    "weiblich",
    "w",
    "h",
    "homme",
    "femme",
    "男",
    "女",
    "other",
    "u",
    "d",
    "x",
    "divers",
}
COMPANY_WORDS = re.compile(
    r"\b(?:inc|ltd|limited|llc|gmbh|ag|corp|corporation|company|co|kg|plc|bv|nv|sa|sarl|spa|restaurant|cafe|café|grill|"
    r"bar|hotel|university|institute|bank|group|the|of|and|shop|services|systems|industries|kitchen|bistro|diner|deli|"
    r"pizzeria|pizza|trattoria|ristorante|tavern|brasserie|bakery|store|market|pharmacy|clinic|hospital|school|church|"
    r"museum|house|garden|palace|club|inn|center|centre|studio|salon|farm)\b"
    r"|&|公司|厂|店|集团|行|中心|院",
    re.IGNORECASE,
)


def understand_columns(records, other=None) -> dict[str, str]:
    """Each column but `id` with its meaning: by its header, checked and completed by its values."""
    frame = as_texts(records)
    columns = [column for column in frame.columns if column != "id"]
    second = as_texts(other) if other is not None else None
    meanings = {}
    for column in columns:
        values = frame[column].dropna()
        told = by_header(column)
        meanings[column] = settled(told, values)
        if second is not None and column in second.columns and meanings[column] == "ignore" and told != "ignore":
            meanings[column] = settled(told, second[column].dropna())
    several_files = second is not None
    rather_told_apart(meanings, frame, several_files)
    return meanings


# By themselves these tell kinds of records, not records, unless their values are many.
TELL_KINDS = {"word", "identifier", "number", "sex", "year", "birth_year", "set", "region", "country", "city"}


def checked(records, meanings: dict | None, other=None) -> dict[str, str]:
    """The meanings to compare by: found, overruled by what people say. Raises UnknownMeaning, NothingToCompare."""
    found = understand_columns(records, other)
    for column, meaning in (meanings or {}).items():
        if meaning not in MEANINGS or column not in found:
            raise UnknownMeaning(column=column, meaning=meaning)
        found[column] = meaning
    if all(meaning == "ignore" for meaning in found.values()):
        raise NothingToCompare(columns=len(found))
    for column in _repeated(as_texts(records), found):
        found[column] = "ignore"
    kept = [column for column, meaning in found.items() if meaning != "ignore"]
    if {found[column] for column in kept} <= TELL_KINDS and _few_values(as_texts(records)[kept]):
        raise NothingToCompare(columns=len(found))
    return found


def _repeated(texts: pd.DataFrame, found: dict[str, str]) -> list[str]:
    """Columns that say again what another one says, as a name that is the company's: one piece of evidence, not two."""
    named = [column for column, meaning in found.items() if meaning in ("company", "title", "name")]
    again: list[str] = []
    for place, column in enumerate(named):
        for other in named[place + 1:]:
            filled = texts[column].notna() | texts[other].notna()
            if filled.any() and (texts[column] == texts[other])[filled].mean() >= 0.95:
                again.append(column if found[other] == "company" else other)
    return again


def _few_values(texts: pd.DataFrame) -> bool:
    """Whether every column has a handful of values: then records agree by chance, and nobody is told from anybody."""
    return len(texts) >= 100 and texts.nunique().max() < max(30, len(texts) ** 0.5)


def as_texts(records) -> pd.DataFrame:
    """A frame of texts of some rows, None where nothing stands."""
    if len(records) > LOOKED_AT:
        some = np.sort(np.random.default_rng(0).choice(len(records), LOOKED_AT, replace=False))
        records = records.iloc[some] if isinstance(records, pd.DataFrame) else records.take(some)
    frame = records if isinstance(records, pd.DataFrame) else records.to_pandas()
    texts = {}
    for column in frame.columns:
        values = frame[column]
        texts[column] = (
            values.astype(object).where(values.notna(), None)  # a column of numbers would keep its gaps as "nan"
            .map(lambda value: None if value is None or not str(value).strip() else str(value).strip())
            .astype(object)
        )
    return pd.DataFrame(texts, index=frame.index)


def by_header(header: str) -> str | None:
    apart = re.sub(r"(?<=[a-zß-ü])(?=[A-Z])", " ", str(header))
    apart = re.sub(r"[\W_]+", " ", apart).strip()
    apart = re.sub(
        r"(?<=[a-z])\s?(?:c|fake|raw|clean|new|old)?\s?\d*$", "", re.sub(r" (fake|raw|clean|c\d)$", "", apart)
    )
    return next((meaning for meaning, pattern in HEADERS if pattern.search(apart)), None)


def share(values: pd.Series, pattern: str) -> float:
    return float(values.str.fullmatch(pattern).mean()) if len(values) else 0.0


def settled(told: str | None, values: pd.Series) -> str:
    """The header's meaning where the values do not contradict it; else the values' own."""
    if not len(values):
        return "ignore"
    if told == "ignore":
        # A label of a record is one word; several parted by ** are what it is about.
        return "set" if values.str.contains("**", regex=False).mean() > 0.3 else "ignore"
    if values.nunique() < 2 and told not in ("name", "given_name", "surname", "company", "email", "phone", "title"):
        return "ignore"  # the same everywhere: tells nobody apart
    if told == "email" and share(values, EMAIL) < 0.3:
        told = None
    if told == "website" and share(values, WEBSITE) < 0.3:
        told = None
    if told == "phone" and values.str.count(r"\d").median() < 5:
        told = None
    if told == "birth_date" and share(values, DATE) < 0.3:
        told = "birth_year" if share(values, YEAR) > 0.5 else "word"
    if told == "sex" and values.str.lower().nunique() > 8:
        told = None
    if told == "street_number" and values.str.contains(r"\d").mean() < 0.5:
        told = None
    if told == "identifier" and values.str.contains(r"\d").mean() < 0.3:
        told = "word"
    if told in ("city", "region", "country") and share(values, NUMBER) > 0.8:
        told = "word"
    if told == "address" and values.str.contains(r"\d").mean() < 0.2:
        told = "street"
    if told in ("number", "year") and share(values, NUMBER) < 0.5:
        told = None
    if told == "name" and long_texts(values):
        return "title"
    if told == "word" and long_texts(values) and values.str.len().median() > 60:
        return "text"
    return told or by_values(values)


def long_texts(values: pd.Series) -> bool:
    return values.str.count(r"\s+").add(1).mean() > 4.5


def by_values(values: pd.Series) -> str:
    low = values.str.lower()
    if share(values, EMAIL) > 0.6:
        return "email"
    if share(values, WEBSITE) > 0.6:
        return "website"
    if set(low.unique()) <= SEXES:
        return "sex"
    if set(low.unique()) <= {"true", "false", "yes", "no", "0", "1", "t", "f", "y", "n"}:
        return "ignore"
    if share(values, YEAR) > 0.9:
        return "year"
    if share(values, DATE) > 0.8:
        return "date"
    if share(values, r"\d{4,6}") > 0.9 and values.str.len().nunique() <= 2 and values.duplicated().mean() > 0.05:
        return "postal_code"
    if (
        share(values, PHONE) > 0.8
        and values.str.count(r"\d").median() >= 7
        and values.str.contains(r"[ ()/+-]").mean() > 0.3
    ):
        return "phone"
    if share(values, CHINESE_MOBILE) > 0.8:
        return "phone"
    if values.str.contains(r"[\u4e00-\u9fff].*(?:[路街巷道号村镇])").mean() > 0.6:
        return "address"
    many = values.nunique() > 0.1 * len(values)
    if many and share(values, r"[\u4e00-\u9fff]{2,4}") > 0.6:
        return "name"
    if values.str.contains(LEGAL_FORMS).mean() > 0.2:
        return "company"
    if share(values, NUMBER) > 0.9:
        return "identifier" if values.nunique() > 0.9 * len(values) and share(values, r"\d{5,}") > 0.8 else "number"
    if share(values, r"(?=.*\d)[A-Za-z0-9/-]{5,}") > 0.8:
        return "identifier"
    if share(values, r".*\*\*.*|.*;.*|.*\|.*") > 0.3 or (values.str.count(",") >= 2).mean() > 0.5:
        return "set"
    if share(values, r"\d+[a-z]?,? +\S.*|.*\D +\d+[a-z]?") > 0.5:
        return "address"
    if long_texts(values):
        return "text" if values.str.count(r"\s+").mean() > 12 else "title"
    return by_names(low) or "word"


def by_names(low: pd.Series) -> str | None:
    """Names of people where most begin with one that is known: whole ones, or given names alone."""
    words = low.str.split(r"[\s,]+")
    known = nicknames()
    if words.map(lambda several: several[0] in known).mean() < 0.4:
        return None
    return "given_name" if (words.str.len() == 1).mean() > 0.5 else "name"


PERSONAL = {"given_name", "surname", "birth_date", "birth_year", "sex"}


def rather_told_apart(meanings: dict[str, str], frame: pd.DataFrame, several_files: bool) -> None:
    """What only the other columns and the values together can tell: whose name it is, and which numbers say nothing."""
    found = set(meanings.values())
    about_people = bool(found & PERSONAL)
    about_things = bool(found & {"text", "title"}) or any(
        re.search(r"price|manufacturer|brand|sku|model", column, re.IGNORECASE) for column in meanings
    )
    for column, meaning in list(meanings.items()):
        values = frame[column].dropna()
        if meaning == "name" and not about_people:
            if about_things:
                meanings[column] = "title"
            elif not of_people(values, any(OF_PLACES.search(other) for other in meanings)):
                meanings[column] = "company"
        if meaning == "title" and re.search(r"^(job|salutation)", column, re.IGNORECASE):
            meanings[column] = "word"
        if meaning == "title" and about_people and not long_texts(values):
            meanings[column] = "ignore" if values.nunique() < 20 else "word"  # Mr, Dr, or what they do
        # A number that no two records share is the number of the record, not of whom it is about.
        if meaning == "identifier" and not several_files and len(values) > 20 and values.is_unique:
            meanings[column] = "ignore"
        if meaning == "date" and not about_people:
            meanings[column] = "word"
        if meaning == "number" and re.fullmatch(r"age|alter|年龄", column, re.IGNORECASE) and "birth_date" in found:
            meanings[column] = "ignore"
    named = set(meanings.values())
    if {
        "given_name",
        "surname",
    } <= named:  # the first name column beside its parts fills their gaps, others tell nothing
        whole = [column for column, meaning in meanings.items() if meaning == "name"]
        for column in whole[1:]:
            meanings[column] = "ignore"


# Columns that people do not have: what stands beside them is named after no person.
OF_PLACES = re.compile(r"cuisine|categor|^type$|branche|sector|rating|stars|web|url|domain|opening|wkn|vat|isin", re.I)


def of_people(values: pd.Series, of_places: bool = False) -> bool:
    """Names of people: two to four words, without digits and the words of companies; known ones beside a category."""
    if not len(values):
        return False
    if values.str.contains(COMPANY_WORDS).mean() > 0.2 or values.str.contains(r"\d").mean() > 0.1:
        return False
    chinese = values.str.fullmatch(r"[\u4e00-\u9fff]{2,4}").mean()
    if chinese > 0.5:
        return True
    words = values.str.lower().str.split(r"[\s,]+")
    few = words.str.len().between(2, 4).mean()
    if of_places:
        known = nicknames()
        return bool(few > 0.7 and words.map(lambda several: any(word in known for word in several)).mean() > 0.3)
    return bool(few > 0.7)
