-- Links, mails and timers; review and PartnerIDs; agreements; relationships and customers.
-- {uuid} {time} {bytes} {text} {flag} {false} {strict} are spelled per engine by lib.rs.

-- Set by the first submission, association or acceptance (C2).
ALTER TABLE company ADD COLUMN region_frozen {flag} NOT NULL DEFAULT {false};

ALTER TABLE partner ADD COLUMN suspend_reason TEXT;
ALTER TABLE partner ADD COLUMN deauthorize_reason TEXT;
ALTER TABLE partner ADD COLUMN accepted_version_id {uuid};
ALTER TABLE partner ADD COLUMN accept_time {time};
-- Set once: what becoming ACTIVE brings is never repeated (U2).
ALTER TABLE partner ADD COLUMN activate_time {time};

ALTER TABLE enrollment ADD COLUMN submitter_id {uuid} REFERENCES account (id);
ALTER TABLE enrollment ADD COLUMN authority_text_sha256 {bytes};
ALTER TABLE enrollment ADD COLUMN checks TEXT;
ALTER TABLE enrollment ADD COLUMN review_start_time {time};
ALTER TABLE enrollment ADD COLUMN expected_from_time {time};
ALTER TABLE enrollment ADD COLUMN expected_by_time {time};

CREATE TABLE link (
    id {uuid} PRIMARY KEY NOT NULL,
    purpose {text} NOT NULL,
    subject_id {uuid} NOT NULL,
    state {text} NOT NULL,
    -- The secret itself is nowhere: it follows from a key outside the database.
    secret_sha256 {bytes} NOT NULL UNIQUE,
    create_time {time} NOT NULL,
    expire_time {time} NOT NULL,
    end_time {time}
){strict};
-- Of each thing, one link works (I10).
CREATE UNIQUE INDEX link_live ON link (subject_id, purpose) WHERE state = 'LIVE';

CREATE TABLE outbox (
    id {uuid} PRIMARY KEY NOT NULL,
    create_time {time} NOT NULL,
    template {text} NOT NULL,
    language {text} NOT NULL,
    recipient TEXT NOT NULL,
    params TEXT NOT NULL,
    -- No foreign key: its check reads where every other writer inserts, and costs them their races.
    link_id {uuid},
    state {text} NOT NULL,
    n_tries BIGINT NOT NULL,
    -- When a worker may take it, again.
    due_time {time} NOT NULL,
    end_time {time},
    failure TEXT NOT NULL
){strict};
CREATE INDEX outbox_due ON outbox (due_time, id) WHERE state = 'QUEUED';
CREATE INDEX outbox_by_link ON outbox (link_id);

CREATE TABLE timer (
    subject_id {uuid} NOT NULL,
    kind {text} NOT NULL,
    due_time {time} NOT NULL,
    PRIMARY KEY (subject_id, kind)
){strict};
CREATE INDEX timer_due ON timer (due_time, subject_id, kind);

-- Global and location PartnerIDs share one space; a number is never used again.
CREATE TABLE partner_number (
    number {text} PRIMARY KEY NOT NULL
){strict};

CREATE TABLE organisation (
    id {uuid} PRIMARY KEY NOT NULL,
    company_id {uuid} NOT NULL UNIQUE REFERENCES company (id),
    global_number {text} NOT NULL UNIQUE REFERENCES partner_number (number),
    create_time {time} NOT NULL
){strict};

CREATE TABLE location (
    number {text} PRIMARY KEY NOT NULL REFERENCES partner_number (number),
    organisation_id {uuid} NOT NULL REFERENCES organisation (id),
    company_id {uuid} NOT NULL,
    global_number {text} NOT NULL,
    version BIGINT NOT NULL,
    create_time {time} NOT NULL,
    update_time {time} NOT NULL,
    state {text} NOT NULL,
    display_name TEXT NOT NULL,
    region_code {text} NOT NULL,
    address TEXT NOT NULL,
    -- The address without letter case and spare space: one location each.
    address_key {text} NOT NULL,
    -- One account per location and one location per account (E14).
    partner_id {uuid} UNIQUE REFERENCES partner (id),
    UNIQUE (organisation_id, address_key)
){strict};

CREATE TABLE agreement (
    audience {text} PRIMARY KEY NOT NULL,
    version BIGINT NOT NULL,
    -- At most one version is in force.
    effective_version_id {uuid}
){strict};
INSERT INTO agreement (audience, version) VALUES ('RESELLER', 1), ('PROVIDER', 1), ('CUSTOMER', 1);

CREATE TABLE agreement_version (
    id {uuid} PRIMARY KEY NOT NULL,
    audience {text} NOT NULL REFERENCES agreement (audience),
    version BIGINT NOT NULL,
    create_time {time} NOT NULL,
    update_time {time} NOT NULL,
    display_name TEXT NOT NULL,
    state {text} NOT NULL,
    effective_time {time}
){strict};
CREATE INDEX agreement_version_by_audience ON agreement_version (audience, id);
CREATE UNIQUE INDEX agreement_version_effective ON agreement_version (audience) WHERE state = 'EFFECTIVE';

CREATE TABLE agreement_document (
    version_id {uuid} NOT NULL REFERENCES agreement_version (id),
    language_code {text} NOT NULL,
    media_type {text} NOT NULL,
    content_sha256 {bytes} NOT NULL,
    size_bytes BIGINT NOT NULL,
    content {bytes} NOT NULL,
    PRIMARY KEY (version_id, language_code, media_type)
){strict};
CREATE UNIQUE INDEX agreement_document_by_hash ON agreement_document (version_id, content_sha256);

-- When a person last downloaded a document, for the evidence of an acceptance (A5).
CREATE TABLE agreement_download (
    account_id {uuid} NOT NULL REFERENCES account (id),
    version_id {uuid} NOT NULL REFERENCES agreement_version (id),
    content_sha256 {bytes} NOT NULL,
    download_time {time} NOT NULL,
    PRIMARY KEY (account_id, version_id, content_sha256)
){strict};

CREATE TABLE acceptance (
    id {uuid} PRIMARY KEY NOT NULL,
    partner_id {uuid} NOT NULL REFERENCES partner (id),
    company_id {uuid} NOT NULL REFERENCES company (id),
    version_id {uuid} NOT NULL REFERENCES agreement_version (id),
    audience {text} NOT NULL,
    document_sha256 {bytes} NOT NULL,
    signer_id {uuid} NOT NULL REFERENCES account (id),
    signer_session_id {uuid} NOT NULL,
    signer_roles TEXT NOT NULL,
    signer_auth_time {time} NOT NULL,
    consent_text_sha256 {bytes} NOT NULL,
    download_time {time},
    accept_time {time} NOT NULL,
    -- One effective acceptance (I5).
    UNIQUE (partner_id, version_id)
){strict};
CREATE INDEX acceptance_by_company ON acceptance (company_id, id);

CREATE TABLE customer_agreement (
    id {uuid} PRIMARY KEY NOT NULL,
    customer_id {uuid} NOT NULL REFERENCES company (id),
    provider_id {uuid} NOT NULL REFERENCES partner (id),
    provider_company_id {uuid} NOT NULL,
    version BIGINT NOT NULL,
    state {text} NOT NULL,
    signer_given_name TEXT NOT NULL,
    signer_family_name TEXT NOT NULL,
    signer_email TEXT NOT NULL,
    sign_date {text} NOT NULL,
    attest_time {time} NOT NULL,
    UNIQUE (customer_id, provider_id)
){strict};

CREATE TABLE invitation (
    id {uuid} PRIMARY KEY NOT NULL,
    provider_id {uuid} NOT NULL REFERENCES partner (id),
    provider_company_id {uuid} NOT NULL REFERENCES company (id),
    inviter_id {uuid} NOT NULL REFERENCES account (id),
    version BIGINT NOT NULL,
    create_time {time} NOT NULL,
    update_time {time} NOT NULL,
    state {text} NOT NULL,
    email TEXT NOT NULL,
    -- The address to compare by.
    email_key {text} NOT NULL,
    company_name TEXT NOT NULL,
    -- PartnerID of the only company that may accept; empty for none.
    named_number {text} NOT NULL,
    grants_expire_time {time},
    language_code {text} NOT NULL,
    message TEXT NOT NULL,
    expire_time {time} NOT NULL,
    reseller_company_id {uuid},
    relationship_id {uuid}
){strict};
CREATE UNIQUE INDEX invitation_pending ON invitation (provider_id, named_number, email_key) WHERE state = 'PENDING';
CREATE INDEX invitation_by_provider ON invitation (provider_company_id, id);
CREATE INDEX invitation_by_reseller ON invitation (reseller_company_id, id);

CREATE TABLE relationship (
    id {uuid} PRIMARY KEY NOT NULL,
    provider_id {uuid} NOT NULL REFERENCES partner (id),
    provider_company_id {uuid} NOT NULL REFERENCES company (id),
    reseller_id {uuid} NOT NULL REFERENCES partner (id),
    reseller_company_id {uuid} NOT NULL REFERENCES company (id),
    version BIGINT NOT NULL,
    create_time {time} NOT NULL,
    update_time {time} NOT NULL,
    state {text} NOT NULL,
    held_by_provider {flag} NOT NULL,
    held_by_reseller {flag} NOT NULL,
    held_by_operator {flag} NOT NULL,
    end_time {time}
){strict};
CREATE UNIQUE INDEX relationship_standing ON relationship (provider_id, reseller_id) WHERE state <> 'ENDED';
CREATE INDEX relationship_by_pair ON relationship (provider_id, reseller_id, id);
CREATE INDEX relationship_by_provider ON relationship (provider_company_id, id);
CREATE INDEX relationship_by_reseller ON relationship (reseller_company_id, id);

CREATE TABLE relationship_grant (
    id {uuid} PRIMARY KEY NOT NULL,
    relationship_id {uuid} NOT NULL REFERENCES relationship (id),
    kind {text} NOT NULL,
    state {text} NOT NULL,
    create_time {time} NOT NULL,
    expire_time {time},
    end_time {time}
){strict};
CREATE INDEX relationship_grant_by_relationship ON relationship_grant (relationship_id, id);
CREATE UNIQUE INDEX relationship_grant_active ON relationship_grant (relationship_id, kind) WHERE state = 'ACTIVE';

CREATE TABLE customer_invitation (
    id {uuid} PRIMARY KEY NOT NULL,
    reseller_id {uuid} NOT NULL REFERENCES partner (id),
    reseller_company_id {uuid} NOT NULL REFERENCES company (id),
    provider_id {uuid} NOT NULL REFERENCES partner (id),
    provider_company_id {uuid} NOT NULL REFERENCES company (id),
    inviter_id {uuid} NOT NULL REFERENCES account (id),
    version BIGINT NOT NULL,
    create_time {time} NOT NULL,
    update_time {time} NOT NULL,
    state {text} NOT NULL,
    email TEXT NOT NULL,
    email_key {text} NOT NULL,
    company_name TEXT NOT NULL,
    language_code {text} NOT NULL,
    message TEXT NOT NULL,
    expire_time {time} NOT NULL,
    customer_id {uuid}
){strict};
CREATE UNIQUE INDEX customer_invitation_pending ON customer_invitation (reseller_id, provider_id, email_key) WHERE state = 'PENDING';
CREATE INDEX customer_invitation_by_address ON customer_invitation (reseller_id, provider_id, email_key, id);
CREATE INDEX customer_invitation_by_reseller ON customer_invitation (reseller_company_id, id);
CREATE INDEX customer_invitation_by_provider ON customer_invitation (provider_company_id, id);

CREATE TABLE customer_relationship (
    id {uuid} PRIMARY KEY NOT NULL,
    customer_id {uuid} NOT NULL REFERENCES company (id),
    -- The reseller itself, or a provider via it.
    partner_id {uuid} NOT NULL REFERENCES partner (id),
    partner_company_id {uuid} NOT NULL REFERENCES company (id),
    via_id {uuid} NOT NULL REFERENCES partner (id),
    via_company_id {uuid} NOT NULL REFERENCES company (id),
    -- What the company called itself when it accepted.
    customer_name TEXT NOT NULL,
    customer_region_code {text} NOT NULL,
    state {text} NOT NULL,
    create_time {time} NOT NULL,
    end_time {time}
){strict};
CREATE UNIQUE INDEX customer_relationship_active ON customer_relationship (customer_id, partner_id, via_id) WHERE state = 'ACTIVE';
CREATE INDEX customer_relationship_by_customer ON customer_relationship (customer_id, partner_id, id);
CREATE INDEX customer_relationship_by_partner ON customer_relationship (partner_company_id, customer_id, id);
CREATE INDEX customer_relationship_by_via ON customer_relationship (via_company_id, customer_id, id);
