"""The clock of who is in a project and has not signed (§8, §10)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from board.running import Clocks, Urgency
from cannonworks import clocks
from cannonworks.clocks import kinds_for
from cannonworks.isolation import Identity, acting_as
from processors.models import Helper
from tests import registers
from tests.cast import member

pytestmark = [pytest.mark.django_db, pytest.mark.clause("8"), pytest.mark.clause("10")]
DAY = timedelta(days=1)


def lines(at):
    return [row for row in Clocks(clocks.kinds(), at).first(99) if row.name == "helper_statement"]


def test_who_has_not_signed_has_a_clock_until_the_first_project_begins():
    house, now, officer = registers.house(), timezone.now(), member("Privacy officer")
    signed, new = registers.helper(house), registers.helper(house, is_bound=False)
    registers.helper(house, is_bound=False)  # in no project
    registers.project(house, new, starts_at=now - 9 * DAY, ends_at=now - DAY)  # over
    assert lines(now) == []
    registers.project(house, signed, new, starts_at=now + 9 * DAY, ends_at=now + 20 * DAY)
    first = registers.project(house, signed, new, starts_at=now + DAY, ends_at=now + 2 * DAY)
    with acting_as(Identity("staff", None, officer.pk)):
        (line,) = lines(now)
    assert (line.reference, line.account, line.due_at) == (str(new.user.reference), None, first.starts_at)
    assert line.start == first.starts_at - 14 * DAY
    assert line.address == f"/admin/processors/helper/{new.pk}/change/"
    assert "helper_statement" in [kind.name for kind in kinds_for(officer)]
    assert "helper_statement" not in [kind.name for kind in kinds_for(member("Support"))]


@pytest.mark.parametrize("ends", ["signs", "leaves", "ended"])
def test_the_clock_stops_when_it_is_signed_or_they_left(ends):
    house, now = registers.house(), timezone.now()
    helper = registers.helper(house, is_bound=False)
    registers.project(house, helper, starts_at=now - DAY, ends_at=now + DAY)
    (line,) = lines(now)
    assert line.urgency == Urgency.PAST
    statement = registers.bound(helper.user)
    assert lines(now) == []
    if ends == "ended":
        statement.ended_on = timezone.localdate()
        statement.save()
        assert len(lines(now)) == 1  # what has ended counts no more
    if ends == "leaves":
        statement.delete()
        Helper.objects.update(ended_at=now)
        assert lines(now) == []
