-- What was so until when, so that it can be asked as of a moment that has passed.

-- Of each subject what held until the time; what holds now stands in its own table. No body: it was
-- not there yet.
CREATE TABLE past (
    subject_id {uuid} NOT NULL,
    kind {text} NOT NULL,
    until_time {time} NOT NULL,
    body TEXT,
    PRIMARY KEY (subject_id, kind, until_time)
){strict};

-- From when on the past is known where it was not kept before; else from the ledger's first entry.
CREATE TABLE past_start (
    id BIGINT PRIMARY KEY NOT NULL,
    time {time} NOT NULL
){strict};
INSERT INTO past_start (id, time) SELECT 1, max(create_time) FROM ledger HAVING count(*) > 0;

-- Which market table was in force then.
CREATE INDEX import_generation_by_effect ON import_generation (kind, effect_time);
