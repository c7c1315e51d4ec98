-- The last day on which anything happened that the book knows of, up to $today; no date where nothing did.
--   last_day 2026-02-28
SELECT CAST(max(newest) AS DATE) AS last_day
FROM (
    SELECT max(ordered_at) AS newest FROM orders
    WHERE deleted_at IS NULL AND ordered_at < CAST($today AS DATE) + INTERVAL 1 DAY
    UNION ALL SELECT max(occurred_at) FROM communications
    WHERE deleted_at IS NULL AND occurred_at < CAST($today AS DATE) + INTERVAL 1 DAY
    UNION ALL SELECT max(opened_at) FROM service_requests
    WHERE deleted_at IS NULL AND opened_at < CAST($today AS DATE) + INTERVAL 1 DAY
)
