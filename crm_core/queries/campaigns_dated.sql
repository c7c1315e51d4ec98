-- Campaigns with their days, and own events, as what may move a series: the earliest first. Without a last day it is one day.
--   name "Spring mailing" | kind campaign | starts_on 2026-03-02 | ends_on 2026-03-08 | region ''
-- region: where an own event was, '' everywhere.
SELECT name, 'campaign' AS kind, starts_on, coalesce(ends_on, starts_on) AS ends_on, '' AS region
FROM campaigns
WHERE deleted_at IS NULL AND starts_on IS NOT NULL
UNION ALL
SELECT name, 'own' AS kind, starts_on, coalesce(ends_on, starts_on) AS ends_on, coalesce(region, '') AS region
FROM events
WHERE deleted_at IS NULL
ORDER BY starts_on, name
