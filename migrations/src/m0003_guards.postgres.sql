-- Its check reads where every other writer inserts, and costs them their races.
ALTER TABLE ledger_personal DROP CONSTRAINT ledger_personal_entry_id_fkey;
CREATE FUNCTION is_insert_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the table is insert-only'; END $$;
CREATE TRIGGER acceptance_is_insert_only BEFORE UPDATE OR DELETE ON acceptance
FOR EACH ROW EXECUTE FUNCTION is_insert_only();
CREATE TRIGGER acceptance_is_not_emptied BEFORE TRUNCATE ON acceptance
FOR EACH STATEMENT EXECUTE FUNCTION is_insert_only();
CREATE TRIGGER agreement_document_is_insert_only BEFORE UPDATE OR DELETE ON agreement_document
FOR EACH ROW EXECUTE FUNCTION is_insert_only();
CREATE TRIGGER agreement_document_is_not_emptied BEFORE TRUNCATE ON agreement_document
FOR EACH STATEMENT EXECUTE FUNCTION is_insert_only();
CREATE TRIGGER ledger_is_not_emptied BEFORE TRUNCATE ON ledger
FOR EACH STATEMENT EXECUTE FUNCTION is_insert_only();
