"""A file whose rows are rows of one table: customers, products, communications, requests, opportunities and so on.

Parts are put together (first and last name, lines of an address), what only tells a column is turned into it (is won →
status), and what names rows of other tables is laid beside it (`ref_…`) for loading.py to look up.
"""
from crm_core.data_entry.casting import NO, YES, words_of
from crm_core.data_entry.kinds import KINDS, column_of, is_reference, table_of
from crm_core.tables import TABLES

# In these a word that nobody knows is one that people made up: it is kept as an own field and told as the neutral one.
SOFT = ("communications.channel", "communications.direction", "service_requests.status", "service_requests.priority",
        "service_requests.channel", "opportunities.status", "campaigns.channel", "relationships.relation")
# What a row without a number is found again by.
CONTENT = {
    "communications": ("occurred_at", "channel", "subject", "content"),
    "service_requests": ("opened_at", "subject", "content"),
    "opportunities": ("name",),
    "campaigns": ("name",),
    "campaign_members": (),
    "relationships": ("relation",),
    "products": (),
}


# --- parts to columns, as texts -----------------------------------------------------------------


def composed(given: dict, first_free: int, kind: str, as_given) -> tuple[dict, list[str]]:
    """The mapped columns with parts put together, and what the view of cells has to select for it."""
    given, selects = dict(given), []

    def cell(meaning: str) -> str:
        return f"CAST(c{given[meaning].position} AS VARCHAR)" if meaning in given else "CAST(NULL AS VARCHAR)"

    def put(meaning: str, header: str, sql: str, *parts: str) -> None:
        position = first_free + len(selects)
        selects.append(f"{sql} AS c{position}")
        for part in parts:
            given.pop(part, None)
        given[meaning] = as_given(position, header, meaning)

    first, middle, last = (f"customers.{part}_name" for part in ("first", "middle", "last"))
    names = [meaning for meaning in ("customers.name", last, first, middle) if meaning in given]
    company = "customers.company" if kind == "customers" else "none"  # a row without a person is the company
    if {first, middle, last} & given.keys() or (company in given):
        # 王 + 小明 is 王小明; Ada + Wong is Ada Wong.
        chinese = rf"regexp_full_match(coalesce({cell(last)}, '') || coalesce({cell(first)}, ''), '\p{{Han}}+')"
        name = (f"nullif(CASE WHEN {chinese} THEN coalesce({cell(last)}, '') || coalesce({cell(first)}, '') "
                f"ELSE concat_ws(' ', {cell(first)}, {cell(middle)}, {cell(last)}) END, '')")
        put("customers.name", given[(names or [company])[0]].header,
            f"coalesce({cell('customers.name')}, {name}, {cell(company)})", first, middle, last)
    lines = [f"customers.address{end}" for end in ("", "_line_2", "_line_3")]
    if set(lines[1:]) & given.keys():
        header = next(given[line].header for line in lines if line in given)
        put("customers.address", header, f"nullif(concat_ws(', ', {', '.join(map(cell, lines))}), '')", *lines[1:])
    for way in ("email", "sms", "phone"):
        no, yes = f"customers.no_{way}", f"customers.consent_{way}"
        if no in given:
            opted_out = f"lower({cell(no)}) IN ({_listed(YES)})"
            otherwise = f"CASE WHEN lower({cell(no)}) IN ({_listed(NO)}) THEN 'yes' ELSE {cell(no)} END"
            put(yes, given[no].header,
                f"CASE WHEN {opted_out} THEN 'no' ELSE coalesce({cell(yes)}, {otherwise}) END", no)
    return given, selects


# --- own fields ---------------------------------------------------------------------------------


def own_fields(columns: list[tuple[str, str]]) -> str:
    """SQL for a JSON object of (header, SQL of a text); empty cells are left out, and no object is made of nothing."""
    pairs = ", ".join(f"{_text(header)}, CAST({cell} AS VARCHAR)" for header, cell in columns)
    # A merge patch takes out what is null.
    return f"nullif(CAST(json_merge_patch('{{}}', json_object({pairs})) AS VARCHAR), '{{}}')" if pairs else "NULL"


# --- rows ---------------------------------------------------------------------------------------


def rows_of_file(cursor, given: dict, own: list[tuple[int, str]], kind: str, reject) -> dict:
    """The table of the kind: key, line, its columns, own fields, `ref_…` and the references as own fields.

    `reject` is a function of a SELECT of line, header, reason, value.
    """
    table = TABLES[table_of(kind)]
    columns = {g.column.name: f'typed."{meaning}"' for meaning, g in given.items()
               if meaning.split(".")[0] == table.name and not is_reference(kind, meaning)
               and any(column.name == g.column.name for column in table.typed)}
    columns = _told(columns, given, kind)
    references = [g for meaning, g in given.items() if is_reference(kind, meaning)]
    fields = [(header, f"cells.c{position}") for position, header in own]
    fields += [(g.header, f'CASE WHEN typed."{meaning}" IS NULL THEN cells.c{g.position} END')
               for meaning, g in given.items() if meaning in SOFT]
    select = [f"{sql} AS {name}" for name, sql in columns.items()]
    select += [f'typed."{g.meaning}" AS ref_{g.meaning.replace(".", "_")}' for g in references]
    select.append(f"{own_fields(fields)} AS extra")
    for name in ("customers", "campaigns", "orders", "relationships"):
        named = [(g.header, f"cells.c{g.position}") for g in references if g.meaning.startswith(name)]
        if named:
            select.append(f"{own_fields(named)} AS refs_{name}")
    cursor.execute(f"CREATE TABLE drafts AS SELECT typed.line, {', '.join(select)} FROM typed "
                   "JOIN cells ON cells.line = typed.line WHERE typed.line NOT IN (SELECT line FROM rejects)")
    headers = {g.column.name: g.header for meaning, g in given.items() if not is_reference(kind, meaning)}
    for column in table.columns:
        if column.required and column.name in columns and column.name not in DEFAULTS[table.name]:
            reject(f"SELECT line, {_text(headers.get(column.name))}, 'missing', NULL FROM drafts "
                   f"WHERE {column.name} IS NULL")
    number = KINDS[kind].number and column_of(KINDS[kind].number).name
    if number in columns:
        reject(f"""SELECT line, {_text(headers.get(number))}, 'twice_in_file', {number} FROM (
            SELECT line, {number}, row_number() OVER (PARTITION BY {number} ORDER BY line) AS nth FROM drafts
            WHERE {number} IS NOT NULL AND line NOT IN (SELECT line FROM rejects)) WHERE nth > 1""")
    same = [name for name in CONTENT[table.name] if name in columns]
    same += [f"ref_{g.meaning.replace('.', '_')}" for g in references]
    unnumbered = f"{number} IS NULL AND " if number in columns else ""
    if same:
        reject(f"""SELECT line, NULL, 'twice_in_file', NULL FROM (
            SELECT line, row_number() OVER (PARTITION BY {', '.join(same)} ORDER BY line) AS nth FROM drafts
            WHERE {unnumbered}line NOT IN (SELECT line FROM rejects)) WHERE nth > 1""")
    cursor.execute(f"CREATE TABLE {table.name} AS SELECT row_number() OVER (ORDER BY line) AS key, * FROM drafts "
                   "WHERE line NOT IN (SELECT line FROM rejects) ORDER BY line")
    rows = cursor.execute(f"SELECT count(*) FROM {table.name}").fetchone()[0]
    notes = []
    for meaning, g in given.items():
        if meaning in SOFT:
            unknown = cursor.execute(
                f'SELECT count(*) FROM typed JOIN cells ON cells.line = typed.line '
                f'WHERE typed."{meaning}" IS NULL AND cells.c{g.position} IS NOT NULL').fetchone()[0]
            if unknown:
                notes.append(["words_kept", {"column": g.header, "count": unknown}])
    return {"counts": {table.name: rows}, "notes": notes}


# What a new row has where the file does not tell.
DEFAULTS = {
    "customers": {}, "products": {}, "campaigns": {},
    "communications": {"channel": "other", "direction": "out"},
    "service_requests": {"status": "open"},
    "opportunities": {"status": "open"},
    "relationships": {"relation": "other"},
    "campaign_members": {"variant": "all"},
}


def _told(columns: dict[str, str], given: dict, kind: str) -> dict[str, str]:
    """The columns with what other columns of the file tell of them."""
    columns = dict(columns)

    def typed(meaning: str) -> str | None:
        return f'typed."{meaning}"' if meaning in given else None

    def either(name: str, *others: str | None) -> None:
        told = [sql for sql in (columns.get(name), *others) if sql]
        if told:
            columns[name] = f"coalesce({', '.join(told)})" if len(told) > 1 else told[0]

    match kind:
        case "communications":
            either("content", columns.get("subject"))
            if "channel" not in columns:
                headers = " ".join(g.header for g in given.values()).casefold()
                for channel, signs in (("phone", ("call", "通话", "呼叫", "来电")), ("email", ("mail", "邮件")),
                                       ("sms", ("sms", "短信"))):
                    if any(sign in headers for sign in signs):
                        columns["channel"] = f"'{channel}'"
                        break
        case "service_requests":
            closed = [f"{sql} {what}" for sql, what in ((typed("service_requests.is_closed"), ""),
                                                        (columns.get("closed_at"), "IS NOT NULL")) if sql]
            either("status", f"CASE WHEN {' OR '.join(closed)} THEN 'closed' END" if closed else None)
        case "opportunities":
            won, closed = typed("opportunities.is_won"), typed("opportunities.is_closed")
            won_on, stage = typed("opportunities.won_on"), typed("opportunities.stage")
            cases = []
            if won:
                cases.append(f"WHEN {won} THEN 'won'")
            if won and closed:
                cases.append(f"WHEN {closed} THEN 'lost'")
            if columns.get("status"):
                cases.append(f"WHEN {columns['status']} IS NOT NULL THEN {columns['status']}")
            if won_on:
                cases.append(f"WHEN {won_on} IS NOT NULL THEN 'won'")
                columns["closes_on"] = f"coalesce({won_on}, {columns.get('closes_on', 'NULL')})"
            if stage:
                said = f"regexp_replace(lower({stage}), '[\\s_-]+', '', 'g')"
                words = words_of("opportunities.status")
                cases += [f"WHEN {said} IN ({_listed(words[end])}) THEN '{end}'" for end in ("won", "lost")]
            if closed and not won:
                cases.append(f"WHEN NOT {closed} THEN 'open'")
            if cases:
                columns["status"] = f"CASE {' '.join(cases)} END"
            whom = [f"left({typed(meaning)}, 200)" for meaning in (
                "customers.company", "customers.name", "customers.email", "customers.customer_no",
                "customers.company_no") if meaning in given]
            either("name", columns.get("opportunity_no"), *whom)
        case "campaigns":
            either("name", columns.get("campaign_no"))
        case "products":
            if "name" in columns:
                either("product_no", f"left({columns['name']}, 200)")
    return columns


def _listed(words: str) -> str:
    return ", ".join(map(_text, words.split()))


def _text(text: str | None) -> str:
    return "NULL" if text is None else "'" + text.replace("'", "''") + "'"
