-- What a chart of customers shows, as chart_orders does of orders: those who joined from $first to the day before $until,
-- or all where $first is the begin of time; $by and $split are '', period (joined), country, region, city, source, stage,
-- gender, industry, segment.
--   period NULL | name DE | other '' | customers 1430
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
       CASE $by WHEN 'country' THEN c.country WHEN 'region' THEN c.region WHEN 'city' THEN c.city WHEN 'source' THEN c.source
           WHEN 'stage' THEN c.stage WHEN 'gender' THEN c.gender WHEN 'industry' THEN c.industry WHEN 'segment' THEN g.name
           END AS name,
       CASE $split WHEN 'country' THEN c.country WHEN 'region' THEN c.region WHEN 'city' THEN c.city WHEN 'source' THEN c.source
           WHEN 'stage' THEN c.stage WHEN 'gender' THEN c.gender WHEN 'industry' THEN c.industry WHEN 'segment' THEN g.name
           END AS other,
       count(*) AS customers
FROM customers c
LEFT JOIN of_segment g ON g.customer_id = c.id
LEFT JOIN clock ON $timed AND clock.slot = date_trunc($slot, CAST(c.joined_on AS TIMESTAMP))
WHERE c.deleted_at IS NULL
    AND (CAST($first AS TIMESTAMP) <= TIMESTAMP '1800-01-01' AND $by <> 'period' AND $split <> 'period'
         OR c.joined_on >= CAST($first AS TIMESTAMP) AND c.joined_on < CAST($until AS TIMESTAMP))
    AND ($segment = 0 OR c.id IN (SELECT customer_id FROM members))
GROUP BY 1, 2, 3
