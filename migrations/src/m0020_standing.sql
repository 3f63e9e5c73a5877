-- Lists by an index of what they show: what a page costs does not depend on how much has ended.

CREATE INDEX relationship_standing_by_id ON relationship (id) WHERE state <> 'ENDED';
CREATE INDEX relationship_standing_by_provider ON relationship (provider_company_id, id) WHERE state <> 'ENDED';
CREATE INDEX relationship_standing_by_reseller ON relationship (reseller_company_id, id) WHERE state <> 'ENDED';
-- Of a company with one partner, and of a partner with everybody.
CREATE INDEX relationship_of_provider ON relationship (provider_company_id, reseller_id, id);
CREATE INDEX relationship_of_reseller ON relationship (reseller_company_id, provider_id, id);
CREATE INDEX relationship_with_provider ON relationship (provider_id, id);
CREATE INDEX relationship_with_reseller ON relationship (reseller_id, id);

CREATE INDEX customer_relationship_active_by_partner ON customer_relationship (partner_company_id, customer_id, id) WHERE state = 'ACTIVE';
CREATE INDEX customer_relationship_active_by_via ON customer_relationship (via_company_id, customer_id, id) WHERE state = 'ACTIVE';
CREATE INDEX customer_relationship_active_by_customer ON customer_relationship (customer_id, id) WHERE state = 'ACTIVE';

CREATE INDEX invitation_of_provider ON invitation (provider_company_id, state, id);
CREATE INDEX invitation_of_reseller ON invitation (reseller_company_id, state, id);
-- What is over, before its timer has said so.
CREATE INDEX invitation_over_by_provider ON invitation (provider_company_id, expire_time) WHERE state = 'PENDING';

CREATE INDEX customer_invitation_of_reseller ON customer_invitation (reseller_company_id, state, id);
CREATE INDEX customer_invitation_of_provider ON customer_invitation (provider_company_id, state, id);
CREATE INDEX customer_invitation_over_by_reseller ON customer_invitation (reseller_company_id, expire_time) WHERE state = 'PENDING';
CREATE INDEX customer_invitation_over_by_provider ON customer_invitation (provider_company_id, expire_time) WHERE state = 'PENDING';
