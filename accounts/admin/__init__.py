"""The staff's pages on people: users and their sign-in, and accounts that staff have open."""

from accounts.admin import people  # noqa: F401  registered by its import
