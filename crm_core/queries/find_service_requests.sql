-- Service requests whose number, category, subject, text, owner or customer holds $text, or the deleted ones.
--   'wong' → 3 | R-17 | 2026-03-01 | Ada Wong | open | high | … (a page of them, with how many there are in all)
-- $status, $priority and $channel narrow the list where they are not ''; $sort is newest or oldest. Requests of a
-- deleted customer are not listed.
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
    SELECT id, CASE $sort WHEN 'oldest' THEN -epoch(opened_at) ELSE epoch(opened_at) END AS place
    FROM service_requests r
    WHERE (deleted_at IS NOT NULL) = $deleted
      AND ($segment = 0 OR customer_id IN (SELECT customer_id FROM members))
      AND ($status = '' OR status = $status)
      AND ($priority = '' OR priority = $priority)
      AND ($channel = '' OR channel = $channel)
      AND ($text = '' OR contains(lower(concat_ws(' ', request_no, category, subject, content, owner)), lower($text))
           OR customer_id IN (SELECT id FROM people))
      AND ($deleted OR NOT EXISTS (SELECT 1 FROM customers g WHERE g.id = r.customer_id AND g.deleted_at IS NOT NULL))
),
page AS (
    SELECT id, place FROM matched ORDER BY place DESC, id DESC LIMIT $limit OFFSET $offset
)
SELECT r.id, r.request_no, r.opened_at, r.closed_at, coalesce(u.name, u.customer_no, u.email) AS customer, r.status,
       r.priority, r.channel, r.category, r.subject, r.content, r.owner, r.customer_id, r.changed_in,
       (SELECT count(*) FROM matched) AS found
FROM page p
JOIN service_requests r ON r.id = p.id
LEFT JOIN customers u ON u.id = r.customer_id
ORDER BY p.place DESC, r.id DESC
