-- Orders whose number or customer holds $text, or whose channel or country it is, or the deleted ones where $deleted.
--   'wong' → 9 | SO-17 | 2026-03-01 | Ada Wong | completed | 41.00 | … (a page of them, with how many there are in all)
-- $status narrows the list where it is not ''; $sort is newest, oldest or amount (the largest first).
-- $segment narrows it to the customers of a kept segment where it is not 0.
WITH members AS MATERIALIZED (
    SELECT m.customer_id
    FROM segments s
    JOIN segment_members m ON m.segment_id = s.id AND m.as_of = s.as_of AND m.deleted_at IS NULL
    WHERE s.id = $segment
),
people AS MATERIALIZED (
    SELECT id FROM customers
    WHERE $text <> '' AND contains(lower(concat_ws(' ', customer_no, name, email)), lower($text))
),
matched AS MATERIALIZED (
    SELECT id,
           CASE $sort WHEN 'amount' THEN CAST(amount AS DOUBLE) WHEN 'oldest' THEN -epoch(ordered_at)
                      ELSE epoch(ordered_at) END AS place
    FROM orders
    WHERE (deleted_at IS NOT NULL) = $deleted
      AND ($segment = 0 OR customer_id IN (SELECT customer_id FROM members))
      AND ($status = '' OR status = $status)
      AND ($text = '' OR contains(lower(order_no), lower($text)) OR lower(channel) = lower($text)
           OR lower(country) = lower($text)
           OR customer_id IN (SELECT id FROM people))
),
page AS (
    SELECT id, place FROM matched ORDER BY place DESC NULLS LAST, id DESC LIMIT $limit OFFSET $offset
)
SELECT o.id, o.order_no, o.ordered_at, coalesce(u.name, u.customer_no, u.email) AS customer, o.status, o.channel,
       o.country, o.amount, o.currency, o.customer_id, o.changed_in, (SELECT count(*) FROM matched) AS found
FROM page p
JOIN orders o ON o.id = p.id
LEFT JOIN customers u ON u.id = o.customer_id
ORDER BY p.place DESC NULLS LAST, o.id DESC
