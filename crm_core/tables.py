"""The tables, their columns and rules: the one source for forms, imports, checks, masking and erasure.

A rule is a SQL condition with a name; `{}` stands for the column and `$at` for the time of the batch.
A rule that is not true (false, but not unknown) refuses the row; its sentence stands in ui/words
under `rule.<name>`. By which headers files call the columns stands in data_entry/headers.toml.
"""
from dataclasses import dataclass

RULES = {
    "email": r"regexp_full_match({}, '[^@\s,;<>]+@[^@\s,;<>.]+(\.[^@\s,;<>.]+)+')",
    "phone": r"regexp_full_match({}, '[+(0-9][0-9 ()./-]{3,28}[0-9]( ?(x|ext\.?) ?[0-9]{1,6})?')",
    "birth_date": "{} BETWEEN DATE '1900-01-01' AND CAST($at AS DATE)",
    "time": "{} BETWEEN TIMESTAMP '1970-01-01' AND TIMESTAMP '2100-01-01'",
    "period": "{} BETWEEN TIMESTAMP '1700-01-01' AND TIMESTAMP '2200-01-01'",
    "day": "{} BETWEEN DATE '1970-01-01' AND DATE '2100-01-01'",
    "not_negative": "{} >= 0",
    "age": "{} BETWEEN 0 AND 130",
    "share": "{} BETWEEN 0 AND 100",
    "probability": "{} BETWEEN 0 AND 1",
    "satisfaction": "{} BETWEEN 1 AND 5",
    "mood_weight": "{} BETWEEN -4 AND 4",
    "short_text": "length({}) <= 200",
    "long_text": "length({}) <= 20000",
}

SQL_TYPES = {
    "text": "VARCHAR",
    "choice": "VARCHAR",
    "whole": "BIGINT",
    "number": "DOUBLE",
    "money": "DECIMAL(18,4)",
    "day": "DATE",
    "time": "TIMESTAMP",  # UTC
    "yes_no": "BOOLEAN",
    "fields": "VARCHAR",  # a JSON object of texts: the columns of a file that no table has, under their own headers
}


@dataclass(frozen=True)
class Column:
    name: str
    type: str = "text"  # a key of SQL_TYPES
    required: bool = False
    rule: str | None = None  # a key of RULES
    choices: tuple[str, ...] = ()  # the values a choice may have
    personal: bool = False  # tells who a person is: masked in shared output, wiped by erasure
    refers_to: str | None = None  # the table whose id stands here
    belongs: bool = False  # the row is about that other row: it goes when a withdrawn batch takes the other away
    derived: str | None = None  # a SQL expression of the row's other columns; never typed in


@dataclass(frozen=True)
class Table:
    name: str
    columns: tuple[Column, ...]
    keys: tuple[tuple[str, ...], ...] = ()  # each set of columns is unique among rows that are not deleted
    rules: tuple[tuple[str, str], ...] = ()  # rules about the whole row: a name and a SQL condition
    frozen: bool = False  # what a row tells is never changed, nor mended from another one in a merge

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    @property
    def typed(self) -> tuple[Column, ...]:
        """The columns that people and files may fill."""
        return tuple(column for column in self.columns if not column.derived)


CHANNELS = ("email", "sms", "phone", "social", "chat", "visit")
WAYS = (*CHANNELS, "other")  # how something came or went; only the first ones can be consented to

CUSTOMERS = Table(
    "customers",
    keys=(("customer_no",), ("email_key",)),
    rules=(("somebody", "coalesce(customer_no, name, email, phone) IS NOT NULL"),),
    columns=(
        Column("customer_no", rule="short_text"),
        Column("name", rule="short_text", personal=True),
        Column("gender", "choice", choices=("female", "male", "other"), personal=True),
        Column("birth_date", "day", rule="birth_date", personal=True),
        Column("age", "whole", rule="age", personal=True),  # years, where no birth date is known
        Column("email", rule="email", personal=True),
        Column("email_key", personal=True, derived="email_key(email)"),
        Column("phone", rule="phone", personal=True),
        Column("phone_key", personal=True, derived="phone_key(phone)"),
        Column("find_key", personal=True, derived="find_key(customer_no, name, email, phone, company, city)"),
        Column("address", rule="long_text", personal=True),
        Column("city", rule="short_text"),
        Column("postal_code", rule="short_text", personal=True),
        Column("region", rule="short_text"),
        Column("country", rule="short_text"),
        Column("company", rule="short_text"),
        Column("company_no", rule="short_text"),
        Column("job_title", rule="short_text"),
        Column("industry", rule="short_text"),
        Column("stage", rule="short_text"),
        Column("owner", rule="short_text"),
        Column("referrer_no", rule="short_text"),
        Column("household_no", rule="short_text"),
        Column("source", rule="short_text"),
        Column("joined_on", "day", rule="day"),
        Column("consent_email", "yes_no"),
        Column("consent_sms", "yes_no"),
        Column("consent_phone", "yes_no"),
        Column("consent_social", "yes_no"),
        Column("consent_chat", "yes_no"),
        Column("consent_visit", "yes_no"),
        Column("note", rule="long_text"),
        Column("extra", "fields", personal=True),
    ),
)

PRODUCTS = Table(
    "products",
    keys=(("product_no",),),
    columns=(
        Column("product_no", required=True, rule="short_text"),
        Column("name", rule="short_text"),
        Column("category", rule="short_text"),
        Column("price", "money"),
        Column("cost", "money"),
        Column("extra", "fields"),
    ),
)

CAMPAIGNS = Table(
    "campaigns",
    keys=(("campaign_no",),),
    rules=(("ends_after_start", "ends_on IS NULL OR starts_on IS NULL OR ends_on >= starts_on"),),
    columns=(
        Column("campaign_no", rule="short_text"),
        Column("name", required=True, rule="short_text"),
        Column("channel", "choice", choices=WAYS),
        Column("starts_on", "day", rule="day"),
        Column("ends_on", "day", rule="day"),
        Column("cost", "money", rule="not_negative"),
        Column("status", rule="short_text"),
        Column("note", rule="long_text"),
        Column("extra", "fields"),
    ),
)

ORDERS = Table(
    "orders",
    keys=(("order_no",),),
    columns=(
        Column("order_no", required=True, rule="short_text"),
        Column("customer_id", "whole", refers_to="customers"),
        Column("ordered_at", "time", required=True, rule="time"),
        Column("status", "choice", required=True, choices=("open", "completed", "cancelled")),
        Column("channel", rule="short_text"),
        Column("country", rule="short_text"),
        Column("amount", "money", required=True),
        Column("currency", rule="short_text"),
        Column("campaign_id", "whole", refers_to="campaigns"),
        Column("extra", "fields"),
    ),
)

ORDER_LINES = Table(
    "order_lines",
    keys=(("order_id", "line_no"),),
    columns=(
        Column("order_id", "whole", required=True, refers_to="orders"),
        Column("line_no", "whole", required=True),
        Column("product_id", "whole", refers_to="products"),
        Column("description", rule="long_text"),
        Column("quantity", "number", required=True),
        Column("unit_price", "money", required=True),
        Column("amount", "money", required=True),
        Column("extra", "fields"),
    ),
)

STOCK_MOVES = Table(
    "stock_moves",
    columns=(
        Column("product_id", "whole", required=True, refers_to="products"),
        Column("moved_at", "time", required=True, rule="time"),
        Column("quantity", "number", required=True),
        Column("reason", "choice", required=True, choices=("purchase", "sale", "return", "count", "loss")),
    ),
)

COMMUNICATIONS = Table(
    "communications",
    keys=(("external_no",),),
    columns=(
        Column("external_no", rule="short_text"),
        Column("customer_id", "whole", refers_to="customers", belongs=True),
        Column("occurred_at", "time", required=True, rule="time"),
        Column("channel", "choice", required=True, choices=WAYS),
        Column("direction", "choice", required=True, choices=("in", "out")),
        Column("subject", rule="short_text", personal=True),
        Column("content", required=True, rule="long_text", personal=True),
        Column("campaign_id", "whole", refers_to="campaigns"),
        Column("extra", "fields", personal=True),
    ),
)

SERVICE_REQUESTS = Table(
    "service_requests",
    keys=(("request_no",),),
    rules=(("closed_after_opened", "closed_at IS NULL OR closed_at >= opened_at"),),
    columns=(
        Column("request_no", rule="short_text"),
        Column("customer_id", "whole", refers_to="customers", belongs=True),
        Column("opened_at", "time", required=True, rule="time"),
        Column("closed_at", "time", rule="time"),
        Column("channel", "choice", choices=WAYS),
        Column("category", rule="short_text"),
        Column("priority", "choice", choices=("low", "normal", "high", "urgent")),
        Column("status", "choice", required=True, choices=("open", "waiting", "closed")),
        Column("subject", rule="short_text", personal=True),
        Column("content", rule="long_text", personal=True),
        Column("satisfaction", "whole", rule="satisfaction"),
        Column("order_id", "whole", refers_to="orders"),
        Column("owner", rule="short_text"),
        Column("extra", "fields", personal=True),
    ),
)

OPPORTUNITIES = Table(
    "opportunities",
    keys=(("opportunity_no",),),
    columns=(
        Column("opportunity_no", rule="short_text"),
        Column("name", required=True, rule="short_text"),
        Column("customer_id", "whole", refers_to="customers"),
        Column("status", "choice", required=True, choices=("open", "won", "lost")),
        Column("stage", rule="short_text"),  # the step of the team's own way of selling
        Column("amount", "money", rule="not_negative"),
        Column("currency", rule="short_text"),
        Column("probability", "number", rule="share"),  # percent
        Column("opened_on", "day", rule="day"),
        Column("closes_on", "day", rule="day"),  # expected while open, true once won or lost
        Column("source", rule="short_text"),
        Column("campaign_id", "whole", refers_to="campaigns"),
        Column("owner", rule="short_text"),
        Column("note", rule="long_text"),
        Column("extra", "fields", personal=True),
    ),
)

# A customer and another one: who works for whom, lives with whom, was referred by whom.
RELATIONSHIPS = Table(
    "relationships",
    keys=(("customer_id", "related_id", "relation"),),
    rules=(("not_oneself", "customer_id <> related_id"),),
    columns=(
        Column("customer_id", "whole", required=True, refers_to="customers"),
        Column("related_id", "whole", required=True, refers_to="customers"),
        Column("relation", "choice", required=True, choices=(
            "works_for", "household", "referred_by", "parent_company", "partner", "other")),
        Column("since", "day", rule="day"),
        Column("note", rule="long_text"),
        Column("extra", "fields", personal=True),
    ),
)

# What the columns of a file meant, kept for next month's file.
MAPPINGS = Table(
    "mappings",
    keys=(("name",),),
    columns=(
        Column("name", required=True, rule="short_text"),
        Column("kind", required=True),  # the kind of file, as in data_entry
        Column("columns", required=True),  # JSON: header → meaning or null
        Column("options"),  # JSON: what else the person said (encoding, date order …)
    ),
)

# What was pulled of another program's object, and how its fields were mapped.
CONNECTED_OBJECTS = Table(
    "connected_objects",
    keys=(("connection", "object"),),
    columns=(
        Column("connection", required=True),  # the program and its organisation: "salesforce 00D…"
        Column("object", required=True),
        Column("kind", required=True),  # the kind of file that its records make
        Column("columns", required=True),  # JSON: field → meaning or null
        Column("seen_until", "time"),  # the other program's time up to which everything was seen
        Column("left_out"),  # JSON: ids of records that could not be taken, to be asked for again
    ),
)

# Which row is which record elsewhere.
CONNECTED_RECORDS = Table(
    "connected_records",
    keys=(("connection", "object", "remote_id"),),
    columns=(
        Column("connection", required=True),
        Column("object", required=True),
        Column("remote_id", required=True),
        Column("table_name", required=True),
        Column("row_id", "whole", required=True),
        Column("ours", required=True, personal=True),  # JSON: column → text, as it was when both sides agreed
        Column("theirs", required=True, personal=True),  # JSON: field → text, likewise
        Column("stamp"),  # the record's last change as pulled
        Column("agreed_in", "whole"),  # the batch of the row's version that was agreed on; empty while edits wait
    ),
)

SENT_CHANGES = Table(
    "sent_changes",
    columns=(
        Column("connection", required=True),
        Column("object", required=True),
        Column("remote_id"),
        Column("table_name", required=True),
        Column("row_id", "whole", required=True),
        Column("action", "choice", required=True, choices=("create", "update", "delete")),
        Column("fields", personal=True),  # JSON: what was sent to create a record; else the names of the fields
        Column("outcome", "choice", required=True, choices=(
            "sent", "created", "updated", "deleted", "moved", "failed", "unknown")),
        Column("message"),  # the other program's own words
        Column("marker"),  # by this a created record is found again
        Column("sent_at", "time", required=True),
    ),
)

CAMPAIGN_MEMBERS = Table(
    "campaign_members",
    keys=(("campaign_id", "customer_id"),),
    columns=(
        Column("campaign_id", "whole", required=True, refers_to="campaigns"),
        Column("customer_id", "whole", required=True, refers_to="customers"),
        Column("variant", required=True, rule="short_text"),  # 'control' was held out
        Column("status", rule="short_text"),
        Column("sent_at", "time", rule="time"),
        Column("responded_at", "time", rule="time"),
        Column("extra", "fields", personal=True),
    ),
)

# A calculation that is kept with its choice and its model, to be looked up, repeated and applied to others.
RUNS = Table(
    "runs",
    columns=(
        Column("concern", required=True),  # the page it belongs to
        Column("name", required=True, rule="short_text"),
        Column("as_of", "day", required=True, rule="day"),
        Column("revision", "whole", required=True),  # of the data that it read
        Column("choice", required=True),  # JSON: what was asked for
        Column("model"),  # JSON: enough to place others; of a prediction the signed model file in base64
        Column("figures"),  # JSON: what came out, rows in and out of each step
        Column("first_id", "whole", refers_to="runs"),  # the first run of the series that it refreshes
    ),
)

# What came of a segment is in segment_snapshots and segment_members: its members now are those of its own `as_of`.
SEGMENTS = Table(
    "segments",
    columns=(
        Column("name", required=True, rule="short_text"),
        Column("kind", "choice", required=True, choices=("cluster", "rule", "selection")),
        Column("as_of", "day", required=True, rule="day"),  # the day of its newest snapshot
        Column("definition"),  # JSON: how the members were found
        Column("run_id", "whole", refers_to="runs"),  # the first run of its series, for one from clustering
        Column("ended_on", "day", rule="day"),  # the first day on which a refresh found it no longer
        Column("note", rule="long_text"),
    ),
)

SEGMENT_SNAPSHOTS = Table(
    "segment_snapshots",
    keys=(("segment_id", "as_of"),),
    columns=(
        Column("segment_id", "whole", required=True, refers_to="segments"),
        Column("as_of", "day", required=True, rule="day"),
        Column("run_id", "whole", refers_to="runs"),
        Column("how", "choice", required=True, choices=("kept", "refreshed", "backfilled")),
        Column("customers", "whole", required=True, rule="not_negative"),
        Column("revenue", "number"),  # of its members up to that day
    ),
)

SEGMENT_MEMBERS = Table(
    "segment_members",
    keys=(("segment_id", "customer_id", "as_of"),),
    columns=(
        Column("segment_id", "whole", required=True, refers_to="segments"),
        Column("customer_id", "whole", required=True, refers_to="customers"),
        Column("as_of", "day", required=True, rule="day"),  # of the snapshot
    ),
)

# Frozen scores: what a run said of each customer on a day, never changed afterwards, so that it can be graded.
PREDICTIONS = Table(
    "predictions",
    frozen=True,
    keys=(("run_id", "customer_id"),),
    columns=(
        Column("run_id", "whole", required=True, refers_to="runs", belongs=True),
        Column("customer_id", "whole", required=True, refers_to="customers"),
        Column("as_of", "day", required=True, rule="day"),
        Column("horizon_days", "whole", required=True, rule="not_negative"),  # 0: the target has no date
        Column("score", "number", required=True),  # a chance (0..1) or an amount, by the run's target
        Column("low", "number"),  # of the interval, where the model gives one
        Column("high", "number"),
        Column("rule", "number"),  # what the plain recency rule said on the same day
    ),
)

# What this shop's words mean, for all that reads texts: kept by hand beside the lists that come along.
TEXT_TERMS = Table(
    "text_terms",
    keys=(("kind", "language", "term"),),
    rules=(("synonym_meaning", "kind <> 'synonym' OR meaning IS NOT NULL"),
           ("mood_has_weight", "kind <> 'mood' OR weight IS NOT NULL")),
    columns=(
        Column("kind", "choice", required=True, choices=("stop", "keep", "synonym", "product", "mood")),
        Column("language", "choice", required=True, choices=("en", "zh")),
        Column("term", required=True, rule="short_text"),
        Column("meaning", rule="short_text"),  # of a synonym: the word it stands for; of a product: its name
        Column("weight", "number", rule="mood_weight"),  # of a mood word: below 0 is bad
    ),
)

# What people said a message is about: the examples that classes are taught by. `scheme` names the question.
TEXT_LABELS = Table(
    "text_labels",
    keys=(("scheme", "communication_id"), ("scheme", "request_id")),
    rules=(("one_message", "(communication_id IS NULL) <> (request_id IS NULL)"),),
    columns=(
        Column("scheme", required=True, rule="short_text"),
        Column("communication_id", "whole", refers_to="communications", belongs=True),
        Column("request_id", "whole", refers_to="service_requests", belongs=True),
        Column("label", required=True, rule="short_text"),
    ),
)

# What a run of taught classes said of a message.
TEXT_CLASSES = Table(
    "text_classes",
    frozen=True,
    keys=(("run_id", "communication_id"), ("run_id", "request_id")),
    rules=(("one_message", "(communication_id IS NULL) <> (request_id IS NULL)"),),
    columns=(
        Column("run_id", "whole", required=True, refers_to="runs", belongs=True),
        Column("communication_id", "whole", refers_to="communications", belongs=True),
        Column("request_id", "whole", refers_to="service_requests", belongs=True),
        Column("label", rule="short_text"),  # none: it does not know
        Column("confidence", "number", required=True, rule="probability"),
    ),
)

# Numbers by time that no other table holds: a branch's takings, a market's index, visits of a site.
OBSERVATIONS = Table(
    "observations",
    columns=(
        Column("measure", required=True, rule="short_text"),  # what was counted
        Column("series", rule="short_text"),  # whose: a branch, a product line
        Column("place", rule="short_text"),
        Column("period", "time", required=True, rule="period"),  # the begin of the period, by the place's own clock
        Column("value", "number", required=True),
        Column("adds_up", "yes_no"),  # no: a level, of which several make a mean and no sum
    ),
)

# Days that may explain a figure and stand in no other table; campaigns and public holidays are events by themselves.
EVENTS = Table(
    "events",
    keys=(("name", "starts_on"),),
    rules=(("ends_after_start", "ends_on IS NULL OR ends_on >= starts_on"),),
    columns=(
        Column("name", required=True, rule="short_text"),
        Column("starts_on", "day", required=True, rule="day"),
        Column("ends_on", "day", rule="day"),  # the last day; none: one day
        Column("region", rule="short_text"),  # where it counts; none: everywhere
        Column("note", rule="long_text"),
    ),
)

# A chart that somebody put together, under a name that can be linked.
SAVED_CHARTS = Table(
    "saved_charts",
    keys=(("name",),),
    columns=(
        Column("name", required=True, rule="short_text"),
        Column("choice", required=True),  # JSON: all that was chosen
        Column("note", rule="long_text"),
    ),
)

# Own shapes of places, as they were brought.
BOUNDARIES = Table(
    "boundaries",
    keys=(("name",),),
    columns=(
        Column("name", required=True, rule="short_text"),
        Column("choice", required=True),  # JSON: which of the file's fields are the code and the names
        Column("shapes", required=True),  # GeoJSON
    ),
)

# How people write a place that a map calls otherwise.
PLACE_ALIASES = Table(
    "place_aliases",
    keys=(("map", "written"),),
    columns=(
        Column("map", required=True, rule="short_text"),
        Column("written", required=True, rule="short_text"),
        Column("code", rule="short_text"),  # none: it is no place on this map
    ),
)

# What a run said would come, frozen so that it can be graded when the time has come.
FORECASTS = Table(
    "forecasts",
    frozen=True,
    keys=(("run_id", "series", "period"),),
    columns=(
        Column("run_id", "whole", required=True, refers_to="runs", belongs=True),
        Column("series", rule="short_text"),  # none: the whole
        Column("period", "time", required=True, rule="time"),  # the begin of the period
        Column("value", "number", required=True),
        Column("low_80", "number"),
        Column("high_80", "number"),
        Column("low_95", "number"),
        Column("high_95", "number"),
        Column("rule", "number"),  # what the seasonal naive guess said on the same day
    ),
)

# What holds for the whole workspace: its time zone, the first day of its week.
SETTINGS = Table(
    "settings",
    keys=(("name",),),
    columns=(
        Column("name", required=True, rule="short_text"),
        Column("value", required=True, rule="short_text"),
    ),
)

# Steps that clean a table, kept under a name.
RECIPES = Table(
    "recipes",
    keys=(("name",),),
    columns=(
        Column("name", required=True, rule="short_text"),
        Column("table_name", required=True),
        Column("steps", required=True),  # JSON, as a person reads it: docs/recipes.md
        Column("note", rule="long_text"),
    ),
)

# A search for duplicates: the model that it trained, to explain its pairs and to match what comes later.
MATCH_RUNS = Table(
    "match_runs",
    columns=(
        Column("table_name", required=True),
        Column("model", required=True),  # JSON
        Column("threshold", "number", required=True, rule="probability"),
        Column("revision", "whole", required=True),  # of the data that it saw
        Column("records", "whole", required=True),
        Column("pairs_compared", "whole", required=True),
    ),
)

MATCH_PAIRS = Table(
    "match_pairs",
    keys=(("run_id", "id_a", "id_b"),),
    rules=(("smaller_first", "id_a < id_b"),),
    columns=(
        Column("run_id", "whole", required=True, refers_to="match_runs", belongs=True),
        Column("id_a", "whole", required=True),  # of the run's table
        Column("id_b", "whole", required=True),
        Column("weight", "number", required=True),  # log2 of the odds
        Column("probability", "number", required=True, rule="probability"),
        Column("levels", required=True),  # a level a comparison of the model
    ),
)

# What people said of a pair. It outlives the search that asked.
MATCH_REVIEWS = Table(
    "match_reviews",
    keys=(("table_name", "id_a", "id_b"),),
    rules=(("smaller_first", "id_a < id_b"),),
    columns=(
        Column("table_name", required=True),
        Column("id_a", "whole", required=True),
        Column("id_b", "whole", required=True),
        Column("decision", "choice", required=True, choices=("same", "different", "unsure")),
        Column("probability", "number", rule="probability"),  # what was thought when it was asked
    ),
)

# A record that was found to be another one. The row is deleted once the two are taken apart again.
MERGES = Table(
    "merges",
    keys=(("table_name", "merged_id"),),
    rules=(("not_oneself", "kept_id <> merged_id"),),
    columns=(
        Column("table_name", required=True),
        Column("kept_id", "whole", required=True),
        Column("merged_id", "whole", required=True),
        Column("choices", personal=True),  # JSON: column → the id whose value was kept, or the value typed in
        Column("done_in", "whole", required=True),  # the batch of the merge: history knows what was before it
    ),
)

# Parents before children: the order in which rows are put back; the reverse is the order in which they go.
TABLES = {table.name: table for table in (
    CUSTOMERS, PRODUCTS, CAMPAIGNS, ORDERS, ORDER_LINES, STOCK_MOVES, COMMUNICATIONS, SERVICE_REQUESTS,
    OPPORTUNITIES, RELATIONSHIPS, CAMPAIGN_MEMBERS, RUNS, SEGMENTS, SEGMENT_SNAPSHOTS,
    SEGMENT_MEMBERS, PREDICTIONS, TEXT_TERMS, TEXT_LABELS, TEXT_CLASSES, OBSERVATIONS, EVENTS,
    SAVED_CHARTS, BOUNDARIES, PLACE_ALIASES, FORECASTS, SETTINGS, MAPPINGS,
    CONNECTED_OBJECTS, CONNECTED_RECORDS, SENT_CHANGES, RECIPES, MATCH_RUNS, MATCH_PAIRS, MATCH_REVIEWS, MERGES)}


def broken_when(table: Table):
    """(column, rule, SQL condition that is true where the rule is broken) for every rule of a table."""
    for column in table.columns:
        if column.rule:
            yield column.name, column.rule, "NOT (" + RULES[column.rule].replace("{}", column.name) + ")"
        if column.choices:
            allowed = ", ".join(f"'{choice}'" for choice in column.choices)
            yield column.name, "choice", f"{column.name} NOT IN ({allowed})"
    for rule, condition in table.rules:
        yield None, rule, f"NOT ({condition})"
