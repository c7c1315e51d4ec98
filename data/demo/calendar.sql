-- How strongly each day pulls in each market, and the days laid out on 65,536 places by that pull.
--
-- Customers buy in "shop time", in which every moment pulls alike; a place on this table turns shop time into a day.
-- So the purchase process stays what it is while weeks, seasons and planted days show in the daily orders.
CREATE OR REPLACE TEMP TABLE market_day AS
WITH days AS (
    SELECT market, d, opens_on() + CAST(d AS INTEGER) AS day
    FROM range(days()) r(d), (SELECT unnest(['europe', 'america', 'china']) AS market)
),
festive AS (
    SELECT *,
           (SELECT min(f.day) FROM spring_festivals f WHERE f.day >= days.day - 6) - day AS until_festival,
           dayofweek(day) AS weekday,      -- Sunday is 0
           month(day) AS m, day(day) AS dom, dayofyear(day) AS doy
    FROM days
),
parts AS (
    SELECT market, d, day,
           CASE WHEN market = 'china' THEN [1.18, 0.93, 0.92, 0.94, 0.95, 1.02, 1.15][weekday + 1]
                ELSE [0.88, 1.10, 1.04, 1.00, 1.00, 1.06, 0.94][weekday + 1] END AS week,
           1 + 0.12 * cos(2 * pi() * (doy - 15) / 365.25)
             - CASE WHEN market <> 'china' AND m IN (7, 8) THEN 0.08 ELSE 0 END AS season,
           CASE
               WHEN market = 'china' AND until_festival BETWEEN -6 AND 0 THEN 0.3
               WHEN market = 'china' AND until_festival BETWEEN 1 AND 4 THEN 0.8
               WHEN market = 'china' AND until_festival BETWEEN 5 AND 24 THEN 1.6
               WHEN market = 'china' AND m = 11 AND dom = 11 THEN 3.0
               WHEN market <> 'china' AND m = 11 AND weekday = 5 AND dom BETWEEN 23 AND 29 THEN 2.4
               WHEN market <> 'china' AND m = 12 AND dom <= 18 THEN 1.55
               WHEN market <> 'china' AND m = 12 AND dom <= 22 THEN 1.25
               WHEN market <> 'china' AND m = 12 AND dom BETWEEN 24 AND 27 THEN 0.4
               ELSE 1 END AS holiday
    FROM festive
),
planted AS (
    SELECT market, d,
           coalesce((SELECT round(exp(sum(ln(greatest(e.size, 1e-9)))), 4) FROM events e
                     WHERE e.measure = 'orders' AND (e.market IS NULL OR e.market = parts.market)
                       AND d >= days() - e.days_ago AND d < days() - e.days_ago + e.days), 1) AS factor
    FROM parts
)
SELECT parts.*, planted.factor AS event,
       CAST(round(10000 * week * season * holiday * planted.factor) AS BIGINT) AS pull
FROM parts JOIN planted USING (market, d);

CREATE OR REPLACE TEMP TABLE market_place AS
WITH spans AS (
    SELECT market, d, sum(pull) OVER (PARTITION BY market ORDER BY d) - pull AS starts,
           sum(pull) OVER (PARTITION BY market) AS total
    FROM market_day WHERE pull > 0
)
SELECT places.market, places.place, spans.d
FROM (SELECT *, (place + 0.5) / 65536 * total AS here FROM (SELECT DISTINCT market, total FROM spans),
    range(65536) r(place)) places
ASOF JOIN spans ON places.market = spans.market AND places.here >= spans.starts;
