-- What a chart of an own measure shows, as chart_orders does of orders; $by and $split are '', period, series, place,
-- weekday. $spread gives a row for each different number.
--   period NULL | name 7 | other '' | value NULL | points 143 | total 224638000.40 | adds_up 1
SELECT CASE WHEN $by = 'period' OR $split = 'period' THEN date_trunc($interval, o.period) END AS period,
       CASE $by WHEN 'series' THEN o.series WHEN 'place' THEN o.place
           WHEN 'weekday' THEN CAST(((date_diff('day', DATE '2024-01-01', CAST(o.period AS DATE)) % 7) + 7) % 7 AS VARCHAR)
           END AS name,
       CASE $split WHEN 'series' THEN o.series WHEN 'place' THEN o.place
           WHEN 'weekday' THEN CAST(((date_diff('day', DATE '2024-01-01', CAST(o.period AS DATE)) % 7) + 7) % 7 AS VARCHAR)
           END AS other,
       CASE WHEN $spread THEN o.value END AS value,
       count(*) AS points,
       sum(o.value) AS total
FROM observations o
WHERE o.deleted_at IS NULL AND o.measure = $measure
    AND o.period >= CAST($first AS TIMESTAMP) AND o.period < CAST($until AS TIMESTAMP)
GROUP BY 1, 2, 3, 4
