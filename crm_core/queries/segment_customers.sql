-- The customers of a kept segment; no addresses to write to: a list of people to contact has to ask for consent.
SELECT u.id, u.customer_no, u.name, u.city, u.country
FROM segments s
JOIN segment_members m ON m.segment_id = s.id AND m.as_of = s.as_of AND m.deleted_at IS NULL
JOIN customers u ON u.id = m.customer_id AND u.deleted_at IS NULL
WHERE s.id = $segment_id
ORDER BY u.id
