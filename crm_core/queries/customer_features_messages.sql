-- How a customer and we speak: one row a customer with messages.
--
--   customer 7 wrote on 2026-03-01, we on 2026-03-03; as of 2026-03-31
--   →   customer_id 7 | messages_in 1 | messages_out 1 | messages_in_90_days 1 | days_since_message 30
--
-- Messages count up to the end (UTC) of the day as of which is asked. days_since_message is since they last wrote;
-- missing where they never did.
SELECT
    customer_id,
    CAST(sum(CASE WHEN direction = 'in' THEN 1 ELSE 0 END) AS DOUBLE) AS messages_in,
    CAST(sum(CASE WHEN direction = 'out' THEN 1 ELSE 0 END) AS DOUBLE) AS messages_out,
    CAST(sum(CASE WHEN direction = 'in' AND occurred_at >= CAST($as_of AS DATE) - INTERVAL 89 DAY THEN 1 ELSE 0 END)
        AS DOUBLE) AS messages_in_90_days,
    CAST(date_diff('day', CAST(max(CASE WHEN direction = 'in' THEN occurred_at END) AS DATE), CAST($as_of AS DATE))
        AS DOUBLE) AS days_since_message
FROM communications
WHERE deleted_at IS NULL
    AND customer_id IS NOT NULL
    AND occurred_at < CAST($as_of AS DATE) + INTERVAL 1 DAY
GROUP BY customer_id
