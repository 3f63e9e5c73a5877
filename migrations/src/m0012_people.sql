-- People are managed: where they stood before, names given back, addresses that are one person's.

-- Roles are found by company, too.
CREATE TABLE account_role_of_company (
    account_id {uuid} NOT NULL REFERENCES account (id),
    role {text} NOT NULL,
    company_id {uuid} NOT NULL REFERENCES company (id),
    PRIMARY KEY (account_id, role)
){strict};
INSERT INTO account_role_of_company (account_id, role, company_id)
    SELECT held.account_id, held.role, account.company_id
    FROM account_role held JOIN account ON account.id = held.account_id;
DROP TABLE account_role;
ALTER TABLE account_role_of_company RENAME TO account_role;
CREATE INDEX account_role_by_company ON account_role (company_id, role, account_id);

-- Where a suspended or deleted person goes back to.
ALTER TABLE account ADD COLUMN suspended_from {text};
ALTER TABLE account ADD COLUMN deleted_from {text};
ALTER TABLE account ADD COLUMN delete_time {time};
-- The sign-in name of a deleted person, which is free for another meanwhile; else empty.
ALTER TABLE account ADD COLUMN former_name TEXT NOT NULL DEFAULT '';
-- Can be restored no longer; the row stays for what the person signed and did.
ALTER TABLE account ADD COLUMN is_gone {flag} NOT NULL DEFAULT {false};
-- The address by which no second person of the company can be added; empty claims none.
ALTER TABLE account ADD COLUMN email_key {text} NOT NULL DEFAULT '';
ALTER TABLE account ADD COLUMN email_verify_time {time};
UPDATE account SET email_key = lower(email) WHERE NOT EXISTS (
    SELECT 1 FROM account other WHERE other.company_id = account.company_id
        AND lower(other.email) = lower(account.email) AND other.id <> account.id
);
CREATE UNIQUE INDEX account_email ON account (company_id, email_key) WHERE email_key <> '';
CREATE INDEX account_by_state ON account (company_id, state, id);

-- How often the person was mailed a link for its address, lately.
ALTER TABLE account ADD COLUMN email_asks TEXT;
-- Its second factor, and one that waits to be proven. The keys follow from the key file and these
-- ids; the database holds none.
ALTER TABLE account ADD COLUMN totp_id {uuid};
ALTER TABLE account ADD COLUMN totp_pending_id {uuid};
-- The last time step whose code was used; none before it is good any more.
ALTER TABLE account ADD COLUMN totp_step BIGINT NOT NULL DEFAULT 0;
-- Whether global admins have to have one.
ALTER TABLE company ADD COLUMN totp_required {flag} NOT NULL DEFAULT {false};
-- How the person proved who it is (RFC 8176).
ALTER TABLE session ADD COLUMN amr {text} NOT NULL DEFAULT 'pwd';
ALTER TABLE acceptance ADD COLUMN signer_amr {text} NOT NULL DEFAULT 'pwd';

-- Tries at passwords and codes, per name and per address, by a hash of either.
CREATE TABLE guess (
    key {bytes} PRIMARY KEY NOT NULL,
    n BIGINT NOT NULL,
    first_time {time} NOT NULL,
    last_time {time} NOT NULL
){strict};
CREATE INDEX guess_by_age ON guess (last_time);

-- Whom an operator named as global admin of a company that has none; another one approves.
CREATE TABLE global_admin_proposal (
    company_id {uuid} PRIMARY KEY NOT NULL REFERENCES company (id),
    account_id {uuid} NOT NULL REFERENCES account (id),
    proposer_id {uuid} NOT NULL REFERENCES account (id),
    expire_time {time} NOT NULL
){strict};
