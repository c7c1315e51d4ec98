-- How many purchases fell into each week (its Monday), up to a day: a row a week with any.
--   2026-03-02 | orders 41
SELECT
    CAST(date_trunc('week', ordered_at) AS DATE) AS week,
    count(*) AS orders
FROM orders
WHERE deleted_at IS NULL AND status <> 'cancelled' AND customer_id IS NOT NULL AND amount >= 0
    AND ordered_at < $until
GROUP BY CAST(date_trunc('week', ordered_at) AS DATE)
ORDER BY week
