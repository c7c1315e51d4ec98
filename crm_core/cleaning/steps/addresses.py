"""One text of an address in its parts: street, number, postal code, city, and for China province and district.

    Hauptstr. 5a, 10115 Berlin                    →  Hauptstr. | 5a | 10115 | Berlin
    12 bis rue de la Paix, 75002 Paris            →  rue de la Paix | 12 bis | 75002 | Paris
    1600 Pennsylvania Ave NW, Washington, DC 20500 → Pennsylvania Ave NW | 1600 | 20500 | Washington | DC
    广东省深圳市南山区科技路1号3栋                  →  科技路 | 1号3栋 | | 深圳市 | 广东省 | 南山区

What fits none of the forms stays one text. Columns that are there are filled only where they are empty.
"""
from crm_core.cleaning.sheet import Sheet, literal, quoted
from crm_core.cleaning.steps import Edit, Kind, Setting
from crm_core.cleaning.steps.sql import laid_name, narrow

PARTS = ("street", "number", "postal_code", "city", "region", "district")
NUMBER = r"\d{1,5} ?[a-zA-Z]?(?: ?[-/] ?\d{1,4} ?[a-zA-Z]?)?"
STREET, CITY = r"[^,;\d]{3,60}?", r"[^,;\d]{2,40}?"
COUNTRY = r"(?:, ?\p{Lu}[\p{L}. ]{1,40})?"  # may stand behind it all
FLAT = r"(?:,? (?:(?i:apt|apartment|suite|ste|unit)\.?|#) ?[\w-]+)?"
EUROPEAN_CODE = r"(?:[A-Z]{1,2}[- ])?(\d{2}-\d{3}|\d{4}-\d{3}|\d{3} \d{2}|\d{4} ?[A-Z]{2}|\d{4,5})"
# A form: its pattern over the text with plain signs and single blanks, and which part each of its groups is.
FORMS = (
    # Germany, Austria, Switzerland, Italy, Spain, the Netherlands, Poland, the north: a street may have numbers inside
    (rf"([^\d,;][^,;]{{2,60}}?),? ({NUMBER}) ?[,;] ?{EUROPEAN_CODE} ({CITY}){COUNTRY}",
     ("street", "number", "postal_code", "city")),
    # France, Belgium
    (rf"(\d{{1,4}} (?:bis|ter|quater)|{NUMBER}),? ({STREET}) ?[,;] ?(?:[A-Z]{{1,2}}[- ])?(\d{{4,5}}) "
     rf"({CITY}(?: Cedex(?: \d{{1,2}})?)?){COUNTRY}", ("number", "street", "postal_code", "city")),
    # United States
    (rf"(\d{{1,6}}[A-Za-z]?(?:-\d{{1,4}})?) ([^,;]{{3,60}}?){FLAT}, ?({CITY}), ?([A-Z]{{2}}),? (\d{{5}}(?:-\d{{4}})?)"
     rf"{COUNTRY}", ("number", "street", "city", "region", "postal_code")),
    # Canada
    (rf"(\d{{1,6}}[A-Za-z]?(?:-\d{{1,5}})?) ([^,;]{{3,60}}?), ?({CITY}),? ([A-Z]{{2}}),? ([A-Z]\d[A-Z] ?\d[A-Z]\d)"
     rf"{COUNTRY}", ("number", "street", "city", "region", "postal_code")),
    # Australia
    (rf"(\d{{1,5}}[A-Za-z]?(?:[-/]\d{{1,4}})?) ({STREET}), ?({CITY}),? (NSW|VIC|QLD|WA|SA|TAS|ACT|NT),? (\d{{4}})"
     rf"{COUNTRY}", ("number", "street", "city", "region", "postal_code")),
    # United Kingdom
    (rf"(\d{{1,5}}[A-Za-z]?(?:-\d{{1,4}})?),? ({STREET}), ?(?:[^,;\d]{{2,40}}, ?)?({CITY}),? "
     rf"([A-Z]{{1,2}}\d[A-Z\d]? ?\d[A-Z]{{2}}){COUNTRY}", ("number", "street", "city", "postal_code")),
)
# China: from the largest to the smallest, each of them may be left out.
CHINESE = " ?".join((
    r"(?:中国|中國|中华人民共和国)?", r"(?:(\d{6}) ?)?",
    r"(\p{Han}{2,3}省|\p{Han}{2,5}自治[区區]|(?:香港|澳[门門])特[别別]行政[区區]|(?:北京|天津|上海|重[庆慶])市?)?",
    r"(\p{Han}{2,7}?(?:市|自治州|地[区區]|盟))?", r"(\p{Han}{1,6}?(?:[区區县縣旗]|市))?",
    r"(\p{Han}[\p{Han}0-9A-Za-z]{0,18}?(?:大道|大街|路|街|道|巷|弄|胡同|里)(?:[东西南北東一二三四五六七八九十]段)?"
    r"|\p{Han}{2,12}(?:园|園|村|小区|广场|廣場|大厦|大廈|中心|镇|鎮|乡|鄉))?",
    r"([0-9一二三四五六七八九十百]+ ?(?:[号號弄]|-).{0,60}?|[0-9]+[栋幢座].{0,60}?)?", r"(?:[(]?(\d{6})[)]?)?"))
CHINESE_PARTS = ("code_before", "region", "city", "district", "street", "number", "code_behind")


def split_address(sheet: Sheet, settings: dict) -> Edit:
    column, text = settings["column"], quoted(settings["column"])
    laid = laid_name(sheet, "addresses")
    groups = {name: [] for name in PARTS}
    forms = []
    for number, (pattern, parts) in enumerate(FORMS, 1):
        forms.append(f"WHEN regexp_full_match(t, {literal(pattern)}) THEN {number}")
        for group, name in enumerate(parts, 1):
            groups[name].append(f"WHEN form = {number} THEN regexp_extract(t, {literal(f'^(?:{pattern})$')}, {group})")
    # A Chinese address that names neither street nor district tells nothing that can be split.
    chinese = {name: f"regexp_extract(t, {literal(f'^(?:{CHINESE})$')}, {group})"
               for group, name in enumerate(CHINESE_PARTS, 1)}
    own_city = f"CASE WHEN regexp_matches({chinese['region']}, '^(北京|天津|上海|重)') THEN {chinese['region']} END"
    named = {**chinese, "city": f"coalesce(nullif({chinese['city']}, ''), {own_city})",
             "postal_code": f"coalesce(nullif({chinese['code_before']}, ''), {chinese['code_behind']})"}
    for name in PARTS:
        groups[name].append(f"WHEN form = 0 THEN {named[name]}")
    listed = ", ".join(f"nullif(trim(CASE {' '.join(groups[name])} END), '') AS looked_{name}" for name in PARTS)
    enough = " AND ".join(f"({chinese[one]} <> '' OR {chinese[other]} <> '')"
                          for one, other in (("street", "district"), ("region", "city")))
    sheet.ask.execute(f"""
        CREATE OR REPLACE TEMP TABLE {laid} AS
        WITH texts AS (SELECT DISTINCT {text} AS text FROM {sheet.relation}
                       WHERE regexp_matches({text}, '[0-9０-９\\p{{Han}}]')),
        lines AS (SELECT text, regexp_replace({narrow('text')}, '\\s*[\\r\\n]+\\s*', ', ', 'g') AS t FROM texts),
        plain AS (SELECT text, trim(regexp_replace(t, '[\\s\\x{{00a0}}]+', ' ', 'g'), ' ,;') AS t FROM lines),
        formed AS (SELECT text, t, CASE WHEN strlen(t) > length(t) AND regexp_matches(t, '\\p{{Han}}')
                       THEN CASE WHEN regexp_full_match(t, {literal(CHINESE)}) AND {enough} THEN 0 END
                       {' '.join(forms)} END AS form FROM plain)
        SELECT text AS looked_text, {listed} FROM formed WHERE form IS NOT NULL""")
    sets, types = {}, {}
    for name in PARTS:
        into = _into(column, name)
        sets[into] = f"coalesce({quoted(into)}, looked_{name})" if into in sheet.columns else f"looked_{name}"
        types[into] = "text"
    return Edit(sets=sets, types={into: type for into, type in types.items() if into not in sheet.columns},
                joins=(f"LEFT JOIN temp.{laid} addresses ON addresses.looked_text = layer.{text}",),
                counted={"addresses_left": f"looked_text IS NULL AND coalesce({text}, '') <> ''"})


def _into(column: str, part: str) -> str:
    return part if part in ("postal_code", "city", "region") else f"{column}_{part}"


KINDS = (
    Kind("split_address", "standards", (Setting("column", "column", types=("text",)),), split_address,
         makes=lambda settings: tuple(_into(settings["column"], name) for name in PARTS)),
)
