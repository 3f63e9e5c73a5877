CREATE TRIGGER acceptance_is_not_updated BEFORE UPDATE ON acceptance
BEGIN SELECT RAISE(ABORT, 'an acceptance is insert-only'); END;
CREATE TRIGGER acceptance_is_not_deleted BEFORE DELETE ON acceptance
BEGIN SELECT RAISE(ABORT, 'an acceptance is insert-only'); END;
