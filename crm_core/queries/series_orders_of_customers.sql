-- The same as series_orders, split by customers too, and narrowed to a kept segment where $segment is not 0.
--   period 2026-01-05 | series Bayern | revenue 51234.50 | orders 812
-- $split: '' or channel, country, campaign (of the order), region, city, home, source, industry, stage, segment.
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
           CASE $split WHEN 'channel' THEN o.channel WHEN 'country' THEN o.country
                WHEN 'campaign' THEN CAST(o.campaign_id AS VARCHAR)
                WHEN '' THEN '' ELSE n.name END AS series,
           sum(CASE WHEN $money THEN o.amount END) AS revenue,
           count(CASE WHEN $counted THEN 1 END) AS orders
    FROM orders o
    LEFT JOIN names n ON n.customer_id = o.customer_id
    WHERE o.deleted_at IS NULL AND o.status <> 'cancelled'
        AND o.ordered_at >= $since AND o.ordered_at < $until
        AND ($segment = 0 OR o.customer_id IN (SELECT customer_id FROM members))
    GROUP BY 1, 2, 3
)
SELECT c.period, CASE WHEN $split = 'campaign' THEN p.name ELSE t.series END AS series,
       CAST(sum(t.revenue) AS DOUBLE) AS revenue, CAST(sum(t.orders) AS DOUBLE) AS orders
FROM told t
JOIN calendar c ON c.slot = coalesce(t.moment, CAST(t.day AS TIMESTAMP))
LEFT JOIN campaigns p ON $split = 'campaign' AND CAST(p.id AS VARCHAR) = t.series
GROUP BY 1, 2
ORDER BY 1, 2
