"""What the account holder writes about a test after its announcement, entered by staff with a scan (§12)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.core.files import File
from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from audits import agreeing, files, running
from audits.locking import locked
from audits.models import Audit, AuditFile, FileKind
from audits.states import AHEAD, AuditState
from cannonworks.deadlines import local_date
from cannonworks.errors import Refused
from cannonworks.uploads import paper


class Says(models.TextChoices):
    """What such a letter says."""

    ACCEPTS = "accepts", gettext_lazy("Agrees to the date that we propose")
    PROPOSES = "proposes", gettext_lazy("Proposes another date")
    WITHDRAWS = "withdraws", gettext_lazy("Withdraws the test")
    STOPS = "stops", gettext_lazy("Ends the running test")


def possible(audit: Audit) -> list[Says]:
    """What a letter can say about a test as it stands now."""
    when = {
        Says.ACCEPTS: audit.is_with_holder,
        Says.PROPOSES: audit.state in agreeing.THEIRS,
        Says.WITHDRAWS: audit.state in AHEAD,
        Says.STOPS: audit.state == AuditState.RUNNING,
    }
    return [says for says, can_be in when.items() if can_be]


@transaction.atomic
def enter(
    audit: Audit, *, actor: User, at: datetime, says: str, received_on: date, scan: File, reason: str = "",
    starts_at: datetime | None = None, ends_at: datetime | None = None,
) -> AuditFile:  # fmt: skip
    """Take the step that the letter asks for as of now, and seal its scan.

    Raises as the step does; Refused for a day before the announcement or still to come, for a scan that is no paper,
    and without a window for ``Says.PROPOSES``.
    """
    audit = locked(audit)
    if not local_date(audit.announced_at) <= received_on <= local_date(at):
        words = _("The letter came in after the announcement, and today at the latest. Look at the day.")
        raise Refused("not_its_day", words, clause="12")
    content, ending = paper(scan, clause="12")
    by: dict[str, Any] = {"actor": actor, "at": at, "by_letter": True}
    match Says(says):
        case Says.ACCEPTS:
            agreeing.accept(audit, **by)
        case Says.PROPOSES:
            if starts_at is None or ends_at is None:
                raise Refused("no_window", _("Fill in when the test begins and ends, as the letter says."), clause="12")
            agreeing.propose(audit, starts_at=starts_at, ends_at=ends_at, reason=reason, **by)
        case Says.WITHDRAWS:
            agreeing.withdraw(audit, why=reason, **by)
        case Says.STOPS:
            running.stop(audit, why=reason, **by)
    return files.keep(audit, FileKind.ANSWER, content, ending=ending, actor=actor, at=at, event="audit.answer_kept")
