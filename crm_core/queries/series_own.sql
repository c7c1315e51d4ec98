-- Own numbers of one measure in each period (hour, day, week from Monday, month, quarter or year, by $interval), split by
-- $split: '', series or place. What adds up is summed, what is a level (a temperature, a price) is averaged.
--   period 2010-02-01 00:00 | series 7 | value 2264386.42 | points 4
-- Their times are those of their own place: no time zone is applied. $until is the first moment that is left out.
SELECT date_trunc($interval, o.period) AS period,
       CASE $split WHEN 'series' THEN coalesce(o.series, '') WHEN 'place' THEN coalesce(o.place, '') ELSE '' END AS series,
       CASE WHEN min(CAST(coalesce(o.adds_up, true) AS INTEGER)) = 1 THEN sum(o.value) ELSE avg(o.value) END AS value,
       count(*) AS points
FROM observations o
WHERE o.deleted_at IS NULL AND o.measure = $measure AND o.period < CAST($until AS TIMESTAMP)
GROUP BY 1, 2
ORDER BY 1, 2
