-- When the first row of what a chart is made of happened ($data), so that its days can be counted from there.
--   first_at 2023-11-21 07:12
SELECT CAST(CASE $data WHEN 'customers' THEN (SELECT min(joined_on) FROM customers WHERE deleted_at IS NULL)
    WHEN 'messages' THEN (SELECT min(occurred_at) FROM communications WHERE deleted_at IS NULL)
    WHEN 'requests' THEN (SELECT min(opened_at) FROM service_requests WHERE deleted_at IS NULL)
    WHEN 'own' THEN (SELECT min(period) FROM observations WHERE deleted_at IS NULL AND measure = $measure)
    ELSE (SELECT min(ordered_at) FROM orders WHERE deleted_at IS NULL) END AS TIMESTAMP) AS first_at
