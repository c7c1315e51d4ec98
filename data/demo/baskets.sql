-- What lies in every order: up to three lines side by side (product, quantity, price), later ones empty.
--
-- Which product a shopper who means to spend about so much on a line takes: 64 steps of money × 64 places, by season
-- and by year of prices. `spot` is the whole key.
CREATE OR REPLACE TEMP TABLE shelf AS
WITH wishes AS (
    SELECT step, exp(ln(1.5) + (step + 0.5) * ln(1500 / 1.5) / 64) AS wish, season
    FROM range(64) r(step), range(4) t(season)      -- 0 usual, 1 advent, 2 before Spring Festival, 3 mid-autumn
),
candidates AS (
    SELECT step, season, position,
           -- nearer in price is likelier; some products are simply loved; seasonal ones have their time
           CAST(1e9 * (0.3 + 3 * power(u(position, 'loved'), 2)) * exp(-2.5 * power(ln(wish / price) - 0.35, 2))
           * CASE WHEN season = 1 AND name IN ('Advent Tea Calendar', 'Winter Apple Tea 100 g') THEN 6
                  WHEN name = 'Advent Tea Calendar' THEN 0.02
                  WHEN season = 2 AND name = 'Spring Festival Tea Box' THEN 8
                  WHEN name = 'Spring Festival Tea Box' THEN 0.05
                  WHEN season = 3 AND name = 'Mid-Autumn Tea Box' THEN 8
                  WHEN name = 'Mid-Autumn Tea Box' THEN 0.05 ELSE 1 END AS BIGINT) AS weight
    FROM wishes, product_list WHERE price <= wish * 1.25 OR price < 2.6
),
spans AS (
    SELECT step, season, position, sum(weight) OVER (PARTITION BY step, season ORDER BY position)
           - weight AS starts,
           sum(weight) OVER (PARTITION BY step, season) AS total
    FROM candidates WHERE weight > 0
),
chosen AS (
    SELECT places.season, places.step * 64 + places.place AS place, spans.position AS product
    FROM (SELECT *, (place + 0.5) / 64 * total AS here
          FROM (SELECT DISTINCT step, season, total FROM spans), range(64) r(place)) places
    ASOF JOIN spans ON places.step = spans.step AND places.season = spans.season AND places.here >= spans.starts
)
-- Prices were 3 % lower for every year back.
SELECT CAST((years * 4 + season) * 4096 + place AS INTEGER) AS spot, CAST(product AS SMALLINT) AS product,
       CASE years WHEN 0 THEN price ELSE round(price * (1 - 0.03 * years), 1) END AS price
FROM chosen JOIN product_list ON position = product, range(4) t(years);

CREATE OR REPLACE TEMP TABLE basket AS
WITH wished AS (
    SELECT placed.*, p.id AS customer_id, c.position AS country, g.web_share, g.shop_share, g.discounts,
           p.market,
           p.spend_level * exp(0.3 * normal(event, 'amount')) AS wish, u(event, 'lines') AS u_lines,
           month(ordered_at) AS month_no, day(ordered_at) AS day_no,
           (days() - 1 - placed.d) // 366 AS years, u(event, 'channel') AS u_channel
    FROM placed JOIN person p ON p.n = event // 65536
    JOIN customer_groups g ON g.position = p.group_position JOIN countries c ON c.name = p.country
),
shares AS (
    SELECT *,
           wish * CASE WHEN u_lines < 0.6 THEN 1 WHEN u_lines < 0.88 THEN 0.65 ELSE 0.5 END AS w1,
           CASE WHEN u_lines >= 0.88 THEN wish * 0.3 WHEN u_lines >= 0.6 THEN wish * 0.35 END AS w2,
           CASE WHEN u_lines >= 0.88 THEN wish * 0.2 END AS w3,
           4096 * (years * 4 + CASE WHEN month_no = 12 OR (month_no = 11 AND day_no > 10) THEN 1
                                    WHEN market = 'china' AND month_no IN (1, 2) THEN 2
                                    WHEN market = 'china' AND month_no = 9 THEN 3 ELSE 0 END) AS shelf_at,
           CASE WHEN u(event, 'discount') < discounts
                THEN one_of(event, 'how much', [0.05, 0.10, 0.10, 0.15, 0.20]) ELSE 0 END AS discount
    FROM wished
),
spots AS (
    SELECT *, shelf_at + shelf_spot(w1, u(event, 'product 1')) AS spot1,
           shelf_at + shelf_spot(w2, u(event, 'product 2')) AS spot2,
           shelf_at + shelf_spot(w3, u(event, 'product 3')) AS spot3
    FROM shares
)
SELECT r, event, d, ordered_at, is_last, CAST(customer_id AS INTEGER) AS customer_id,
       CAST(country AS TINYINT) AS country,
       CAST(CASE WHEN u_channel < web_share THEN 'web'
                 WHEN u_channel >= web_share + shop_share THEN 'marketplace'
                 WHEN dayofweek(ordered_at) = 0 AND market <> 'china'
                     THEN 'web'     -- the shop is closed on Sundays
                 ELSE 'shop' END AS ENUM ('web', 'shop', 'marketplace')) AS channel,
       CAST(CASE WHEN u(event, 'cancelled') < 0.03 THEN 'cancelled'
                 WHEN d >= days() - 3 AND u(event, 'on its way') < 0.6 THEN 'open'
                 ELSE 'completed' END AS ENUM ('completed', 'open', 'cancelled')) AS status,
       s1.product AS product1, CAST(greatest(1, round(w1 / s1.price)) AS SMALLINT) AS quantity1,
       CAST(round(s1.price * (1 - discount), 2) AS DECIMAL(9, 2)) AS price1,
       s2.product AS product2, CAST(greatest(1, round(w2 / s2.price)) AS SMALLINT) AS quantity2,
       CAST(round(s2.price * (1 - discount), 2) AS DECIMAL(9, 2)) AS price2,
       s3.product AS product3, CAST(greatest(1, round(w3 / s3.price)) AS SMALLINT) AS quantity3,
       CAST(round(s3.price * (1 - discount), 2) AS DECIMAL(9, 2)) AS price3
FROM spots JOIN shelf s1 ON s1.spot = spot1 LEFT JOIN shelf s2 ON s2.spot = spot2 LEFT JOIN shelf s3
    ON s3.spot = spot3;
