-- How many customers bought for the first time in each period, split by something of theirs.
--   period 2026-01-05 | series web | customers 32
-- The temp table `calendar`, $segment and $split are as in series_orders but for channel, country
-- and campaign. What a deleted or cancelled order or a
-- return began does not count as a beginning.
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
firsts AS (
    SELECT o.customer_id, min(o.ordered_at) AS ordered_at
    FROM orders o
    WHERE o.deleted_at IS NULL AND o.status <> 'cancelled' AND o.amount > 0 AND o.customer_id IS NOT NULL
        AND o.ordered_at < $until
        AND ($segment = 0 OR o.customer_id IN (SELECT customer_id FROM members))
    GROUP BY 1
)
SELECT c.period,
       CASE WHEN $split = '' THEN '' ELSE n.name END AS series,
       CAST(count(*) AS DOUBLE) AS customers
FROM firsts f
JOIN calendar c ON c.slot = CASE WHEN $slot = 'day' THEN CAST(CAST(f.ordered_at AS DATE) AS TIMESTAMP)
                         ELSE date_trunc($slot, f.ordered_at) END
LEFT JOIN names n ON n.customer_id = f.customer_id
WHERE f.ordered_at >= $since
GROUP BY 1, 2
ORDER BY 1, 2
