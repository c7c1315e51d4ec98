-- How places are written in the book, down to $level (country, region or city), and how many customers and orders have it.
--   country China | region 广东省 | city '' | customers 205 | orders 0
-- Orders have a country of their own; it is told where countries are asked for.
SELECT country, region, city, CAST(sum(customers) AS BIGINT) AS customers, CAST(sum(orders) AS BIGINT) AS orders
FROM (
    SELECT coalesce(country, '') AS country,
           CASE WHEN $level = 'country' THEN '' ELSE coalesce(region, '') END AS region,
           CASE WHEN $level = 'city' THEN coalesce(city, '') ELSE '' END AS city,
           count(*) AS customers, 0 AS orders
    FROM customers
    WHERE deleted_at IS NULL
    GROUP BY 1, 2, 3
    UNION ALL
    SELECT coalesce(country, '') AS country, '' AS region, '' AS city, 0 AS customers, count(*) AS orders
    FROM orders
    WHERE deleted_at IS NULL AND status <> 'cancelled' AND $level = 'country'
    GROUP BY 1
) written
GROUP BY country, region, city
ORDER BY customers DESC, orders DESC, country, region, city
