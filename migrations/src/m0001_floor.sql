-- Companies, people, sessions, the ledger and the memory of repeated calls.
-- {uuid} {time} {bytes} {text} {flag} {serial} {strict} are spelled per engine by lib.rs.

CREATE TABLE company (
    id {uuid} PRIMARY KEY NOT NULL,
    version BIGINT NOT NULL,
    create_time {time} NOT NULL,
    update_time {time} NOT NULL,
    display_name TEXT NOT NULL,
    region_code {text} NOT NULL,
    -- Domain in the local directory; NULL for the vendor's own company and for external tenants.
    domain {text} UNIQUE,
    -- The guard of U3, kept with every change of a user: no write has to count.
    n_global_admins BIGINT NOT NULL
){strict};

CREATE TABLE account (
    id {uuid} PRIMARY KEY NOT NULL,
    company_id {uuid} NOT NULL REFERENCES company (id),
    version BIGINT NOT NULL,
    create_time {time} NOT NULL,
    update_time {time} NOT NULL,
    state {text} NOT NULL,
    sign_in_name {text} NOT NULL UNIQUE,
    given_name TEXT NOT NULL,
    family_name TEXT NOT NULL,
    email TEXT NOT NULL,
    language_code {text} NOT NULL,
    password_hash TEXT NOT NULL,
    -- Set while the password is a one-time password (U7).
    one_time_expire_time {time}
){strict};
CREATE INDEX account_by_company ON account (company_id, id);

CREATE TABLE account_role (
    account_id {uuid} NOT NULL REFERENCES account (id),
    role {text} NOT NULL,
    PRIMARY KEY (account_id, role)
){strict};

CREATE TABLE session (
    id {uuid} PRIMARY KEY NOT NULL,
    token_sha256 {bytes} NOT NULL UNIQUE,
    account_id {uuid} NOT NULL REFERENCES account (id),
    auth_time {time} NOT NULL,
    expire_time {time} NOT NULL,
    end_time {time}
){strict};
CREATE INDEX session_by_account ON session (account_id);

CREATE TABLE ledger (
    -- Causal order: given by the database, in the transaction of the change.
    seq {serial},
    id {uuid} NOT NULL UNIQUE,
    company_id {uuid} NOT NULL,
    create_time {time} NOT NULL,
    actor_kind {text} NOT NULL,
    actor_principal {text} NOT NULL,
    actor_company_id {uuid},
    credential {text} NOT NULL,
    auth_time {time},
    method {text} NOT NULL,
    request_id {text} NOT NULL,
    subject {text} NOT NULL,
    event {bytes} NOT NULL,
    personal_commitment {bytes} NOT NULL
){strict};
CREATE INDEX ledger_by_company ON ledger (company_id, seq);
CREATE INDEX ledger_by_subject ON ledger (company_id, subject, seq);

-- Names, addresses and the like: erasable, while the entry keeps their salted commitment.
CREATE TABLE ledger_personal (
    entry_id {uuid} PRIMARY KEY NOT NULL REFERENCES ledger (id),
    salt {bytes} NOT NULL,
    body {bytes} NOT NULL
){strict};

CREATE TABLE idempotency (
    key {bytes} PRIMARY KEY NOT NULL,
    fingerprint {bytes} NOT NULL,
    reply {bytes} NOT NULL,
    create_time {time} NOT NULL
){strict};
CREATE INDEX idempotency_by_time ON idempotency (create_time);
