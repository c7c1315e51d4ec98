"""Fix this first: what to do about a table, ranked by what it would bring to the score, each with the rows it touches.

    customers | 240 share a telephone number | +0.7 points | look through the duplicates
    customers | 109 write their city otherwise than most | +0 | standardise spellings, in a recipe
"""
import re
from dataclasses import dataclass

from crm_core.cleaning.findings import EXAMPLES, Finding
from crm_core.cleaning.profile import Column, Profile
from crm_core.cleaning.quality import Part
from crm_core.cleaning.shapes import PLACEHOLDERS
from crm_core.tables import TABLES

OUTLIERS = 0.05  # a larger share than this is no exception but a second kind
FROM_OTHERS = ("country", "region")  # what a city or a telephone number tells
MOST_FILLED = 0.4  # of a column that lacks more than this too little is known to fill it

# Digits that name something are no number to compute with.
NUMBERED = re.compile(r"(?i)(\b|_)(id|ids|no|nr|number|code|key|zip|plz|sku|ean)\.?$|编号|编码|代码|号$")
# Fits a value only if all of it stands for nothing.
NOTHING = r"^\s*(" + "|".join(re.escape(text) for text in PLACEHOLDERS) + r")\s*$"


@dataclass(frozen=True)
class Proposal:
    """One thing to do, and how much it touches."""

    name: str  # its words: proposal.<name>, and why it matters: proposal_why.<name>
    table: str
    columns: tuple[str, ...]
    rows: int  # that it touches; of what is asked of several columns, cells
    of: int
    where: str  # where one can do it: recipe, duplicates, records
    points: float = 0.0  # that the score would gain
    steps: tuple[dict, ...] = ()  # of a recipe: {"step": kind, setting: value …}
    ids: tuple[int, ...] = ()  # some of the rows
    rule: str = ""  # of broken_rule: which one


def proposals(ask, profile: Profile) -> tuple[Proposal, ...]:
    """What to do about a table of the book, the most points first, then the most rows."""
    if not profile.rows:
        return ()
    found = [*_about_findings(profile), *_about_gaps(ask, profile), *_about_writing(profile),
             *_about_values(profile)]
    return tuple(sorted((one for one in found if one.rows), key=lambda one: (-round(one.points, 2), -one.rows)))


def _about_findings(profile: Profile) -> list[Proposal]:
    """Ways of writing go to a recipe, likely duplicates are looked through, the rest is for whoever knows better."""
    told = []
    for finding in profile.findings:
        steps = _steps(profile, finding) if finding.family == "conformity" else ()
        where = ("recipe" if steps else "duplicates" if finding.family == "uniqueness" and finding.table == "customers"
                 else "records")
        name = "broken_rule" if finding.is_rule else finding.name
        told.append(Proposal(name, finding.table, finding.columns, finding.rows, finding.of, where,
                             _points(profile, finding.family, finding.rows, finding.of), steps, finding.ids,
                             finding.name if finding.is_rule else ""))
    return told


def _steps(profile: Profile, finding: Finding) -> tuple[dict, ...]:
    """What writes the rows of a finding as they should be written."""
    column = finding.columns[0]
    if finding.name == "email_form":
        return ({"step": "standard_email", "column": column},)
    if finding.name == "phone_form":
        country = {"country_column": "country"} if profile.column("country").filled else {}
        return ({"step": "standard_phone", "column": column, **country},)
    return (_spelling_step(column),)


def _about_gaps(ask, profile: Profile) -> list[Proposal]:
    """What every row should tell and some do not. Only what other columns tell of can be worked out."""
    told = []
    for gap in profile.quality.gaps if profile.quality else ():
        if not gap.rows:
            continue
        points = _points(profile, "completeness", gap.rows, gap.of * len(profile.quality.gaps))
        can_be_known = gap.columns[0] in FROM_OTHERS and gap.rows < MOST_FILLED * gap.of
        steps = ({"step": "fill_model", "column": gap.columns[0]},) if can_be_known else ()
        nothing = " AND ".join(f"{name} IS NULL" for name in gap.columns)
        ids = ask.execute(f"SELECT min(id, {EXAMPLES}) FROM {profile.table} WHERE deleted_at IS NULL AND {nothing}"
                          ).fetchone()[0]
        told.append(Proposal("fill" if steps else "missing", profile.table, gap.columns, gap.rows, gap.of,
                             "recipe" if steps else "records", points, steps, tuple(ids or ())))
    return told


def _about_writing(profile: Profile) -> list[Proposal]:
    """Texts that mean the same and are written differently."""
    of, table = profile.rows, profile.table
    known = {column.name: column for column in TABLES[table].columns}
    texts = [column for column in profile.columns if column.type == "text" and column.filled]
    # Free texts are written as people write; nobody compares them.
    short = [column for column in texts if column.own or known[column.name].rule != "long_text"]

    def touching(name: str, columns: list[Column], counted: str, *steps: dict) -> Proposal:
        return Proposal(name, table, tuple(column.name for column in columns),
                        sum(getattr(column, counted) for column in columns), of * len(columns), "recipe", steps=steps)

    def listed(counted: str) -> list[Column]:
        return [column for column in short if getattr(column, counted)]

    blanks, wide = listed("untrimmed"), listed("full_width")
    told = [touching("untrimmed", blanks, "untrimmed", {"step": "trim", "columns": _names(blanks)}),
            touching("full_width", wide, "full_width", {"step": "narrow_signs", "columns": _names(wide)})]
    waiting = listed("placeholders")
    told.append(touching("placeholder", waiting, "placeholders", {
        "step": "replace", "columns": _names(waiting), "find": NOTHING, "by": "", "regular": True,
        "ignore_case": True}))
    found = {finding.columns[0] for finding in profile.findings if finding.name == "spelling"}
    told += [Proposal("spelling", table, (column.name,), column.spellings, of, "recipe",
                      steps=(_spelling_step(column.name),))
             for column in listed("spellings") if column.name not in {*found, "name", "email", "phone", "address"}]
    told += [Proposal("odd_case", table, (column.name,), column.odd_case, of, "recipe",
                      steps=({"step": "change_case", "columns": [column.name], "case": "title"},))
             for column in listed("odd_case") if column.name == "name"]
    more = [column for column in short if column.own and column.looks_like and not NUMBERED.search(column.name)]
    told.append(touching("kept_as_text", more, "filled", *(
        {"step": "convert", "column": column.name, "to": column.looks_like} for column in more)))
    return told


def _about_values(profile: Profile) -> list[Proposal]:
    """Numbers far from the rest, columns that say nothing."""
    told = []
    for column in profile.columns:
        outliers = column.outliers
        if outliers and 0 < outliers.rows <= OUTLIERS * column.filled and column.type not in ("day", "time"):
            ids = tuple(id for id, _ in (*outliers.highest, *outliers.lowest))[:5]
            told.append(Proposal("outliers", profile.table, (column.name,), outliers.rows, profile.rows, "recipe",
                                 steps=({"step": "flag_outliers", "columns": [column.name]},), ids=ids))
    return told


def _spelling_step(column: str) -> dict:
    if column == "country":
        return {"step": "standard_country", "column": column}
    return {"step": "cluster_by_method", "column": column, "cluster_method": "fingerprint"}


def _names(columns: list[Column]) -> list[str]:
    return [column.name for column in columns]


def _points(profile: Profile, part: str, rows: int, of: int) -> float:
    """What the score would gain if `rows` of `of` were good."""
    parts: tuple[Part, ...] = profile.quality.parts if profile.quality else ()
    weight = sum(one.weight for one in parts if one.name == part)
    weights = sum(one.weight for one in parts)
    return 100 * weight / weights * rows / of if weights and of else 0.0
