"""The tables, their columns and rules: the one source for forms, imports, checks, masking and erasure.

A rule is a SQL condition with a name; `{}` stands for the column and `$at` for the time of the batch.
A rule that is not true (false, but not unknown) refuses the row; its sentence stands in ui/words
under `rule.<name>`. `headers` are the names by which exports of other systems call the column,
compared in lower case with everything but letters and digits taken out.
"""
from dataclasses import dataclass

RULES = {
    "email": r"regexp_full_match({}, '[^@\s,;<>]+@[^@\s,;<>.]+(\.[^@\s,;<>.]+)+')",
    "phone": r"regexp_full_match({}, '[+(0-9][0-9 ()./-]{3,28}[0-9]( ?(x|ext\.?) ?[0-9]{1,6})?')",
    "birth_date": "{} BETWEEN DATE '1900-01-01' AND CAST($at AS DATE)",
    "time": "{} BETWEEN TIMESTAMP '1970-01-01' AND TIMESTAMP '2100-01-01'",
    "day": "{} BETWEEN DATE '1970-01-01' AND DATE '2100-01-01'",
    "not_negative": "{} >= 0",
    "age": "{} BETWEEN 0 AND 130",
    "share": "{} BETWEEN 0 AND 100",
    "satisfaction": "{} BETWEEN 1 AND 5",
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
    headers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    name: str
    columns: tuple[Column, ...]
    keys: tuple[tuple[str, ...], ...] = ()  # each set of columns is unique among rows that are not deleted
    rules: tuple[tuple[str, str], ...] = ()  # rules about the whole row: a name and a SQL condition

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    @property
    def typed(self) -> tuple[Column, ...]:
        """The columns that people and files may fill."""
        return tuple(column for column in self.columns if not column.derived)


CHANNELS = ("email", "sms", "phone", "social", "chat", "visit")

CUSTOMERS = Table(
    "customers",
    keys=(("customer_no",), ("email_key",)),
    rules=(("somebody", "coalesce(customer_no, name, email, phone) IS NOT NULL"),),
    columns=(
        Column("customer_no", rule="short_text", headers=(
            "customer id", "customerid", "customer no", "customer number", "customer_no", "client id", "contact id",
            "account number", "member id", "user id", "客户编号", "客户号", "客户id", "会员编号", "会员号", "会员id", "顾客编号")),
        Column("name", rule="short_text", personal=True, headers=(
            "name", "full name", "customer name", "contact name", "customer", "client name", "account name",
            "姓名", "客户姓名", "客户名称", "名称", "联系人", "会员姓名", "顾客姓名")),
        Column("gender", "choice", choices=("female", "male", "other"), personal=True,
               headers=("gender", "sex", "性别")),
        Column("birth_date", "day", rule="birth_date", personal=True, headers=(
            "birth date", "birthdate", "date of birth", "dob", "birthday", "出生日期", "生日")),
        Column("age", "whole", rule="age", personal=True, headers=("age", "年龄")),  # years, where no birth date is known
        Column("email", rule="email", personal=True, headers=(
            "email", "e-mail", "email address", "e-mail address", "mail", "customer email", "primary email",
            "邮箱", "电子邮箱", "电子邮件", "邮件地址", "邮箱地址")),
        Column("email_key", personal=True, derived="email_key(email)"),
        Column("phone", rule="phone", personal=True, headers=(
            "phone", "telephone", "phone number", "mobile", "mobile phone", "cell phone", "tel", "contact number",
            "电话", "手机", "手机号", "手机号码", "联系电话", "电话号码")),
        Column("phone_key", personal=True, derived="phone_key(phone)"),
        Column("find_key", personal=True, derived="find_key(customer_no, name, email, phone, company, city)"),
        Column("address", rule="long_text", personal=True, headers=(
            "address", "street", "street address", "mailing street", "billing street", "address line 1",
            "地址", "详细地址", "联系地址", "通讯地址", "街道")),
        Column("city", rule="short_text", headers=("city", "town", "mailing city", "billing city", "城市", "市", "所在城市")),
        Column("postal_code", rule="short_text", personal=True, headers=("postal code", "zip", "zip code", "邮编", "邮政编码")),
        Column("region", rule="short_text", headers=(
            "region", "state", "province", "state/province", "mailing state", "billing state", "county",
            "省份", "省", "地区", "区域", "州")),
        Column("country", rule="short_text", headers=(
            "country", "country/region", "mailing country", "billing country", "nation", "国家", "国家/地区")),
        Column("company", rule="short_text", headers=(
            "company", "company name", "organization", "organisation", "employer", "公司", "公司名称", "单位", "企业")),
        Column("company_no", rule="short_text", headers=("account id", "公司编号")),
        Column("job_title", rule="short_text", headers=("job title", "title", "position", "职位", "职务")),
        Column("industry", rule="short_text", headers=("industry", "行业")),
        Column("stage", rule="short_text", headers=("lifecycle stage", "lead status", "客户阶段", "线索状态")),
        Column("owner", rule="short_text", headers=("owner", "负责人")),
        Column("referrer_no", rule="short_text", headers=("referred by", "referrer id", "推荐人编号")),
        Column("household_no", rule="short_text", headers=("household id", "家庭编号")),
        Column("source", rule="short_text", headers=(
            "source", "lead source", "origin", "acquisition channel", "来源", "客户来源", "线索来源", "获客渠道")),
        Column("joined_on", "day", rule="day", headers=(
            "joined on", "joined", "created", "created date", "create date", "created at", "signup date", "sign-up date",
            "registration date", "registered", "date joined", "注册日期", "注册时间", "创建日期", "创建时间", "加入日期", "入会日期")),
        Column("consent_email", "yes_no", headers=(
            "consent email", "email consent", "email opt in", "accepts marketing", "newsletter", "同意邮件", "邮件订阅", "邮件营销许可")),
        Column("consent_sms", "yes_no", headers=("consent sms", "sms consent", "sms opt in", "同意短信", "短信订阅", "短信营销许可")),
        Column("consent_phone", "yes_no", headers=(
            "consent phone", "phone consent", "may be called", "同意电话", "电话营销许可")),
        Column("consent_social", "yes_no", headers=("consent social", "同意社交媒体")),
        Column("consent_chat", "yes_no", headers=("consent chat", "同意聊天消息")),
        Column("consent_visit", "yes_no", headers=("consent visit", "同意上门拜访")),
        Column("note", rule="long_text", headers=("note", "notes", "comment", "comments", "description", "备注", "说明")),
        Column("extra", "fields", personal=True),
    ),
)

PRODUCTS = Table(
    "products",
    keys=(("product_no",),),
    columns=(
        Column("product_no", required=True, rule="short_text", headers=(
            "stock code", "stockcode", "product id", "product no", "product code", "product number", "sku", "item no",
            "item code", "item number", "article number", "商品编号", "商品编码", "商品代码", "产品编号", "产品编码", "货号")),
        Column("name", rule="short_text", headers=(
            "product", "product name", "item", "item name", "article", "product description", "description",
            "商品", "商品名称", "产品", "产品名称", "品名", "商品描述")),
        Column("category", rule="short_text", headers=(
            "category", "product category", "product type", "department", "类别", "商品类别", "分类", "商品分类", "品类", "产品类别")),
        Column("price", "money", headers=("list price",)),
        Column("cost", "money", headers=("cost", "unit cost", "成本", "成本价")),
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
        Column("channel", "choice", choices=CHANNELS),
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
        Column("order_no", required=True, rule="short_text", headers=(
            "invoice no", "invoiceno", "invoice", "invoice number", "order id", "orderid", "order no", "order number",
            "order", "transaction id", "receipt no", "订单号", "订单编号", "订单id", "发票号", "单号", "交易号")),
        Column("customer_id", "whole", refers_to="customers"),
        Column("ordered_at", "time", required=True, rule="time", headers=(
            "invoice date", "invoicedate", "order date", "orderdate", "ordered at", "ordered on", "date", "order time",
            "purchase date", "transaction date", "purchased at", "timestamp", "订单日期", "下单时间", "下单日期", "订单时间",
            "购买日期", "购买时间", "交易日期", "交易时间", "消费日期", "消费时间", "付款时间", "支付时间", "日期")),
        Column("status", "choice", required=True, choices=("open", "completed", "cancelled"), headers=(
            "status", "order status", "状态", "订单状态")),
        Column("channel", rule="short_text", headers=(
            "channel", "sales channel", "order channel", "渠道", "销售渠道")),
        Column("country", rule="short_text", headers=("country", "ship country", "shipping country", "国家", "收货国家")),
        Column("amount", "money", required=True, headers=(
            "amount", "order amount", "total", "order total", "order value", "revenue", "sales", "total price", "grand total",
            "金额", "订单金额", "总金额", "总价", "实付金额", "销售额", "消费金额")),
        Column("currency", rule="short_text", headers=("currency", "币种", "货币")),
        Column("campaign_id", "whole", refers_to="campaigns"),
        Column("extra", "fields"),
    ),
)

ORDER_LINES = Table(
    "order_lines",
    keys=(("order_id", "line_no"),),
    columns=(
        Column("order_id", "whole", required=True, refers_to="orders"),
        Column("line_no", "whole", required=True, headers=("line no", "line number", "行号")),
        Column("product_id", "whole", refers_to="products"),
        Column("description", rule="long_text"),
        Column("quantity", "number", required=True, headers=(
            "quantity", "qty", "units", "pieces", "数量", "件数", "购买数量")),
        Column("unit_price", "money", required=True, headers=(
            "unit price", "unitprice", "price", "item price", "price each", "单价", "价格", "商品单价")),
        Column("amount", "money", required=True, headers=("line total", "line amount", "行金额", "小计")),
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
        Column("channel", "choice", required=True, choices=CHANNELS),
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
        Column("channel", "choice", choices=CHANNELS),
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
        Column("extra", "fields"),
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
        Column("extra", "fields"),
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
        Column("extra", "fields"),
    ),
)

SEGMENTS = Table(
    "segments",
    columns=(
        Column("name", required=True, rule="short_text"),
        Column("kind", "choice", required=True, choices=("cluster", "rule", "selection")),
        Column("as_of", "day", required=True, rule="day"),
        Column("definition"),  # JSON: how the members were found
    ),
)

SEGMENT_MEMBERS = Table(
    "segment_members",
    keys=(("segment_id", "customer_id"),),
    columns=(
        Column("segment_id", "whole", required=True, refers_to="segments"),
        Column("customer_id", "whole", required=True, refers_to="customers"),
    ),
)

# Parents before children: the order in which rows are put back; the reverse is the order in which they go.
TABLES = {table.name: table for table in (
    CUSTOMERS, PRODUCTS, CAMPAIGNS, ORDERS, ORDER_LINES, STOCK_MOVES, COMMUNICATIONS, SERVICE_REQUESTS,
    OPPORTUNITIES, RELATIONSHIPS, CAMPAIGN_MEMBERS, SEGMENTS, SEGMENT_MEMBERS, MAPPINGS)}
