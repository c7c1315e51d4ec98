-- Who belongs together: households, companies, who was sent by whom. Draws have purposes of their own, so that the
-- people, orders and messages are the same with these ties and without.

-- Every company that the lists can make, under one number.
CREATE OR REPLACE TEMP TABLE company AS
SELECT list, first_text, second_text, name, 'A-' || (1000 + row_number() OVER (ORDER BY list, name)) AS company_no
FROM (
    SELECT DISTINCT a.list, a.text AS first_text, b.text AS second_text,
           a.text || CASE WHEN a.list = 'zh' THEN '' ELSE ' ' END || b.text AS name
    FROM pick_company a JOIN pick_company b ON b.list = a.list AND a.part = 'first' AND b.part = 'second'
);

-- Two or three people of one family name in one town share a household's account.
CREATE OR REPLACE TEMP TABLE household AS
WITH people AS (
    SELECT p.n, p.id, p.country, f.name AS family, c.city
    FROM person p
    JOIN pick_name f ON f.list = p.names AND f.part = 'family' AND f.place = whole(p.who, 'family name', 512)
    JOIN pick_city c ON c.country = p.country AND c.place = whole(p.who, 'city', 512)
    WHERE p.n = p.who AND u(p.n, 'shares an account') < 0.35
),
grouped AS (
    SELECT *, (row_number() OVER (PARTITION BY country, family, city ORDER BY u(n, 'household'), n) - 1) // 3 AS flat
    FROM people
),
counted AS (
    SELECT n, min(id) OVER flatmates AS first_of_it, count(*) OVER flatmates AS people
    FROM grouped WINDOW flatmates AS (PARTITION BY country, family, city, flat)
)
SELECT n, first_of_it, 'H-' || (100000 + first_of_it) AS household_no FROM counted WHERE people > 1;

-- A friend who is a customer already; every second one names one of the few who tell everybody.
CREATE OR REPLACE TEMP TABLE referral AS
WITH sent AS (
    SELECT n, id, first_id('customers') + CAST(floor(u(n, 'which friend') * (id - first_id('customers'))) AS BIGINT) AS friend
    FROM person
    WHERE one_of(n, 'source', ['web', 'web', 'shop', 'marketplace', 'friend', 'trade fair', 'advertisement',
                               'advertisement']) = 'friend'
      AND u(n, 'names the friend') < 0.8 AND id > first_id('customers')
)
SELECT n, id, CASE WHEN u(n, 'everybody''s friend') < 0.5
                   THEN friend - (friend - first_id('customers')) % 40 ELSE friend END AS referrer
FROM sent;
