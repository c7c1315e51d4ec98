-- What a chart of orders shows: for each period, name of $by and name of $split what was ordered from $first to the day
-- before $until; cancelled orders are left out. $by and $split: '', period, channel, country, region, city, source,
-- campaign, segment, weekday (0 Monday), hour. '' in a name is: not told.
--   period NULL | name web | other 0 | value NULL | orders 812 | revenue 51234.50 | customers 640
-- `clock` is a temp table: slot (an hour or minute in UTC, by $slot), and the period, weekday and hour that it is there.
-- $spread asks for a row each different amount (value), $people for customers counted once. $segment narrows it to the
-- customers of a kept segment where it is not 0; a customer of several segments counts in each.
WITH members AS MATERIALIZED (
    SELECT m.customer_id
    FROM segments s
    JOIN segment_members m ON m.segment_id = s.id AND m.as_of = s.as_of AND m.deleted_at IS NULL
    WHERE s.id = $segment
), of_segment AS (
    SELECT m.customer_id, s.name
    FROM segments s
    JOIN segment_members m ON m.segment_id = s.id AND m.as_of = s.as_of AND m.deleted_at IS NULL
    WHERE s.deleted_at IS NULL AND ($by = 'segment' OR $split = 'segment')
)
SELECT clock.period,
       CASE $by WHEN 'channel' THEN o.channel WHEN 'country' THEN o.country WHEN 'region' THEN c.region
           WHEN 'city' THEN c.city WHEN 'source' THEN c.source WHEN 'campaign' THEN k.name WHEN 'segment' THEN g.name
           WHEN 'weekday' THEN clock.weekday
           WHEN 'hour' THEN clock.hour END AS name,
       CASE $split WHEN 'channel' THEN o.channel WHEN 'country' THEN o.country WHEN 'region' THEN c.region
           WHEN 'city' THEN c.city WHEN 'source' THEN c.source WHEN 'campaign' THEN k.name WHEN 'segment' THEN g.name
           WHEN 'weekday' THEN clock.weekday
           WHEN 'hour' THEN clock.hour END AS other,
       CASE WHEN $spread THEN CAST(o.amount AS DOUBLE) END AS value,
       count(*) AS orders,
       CAST(sum(o.amount) AS DOUBLE) AS revenue,
       count(DISTINCT CASE WHEN $people THEN o.customer_id END) AS customers
FROM orders o
LEFT JOIN customers c ON ($by IN ('region', 'city', 'source') OR $split IN ('region', 'city', 'source')) AND c.id = o.customer_id
LEFT JOIN campaigns k ON ($by = 'campaign' OR $split = 'campaign') AND k.id = o.campaign_id
LEFT JOIN of_segment g ON g.customer_id = o.customer_id
LEFT JOIN clock ON $timed AND clock.slot = date_trunc($slot, o.ordered_at)
WHERE o.deleted_at IS NULL AND o.status <> 'cancelled'
    AND o.ordered_at >= CAST($first AS TIMESTAMP) AND o.ordered_at < CAST($until AS TIMESTAMP)
    AND ($segment = 0 OR o.customer_id IN (SELECT customer_id FROM members))
GROUP BY 1, 2, 3, 4
