-- What was known of the customer when a conversation was over: a row a conversation laid aside in conversations_asked.
--
--   customer 7 bought on 2026-01-03 and 2026-02-01, wrote on 2026-02-03
--   →   conversation 0 | orders_before 2 | days_since_order 2
--
-- Orders count up to and with the conversation's last day; days_since_order is missing where nothing had been bought.
SELECT
    asked.conversation AS conversation,
    count(orders.id) AS orders_before,
    date_diff('day', CAST(max(orders.ordered_at) AS DATE), asked.day) AS days_since_order
FROM conversations_asked AS asked
LEFT JOIN orders ON orders.customer_id = asked.customer_id AND CAST(orders.ordered_at AS DATE) <= asked.day
    AND orders.deleted_at IS NULL AND orders.status <> 'cancelled'
GROUP BY asked.conversation, asked.day
ORDER BY asked.conversation
