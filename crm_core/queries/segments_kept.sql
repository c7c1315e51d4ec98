-- The kept segments with how many customers each has, newest first.
SELECT s.id, s.name, s.kind, s.as_of, s.definition, s.changed_in, count(u.id) AS customers
FROM segments s
LEFT JOIN segment_members m ON m.segment_id = s.id AND m.as_of = s.as_of AND m.deleted_at IS NULL
LEFT JOIN customers u ON u.id = m.customer_id AND u.deleted_at IS NULL
WHERE s.deleted_at IS NULL
GROUP BY s.id, s.name, s.kind, s.as_of, s.definition, s.changed_in
ORDER BY s.id DESC
