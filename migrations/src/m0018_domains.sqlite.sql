UPDATE enrollment SET contact_domain = lower(substr(contact_email, instr(contact_email, '@') + 1)) WHERE contact_email LIKE '%@%';
