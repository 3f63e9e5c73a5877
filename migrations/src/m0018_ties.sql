-- What ends with a relationship goes in batches, and what has ended stays as it was.

-- The relationship that it stands on; none: it was over before this was kept.
ALTER TABLE customer_invitation ADD COLUMN relationship_id {uuid};
UPDATE customer_invitation SET relationship_id = (
    SELECT it.id FROM relationship it
     WHERE it.provider_id = customer_invitation.provider_id
       AND it.reseller_id = customer_invitation.reseller_id
       AND it.state <> 'ENDED')
 WHERE state = 'PENDING';
DROP INDEX customer_invitation_of_pair;
CREATE INDEX customer_invitation_of_relationship ON customer_invitation (relationship_id, id) WHERE state = 'PENDING';

-- Whose PartnerID an invitation waits for (R2).
CREATE INDEX invitation_waiting ON invitation (named_number, id) WHERE named_number <> '' AND state = 'PENDING';
-- Which address declined when, whatever PartnerID was named (R2).
DROP INDEX invitation_declined;
CREATE INDEX invitation_declined ON invitation (provider_id, email_key, end_time) WHERE state = 'DECLINED';

-- How many a company made on a day (UTC).
CREATE TABLE invitation_day (
    company_id {uuid} NOT NULL REFERENCES company (id),
    day {text} NOT NULL,
    n_made BIGINT NOT NULL,
    PRIMARY KEY (company_id, day)
){strict};

-- The parties as they were at the end (R7, R13); none: it goes on, or ended before this was kept.
ALTER TABLE relationship ADD COLUMN provider_then TEXT;
ALTER TABLE relationship ADD COLUMN reseller_then TEXT;
ALTER TABLE customer_relationship ADD COLUMN partner_then TEXT;

-- Of the contact's address, to find whose domain it is (R4).
ALTER TABLE enrollment ADD COLUMN contact_domain {text} NOT NULL DEFAULT '';
CREATE INDEX enrollment_by_contact_domain ON enrollment (contact_domain, partner_id) WHERE contact_domain <> '';
CREATE INDEX account_by_email ON account (email_key, company_id) WHERE email_key <> '';
