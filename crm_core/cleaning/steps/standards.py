"""E-mails and genders written one way; the catalogue of every step that makes standard values."""
from crm_core.cleaning import reference
from crm_core.cleaning.sheet import Sheet, literal, quoted
from crm_core.cleaning.steps import (
    ByValue,
    Edit,
    Kind,
    Setting,
    StepSkipped,
    addresses,
    companies,
    countries,
    dates,
    phones,
)
from crm_core.cleaning.steps.countries import counts_of, notes_of
from crm_core.cleaning.steps.sql import listed, narrow
from crm_core.reference import words_of_choices
from crm_core.tables import RULES

# --- e-mail ---------------------------------------------------------------------------------------

BLANKS = r"[\s\x{00a0}\x{200b}-\x{200f}\x{2000}-\x{200a}\x{202f}\x{2060}\x{3000}\x{feff}]+"


def standard_email(sheet: Sheet, settings: dict) -> Edit:
    """` Ada＠Example．COM.` → ada@example.com. What is no e-mail afterwards stays as it was, and is counted.

    Domains that are probably mistyped are said; they are mended only where that is asked for (typos: mend), and those
    of `own_words` (from → to) always.
    """
    column, text = settings["column"], quoted(settings["column"])
    made = f"replace({narrow(text)}, '。', '.')"
    made = f"regexp_replace({made}, '{BLANKS}', '', 'g')"
    made = rf"regexp_replace({made}, '(?i)^(mailto:|[^<>]*<)+|[>.,;:]+$|\?.*$', '', 'g')"
    if settings.get("email_case") == "domain":
        made = rf"regexp_extract({made}, '^([^@]*)', 1) || lower(regexp_extract({made}, '(@.*)$', 1))"
    else:
        made = f"lower({made})"
    # Most are as they should be: they are asked one question.
    fits = rf"regexp_full_match({text}, '[a-z0-9._%+-]+@[a-z0-9-]+(\.[a-z0-9-]+)+')"
    made = f"CASE WHEN {fits} THEN {text} ELSE {made} END"
    known = {row["typo"]: row["domain"] for row in reference.rows("email_domains")}
    own = {before.lower().lstrip("@"): after.lower().lstrip("@")
           for before, after in (settings.get("own_words") or {}).items()}
    mended = {**(known if settings.get("typos") == "mend" else {}), **own}
    if mended:
        domain = rf"lower(regexp_extract({made}, '@(.*)$', 1))"
        cases = " ".join(f"WHEN {literal(before)} THEN {literal(after)}" for before, after in mended.items())
        made = (f"CASE WHEN {domain} IN ({listed(mended)}) THEN regexp_replace({made}, '@.*$', '') || '@' || "
                f"CASE {domain} {cases} END ELSE {made} END")
    valid = RULES["email"].replace("{}", f"({made})")
    notes = ()
    if settings.get("typos") != "mend":
        domains = f"SELECT lower(regexp_extract({text}, '@(.*)$', 1)) AS domain FROM {sheet.relation}"
        asked = listed(typo for typo in known if typo not in own)
        found = sheet.ask.execute(f"SELECT domain, count(*) FROM ({domains}) WHERE domain IN ({asked}) "
                                  "GROUP BY domain ORDER BY 2 DESC, 1").fetchall()
        notes = notes_of("email_typos", [(f"{typo} → {known[typo]}", rows) for typo, rows in found])
    return Edit(sets={column: f"CASE WHEN {valid} THEN {made} ELSE {text} END"}, notes=notes,
                counted={"emails_left": f"coalesce({text}, '') <> '' AND NOT coalesce({valid}, false)"})


# --- gender ---------------------------------------------------------------------------------------


def standard_gender(sheet: Sheet, settings: dict) -> Edit:
    """Frau · 女 · femme · F → female; what says that it is not known empties the cell; other words stay."""
    column = settings["column"]
    own = {word.strip().lower(): meant for word, meant in (settings.get("own_words") or {}).items()}
    known = {word: choice for choice, words in words_of_choices()["gender"].items() for word in words.split()} | own
    found = counts_of(sheet, column)
    if not found:
        raise StepSkipped("all_missing", column=column)
    given = {_word(value) for value, _ in found}
    # Spanish H and M (hombre, mujer): where both stand, M is no man for certain.
    in_doubt = {"m", "h"} - set(own) if "h" in given and "f" not in given else {"h"} - set(own)

    def meant(value: str) -> str | None:
        word = _word(value)
        return value if word in in_doubt else known.get(word, value)

    left = [(value, rows) for value, rows in found
            if meant(value) == value and value not in ("female", "male", "other")]
    doubts = [one for one in left if _word(one[0]) in in_doubt]
    emptied = [(value, rows) for value, rows in found if not meant(value)]
    return Edit(maps=(ByValue(column, meant),), notes=(
        *notes_of("genders_in_doubt", doubts), *notes_of("genders_left", [one for one in left if one not in doubts]),
        *notes_of("genders_emptied", emptied)))


def _word(value: str) -> str:
    return value.strip().strip(".").lower()


OWN_WORDS = Setting("own_words", "values", needed=False)
KINDS = (
    Kind("standard_email", "standards", (
        Setting("column", "column", types=("text",)),
        Setting("email_case", "choice", choices=("all", "domain"), default="all"),
        Setting("typos", "choice", choices=("say", "mend"), default="say"),
        OWN_WORDS,
    ), standard_email),
    *phones.KINDS,
    *dates.KINDS,
    Kind("standard_gender", "standards", (
        Setting("column", "column", types=("text", "choice")),
        OWN_WORDS,
    ), standard_gender),
    *countries.KINDS,
    *addresses.KINDS,
    *companies.KINDS,
)
