-- All communications of a customer, newest first.
SELECT c.*, p.name AS campaign
FROM communications c
LEFT JOIN campaigns p ON p.id = c.campaign_id
WHERE c.customer_id = $customer_id AND c.deleted_at IS NULL
ORDER BY c.occurred_at DESC, c.id DESC
