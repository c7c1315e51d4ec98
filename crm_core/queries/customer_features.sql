-- From many orders to one row a customer: when they last bought, how often, for how much, since when.
--
--   orders of customer 7, as of 2026-03-31             customer_id | recency_days | frequency | monetary | tenure_days
--   2026-01-01  30.00                              →             7 |           28 |         2 |     50.0 |          89
--   2026-03-03  20.00
--
-- An order counts when it is not deleted, not cancelled, of a living customer, worth more than nothing, and placed
-- before the end (UTC) of the day as of which is asked. Times are whole days between dates; tenure_days is T, the
-- days since the first order. Customers without such an order have no row. The rows come in no order.
--
-- Orders are folded up before the customers are joined: ten times fewer rows to match.
WITH bought AS (
    SELECT
        customer_id,
        CAST(min(ordered_at) AS DATE) AS first_on,
        CAST(max(ordered_at) AS DATE) AS last_on,
        count(*) AS frequency,
        sum(amount) AS monetary
    FROM orders
    WHERE deleted_at IS NULL
        AND status <> 'cancelled'
        AND amount > 0
        AND customer_id IS NOT NULL
        AND ordered_at < CAST($as_of AS DATE) + INTERVAL 1 DAY
    GROUP BY customer_id
)
SELECT
    bought.customer_id AS customer_id,
    date_diff('day', bought.last_on, CAST($as_of AS DATE)) AS recency_days,
    bought.frequency AS frequency,
    CAST(bought.monetary AS DOUBLE) AS monetary,
    date_diff('day', bought.first_on, CAST($as_of AS DATE)) AS tenure_days
FROM bought
JOIN customers ON customers.id = bought.customer_id
WHERE customers.deleted_at IS NULL
