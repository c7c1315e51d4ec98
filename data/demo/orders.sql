-- Every purchase: its customer, moment, basket and up to three lines; then who was written to and whom it moved.
CREATE OR REPLACE TEMP TABLE person AS
SELECT drawn.*, drawn.rate * pace() AS daily_rate, p.lifetime_days, p.purchases, p.leaves,
       first_id('customers') - 1 + row_number() OVER (ORDER BY f.d, n) AS id,
       f.d AS first_day,
       -- A third signs up some days before the first order.
       f.d - CASE WHEN u(n, 'signed up before') < 0.33 THEN CAST(floor(u(n, 'days before') * 14) AS INTEGER)
           ELSE 0 END AS joined_day
FROM drawn JOIN process p USING (n)
JOIN market_place f ON f.market = drawn.market
    AND f.place = CAST(floor(drawn.first_at / days() * 65536) AS BIGINT);

CREATE OR REPLACE TEMP TABLE member AS
SELECT c.position AS campaign, c.starts, c.ends, p.n, p.id,
       u(p.n * 64 + c.position, 'held out') >= c.control AS treated,
       p.market, p.language, p.group_position, coalesce(e.chance, 0) AS chance
FROM campaigns_planned c
JOIN person p ON p.joined_day < c.starts AND u(p.n * 64 + c.position, 'reached') < c.reach
    AND CASE c.channel WHEN 'email' THEN p.consent_email WHEN 'sms' THEN p.consent_sms ELSE p.consent_phone END
LEFT JOIN effects e ON e.campaign = c.position AND e.group_name = p.group_name;

-- Purchase k of record n is the event n * 65536 + k: the first one, those of the Poisson process, and, where the
-- customer left, the last one. An extra order that a campaign moved is k = 60000 + campaign. Rows are kept narrow: at
-- ten million orders each eight bytes are 80 MB.
CREATE OR REPLACE TEMP TABLE placed AS
WITH events AS (
    SELECT n * 65536 + k AS event, market,
           CASE WHEN k = 0 THEN first_at
                WHEN k <= purchases THEN first_at + u(n * 65536 + k, 'shop time') * least(lifetime_days,
                    days() - first_at)
                ELSE first_at + lifetime_days END AS moment,
           leaves AND k = purchases + 1 AS is_last
    FROM (SELECT *, unnest(range(1 + purchases + CAST(leaves AS BIGINT))) AS k FROM person
        WHERE rate IS NOT NULL)
),
dated AS (
    SELECT event, e.market, place.d, is_last
    FROM events e JOIN market_place place ON place.market = e.market
        AND place.place = CAST(floor(moment / days() * 65536) AS BIGINT)
    UNION ALL
    SELECT n * 65536 + 60000 + campaign, market,
           starts + CAST(floor(u(n * 64 + campaign, 'extra day') * (ends - starts)) AS BIGINT), false
    FROM member WHERE treated AND u(n * 64 + campaign, 'extra order') < chance
),
timed AS (
    SELECT event, CAST(d AS SMALLINT) AS d, is_last,
           -- Hours in UTC at which that market is awake; the day stays the day.
           CAST(opens_on() + CAST(d AS INTEGER) AS TIMESTAMP) + to_seconds(CAST(floor(3600 * CASE market
               WHEN 'china' THEN 0.5 + 15 * (u(event, 'hour') + u(event, 'hour 2')) / 2
               WHEN 'america' THEN 12.5 + 11.4 * (u(event, 'hour') + u(event, 'hour 2')) / 2
               ELSE 6 + 16 * (u(event, 'hour') + u(event, 'hour 2')) / 2 END) AS BIGINT)) AS ordered_at
    FROM dated
)
SELECT *, CAST(row_number() OVER (ORDER BY ordered_at, event) - 1 AS INTEGER) AS r FROM timed;
