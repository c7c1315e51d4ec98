-- The customers of a kept segment; no addresses to write to: a list of people to contact has to ask for consent.
SELECT u.id, u.customer_no, u.name, u.city, u.country
FROM segment_members m
JOIN customers u ON u.id = m.customer_id AND u.deleted_at IS NULL
WHERE m.segment_id = $segment_id AND m.deleted_at IS NULL
ORDER BY u.id
