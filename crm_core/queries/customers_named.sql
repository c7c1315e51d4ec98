-- What the customers are called who were laid aside in the temp table customers_wanted; no addresses to write to.
--   id 17 | C-17 | Ada Wong | Bern | Switzerland
SELECT u.id AS customer_id, u.customer_no, u.name, u.city, u.country
FROM customers_wanted w
JOIN customers u ON u.id = w.customer_id AND u.deleted_at IS NULL
