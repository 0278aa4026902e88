"""What may be corrected through the helpdesk (§16), declared once: staff choose from it, and nothing else can be.

In it is what a holder sees and cannot change at this moment: of a running account the sign-in addresses and the names
of who cannot get in; of one that is only there to look at also the company. Never in it: issued documents and our own
invoices (§5.2; a credit corrects these), the journal, and days from which terms count: those are what happened.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Account, Company, User
from accounts.models.people import Gender
from cannonworks.countries import countries

Label = str | Promise


def _never(_row: Any) -> bool:
    return False


def _own_name(user: Any) -> bool:
    """Whether somebody changes their own name, on the page for it: who may sign in to an account that runs."""
    return user.account.is_writable and user.is_active


def _own_company(company: Any) -> bool:
    """Whether the main user changes the company's details, on the page for it: in an account that runs."""
    return company.account.is_writable


def _no_choices() -> Mapping[str, Label]:
    return {}


@dataclass(frozen=True)
class Correctable:
    """One field that staff can propose to correct: ``own`` says of a row that its people can change it themselves now.

    ``choices``: the values that it may have with their words, where it has a list of them.
    """

    key: str
    label: Label
    model: type[User] | type[Company]
    field: str
    own: Callable[[Any], bool]
    choices: Callable[[], Mapping[str, Label]] = _no_choices

    def shown(self, value: str) -> str:
        """A value as people read it; of one that is empty, nothing."""
        return str(self.choices().get(value, value))

    def value(self, row: Any) -> str:
        """What the row has now."""
        return str(getattr(row, self.field) or "")

    def checked(self, row: Any, new: str) -> str:
        """``new`` in its one written form, tried on the row, which is not saved. ValidationError when it cannot be."""
        new = new.strip()
        if self.choices() and new not in self.choices():
            raise ValidationError(_("Choose one of: %(values)s.") % {"values": ", ".join(filter(None, self.choices()))})
        setattr(row, self.field, new.lower() if self.key == EMAIL else new)
        try:
            row.full_clean(exclude=None if isinstance(row, Company) else ["password"])
        except ValidationError as error:  # what else is wrong with the row is not what is corrected
            if wrong := error.error_dict.get(self.field):
                raise ValidationError(list(wrong)) from None
        return str(getattr(row, self.field))


EMAIL = "user.email"


def _of_user(field: str, label: Label, **more: Any) -> Correctable:
    return Correctable(f"user.{field}", label, User, field, **{"own": _own_name, **more})


def _of_company(field: str, label: Label, **more: Any) -> Correctable:
    return Correctable(f"company.{field}", label, Company, field, own=_own_company, **more)


CORRECTABLE = (
    # Who changes it alone gets a link at the old and the new one; who lost the mailbox cannot sign in to do so.
    _of_user("email", gettext_lazy("E-mail to sign in with"), own=_never),
    _of_user("first_name", gettext_lazy("First name")),
    _of_user("initials", gettext_lazy("Initials")),
    _of_user("infix", gettext_lazy("Infix")),
    _of_user("last_name", gettext_lazy("Last name")),
    _of_user("gender", gettext_lazy("Gender"), choices=lambda: dict(Gender.choices)),
    _of_company("company_name", gettext_lazy("Company name")),
    _of_company("kvk_number", gettext_lazy("KvK number")),
    _of_company("vat_number", gettext_lazy("VAT identification number")),
    _of_company("email", gettext_lazy("E-mail of the company")),
    _of_company("phone", gettext_lazy("Phone")),
    _of_company("street", gettext_lazy("Street")),
    _of_company("house_number", gettext_lazy("House number")),
    _of_company("postcode", gettext_lazy("Postcode")),
    _of_company("city", gettext_lazy("Town")),
    _of_company("country", gettext_lazy("Country"), choices=lambda: dict(countries())),
)
_by_key = {one.key: one for one in CORRECTABLE}


def correctable(key: str) -> Correctable:
    """The declaration with this key; KeyError when there is none."""
    return _by_key[key]


def rows_of(account: Account) -> list[User | Company]:
    """The rows in which something can be corrected: the company and its users, the main user first."""
    return [Company.objects.get(account=account), *User.objects.filter(account=account).order_by("-is_main", "id")]


def reference_of(row: User | Company) -> UUID:
    """By which a correction names the row: its own reference, or for a company that of its account."""
    return row.reference if isinstance(row, User) else row.account.reference


def name_of(row: User | Company) -> str:
    """Who it is, for people."""
    return row.full_name if isinstance(row, User) else row.company_name
