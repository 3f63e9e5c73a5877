CREATE TRIGGER acceptance_is_insert_only BEFORE UPDATE OR DELETE ON acceptance
FOR EACH ROW EXECUTE FUNCTION is_insert_only();
CREATE TRIGGER acceptance_is_not_emptied BEFORE TRUNCATE ON acceptance
FOR EACH STATEMENT EXECUTE FUNCTION is_insert_only();
