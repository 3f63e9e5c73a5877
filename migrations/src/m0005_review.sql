-- Evidence, appeals and claims; what the queue of reviews is searched by.
-- {uuid} {time} {bytes} {text} {strict} are spelled per engine by lib.rs.

ALTER TABLE enrollment ADD COLUMN n_appeals BIGINT NOT NULL DEFAULT 0;
-- The reviewer who works on it, and since when.
ALTER TABLE enrollment ADD COLUMN reviewer_id {uuid} REFERENCES account (id);
ALTER TABLE enrollment ADD COLUMN claim_time {time};
-- The company's country, here too: the queue is searched by it.
ALTER TABLE enrollment ADD COLUMN region_code {text} NOT NULL DEFAULT '';
UPDATE enrollment SET region_code =
    (SELECT company.region_code FROM company WHERE company.id = enrollment.company_id);
-- The registration id in letters and digits, in capitals.
ALTER TABLE enrollment ADD COLUMN registration_key {text} NOT NULL DEFAULT '';
UPDATE enrollment SET registration_key = upper(replace(replace(replace(replace(
    registration_id, ' ', ''), '-', ''), '.', ''), '/', ''));

CREATE INDEX enrollment_by_region ON enrollment (region_code, partner_id);
CREATE INDEX enrollment_by_start ON enrollment (create_time, partner_id);
CREATE INDEX enrollment_by_due ON enrollment (expected_by_time, partner_id) WHERE expected_by_time IS NOT NULL;
CREATE INDEX enrollment_by_reviewer ON enrollment (reviewer_id, partner_id) WHERE reviewer_id IS NOT NULL;
CREATE INDEX enrollment_by_registration ON enrollment (registration_key, partner_id) WHERE registration_key <> '';
CREATE INDEX enrollment_by_duns ON enrollment (duns_number, partner_id) WHERE duns_number <> '';

-- Mailboxes of former contacts: their owners do not review the company for a while (E11).
CREATE TABLE former_contact (
    partner_id {uuid} NOT NULL REFERENCES partner (id),
    email_key {text} NOT NULL,
    end_time {time} NOT NULL,
    PRIMARY KEY (partner_id, email_key)
){strict};

-- Bytes by their hash: the same document is kept once.
CREATE TABLE evidence_content (
    sha256 {bytes} PRIMARY KEY NOT NULL,
    content {bytes} NOT NULL
){strict};

CREATE TABLE evidence (
    id {uuid} PRIMARY KEY NOT NULL,
    partner_id {uuid} NOT NULL REFERENCES partner (id),
    company_id {uuid} NOT NULL REFERENCES company (id),
    version BIGINT NOT NULL,
    create_time {time} NOT NULL,
    update_time {time} NOT NULL,
    uploader_id {uuid} NOT NULL REFERENCES account (id),
    check_kind {text} NOT NULL,
    evidence_type {text} NOT NULL,
    media_type {text} NOT NULL,
    size_bytes BIGINT NOT NULL,
    content_sha256 {bytes} NOT NULL REFERENCES evidence_content (sha256),
    file_name TEXT NOT NULL,
    note TEXT NOT NULL,
    state {text} NOT NULL,
    review_note TEXT NOT NULL
){strict};
CREATE INDEX evidence_by_partner ON evidence (partner_id, id);
CREATE INDEX evidence_by_check ON evidence (partner_id, check_kind, id);

CREATE TABLE appeal (
    id {uuid} PRIMARY KEY NOT NULL,
    partner_id {uuid} NOT NULL REFERENCES partner (id),
    appellant_id {uuid} NOT NULL REFERENCES account (id),
    create_time {time} NOT NULL,
    comment TEXT NOT NULL,
    -- Ids of the documents, as JSON.
    evidence TEXT NOT NULL
){strict};
CREATE INDEX appeal_by_partner ON appeal (partner_id, id);
