"""Changes of who works for us are told beforehand, objected to, and count on their day when the papers stand (§9, §11)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import translation

from accounts import outbox
from accounts.models import Account, Notice, PlannedMail
from accounts.notices import notices_for
from accounts.states import State
from cannonworks import isolation, mails, turns
from cannonworks.deadlines import start_of_day
from cannonworks.errors import Refused
from processors import announcing, contracting, mailing, objecting, telling
from processors.models import Change, ChangeMail, Objection, Stage, SubProcessor
from tests import registers
from tests.cast import member
from tests.factories import AccountFactory
from tests.processors.test_contracting import (  # noqa: F401  the fixtures
    AT,
    DAY,
    ON,
    _as_jobs,
    agreed,
    entered,
    events,
    officer,
    protected,
    scan,
)

pytestmark = [pytest.mark.django_db, pytest.mark.clause("9")]
#: The day of the announcement does not count, and thirty whole days pass.
FIRST = ON + 31 * DAY
WORDS = {"words_nl": "Paper Plane bezorgt onze mail.", "words_en": "Paper Plane delivers our mail."}
WHY = {"sooner_nl": "De oude stopt morgen.", "sooner_en": "The old one stops tomorrow."}


def announced(house, officer, **more) -> Change:  # noqa: F811
    said = {"kind": "addition", "effective_on": FIRST, **WORDS, **more}
    return announcing.announce(house, actor=officer, at=AT, **said)


@pytest.fixture
def house(officer) -> SubProcessor:  # noqa: F811
    made = entered(officer)
    agreed(made, officer)
    return made


def later(days=31):
    return AT + days * DAY


def sent(at=AT) -> int:
    with isolation.acting_as(isolation.JOBS):
        return mailing.send_announcements(on=at.date(), at=at)


def due(at) -> int:
    with isolation.acting_as(isolation.JOBS):
        return announcing.take_effect_due(at=at)


def as_holder(user):
    return isolation.acting_as(isolation.of(user))


def refusal(act) -> str:
    with pytest.raises(Refused) as refused:
        act()
    return refused.value.code


def test_everybody_is_told_thirty_days_beforehand(house, officer):  # noqa: F811
    assert announcing.earliest(AT) == FIRST
    assert refusal(lambda: announced(house, officer, effective_on=FIRST - DAY)) == "too_soon"
    change = announced(house, officer)
    assert (change.is_open, SubProcessor.objects.get().stage) == (True, Stage.ANNOUNCED)
    assert events()[-1] == "sub_processor.announced"


def test_another_term_is_one_setting(house, officer, settings):  # noqa: F811
    settings.SUB_PROCESSOR_NOTICE_DAYS = 60
    assert refusal(lambda: announced(house, officer)) == "too_soon"
    announced(house, officer, effective_on=ON + 61 * DAY)


def test_sooner_needs_a_reason_in_both_languages(house, officer):  # noqa: F811
    with pytest.raises(ValidationError):
        announced(house, officer, effective_on=ON + DAY, sooner_nl="Brand.")
    change = announced(house, officer, effective_on=ON + DAY, **WHY)
    with translation.override("en"):
        assert change.sooner == WHY["sooner_en"]


def test_what_begins_today_takes_effect_at_once_with_its_papers(officer):  # noqa: F811
    bare = entered(officer)
    assert refusal(lambda: announced(bare, officer, effective_on=ON, **WHY)) == "papers"
    assert not Change.objects.exists()


def test_today_with_papers(house, officer):  # noqa: F811
    change = announced(house, officer, effective_on=ON, **WHY)
    row = SubProcessor.objects.get()
    assert (change.in_force_at, row.stage, row.active_from) == (AT, Stage.ACTIVE, ON)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"effective_on": ON - DAY, **WHY}, "in_the_past"), ({"kind": "other", "country": "DE"}, "wrong_stage"),
        ({"kind": "ended"}, "wrong_stage"), ({"kind": "replacement"}, "replaces"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(house, officer, wrong, code):  # noqa: F811
    assert refusal(lambda: announced(house, officer, **wrong)) == code
    assert not Notice.objects.exists()


@pytest.mark.parametrize("wrong", [{"words_nl": " "}, {"words_en": ""}, {"role": "spying"}, {"categories": []}])
def test_bad_input_is_told(house, officer, wrong):  # noqa: F811
    with pytest.raises(ValidationError):
        announced(house, officer, **wrong)


def test_one_change_of_a_company_at_a_time(house, officer):  # noqa: F811
    announced(house, officer)
    assert refusal(lambda: announced(house, officer)) == "wrong_stage"
    working = registers.house("Noorderhost", categories=["account"])
    announced(working, officer, kind="other", country="DE")
    assert refusal(lambda: announced(working, officer, kind="other", country="BE")) == "announced"
    assert refusal(lambda: contracting.end(working, actor=officer, at=AT)) == "announced"


def test_it_counts_from_its_day(house, officer):  # noqa: F811
    change = announced(house, officer)
    assert refusal(lambda: announcing.take_effect(change, at=later(30))) == "too_early"
    assert [due(later(30)), due(later(31)), due(later(31))] == [0, 1, 0]
    row = SubProcessor.objects.get()
    assert (row.stage, row.active_from, row.agreement is not None) == (Stage.ACTIVE, FIRST, True)
    assert events()[-1] == "sub_processor.in_force"


def test_without_papers_it_waits_and_comes_by_as_soon_as_they_are_there(officer):  # noqa: F811
    bare = entered(officer)
    change = announced(bare, officer)
    assert (due(later()), announcing.lacks(change) != []) == (0, True)
    assert SubProcessor.objects.get().stage == Stage.ANNOUNCED
    contracting.note_agreement(bare, actor=officer, at=later(), file=scan(), signed_on=FIRST)
    assert due(later()) == 1


def test_one_that_cannot_holds_up_no_other(house, officer):  # noqa: F811
    bare = entered(officer, name="Aardvark")
    announced(bare, officer)
    announced(house, officer)
    assert due(later()) == 1


def test_a_replacement_ends_what_it_replaces(house, officer):  # noqa: F811
    old = registers.house("Postduif", role="mail")
    change = announced(house, officer, kind="replacement", replaces=old)
    assert SubProcessor.objects.get(pk=old.pk).stage == Stage.ACTIVE
    assert refusal(lambda: contracting.end(old, actor=officer, at=AT)) == "announced"
    assert due(later()) == 1
    gone = SubProcessor.objects.get(pk=old.pk)
    assert (gone.stage, gone.ended_on) == (Stage.ENDED, FIRST)
    assert Change.objects.get().replaces == old == change.replaces
    assert (
        refusal(lambda: announced(entered(officer, name="x"), officer, kind="replacement", replaces=gone)) == "replaces"
    )


@pytest.mark.clause("11")
def test_a_move_outside_the_eea_needs_protection_for_that_very_country_first(house, officer):  # noqa: F811
    registers.at_work(house)
    said = {"kind": "other", "country": "US"}
    assert refusal(lambda: announced(house, officer, **said)) == "transfer_first"
    protected(house, officer, country="IN")
    assert refusal(lambda: announced(house, officer, **said)) == "transfer_first"
    made = protected(house, officer, country="US", valid_until=FIRST - DAY)
    assert refusal(lambda: announced(house, officer, **said)) == "transfer_first"
    made = protected(house, officer, country="US")
    announced(house, officer, **said)
    assert (SubProcessor.objects.get().country, SubProcessor.objects.get().transfer) == ("NL", None)
    assert due(later()) == 1
    row = SubProcessor.objects.get()
    assert (row.country, row.transfer) == ("US", made)


@pytest.mark.clause("11")
def test_a_move_back_into_the_eea_needs_none(house, officer):  # noqa: F811
    house.country = "US"
    house.save()
    registers.at_work(house)
    announced(house, officer, kind="other", country="IS", role="hosting")
    assert due(later()) == 1
    row = SubProcessor.objects.get()
    assert (row.country, row.transfer, row.role) == ("IS", None, "hosting")


def test_what_is_withdrawn_does_not_happen_and_can_be_announced_again(house, officer, holder):  # noqa: F811
    change = announced(house, officer)
    with as_holder(holder):
        objection = objecting.object_to(change, holder.account, actor=holder, at=AT, words="Liever niet.")
    with pytest.raises(ValidationError):
        announcing.withdraw(change, actor=officer, at=AT, answer="")
    announcing.withdraw(change, actor=officer, at=AT, answer="Je hebt gelijk: we doen het niet.")
    assert (due(later()), SubProcessor.objects.get().stage) == (0, Stage.DRAFT)
    assert Objection.objects.get(pk=objection.pk).answer.startswith("Je hebt gelijk")
    assert "Dit gaat niet door" in Notice.objects.get().text_nl
    assert refusal(lambda: announcing.withdraw(change, actor=officer, at=AT, answer="x")) == "over"
    assert announced(house, officer).is_open


def test_who_ended_can_come_back(house, officer):  # noqa: F811
    registers.at_work(house)
    contracting.end(house, actor=officer, at=AT)
    announced(house, officer)
    assert due(later()) == 1
    assert (SubProcessor.objects.get().stage, SubProcessor.objects.get().ended_on) == (Stage.ACTIVE, None)


# --- Telling -------------------------------------------------------------------------------------------------------
def test_every_user_sees_it_within_the_account_until_its_day(house, officer, holder, colleague):  # noqa: F811
    change = announced(house, officer)
    for user in (holder, colleague):
        with as_holder(user):
            found = [list(notices_for(user, ON + days * DAY)) for days in (0, 30, 31)]
        assert [len(each) for each in found] == [1, 1, 0]
    notice = Notice.objects.get()
    assert notice.title_nl == "Paper Plane gaat voor ons werken"
    assert notice.title_en == "Paper Plane is going to work for us"
    assert f"/sub-processors/changes/{change.reference}/" in notice.text_nl


def test_every_main_user_is_mailed_once_in_their_language(house, officer, holder, colleague, mailoutbox):  # noqa: F811
    AccountFactory(main_user__language="en", main_user__email="jane@bedrijf.example", state=State.CANCELLED)
    announced(house, officer)
    assert mailoutbox == []  # never in the request
    assert [sent(), sent()] == [2, 0]
    letters = {each.to[0]: each for each in mailoutbox}
    english = letters["jane@bedrijf.example"]
    assert english.subject == "Paper Plane is going to work for us"
    for said in (
        "Wednesday 23 December 2026",
        WORDS["words_en"],
        "Delivery of mail",
        "Netherlands",
        "/sub-processors/",
    ):
        assert said in english.body
    [dutch] = [each for each in mailoutbox if each is not english]
    assert (dutch.subject, dutch.to) == ("Paper Plane gaat voor ons werken", [holder.email])
    assert WORDS["words_nl"] in dutch.body
    with isolation.acting_as(isolation.JOBS):
        assert set(ChangeMail.objects.values_list("user", flat=True)) >= {holder.reference}


def test_announcing_costs_the_same_for_any_number_of_accounts(house, officer, django_assert_max_num_queries):  # noqa: F811
    AccountFactory.create_batch(3)
    with django_assert_max_num_queries(20):
        announced(house, officer)
    assert not ChangeMail.objects.exists()


def test_a_failed_mail_is_tried_again_and_dropped_when_it_has_no_point(house, officer, holder, post_office):  # noqa: F811
    change = announced(house, officer)
    post_office.refusal = "451 later"
    assert sent() == 0
    row = ChangeMail.objects.get()
    assert (row.attempts, row.retry_at, "@" in row.failure) == (1, AT + timedelta(minutes=10), False)
    post_office.refusal = ""
    assert [sent(AT + timedelta(minutes=9)), sent(AT + timedelta(minutes=10))] == [0, 1]
    AccountFactory(signed_up_on=ON)
    post_office.refusal = "451 later"
    sent()
    announcing.withdraw(change, actor=officer, at=AT, answer="")
    sent()
    assert ChangeMail.objects.filter(sent_at__isnull=True).count() == 0


def test_a_server_that_takes_nothing_is_asked_five_times_and_the_rest_waits(house, officer, post_office):  # noqa: F811
    AccountFactory.create_batch(7)
    announced(house, officer)
    post_office.refusal = "451 later"
    assert sent() == 0
    assert sorted(ChangeMail.objects.values_list("attempts", flat=True)) == [0, 0, 1, 1, 1, 1, 1]
    post_office.refusal = ""
    assert [sent(), sent(AT + timedelta(minutes=10))] == [2, 5]


def test_a_mail_that_lost_its_point_since_it_was_planned_does_not_go(house, officer, mailoutbox):  # noqa: F811
    leaving = AccountFactory(state=State.CANCELLED)
    AccountFactory()
    change = announced(house, officer)
    with isolation.acting_as(isolation.JOBS):
        mailing.plan_announcements(on=ON)
        Account.objects.filter(pk=leaving.pk).update(claimed_at=AT)
        with mails.Line() as line:
            sender = mailing._Sender(line, AT)
            waiting = ChangeMail.objects.order_by("account").values_list("pk", flat=True)
            sender.send_all(waiting[:1])
            assert sender.sent == 0
            Change.objects.filter(pk=change.pk).update(withdrawn_at=AT, withdrawn_by=officer.reference)
            sender.send_all(waiting[1:])
    assert (sender.sent, mailoutbox) == (0, [])


def test_what_one_worker_sends_another_leaves_to_it(house, officer, holder, mailoutbox):  # noqa: F811
    announced(house, officer)
    with isolation.acting_as(isolation.JOBS):
        mailing.plan_announcements(on=ON)
    block = f"mails about changes {ChangeMail.objects.get().pk // mailing.BLOCK}"
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute(f"SELECT pg_advisory_lock({turns.KEY})", [block])
        assert sent() == 0
    finally:
        other.close()
    assert [sent(), len(mailoutbox)] == [1, 1]


def test_all_mails_go_over_one_connection_each_with_its_own_name(house, officer, post_office):  # noqa: F811
    for name in ("Anna", "Zoë & <Co>", "{{ name }}"):
        AccountFactory(main_user__first_name=name, main_user__language="en")
    announced(house, officer)
    assert sent() == 3
    assert post_office.connections == 1
    bodies = sorted(each.get_content().splitlines()[0] for each in post_office.letters)
    assert bodies == ["Hello Anna,", "Hello Zoë & <Co>,", "Hello {{ name }},"]


def test_what_was_sooner_than_promised_is_mailed_after_its_day_too(house, officer, holder, mailoutbox):  # noqa: F811
    announced(house, officer, effective_on=ON, **WHY)
    assert [sent(), sent(AT + DAY)] == [1, 0]
    assert WHY["sooner_nl"] in mailoutbox[0].body


# --- Objections ----------------------------------------------------------------------------------------------------
def test_the_main_user_objects_and_is_answered_before_it_counts(house, officer, holder, colleague, mailoutbox):  # noqa: F811
    change = announced(house, officer)
    assert (
        refusal(lambda: objecting.object_to(change, colleague.account, actor=colleague, at=AT, words="x"))
        == "not_main_user"
    )
    with as_holder(holder):
        made = objecting.object_to(change, holder.account, actor=holder, at=AT, words=" Niet met onze relaties. ")
        assert refusal(lambda: objecting.object_to(change, holder.account, actor=holder, at=AT, words="x")) == "already"
    assert (made.words, due(later())) == ("Niet met onze relaties.", 0)
    telling.answer(made, actor=officer, at=AT, words="Ze ziet alleen adressen.")
    assert refusal(lambda: telling.answer(made, actor=officer, at=AT, words="Nog eens.")) == "answered"
    assert due(later()) == 1
    with isolation.acting_as(isolation.JOBS):
        names = sorted(PlannedMail.objects.values_list("template", flat=True))
        assert names == ["processors/objection_answered", "processors/objection_made"]
        outbox.send_waiting(at=AT)
    [letter] = [each for each in mailoutbox if each.to == [holder.email]]
    assert "Ze ziet alleen adressen." in letter.body
    assert not any("relaties" in each.body for each in mail.outbox if each.to != [holder.email])


def test_one_objects_until_the_last_moment_before_its_day(house, officer, holder, outsider):  # noqa: F811
    change = announced(house, officer)
    last = start_of_day(FIRST) - timedelta(microseconds=1)
    with as_holder(holder):
        objecting.object_to(change, holder.account, actor=holder, at=last, words="Op de valreep.")
    with as_holder(outsider):
        said = {"actor": outsider, "at": last + timedelta(microseconds=1), "words": "Te laat."}
        assert refusal(lambda: objecting.object_to(change, outsider.account, **said)) == "too_late"


@pytest.mark.parametrize("words", ["", "  ", "x" * 2001])
def test_an_objection_has_words(house, officer, holder, words):  # noqa: F811
    change = announced(house, officer)
    with as_holder(holder), pytest.raises(ValidationError):
        objecting.object_to(change, holder.account, actor=holder, at=AT, words=words)


def test_nobody_sees_the_objection_of_another_account(house, officer, holder, outsider):  # noqa: F811
    change = announced(house, officer)
    with as_holder(holder):
        objecting.object_to(change, holder.account, actor=holder, at=AT, words="Van ons.")
    with as_holder(outsider):
        assert not Objection.objects.exists()
    with isolation.acting_as(isolation.VISITOR), pytest.raises(Exception, match="permission denied"):
        Objection.objects.exists()


@pytest.mark.parametrize("role", ["Support", "Finance"])
def test_other_roles_announce_and_answer_nothing(house, officer, holder, role):  # noqa: F811
    person = member(role)
    change = announced(house, officer)
    with as_holder(holder):
        made = objecting.object_to(change, holder.account, actor=holder, at=AT, words="Nee.")
    assert refusal(lambda: announced(house, person)) == "no_such_role"
    assert refusal(lambda: announcing.withdraw(change, actor=person, at=AT, answer="x")) == "no_such_role"
    assert refusal(lambda: telling.answer(made, actor=person, at=AT, words="x")) == "no_such_role"
