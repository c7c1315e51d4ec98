-- Every purchase: its customer, moment, basket and up to three lines; then who was written to and whom it moved.
CREATE OR REPLACE TEMP TABLE person AS
SELECT drawn.*, drawn.rate * pace() AS daily_rate, p.lifetime_days, p.purchases, p.leaves,
       first_id('customers') - 1 + row_number() OVER (ORDER BY f.d, n) AS id,
       f.d AS first_day,
       -- A third signs up some days before the first order.
       f.d - CASE WHEN u(n, 'signed up before') < 0.33 THEN CAST(floor(u(n, 'days before') * 14) AS INTEGER) ELSE 0 END AS joined_day
FROM drawn JOIN process p USING (n)
JOIN market_place f ON f.market = drawn.market
    AND f.place = CAST(floor(drawn.first_at / days() * 65536) AS BIGINT);

CREATE OR REPLACE TEMP TABLE member AS
SELECT c.position AS campaign, c.starts, c.ends, p.n, p.id, u(p.n * 64 + c.position, 'held out') >= c.control AS treated,
       p.group_position, coalesce(e.chance, 0) AS chance
FROM campaigns_planned c
JOIN person p ON p.joined_day < c.starts AND u(p.n * 64 + c.position, 'reached') < c.reach
    AND CASE c.channel WHEN 'email' THEN p.consent_email WHEN 'sms' THEN p.consent_sms ELSE p.consent_phone END
LEFT JOIN effects e ON e.campaign = c.position AND e.group_name = p.group_name;

-- Purchase k of record n is the event n * 65536 + k: the first one, those of the Poisson process, and, where the
-- customer left, the last one. An extra order that a campaign moved is k = 60000 + campaign.
CREATE OR REPLACE TEMP TABLE placed AS
WITH events AS (
    SELECT n, k, n * 65536 + k AS event, market,
           CASE WHEN k = 0 THEN first_at
                WHEN k <= purchases THEN first_at + u(n * 65536 + k, 'shop time') * least(lifetime_days, days() - first_at)
                ELSE first_at + lifetime_days END AS at,
           leaves AND k = purchases + 1 AS is_last
    FROM (SELECT *, unnest(range(1 + purchases + CAST(leaves AS BIGINT))) AS k FROM person WHERE rate IS NOT NULL)
),
dated AS (
    SELECT n, event, place.d, is_last, CAST(NULL AS INTEGER) AS extra_of
    FROM events JOIN market_place place ON place.market = events.market
        AND place.place = CAST(floor(events.at / days() * 65536) AS BIGINT)
    UNION ALL
    SELECT n, n * 65536 + 60000 + campaign, starts + CAST(floor(u(n * 64 + campaign, 'extra day') * (ends - starts)) AS BIGINT),
           false, campaign
    FROM member WHERE treated AND u(n * 64 + campaign, 'extra order') < chance
),
timed AS (
SELECT n, event, d, is_last, extra_of,
       -- Hours in UTC at which that market is awake; the day stays the day.
       CAST(opens_on() + CAST(d AS INTEGER) AS TIMESTAMP) + to_seconds(CAST(floor(3600 * CASE market
           WHEN 'china' THEN 0.5 + 15 * (u(event, 'hour') + u(event, 'hour 2')) / 2
           WHEN 'america' THEN 12.5 + 11.4 * (u(event, 'hour') + u(event, 'hour 2')) / 2
           ELSE 6 + 16 * (u(event, 'hour') + u(event, 'hour 2')) / 2 END) AS BIGINT)) AS ordered_at
FROM dated JOIN (SELECT n, market FROM person) USING (n)
)
SELECT *, row_number() OVER (ORDER BY ordered_at, event) - 1 AS r FROM timed;

-- Which product a shopper who means to spend about so much on a line takes: 64 steps of money × 64 places × season.
CREATE OR REPLACE TEMP TABLE shelf AS
WITH wishes AS (
    SELECT bin, exp(ln(1.5) + (bin + 0.5) * ln(1500 / 1.5) / 64) AS wish, season
    FROM range(64) r(bin), (SELECT unnest(['usual', 'advent', 'spring festival', 'mid-autumn']) AS season)
),
candidates AS (
    SELECT bin, season, position, price,
           -- nearer in price is likelier; some products are simply loved; seasonal ones have their time
           (0.3 + 3 * power(u(position, 'loved'), 2)) * exp(-2.5 * power(ln(wish / price) - 0.35, 2))
           * CASE WHEN season = 'advent' AND name IN ('Advent Tea Calendar', 'Winter Apple Tea 100 g') THEN 6
                  WHEN name = 'Advent Tea Calendar' THEN 0.02
                  WHEN season = 'spring festival' AND name = 'Spring Festival Tea Box' THEN 8
                  WHEN name = 'Spring Festival Tea Box' THEN 0.05
                  WHEN season = 'mid-autumn' AND name = 'Mid-Autumn Tea Box' THEN 8
                  WHEN name = 'Mid-Autumn Tea Box' THEN 0.05 ELSE 1 END AS weight
    FROM wishes, product_list WHERE price <= wish * 1.25 OR price < 2.6
),
spans AS (
    SELECT bin, season, position, sum(CAST(weight * 1e9 AS BIGINT)) OVER w - CAST(weight * 1e9 AS BIGINT) AS starts,
           sum(CAST(weight * 1e9 AS BIGINT)) OVER (PARTITION BY bin, season) AS total
    FROM candidates WINDOW w AS (PARTITION BY bin, season ORDER BY position)
)
SELECT places.season, places.bin * 64 + places.place AS spot, spans.position AS product
FROM (SELECT *, (place + 0.5) / 64 * total AS here FROM (SELECT DISTINCT bin, season, total FROM spans), range(64) r(place)) places
ASOF JOIN spans ON places.bin = spans.bin AND places.season = spans.season AND places.here >= spans.starts;

CREATE OR REPLACE TEMP TABLE price_in_year AS
SELECT position AS product, years, CASE years WHEN 0 THEN price ELSE round(price * (1 - 0.03 * years), 1) END AS price
FROM product_list, range(4) r(years);
