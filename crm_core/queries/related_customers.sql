-- Customers tied to one: by company, address, phone, household, referral or a kept relationship; a row for each tie.
--   customer 17 → company | Acme Ltd | 23 | Bo Li | … and how many such ties there are (`of_kind`)
-- Of each kind at most $most are given, the lowest ids first: a company of 10,000 does not explode. `direction` tells
-- who stands first in a referral or a kept relationship: 'to' is from this customer to the other.
-- Each tie is one comparison of a column with one value, which reads that column only.
WITH me AS MATERIALIZED (
    SELECT * FROM customers WHERE id = $customer_id
),
ties AS (
    SELECT c.id, 'company' AS kind, m.company AS what, '' AS direction
    FROM customers c JOIN me m ON c.company = m.company WHERE c.deleted_at IS NULL
    UNION
    SELECT c.id, 'company', m.company, '' FROM customers c JOIN me m ON c.company_no = m.company_no
    WHERE c.deleted_at IS NULL
    UNION ALL
    SELECT c.id, 'address', concat_ws(', ', m.address, m.city), ''
    FROM customers c JOIN me m ON c.address = m.address
    WHERE c.deleted_at IS NULL
      AND coalesce(c.postal_code, m.postal_code, '') = coalesce(m.postal_code, c.postal_code, '')
      AND coalesce(c.city, m.city, '') = coalesce(m.city, c.city, '')
    UNION ALL
    SELECT c.id, 'phone', m.phone, '' FROM customers c JOIN me m ON c.phone_key = m.phone_key
    WHERE c.deleted_at IS NULL AND length(m.phone_key) >= 7
    UNION ALL
    SELECT c.id, 'shared_household', m.household_no, '' FROM customers c JOIN me m ON c.household_no = m.household_no
    WHERE c.deleted_at IS NULL
    UNION ALL
    SELECT c.id, 'referral', NULL, 'from' FROM customers c JOIN me m ON c.referrer_no = m.customer_no
    WHERE c.deleted_at IS NULL
    UNION ALL
    SELECT c.id, 'referral', NULL, 'to' FROM customers c JOIN me m ON c.customer_no = m.referrer_no
    WHERE c.deleted_at IS NULL
    UNION ALL
    SELECT c.id, r.relation, r.note, CASE WHEN r.customer_id = $customer_id THEN 'to' ELSE 'from' END
    FROM relationships r
    JOIN customers c ON c.id = CASE WHEN r.customer_id = $customer_id THEN r.related_id ELSE r.customer_id END
                     AND c.deleted_at IS NULL
    WHERE r.deleted_at IS NULL AND (r.customer_id = $customer_id OR r.related_id = $customer_id)
),
counted AS (
    SELECT *, count(*) OVER (PARTITION BY kind) AS of_kind, row_number() OVER (PARTITION BY kind ORDER BY id) AS place
    FROM ties
    WHERE id <> $customer_id
)
SELECT t.kind, t.what, t.direction, t.of_kind, c.id, c.name, c.customer_no, c.email, c.phone, c.city, c.company,
       c.company_no, c.address, c.postal_code, c.phone_key, c.household_no, c.referrer_no
FROM counted t
JOIN customers c ON c.id = t.id
WHERE t.place <= $most
ORDER BY t.kind, c.id
