-- What a customer asked of the service, and in what mood it left them: one row a customer with requests.
--
--   requests of customer 7, as of 2026-03-31: a complaint, opened 2026-03-01 08:00, closed 10:00, satisfaction 2;
--   a question, opened 2026-03-30, not closed
--   →   customer_id 7 | requests 2 | open_requests 1 | satisfaction 2 | complaint_share 0.5 | hours_to_close 2
--
-- Requests count that were opened before the end (UTC) of the day as of which is asked, and are open as they were
-- then: what was closed or rated later is not known yet. A complaint is filed as one, or rated 1 or 2 of 5.
-- satisfaction is the mean of 1..5, missing where nothing was rated; hours_to_close the mean, missing where nothing closed.
WITH asked AS (
    SELECT
        customer_id,
        CASE WHEN closed_at < CAST($as_of AS DATE) + INTERVAL 1 DAY OR (closed_at IS NULL AND status = 'closed')
            THEN 1 ELSE 0 END AS is_closed,
        lower(coalesce(category, '')) AS category,
        satisfaction,
        epoch(closed_at) - epoch(opened_at) AS seconds
    FROM service_requests
    WHERE deleted_at IS NULL
        AND customer_id IS NOT NULL
        AND opened_at < CAST($as_of AS DATE) + INTERVAL 1 DAY
)
SELECT
    customer_id,
    CAST(count(*) AS DOUBLE) AS requests,
    CAST(sum(1 - is_closed) AS DOUBLE) AS open_requests,
    avg(CASE WHEN is_closed = 1 THEN CAST(satisfaction AS DOUBLE) END) AS satisfaction,
    CAST(sum(CASE WHEN category LIKE '%complain%' OR category LIKE '%投诉%'
        OR (is_closed = 1 AND satisfaction <= 2) THEN 1 ELSE 0 END) AS DOUBLE) / count(*) AS complaint_share,
    avg(CASE WHEN is_closed = 1 THEN CAST(seconds AS DOUBLE) / CAST(3600 AS DOUBLE) END) AS hours_to_close
FROM asked
GROUP BY customer_id
