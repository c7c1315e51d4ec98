-- The customers of a kept segment as of the day of one of its snapshots; no addresses to write to: a list of people to
-- contact has to ask for consent.
SELECT u.id, u.customer_no, u.name, u.city, u.country
FROM segment_members m
JOIN customers u ON u.id = m.customer_id
WHERE m.segment_id = $segment_id AND m.as_of = CAST($as_of AS DATE)
    AND m.deleted_at IS NULL AND u.deleted_at IS NULL
ORDER BY u.id
