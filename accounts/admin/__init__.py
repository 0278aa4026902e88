"""The staff's pages on people: users and their sign-in, accounts that staff have open, and the terms."""

from accounts.admin import people, terms  # noqa: F401  registered by their import
