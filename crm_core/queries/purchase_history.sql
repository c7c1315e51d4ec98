-- What orders there are to learn from, and which do not count: one row.
--
--   orders before 2026-04-01: 30.00 of customer 7 | −5.00 of customer 7 | 12.00 of nobody
--   →   first 2026-01-01 | newest 2026-01-01 | orders 1 | customers 1 | once 1 | free 0 | refunds 1 | nameless 1 | …
--
-- A purchase is an order as in purchase_examples. once counts customers whose purchases fell on one day.
WITH told AS (
    SELECT
        customer_id,
        CAST(ordered_at AS DATE) AS day,
        amount,
        CASE WHEN ordered_at >= $until THEN 1 ELSE 0 END AS future,
        CASE WHEN ordered_at < $until AND status = 'cancelled' THEN 1 ELSE 0 END AS cancelled,
        CASE WHEN ordered_at < $until AND status <> 'cancelled' AND customer_id IS NULL THEN 1 ELSE 0 END AS nameless,
        CASE WHEN ordered_at < $until AND status <> 'cancelled' AND customer_id IS NOT NULL THEN 1 ELSE 0 END AS counts
    FROM orders
    WHERE deleted_at IS NULL
),
buyers AS (
    SELECT
        customer_id,
        min(day) AS first_on,
        max(day) AS last_on
    FROM told
    WHERE counts = 1 AND amount >= 0
    GROUP BY customer_id
),
about_buyers AS (
    SELECT
        min(first_on) AS first_on,
        max(last_on) AS last_on,
        count(*) AS customers,
        sum(CASE WHEN first_on = last_on THEN 1 ELSE 0 END) AS once
    FROM buyers
),
about_orders AS (
    SELECT
        sum(CASE WHEN counts = 1 AND amount >= 0 THEN 1 ELSE 0 END) AS orders,
        sum(CASE WHEN counts = 1 AND amount = 0 THEN 1 ELSE 0 END) AS free,
        sum(CASE WHEN counts = 1 AND amount < 0 THEN 1 ELSE 0 END) AS refunds,
        sum(cancelled) AS cancelled,
        sum(nameless) AS nameless,
        sum(future) AS future
    FROM told
)
SELECT
    first_on,
    last_on,
    orders,
    customers,
    once,
    free,
    refunds,
    cancelled,
    nameless,
    future
FROM about_buyers
CROSS JOIN about_orders
