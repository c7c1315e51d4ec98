-- How many messages came in and went out in each period, split.
--   period 2026-01-05 | series email | messages_in 120 | messages_out 87
-- The temp table `calendar` and $segment are as in series_orders. $split: '' or channel, campaign (of the
-- message), region, city, home, source, industry, stage, segment (of its customer).
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
told AS (
    SELECT CASE WHEN $slot = 'day' THEN CAST(CAST(m.occurred_at AS DATE) AS TIMESTAMP)
                ELSE date_trunc($slot, m.occurred_at) END AS slot,
           CASE $split WHEN 'channel' THEN m.channel WHEN 'campaign' THEN p.name WHEN '' THEN ''
                ELSE n.name END AS series,
           count(CASE WHEN m.direction = 'in' THEN 1 END) AS messages_in,
           count(CASE WHEN m.direction = 'out' THEN 1 END) AS messages_out
    FROM communications m
    LEFT JOIN names n ON n.customer_id = m.customer_id
    LEFT JOIN campaigns p ON $split = 'campaign' AND p.id = m.campaign_id
    WHERE m.deleted_at IS NULL AND m.occurred_at >= $since AND m.occurred_at < $until
        AND ($segment = 0 OR m.customer_id IN (SELECT customer_id FROM members))
    GROUP BY 1, 2
)
SELECT c.period, t.series, CAST(sum(t.messages_in) AS DOUBLE) AS messages_in,
       CAST(sum(t.messages_out) AS DOUBLE) AS messages_out
FROM told t
JOIN calendar c ON c.slot = t.slot
GROUP BY 1, 2
ORDER BY 1, 2
