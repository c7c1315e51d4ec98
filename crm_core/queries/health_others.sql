-- What is odd about messages, requests and products; one row: how many of each, and the id of one.
--   communications 12000 | unknown_sender 4 | unknown_sender_id 88 | products 105 | no_category 0 | no_price 2 | …
WITH messages AS (
    SELECT id, customer_id IS NULL AS unknown, occurred_at >= CAST($today AS DATE) + INTERVAL 1 DAY AS later
    FROM communications WHERE deleted_at IS NULL
),
requests AS (
    SELECT id, customer_id IS NULL AS unknown, opened_at >= CAST($today AS DATE) + INTERVAL 1 DAY AS later
    FROM service_requests WHERE deleted_at IS NULL
),
goods AS (
    SELECT id, category IS NULL AS no_category, price IS NULL AS no_price FROM products WHERE deleted_at IS NULL
)
SELECT (SELECT count(*) FROM messages) AS communications,
       (SELECT count(*) FROM messages WHERE unknown) AS unknown_sender,
       (SELECT min(id) FROM messages WHERE unknown) AS unknown_sender_id,
       (SELECT count(*) FROM messages WHERE later) AS said_later,
       (SELECT min(id) FROM messages WHERE later) AS said_later_id,
       (SELECT count(*) FROM requests) AS service_requests,
       (SELECT count(*) FROM requests WHERE unknown) AS unknown_asker,
       (SELECT min(id) FROM requests WHERE unknown) AS unknown_asker_id,
       (SELECT count(*) FROM requests WHERE later) AS asked_later,
       (SELECT min(id) FROM requests WHERE later) AS asked_later_id,
       (SELECT count(*) FROM goods) AS products,
       (SELECT count(*) FROM goods WHERE no_category) AS no_category,
       (SELECT min(id) FROM goods WHERE no_category) AS no_category_id,
       (SELECT count(*) FROM goods WHERE no_price) AS no_price,
       (SELECT min(id) FROM goods WHERE no_price) AS no_price_id
