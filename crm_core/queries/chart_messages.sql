-- What a chart of messages shows, as chart_orders does of orders; $by and $split are '', period, channel, direction,
-- campaign, weekday, hour.
--   period NULL | name email | other in | messages 4210 | customers 1890
WITH members AS MATERIALIZED (
    SELECT m.customer_id
    FROM segments s
    JOIN segment_members m ON m.segment_id = s.id AND m.as_of = s.as_of AND m.deleted_at IS NULL
    WHERE s.id = $segment
)
SELECT clock.period,
       CASE $by WHEN 'channel' THEN t.channel WHEN 'direction' THEN t.direction WHEN 'campaign' THEN k.name
           WHEN 'weekday' THEN clock.weekday
           WHEN 'hour' THEN clock.hour END AS name,
       CASE $split WHEN 'channel' THEN t.channel WHEN 'direction' THEN t.direction WHEN 'campaign' THEN k.name
           WHEN 'weekday' THEN clock.weekday
           WHEN 'hour' THEN clock.hour END AS other,
       count(*) AS messages,
       count(DISTINCT CASE WHEN $people THEN t.customer_id END) AS customers
FROM communications t
LEFT JOIN campaigns k ON ($by = 'campaign' OR $split = 'campaign') AND k.id = t.campaign_id
LEFT JOIN clock ON $timed AND clock.slot = date_trunc($slot, t.occurred_at)
WHERE t.deleted_at IS NULL
    AND t.occurred_at >= CAST($first AS TIMESTAMP) AND t.occurred_at < CAST($until AS TIMESTAMP)
    AND ($segment = 0 OR t.customer_id IN (SELECT customer_id FROM members))
GROUP BY 1, 2, 3
