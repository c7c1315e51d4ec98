-- For how much was bought and for how much given back in each period, split; cancelled orders are left out.
--   period 2026-01-05 | series web | sold 51400.00 | returned 165.50
-- What is given back is an order below nothing. The temp table `calendar`, $segment and $split are as in series_orders.
WITH members AS MATERIALIZED (
    SELECT m.customer_id
    FROM segments s
    JOIN segment_members m ON m.segment_id = s.id AND m.as_of = s.as_of AND m.deleted_at IS NULL
    WHERE s.id = $segment
),
names AS (  -- what the series of a customer is called, where a column of theirs or their segments split
    SELECT id AS customer_id,
           CASE $split WHEN 'region' THEN region WHEN 'city' THEN city WHEN 'home' THEN country
                WHEN 'source' THEN source WHEN 'industry' THEN industry ELSE stage END AS name
    FROM customers
    WHERE $split IN ('region', 'city', 'home', 'source', 'industry', 'stage')
    UNION ALL
    SELECT m.customer_id, s.name
    FROM segments s
    JOIN segment_members m ON m.segment_id = s.id AND m.as_of = s.as_of AND m.deleted_at IS NULL
    WHERE $split = 'segment' AND s.deleted_at IS NULL AND s.ended_on IS NULL
),
told AS (  -- by day or hour first: it halves the work, and days are counted quicker than times
    SELECT CASE WHEN $slot = 'day' THEN CAST(o.ordered_at AS DATE) END AS day,
           CASE WHEN $slot <> 'day' THEN date_trunc($slot, o.ordered_at) END AS moment,
           CASE $split WHEN 'channel' THEN o.channel WHEN 'country' THEN o.country WHEN 'campaign' THEN p.name
                WHEN '' THEN '' ELSE n.name END AS series,
           sum(CASE WHEN o.amount > 0 THEN o.amount END) AS sold,
           sum(CASE WHEN o.amount < 0 THEN -o.amount END) AS returned
    FROM orders o
    LEFT JOIN names n ON n.customer_id = o.customer_id
    LEFT JOIN campaigns p ON $split = 'campaign' AND p.id = o.campaign_id
    WHERE o.deleted_at IS NULL AND o.status <> 'cancelled'
        AND o.ordered_at >= $since AND o.ordered_at < $until
        AND ($segment = 0 OR o.customer_id IN (SELECT customer_id FROM members))
    GROUP BY 1, 2, 3
)
SELECT c.period, t.series, coalesce(CAST(sum(t.sold) AS DOUBLE), 0) AS sold,
       coalesce(CAST(sum(t.returned) AS DOUBLE), 0) AS returned
FROM told t
JOIN calendar c ON c.slot = coalesce(t.moment, CAST(t.day AS TIMESTAMP))
GROUP BY 1, 2
ORDER BY 1, 2
