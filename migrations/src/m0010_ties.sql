-- Invitations are sent again and declined; customers and partners part.

ALTER TABLE invitation ADD COLUMN n_resends BIGINT NOT NULL DEFAULT 0;
-- When its mail was last sent; none: when it was made.
ALTER TABLE invitation ADD COLUMN send_time {time};
ALTER TABLE invitation ADD COLUMN end_time {time};
-- Of the address, to find what a company that proved its domain was asked (R4).
ALTER TABLE invitation ADD COLUMN email_domain {text} NOT NULL DEFAULT '';
ALTER TABLE customer_invitation ADD COLUMN n_resends BIGINT NOT NULL DEFAULT 0;
ALTER TABLE customer_invitation ADD COLUMN send_time {time};
ALTER TABLE customer_invitation ADD COLUMN end_time {time};

-- Which address declined when (R2).
CREATE INDEX invitation_declined ON invitation (provider_id, named_number, email_key, end_time) WHERE state = 'DECLINED';
CREATE INDEX invitation_by_domain ON invitation (provider_id, email_domain, id) WHERE state = 'PENDING';
-- Whom a provider invited by PartnerID.
CREATE INDEX invitation_by_number ON invitation (named_number, id) WHERE named_number <> '';
-- What ends with a relationship (M6).
CREATE INDEX customer_invitation_of_pair ON customer_invitation (reseller_id, provider_id, id) WHERE state = 'PENDING';
-- What ends with the reseller's row (M8).
CREATE INDEX customer_relationship_via ON customer_relationship (customer_id, via_id, id) WHERE state = 'ACTIVE';
-- How far the newest mail of a thing has come.
CREATE INDEX link_by_subject ON link (subject_id, purpose, id);
