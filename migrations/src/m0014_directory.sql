-- What providers say of themselves to everybody (R1).

CREATE TABLE provider_profile (
    partner_id {uuid} PRIMARY KEY NOT NULL REFERENCES partner (id),
    company_id {uuid} NOT NULL REFERENCES company (id),
    version BIGINT NOT NULL,
    create_time {time} NOT NULL,
    update_time {time} NOT NULL,
    -- Shown while the provider is ACTIVE.
    is_published {flag} NOT NULL,
    email TEXT NOT NULL,
    phone {text} NOT NULL,
    website_uri TEXT NOT NULL,
    description TEXT NOT NULL
){strict};
CREATE INDEX provider_profile_published ON provider_profile (is_published, partner_id);

-- Services, languages and countries of a profile, by which it is found.
CREATE TABLE provider_offer (
    partner_id {uuid} NOT NULL REFERENCES provider_profile (partner_id),
    kind {text} NOT NULL,
    value {text} NOT NULL,
    PRIMARY KEY (partner_id, kind, value)
){strict};
CREATE INDEX provider_offer_by_value ON provider_offer (kind, value, partner_id);
