-- Who is in which kept segment now, as of its newest snapshot.
--   customer_id 17 | segment_id 3 | Champions
SELECT m.customer_id, s.id AS segment_id, s.name
FROM segments s
JOIN segment_members m ON m.segment_id = s.id AND m.as_of = s.as_of
WHERE s.deleted_at IS NULL AND m.deleted_at IS NULL AND s.ended_on IS NULL
ORDER BY s.id, m.customer_id
