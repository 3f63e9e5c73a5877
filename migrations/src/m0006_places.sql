-- Association codes, external ids, and the short form of imported members.
-- {uuid} {time} {bytes} {text} {flag} {false} {strict} are spelled per engine by lib.rs.

CREATE TABLE association_code (
    -- The code itself is nowhere: it was in one reply.
    code_sha256 {bytes} PRIMARY KEY NOT NULL,
    number {text} NOT NULL REFERENCES location (number),
    company_id {uuid} NOT NULL REFERENCES company (id),
    create_time {time} NOT NULL,
    expire_time {time} NOT NULL,
    -- Once, by one account.
    use_time {time},
    used_by_id {uuid} REFERENCES partner (id)
){strict};
CREATE INDEX association_code_by_number ON association_code (number);

-- What a company calls things in its own systems; only it sees them.
CREATE TABLE external_id (
    company_id {uuid} NOT NULL REFERENCES company (id),
    -- Resource name of any kind: one table for all that can have ids.
    resource {text} NOT NULL,
    namespace {text} NOT NULL,
    value {text} NOT NULL,
    PRIMARY KEY (company_id, resource, namespace),
    UNIQUE (company_id, namespace, value)
){strict};

ALTER TABLE enrollment ADD COLUMN form {text} NOT NULL DEFAULT 'FULL';
-- Prepared by an operator, not taken over by the company yet (E4).
ALTER TABLE enrollment ADD COLUMN is_prepared {flag} NOT NULL DEFAULT {false};

CREATE INDEX partner_by_kind ON partner (kind, id);
CREATE INDEX relationship_by_provider_pair ON relationship (provider_company_id, reseller_id);
CREATE INDEX relationship_by_reseller_pair ON relationship (reseller_company_id, provider_id);
CREATE INDEX location_by_company ON location (company_id, number);
CREATE INDEX location_by_organisation ON location (organisation_id, number);
