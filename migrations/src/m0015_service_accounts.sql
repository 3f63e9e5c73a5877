-- Machines act for companies, by keys whose private half never comes here.

CREATE TABLE service_account (
    id {uuid} PRIMARY KEY NOT NULL,
    company_id {uuid} NOT NULL REFERENCES company (id),
    version BIGINT NOT NULL,
    create_time {time} NOT NULL,
    update_time {time} NOT NULL,
    state {text} NOT NULL,
    display_name TEXT NOT NULL,
    -- Never more than a dozen, and never read but all together.
    roles {text} NOT NULL,
    -- Whom mails about its acts go to.
    maker_id {uuid} NOT NULL REFERENCES account (id)
){strict};
CREATE INDEX service_account_by_company ON service_account (company_id, id);

CREATE TABLE service_account_key (
    id {uuid} PRIMARY KEY NOT NULL,
    service_account_id {uuid} NOT NULL REFERENCES service_account (id),
    company_id {uuid} NOT NULL REFERENCES company (id),
    create_time {time} NOT NULL,
    expire_time {time} NOT NULL,
    revoke_time {time},
    algorithm {text} NOT NULL,
    -- RFC 7638; a key that was revoked does not come back.
    thumbprint {text} NOT NULL,
    -- SubjectPublicKeyInfo, in DER.
    public_key {bytes} NOT NULL,
    UNIQUE (service_account_id, thumbprint)
){strict};
