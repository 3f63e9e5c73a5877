-- People of external directories: which company a directory is, and who is who to its issuer.

-- One company a directory, one directory a company.
CREATE TABLE tenant (
    issuer {text} NOT NULL,
    tenant_id {text} NOT NULL,
    company_id {uuid} NOT NULL UNIQUE REFERENCES company (id),
    create_time {time} NOT NULL,
    PRIMARY KEY (issuer, tenant_id)
){strict};

-- One person an identity, one identity a person.
CREATE TABLE identity (
    issuer {text} NOT NULL,
    subject {text} NOT NULL,
    account_id {uuid} NOT NULL UNIQUE REFERENCES account (id),
    create_time {time} NOT NULL,
    PRIMARY KEY (issuer, subject)
){strict};

-- Tokens of its issuer that were made at this moment or before it are good no longer.
ALTER TABLE account ADD COLUMN tokens_end_time {time};

-- Who signed, as the issuer calls it; empty for people of the local directory, who are called by
-- their sign-in name.
ALTER TABLE acceptance ADD COLUMN signer_subject {text} NOT NULL DEFAULT '';
