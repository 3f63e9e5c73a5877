-- Directories that an operator appointed as providers before anybody of theirs called.

-- Its company is there; its first call, by its global admin, is still to come.
ALTER TABLE tenant ADD COLUMN is_awaited {flag} NOT NULL DEFAULT {false};
