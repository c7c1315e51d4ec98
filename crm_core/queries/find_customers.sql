-- Customers whose number, name, e-mail, phone, company or city holds $text, or that are deleted where $deleted.
--   'wong' → 17 | Ada Wong | ada@example.com | … (at most $limit rows from $offset on, with how many there are in all)
-- A million keys are searched; only the page's rows are fetched whole.
WITH matched AS MATERIALIZED (
    SELECT id FROM customers
    WHERE (deleted_at IS NOT NULL) = $deleted
      AND ($text = '' OR contains(find_key, lower($text))
           OR (length($digits) >= 9 AND phone_key = right($digits, 9))
           OR ($digits <> '' AND contains(find_key, $digits)
               AND contains(regexp_replace(coalesce(phone, ''), '[^0-9]', '', 'g'), $digits)))
),
page AS (SELECT id FROM matched ORDER BY id DESC LIMIT $limit OFFSET $offset)
SELECT c.id, c.customer_no, c.name, c.email, c.phone, c.city, c.country, c.company, c.deleted_at, c.changed_in,
       (SELECT count(*) FROM matched) AS found
FROM page p
JOIN customers c ON c.id = p.id
ORDER BY c.id DESC
