-- Larger orders in the making, mostly of companies, and who told of whom they know.
--
-- An opportunity is open until the day it was expected to close; one in ten of those days went by without an answer.
CREATE OR REPLACE TEMP TABLE made_opportunities AS
WITH asked AS (
    SELECT w.n, w.id AS customer_id, w.names = 'zh' AS chinese, w.joined_day, p.spend_level, c.name AS company,
           unnest(range(CASE WHEN u(w.n, 'two opportunities') < 0.25 THEN 2 ELSE 1 END)) AS turn
    FROM written w
    JOIN person p USING (n)
    LEFT JOIN pick_company c1 ON c1.list = w.names AND c1.part = 'first' AND c1.place = w.company_place
    LEFT JOIN pick_company c2 ON c2.list = w.names AND c2.part = 'second' AND c2.place = w.company_kind_place
    LEFT JOIN company c ON c.list = w.names AND c.first_text = c1.text AND c.second_text = c2.text
    WHERE w.n = w.who AND u(w.n, 'opportunity') < CASE WHEN w.company_place IS NULL THEN 0.015 ELSE 0.4 END
),
timed AS (
    -- more of them lately than long ago
    SELECT *, n * 4 + turn AS k,
           1 + CAST(floor(power(u(k, 'opened'), 2) * (least(600, days() - joined_day) - 1)) AS BIGINT) AS opened_ago,
           14 + whole(k, 'lasts', 106) AS lasts, lasts - opened_ago AS days_left
    FROM asked
),
decided AS (
    SELECT *, CASE WHEN days_left > 0 OR (days_left > -40 AND u(k, 'no answer') < 0.3) THEN 'open'
                   WHEN u(k, 'won') < 0.42 THEN 'won' ELSE 'lost' END AS status
    FROM timed
),
staged AS (
    SELECT *, CASE WHEN status <> 'open' THEN status
                   WHEN opened_ago < lasts * 0.3 THEN 'qualification'
                   WHEN opened_ago < lasts * 0.7 THEN 'proposal' ELSE 'negotiation' END AS stage
    FROM decided
)
SELECT first_id('opportunities') - 1 + row_number() OVER (ORDER BY opened_ago DESC, k) AS id,
       'O-' || (100000 + id) AS opportunity_no,
       CASE WHEN chinese THEN one_of(k, 'what for', ['企业礼盒', '茶水间长期供货', '节日礼品', '员工福利', '展会伴手礼'])
            ELSE one_of(k, 'what for', ['Gift boxes', 'Tea for the office', 'Christmas presents', 'Coffee corner',
                                        'Welcome presents']) END || coalesce(' · ' || company, '') AS name,
       customer_id, status, stage,
       CAST(greatest(50, 10 * round(spend_level * (4 + 16 * u(k, 'worth')) / 10)) AS DECIMAL(18, 4)) AS amount,
       'EUR' AS currency,
       CASE stage WHEN 'won' THEN 100 WHEN 'lost' THEN 0 WHEN 'qualification' THEN 20 WHEN 'proposal' THEN 50
                  ELSE 75 END AS probability,
       as_of() - CAST(opened_ago AS INTEGER) AS opened_on, as_of() + CAST(days_left AS INTEGER) AS closes_on,
       one_of(k, 'heard from', ['web', 'friend', 'trade fair', 'advertisement']) AS source,
       CASE WHEN chinese THEN one_of(k, 'in charge', ['小林', '小周']) ELSE one_of(k, 'in charge', ['Anna', 'Ben', 'Clara']) END
           AS owner
FROM staged s;

CREATE OR REPLACE TEMP TABLE made_relationships AS
WITH told AS (
    SELECT p.id AS customer_id, h.first_of_it AS related_id, 'household' AS relation, p.joined_day
    FROM household h JOIN person p USING (n)
    WHERE p.id <> h.first_of_it AND u(h.first_of_it, 'told of the household') < 0.6
    UNION ALL
    SELECT r.id, r.referrer, 'referred_by', p.joined_day
    FROM referral r JOIN person p USING (n) WHERE u(r.n, 'told of the friend') < 0.4
    UNION ALL
    -- companies that buy together, one after another in the order of their coming
    SELECT id, before, 'partner', joined_day
    FROM (SELECT n, id, joined_day, lag(id) OVER (ORDER BY id) AS before
          FROM written WHERE company_place IS NOT NULL AND n = who)
    WHERE before IS NOT NULL AND u(n, 'partner') < 0.08
)
SELECT first_id('relationships') - 1 + row_number() OVER (ORDER BY customer_id, related_id, relation) AS id,
       customer_id, related_id, relation, opens_on() + CAST(joined_day AS INTEGER) AS since
FROM told;
