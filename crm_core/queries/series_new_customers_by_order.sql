-- How many customers bought for the first time in each period, split by something of that first order.
--   period 2026-01-05 | series web | customers 32
-- The temp table `calendar` and $segment are as in series_orders; $split: channel, country. What a deleted or cancelled
-- order or a return began does not count as a beginning.
WITH members AS MATERIALIZED (
    SELECT m.customer_id
    FROM segments s
    JOIN segment_members m ON m.segment_id = s.id AND m.as_of = s.as_of AND m.deleted_at IS NULL
    WHERE s.id = $segment
),
firsts AS (
    SELECT o.customer_id, min(o.ordered_at) AS ordered_at,
           min_by(CASE $split WHEN 'channel' THEN o.channel WHEN 'country' THEN o.country END, o.ordered_at) AS series
    FROM orders o
    WHERE o.deleted_at IS NULL AND o.status <> 'cancelled' AND o.amount > 0 AND o.customer_id IS NOT NULL
        AND o.ordered_at < $until
        AND ($segment = 0 OR o.customer_id IN (SELECT customer_id FROM members))
    GROUP BY 1
)
SELECT c.period, f.series, CAST(count(*) AS DOUBLE) AS customers
FROM firsts f
JOIN calendar c ON c.slot = CASE WHEN $slot = 'day' THEN CAST(CAST(f.ordered_at AS DATE) AS TIMESTAMP)
                         ELSE date_trunc($slot, f.ordered_at) END
WHERE f.ordered_at >= $since
GROUP BY 1, 2
ORDER BY 1, 2
