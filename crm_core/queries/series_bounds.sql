-- From when to when a kind of record goes, in UTC, and how many of its rows lie after the day that it is.
--   first 2023-11-21 08:16:00 | last 2026-11-20 22:48:00 | rows 49812 | coming 0 | coming_until NULL
-- $source: orders, messages, requests. `last` is the last one before $until; `coming` ones lie after it.
WITH stamps AS (
    SELECT ordered_at AS stamp FROM orders
    WHERE $source = 'orders' AND deleted_at IS NULL AND status <> 'cancelled'
    UNION ALL
    SELECT occurred_at FROM communications WHERE $source = 'messages' AND deleted_at IS NULL
    UNION ALL
    SELECT opened_at FROM service_requests WHERE $source = 'requests' AND deleted_at IS NULL
    UNION ALL
    SELECT closed_at FROM service_requests WHERE $source = 'requests' AND deleted_at IS NULL AND closed_at IS NOT NULL
)
SELECT min(CASE WHEN stamp < $until THEN stamp END) AS first, max(CASE WHEN stamp < $until THEN stamp END) AS last,
       count(CASE WHEN stamp < $until THEN 1 END) AS rows, count(CASE WHEN stamp >= $until THEN 1 END) AS coming,
       max(CASE WHEN stamp >= $until THEN stamp END) AS coming_until
FROM stamps
