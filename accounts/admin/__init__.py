"""The staff's pages on people: users and their sign-in, accounts that staff have open, and what is told to all."""

from accounts.admin import newsletter, notices, people, terms, usage  # noqa: F401  registered by their import
