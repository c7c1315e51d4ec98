-- Whether a customer is in two kept segments as they are now: series split by segment then tell some orders twice.
--   shared true
SELECT count(*) > 0 AS shared
FROM (
    SELECT m.customer_id
    FROM segments s
    JOIN segment_members m ON m.segment_id = s.id AND m.as_of = s.as_of AND m.deleted_at IS NULL
    WHERE s.deleted_at IS NULL AND s.ended_on IS NULL
    GROUP BY m.customer_id
    HAVING count(*) > 1
    LIMIT 1
)
