-- How much of what a customer bought came back, and how many orders were cancelled.
--
--   orders of customer 7: 80.00 | −20.00 | 40.00 cancelled   →   customer_id 7 | returned_share 0.25 | cancelled_share 0.5
--
-- What is given back is an order below nothing: its money against the money of what was bought, up to the end (UTC) of
-- the day as of which is asked. cancelled_share is the cancelled orders among all worth something. Missing where
-- nothing was bought.
SELECT
    customer_id,
    CAST(sum(CASE WHEN status <> 'cancelled' AND amount < 0 THEN -amount ELSE 0 END) AS DOUBLE)
        / nullif(CAST(sum(CASE WHEN status <> 'cancelled' AND amount > 0 THEN amount ELSE 0 END) AS DOUBLE), 0)
        AS returned_share,
    CAST(sum(CASE WHEN status = 'cancelled' AND amount > 0 THEN 1 ELSE 0 END) AS DOUBLE)
        / nullif(CAST(sum(CASE WHEN amount > 0 THEN 1 ELSE 0 END) AS DOUBLE), 0) AS cancelled_share
FROM orders
WHERE deleted_at IS NULL
    AND customer_id IS NOT NULL
    AND ordered_at < CAST($as_of AS DATE) + INTERVAL 1 DAY
GROUP BY customer_id
