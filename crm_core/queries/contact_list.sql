-- The people of a segment, or of contact_wanted, who may be contacted by $channel, and how many may not, and why.
--   left_out '' | 1 | 17 | C-17 | Ada Wong | ada@example.com          a person to contact: one row each
--   left_out 'refused' | 40 | – | – | – | –                           forty people left out; they are not named
--
-- $segment_id 0 asks for the customers laid aside in the temp table contact_wanted. $channel is one of CHANNELS.
-- Whoever has not said yes is left out; so is a number or e-mail that another record of the book refused, and a
-- second record with the same one. For social media and chat the book holds no address: people are found there by
-- their customer number.
WITH wanted AS (
    SELECT DISTINCT m.customer_id
    FROM segments s
    JOIN segment_members m ON m.segment_id = s.id AND m.as_of = s.as_of AND m.deleted_at IS NULL
    WHERE s.id = $segment_id
    UNION
    SELECT customer_id FROM contact_wanted WHERE $segment_id = 0
),
people AS (
    SELECT id, customer_no, name, deleted_at,
           CASE $channel WHEN 'email' THEN consent_email WHEN 'sms' THEN consent_sms WHEN 'phone' THEN consent_phone
                         WHEN 'social' THEN consent_social WHEN 'chat' THEN consent_chat
                         WHEN 'visit' THEN consent_visit END AS consent,
           CASE WHEN $channel = 'email' THEN nullif(trim(email), '')
                WHEN $channel IN ('sms', 'phone') THEN nullif(trim(phone), '')
                WHEN $channel IN ('social', 'chat') THEN nullif(trim(customer_no), '')
                WHEN $channel = 'visit' AND coalesce(trim(address), '') <> ''
                    THEN concat_ws(', ', trim(address), nullif(trim(concat_ws(' ', postal_code, city)), ''), country)
           END AS address,
           CASE WHEN $channel = 'email' THEN email_key
                WHEN $channel IN ('sms', 'phone') THEN coalesce(phone_key, phone) END AS address_key
    FROM customers
),
refusals AS (
    SELECT DISTINCT address_key FROM people WHERE NOT consent AND address_key IS NOT NULL
),
judged AS (
    SELECT w.customer_id, p.customer_no, p.name, p.address, p.address_key,
           CASE WHEN p.id IS NULL OR p.deleted_at IS NOT NULL THEN 'deleted'
                WHEN NOT p.consent THEN 'refused'
                WHEN p.consent IS NULL THEN 'no_consent'
                WHEN p.address IS NULL THEN 'no_address'
                WHEN r.address_key IS NOT NULL THEN 'address_refused'
                ELSE '' END AS left_out
    FROM wanted w
    LEFT JOIN people p ON p.id = w.customer_id
    LEFT JOIN refusals r ON r.address_key = p.address_key
),
ranked AS (
    SELECT customer_id, customer_no, name, address,
           CASE WHEN left_out = '' AND address_key IS NOT NULL
                     AND row_number() OVER (PARTITION BY left_out, address_key ORDER BY customer_id) > 1
                THEN 'same_address' ELSE left_out END AS left_out
    FROM judged
)
SELECT left_out, CAST(1 AS BIGINT) AS customers, customer_id, customer_no, name, address
FROM ranked WHERE left_out = ''
UNION ALL
SELECT left_out, count(*), NULL, NULL, NULL, NULL FROM ranked WHERE left_out <> '' GROUP BY left_out
ORDER BY left_out, customer_id
