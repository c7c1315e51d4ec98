-- The service requests of a customer, newest first.
SELECT id, request_no, opened_at, closed_at, channel, category, priority, status, subject, content, satisfaction, owner
FROM service_requests
WHERE customer_id = $customer_id AND deleted_at IS NULL
ORDER BY opened_at DESC, id DESC
