-- How the contact is asked, who said that it was not they, and who asked for haste.

-- The mails of the last day that asked the contact.
ALTER TABLE enrollment ADD COLUMN asks TEXT;
-- Addresses that may not be the contact's.
ALTER TABLE enrollment ADD COLUMN disowned TEXT;
-- Set while a "not me" is why action is required.
ALTER TABLE enrollment ADD COLUMN disown_time {time};
-- When the company last asked for haste in this review.
ALTER TABLE enrollment ADD COLUMN escalate_time {time};
