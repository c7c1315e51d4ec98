-- What customers wrote, what the shop answered, and the service requests that came of it.
--
-- {order} {name} {days} and the product's names, put into a phrase.
CREATE OR REPLACE TEMP MACRO filled(phrase, m, r, language, product, category) AS
    replace(replace(replace(replace(replace(replace(phrase,
        '{order}', 'W-' || (100000 + first_id('orders') + r)),
        '{product}', product),
        '{ware}', CASE WHEN category = 'kitchen' THEN product WHEN language = 'zh' THEN '茶壶' ELSE 'teapot' END),
        '{brew}', CASE WHEN category IN ('tea', 'coffee') THEN product WHEN language = 'zh' THEN '茶' ELSE 'tea' END),
        '{days}', CAST(3 + whole(m, 'how many days', 12) AS VARCHAR)),
        '{name}', CASE language WHEN 'zh' THEN one_of(m, 'clerk', ['小林', '小周', '小陈', '小苏'])
                                ELSE one_of(m, 'clerk', ['Anna', 'Ben', 'Clara', 'Tom']) END);

-- A message is put together from parts that fit its language, topic and mood; each kind of part has 64 places.
CREATE OR REPLACE TEMP TABLE pick_phrase AS
WITH fitting AS (
    SELECT part, place, text,
           language || ' ' || topic || ' '
               || unnest(CASE mood WHEN 'any' THEN ['negative', 'neutral', 'positive'] ELSE [mood] END) AS fits
    FROM phrases
),
turns AS (
    SELECT fits, part, text, row_number() OVER (PARTITION BY fits, part ORDER BY place, text) - 1 AS turn,
           count(*) OVER (PARTITION BY fits, part) AS turns
    FROM fitting
)
SELECT t.fits, t.part, r.place, t.text FROM turns t JOIN range(64) r(place) ON r.place % t.turns = t.turn;

CREATE OR REPLACE TEMP TABLE topic_place AS
WITH spans AS (
    SELECT *, (sum(share) OVER (ORDER BY position) - share) / sum(share) OVER () AS starts FROM topics
)
SELECT place, spans.* EXCLUDE (starts)
FROM (SELECT place, (place + 0.5) / 1000 AS here FROM range(1000) r(place)) ASOF JOIN spans ON here >= starts;

-- Orders that draw more than their share of complaints: the last ones of customers who left, and those of a strike.
CREATE OR REPLACE TEMP TABLE last_order AS
SELECT r, row_number() OVER (ORDER BY r) - 1 AS place
FROM basket WHERE is_last AND status <> 'cancelled' AND d < days() - 30;

CREATE OR REPLACE TEMP TABLE wave_order AS
SELECT b.r, row_number() OVER (ORDER BY b.r) - 1 AS place
FROM basket b JOIN person p ON p.n = b.event // 65536
JOIN events e ON e.measure = 'messages' AND (e.market IS NULL OR e.market = p.market)
    AND b.d >= days() - e.days_ago AND b.d < days() - e.days_ago + e.days;

-- How many messages of each kind make up the number asked for: 8 in 100 are campaigns' sends kept on file, of the
-- rest 64 come in, and the answers are what is left.
CREATE OR REPLACE TEMP TABLE amounts AS
WITH counted AS (
    SELECT (SELECT count(*) FROM basket) AS orders, (SELECT count(*) FROM last_order) AS last_orders,
           (SELECT count(*) FROM wave_order) AS wave_orders,
           (SELECT max(size) - 1 FROM events WHERE measure = 'messages') AS more,
           least((SELECT count(*) FROM member WHERE treated), messages_wanted() * 8 // 100) AS sends
)
SELECT *, (messages_wanted() - sends) * 64 // 100 AS coming, messages_wanted() - sends - coming AS answers,
       more * wave_orders / (orders + more * wave_orders) AS wave_share
FROM counted;

CREATE OR REPLACE TEMP TABLE coming AS
WITH drawn AS (
    SELECT m, u(m, 'wave') < a.wave_share AS in_wave, whole(m, 'topic', 1000) AS topic_place,
           u(m, 'mood') AS u_mood, a.*
    FROM range((SELECT coming FROM amounts)) t(m), amounts a
),
topical AS (
    SELECT d.*, CASE WHEN in_wave THEN 'delivery' ELSE t.name END AS topic,
           CASE WHEN in_wave OR u_mood < t.negative THEN 'negative'
                WHEN u_mood < t.negative + t.neutral THEN 'neutral' ELSE 'positive' END AS mood,
           t.after_from, t.after_to
    FROM drawn d JOIN topic_place t ON t.place = d.topic_place
),
aimed AS (
    -- The places are NULL where they do not apply, so that the joins stay plain equalities.
    SELECT *, CASE WHEN in_wave THEN CAST(floor(u(m, 'wave order') * wave_orders) AS BIGINT) END AS wave_place,
           CASE WHEN NOT in_wave AND topic = 'damaged goods' AND mood = 'negative'
               AND u(m, 'last order') < sudden_break_theme()
               THEN CAST(floor(u(m, 'which last order') * last_orders) AS BIGINT) END AS last_place,
           CAST(floor(u(m, 'order') * orders) AS BIGINT) AS any_order
    FROM topical
),
ordered AS (
    SELECT a.*, coalesce(w.r, l.r, any_order) AS r
    FROM aimed a LEFT JOIN wave_order w ON w.place = wave_place LEFT JOIN last_order l ON l.place = last_place
),
timed AS (
    SELECT o.m, o.topic, o.mood, o.r, b.event // 65536 AS n, b.customer_id, b.ordered_at, b.product1,
           CAST(floor(epoch(CAST(as_of() AS TIMESTAMP)) - epoch(b.ordered_at)) AS BIGINT) AS left_s,
           CAST(floor(86400 * (after_from + (after_to - after_from) * u(m, 'delay')) + 60) AS BIGINT) AS delay_s
    FROM ordered o JOIN basket b ON b.r = o.r
)
SELECT t.m, t.topic, t.mood, t.r, t.customer_id, p.language, product1,
       p.language || ' ' || t.topic || ' ' || t.mood AS fits, p.language || ' any ' || t.mood AS fits_any,
       t.ordered_at + to_seconds(CASE WHEN delay_s < left_s THEN delay_s
           ELSE CAST(floor(u(m, 'delay 2') * left_s) AS BIGINT) END) AS occurred_at,
       CASE WHEN u(m, 'channel') < 0.46 THEN 'email' WHEN u(m, 'channel') < 0.72 THEN 'chat'
            WHEN u(m, 'channel') < 0.82 THEN 'phone' WHEN u(m, 'channel') < 0.92 THEN 'social'
            ELSE 'sms' END AS channel,
       -- Chinese customers now and then use a product's English name.
       CASE WHEN p.language = 'zh' AND u(m, 'foreign name') >= 0.15 THEN 'zh' ELSE 'en' END AS product_language
FROM timed t JOIN person p USING (n);

CREATE OR REPLACE TEMP TABLE written_in AS
WITH chances AS (   -- of a part, by channel: e-mails have most of them, text messages few
    SELECT * FROM (VALUES ('email', 0.85, 0.62, 0.60, 0.70, 0.00), ('chat', 0.35, 0.62, 0.60, 0.15, 0.28),
                          ('social', 0.35, 0.62, 0.60, 0.15, 0.28), ('phone', 0.00, 0.62, 0.60, 0.00, 0.00),
                          ('sms', 0.35, 0.20, 0.25, 0.15, 0.28)) v(channel, opening, detail, wish, closing, emoji)
),
drawn AS (
    -- a place that is NULL finds no part
    SELECT c.*, whole(m, 'core', 64) AS core_at, whole(m, 'subject', 64) AS subject_at,
           CASE WHEN c.channel = 'phone' THEN whole(m, 'opening', 64) END AS call_at,
           CASE WHEN u(m, 'has opening') < k.opening THEN whole(m, 'opening', 64) END AS opening_at,
           CASE WHEN u(m, 'has detail') < k.detail THEN whole(m, 'detail', 64) END AS detail_at,
           CASE WHEN u(m, 'has wish') < k.wish THEN whole(m, 'wish', 64) END AS wish_at,
           CASE WHEN u(m, 'has closing') < k.closing THEN whole(m, 'closing', 64) END AS closing_at,
           CASE WHEN u(m, 'has emoji') < k.emoji THEN whole(m, 'emoji', 64) END AS emoji_at
    FROM coming c JOIN chances k ON k.channel = c.channel
),
parts AS (
    SELECT d.* EXCLUDE (core_at, subject_at, call_at, opening_at, detail_at, wish_at, closing_at, emoji_at),
           core.text AS core, subject.text AS subject_text, coalesce(call.text, opening.text) AS opening,
           detail.text AS detail, wish.text AS wish,
           CASE d.channel WHEN 'email' THEN chr(10) ELSE ' ' END || closing.text AS closing,
           ' ' || emoji.text AS emoji,
           CASE product_language WHEN 'zh' THEN words_zh ELSE words END AS product_words, category
    FROM drawn d
    JOIN pick_phrase core ON core.fits = d.fits AND core.part = 'core' AND core.place = core_at
    LEFT JOIN pick_phrase subject ON subject.fits = d.fits AND subject.part = 'subject' AND subject.place = subject_at
    LEFT JOIN pick_phrase detail ON detail.fits = d.fits AND detail.part = 'detail' AND detail.place = detail_at
    LEFT JOIN pick_phrase wish ON wish.fits = d.fits AND wish.part = 'wish' AND wish.place = wish_at
    LEFT JOIN pick_phrase call ON call.fits = d.fits_any AND call.part = 'call' AND call.place = call_at
    LEFT JOIN pick_phrase opening ON opening.fits = d.fits_any AND opening.part = 'opening' AND opening.place = opening_at
    LEFT JOIN pick_phrase closing ON closing.fits = d.fits_any AND closing.part = 'closing' AND closing.place = closing_at
    LEFT JOIN pick_phrase emoji ON emoji.fits = d.fits_any AND emoji.part = 'emoji' AND emoji.place = emoji_at
    JOIN (SELECT position, category,
                 -- people leave out how much is in the pack
                 regexp_replace(name_zh, '[0-9.]+(克|公斤|毫升|升|包|只|条|片|粒|杯|支|张|厘米)$', '') AS words_zh,
                 regexp_replace(name, ' [0-9.]+( (g|kg|ml|l|cm|mm|Bags|Cups))?$', '') AS words
          FROM product_list) product ON product.position = product1
)
SELECT m, topic, mood, r, customer_id, language, fits, occurred_at, channel,
       filled(subject_text, m, r, language, product_words, category) AS subject,
       filled(CASE language
                  WHEN 'zh' THEN regexp_replace(concat(opening, core, detail, wish), '，$', '。') || ltrim(coalesce(closing, ''), ' ')
                  ELSE concat_ws(' ', opening, CASE WHEN opening IS NULL THEN upper(left(core, 1)) || substr(core, 2)
                                                    ELSE core END, detail, wish) || coalesce(closing, '') END
              || coalesce(emoji, ''), m, r, language, product_words, category) AS content
FROM parts;

CREATE OR REPLACE TEMP TABLE written_out AS
WITH answers AS (
    SELECT c.m, c.topic, c.r, c.customer_id, c.language, c.channel, reply.text AS reply, c.subject,
           c.occurred_at AS asked_at,
           CAST(floor(epoch(CAST(as_of() AS TIMESTAMP)) - epoch(c.occurred_at)) AS BIGINT) AS left_s,
           CAST(floor(600 + 86400 * 2.2 * power(u(c.m, 'answered after'), 2)) AS BIGINT) AS delay_s
    FROM written_in c
    JOIN pick_phrase reply ON reply.fits = c.fits AND reply.part = 'reply' AND reply.place = whole(c.m, 'reply', 64)
    WHERE c.m < (SELECT answers FROM amounts)
),
kept AS (
    SELECT n * 64 + campaign AS m, id, campaign, starts, language
    FROM member WHERE treated
    QUALIFY row_number() OVER (ORDER BY u(n * 64 + campaign, 'kept on file'), n, campaign) <= (SELECT sends FROM amounts)
),
sent AS (
    SELECT k.*, c.channel, CASE k.language WHEN 'zh' THEN c.name_zh ELSE c.name END AS campaign_name, p.text
    FROM kept k JOIN campaigns_planned c ON c.position = k.campaign
    JOIN pick_phrase p ON p.fits = k.language || ' any neutral' AND p.part = 'campaign'
        AND p.place = whole(k.m, 'campaign text', 64)
)
SELECT 'answer' AS kind, m, topic, customer_id, language,
       asked_at + to_seconds(CASE WHEN delay_s < left_s THEN delay_s
                                  ELSE CAST(floor(u(m, 'answered after 2') * left_s) AS BIGINT) END) AS occurred_at,
       channel, 'Re: ' || subject AS subject, filled(reply, m, r, language, '', '') AS content,
       CAST(NULL AS INTEGER) AS campaign
FROM answers
UNION ALL
SELECT 'campaign', m, 'campaign', id, language,
       CAST(opens_on() + CAST(starts AS INTEGER) AS TIMESTAMP) + to_seconds(28800 + whole(m, 'sent', 14400)),
       channel, campaign_name, replace(text, '{campaign}', campaign_name), campaign
FROM sent;

CREATE OR REPLACE TEMP TABLE message AS
WITH everything AS (
    SELECT 'in' AS direction, 'message' AS kind, m, r, topic, mood, language, customer_id, occurred_at, channel,
           subject, content, CAST(NULL AS INTEGER) AS campaign
    FROM written_in
    UNION ALL
    SELECT 'out', kind, m, NULL, topic, 'neutral', language, customer_id, occurred_at, channel, subject, content, campaign
    FROM written_out
)
SELECT first_id('communications') - 1 + row_number() OVER (ORDER BY occurred_at, kind, m) AS id,
       * REPLACE (CASE WHEN channel = 'email' THEN subject END AS subject),
       direction = 'in' AND language = 'zh' AND regexp_matches(content, '[A-Za-z]{3,}') AS mixed
FROM everything;

CREATE OR REPLACE TEMP VIEW made_communications AS
SELECT id, 'M-' || (100000 + id) AS external_no, customer_id, occurred_at, channel, direction, subject, content,
       first_id('campaigns') + campaign AS campaign_id
FROM message ORDER BY id;

CREATE OR REPLACE TEMP TABLE made_service_requests AS
WITH asked AS (
    SELECT m.*, u(m.m, 'priority') + CASE m.mood WHEN 'negative' THEN 0.2 ELSE -0.2 END
                + CASE WHEN m.topic IN ('damaged goods', 'wrong item') THEN 0.25 ELSE 0 END AS urgency
    FROM message m JOIN topics t ON t.name = m.topic
    WHERE m.direction = 'in' AND m.mood <> 'positive' AND u(m.m, 'becomes a request') < t.asks
),
ranked AS (
    SELECT *, CASE WHEN urgency > 1.25 THEN 'urgent' WHEN urgency > 0.9 THEN 'high'
                   WHEN urgency > 0.15 THEN 'normal' ELSE 'low' END AS priority
    FROM asked
),
handled AS (
    SELECT *, CASE priority WHEN 'urgent' THEN 6 WHEN 'high' THEN 20 WHEN 'normal' THEN 44 ELSE 80 END
              * exp(0.8 * normal(m, 'handled in')) AS hours
    FROM ranked
),
ended AS (
    SELECT *, occurred_at + to_seconds(CAST(floor(3600 * hours) AS BIGINT)) AS ends_at,
           ends_at < CAST(as_of() AS TIMESTAMP) AS closed
    FROM handled
)
SELECT first_id('service_requests') - 1 + row_number() OVER (ORDER BY occurred_at, m) AS id,
       'S-' || (100000 + id) AS request_no, customer_id, occurred_at AS opened_at,
       CASE WHEN closed THEN ends_at END AS closed_at, channel, topic AS category, priority,
       CASE WHEN closed THEN 'closed' WHEN u(m, 'waiting') < 0.4 THEN 'waiting' ELSE 'open' END AS status,
       subject, content,
       -- Whoever waits twice as long is half a point less satisfied.
       CASE WHEN closed AND u(m, 'says how satisfied') < 0.6 THEN CAST(greatest(1, least(5, round(
           4.4 - CASE mood WHEN 'negative' THEN 0.4 ELSE 0 END - 0.5 * log2(hours / 24)
           + 0.6 * normal(m, 'satisfied')))) AS BIGINT) END AS satisfaction,
       first_id('orders') + r AS order_id
FROM ended;
