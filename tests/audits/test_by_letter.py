"""What the account holder writes about a test, entered by staff; and a running test that ends early (§12)."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import datetime, timedelta

import pytest

from accounts.models import PlannedMail
from audits import agreeing, by_letter, files, preserving, running
from audits.models import FileKind, Proposal
from cannonworks.deadlines import local_date
from journal.models import Entry
from tests import tested
from tests.cast import member
from tests.refusals import refused
from tests.tested import ANNOUNCED, ENDS, STARTS, WEEK

pytestmark = [pytest.mark.django_db, pytest.mark.clause("12")]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
AT = ANNOUNCED + DAY


def enter(audit, actor, says, *, at=AT, **said):
    return by_letter.enter(
        audit, actor=actor, at=at, says=says, received_on=local_date(at), scan=tested.file(), **said
    )  # fmt: skip


@pytest.fixture
def offered(account, staff):
    """A test of which we propose another date."""
    audit = tested.announced(account)
    return agreeing.propose(
        audit, actor=staff, at=ANNOUNCED + HOUR, starts_at=STARTS + WEEK, ends_at=ENDS + WEEK, reason="Onderhoud"
    )


def test_a_letter_agrees_to_our_date(offered, staff):
    kept = enter(offered, staff, "accepts")
    assert tested.fresh(offered).state == "agreed"
    assert files.opened(kept) == tested.PDF
    assert files.latest(offered, FileKind.LETTER) != kept
    told = Entry.objects.filter(event__in=("audit.agreed", "audit.answer_kept")).order_by("id")
    assert [(entry.event, entry.actor_reference) for entry in told] == [
        ("audit.agreed", staff.reference), ("audit.answer_kept", staff.reference),
    ]  # fmt: skip


def test_a_letter_proposes_another_date_as_the_account_holder(offered, staff):
    with refused("no_window"):
        enter(offered, staff, "proposes")
    enter(offered, staff, "proposes", starts_at=STARTS + 2 * WEEK, ends_at=ENDS + 2 * WEEK)
    audit = tested.fresh(offered)
    assert (audit.state, audit.starts_at) == ("countered", STARTS + 2 * WEEK)
    assert Proposal.objects.filter(audit=audit).latest("id").is_ours is False


def test_a_letter_withdraws_it(account, staff):
    audit = tested.ready(account)
    enter(audit, staff, "withdraws", at=STARTS - DAY, reason="De tester is ziek.")
    audit = tested.fresh(audit)
    assert (audit.state, audit.why) == ("withdrawn", "De tester is ziek.")


def test_a_letter_says_only_what_can_be(offered, holder, staff):
    assert by_letter.possible(offered) == ["accepts", "proposes", "withdraws"]
    with refused("no_such_step"):
        enter(offered, staff, "stops")
    for actor, code in ((holder, "not_staff"), (member("Support"), "no_such_role")):
        with refused(code):
            enter(offered, actor, "withdraws")
    for day in (local_date(ANNOUNCED) - DAY, local_date(AT) + DAY):
        with refused("not_its_day"):
            by_letter.enter(offered, actor=staff, at=AT, says="withdraws", received_on=day, scan=tested.file())
    with refused("no_paper"):
        by_letter.enter(
            offered, actor=staff, at=AT, says="withdraws", received_on=local_date(AT), scan=tested.file(b"MZ")
        )
    assert tested.fresh(offered).state == "offered"


def test_staff_do_not_withdraw_of_themselves(account, staff):
    with refused("not_main_user"):
        agreeing.withdraw(tested.announced(account), actor=staff, at=AT)


# --- Ending one that runs ---------------------------------------------------------------------------------------------


def test_the_main_user_ends_a_running_test_and_its_logs_are_of_what_was(account, holder, colleague):
    audit = tested.running_one(account)
    with refused("not_main_user"):
        running.stop(audit, actor=colleague, at=STARTS + HOUR)
    done = running.stop(audit, actor=holder, at=STARTS + DAY)
    assert (done.state, done.ended_at, done.ends_at) == ("ended", STARTS + DAY, STARTS + DAY)
    assert Proposal.objects.get(audit=audit).ends_at == ENDS
    told = PlannedMail.objects.filter(template__endswith="_stopped").values_list("template", flat=True)
    assert set(told) == {"audits/holder_stopped", "audits/staff_stopped", "audits/tester_stopped"}
    running.tend(at=STARTS + DAY + HOUR)
    done = tested.fresh(audit)
    assert done.preserved_at == STARTS + DAY + HOUR
    with zipfile.ZipFile(io.BytesIO(files.opened(files.latest(done, FileKind.LOGS)))) as archive:
        window = json.loads(archive.read(preserving.MANIFEST))["window"]
    assert (
        datetime.fromisoformat(window["ends_at"]) == datetime.fromisoformat(window["preserved_up_to"]) == STARTS + DAY
    )
    assert running.tend(at=ENDS + DAY) == 0


def test_we_end_it_for_a_reason(account, staff):
    audit = tested.running_one(account)
    with refused("say_why"):
        running.stop(audit, actor=staff, at=STARTS + HOUR, why=" ")
    done = running.stop(audit, actor=staff, at=STARTS + HOUR, why="De dienst viel uit.")
    assert done.why == "De dienst viel uit."
    (entry,) = Entry.objects.filter(event="audit.stopped")
    assert (entry.facts["by_us"], entry.clause) == (True, "12")


def test_a_letter_ends_it(account, staff):
    audit = tested.running_one(account)
    assert by_letter.possible(audit) == ["stops"]
    enter(audit, staff, "stops", at=STARTS + HOUR)
    assert tested.fresh(audit).state == "ended"
    assert Entry.objects.get(event="audit.stopped").facts["by_us"] is False


@pytest.mark.parametrize("step", [tested.ready, tested.ended])
def test_only_a_running_test_is_ended(account, holder, step):
    with refused("no_such_step"):
        running.stop(step(account), actor=holder, at=ENDS)
