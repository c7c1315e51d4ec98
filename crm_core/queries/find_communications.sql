-- Communications whose number, subject, text or customer holds $text, or the deleted ones where $deleted.
--   'refund' → 5 | 2026-03-01 | E-mail | in | Ada Wong | … (a page of them, with how many there are in all)
-- $channel and $direction narrow the list where they are not ''; $sort is newest or oldest. What was said with a
-- deleted customer is not listed.
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
    SELECT id, CASE $sort WHEN 'oldest' THEN -epoch(occurred_at) ELSE epoch(occurred_at) END AS place
    FROM communications c
    WHERE (deleted_at IS NOT NULL) = $deleted
      AND ($segment = 0 OR customer_id IN (SELECT customer_id FROM members))
      AND ($channel = '' OR channel = $channel)
      AND ($direction = '' OR direction = $direction)
      AND ($text = '' OR contains(lower(concat_ws(' ', external_no, subject, content)), lower($text))
           OR customer_id IN (SELECT id FROM people))
      AND ($deleted OR NOT EXISTS (SELECT 1 FROM customers g WHERE g.id = c.customer_id AND g.deleted_at IS NOT NULL))
),
page AS (
    SELECT id, place FROM matched ORDER BY place DESC, id DESC LIMIT $limit OFFSET $offset
)
SELECT c.id, c.external_no, c.occurred_at, c.channel, c.direction,
       coalesce(u.name, u.customer_no, u.email) AS customer, c.subject, c.content, c.customer_id, c.changed_in,
       (SELECT count(*) FROM matched) AS found
FROM page p
JOIN communications c ON c.id = p.id
LEFT JOIN customers u ON u.id = c.customer_id
ORDER BY p.place DESC, c.id DESC
