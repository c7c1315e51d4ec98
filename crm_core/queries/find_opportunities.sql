-- Opportunities whose number, name, stage, owner, source or customer holds $text, or the deleted ones.
--   'wong' → 2 | Espresso bar | Ada Wong | open | 4,000.00 | … (a page of them, with how many there are in all)
-- $status narrows the list where it is not ''; $sort is newest, oldest, amount (the largest first) or closes_on (the
-- next to close first).
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
           CASE $sort WHEN 'amount' THEN CAST(amount AS DOUBLE)
                      WHEN 'closes_on' THEN -epoch(CAST(closes_on AS TIMESTAMP))
                      WHEN 'oldest' THEN -id ELSE id END AS place
    FROM opportunities
    WHERE (deleted_at IS NOT NULL) = $deleted
      AND ($segment = 0 OR customer_id IN (SELECT customer_id FROM members))
      AND ($status = '' OR status = $status)
      AND ($text = '' OR contains(lower(concat_ws(' ', opportunity_no, name, stage, owner, source)), lower($text))
           OR customer_id IN (SELECT id FROM people))
),
page AS (
    SELECT id, place FROM matched ORDER BY place DESC NULLS LAST, id DESC LIMIT $limit OFFSET $offset
)
SELECT o.id, o.opportunity_no, o.name, coalesce(u.name, u.customer_no, u.email) AS customer, o.status, o.stage,
       o.amount, o.currency, o.probability, o.opened_on, o.closes_on, o.owner, o.customer_id, o.changed_in,
       (SELECT count(*) FROM matched) AS found
FROM page p
JOIN opportunities o ON o.id = p.id
LEFT JOIN customers u ON u.id = o.customer_id
ORDER BY p.place DESC NULLS LAST, o.id DESC
