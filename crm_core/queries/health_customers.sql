-- How whole the customers are, and who may be there twice; one row.
--   customers 5000 | with_email 4598 | … | same_phone 310 (people that share a number) | same_phone_id 41 (one of them) | …
-- Likely twice: the same telephone number; or the same name in the same city, with no two birth dates or postal codes
-- that contradict each other.
WITH living AS (
    SELECT id, name, city, email_key, phone_key, country, birth_date, age, postal_code, joined_on,
           coalesce(consent_email, consent_sms, consent_phone, consent_social, consent_chat, consent_visit) AS consent
    FROM customers
    WHERE deleted_at IS NULL
),
phones AS (
    SELECT count(*) AS people, min(id) AS id FROM living WHERE phone_key IS NOT NULL
    GROUP BY phone_key HAVING count(*) > 1
),
names AS (
    SELECT count(*) AS people, min(id) AS id FROM living WHERE name IS NOT NULL AND city IS NOT NULL
    GROUP BY lower(name), lower(city)
    HAVING count(*) > 1 AND coalesce(min(birth_date) = max(birth_date), true)
       AND coalesce(min(postal_code) = max(postal_code), true)
)
SELECT count(*) AS customers,
       count(email_key) AS with_email,
       count(phone_key) AS with_phone,
       count(country) AS with_country,
       sum(CASE WHEN birth_date IS NOT NULL OR age IS NOT NULL THEN 1 ELSE 0 END) AS with_age,
       count(consent) AS with_consent,
       sum(CASE WHEN joined_on > CAST($today AS DATE) THEN 1 ELSE 0 END) AS joined_later,
       min(CASE WHEN joined_on > CAST($today AS DATE) THEN id END) AS joined_later_id,
       (SELECT sum(people) FROM phones) AS same_phone,
       (SELECT min(id) FROM phones) AS same_phone_id,
       (SELECT sum(people) FROM names) AS same_name,
       (SELECT min(id) FROM names) AS same_name_id
FROM living
