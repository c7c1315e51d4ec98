-- The own measures that are kept: how many numbers, series and places, from when to when, and how far apart their times
-- lie as a rule.
--   measure Weekly Sales | points 6435 | series 45 | places 0 | first_at 2010-02-05 | last_at 2012-10-26 | step_s 604800
WITH living AS (
    SELECT measure, coalesce(series, '') AS series, coalesce(place, '') AS place, period,
           CAST(coalesce(adds_up, true) AS INTEGER) AS adds_up
    FROM observations
    WHERE deleted_at IS NULL
), stepped AS (
    SELECT *, epoch(period) - epoch(lag(period) OVER (PARTITION BY measure, series, place ORDER BY period)) AS step_s
    FROM living
)
SELECT measure, count(*) AS points, count(DISTINCT nullif(series, '')) AS series, count(DISTINCT nullif(place, '')) AS places,
       min(period) AS first_at, max(period) AS last_at, median(step_s) AS step_s, min(adds_up) = 1 AS adds_up
FROM stepped
GROUP BY measure
ORDER BY measure
