UPDATE enrollment SET contact_domain = lower(split_part(contact_email, '@', 2)) WHERE contact_email LIKE '%@%';
