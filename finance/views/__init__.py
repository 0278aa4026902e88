"""Pages of quotes and invoices, for every user of the account."""
