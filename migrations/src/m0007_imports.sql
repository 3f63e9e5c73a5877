-- Imported tables, each in generations of which one is current, and the company register.
-- {serial} {time} {text} {flag} {false} {strict} are spelled per engine by lib.rs.

CREATE TABLE import_generation (
    id {serial},
    kind {text} NOT NULL,
    -- LOADING, CURRENT, REPLACED or ABANDONED.
    state {text} NOT NULL,
    create_time {time} NOT NULL,
    -- From when on it is, or was, current.
    effect_time {time},
    n_rows BIGINT NOT NULL,
    file_name TEXT NOT NULL,
    file_sha256 {text} NOT NULL,
    principal {text} NOT NULL,
    -- Its rows are gone.
    cleared {flag} NOT NULL DEFAULT {false}
){strict};
CREATE INDEX import_generation_by_state ON import_generation (kind, state, id);

CREATE TABLE import_current (
    kind {text} PRIMARY KEY NOT NULL,
    generation BIGINT NOT NULL
){strict};

-- Rows of the small tables, as lines of CSV; `n` is the line in the file.
CREATE TABLE import_row (
    generation BIGINT NOT NULL,
    n BIGINT NOT NULL,
    key {text} NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (generation, n)
){strict};
CREATE UNIQUE INDEX import_row_by_key ON import_row (generation, key);

CREATE TABLE register_company (
    generation BIGINT NOT NULL,
    n BIGINT NOT NULL,
    -- The LEI, else the D-U-N-S number.
    key {text} NOT NULL,
    lei {text} NOT NULL,
    duns_number {text} NOT NULL,
    registration_authority {text} NOT NULL,
    registration_id {text} NOT NULL,
    registration_key {text} NOT NULL,
    name TEXT NOT NULL,
    name_key {text} NOT NULL,
    region_code {text} NOT NULL,
    administrative_area TEXT NOT NULL,
    postal_code TEXT NOT NULL,
    locality TEXT NOT NULL,
    address_line TEXT NOT NULL,
    status {text} NOT NULL,
    PRIMARY KEY (generation, n)
){strict};
CREATE UNIQUE INDEX register_company_by_key ON register_company (generation, key);
CREATE INDEX register_company_by_duns ON register_company (generation, duns_number);
CREATE INDEX register_company_by_registration
    ON register_company (generation, region_code, registration_key);
CREATE INDEX register_company_by_name ON register_company (generation, region_code, name_key);

-- Each different word of each name.
CREATE TABLE register_word (
    generation BIGINT NOT NULL,
    region_code {text} NOT NULL,
    word {text} NOT NULL,
    n BIGINT NOT NULL,
    PRIMARY KEY (generation, region_code, word, n)
){strict};
