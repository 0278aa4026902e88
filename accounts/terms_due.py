"""New terms among what is due from a user (§21)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import terms
from accounts.due import Due, due_source
from accounts.models import User


@due_source
def new_terms(user: User, on: date) -> Iterator[Due]:
    """The version in force that the user has not acknowledged; one query."""
    if terms.to_acknowledge(user, on):
        yield Due(_("Read what changed in our terms"), reverse("terms-changes"), why=_("It takes a minute."))
