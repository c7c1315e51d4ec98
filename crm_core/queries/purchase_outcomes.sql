-- What each customer did within the horizon after each cutoff: a row a customer and cutoff with at least one order.
--
--   purchases of customer 7           cutoff 2026-02-28, horizon 90:  7 | purchases 1 | spent 15.0
--   2026-03-03  20.00             →
--   2026-03-09  -5.00
--
-- Days count as in purchase_examples. Spent is net of refunds within the horizon, nothing at the least.
WITH cutoffs AS (
    SELECT CAST(cutoff AS DATE) AS cutoff FROM unnest($cutoffs) AS days(cutoff)
),
days AS (
    SELECT
        customer_id,
        CAST(ordered_at AS DATE) AS day,
        sum(CASE WHEN amount >= 0 THEN 1 ELSE 0 END) AS orders,
        CAST(sum(amount) AS DOUBLE) AS net
    FROM orders
    WHERE deleted_at IS NULL AND status <> 'cancelled' AND customer_id IS NOT NULL
        AND ordered_at < $until
    GROUP BY customer_id, CAST(ordered_at AS DATE)
)
SELECT
    days.customer_id AS customer_id,
    cutoffs.cutoff AS cutoff,
    CAST(sum(CASE WHEN orders > 0 THEN 1 ELSE 0 END) AS DOUBLE) AS purchases,
    greatest(sum(net), 0) AS spent
FROM days
JOIN cutoffs ON days.day > cutoffs.cutoff AND date_diff('day', cutoffs.cutoff, days.day) <= $horizon_days
GROUP BY days.customer_id, cutoffs.cutoff
