-- Partners and their enrolments. {uuid} {time} {text} {flag} {strict} are spelled by lib.rs.

CREATE TABLE partner (
    id {uuid} PRIMARY KEY NOT NULL,
    -- One partner per company (E4).
    company_id {uuid} NOT NULL UNIQUE REFERENCES company (id),
    version BIGINT NOT NULL,
    create_time {time} NOT NULL,
    update_time {time} NOT NULL,
    kind {text} NOT NULL
){strict};

CREATE TABLE enrollment (
    partner_id {uuid} PRIMARY KEY NOT NULL REFERENCES partner (id),
    company_id {uuid} NOT NULL REFERENCES company (id),
    version BIGINT NOT NULL,
    create_time {time} NOT NULL,
    update_time {time} NOT NULL,
    state {text} NOT NULL,
    starter_id {uuid} NOT NULL REFERENCES account (id),
    -- Empty text is a part not given yet.
    legal_name TEXT NOT NULL,
    address TEXT,
    address_choice {text} NOT NULL,
    registration_id_type {text} NOT NULL,
    registration_id {text} NOT NULL,
    duns_number {text} NOT NULL,
    contact_given_name TEXT NOT NULL,
    contact_family_name TEXT NOT NULL,
    contact_email TEXT NOT NULL,
    contact_phone {text} NOT NULL,
    contact_language_code {text} NOT NULL,
    support_email TEXT NOT NULL,
    support_phone {text} NOT NULL,
    support_website_uri TEXT NOT NULL,
    -- Set by the first submission, which also freezes the company's country (C2).
    submit_time {time}
){strict};
CREATE INDEX enrollment_by_company ON enrollment (company_id, partner_id);
CREATE INDEX enrollment_by_state ON enrollment (state, partner_id);
