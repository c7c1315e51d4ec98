-- Customers whose number, name, e-mail, phone, company or city holds $text, or that are deleted where $deleted.
--   'wong' → 17 | Ada Wong | ada@example.com | … (at most $limit rows from $offset on, with how many there are in all)
-- A million keys are searched; only the page's rows are fetched whole.
-- $gender narrows the list where it is not ''; $sort is newest, oldest, name or city.
-- $segment narrows it to the customers of a kept segment where it is not 0.
WITH members AS MATERIALIZED (
    SELECT m.customer_id
    FROM segments s
    JOIN segment_members m ON m.segment_id = s.id AND m.as_of = s.as_of AND m.deleted_at IS NULL
    WHERE s.id = $segment
),
matched AS MATERIALIZED (
    SELECT id,
           CASE $sort WHEN 'name' THEN lower(name) WHEN 'city' THEN lower(city) END AS word,
           CASE WHEN $sort = 'oldest' THEN -id ELSE id END AS place
    FROM customers
    WHERE (deleted_at IS NOT NULL) = $deleted
      AND ($segment = 0 OR id IN (SELECT customer_id FROM members))
      AND ($gender = '' OR gender = $gender)
      AND ($text = '' OR contains(find_key, lower($text))
           OR (length($digits) >= 9 AND phone_key = right($digits, 9))
           OR ($digits <> '' AND contains(find_key, $digits)
               AND contains(regexp_replace(coalesce(phone, ''), '[^0-9]', '', 'g'), $digits)))
),
page AS (
    SELECT id, word, place FROM matched ORDER BY word NULLS LAST, place DESC LIMIT $limit OFFSET $offset
)
SELECT c.id, c.customer_no, c.name, c.email, c.phone, c.city, c.country, c.company, c.deleted_at, c.changed_in,
       (SELECT count(*) FROM matched) AS found
FROM page p
JOIN customers c ON c.id = p.id
ORDER BY p.word NULLS LAST, p.place DESC
