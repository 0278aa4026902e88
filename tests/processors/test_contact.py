"""The contact of a sub-processor: sees who of theirs has access, by a link, and reports who left (§10)."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.db import ProgrammingError, connection, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import PlannedMail, Session, User
from accounts.outbox import send_waiting
from cannonworks import isolation
from cannonworks.errors import Refused
from journal.models import Entry
from processors import contact
from processors.models import Helper, Project, SubProcessor
from tests import registers
from tests.cast import member
from tests.factories import HelperFactory
from tests.signin import altered

pytestmark = [pytest.mark.django_db, pytest.mark.clause("10")]
ASK, DAY = "/sub-processors/access/", timedelta(days=1)
EMAIL = "Beheer@noorderhost.example"


@pytest.fixture
def house() -> SubProcessor:
    return registers.house(contact_email=EMAIL)


@pytest.fixture
def helper(house) -> Helper:
    """Inside, and with a colleague who has not signed; another company has people too."""
    now = timezone.now()
    made = registers.helper(house, user=HelperFactory(first_name="Hugo", last_name="Hulp"))
    new = registers.helper(house, user=HelperFactory(first_name="Nina", last_name="Nieuw", bound=False), is_bound=False)
    registers.project(house, made, new, starts_at=now - DAY, ends_at=now + DAY)
    elsewhere = registers.house("Zuiderhost", contact_email="ander@zuiderhost.example")
    other = registers.helper(elsewhere, user=HelperFactory(first_name="Zeno", last_name="Zuid"))
    registers.project(elsewhere, other, starts_at=now - DAY, ends_at=now + DAY, name="Van een ander")
    return made


@pytest.fixture
def page(client, helper) -> str:
    """The address of the page, as the contact got it by mail."""
    return mailed(client, EMAIL.lower())


def mailed(client: Client, email: str) -> str:
    assert client.post(ASK, {"email": email}).status_code == 200
    send_waiting(at=timezone.now())
    return urlsplit(re.search(r"https?://\S+/access/\S+", mail.outbox.pop().body)[0]).path


def test_the_contact_gets_a_link_and_everybody_the_same_answer(client, house):
    told = []
    for email in (EMAIL, "iemand@elders.example"):
        answer = client.post(ASK, {"email": email})
        words = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", answer.content.decode())
        told.append((answer.status_code, words.replace(email.lower(), "")))
    assert told[0] == told[1]
    assert PlannedMail.objects.count() == 1
    send_waiting(at=timezone.now())
    assert [sent.to for sent in mail.outbox] == [[EMAIL]]
    assert "Noorderhost" in mail.outbox[0].subject
    assert Entry.objects.filter(event="helper.link_asked").get().facts == {"sub_processor": house.pk}


def test_links_are_asked_for_within_bounds(client, house, monkeypatch):
    for _time in range(contact.MAILS_A_DAY + 2):
        assert client.post(ASK, {"email": EMAIL}).status_code == 200
    assert PlannedMail.objects.count() == contact.MAILS_A_DAY
    cache.clear()
    monkeypatch.setattr("processors.contact_views.ASKS_AN_HOUR", 1)
    assert [client.post(ASK, {"email": "x@y.example"}).status_code for _time in range(2)] == [200, 429]
    cache.clear()
    monkeypatch.setattr(settings, "REQUEST_MAILS_AN_HOUR", 0)
    assert client.post(ASK, {"email": EMAIL}).status_code == 200
    assert PlannedMail.objects.count() == contact.MAILS_A_DAY
    answer = client.post(ASK, {"email": "geen adres"})
    assert list(answer.context["form"].errors) == ["email"]


def test_the_page_shows_who_of_theirs_can_look_and_nobody_of_others(client, helper, page):
    browser = Client()
    browser.force_login(helper.user)
    browser.get("/helpers/")
    browser.get("/helpers/")
    answer = client.get(page)
    text = answer.content.decode()
    assert "Zeno" not in text
    assert "Van een ander" not in text
    access = answer.context["access"]
    assert access.inside == 1
    hugo, nina = access.people
    assert (hugo.name, hugo.is_inside, hugo.looks, [each.name for each in hugo.projects]) == (
        "Hugo Hulp", True, 2, ["Nieuwe server"]
    )  # fmt: skip
    assert (nina.is_inside, nina.bound_since, nina.looks, nina.looked_at) == (False, None, 0, None)
    assert answer.headers["X-Robots-Tag"].startswith("noindex")


@pytest.mark.parametrize("wrong", ["project", "statement", "agreement", "house", "left"])
def test_who_can_look_is_what_the_database_lets_in(client, house, helper, page, wrong):
    now, today = timezone.now(), timezone.localdate()
    {
        "project": lambda: Project.objects.update(ends_at=now),
        "statement": lambda: helper.user.statements.update(ended_on=today),
        "agreement": lambda: registers.agreement(house, valid_until=today - DAY),
        "house": lambda: SubProcessor.objects.filter(pk=house.pk).update(stage="draft"),
        "left": lambda: Helper.objects.update(ended_at=now),
    }[wrong]()
    assert Helper.objects.inside(timezone.now()).filter(sub_processor=house).exists() is False
    assert client.get(page).context["access"].inside == 0


def test_a_link_works_for_hours_for_the_contact_of_now(client, house, helper):
    at = timezone.now()
    token = contact.seal(house, at=at)
    assert contact.opened(token, at=at + contact.LINK_LASTS - timedelta(seconds=1)) == house
    for late in (contact.LINK_LASTS, contact.LINK_LASTS + DAY):
        with pytest.raises(Refused):
            contact.opened(token, at=at + late)
    assert "werkt niet meer" in client.get(f"{ASK}{altered(token)}/").content.decode()
    SubProcessor.objects.filter(pk=house.pk).update(contact_email="nieuw@noorderhost.example")
    assert "werkt niet meer" in client.get(f"{ASK}{token}/").content.decode()
    SubProcessor.objects.filter(pk=house.pk).update(contact_email=EMAIL, stage="ended", ended_on=timezone.localdate())
    assert "werkt niet meer" in client.get(f"{ASK}{token}/").content.decode()


def test_who_left_is_out_at_once_and_staff_are_told(client, helper, page):
    officers = {member("Privacy officer").email, member("Security officer").email}
    member("Support")
    browser = Client()
    browser.force_login(helper.user)
    assert browser.get("/helpers/").status_code == 200
    address = f"{page}left/{helper.user.reference}/"
    assert "Hugo" in client.get(address).content.decode()
    assert Helper.objects.filter(ended_at__isnull=False).count() == 0  # looking ends nothing
    answer = client.post(address, follow=True)
    assert "is beëindigd" in answer.content.decode()
    assert browser.get("/helpers/").status_code == 302
    assert not Session.objects.filter(user=helper.user).exists()
    assert not User.objects.get(pk=helper.user_id).is_active
    told = Entry.objects.filter(event="helper.left").get()
    assert (told.actor_kind, told.facts) == (
        "system", {"helper": str(helper.user.reference), "sub_processor": helper.sub_processor_id},
    )  # fmt: skip
    send_waiting(at=timezone.now())
    assert {address for sent in mail.outbox for address in sent.to} == officers
    assert not any("Hugo" in sent.body for sent in mail.outbox)
    again = client.post(address, follow=True)
    assert "al weg" in again.content.decode()


def test_nobody_of_another_company_is_reported(client, helper, page):
    other = Helper.objects.get(sub_processor__name="Zuiderhost")
    for step in (client.get, client.post):
        assert step(f"{page}left/{other.user.reference}/").status_code == 302
    assert Helper.objects.filter(ended_at__isnull=False).count() == 0


def test_by_raw_sql_the_link_reaches_its_own_people_and_no_user_or_journal(house, helper):
    def asked(sql: str) -> list[tuple] | str:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(sql)
                return cursor.fetchall()
        except ProgrammingError:
            return "denied"

    people = "SELECT count(*) FROM processors_people_of_link(current_date, now() - interval '90 days')"
    with contact.bearing(house.reference):
        assert asked("SELECT DISTINCT sub_processor_id FROM processors_helper") == [(house.pk,)]
        assert asked("SELECT DISTINCT sub_processor_id FROM processors_project") == [(house.pk,)]
        assert asked("SELECT id FROM processors_subprocessor") == [(house.pk,)]
        assert asked(people) == [(2,)]
        for table in ("accounts_user", "journal_entry", "processors_statement", "accounts_account", "accounts_company"):
            assert asked(f"SELECT id FROM {table}") == "denied", table
        assert asked("UPDATE processors_helper SET ended_at = now()") == "denied"
    with isolation.acting_as(isolation.reader("iets anders")):
        assert asked("SELECT id FROM processors_helper") == []
        assert asked(people) == [(0,)]
    with isolation.acting_as(isolation.VISITOR):
        assert asked(people) == "denied"


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_asks_the_same_whatever_its_length(client, house, count, django_assert_num_queries):
    now = timezone.now()
    for _number in range(count):
        made = registers.helper(house)
        registers.project(house, made, starts_at=now - DAY, ends_at=now + DAY)
    with isolation.acting_as(isolation.VISITOR), django_assert_num_queries(6):
        assert len(contact.access_of(house, at=now).people) == count  # role there and back; agreement, rows, projects
