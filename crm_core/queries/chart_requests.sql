-- What a chart of service requests shows, as chart_orders does of orders; $by and $split are '', period (opened), category,
-- channel, priority, status, weekday. Hours until closed and satisfaction are sums with how many told them; $spread gives a
-- row for each different number of hours.
--   period NULL | name delivery | other '' | value NULL | requests 410 | closed 395 | hours 9830.5 | rated 201 | rating 740
WITH members AS MATERIALIZED (
    SELECT m.customer_id
    FROM segments s
    JOIN segment_members m ON m.segment_id = s.id AND m.as_of = s.as_of AND m.deleted_at IS NULL
    WHERE s.id = $segment
)
SELECT clock.period,
       CASE $by WHEN 'category' THEN r.category WHEN 'channel' THEN r.channel WHEN 'priority' THEN r.priority
           WHEN 'status' THEN r.status
           WHEN 'weekday' THEN clock.weekday
           END AS name,
       CASE $split WHEN 'category' THEN r.category WHEN 'channel' THEN r.channel WHEN 'priority' THEN r.priority
           WHEN 'status' THEN r.status
           WHEN 'weekday' THEN clock.weekday
           END AS other,
       CASE WHEN $spread THEN (epoch(r.closed_at) - epoch(r.opened_at)) / CAST(3600 AS DOUBLE) END AS value,
       count(*) AS requests,
       count(r.closed_at) AS closed,
       sum(epoch(r.closed_at) - epoch(r.opened_at)) / CAST(3600 AS DOUBLE) AS hours,
       count(r.satisfaction) AS rated,
       CAST(sum(r.satisfaction) AS DOUBLE) AS rating
FROM service_requests r
LEFT JOIN clock ON $timed AND clock.slot = date_trunc($slot, r.opened_at)
WHERE r.deleted_at IS NULL AND r.opened_at >= CAST($first AS TIMESTAMP) AND r.opened_at < CAST($until AS TIMESTAMP)
    AND ($segment = 0 OR r.customer_id IN (SELECT customer_id FROM members))
GROUP BY 1, 2, 3, 4
