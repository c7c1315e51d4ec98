-- Who a customer is: one row a living customer who had joined by the day as of which is asked.
--
--   customer 7, female, born 1990-05-01, of Bern, joined 2026-01-01, may be e-mailed; as of 2026-03-31
--   →   customer_id 7 | age 35 | gender female | city Bern | days_since_joined 89 | consents 1 | consent_email 1
--
-- age is in whole years, by the birth date where it is known. Yes and no are 1 and 0; consent that was not given is 0.
-- Joined: joined_on; who has none is taken in whatever the day.
SELECT
    id AS customer_id,
    CAST(CASE
        WHEN birth_date <= CAST($as_of AS DATE) THEN extract(YEAR FROM CAST($as_of AS DATE)) - extract(YEAR FROM birth_date)
            - CASE WHEN extract(MONTH FROM birth_date) * 100 + extract(DAY FROM birth_date)
                > extract(MONTH FROM CAST($as_of AS DATE)) * 100 + extract(DAY FROM CAST($as_of AS DATE))
                THEN 1 ELSE 0 END
        ELSE age END AS DOUBLE) AS age,
    gender,
    country,
    region,
    city,
    source,
    stage,
    industry,
    CASE WHEN company IS NOT NULL THEN CAST(1 AS DOUBLE) ELSE CAST(0 AS DOUBLE) END AS has_company,
    CAST(date_diff('day', joined_on, CAST($as_of AS DATE)) AS DOUBLE) AS days_since_joined,
    CASE WHEN consent_email THEN CAST(1 AS DOUBLE) ELSE CAST(0 AS DOUBLE) END AS consent_email,
    CASE WHEN consent_sms THEN CAST(1 AS DOUBLE) ELSE CAST(0 AS DOUBLE) END AS consent_sms,
    CASE WHEN consent_phone THEN CAST(1 AS DOUBLE) ELSE CAST(0 AS DOUBLE) END AS consent_phone,
    CAST(CASE WHEN consent_email THEN 1 ELSE 0 END + CASE WHEN consent_sms THEN 1 ELSE 0 END
        + CASE WHEN consent_phone THEN 1 ELSE 0 END + CASE WHEN consent_social THEN 1 ELSE 0 END
        + CASE WHEN consent_chat THEN 1 ELSE 0 END + CASE WHEN consent_visit THEN 1 ELSE 0 END AS DOUBLE) AS consents
FROM customers
WHERE deleted_at IS NULL
    AND (joined_on IS NULL OR joined_on <= CAST($as_of AS DATE))
