"""The staff's pages on people: users and their sign-in, and accounts that staff have open."""

from accounts.admin import people, usage  # noqa: F401  registered by their import
