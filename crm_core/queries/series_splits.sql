-- By what series can be split at all: whether anything is known of each.
--   segment false | category true | channel true | country true | region true | …
SELECT EXISTS (SELECT 1 FROM segments WHERE deleted_at IS NULL AND ended_on IS NULL) AS segment,
       EXISTS (SELECT 1 FROM products WHERE deleted_at IS NULL AND category IS NOT NULL) AS category,
       EXISTS (SELECT 1 FROM products WHERE deleted_at IS NULL) AS product,
       EXISTS (SELECT 1 FROM orders WHERE deleted_at IS NULL AND country IS NOT NULL) AS country,
       EXISTS (SELECT 1 FROM campaigns WHERE deleted_at IS NULL) AS campaign,
       EXISTS (SELECT 1 FROM customers WHERE deleted_at IS NULL AND region IS NOT NULL) AS region,
       EXISTS (SELECT 1 FROM customers WHERE deleted_at IS NULL AND city IS NOT NULL) AS city,
       EXISTS (SELECT 1 FROM customers WHERE deleted_at IS NULL AND country IS NOT NULL) AS home,
       EXISTS (SELECT 1 FROM customers WHERE deleted_at IS NULL AND source IS NOT NULL) AS source,
       EXISTS (SELECT 1 FROM customers WHERE deleted_at IS NULL AND industry IS NOT NULL) AS industry,
       EXISTS (SELECT 1 FROM customers WHERE deleted_at IS NULL AND stage IS NOT NULL) AS stage
