-- Keys of a machine come page by page, and those that are good are counted without those that have ended.
CREATE INDEX service_account_key_by_account ON service_account_key (service_account_id, id);
CREATE INDEX service_account_key_live ON service_account_key (service_account_id, expire_time) WHERE revoke_time IS NULL;

-- Who was removed for good is reached by nothing any more: neither a mail nor a token.
DELETE FROM identity WHERE account_id IN (SELECT id FROM account WHERE is_gone);
UPDATE account SET email = '', email_key = '', email_asks = NULL WHERE is_gone;
