-- Through which channels a customer and we speak: a row a customer and channel, with the number of messages.
--
--   customer 7 got two e-mails and rang once   →   7 | email | 2.0   and   7 | phone | 1.0
--
-- Messages count as in customer_features_messages.
SELECT customer_id, channel AS label, CAST(count(*) AS DOUBLE) AS amount
FROM communications
WHERE deleted_at IS NULL
    AND customer_id IS NOT NULL
    AND occurred_at < CAST($as_of AS DATE) + INTERVAL 1 DAY
GROUP BY customer_id, channel
