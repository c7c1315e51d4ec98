-- Customers whose number, name, e-mail, phone, company or city holds $text, or that are deleted where $deleted.
--   'wong' → 17 | Ada Wong | ada@example.com | … (at most $limit rows from $offset on, with how many there are in all)
SELECT id, customer_no, name, email, phone, city, country, company, deleted_at, changed_in,
       count(*) OVER () AS found
FROM customers
WHERE (deleted_at IS NOT NULL) = $deleted
  AND ($text = '' OR contains(lower(concat_ws(' ', customer_no, name, email, phone, company, city)), lower($text))
       OR ($digits <> '' AND contains(regexp_replace(coalesce(phone, ''), '[^0-9]', '', 'g'), $digits)))
ORDER BY id DESC
LIMIT $limit OFFSET $offset
