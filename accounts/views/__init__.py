"""Pages of accounts, by what they are about; those of sign-in are in ``accounts.security``."""
