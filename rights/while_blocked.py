"""What users of a blocked account reach besides the ways out (§15): requests, and whom a blocking one is about.

The person's own pages alone, to look at, change, restrict, lift and erase, and the same in the API. Who that is,
is said on the page of the request, where candidates and a search are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from accounts.models import Account
from cannonworks.blocking import Needed, stays_open
from relations.models import PersonKind
from rights.models import SubjectRequest

stays_open("requests", "request", "request-choose", "request-finish")
stays_open("api-requests", "api-request", "api-request-choose", "api-request-finish")


def about(kind: str) -> Needed:
    """Whether a page is that of somebody of this kind whom a blocking request of the account is about; one query."""

    def needed(account: Account, arguments: Mapping[str, Any]) -> bool:
        rows = SubjectRequest.objects.blocking(account)
        return rows.filter(person_kind=kind, person=arguments["reference"]).exists()

    return needed


for kind in PersonKind.values:
    pages = (kind, *(f"{kind}-{act}" for act in ("change", "restrict", "erase")))
    stays_open(*pages, f"api-{kind}", f"api-{kind}-restriction", when=about(kind))
