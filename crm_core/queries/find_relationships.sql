-- Relationships of which one of the two customers, or the note, holds $text, or the deleted ones where $deleted.
--   'wong' → 1 | Ada Wong | same household as | Bo Li | … (a page of them, with how many there are in all)
-- $relation narrows the list where it is not ''; $sort is newest or oldest.
WITH people AS MATERIALIZED (
    SELECT id FROM customers
    WHERE $text <> '' AND contains(lower(concat_ws(' ', customer_no, name, email)), lower($text))
),
matched AS MATERIALIZED (
    SELECT id, CASE WHEN $sort = 'oldest' THEN -id ELSE id END AS place
    FROM relationships
    WHERE (deleted_at IS NOT NULL) = $deleted
      AND ($relation = '' OR relation = $relation)
      AND ($text = '' OR contains(lower(coalesce(note, '')), lower($text))
           OR customer_id IN (SELECT id FROM people) OR related_id IN (SELECT id FROM people))
),
page AS (
    SELECT id, place FROM matched ORDER BY place DESC LIMIT $limit OFFSET $offset
)
SELECT r.id, coalesce(u.name, u.customer_no, u.email) AS customer, r.relation,
       coalesce(v.name, v.customer_no, v.email) AS related, r.since, r.note, r.customer_id, r.related_id,
       r.changed_in, (SELECT count(*) FROM matched) AS found
FROM page p
JOIN relationships r ON r.id = p.id
LEFT JOIN customers u ON u.id = r.customer_id
LEFT JOIN customers v ON v.id = r.related_id
ORDER BY p.place DESC
