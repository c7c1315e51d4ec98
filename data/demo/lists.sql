-- Weighted lists laid out on 512 places each, so that a draw is a plain join and not a search.
CREATE OR REPLACE TEMP TABLE pick_name AS
WITH spans AS (
    SELECT list, part, name, latin,
           sum(weight) OVER (PARTITION BY list, part ORDER BY name) - weight AS starts,
           sum(weight) OVER (PARTITION BY list, part) AS total
    FROM (SELECT list, part, name, latin, CAST(round(CAST(weight AS DOUBLE) * 10) AS BIGINT) AS weight FROM names)
)
SELECT places.list, places.part, places.place, spans.name, spans.latin
FROM (SELECT *, (place + 0.5) / 512 * total AS here FROM (SELECT DISTINCT list, part, total FROM spans),
    range(512) r(place)) places
ASOF JOIN spans ON places.list = spans.list AND places.part = spans.part AND places.here >= spans.starts;

CREATE OR REPLACE TEMP TABLE pick_city AS
WITH spans AS (
    SELECT country, city, region, dial, post,
           sum(weight) OVER (PARTITION BY country ORDER BY city) - weight AS starts,
           sum(weight) OVER (PARTITION BY country) AS total
    FROM (SELECT * REPLACE (CAST(weight AS BIGINT) AS weight) FROM cities)
)
SELECT places.country, places.place, spans.city, spans.region, spans.dial, spans.post
FROM (SELECT *, (place + 0.5) / 512 * total AS here FROM (SELECT DISTINCT country, total FROM spans),
    range(512) r(place)) places
ASOF JOIN spans ON places.country = spans.country AND places.here >= spans.starts;

CREATE OR REPLACE TEMP TABLE pick_street AS
SELECT list, street, r.place
FROM (SELECT *, row_number() OVER (PARTITION BY list ORDER BY street) - 1 AS turn,
    count(*) OVER (PARTITION BY list) AS turns FROM streets)
JOIN range(512) r(place) ON r.place % turns = turn;

CREATE OR REPLACE TEMP TABLE pick_company AS
SELECT list, part, text, r.place
FROM (SELECT *, row_number() OVER (PARTITION BY list, part ORDER BY text) - 1 AS turn,
    count(*) OVER (PARTITION BY list, part) AS turns FROM companies)
JOIN range(512) r(place) ON r.place % turns = turn;

CREATE OR REPLACE TEMP TABLE pick_country AS
WITH spans AS (
    SELECT *, (sum(share) OVER (ORDER BY position) - share) / sum(share) OVER () AS starts FROM countries
)
SELECT place, spans.* EXCLUDE (starts)
FROM (SELECT place, (place + 0.5) / 1000 AS here FROM range(1000) r(place)) ASOF JOIN spans ON here >= starts;

CREATE OR REPLACE TEMP TABLE pick_group AS
WITH spans AS (
    SELECT *, (sum(share) OVER (ORDER BY position) - share) / sum(share) OVER () AS starts FROM customer_groups
)
SELECT place, spans.* EXCLUDE (starts)
FROM (SELECT place, (place + 0.5) / 1000 AS here FROM range(1000) r(place)) ASOF JOIN spans ON here >= starts;
