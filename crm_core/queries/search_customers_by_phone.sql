-- Living customers whose telephone number holds the digits, however either is written, or whose number or e-mail holds the
-- text; the best first.
--   '0171 555-1234' → 17 | rank 0 | Ada Wong | C-100017 | +44 171 5551234 | … | found 1
-- rank 0: the telephone number or customer number itself; 2: a part of it.
WITH near AS MATERIALIZED (
    SELECT id
    FROM customers
    WHERE deleted_at IS NULL
      AND (contains(phone_key, $key) OR contains(customer_no, $text) OR contains(email_key, $text)
           OR (length($digits) < 9 AND contains(translate(phone, ' -()/.+', ''), $digits)))
),
best AS (
    SELECT c.id, count(*) OVER () AS found,
           CASE WHEN customer_no = $text OR (length($key) >= 7 AND phone_key = $key) THEN 0 ELSE 2 END AS rank
    FROM near JOIN customers c ON c.id = near.id
    ORDER BY rank, c.name, c.id
    LIMIT $limit
)
SELECT c.id, b.rank, c.name, c.customer_no, c.email, c.phone, c.city, c.country, c.company, b.found
FROM best b JOIN customers c ON c.id = b.id
ORDER BY b.rank, c.name, c.id
