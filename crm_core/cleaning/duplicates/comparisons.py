"""What is compared of two records, and how alike it may be: levels from the same to different, as SQL for Splink.

Columns that say the same thing twice (postal code, city and region; street and number) are one comparison, so that
nothing is counted twice. Missing is a level of its own that weighs nothing.
"""

import re
from dataclasses import dataclass

from crm_core.cleaning.duplicates.preparing import Plan


@dataclass(frozen=True)
class Level:
    name: str  # exact, swapped, nickname, sounds_alike, close, similar, …, different
    sql: str
    usual: float  # how often the same ones are seen at this level, before anything was learned
    rare: str | None = None  # the prepared column whose rare values weigh more, where both have the same


@dataclass(frozen=True)
class Comparison:
    name: str
    columns: tuple[str, ...]  # of the records
    missing: str  # SQL: nothing to compare
    levels: tuple[Level, ...]  # the most alike first; the last one is everything else
    alike: tuple[
        str, ...
    ] = ()  # who has it in common without being the same: household (or house), namesake (or chain)
    measures: tuple[tuple[str, str], ...] = ()  # (name, SQL): what several levels ask for is worked out once
    most_different: float = 0.35  # of pairs of the same so many may differ in it at the most; learning goes no further

    def case(self) -> str:
        """SQL: 0 where missing, 1 for the most alike level, 2 for the next …"""
        cases = [f"WHEN {self.missing} THEN 0"]
        for place, level in enumerate(self.levels, 1):
            cases.append(f"ELSE {place}" if level.sql == "ELSE" else f"WHEN {level.sql} THEN {place}")
        return f"CASE {' '.join(cases)} END"

    def uses(self) -> set[str]:
        """The prepared columns that it looks at."""
        return set(re.findall(r"\b(\w+)_[lr]\b", " ".join((self.case(), *(sql for _, sql in self.measures)))))

    def splink(self, m: list[float], u: list[float]) -> dict:
        """Splink's own words for it, with the probabilities of each level."""
        levels = [{"sql_condition": self.missing, "label_for_charts": "missing", "is_null_level": True}]
        for place, level in enumerate(self.levels):
            levels.append(
                {
                    "sql_condition": level.sql,
                    "label_for_charts": level.name,
                    "m_probability": m[place],
                    "u_probability": u[place],
                }
            )
        return {"output_column_name": self.name, "comparison_levels": levels}


HOUSEHOLD, NAMESAKE = ("household",), ("namesake",)


UMLAUTS = "replace(replace(replace({}, 'oe', 'o'), 'ue', 'u'), 'ae', 'a')"  # jaeger and jäger, whose accent is gone


def either(column: str) -> str:
    return f"({column}_l IS NULL OR {column}_r IS NULL)"


def same(column: str) -> str:
    return f"{column}_l = {column}_r"


def typed_wrong(column: str, keys: int = 1, from_length: int = 4) -> str:
    """So many keys typed wrong, left out, added or swapped; short words must be longer than that to count.

    What is cheap to ask comes first: counting keys costs ten times as much as the rest. DuckDB works out every part of
    an AND, but of a CASE only what is asked for.
    """
    return (
        f"(CASE WHEN least(length({column}_l), length({column}_r)) >= {from_length} "
        f"AND abs(length({column}_l) - length({column}_r)) <= {keys} THEN "
        f"CASE WHEN jaro_winkler_similarity({column}_l, {column}_r, .6) >= .6 "
        f"THEN damerau_levenshtein({column}_l, {column}_r) <= {keys} ELSE false END ELSE false END)"
    )


def once(first: str, then: str) -> str:
    """Both, but the second is only worked out where the first is true."""
    return f"(CASE WHEN {first} THEN {then} ELSE false END)"


def unless(first: str, then: str) -> str:
    """One of both, but the second is only worked out where the first is not true."""
    return f"(CASE WHEN {first} THEN true ELSE {then} END)"


def alike(column: str, least: float) -> str:
    return f"jaro_winkler_similarity({column}_l, {column}_r, {least}) >= {least}"


def comparisons(plan: Plan) -> tuple[Comparison, ...]:
    """All that can be compared of records prepared by the plan."""
    has = {name for name, _ in plan.basic}
    columns = plan.roles
    found = []
    people = bool(has & {"given", "surname"})
    if "given" in has:
        found.append(given_names(columns["given"], "surname" in has))
        if "middle" in has:
            found.append(
                Comparison(
                    "middle_name",
                    columns["middle"],
                    either("middle"),
                    (
                        Level("exact", same("middle"), 0.75, "middle"),
                        Level("close", unless(alike("middle", 0.9), typed_wrong("middle")), 0.1),
                        Level(
                            "initial",
                            "left(middle_l, 1) = left(middle_r, 1) AND least(length(middle_l), length(middle_r)) = 1",
                            0.05,
                        ),
                        Level("different", "ELSE", 0.1),
                    ),
                    NAMESAKE,
                )
            )
    if "surname" in has:
        found.append(surnames(columns["surname"], "given" in has))
    if "birth" in has:
        found.append(birth_dates(columns["birth"]))
    if "sex" in has:
        # The same given name has the same sex: that says nothing new.
        said = (
            f"{either('sex')} OR ({same('sex')} AND coalesce(list_has_any(given_nick_l, given_nick_r), false))"
            if "given" in has
            else either("sex")
        )
        found.append(
            Comparison(
                "sex",
                columns["sex"],
                said,
                (Level("exact", same("sex"), 0.97), Level("different", "ELSE", 0.03)),
                NAMESAKE,
            )
        )
    if "email" in has:
        # Namesakes have like addresses: where the name stands in them only the very same one speaks for one person.
        names = [
            f"coalesce(contains({UMLAUTS.format('email_user_{}')}, {UMLAUTS.format(role + '_latin_{}')}), false)"
            for role in ("given", "surname")
            if role in has
        ]
        named = " AND ".join(f"({' OR '.join(name.format(side, side) for name in names) or 'false'})" for side in "lr")
        numbers = r"regexp_replace(email_user_{}, '\D', '', 'g')"
        like = once(
            "abs(length(email_l) - length(email_r)) <= 2 AND length(email_user_l) + length(email_user_r) >= 4 "
            "AND email_l <> email_r",
            once(alike("email_user", 0.7), typed_wrong("email", 2, 8)),
        )
        near = once(like, f"coalesce({numbers.format('l')} = {numbers.format('r')}, false)")
        found.append(
            Comparison(
                "email",
                columns["email"],
                f"{either('email')} OR "
                + once(f"NOT {same('email')} AND (coalesce({same('email_user')}, false) OR email_near)", named),
                (
                    Level("exact", same("email"), 0.6, "email"),
                    Level("close", "email_near", 0.1),
                    Level("same_user", f"{same('email_user')} AND length(email_user_l) >= 5", 0.1),
                    Level("different", "ELSE", 0.2),
                ),
                measures=(("email_near", near),),
                most_different=0.97,
            )
        )
    if "phone" in has:
        found.append(
            Comparison(
                "phone",
                columns["phone"],
                either("phone"),
                (
                    Level("exact", same("phone_key"), 0.65, "phone_key"),
                    Level("close", typed_wrong("phone_key", 1, 6), 0.1),
                    Level("similar", typed_wrong("phone_key", 2, 7), 0.05),
                    Level("different", "ELSE", 0.2),
                ),
                HOUSEHOLD,
                most_different=0.9,
            )
        )
    if "company" in has:
        found.append(wordy("company", "company", columns["company"], "company", HOUSEHOLD if people else NAMESAKE))
    if "website" in has:
        found.append(websites(columns["website"], "company" in has))
    if has & {"street", "street_no"}:
        found.append(streets(columns, has))
    if has & {"city", "postal_code", "region"}:
        found.append(cities(columns, has))
    for name, kind, column in plan.extras:
        found.append(extra(name, kind, column, people))
    return tuple(found)


def given_names(columns: tuple[str, ...], with_surname: bool) -> Comparison:
    levels = [Level("exact", same("given"), 0.7, "given")]
    measures = [("given_alike", JARO_WINKLER.format("given"))]
    if with_surname:
        levels.append(Level("swapped", "names_swapped", 0.03))
        measures.append(("names_swapped", SWAPPED))
    levels += [
        Level(
            "pinyin",
            unless(
                "given_latin_l = given_latin_r",
                # Letters of more than one byte first: only they can be Chinese signs.
                once(
                    "strlen(given_l) + strlen(given_r) > length(given_l) + length(given_r) AND given_l <> given_r",
                    once(
                        typed_wrong("given_latin", 1, 6),
                        "regexp_matches(given_l || given_r, '[\\p{Han}]')",
                    ),
                ),
            ),
            0.03,
            None,
        ),
        Level("nickname", "list_has_any(given_nick_l, given_nick_r)", 0.04),
        Level(
            "sounds_alike",
            "given_sound_l = given_sound_r AND least(length(given_l), length(given_r)) >= 3 AND "
            + "given_alike >= .75",
            0.04,
        ),
        Level("close", unless("given_alike >= .92", typed_wrong("given")), 0.06),
        Level(
            "initial",
            "least(length(given_latin_l), length(given_latin_r)) = 1 "
            "AND left(given_latin_l, 1) = left(given_latin_r, 1)",
            0.03,
        ),
        Level("similar", "given_alike >= .8", 0.02),
        Level("different", "ELSE", 0.05),
    ]
    return Comparison("given_name", columns, either("given"), tuple(levels), NAMESAKE, tuple(measures))


JARO_WINKLER = "jaro_winkler_similarity({0}_l, {0}_r)"
CROSSED = "jaro_winkler_similarity({0}_latin_l, {1}_latin_r, .92) >= .92"
SWAPPED = once(
    "coalesce(left(given_latin_l, 1) = left(surname_latin_r, 1) AND left(surname_latin_l, 1) = left(given_latin_r, 1) "
    "AND given_latin_l <> given_latin_r AND surname_latin_l <> surname_latin_r "
    "AND length(given_latin_l) > 1 AND length(given_latin_r) > 1, false)",
    f"{CROSSED.format('given', 'surname')} AND {CROSSED.format('surname', 'given')}",
)


def surnames(columns: tuple[str, ...], with_given: bool) -> Comparison:
    # Where given name and surname are swapped the given name says so for both.
    missing = f"{either('surname')} OR names_swapped" if with_given else either("surname")
    return Comparison(
        "surname",
        columns,
        missing,
        (
            Level("exact", same("surname"), 0.78, "surname"),
            Level("pinyin", "surname_latin_l = surname_latin_r", 0.02),
            Level(
                "sounds_alike",
                "surname_sound_l = surname_sound_r AND least(length(surname_l), length(surname_r)) >= 3 AND "
                + "surname_alike >= .75",
                0.04,
            ),
            Level("close", unless("surname_alike >= .92", typed_wrong("surname")), 0.07),
            Level(
                "part",
                "least(length(surname_l), length(surname_r)) >= 4 AND (contains(surname_l, surname_r) "
                "OR contains(surname_r, surname_l))",
                0.01,
            ),
            Level("similar", "surname_alike >= .8", 0.02),
            Level("different", "ELSE", 0.06),
        ),
        HOUSEHOLD + NAMESAKE,
        (("surname_alike", JARO_WINKLER.format("surname")),),
    )


def birth_dates(columns: tuple[str, ...], role: str = "birth", name: str = "birth_date") -> Comparison:
    year, month, day = (
        lambda side: f"left({role}_{side}, 4)",
        lambda side: f"substr({role}_{side}, 5, 2)",
        lambda side: f"right({role}_{side}, 2)",
    )

    def both(part) -> str:
        return f"{part('l')} = {part('r')}"

    partly = f"(right({role}_l, 2) = '00' OR right({role}_r, 2) = '00')"
    return Comparison(
        name,
        columns,
        either(role),
        (
            Level("exact", f"{same(role)} AND NOT {partly}", 0.8, role),
            Level("year", f"{partly} AND {both(year)}", 0.03),
            Level("swapped", f"{both(year)} AND {month('l')} = {day('r')} AND {day('l')} = {month('r')}", 0.02),
            Level("close", f"NOT {partly} AND hamming({role}_l, {role}_r) <= 1", 0.08),
            Level("other_year", f"NOT {partly} AND {both(month)} AND {both(day)}", 0.015),
            Level("other_day", f"NOT {partly} AND {both(year)} AND {both(month)}", 0.01),
            Level("other_month", f"NOT {partly} AND {both(year)} AND {both(day)}", 0.01),
            Level("similar", f"NOT {partly} AND hamming({role}_l, {role}_r) <= 2", 0.02),
            Level(
                "near",
                f"NOT {partly} AND ({both(month)} OR {both(day)}) AND hamming({year('l')}, {year('r')}) <= 1",
                0.01,
            ),
            Level("same_year", both(year), 0.01),
            Level("different", "ELSE", 0.03),
        ),
    )


def wordy(name: str, role: str, columns: tuple[str, ...], rare: str, alike: tuple[str, ...] = ()) -> Comparison:
    """Several words in any order: companies, titles, lists."""
    common, alike_all = f"{role}_common", f"{role}_alike"
    shorter = f"least(len({role}_words_l), len({role}_words_r))"
    together = f"(len({role}_words_l) + len({role}_words_r) - {common})"
    return Comparison(
        name,
        columns,
        either(role),
        (
            Level("exact", same(role), 0.6, rare),
            Level("words_exact", f"{common} = {shorter} AND {together} = {shorter}", 0.05),
            Level("close", unless(f"{alike_all} >= .95", typed_wrong(role, 2, 8)), 0.1),
            Level("part", f"{shorter} >= 1 AND {common} = {shorter}", 0.07),
            Level("most_words", f"{common} >= .6 * {together} OR {alike_all} >= .9", 0.07),
            Level("some_words", f"{common} >= .3 * {together} OR {alike_all} >= .8", 0.06),
            Level("different", "ELSE", 0.05),
        ),
        alike,
        ((common, f"len(list_intersect({role}_words_l, {role}_words_r))"), (alike_all, JARO_WINKLER.format(role))),
    )


def websites(columns: tuple[str, ...], with_company: bool) -> Comparison:
    """Who they are on the web. Namesakes have like addresses: what only spells the company's name says nothing new."""
    named = " AND ".join(
        f"contains(site_{side}, replace(left(company_{side}, 6), ' ', ''))" for side in "lr"
    )
    said = f" OR (coalesce({named}, false) AND NOT {same('website')})" if with_company else ""
    return Comparison(
        "website",
        columns,
        either("website") + said,
        (
            Level("exact", same("website"), 0.8, "website"),
            Level("same_name", same("site"), 0.05, "site"),
            Level("close", typed_wrong("site", 2, 6), 0.05),
            Level("different", "ELSE", 0.1),
        ),
        NAMESAKE,
        most_different=0.6,
    )


def streets(columns: dict, has: set[str]) -> Comparison:
    of = tuple(dict.fromkeys((*columns.get("street", ()), *columns.get("street_no", ()))))
    if "street" not in has:
        return Comparison(
            "street",
            of,
            either("street_no"),
            (
                Level("exact", same("street_no"), 0.9, "street_no"),
                Level("close", typed_wrong("street_no", 1, 2), 0.04),
                Level("different", "ELSE", 0.06),
            ),
            HOUSEHOLD,
        )
    close = "street_near"
    number = f"coalesce({same('street_no')}, false)"
    unknown = either("street_no")
    near = f"coalesce({typed_wrong('street_no', 1, 2)}, false)"
    return Comparison(
        "street",
        of,
        f"{either('street')} AND {either('street_no')}",
        (
            Level("exact", f"{same('street')} AND {number}", 0.6, "street"),
            Level("close", f"{close} AND {number}", 0.1),
            Level("street_exact", f"{same('street')} AND ({unknown} OR {near})", 0.07, "street"),
            Level("street_close", f"{close} AND ({unknown} OR {near})", 0.03),
            Level("other_number", f"{same('street')} OR {close}", 0.05),
            Level("number_only", f"{number}", 0.05),
            Level("different", "ELSE", 0.1),
        ),
        HOUSEHOLD,
        (("street_near", f"coalesce({unless(alike('street', 0.9), typed_wrong('street', 2, 6))}, false)"),),
        0.6,
    )


def cities(columns: dict, has: set[str]) -> Comparison:
    of = tuple(
        dict.fromkeys(column for role in ("city", "postal_code", "region") if role in has for column in columns[role])
    )
    parts = {role: role in has for role in ("city", "postal_code", "region")}
    known = [either(role) for role, there in parts.items() if there]
    levels = []
    city = f"coalesce({same('city')}, false)" if parts["city"] else "false"
    city_close = "city_near" if parts["city"] else "false"
    code = f"coalesce({same('postal_code')}, false)" if parts["postal_code"] else "false"
    code_close = "code_near" if parts["postal_code"] else "false"
    near_code = (
        "coalesce("
        + unless(
            "left(postal_code_l, 4) = left(postal_code_r, 4) "
            "AND greatest(length(postal_code_l), length(postal_code_r)) > 5",
            typed_wrong("postal_code", 1, 4),
        )
        + ", false)"
    )
    measures = (
        (("city_near", f"coalesce({unless(alike('city', 0.9), typed_wrong('city', 2, 5))}, false)"),)
        if parts["city"]
        else ()
    ) + ((("code_near", near_code),) if parts["postal_code"] else ())
    if parts["postal_code"] and parts["city"]:
        levels += [
            Level("exact", f"{code} AND ({city} OR {city_close})", 0.7, "postal_code"),
            Level("code_exact", code, 0.06, "postal_code"),
            Level("code_close", f"{code_close} AND ({city} OR {city_close})", 0.07),
            Level("city_exact", city, 0.05, "city"),
            Level("close", f"{city_close} OR {code_close}", 0.03),
        ]
    elif parts["postal_code"]:
        levels += [Level("exact", code, 0.75, "postal_code"), Level("close", code_close, 0.1)]
    elif parts["city"]:
        levels += [Level("exact", city, 0.8, "city"), Level("close", city_close, 0.08)]
    if parts["region"]:
        levels.append(
            Level("region_exact" if levels else "exact", f"coalesce({same('region')}, false)", 0.05, "region")
        )
    levels.append(Level("different", "ELSE", 0.08))
    return Comparison("place", of, " AND ".join(known), tuple(levels), HOUSEHOLD, measures, 0.45)


def extra(name: str, kind: str, column: str, people: bool) -> Comparison:
    """A column that is none of a person's usual ones; the comparison bears the column's own name."""
    shown, of = f"{kind}_{name}", (column,)
    if kind in ("title", "text", "set"):
        return wordy(shown, name, of, name, NAMESAKE if kind == "title" else ())
    if kind == "identifier":
        return Comparison(
            shown,
            of,
            either(name),
            (
                Level("exact", same(name), 0.8, name),
                Level("close", typed_wrong(name, 1, 5), 0.06),
                Level("similar", typed_wrong(name, 2, 6), 0.04),
                Level("different", "ELSE", 0.1),
            ),
        )
    if kind in ("number", "year"):
        if kind == "year":
            return Comparison(
                shown,
                of,
                either(name),
                (
                    Level("exact", same(name), 0.85, name),
                    Level("close", f"abs(try_cast({name}_l AS INTEGER) - try_cast({name}_r AS INTEGER)) <= 1", 0.07),
                    Level("similar", typed_wrong(name, 1, 4), 0.03),
                    Level("different", "ELSE", 0.05),
                ),
            )
        gap = f"abs({name}_value_l - {name}_value_r)"
        size = f"greatest(abs({name}_value_l), abs({name}_value_r))"
        return Comparison(
            shown,
            of,
            either(f"{name}_value"),
            (
                Level("exact", f"{gap} <= .001 * {size}", 0.6, name),
                Level("close", f"{gap} <= .05 * {size}", 0.15),
                Level("similar", f"{gap} <= .25 * {size}", 0.15),
                Level("different", "ELSE", 0.1),
            ),
        )
    if kind == "date":
        return birth_dates(of, name, shown)
    return Comparison(
        shown,
        of,
        either(name),
        (
            Level("exact", same(name), 0.7, name),
            Level("close", unless(alike(name, 0.92), typed_wrong(name, 2, 6)), 0.1),
            Level(
                "part",
                f"least(length({name}_l), length({name}_r)) >= 4 AND (contains({name}_l, {name}_r) "
                f"OR contains({name}_r, {name}_l))",
                0.05,
            ),
            Level("similar", alike(name, 0.8), 0.05),
            Level("different", "ELSE", 0.1),
        ),
        HOUSEHOLD if people else (),
        most_different=0.6,
    )
