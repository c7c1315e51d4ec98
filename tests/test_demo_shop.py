"""The demo shop is the same whenever it is filled, believable, and its planted truth can be found in its rows."""
from datetime import date, datetime

import numpy as np
import pytest

from crm_core.store import database, open_store
from crm_core.tables import TABLES
from data.demo_shop import DRAWS, fill, poisson
from data.demo_shop import TABLES as FILLED

AS_OF = date(2026, 3, 1)
TRUTH = ("customers", "duplicates", "campaigns", "campaign_effects", "messages", "spikes", "daily_pull", "groups",
         "themes", "recipe")


def filled(path, **sizes):
    store = open_store(path, clock=lambda: datetime(2026, 3, 1, 9, 0))
    with store.batch("demo", "demo shop") as batch:
        fill(batch, as_of=AS_OF, **sizes)
    return store


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    store = filled(tmp_path_factory.mktemp("demo") / "shop.duckdb")
    yield store
    store.close()


def one(store, sql):
    with store.cursor() as cursor:
        return cursor.execute(sql).fetchone()


def frame(store, sql):
    with store.cursor() as cursor:
        return cursor.execute(sql).df()


def counts(store):
    return {table: one(store, f"SELECT count(*) FROM {table}")[0] for table in TABLES}


def fingerprint(store):
    """One number a table: it is equal when all rows are, in whatever order they lie."""
    tables = [*FILLED, *(f"truth.{name}" for name in TRUTH)]
    return {table: one(store, f"SELECT count(*), bit_xor(hash(t)) FROM {table} t") for table in tables}


# --- size, sameness, removal -------------------------------------------------------------------------------------


def test_the_shop_has_the_size_asked_for(shop):
    rows = counts(shop)
    assert (rows["customers"], rows["communications"], rows["campaigns"]) == (5_000, 12_000, 8)
    assert rows["orders"] == pytest.approx(50_000, rel=0.03)
    assert 1 <= rows["order_lines"] / rows["orders"] <= 2
    assert rows["service_requests"] > 1_000 and rows["stock_moves"] > 10_000
    assert all(one(shop, f"SELECT count(*) FROM truth.{name}")[0] for name in TRUTH)


def test_the_same_seed_gives_the_same_rows_with_one_thread_or_many(tmp_path, monkeypatch):
    sizes = {"customers": 13_000, "orders": 130_000, "messages": 5_000}  # more than one row group of DuckDB's
    many = filled(tmp_path / "many.duckdb", **sizes)
    monkeypatch.setattr(database, "CONFINED", ("SET threads = 1", *database.CONFINED))
    single = filled(tmp_path / "one.duckdb", **sizes)
    assert one(single, "SELECT current_setting('threads')")[0] == 1
    assert fingerprint(many) == fingerprint(single)
    many.close()
    single.close()


def test_another_seed_gives_another_shop(tmp_path):
    sizes = {"customers": 500, "orders": 3_000, "messages": 500}
    first, second = filled(tmp_path / "1.duckdb", **sizes), filled(tmp_path / "2.duckdb", seed=1, **sizes)
    name = "SELECT name FROM customers WHERE id = 7"
    assert one(first, name) != one(second, name)
    first.close()
    second.close()


def test_removing_the_demo_leaves_what_people_added_and_comes_back_when_undone(tmp_path):
    store = filled(tmp_path / "shop.duckdb", customers=1_000, orders=6_000, messages=1_000)
    before = counts(store)
    with store.batch("form", "own records") as batch:
        own = batch.add("customers", {"name": "Ada Wong", "email": "ada@example.com"})[0]
        batch.add("orders", {"order_no": "OWN-1", "customer_id": own, "ordered_at": datetime(2026, 2, 1),
                             "status": "completed", "amount": 12})
        # A message to a demo customer cannot stay without the customer.
        batch.add("communications", {"customer_id": 5, "occurred_at": datetime(2026, 2, 1), "channel": "email",
                                     "direction": "in", "content": "on a demo customer"})
        batch.change("customers", {"id": 7, "city": "Bern"})
    removal = store.withdraw(1)
    assert {table: rows for table, rows in counts(store).items() if rows} == {"customers": 1, "orders": 1}
    assert one(store, "SELECT name FROM customers") == ("Ada Wong",)
    store.undo(removal)
    assert counts(store) == {**before, "customers": 1_001, "orders": before["orders"] + 1, "communications": 1_001}
    assert one(store, "SELECT city FROM customers WHERE id = 7") == ("Bern",)
    store.close()


def test_a_shop_with_fewer_orders_than_customers_is_refused(store):
    with pytest.raises(ValueError), store.batch("demo") as batch:
        fill(batch, as_of=AS_OF, customers=1_000, orders=999)


# --- draws -------------------------------------------------------------------------------------------------------


def test_draws_are_even_and_one_purpose_tells_nothing_of_another(shop):
    with shop.cursor() as cursor:
        cursor.execute(DRAWS.format(seed=0))
        draws = cursor.execute("""
            SELECT u(n, 'rate') AS a, u(n, 'name') AS b, u(n + 1, 'rate') AS c, normal(n, 'rate') AS d
            FROM range(200000) r(n)""").df()
    even = draws[["a", "b", "c"]].to_numpy()
    assert even.min() > 0 and even.max() < 1
    boxes = np.array([np.histogram(column, 100, (0, 1))[0] for column in even.T])
    assert (((boxes - 2000) ** 2 / 2000).sum(axis=1) < 150).all()  # chi-squared, 99 degrees: 1 in 1,000 is above
    assert np.abs(np.corrcoef(even.T) - np.eye(3)).max() < 0.01
    assert abs(draws["d"].mean()) < 0.01 and abs(draws["d"].std() - 1) < 0.01


def test_poisson_counts_follow_their_means():
    u = (np.arange(100_000) + 0.5) / 100_000
    for mean in (0.0, 0.3, 4.0, 60.0):
        found = poisson(u, np.full(len(u), mean))
        assert found.mean() == pytest.approx(mean, abs=0.01) and found.var() == pytest.approx(mean, rel=0.01, abs=0.001)


# --- believable ---------------------------------------------------------------------------------------------------


def test_everything_happened_before_the_day_and_nobody_ordered_before_joining(shop):
    newest = one(shop, """
        SELECT greatest((SELECT max(ordered_at) FROM orders), (SELECT max(occurred_at) FROM communications),
                        (SELECT max(opened_at) FROM service_requests), (SELECT max(closed_at) FROM service_requests),
                        (SELECT max(moved_at) FROM stock_moves),
                        (SELECT max(responded_at) FROM campaign_members))""")[0]
    assert datetime(2026, 2, 28, 12) < newest < datetime(2026, 3, 1)
    assert one(shop, """
        SELECT count(*) FROM orders o JOIN customers c ON c.id = o.customer_id
        WHERE CAST(o.ordered_at AS DATE) < c.joined_on""") == (0,)
    assert one(shop, "SELECT count(*) FROM service_requests WHERE closed_at < opened_at") == (0,)


def test_orders_are_worth_the_sum_of_their_lines(shop):
    assert one(shop, """
        SELECT count(*)
        FROM orders o LEFT JOIN (SELECT order_id, sum(amount) AS amount FROM order_lines GROUP BY order_id) l
            ON l.order_id = o.id
        WHERE l.amount IS DISTINCT FROM o.amount""") == (0,)
    assert one(shop, """
        SELECT count(*) FROM order_lines WHERE amount <> CAST(quantity * unit_price AS DECIMAL(18, 4))""") == (0,)


def test_stock_is_never_negative_and_sales_leave_it(shop):
    assert one(shop, """
        SELECT min(level)
        FROM (SELECT sum(quantity) OVER (PARTITION BY product_id ORDER BY moved_at, id) AS level FROM stock_moves)
        """)[0] >= 0
    assert one(shop, "SELECT -sum(quantity) FROM stock_moves WHERE reason = 'sale'") == one(shop, """
        SELECT sum(quantity) FROM order_lines l JOIN orders o ON o.id = l.order_id WHERE o.status <> 'cancelled'""")
    reasons = set(frame(shop, "SELECT DISTINCT reason FROM stock_moves")["reason"])
    assert reasons == {"purchase", "sale", "return", "count", "loss"}


def test_customers_write_in_their_countrys_language_and_names_are_written_as_there(shop):
    people = frame(shop, """
        SELECT c.*, t.country AS true_country, t.language
        FROM customers c JOIN truth.customers t ON t.customer_id = c.id WHERE NOT t.is_duplicate""")
    chinese = people["true_country"] == "China"
    assert 0.2 < chinese.mean() < 0.32 and (people["language"] == np.where(chinese, "zh", "en")).all()
    assert people.loc[chinese, "name"].str.fullmatch("[\u4e00-\u9fff]{2,5}").all()
    assert not people.loc[~chinese, "name"].str.contains("[\u4e00-\u9fff]").any()
    assert people["email"].dropna().str.endswith(".example").all()  # nobody real can be written to
    gaps = people[["gender", "birth_date", "email", "phone", "address", "consent_email"]].isna().mean()
    assert (gaps > 0.02).all() and (gaps < 0.4).all()


def test_messages_are_of_many_topics_and_moods_in_two_languages_and_rarely_the_same(shop):
    coming = frame(shop, """
        SELECT m.*, c.content, c.channel
        FROM truth.messages m JOIN communications c ON c.id = m.communication_id WHERE c.direction = 'in'""")
    assert coming.groupby("language")["topic"].nunique().to_dict() == {"en": 10, "zh": 10}
    assert set(coming["mood"]) == {"negative", "neutral", "positive"}
    assert coming.groupby("language")["content"].nunique().sum() > 0.9 * len(coming)
    chinese = coming["content"].str.contains("[\u4e00-\u9fff]")
    assert (chinese == (coming["language"] == "zh")).all()
    assert 0.02 < coming.loc[chinese, "mixed"].mean() < 0.2
    assert not coming["content"].str.contains(r"[{}]|，$|\s$|  ").any()
    assert one(shop, "SELECT count(*) FROM communications WHERE direction = 'out'")[0] > 3_000


def test_who_belongs_together_is_said_and_can_be_true(shop):
    """Households share family name and town, referrers came before, a company has one number."""
    homes = frame(shop, """
        SELECT household_no, count(*) AS people, count(DISTINCT t.country) AS countries
        FROM customers c JOIN truth.customers t ON t.customer_id = c.id
        WHERE household_no IS NOT NULL AND NOT t.is_duplicate GROUP BY 1""")
    assert len(homes) > 100 and homes["people"].between(2, 3).all() and (homes["countries"] == 1).all()
    assert one(shop, """
        SELECT count(*) FROM customers c LEFT JOIN customers r ON r.customer_no = c.referrer_no
        WHERE c.referrer_no IS NOT NULL AND (r.id IS NULL OR r.id >= c.id OR c.source <> 'friend')""") == (0,)
    assert one(shop, "SELECT count(referrer_no) FROM customers")[0] > 300
    assert one(shop, """
        SELECT count(DISTINCT company) = count(DISTINCT company_no), count(*) FILTER ((company IS NULL) <> (company_no IS NULL))
        FROM customers""") == (True, 0)
    assert one(shop, "SELECT count(age), count(*) FILTER (age IS NOT NULL AND birth_date IS NOT NULL) FROM customers")[1] == 0
    assert one(shop, "SELECT min(age) >= 18 AND max(age) <= 80 FROM customers") == (True,)
    assert set(frame(shop, "SELECT DISTINCT relation FROM relationships")["relation"]) == {
        "household", "referred_by", "partner"}


def test_opportunities_are_open_won_and_lost_and_some_are_overdue(shop):
    found = frame(shop, "SELECT * FROM opportunities")
    assert 0.04 < found["customer_id"].nunique() / 5_000 < 0.08
    assert set(found["status"]) == {"open", "won", "lost"} and (found["status"].value_counts() > 30).all()
    open_ones, closed = found[found["status"] == "open"], found[found["status"] != "open"]
    assert (closed["closes_on"] < np.datetime64(AS_OF)).all() and (found["opened_on"] < np.datetime64(AS_OF)).all()
    assert (found["opened_on"] < found["closes_on"]).all()
    late = (open_ones["closes_on"] < np.datetime64(AS_OF)).mean()
    assert 0.02 < late < 0.4
    assert set(open_ones["stage"]) == {"qualification", "proposal", "negotiation"}
    assert one(shop, """
        SELECT count(*) FROM opportunities o JOIN customers c ON c.id = o.customer_id WHERE o.opened_on < c.joined_on""") == (0,)


# --- the truth is in the rows ---------------------------------------------------------------------------------------


def test_k_means_finds_the_five_groups_and_silhouette_their_number(shop):
    from sklearn.cluster import KMeans
    from sklearn.metrics import adjusted_rand_score, silhouette_score

    rfm = frame(shop, f"""
        SELECT t.group_name, date_diff('day', CAST(max(ordered_at) AS DATE), DATE '{AS_OF}') AS recency_days,
               count(*) AS frequency, CAST(sum(amount) AS DOUBLE) AS monetary
        FROM orders JOIN truth.customers t USING (customer_id) WHERE status <> 'cancelled' AND amount > 0
        GROUP BY customer_id, t.group_name ORDER BY customer_id""")
    logs = np.log1p(rfm[["recency_days", "frequency", "monetary"]].to_numpy(float))
    features = (logs - logs.mean(axis=0)) / logs.std(axis=0)
    labels = {k: KMeans(k, n_init=5, random_state=0).fit_predict(features) for k in range(2, 9)}
    silhouettes = {k: silhouette_score(features, found, sample_size=3_000, random_state=0)
                   for k, found in labels.items()}
    assert max(silhouettes, key=silhouettes.get) == 5
    assert adjusted_rand_score(rfm["group_name"], labels[5]) >= 0.9


def test_duplicates_are_the_same_person_written_differently(shop):
    pairs = frame(shop, """
        SELECT a.name AS name_a, b.name AS name_b, a.email_key AS mail_a, b.email_key AS mail_b,
               ta.group_name = tb.group_name AS same_group, ta.country = tb.country AS same_country
        FROM truth.duplicates d
        JOIN customers a ON a.id = id_a JOIN truth.customers ta ON ta.customer_id = id_a
        JOIN customers b ON b.id = id_b JOIN truth.customers tb ON tb.customer_id = id_b""")
    doubles = one(shop, "SELECT count(*) FILTER (WHERE is_duplicate) FROM truth.customers")[0]
    assert doubles == 200 and doubles <= len(pairs) < 1.2 * doubles
    assert pairs["same_group"].all() and pairs["same_country"].all()
    assert not (pairs["mail_a"] == pairs["mail_b"]).any()
    assert 0.4 < (pairs["name_a"] != pairs["name_b"]).mean() < 0.95


def test_the_effect_of_every_campaign_is_found_against_its_control_group(shop):
    members = frame(shop, """
        SELECT campaign_id, variant = 'control' AS held_out, responded_at IS NOT NULL AS responded
        FROM campaign_members""")
    planted = frame(shop, "SELECT * FROM truth.campaigns").set_index("campaign_id")
    surely = []
    for campaign, group in members.groupby("campaign_id"):
        control, treated = group.loc[group["held_out"], "responded"], group.loc[~group["held_out"], "responded"]
        error = np.sqrt(control.var() / len(control) + treated.var() / len(treated))
        effect = treated.mean() - control.mean()
        assert abs(effect - planted.loc[campaign, "response_effect"]) < 3 * error
        surely += [planted.loc[campaign, "campaign_no"]] if effect > 2 * error else []
    assert {"K-05", "K-07", "K-08"} <= set(surely)
    assert planted.set_index("campaign_no").loc[["K-03", "K-06"], "response_effect"].eq(0).all()


def test_nobody_in_a_control_group_was_written_to_and_consent_was_kept(shop):
    assert one(shop, """
        SELECT count(*) FROM campaign_members WHERE (variant = 'control') = (sent_at IS NOT NULL)""") == (0,)
    assert one(shop, """
        SELECT count(*)
        FROM campaign_members m JOIN campaigns p ON p.id = m.campaign_id JOIN customers c ON c.id = m.customer_id
        WHERE NOT coalesce(CASE p.channel WHEN 'email' THEN c.consent_email WHEN 'sms' THEN c.consent_sms
                                          ELSE c.consent_phone END, false)""") == (0,)


def test_planted_days_stand_out_from_the_same_weekday_around_them(shop):
    daily = frame(shop, "SELECT CAST(ordered_at AS DATE) AS day, count(*) AS orders FROM orders GROUP BY 1 ORDER BY 1")
    daily = daily.set_index("day")["orders"].asfreq("D", fill_value=0)
    planted = frame(shop, """
        SELECT * FROM truth.spikes
        WHERE measure = 'orders' AND kind IN ('spike', 'dip', 'gap') AND date > DATE '2024-02-01'""")
    assert set(planted["kind"]) == {"spike", "dip", "gap"}
    for event in planted.itertuples():
        usual = daily[[event.date + np.timedelta64(7 * weeks, "D") for weeks in (-3, -2, 2, 3)]].mean()
        found = daily[event.date] / usual
        assert found > 1.3 if event.kind == "spike" else found < 0.5, event
        assert daily[event.date:event.until].sum() == 0 or event.kind != "gap"


def test_the_feasts_of_each_market_are_in_its_orders(shop):
    """Christmas in Europe, Spring Festival in China: orders a day against the shop's usual pull."""
    found = frame(shop, """
        WITH feasts AS (
            SELECT reason, market, until - date + 1 AS days,
                   (SELECT count(*) FROM orders o JOIN truth.customers t USING (customer_id)
                    WHERE o.ordered_at >= s.date AND o.ordered_at < s.until + 1
                        AND (t.country = 'China') = (s.market = 'china')) AS orders
            FROM truth.spikes s WHERE kind = 'season' AND date > DATE '2025-01-01' AND market <> 'america'
        )
        SELECT reason, sum(orders) / sum(days) AS daily FROM feasts GROUP BY reason""")
    daily = found.set_index("reason")["daily"]
    assert daily["before Christmas"] > 2 * daily["Christmas"]
    assert daily["before Spring Festival"] > 2 * daily["Spring Festival"]
    assert daily["Singles' Day"] > 1.5 * daily["Spring Festival"]


def test_who_complains_about_damage_leaves_more_often(shop):
    left = frame(shop, """
        SELECT m.topic = 'damaged goods' AND m.mood = 'negative' AS damaged, avg(CAST(NOT t.alive AS INT)) AS share
        FROM truth.messages m JOIN communications c ON c.id = m.communication_id
        JOIN truth.customers t USING (customer_id) WHERE c.direction = 'in' GROUP BY 1""").set_index("damaged")["share"]
    assert left[True] > 3 * left[False]


def test_a_wave_of_complaints_follows_the_strike(shop):
    start, until = one(shop, "SELECT date, until FROM truth.spikes WHERE kind = 'wave'")
    weekly = frame(shop, """
        SELECT CAST(date_trunc('week', occurred_at) AS DATE) AS week, count(*) AS n
        FROM communications c JOIN truth.messages m ON m.communication_id = c.id
        WHERE m.topic = 'delivery' AND m.mood = 'negative' AND c.occurred_at > DATE '2025-01-01'
        GROUP BY 1""").set_index("week")["n"]
    wave = weekly[(weekly.index >= np.datetime64(start)) & (weekly.index <= np.datetime64(until) + 5)]
    assert wave.max() > 2.5 * weekly.median()


def test_the_purchase_process_is_told_and_followed(shop):
    """Repeat orders of a group = the sum of rate × time over its customers, taken while they stayed."""
    groups = frame(shop, """
        SELECT t.group_name,
               sum(t.daily_rate * (1 - t.leave_chance) * least(t.watched_days, coalesce(t.lifetime_days, 1e9)))
               + count(t.lifetime_days) AS expected,
               sum(o.orders - 1) AS found
        FROM truth.customers t
        JOIN (SELECT customer_id, count(*) AS orders FROM orders GROUP BY 1) o USING (customer_id)
        GROUP BY 1""").set_index("group_name")
    assert len(groups) == 5
    # campaigns add a few orders to what the process makes
    assert ((groups["found"] / groups["expected"]).between(0.93, 1.2)).all()
