-- What a chart of an own measure shows, as chart_orders does of orders; $by and $split are '', period, series, place,
-- weekday. $spread gives a row for each different number.
--   period NULL | name 7 | other '' | value NULL | points 143 | total 224638000.40 | adds_up 1
SELECT clock.period,
       CASE $by WHEN 'series' THEN o.series WHEN 'place' THEN o.place
           WHEN 'weekday' THEN clock.weekday
           END AS name,
       CASE $split WHEN 'series' THEN o.series WHEN 'place' THEN o.place
           WHEN 'weekday' THEN clock.weekday
           END AS other,
       CASE WHEN $spread THEN o.value END AS value,
       count(*) AS points,
       sum(o.value) AS total
FROM observations o
LEFT JOIN clock ON $timed AND clock.slot = date_trunc($slot, o.period)
WHERE o.deleted_at IS NULL AND o.measure = $measure
    AND o.period >= CAST($first AS TIMESTAMP) AND o.period < CAST($until AS TIMESTAMP)
GROUP BY 1, 2, 3, 4
