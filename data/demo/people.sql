-- Who there is: each customer record n with the person behind it (who), group, country and purchase process.
-- A record whose `who` is not itself is a duplicate. Shop time runs from 0 to days(); first_at is the first order's.
CREATE OR REPLACE TEMP TABLE drawn AS
WITH records AS (
    SELECT n, CASE WHEN n < originals() THEN n
           ELSE CAST(floor(u(n, 'double of') * originals()) AS BIGINT) END AS who
    FROM range(customers_wanted()) r(n)
),
placed AS (
    SELECT n, who, CAST(floor(u(who, 'country') * 1000) AS BIGINT) AS country_place,
           CAST(floor(u(who, 'group') * 1000) AS BIGINT) AS group_place
    FROM records
)
SELECT n, who, g.name AS group_name, c.name AS country, c.market, c.language, c.names, c.streets,
       g.basket * exp(0.15 * normal(n, 'basket')) AS spend_level,
       -- gamma of shape 16: the sum of sixteen exponentials
       CASE WHEN g.gap_days > 0 THEN
           list_sum(list_transform(range(16), i -> -ln(u(n * 16 + i, 'rate')))) / (16 * g.gap_days) END AS rate,
       power(1 - power(1 - u(n, 'leave'), 1 / g.leave_b), 1 / g.leave_a) AS leave_chance,
       -- most in the middle of the group's time and few at its ends, or evenly over it
       days() - (g.first_from + (g.first_to - g.first_from)
           * (u(n, 'first order') + u(n, CASE WHEN g.evenly THEN 'first order'
               ELSE 'first order 2' END)) / 2) AS first_at,
       u(n, 'lifetime') AS u_lifetime, u(n, 'purchases') AS u_purchases,
       g.position AS group_position,
       CASE WHEN u(who, 'consent email') < 0.58 THEN true WHEN u(who, 'consent email') < 0.82
           THEN false END AS consent_email,
       CASE WHEN u(who, 'consent sms') < 0.45 THEN true WHEN u(who, 'consent sms') < 0.80
           THEN false END AS consent_sms,
       CASE WHEN u(who, 'consent phone') < 0.35 THEN true WHEN u(who, 'consent phone') < 0.80
           THEN false END AS consent_phone
FROM placed JOIN pick_country c ON c.place = country_place JOIN pick_group g ON g.place = group_place;
