"""What data subjects ask, in the words of whoever has to do it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from rights.models import SubjectRequest, Wish


@dataclass(frozen=True)
class Words:
    """The title of a request, with its requester's name; what to do, on which page of the person, by which link."""

    title: str | Promise
    what_to_do: str | Promise
    page: str
    link: str | Promise


WORDS: Mapping[str, Words] = {
    Wish.CHANGE: Words(
        _("%(name)s asks you to change something"),
        _("Change what is asked. Quotes and invoices that were issued keep what stood on them."),
        "change",
        _("Change the details"),
    ),
    Wish.RESTRICT: Words(
        _("%(name)s asks you to restrict the use of their data"),
        _("Restrict them: the data are kept, and nothing else is done with them until the restriction is lifted."),
        "restrict",
        _("Restrict"),
    ),
    Wish.LIFT: Words(
        _("%(name)s asks you to lift a restriction"),
        _("Lift the restriction: after that the data can be worked with again."),
        "restrict",
        _("Lift the restriction"),
    ),
    Wish.ERASE: Words(
        _("%(name)s asks you to erase their data"),
        _("Erase them. Quotes and invoices that were issued keep the name and address on them, as the law demands."),
        "erase",
        _("Erase"),
    ),
    Wish.INFORM: Words(
        _("%(name)s asks what is done with their data"),
        _("Tell them what you keep of them and why."),
        "",
        "",
    ),
}


def title_of(request: SubjectRequest) -> str:
    """ "Bram Smit asks you to change something", in the reader's language."""
    return str(WORDS[request.wish].title) % {"name": request.name}
