-- How many customers bought something in each period, split; each counts once in a period and series.
--   period 2026-01-05 | series web | customers 640
-- The temp table `calendar`, $segment and $split are as in series_orders. $kept: the series that stay, the others are
-- counted together under $others; NULL: all stay.
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
bought AS (
    SELECT CASE WHEN $slot = 'day' THEN CAST(CAST(o.ordered_at AS DATE) AS TIMESTAMP)
                ELSE date_trunc($slot, o.ordered_at) END AS slot,
           CASE $split WHEN 'channel' THEN o.channel WHEN 'country' THEN o.country WHEN 'campaign' THEN p.name
                WHEN '' THEN '' ELSE n.name END AS series,
           o.customer_id
    FROM orders o
    LEFT JOIN names n ON n.customer_id = o.customer_id
    LEFT JOIN campaigns p ON $split = 'campaign' AND p.id = o.campaign_id
    WHERE o.deleted_at IS NULL AND o.status <> 'cancelled' AND o.customer_id IS NOT NULL
        AND o.ordered_at >= $since AND o.ordered_at < $until
        AND ($segment = 0 OR o.customer_id IN (SELECT customer_id FROM members))
)
SELECT c.period,
       CASE WHEN CAST($kept AS VARCHAR[]) IS NULL OR list_contains(CAST($kept AS VARCHAR[]), coalesce(b.series, ''))
            THEN b.series ELSE $others END AS series,
       CAST(count(DISTINCT b.customer_id) AS DOUBLE) AS customers
FROM bought b
JOIN calendar c ON c.slot = b.slot
GROUP BY 1, 2
ORDER BY 1, 2
