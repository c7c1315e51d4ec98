-- Service requests in each period, split: how many were opened in it; of those closed in it how long they took and how
-- satisfied the customers were.
--   period 2026-01-05 | series refund | opened 14 | closed 12 | hours 310.5 | rated 9 | satisfaction 33
-- hours and satisfaction are sums, over `closed` and `rated` requests. One without a day of closing is rated on the day
-- on which it was opened. The temp table `calendar` and $segment are as in series_orders. $split: '' or channel,
-- request (its category), priority, region, city, home, source, industry, stage, segment.
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
events AS (
    SELECT opened_at AS at_time, customer_id, channel, category, priority, 1 AS opened, 0 AS closed, 0.0 AS hours,
           0 AS rated, 0 AS satisfaction
    FROM service_requests
    WHERE deleted_at IS NULL
    UNION ALL
    SELECT coalesce(closed_at, opened_at), customer_id, channel, category, priority, 0,
           CASE WHEN closed_at IS NOT NULL THEN 1 ELSE 0 END,
           coalesce(epoch(closed_at) - epoch(opened_at), 0) / CAST(3600 AS DOUBLE),
           CASE WHEN satisfaction IS NOT NULL THEN 1 ELSE 0 END, coalesce(satisfaction, 0)
    FROM service_requests
    WHERE deleted_at IS NULL AND (closed_at IS NOT NULL OR satisfaction IS NOT NULL)
),
told AS (
    SELECT CASE WHEN $slot = 'day' THEN CAST(CAST(e.at_time AS DATE) AS TIMESTAMP)
                ELSE date_trunc($slot, e.at_time) END AS slot,
           CASE $split WHEN 'channel' THEN e.channel WHEN 'request' THEN e.category WHEN 'priority' THEN e.priority
                WHEN '' THEN '' ELSE n.name END AS series,
           sum(e.opened) AS opened, sum(e.closed) AS closed, sum(e.hours) AS hours, sum(e.rated) AS rated,
           sum(e.satisfaction) AS satisfaction
    FROM events e
    LEFT JOIN names n ON n.customer_id = e.customer_id
    WHERE e.at_time >= $since AND e.at_time < $until
        AND ($segment = 0 OR e.customer_id IN (SELECT customer_id FROM members))
    GROUP BY 1, 2
)
SELECT c.period, t.series, CAST(sum(t.opened) AS DOUBLE) AS opened, CAST(sum(t.closed) AS DOUBLE) AS closed,
       CAST(sum(t.hours) AS DOUBLE) AS hours, CAST(sum(t.rated) AS DOUBLE) AS rated,
       CAST(sum(t.satisfaction) AS DOUBLE) AS satisfaction
FROM told t
JOIN calendar c ON c.slot = t.slot
GROUP BY 1, 2
ORDER BY 1, 2
