"""Corrections: nothing changes before the main user said yes, nor after the clock, whoever writes it how (§16)."""

from __future__ import annotations

import threading
from datetime import date, datetime, timedelta
from functools import partial

import pytest
from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.db import IntegrityError, ProgrammingError, connection, transaction

from accounts import outbox, signing_in
from accounts import support as opening
from accounts.due import due_from
from accounts.models import Account, Company, PlannedMail, Session, User
from accounts.services import cancel_account
from accounts.states import State
from cannonworks import isolation
from cannonworks.deadlines import AMSTERDAM, start_of_day
from cannonworks.errors import Refused
from journal.models import Entry
from rights import corrections
from rights.correctable import CORRECTABLE
from rights.models import Correction, CorrectionWords
from rights.states import CORRECTION_STEPS, CorrectionState
from tests.cast import member
from tests.factories import AccountFactory, ColleagueFactory, StaffFactory
from tests.lives import age, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.clause("16")]
#: A Tuesday; 14 days later the clock has been put back (25 October 2026).
AT = datetime(2026, 10, 20, 14, 0, tzinfo=AMSTERDAM)
END = datetime(2026, 11, 4, 0, 0, tzinfo=AMSTERDAM)
INSTANT = timedelta(microseconds=1)
NEW = "tim@nieuw.example"


@pytest.fixture
def clerk(db) -> User:
    return StaffFactory()


@pytest.fixture
def colleague(account, clerk) -> User:
    opening.open_account(account, actor=clerk, ticket="T-7", reason="Postvak kwijt", at=AT - timedelta(minutes=5))
    return ColleagueFactory(account=account, email="tim@oud.example")


def propose(user, *, actor, new=NEW, what="user.email", of=None, at=AT) -> Correction:
    return corrections.propose_correction(
        user.account, actor=actor, what=what, of=of or user.reference, new=new, why="Postvak kwijt", at=at
    )


def apply(correction, *, actor, at) -> Correction:
    """As a member of staff does, with the account open."""
    access = opening.SupportAccess.objects.of(actor).filter(account=correction.account, closed_at=None)
    if not access.running(at).exists():
        opening.open_account(correction.account, actor=actor, ticket="T-7", reason="Toepassen", at=at)
    return corrections.apply_correction(correction, actor=actor, at=at)


def refusal(service, *args, **kwargs) -> str:
    with pytest.raises(Refused) as caught, transaction.atomic():
        service(*args, **kwargs)
    return caught.value.code


def events(account) -> list[str]:
    entries = Entry.objects.filter(account_reference=account.reference, event__startswith="correction.")
    return list(entries.order_by("id").values_list("event", flat=True))


def test_a_correction_goes_from_staff_over_the_main_user_to_the_row(colleague, clerk, holder):
    signing_in.adopt_address(colleague)
    sign_in(colleague)
    found = propose(colleague, actor=clerk)
    assert (found.state, found.ticket, found.expires_at, str(found.label)) == (
        "proposed", "T-7", END, "E-mail om mee in te loggen"
    )  # fmt: skip
    assert (found.words.whose, found.words.old, found.words.new) == ("Tim Bakker", "tim@oud.example", NEW)
    assert refusal(apply, found, actor=clerk, at=AT) == "not_confirmed"
    found = corrections.confirm_correction(found, actor=holder, at=AT + timedelta(days=1))
    assert (found.state, found.decided_by, found.expires_at) == ("confirmed", holder.reference, END + timedelta(days=1))
    colleague.refresh_from_db()
    assert colleague.email == "tim@oud.example"  # agreeing is not applying
    done = apply(found, actor=clerk, at=AT + timedelta(days=2))
    colleague.refresh_from_db()
    assert (done.state, done.applied_by, colleague.email) == ("applied", clerk, NEW)
    assert list(EmailAddress.objects.filter(user=colleague).values_list("email", "verified", "primary")) == [
        (NEW, True, True)
    ]
    assert not Session.objects.filter(user=colleague).exists()
    assert events(colleague.account) == ["correction.proposed", "correction.confirmed", "correction.applied"]
    entries = Entry.objects.filter(account_reference=colleague.account.reference)
    told = str(list(entries.values_list("facts", flat=True)))
    assert "nieuw.example" not in told
    assert "oud.example" not in told


@pytest.mark.parametrize(
    ("at", "end"),
    [
        (AT, END),  # over the end of summer time
        (datetime(2026, 3, 20, 23, 59, 59, tzinfo=AMSTERDAM), datetime(2026, 4, 4, 0, 0, tzinfo=AMSTERDAM)),
        (datetime(2026, 12, 24, 0, 0, tzinfo=AMSTERDAM), datetime(2027, 1, 8, 0, 0, tzinfo=AMSTERDAM)),
        (datetime(2028, 2, 15, 12, 0, tzinfo=AMSTERDAM), datetime(2028, 3, 1, 0, 0, tzinfo=AMSTERDAM)),
    ],
)
def test_fourteen_days_are_counted_as_the_agreement_counts_days(account, clerk, holder, at, end):
    opening.open_account(account, actor=clerk, ticket="T-7", reason="Vraag", at=at)
    found = propose(ColleagueFactory(account=account), actor=clerk, at=at)
    assert found.expires_at == end
    assert refusal(corrections.confirm_correction, found, actor=holder, at=end) == "lapsed"
    assert refusal(corrections.refuse_correction, found, actor=holder, at=end) == "lapsed"
    assert corrections.lapse_corrections(at=end - INSTANT) == 0
    assert corrections.confirm_correction(found, actor=holder, at=end - INSTANT).state == "confirmed"


def test_what_nobody_decided_on_lapses_at_its_end_and_changes_nothing(colleague, clerk, holder):
    found = propose(colleague, actor=clerk)
    assert [corrections.lapse_corrections(at=at) for at in (END - INSTANT, END, END)] == [0, 1, 0]
    found.refresh_from_db()
    assert (found.state, found.ended_at) == ("lapsed", END)
    assert refusal(corrections.confirm_correction, found, actor=holder, at=AT) == "no_such_step"
    assert refusal(apply, found, actor=clerk, at=AT) == "no_such_step"
    assert User.objects.get(pk=colleague.pk).email == "tim@oud.example"
    assert propose(colleague, actor=clerk).state == "proposed"  # and it can be proposed anew


def test_what_was_confirmed_is_applied_within_fourteen_days_of_that_or_not_at_all(colleague, clerk, holder):
    found = corrections.confirm_correction(propose(colleague, actor=clerk), actor=holder, at=END - INSTANT)
    end = datetime(2026, 11, 18, tzinfo=AMSTERDAM)
    assert found.expires_at == end
    assert refusal(apply, found, actor=clerk, at=end) == "lapsed"
    assert corrections.lapse_corrections(at=end - INSTANT) == 0
    with transaction.atomic():
        apply(found, actor=clerk, at=end - INSTANT)
        assert User.objects.get(pk=colleague.pk).email == NEW
        transaction.set_rollback(True)
    assert corrections.lapse_corrections(at=end) == 1
    assert refusal(apply, found, actor=clerk, at=end - INSTANT) == "no_such_step"


def test_what_was_refused_or_withdrawn_changes_nothing_for_ever(colleague, clerk, holder):
    for end, actor in ((corrections.refuse_correction, holder), (corrections.withdraw_correction, clerk)):
        found = end(propose(colleague, actor=clerk), actor=actor, at=AT)
        assert found.ended_at == AT
        for again, who in ((corrections.confirm_correction, holder), (apply, clerk)):
            assert refusal(again, found, actor=who, at=AT) == "no_such_step"
    assert User.objects.get(pk=colleague.pk).email == "tim@oud.example"


def test_only_the_main_user_decides_and_only_staff_propose_and_apply(colleague, clerk, holder, outsider):
    for actor in (holder, colleague, outsider):
        assert refusal(propose, colleague, actor=actor) == "not_staff"
    found = propose(colleague, actor=clerk)
    for actor in (colleague, outsider, clerk):
        assert refusal(corrections.confirm_correction, found, actor=actor, at=AT) == "not_main_user"
        assert refusal(corrections.refuse_correction, found, actor=actor, at=AT) == "not_main_user"
    corrections.confirm_correction(found, actor=holder, at=AT)
    for actor in (holder, colleague, outsider):
        assert refusal(corrections.apply_correction, found, actor=actor, at=AT) == "not_staff"


def test_staff_propose_and_apply_only_while_they_have_the_account_open(colleague, clerk, holder):
    other = member("Support")
    assert refusal(propose, colleague, actor=other) == "not_open"
    found = corrections.confirm_correction(propose(colleague, actor=clerk), actor=holder, at=AT)
    assert refusal(corrections.apply_correction, found, actor=other, at=AT) == "not_open"
    late = AT + timedelta(hours=2)
    assert refusal(corrections.apply_correction, found, actor=clerk, at=late) == "not_open"


def test_what_changed_in_the_meantime_is_not_overwritten(colleague, clerk, holder):
    found = corrections.confirm_correction(propose(colleague, actor=clerk), actor=holder, at=AT)
    User.objects.filter(pk=colleague.pk).update(email="tim@zelf.example")
    assert refusal(apply, found, actor=clerk, at=AT) == "changed_meanwhile"
    assert User.objects.get(pk=colleague.pk).email == "tim@zelf.example"
    found.refresh_from_db()
    assert found.state == "confirmed"


def test_an_address_that_somebody_has_is_refused_then_and_later(colleague, clerk, holder, outsider):
    with pytest.raises(ValidationError):
        propose(colleague, actor=clerk, new=outsider.email.upper())
    found = corrections.confirm_correction(propose(colleague, actor=clerk), actor=holder, at=AT)
    User.objects.filter(pk=outsider.pk).update(email=NEW)
    assert refusal(apply, found, actor=clerk, at=AT) == "not_possible"


def test_what_is_gone_is_not_corrected(colleague, clerk, holder, outsider):
    assert refusal(propose, colleague, actor=clerk, of=outsider.reference) == "not_there"
    assert refusal(propose, colleague, actor=clerk, what="user.is_main") == "not_correctable"
    found = corrections.confirm_correction(propose(colleague, actor=clerk), actor=holder, at=AT)
    colleague.delete()
    assert refusal(apply, found, actor=clerk, at=AT) == "not_there"


@pytest.mark.parametrize("new", ["", "geen adres", "x" * 250 + "@a.example", "tim@oud.example'--"])
def test_a_value_that_cannot_be_is_refused_before_anybody_is_bothered(colleague, clerk, new):
    with pytest.raises(ValidationError):
        propose(colleague, actor=clerk, new=new)
    assert refusal(propose, colleague, actor=clerk, new=" Tim@OUD.example ") == "same"
    assert not PlannedMail.objects.exists()


def test_what_holders_change_themselves_stays_with_them(clerk):
    account = AccountFactory(state=State.ACTIVE)
    opening.open_account(account, actor=clerk, ticket="T-7", reason="Vraag", at=AT)
    user, values = account.main_user, {"user": "Anders", "company": "Anders"}
    answers = {}
    for field in CORRECTABLE:
        of = user.reference if field.model is User else account.reference
        if field.key != "user.email":
            answers[field.key] = refusal(
                propose, user, actor=clerk, what=field.key, of=of, new=values[field.key.partition(".")[0]]
            )
    assert set(answers.values()) == {"own"}
    User.objects.filter(pk=user.pk).update(is_active=False)  # who cannot sign in cannot change it
    assert propose(user, actor=clerk, what="user.first_name", new="Anders").words.new == "Anders"


def test_the_company_of_an_account_that_only_looks_is_corrected_in_its_written_form(clerk):
    account = AccountFactory(state=State.CANCELLED)
    opening.open_account(account, actor=clerk, ticket="T-7", reason="Verhuisd", at=AT)
    user, revision = account.main_user, Company.objects.get(account=account).revision
    with pytest.raises(ValidationError):
        propose(user, actor=clerk, what="company.postcode", of=account.reference, new="94 AB")
    with pytest.raises(ValidationError):
        propose(user, actor=clerk, what="company.country", of=account.reference, new="Nederland")
    found = propose(user, actor=clerk, what="company.postcode", of=account.reference, new="9402xz")
    assert found.words.new == "9402 XZ"
    apply(corrections.confirm_correction(found, actor=user, at=AT), actor=clerk, at=AT)
    company = Company.objects.get(account=account)
    assert (company.postcode, company.revision) == ("9402 XZ", revision + 1)


def test_one_correction_of_a_field_at_a_time(colleague, clerk):
    propose(colleague, actor=clerk)
    assert refusal(propose, colleague, actor=clerk, new="ander@nieuw.example") == "proposed"
    found = Correction.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        found.pk = found.reference = None
        Correction.objects.create(**{f.name: getattr(Correction.objects.get(), f.name) for f in Correction._meta.fields
                                     if f.name not in ("id", "reference")})  # fmt: skip


def test_mails_go_to_the_main_user_and_to_the_old_address(colleague, clerk, holder, post_office):
    found = propose(colleague, actor=clerk)
    assert outbox.send_waiting(at=AT) == 1
    corrections.confirm_correction(found, actor=holder, at=AT)
    apply(found, actor=clerk, at=AT)
    assert outbox.send_waiting(at=AT) == 2
    told = {letter["To"]: letter.get_content() for letter in post_office.letters[1:]}
    assert set(told) == {holder.email, "tim@oud.example"}
    first = post_office.letters[0]
    assert (first["To"], f"/account/corrections/{found.reference}/" in first.get_content()) == (holder.email, True)
    assert "3 november 2026" in first.get_content()
    assert not any(NEW in letter.get_content() for letter in post_office.letters)


def test_a_mail_about_what_is_decided_already_is_not_sent(colleague, clerk, holder, post_office):
    corrections.refuse_correction(propose(colleague, actor=clerk), actor=holder, at=AT)
    assert (outbox.send_waiting(at=AT), post_office.letters) == (0, [])


def test_the_main_user_has_it_to_do_until_its_last_day_and_nobody_else(colleague, clerk, holder, outsider, asks):
    found = propose(colleague, actor=clerk)
    address = f"/account/corrections/{found.reference}/"
    for on, there in ((date(2026, 11, 3), True), (date(2026, 11, 4), False)):
        assert [d.by for d in due_from(holder, on=on) if d.address == address] == [date(2026, 11, 3)] * there
    for user in (colleague, outsider):
        assert [d for d in due_from(user, on=date(2026, 10, 21)) if d.address == address] == []


def test_a_correction_goes_a_year_after_its_end_with_its_words(colleague, clerk, holder):
    corrections.refuse_correction(propose(colleague, actor=clerk), actor=holder, at=AT)
    propose(colleague, actor=clerk)  # an open one stays
    age(date(2027, 10, 19))
    assert Correction.objects.count() == 2
    age(date(2027, 10, 20))
    assert (Correction.objects.get().state, CorrectionWords.objects.count()) == ("proposed", 1)


def test_every_pair_of_states_goes_only_as_the_table_says(colleague, clerk, holder):
    """In the database too: whoever writes past the services."""
    moments = {"decided_by": holder.reference, "decided_at": AT}
    ways = {
        "proposed": {}, "confirmed": moments, "refused": moments | {"ended_at": AT}, "lapsed": {"ended_at": AT},
        "withdrawn": {"ended_at": AT}, "applied": moments | {"ended_at": AT, "applied_at": AT, "applied_by": clerk},
    }  # fmt: skip
    for before in CorrectionState.values:
        for after in CorrectionState.values:
            if before == after:
                continue
            with transaction.atomic():
                found = propose(colleague, actor=clerk)
                rows = Correction.objects.filter(pk=found.pk)
                for step in ("confirmed", before) if before == "applied" else (before,):
                    rows.exclude(state=step).update(state=step, **ways[step])
                try:
                    with transaction.atomic():
                        rows.update(state=after, **{"ended_at": None, **ways[after]})
                    went = True
                except IntegrityError:
                    went = False
                assert went == (after in CORRECTION_STEPS[before]), (before, after)
                transaction.set_rollback(True)


# --- By the roles of the database ------------------------------------------------------------------------------------


def as_staff(user):
    return isolation.acting_as(isolation.of(user))


def test_staff_cannot_answer_for_the_main_user_whatever_they_write(colleague, clerk):
    found = propose(colleague, actor=clerk)
    answer = {"state": "confirmed", "decided_by": clerk.reference, "decided_at": AT}
    with pytest.raises(IntegrityError), transaction.atomic(), as_staff(clerk):
        Correction.objects.filter(pk=found.pk).update(**answer)
    assert Correction.objects.get().state == "proposed"


def test_nobody_changes_what_was_put_before_the_main_user(colleague, clerk, holder):
    found = propose(colleague, actor=clerk)
    for identity in (isolation.of(clerk), isolation.of(holder), isolation.JOBS):
        for rows, change in (
            (CorrectionWords.objects.filter(correction=found), {"new": "boef@kwaad.example"}),
            (Correction.objects.filter(pk=found.pk), {"what": "user.first_name"}),
        ):
            with pytest.raises((IntegrityError, ProgrammingError)), transaction.atomic(), isolation.acting_as(identity):
                rows.update(**change)


def test_staff_see_values_only_while_the_account_is_open_and_a_holder_only_his_own(account, clerk, holder, outsider):
    from django.utils import timezone

    now = timezone.now()
    opening.open_account(account, actor=clerk, ticket="T-7", reason="Vraag", at=now)
    propose(ColleagueFactory(account=account), actor=clerk, at=now)
    seen = {}
    for name, user in {"clerk": clerk, "other": member("Support"), "holder": holder, "outsider": outsider}.items():
        with transaction.atomic(), isolation.acting_as(isolation.of(user)):
            seen[name] = (Correction.objects.count(), CorrectionWords.objects.count())
    assert seen == {"clerk": (1, 1), "other": (1, 0), "holder": (1, 1), "outsider": (0, 0)}


def test_the_whole_way_with_the_rights_of_a_member_of_staff_and_of_the_holder(account):
    from django.utils import timezone

    now, clerk, holder = timezone.now(), member("Support"), account.main_user
    colleague = ColleagueFactory(account=account)
    opening.open_account(account, actor=clerk, ticket="T-7", reason="Vraag", at=now)
    with transaction.atomic(), isolation.acting_as(isolation.of(clerk)):
        found = propose(colleague, actor=clerk, at=now)
    with transaction.atomic(), isolation.acting_as(isolation.of(holder)):
        corrections.confirm_correction(found, actor=holder, at=now)
    with transaction.atomic(), isolation.acting_as(isolation.of(clerk)):
        corrections.apply_correction(found, actor=clerk, at=now)
    assert User.objects.get(pk=colleague.pk).email == NEW


@pytest.mark.django_db(transaction=True)
def test_of_two_members_of_staff_at_once_one_applies():
    account = AccountFactory(state=State.ACTIVE)
    clerks, colleague = StaffFactory.create_batch(2), ColleagueFactory(account=account)
    for clerk in clerks:
        opening.open_account(account, actor=clerk, ticket="T-7", reason="Vraag", at=AT)
    found = corrections.confirm_correction(propose(colleague, actor=clerks[0]), actor=account.main_user, at=AT)
    acts = [partial(corrections.apply_correction, found, actor=clerk, at=AT) for clerk in clerks]
    assert sorted(together(*acts)) == ["done", "no_such_step"]
    assert Entry.objects.filter(event="correction.applied").count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_yes_and_no_at_once_one_counts():
    account = AccountFactory(state=State.ACTIVE)
    clerk, holder = StaffFactory(), account.main_user
    opening.open_account(account, actor=clerk, ticket="T-7", reason="Vraag", at=AT)
    found = propose(ColleagueFactory(account=account), actor=clerk)
    answers = together(
        lambda: corrections.confirm_correction(found, actor=holder, at=AT),
        lambda: corrections.withdraw_correction(found, actor=clerk, at=AT),
        lambda: corrections.lapse_corrections(at=END),
    )
    found.refresh_from_db()
    # Whoever agreed first may still be overtaken by a withdrawal: that is a step, and nothing is applied by it.
    assert found.state in ("confirmed", "withdrawn", "lapsed")
    assert "done" in answers
    assert User.objects.filter(email=NEW).count() == 0


def together(*acts) -> list[str]:
    """Each act on a connection of its own, all at once; "done", or the code with which it was refused."""
    answers, gate = [], threading.Barrier(len(acts))

    def run(act):
        try:
            with isolation.acting_as(isolation.JOBS):
                gate.wait(10)
                act()
                answers.append("done")
        except Refused as refused:
            answers.append(refused.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return answers


def test_an_account_on_its_way_out_is_not_corrected(colleague, clerk, holder):
    found = propose(colleague, actor=clerk)
    cancel_account(found.account, actor=holder, on=AT.date())
    Account.objects.filter(pk=found.account_id).update(claimed_at=start_of_day(AT.date()))
    found = Correction.objects.get()
    assert refusal(corrections.confirm_correction, found, actor=holder, at=AT) == "being_erased"
    assert refusal(propose, colleague, actor=clerk, what="user.first_name", new="A") == "being_erased"
