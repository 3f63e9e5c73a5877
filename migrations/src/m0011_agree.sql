-- Versions of agreements take effect at their time and may have to be accepted anew; customers accept
-- for themselves; an acceptance keeps all that its evidence says.

-- Which versions took effect and will, so that one row tells where every partner stands.
ALTER TABLE agreement ADD COLUMN course TEXT NOT NULL DEFAULT '{}';
ALTER TABLE agreement_version ADD COLUMN grace_end_time {time};

-- The place of the accepted version in the agreement's course.
ALTER TABLE partner ADD COLUMN accepted_place BIGINT NOT NULL DEFAULT 0;
-- That what was accepted stands no longer is written down.
ALTER TABLE partner ADD COLUMN lapsed {flag} NOT NULL DEFAULT {false};
-- The place of the version that it was last told to accept.
ALTER TABLE partner ADD COLUMN noticed_place BIGINT NOT NULL DEFAULT 0;
ALTER TABLE partner ADD COLUMN declined_version_id {uuid};
ALTER TABLE partner ADD COLUMN decline_time {time};
CREATE INDEX partner_to_lapse ON partner (kind, lapsed, accepted_place, id);
CREATE INDEX partner_to_notice ON partner (kind, noticed_place, id);

-- Which version of the customer agreement the company accepted itself.
ALTER TABLE company ADD COLUMN customer_version_id {uuid};
ALTER TABLE company ADD COLUMN customer_accept_time {time};

-- When an agreement was last shown to a person (A5). No foreign keys: nobody is told of a read.
CREATE TABLE agreement_presentation (
    account_id {uuid} NOT NULL,
    version_id {uuid} NOT NULL,
    present_time {time} NOT NULL,
    PRIMARY KEY (account_id, version_id)
){strict};

-- About how many strangers a company has asked on a day (A7).
CREATE TABLE agreement_check (
    company_id {uuid} NOT NULL,
    day {text} NOT NULL,
    n_asked BIGINT NOT NULL,
    PRIMARY KEY (company_id, day)
){strict};

-- Customers accept too, so that an acceptance is a company's; SQLite changes no column.
CREATE TABLE company_acceptance (
    id {uuid} PRIMARY KEY NOT NULL,
    -- NULL where a customer accepted.
    partner_id {uuid} REFERENCES partner (id),
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
    -- From here on: all that was so at that moment, for the evidence (A5).
    signer_issuer TEXT NOT NULL,
    signer_given_name TEXT NOT NULL,
    signer_family_name TEXT NOT NULL,
    signer_email TEXT NOT NULL,
    company_name TEXT NOT NULL,
    legal_name TEXT NOT NULL,
    region_code {text} NOT NULL,
    partner_number {text} NOT NULL,
    authority_text_sha256 {bytes},
    authority_user_id {uuid},
    authority_time {time},
    present_time {time},
    peer_address TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    -- One effective acceptance (I5).
    UNIQUE (company_id, version_id)
){strict};
INSERT INTO company_acceptance (
    id, partner_id, company_id, version_id, audience, document_sha256, signer_id, signer_session_id,
    signer_roles, signer_auth_time, consent_text_sha256, download_time, accept_time, signer_issuer,
    signer_given_name, signer_family_name, signer_email, company_name, legal_name, region_code,
    partner_number, peer_address, user_agent)
SELECT it.id, it.partner_id, it.company_id, it.version_id, it.audience, it.document_sha256,
    it.signer_id, it.signer_session_id, it.signer_roles, it.signer_auth_time, it.consent_text_sha256,
    it.download_time, it.accept_time, '', account.given_name, account.family_name, account.email,
    company.display_name, '', company.region_code, '', '', ''
FROM acceptance it
JOIN account ON account.id = it.signer_id
JOIN company ON company.id = it.company_id;
DROP TABLE acceptance;
ALTER TABLE company_acceptance RENAME TO acceptance;
CREATE INDEX acceptance_by_company ON acceptance (company_id, id);
CREATE INDEX acceptance_by_partner ON acceptance (partner_id, id);
CREATE INDEX acceptance_by_version ON acceptance (version_id, id);
-- What was attested of a customer, for the customer itself.
CREATE INDEX customer_agreement_by_customer ON customer_agreement (customer_id, id);
