-- The lines of every order, side by side: l1, l2, l3 = (product, quantity, unit price), later ones empty.
CREATE OR REPLACE TEMP TABLE basket AS
WITH wished AS (
    SELECT placed.r, placed.event, placed.n, placed.d, placed.ordered_at, placed.is_last, placed.extra_of,
           p.id AS customer_id, p.country, p.group_position,
           p.spend_level * exp(0.3 * normal(placed.event, 'amount')) AS wish,
           CASE WHEN u(placed.event, 'lines') < 0.6 THEN 1 WHEN u(placed.event, 'lines') < 0.88 THEN 2 ELSE 3 END AS lines,
           CASE WHEN month(placed.ordered_at) = 12 OR (month(placed.ordered_at) = 11 AND day(placed.ordered_at) > 10) THEN 'advent'
                WHEN p.market = 'china' AND month(placed.ordered_at) IN (1, 2) THEN 'spring festival'
                WHEN p.market = 'china' AND month(placed.ordered_at) = 9 THEN 'mid-autumn' ELSE 'usual' END AS season,
           CAST(floor((days() - 1 - placed.d) / 366) AS BIGINT) AS years,
           CASE WHEN u(placed.event, 'discount') >= g.discounts THEN 0
                ELSE [0.05, 0.10, 0.10, 0.15, 0.20][1 + CAST(floor(u(placed.event, 'how much') * 5) AS BIGINT)] END AS discount,
           CASE WHEN u(placed.event, 'channel') < g.web_share THEN 'web'
                WHEN u(placed.event, 'channel') < g.web_share + g.shop_share
                    THEN CASE WHEN dayofweek(placed.ordered_at) = 0 AND p.market <> 'china' THEN 'web' ELSE 'shop' END
                ELSE 'marketplace' END AS channel,
           CASE WHEN u(placed.event, 'cancelled') < 0.03 THEN 'cancelled'
                WHEN placed.d >= days() - 3 AND u(placed.event, 'on its way') < 0.6 THEN 'open' ELSE 'completed' END AS status
    FROM placed JOIN person p USING (n) JOIN customer_groups g ON g.position = p.group_position
),
shares AS (
    SELECT *, wish * CASE lines WHEN 1 THEN 1 WHEN 2 THEN 0.65 ELSE 0.5 END AS w1,
           CASE WHEN lines > 1 THEN wish * CASE lines WHEN 2 THEN 0.35 ELSE 0.3 END END AS w2,
           CASE WHEN lines > 2 THEN wish * 0.2 END AS w3
    FROM wished
),
spots AS (
    SELECT *, shelf_spot(w1, u(event, 'product 1')) AS spot1, shelf_spot(w2, u(event, 'product 2')) AS spot2,
           shelf_spot(w3, u(event, 'product 3')) AS spot3
    FROM shares
),
chosen AS (
    SELECT spots.*, s1.product AS product1, s2.product AS product2, s3.product AS product3
    FROM spots
    JOIN shelf s1 ON s1.season = spots.season AND s1.spot = spot1
    LEFT JOIN shelf s2 ON s2.season = spots.season AND s2.spot = spot2
    LEFT JOIN shelf s3 ON s3.season = spots.season AND s3.spot = spot3
)
SELECT r, event, n, d, ordered_at, is_last, extra_of, customer_id, country, group_position, channel, status,
       product1, CAST(greatest(1, round(w1 / y1.price)) AS SMALLINT) AS quantity1,
       CAST(round(y1.price * (1 - discount), 2) AS DECIMAL(9, 2)) AS price1,
       product2, CAST(greatest(1, round(w2 / y2.price)) AS SMALLINT) AS quantity2,
       CAST(round(y2.price * (1 - discount), 2) AS DECIMAL(9, 2)) AS price2,
       product3, CAST(greatest(1, round(w3 / y3.price)) AS SMALLINT) AS quantity3,
       CAST(round(y3.price * (1 - discount), 2) AS DECIMAL(9, 2)) AS price3
FROM chosen
JOIN price_in_year y1 ON y1.product = product1 AND y1.years = chosen.years
LEFT JOIN price_in_year y2 ON y2.product = product2 AND y2.years = chosen.years
LEFT JOIN price_in_year y3 ON y3.product = product3 AND y3.years = chosen.years;
