"""Files of every kind, and every way to write a cell: into the right tables, with the right values, or told why not."""
from datetime import datetime
from decimal import Decimal

import pytest

from crm_core import data_entry, errors
from tests.test_data_entry import at_once, bring, check, file, folders, rejects, rows  # noqa: F401
from tests.test_mapping import plain_file

SALESFORCE = ("Account", "Contact", "Lead", "Campaign", "CampaignMember", "Opportunity", "Case", "Task")


def told(loaded) -> dict[str, int]:
    return {table: counts["added"] for table, counts in loaded.tables.items()}


# --- cells --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("written", "amount"), [
    ("¥1,234.50", "1234.5"), ("1.234,50 €", "1234.5"), ("(12.00)", "-12"), ("1 234,50", "1234.5"),
    ("CHF 1'234.–", "1234"), ("CHF 1’234.50", "1234.5"), ("12,50-", "-12.5"), ("1.2万", "12000"), ("1.2万元", "12000"),
    ("3千", "3000"), ("2.5亿", "250000000"), ("USD 5", "5"), ("5 USD", "5"), ("1,23,456.00", "123456"), ("１，２３４．５", "1234.5"),
    ("-$5.25", "-5.25"), ("$-5.25", "-5.25"), ("12,-", "12"), ("€ 0,99", "0.99"), ("+7.50", "7.5"), ("1\u202f234,50", "1234.5"),
    ("R$ 1.234,56", "1234.56"), ("￥19.90", "19.9"), ("19.90元", "19.9"), ("1e3", "1000"), ("−3.50", "-3.5")])
def test_money_is_read_however_it_is_written(store, file, written, amount):  # noqa: F811
    bring(store, file(f'order no;date;amount\nA1;2026-01-05;"{written}"\n'))
    assert rows(store, "SELECT amount FROM orders") == [(Decimal(amount),)]


@pytest.mark.parametrize("written", ["12%", "about 5", "1.2.3", "5-6", "12 34", "1万2"])
def test_what_is_no_money_is_refused(file, written):  # noqa: F811
    with pytest.raises(errors.NothingToImport) as refused:
        check(file(f"order no,date,amount\nA1,2026-01-05,{written}\n"))
    assert refused.value.facts["rejects"][0]["reason"] == "not_a_number"


@pytest.mark.parametrize(("written", "share"), [("75", 75), ("75%", 75), ("12,5 %", 12.5), ("１０％", 10)])
def test_percentages_are_read_where_a_share_is_meant(store, file, written, share):  # noqa: F811
    bring(store, file(f'Deal Name;Deal Stage;Probability\nBig;Proposal;"{written}"\n'))
    assert rows(store, "SELECT probability FROM opportunities") == [(share,)]


@pytest.mark.parametrize(("written", "read"), [
    ("46082", datetime(2026, 3, 1)), ("46082.5", datetime(2026, 3, 1, 12)), ("1772323200", datetime(2026, 3, 1)),
    ("1772323200000", datetime(2026, 3, 1)), ("2026年3月1日", datetime(2026, 3, 1)), ("2026年三月1日", datetime(2026, 3, 1)),
    ("2026年12月31日 下午3:05", datetime(2026, 12, 31, 15, 5)), ("2026年3月1日 星期日", datetime(2026, 3, 1)),
    ("1 Mar 2026", datetime(2026, 3, 1)), ("March 1, 2026", datetime(2026, 3, 1)), ("1. März 2026", datetime(2026, 3, 1)),
    ("31. Dez. 2025", datetime(2025, 12, 31)), ("3 Okt 2025", datetime(2025, 10, 3)), ("14 juillet 2025", datetime(2025, 7, 14)),
    ("14 juin 2025", datetime(2025, 6, 14)), ("3 août 2025", datetime(2025, 8, 3)), ("5 de enero de 2026", datetime(2026, 1, 5)),
    ("2026-03-01T10:00:00.000+0800", datetime(2026, 3, 1, 2)), ("2026-03-01T10:00:00Z", datetime(2026, 3, 1, 10)),
    ("2026-03-01 10:00:00-05:30", datetime(2026, 3, 1, 15, 30)), ("Sun, 01 Mar 2026 10:00:00 GMT", datetime(2026, 3, 1, 10)),
    ("13/02/26", datetime(2026, 2, 13)), ("13.02.99", datetime(1999, 2, 13)), ("20260301", datetime(2026, 3, 1)),
    ("2026/3/1 8:05", datetime(2026, 3, 1, 8, 5)), ("3/13/2026 1:05 PM", datetime(2026, 3, 13, 13, 5))])
def test_dates_are_read_however_they_are_written(store, file, written, read):  # noqa: F811
    bring(store, file(f'order no;date;amount\nA1;"{written}";5\n'))
    assert rows(store, "SELECT ordered_at FROM orders") == [(read,)]


@pytest.mark.parametrize(("written", "reason"), [
    ("1899-12-31", "rule.time"), ("9999-12-31", "rule.time"), ("2026-02-30", "not_a_date"), ("soon", "not_a_date"),
    ("3 Foo 2026", "not_a_date"), ("0000-00-00", "not_a_date")])
def test_dates_that_cannot_be_are_refused(file, written, reason):  # noqa: F811
    with pytest.raises(errors.NothingToImport) as refused:
        check(file(f"order no,date,amount\nA1,{written},5\n"))
    assert refused.value.facts["rejects"][0]["reason"] == reason


def test_a_date_that_can_be_read_two_ways_is_asked(file):  # noqa: F811
    with pytest.raises(errors.DateOrderAmbiguous):
        check(file("order no,date,amount\nA1,03/04/2026,5\n"))


@pytest.mark.parametrize("written", [
    "030 1234567", "+49 30 1234567", "0049 (0) 30/1234567", "（010）１２３４－５６７８", "+86 138 0013 8000", "138-0013-8000",
    "Tel.: 030 1234567", "555.123.4567 ext. 12", "010-12345678转123", "'0301234567", "(555) 123–4567", "13800138000.0"])
def test_phones_in_many_writings_are_taken(store, file, written):  # noqa: F811
    checked = check(file(f'name;phone\nAda;"{written}"\n'))
    assert rejects(checked) == []
    with store.batch("import") as batch:
        data_entry.load(batch, checked)
    assert rows(store, "SELECT phone_key IS NOT NULL FROM customers") == [(True,)]


@pytest.mark.parametrize("written", [
    "ada@example.com", " ada @example.com ", "ada＠example．com", "mailto:ada@example.com", "Ada Wong <ada@example.com>"])
def test_emails_are_brought_to_one_writing(store, file, written):  # noqa: F811
    bring(store, file(f'name;email\nAda;"{written}"\n'))
    assert rows(store, "SELECT email FROM customers") == [("ada@example.com",)]


def test_numbers_that_a_spreadsheet_has_shortened_are_refused_and_long_ones_stay_exact(store, file):  # noqa: F811
    checked = check(file("customer no,name\n1.23457E+12,Ada\n9007199254740993,Bo\n1e5,Cy\n"))
    assert rejects(checked) == [(2, "customer no", "shortened", "1.23457E+12")]
    with store.batch("import") as batch:
        data_entry.load(batch, checked)
    assert rows(store, "SELECT customer_no FROM customers") == [("9007199254740993",), ("1e5",)]


# --- customers ----------------------------------------------------------------------------------


def test_names_and_addresses_are_put_together(store, file):  # noqa: F811
    bring(store, file("First Name,Middle Name,Last Name,Email,Street,Street 2\n"
                      "Ada,Maria,Wong,ada@example.com,High Street 1,Flat 2\n小明,,王,wang@example.com,人民路1号,\n"
                      ",,Fu,fu@example.com,,\n"))
    assert rows(store, "SELECT name, address FROM customers ORDER BY id") == [
        ("Ada Maria Wong", "High Street 1, Flat 2"), ("王小明", "人民路1号"), ("Fu", None)]


def test_negated_consent_is_turned_and_outranks_consent(store, file):  # noqa: F811
    bring(store, file("Name,Email,Email Opt Out,Accepts Marketing,Do Not Call,短信退订\n"
                      "Ada,a@example.com,true,yes,0,是\nBo,b@example.com,false,,1,否\nCy,c@example.com,,yes,,\n"))
    assert rows(store, "SELECT name, consent_email, consent_phone, consent_sms FROM customers ORDER BY id") == [
        ("Ada", False, True, False), ("Bo", True, False, True), ("Cy", True, None, None)]


def test_the_best_of_several_phones_is_the_column_and_the_others_own_fields(store, file):  # noqa: F811
    bring(store, file("Name,Home Phone,Phone,Mobile,Fax\nAda,030 11111,030 22222,0170 33333,\nBo,,030 44444,,\n"))
    assert rows(store, "SELECT name, phone, extra FROM customers ORDER BY id") == [
        ("Ada", "030 22222", '{"Home Phone":"030 11111","Mobile":"0170 33333"}'), ("Bo", "030 44444", None)]


def test_an_empty_column_gives_way_to_a_filled_one(store, file):  # noqa: F811
    bring(store, file("Name,Phone,Mobile\nAda,,0170 33333\n"))
    assert rows(store, "SELECT phone FROM customers") == [("0170 33333",)]


def test_columns_nobody_knows_are_kept_as_own_fields_key_by_key(store, file):  # noqa: F811
    bring(store, file('Customer ID,Name,Shoe "size",VIP\n7,Ada,38,yes\n8,Bo,,\n'))
    assert rows(store, "SELECT extra FROM customers ORDER BY id") == [('{"Shoe \\"size\\"":"38","VIP":"yes"}',), (None,)]
    bring(store, file("Customer ID,Name,VIP,Hat\n7,Ada,no,6\n"))
    assert rows(store, "SELECT extra FROM customers ORDER BY id") == [
        ('{"Shoe \\"size\\"":"38","VIP":"no","Hat":"6"}',), (None,)]
    assert bring(store, file("Customer ID,Name,VIP,Hat\n7,Ada,no,6\n")).changes_nothing


def test_rows_deleted_in_the_other_system_are_not_imported_and_counted(store, file):  # noqa: F811
    checked = check(file("Id,LastName,Email,IsDeleted\n1,Wong,a@example.com,false\n2,Li,b@example.com,true\n3,Fu,c@example.com,\n"))
    assert (checked.good, checked.reasons) == (2, {"deleted": 1})


def test_accounts_are_customers_named_by_their_company(store, file):  # noqa: F811
    bring(store, file("Id,Name,BillingStreet,BillingCity,NumberOfEmployees,Industry\n1,Acme,High Street 1,Bern,12,Tools\n"))
    assert rows(store, "SELECT customer_no, name, company, address, industry FROM customers") == [
        ("1", "Acme", "Acme", "High Street 1", "Tools")]


def test_an_age_that_is_a_bracket_is_an_own_field(store, file):  # noqa: F811
    bring(store, file("customer id,name,age\n1,Ada,45-54\n2,Bo,65+\n3,Cy,19-24\n"))
    assert rows(store, "SELECT age, extra FROM customers ORDER BY id LIMIT 1") == [(None, '{"age":"45-54"}')]
    bring(store, file("customer id,name,age\n1,Ada,45\n"))
    assert rows(store, "SELECT age FROM customers WHERE customer_no = '1'") == [(45,)]


# --- the kinds ----------------------------------------------------------------------------------

CUSTOMERS = "customer id,name,email,phone\n7,Ada Wong,ada@example.com,030 1234567\n8,Bo Li,bo@example.com,030 7654321\n"


def test_communications_find_their_customer_by_number_email_phone_or_name(store, file):  # noqa: F811
    bring(store, file(CUSTOMERS))
    loaded = bring(store, file(
        "Message ID,Sent At,Channel,Direction,Subject,Body,Customer ID,Customer Email,Customer Phone,Customer Name\n"
        "m1,2026-01-05 10:00,E-Mail,inbound,Hello,Where is it?,7,,,\nm2,2026-01-05 11:00,SMS,outgoing,,Soon,,BO@example.com,,\n"
        "m3,2026-01-05 12:00,Anruf,呼入,,Hi,,,+49 30 7654321,\nm4,2026-01-05 13:00,微信,发送,,你好,,,,Ada Wong\n"
        "m5,2026-01-05 14:00,Fax,out,,Who?,,nobody@example.com,,\n"))
    assert told(loaded) == {"communications": 5} and loaded.without_customer == 1
    assert rows(store, "SELECT external_no, customer_id, channel, direction, content FROM communications ORDER BY id") == [
        ("m1", 1, "email", "in", "Where is it?"), ("m2", 2, "sms", "out", "Soon"), ("m3", 2, "phone", "in", "Hi"),
        ("m4", 1, "social", "out", "你好"), ("m5", None, "other", "out", "Who?")]
    assert rows(store, "SELECT extra FROM communications WHERE external_no = 'm5'") == [
        ('{"Customer Email":"nobody@example.com"}',)]


def test_communications_without_numbers_are_found_again_and_find_a_customer_who_came_later(store, file):  # noqa: F811
    text = "通话时间,客户号码,呼叫类型,通话内容\n2026-01-05 10:00:00,030 1234567,呼入,问价格\n2026-01-05 10:05:00,030 1234567,呼出,回电\n"
    assert bring(store, file(text)).without_customer == 2
    assert bring(store, file(text)).changes_nothing
    bring(store, file(CUSTOMERS))
    again = bring(store, file(text))
    assert again.tables["communications"] == {"added": 0, "changed": 2, "unchanged": 0}
    assert rows(store, "SELECT customer_id, channel, direction FROM communications ORDER BY id") == [
        (1, "phone", "in"), (1, "phone", "out")]
    assert bring(store, file(text)).changes_nothing


def test_the_same_communication_twice_in_a_file_is_told(file):  # noqa: F811
    checked = check(file("Sent At,Subject,Email\n2026-01-05,Hi,a@example.com\n2026-01-05,Hi,a@example.com\n2026-01-05,Hi,b@example.com\n"))
    assert (checked.kind, checked.good, rejects(checked)) == ("communications", 2, [(3, None, "twice_in_file", None)])


def test_service_requests_take_the_words_of_other_systems(store, file):  # noqa: F811
    bring(store, file(CUSTOMERS))
    bring(store, file("order no,date,amount\nA1,2026-01-01,5\n"))
    checked = check(file(
        "工单编号,工单标题,工单状态,优先级,来源渠道,客户邮箱,创建时间,关闭时间,满意度,关联订单号\n"
        "T1,坏了,处理中,紧急,电话,ada@example.com,2026-01-05 10:00,,,A1\nT2,退货,已解决,高,在线客服,bo@example.com,2026-01-05,2026-01-07,5,\n"
        "T3,咨询,观察中,普通,门店,x@example.com,2026-01-05,,,B9\nT4,倒流,关闭,低,电话,,2026-01-05,2026-01-01,,\n"))
    assert rejects(checked) == [(5, None, "rule.closed_after_opened", None)]
    assert checked.notes == (("words_kept", {"column": "工单状态", "count": 1}),)
    with store.batch("import") as batch:
        data_entry.load(batch, checked)
    assert rows(store, """SELECT request_no, customer_id, status, priority, channel, satisfaction, order_id
                          FROM service_requests ORDER BY id""") == [
        ("T1", 1, "open", "urgent", "phone", None, 1), ("T2", 2, "closed", "high", "chat", 5, None),
        ("T3", None, "open", "normal", "visit", None, None)]
    assert rows(store, "SELECT extra FROM service_requests WHERE request_no = 'T3'") == [
        ('{"工单状态":"观察中","客户邮箱":"x@example.com","关联订单号":"B9"}',)]


def test_a_status_that_the_file_does_not_tell_stays_as_people_set_it(store, file):  # noqa: F811
    text = "Ticket ID,Subject,Created Date\nT1,Broken,2026-01-05\n"
    bring(store, file(text))
    with store.batch("form") as batch:
        batch.change("service_requests", {"id": 1, "status": "closed"})
    assert bring(store, file(text)).changes_nothing


def test_opportunities_are_won_lost_or_open_by_whatever_the_file_tells(store, file):  # noqa: F811
    bring(store, file("Id,Name,BillingCity,NumberOfEmployees\n001A,Acme,Bern,5\n"))
    bring(store, file("Opportunity ID,Opportunity Name,StageName,Amount,CloseDate,IsWon,IsClosed,AccountId\n"
                      "o1,Kettles,Closed Won,100,2026-01-05,1,1,001A\no2,Cups,Dead,5,2026-01-06,,1,001A\no3,Pots,Talking,7,2026-01-07,,,9\n"))
    assert rows(store, "SELECT opportunity_no, status, stage, customer_id FROM opportunities ORDER BY id") == [
        ("o1", "won", "Closed Won", 1), ("o2", "lost", "Dead", 1), ("o3", "open", "Talking", None)]
    bring(store, file("商机名称,商机金额,销售阶段,预计成交日期\n水壶,1.2万,赢单,2026-02-01\n杯子,5千,输单,2026-02-01\n锅,3,谈判,2026-02-01\n"))
    assert rows(store, "SELECT name, status, amount FROM opportunities WHERE opportunity_no IS NULL ORDER BY id") == [
        ("水壶", "won", Decimal(12000)), ("杯子", "lost", Decimal(5000)), ("锅", "open", Decimal(3))]
    bring(store, file("Deal Name,Status,Value\nA,Won,1\nB,Lost,2\nC,Open,3\n", "deals.csv"))
    assert rows(store, "SELECT status FROM opportunities WHERE name IN ('A', 'B', 'C') ORDER BY id") == [
        ("won",), ("lost",), ("open",)]


def test_campaigns_and_their_members(store, file):  # noqa: F811
    bring(store, file(CUSTOMERS))
    bring(store, file("Campaign ID,Campaign Name,Type,Start Date,End Date,Actual Cost\nC1,Spring,Email,2026-03-01,2026-04-01,\"1,200.00\"\n"))
    loaded = bring(store, file("Campaign ID,Customer ID,Member Status,Sent At\nC1,7,Sent,2026-03-02\nC1,99,Sent,\nC2,8,Sent,\n"))
    assert told(loaded) == {"campaign_members": 1}
    assert [(conflict["line"], conflict["reason"]) for conflict in loaded.conflicts] == [
        (4, "campaign_unknown"), (3, "customer_unknown")]
    assert rows(store, "SELECT name, channel, cost FROM campaigns") == [("Spring", "email", Decimal(1200))]
    assert rows(store, "SELECT customer_id, campaign_id, variant, status, sent_at FROM campaign_members") == [
        (1, 1, "all", "Sent", datetime(2026, 3, 2))]


def test_relationships_name_two_customers(store, file):  # noqa: F811
    bring(store, file(CUSTOMERS))
    loaded = bring(store, file("customer id,related customer id,relationship type\n7,8,Spouse\n8,7,推荐\n7,99,employee\n8,8,friend\n"))
    assert told(loaded) == {"relationships": 2}
    assert [(c["line"], c["reason"]) for c in loaded.conflicts] == [
        (4, "related_unknown"), (5, "rule.not_oneself")]
    assert rows(store, "SELECT customer_id, related_id, relation FROM relationships ORDER BY id") == [
        (1, 2, "household"), (2, 1, "referred_by")]


def test_products_alone(store, file):  # noqa: F811
    bring(store, file("SKU,Product Name,Product Category,List Price,Standard Cost,Weight\nP1,Kettle,Kitchen,19.90,10,2kg\n"))
    assert rows(store, "SELECT product_no, name, category, price, cost, extra FROM products") == [
        ("P1", "Kettle", "Kitchen", Decimal("19.9"), Decimal(10), '{"Weight":"2kg"}')]


def test_orders_without_amounts_get_them_from_a_file_of_payments(store, file):  # noqa: F811
    orders = "order_id,customer_id,order_status,order_purchase_timestamp,carrier\nA1,7,delivered,2026-01-05 10:00,DHL\nA2,8,shipped,2026-01-06 10:00,\n"
    checked = check(file(orders))
    assert checked.notes == (("orders_without_amount", {"count": 2}),)
    bring(store, file(orders))
    payments = "order_id,payment_sequential,payment_type,payment_value\nA1,1,card,10.50\nA1,2,voucher,5\nA9,1,card,3\n"
    loaded = bring(store, file(payments))
    assert loaded.tables == {"orders": {"added": 0, "changed": 1, "unchanged": 0}}
    assert [(c["reason"], c["value"]) for c in loaded.conflicts] == [("order_not_in_book", "A9")]
    assert rows(store, "SELECT order_no, amount, extra FROM orders ORDER BY id") == [
        ("A1", Decimal("15.5"), '{"carrier":"DHL","payment_sequential":"1; 2","payment_type":"card; voucher"}'),
        ("A2", Decimal(0), None)]
    assert bring(store, file(payments)).changes_nothing
    assert bring(store, file(orders)).changes_nothing  # an amount that a file does not tell stays


def test_own_fields_of_orders_and_of_lines(store, file):  # noqa: F811
    bring(store, file("order no,date,amount,currency,coupon\nA1,2026-01-05,5,EUR,X1\n"))
    assert rows(store, "SELECT currency, extra FROM orders") == [("EUR", '{"coupon":"X1"}')]
    lines = "order no,date,sku,qty,price,colour\nB1,2026-01-05,P1,1,5,red\nB1,2026-01-05,P2,1,5,\n"
    assert check(file(lines)).mapping.columns["colour"] is None
    bring(store, file(lines), {"colour": "order_lines.extra"})
    assert rows(store, "SELECT extra FROM order_lines ORDER BY id") == [('{"colour":"red"}',), (None,)]


@pytest.mark.parametrize("headers", [
    "product_category_name,product_category_name_english", "coupon_upc,product_id,campaign_id", "seller_id,seller_city,seller_state",
    "product_id,store_id,display_location,week", "code,label", "Id,Name,OwnerId,CreatedDate,Branch_Zip__c"])
def test_a_file_that_fits_no_kind_says_so(file, headers):  # noqa: F811
    with data_entry.read(file(headers + "\n" + ",".join("x" * (headers.count(",") + 1)) + "\n")) as reading:
        assert not reading.mapping.fits
        with pytest.raises(errors.KindUnknown) as refused:
            data_entry.check(reading)
        assert headers.split(",")[0] in refused.value.facts["headers"]


# --- real files ---------------------------------------------------------------------------------


def test_a_salesforce_export_is_imported_whole_twice_and_taken_back(store, data_set):
    wanted = {"Account": 22, "Contact": 94, "Lead": 60, "Campaign": 8, "CampaignMember": 67, "Opportunity": 50, "Case": 40,
              "Task": 75}
    folder = data_set("salesforce_export_a")
    for name in SALESFORCE:
        checked = check(folder / f"{name}.csv")
        with store.batch("import", name) as batch:
            loaded = data_entry.load(batch, checked)
        assert (name, *told(loaded).values()) == (name, wanted[name])
    # Eight contacts were born after today; the campaign member who is one of them has nobody to belong to.
    assert [(c["line"], c["reason"]) for c in bring(store, folder / "CampaignMember.csv").conflicts] == [(41, "customer_unknown")]
    for name in SALESFORCE:
        assert bring(store, folder / f"{name}.csv").changes_nothing
    assert store.revision() == len(SALESFORCE)
    assert rows(store, """
        SELECT (SELECT count(*) FROM opportunities WHERE customer_id IS NOT NULL), (SELECT count(*) FROM opportunities WHERE status = 'won'),
               (SELECT count(*) FROM service_requests WHERE customer_id IS NOT NULL),
               (SELECT count(*) FROM service_requests WHERE status = 'closed'),
               (SELECT count(*) FROM communications WHERE customer_id IS NOT NULL),
               (SELECT count(*) FROM customers c JOIN customers a ON a.customer_no = c.company_no)""") == [(50, 12, 40, 14, 74, 76)]
    for number in range(len(SALESFORCE), 0, -1):
        store.undo(number)
    assert [rows(store, f"SELECT count(*) FROM {table}") for table in ("customers", "campaigns", "communications")] == [[(0,)]] * 3


def test_olist_orders_get_their_amounts_from_the_payments(store, data_set, tmp_path):
    folder = data_set("olist_partial")
    bring(store, folder / "olist_orders_first_4998.csv")
    loaded = bring(store, plain_file(folder / "olist_order_payments_dataset.parquet", tmp_path))
    assert loaded.tables["orders"]["changed"] + loaded.tables["orders"]["unchanged"] == 4998
    assert loaded.conflict_count == 99_440 - 4998
    bring(store, plain_file(folder / "olist_products_dataset.csv.gz", tmp_path))
    bring(store, folder / "olist_closed_deals_dataset.csv")
    assert rows(store, """SELECT (SELECT count(*) FROM products), (SELECT count(*) FROM opportunities WHERE status = 'won')""") == [
        (32_951, 842)]


def test_the_complete_journey_is_imported(store, data_set, tmp_path):
    folder = data_set("completejourney")
    for name in ("demographics.csv", "campaign_descriptions.csv", "products.parquet", "transactions_sample.parquet", "campaigns.csv"):
        bring(store, plain_file(folder / name, tmp_path))
    assert rows(store, """SELECT (SELECT count(*) FROM order_lines), (SELECT count(*) FROM products), (SELECT count(*) FROM campaigns),
                                 (SELECT count(*) > 6000 FROM campaign_members)""") == [(74_999, 92_335, 27, True)]
    # One basket's number was shortened to 4.0128e+10; four products were sold that the list has not.
