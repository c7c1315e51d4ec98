-- What was planted, beside the book: the answers that pages and tests are held against.
--
-- lifetime_days and watched_days are in shop time, from the first order; a lifetime is NULL where it has not ended.
CREATE OR REPLACE TABLE truth.customers AS
SELECT id AS customer_id, group_name, daily_rate, leave_chance, CASE WHEN leaves THEN lifetime_days END AS lifetime_days,
       days() - first_at AS watched_days, spend_level, rate IS NOT NULL AND NOT leaves AS alive,
       n <> who AS is_duplicate, country, language
FROM person ORDER BY id;

CREATE OR REPLACE TABLE truth.duplicates AS
SELECT a.id AS id_a, b.id AS id_b FROM person a JOIN person b ON a.who = b.who AND a.id < b.id ORDER BY 1, 2;

-- Response: at least one order that is not cancelled in the campaign's days. An extra order counts for the response
-- only of those who would not have ordered anyway; 3 in 100 orders are cancelled.
CREATE OR REPLACE TABLE truth.campaign_effects AS
WITH natural_answer AS (
    SELECT DISTINCT campaign, n FROM answered WHERE stands AND NOT is_extra
),
basket_value AS (
    SELECT p.group_position,
           avg(quantity1 * price1 + coalesce(quantity2 * price2, 0) + coalesce(quantity3 * price3, 0)) AS amount
    FROM basket b JOIN person p ON p.n = b.event // 65536 WHERE status <> 'cancelled' GROUP BY ALL
),
counted AS (
    SELECT m.campaign, m.group_position, m.chance, count(*) AS members, count(*) FILTER (WHERE m.treated) AS treated,
           count(a.n) / count(*) AS natural_response
    FROM member m LEFT JOIN natural_answer a ON a.campaign = m.campaign AND a.n = m.n
    GROUP BY ALL
)
SELECT first_id('campaigns') + c.campaign AS campaign_id, g.name AS group_name, c.members, c.treated,
       round(c.natural_response, 6) AS natural_response, c.chance AS extra_order_chance,
       round(c.chance * 0.97 * (1 - c.natural_response), 6) AS response_effect,
       round(c.chance * 0.97 * coalesce(v.amount, 0), 4) AS revenue_effect
FROM counted c JOIN customer_groups g ON g.position = c.group_position
LEFT JOIN basket_value v ON v.group_position = c.group_position
ORDER BY 1, 2;

-- A campaign's effects on the average member, if every member had been written to.
CREATE OR REPLACE TABLE truth.campaigns AS
SELECT campaign_id, c.no AS campaign_no, CAST(sum(members) AS BIGINT) AS members, CAST(sum(treated) AS BIGINT) AS treated,
       round(sum(response_effect * members) / sum(members), 6) AS response_effect,
       round(sum(revenue_effect * members) / sum(members), 4) AS revenue_effect
FROM truth.campaign_effects e JOIN campaigns_planned c ON first_id('campaigns') + c.position = e.campaign_id
GROUP BY ALL ORDER BY 1;

CREATE OR REPLACE TABLE truth.messages AS
SELECT id AS communication_id, topic, mood, language, mixed, kind FROM message ORDER BY id;

-- What was planted once, and, as kind 'season', the feasts of each year.
CREATE OR REPLACE TABLE truth.spikes AS
WITH feasts AS (
    SELECT market, day, holiday,
           CASE WHEN market = 'china' THEN CASE WHEN month(day) = 11 THEN 'Singles'' Day'
                                                WHEN holiday > 1 THEN 'before Spring Festival' ELSE 'Spring Festival' END
                ELSE CASE WHEN month(day) = 11 THEN 'Black Friday'
                          WHEN holiday > 1 THEN 'before Christmas' ELSE 'Christmas' END END AS reason,
           d - row_number() OVER (PARTITION BY market, reason ORDER BY d) AS run
    FROM market_day WHERE holiday <> 1
)
SELECT opens_on() + CAST(days() - days_ago AS INTEGER) AS date,
       opens_on() + CAST(days() - days_ago + days - 1 AS INTEGER) AS until, measure, kind, size, reason, market
FROM events
UNION ALL
SELECT min(day), max(day), 'orders', 'season', round(avg(holiday), 2), reason, market FROM feasts GROUP BY market, reason, run
ORDER BY 1, 3, 7;

CREATE OR REPLACE TABLE truth.daily_pull AS
SELECT market, day, week, season, holiday, event FROM market_day ORDER BY 1, 2;

CREATE OR REPLACE TABLE truth.groups AS
SELECT name AS group_name, share / sum(share) OVER () AS share, 16 AS rate_shape,
       CASE WHEN gap_days > 0 THEN pace() / gap_days END AS mean_daily_rate, leave_a, leave_b, basket,
       first_from AS first_order_from_days_ago, first_to AS first_order_to_days_ago, discounts
FROM customer_groups ORDER BY position;

CREATE OR REPLACE TABLE truth.themes AS
SELECT 'damaged goods' AS topic, 'negative' AS mood, 'left' AS outcome, sudden_break_theme() AS share_planted,
       'that share of these complaints was written at the very last order of a customer who then left' AS meaning;
