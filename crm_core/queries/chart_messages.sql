-- What a chart of messages shows, as chart_orders does of orders; $by and $split are '', period, channel, direction,
-- campaign, weekday, hour.
--   period NULL | name email | other in | messages 4210 | customers 1890
WITH members AS MATERIALIZED (
    SELECT m.customer_id
    FROM segments s
    JOIN segment_members m ON m.segment_id = s.id AND m.as_of = s.as_of AND m.deleted_at IS NULL
    WHERE s.id = $segment
)
SELECT CASE WHEN $by = 'period' OR $split = 'period' THEN CAST(date_trunc($interval, t.occurred_at) AS TIMESTAMP) END AS period,
       CASE $by WHEN 'channel' THEN t.channel WHEN 'direction' THEN t.direction WHEN 'campaign' THEN k.name
           WHEN 'weekday' THEN CAST(((date_diff('day', DATE '2024-01-01', CAST(t.occurred_at AS DATE)) % 7) + 7) % 7 AS VARCHAR)
           WHEN 'hour' THEN CAST(extract(hour FROM t.occurred_at) AS VARCHAR) END AS name,
       CASE $split WHEN 'channel' THEN t.channel WHEN 'direction' THEN t.direction WHEN 'campaign' THEN k.name
           WHEN 'weekday' THEN CAST(((date_diff('day', DATE '2024-01-01', CAST(t.occurred_at AS DATE)) % 7) + 7) % 7 AS VARCHAR)
           WHEN 'hour' THEN CAST(extract(hour FROM t.occurred_at) AS VARCHAR) END AS other,
       count(*) AS messages,
       count(DISTINCT CASE WHEN $people THEN t.customer_id END) AS customers
FROM communications t
LEFT JOIN campaigns k ON ($by = 'campaign' OR $split = 'campaign') AND k.id = t.campaign_id
WHERE t.deleted_at IS NULL
    AND t.occurred_at >= CAST($first AS TIMESTAMP) AND t.occurred_at < CAST($until AS TIMESTAMP)
    AND ($segment = 0 OR t.customer_id IN (SELECT customer_id FROM members))
GROUP BY 1, 2, 3
