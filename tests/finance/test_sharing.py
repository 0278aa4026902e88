"""Documents leave CannonWorks when the holder shares them, and only so (§3)."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone

from accounts import services as lifecycle
from accounts.models import Account
from cannonworks import devices, isolation
from cannonworks.bearer import digest_of
from cannonworks.errors import Refused
from finance import post, sharing
from finance.models import Document, Line, Mailing, MailingState, ShareLink, ShareOpening
from finance.services import delete_document
from journal.models import Entry
from relations.services import add_relation
from tests import lives
from tests.callers import API, device, problem
from tests.factories import AccountFactory

pytestmark = [pytest.mark.django_db, pytest.mark.clause("3")]
ON = date(2026, 2, 28)
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 Mobile/15E148"


@pytest.fixture
def document(account) -> Document:
    relation = add_relation(account, actor=account.main_user, company_name="Jansen", email="post@jansen.example")
    return lives.issue(account, on=ON, relation=relation)


def link_to(document: Document, *, days: int = 30, ago: timedelta = timedelta()) -> tuple[ShareLink, str]:
    """A link, made so long ago, and its path."""
    made = sharing.share_document(document, actor=document.account.main_user, at=timezone.now() - ago, days=days)
    return made[0], re.sub(r"^https?://[^/]+", "", made[1])


def code(service, *args, **kwargs) -> str:
    with pytest.raises(Refused) as caught:
        service(*args, **kwargs)
    return caught.value.code


def asked(sql: str, *params: object) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


# --- Links -----------------------------------------------------------------------------------------------------


def test_a_link_shows_its_document_and_each_opening_is_noted(client, document):
    link, path = link_to(document)
    page = client.get(path, headers={"user-agent": PHONE})
    assert page.status_code == 200
    text = page.content.decode()
    assert document.number in text
    assert "Noor Visser" in text
    assert client.head(path).status_code == 200
    pdf = client.get(f"{path}document.pdf", headers={"user-agent": "SomeScanner/1.0"})
    assert (pdf["Content-Type"], pdf.content[:4]) == ("application/pdf", b"%PDF")
    assert pdf["Content-Disposition"] == f'inline; filename="Factuur {document.number}.pdf"'
    link.refresh_from_db(fields=["openings", "last_opened_at"])
    assert link.openings == 2
    opened = list(ShareOpening.objects.order_by("pk").values_list("link", "device", "is_pdf"))
    assert opened == [(link.pk, "phone", False), (link.pk, "robot", True)]


@pytest.mark.clause("5.2")
def test_the_page_and_the_pdf_stay_as_issued_whatever_becomes_of_the_company(client, document, account):
    _link, path = link_to(document)
    before = client.get(f"{path}document.pdf").content
    company = account.company
    was = (document.seller_name, document.seller_address.splitlines()[0], document.seller_kvk_number)
    company.company_name, company.street, company.email = "Anders Genoemd", "Elders", "anders@elders.example"
    company.save()
    text = client.get(path).content.decode()
    for words in (*was, document.seller_email, document.seller_vat_number, "28 februari 2026", "Te betalen"):
        assert words in text, words
    for words in ("Anders Genoemd", "Elders", "anders@elders.example", "Zoals je klant het ziet"):
        assert words not in text, words
    assert client.get(f"{path}document.pdf").content == before


def test_the_page_keeps_its_address_to_itself(client, document):
    _link, path = link_to(document)
    for address in (path, f"{path}document.pdf", "/d/nothing/"):
        response = client.get(address)
        assert response["Referrer-Policy"] == "no-referrer"
        assert "noindex" in response["X-Robots-Tag"]
        assert response["Cache-Control"] == "no-store"


def test_only_the_digest_of_a_token_is_kept(document):
    link, path = link_to(document)
    token = path.split("/")[2]
    (row,) = asked("SELECT digest, to_jsonb(l)::text FROM finance_sharelink l WHERE id = %s", link.pk)
    assert row[0] == digest_of(token)
    assert token not in row[1]
    assert token not in str(list(Entry.objects.values()))


def test_a_link_that_does_not_work_says_no_more_than_one_that_never_was(client, document, account):
    def plain(response):
        return re.sub(r'value="[^"]*"', "", response.content.decode())

    unknown = client.get("/d/never-was/")
    assert unknown.status_code == 404

    def ended(path):
        answer = client.get(path)
        assert plain(answer) == plain(unknown)
        assert client.get(f"{path}document.pdf").status_code == answer.status_code == 404

    _link, expired = link_to(document, days=7, ago=timedelta(days=7, minutes=1))
    link, revoked = link_to(document)
    sharing.revoke_link(link, actor=account.main_user, at=timezone.now())
    for path in (expired, revoked):
        ended(path)
    _link, path = link_to(document)
    document.relation.restricted_on = ON
    document.relation.save()
    ended(path)
    document.relation.restricted_on = None
    document.relation.save()
    assert client.get(path).status_code == 200
    Account.objects.filter(pk=account.pk).update(state="cancelled", cancelled_on=ON, erase_on=ON, keep_until=ON)
    assert client.get(path).status_code == 200
    Account.objects.filter(pk=account.pk).update(claimed_at=timezone.now())
    ended(path)
    assert ShareOpening.objects.count() == 2


@pytest.mark.parametrize(
    ("ago", "status"), [(timedelta(days=7, seconds=-30), 200), (timedelta(days=7, seconds=30), 404)]
)
def test_a_link_works_until_its_last_moment(client, document, ago, status):
    _link, path = link_to(document, days=7, ago=ago)
    assert client.get(path).status_code == status


@pytest.mark.clause("6")
def test_the_erasure_of_an_account_ends_every_link_at_once(client):
    account = lives.fill(AccountFactory(state="active"), on=ON)
    document = Document.objects.issued().get(account=account)
    made = timezone.now()
    paths = [link_to(document)[1] for _i in range(2)]
    sharing.mail_document(document, actor=account.main_user, to="a@b.example", at=made)
    assert [client.get(path).status_code for path in paths] == [200, 200]
    lifecycle.cancel_account(account, actor=account.main_user, on=ON)
    due = Account.objects.get(pk=account.pk).erase_on
    lives.erase(account, on=due)
    assert [client.get(path).status_code for path in paths] == [404, 404]
    assert [model.objects.count() for model in (ShareLink, ShareOpening, Mailing)] == [0, 0, 0]


def test_what_may_not_be_shared_is_refused(document, account):
    actor, at = account.main_user, timezone.now()
    assert code(sharing.share_document, lives.draft(account), actor=actor, at=at) == "draft"
    assert code(sharing.share_document, document, actor=actor, at=at, days=365) == "other_days"
    document.relation.restricted_on = ON
    document.relation.save()
    assert code(sharing.share_document, document, actor=actor, at=at) == "restricted"
    assert code(sharing.mail_document, document, actor=actor, to="a@b.example", at=at) == "restricted"
    assert sharing.why_not(document).message.startswith("Jansen is beperkt sinds 28 februari 2026")
    lifecycle.cancel_account(account, actor=actor, on=ON)
    assert code(sharing.share_document, document, actor=actor, at=at) == "read_only"
    assert not ShareLink.objects.exists()


def test_a_link_is_revoked_in_an_account_that_does_not_run_and_once(document, account):
    link, _path = link_to(document)
    lifecycle.cancel_account(account, actor=account.main_user, on=ON)
    for _turn in range(2):
        sharing.revoke_link(link, actor=account.main_user, at=timezone.now())
    assert Entry.objects.filter(event="link.revoked").count() == 1


def test_links_are_forgotten_a_while_after_they_expired(document):
    kept, _path = link_to(document, days=7, ago=timedelta(days=7 + 89))
    gone, _path = link_to(document, days=7, ago=timedelta(days=7 + 90))
    for link in (kept, gone):
        ShareOpening.objects.create(link=link, account=link.account, opened_at=timezone.now(), device="phone")
    mailing = sharing.mail_document(
        document, actor=document.account.main_user, to="post@jansen.example", at=timezone.now(), days=7
    )
    Mailing.objects.filter(pk=mailing.pk).update(link=gone)
    assert lives.age(timezone.localdate()) == 1
    assert list(ShareLink.objects.values_list("pk", flat=True)) == [kept.pk]
    assert ShareOpening.objects.get().link == kept
    mailing.refresh_from_db()
    assert mailing.link is None


def test_a_document_that_may_go_takes_its_links_along(account):
    document = lives.issue(account, on=date(2015, 1, 5))
    link_to(document)
    with isolation.acting_as(isolation.of(account.main_user)), transaction.atomic():
        found = Document.objects.select_related("account").get(pk=document.pk)
        delete_document(found, actor=account.main_user, on=ON)
    assert not ShareLink.objects.exists()


def test_too_many_openings_from_one_address_are_turned_away(client, document, monkeypatch):
    monkeypatch.setattr("finance.views.shared.MOST_A_MINUTE", 2)
    _link, path = link_to(document)
    assert [client.get(path, REMOTE_ADDR="192.0.2.1").status_code for _i in range(3)] == [200, 200, 429]
    assert client.get(path, REMOTE_ADDR="192.0.2.2").status_code == 200


def test_every_kind_of_device_has_its_name():
    assert {*dict(devices.KINDS), "unknown"} == set(ShareOpening.Device.values)


# --- What the reader can reach -----------------------------------------------------------------------------------


@pytest.mark.clause("7")
@pytest.mark.clause("8")
def test_whoever_has_a_link_reaches_the_one_document_with_raw_sql(document, account, outsider):
    others = [lives.issue(account, on=ON), lives.draft(account), lives.issue(outsider.account, on=ON)]
    _link, path = link_to(document)
    for other in (others[0], others[2]):
        link_to(other)
    with isolation.acting_as(isolation.reader(digest_of(path.split("/")[2]))):
        assert asked("SELECT id FROM finance_document") == [(document.pk,)]
        assert asked("SELECT DISTINCT document_id FROM finance_line") == [(document.pk,)]
    assert Document.objects.count() == 4
    assert Line.objects.count() == 4


@pytest.mark.clause("7")
@pytest.mark.parametrize("digest", ["", "0" * 64, "' OR true --"])
def test_without_a_link_that_works_there_is_nothing(document, digest):
    link_to(document)
    with isolation.acting_as(isolation.reader(digest)):
        for table in ("finance_document", "finance_line"):
            assert asked(f"SELECT 1 FROM {table}") == []
        assert asked("SELECT finance_note_opening('phone', false)") == [("",)]
    assert not ShareOpening.objects.exists()


@pytest.mark.clause("7")
def test_a_reader_writes_nothing_and_sees_no_other_table(document):
    _link, path = link_to(document)
    said = [
        *(f"SELECT 1 FROM {t} LIMIT 0" for t in (
            "finance_sharelink", "finance_shareopening", "finance_mailing", "relations_relation", "accounts_user",
            "accounts_datakey", "journal_entry", "finance_subscriptioninvoice", "accounts_company", "accounts_account",
        )),
        "UPDATE finance_document SET number = number", "DELETE FROM finance_document",
        "UPDATE finance_sharelink SET expires_at = now()", "INSERT INTO finance_shareopening DEFAULT VALUES",
    ]  # fmt: skip
    with isolation.acting_as(isolation.reader(digest_of(path.split("/")[2]))):
        for sql in said:
            with (
                pytest.raises(DatabaseError, match="permission denied"),
                transaction.atomic(),
                connection.cursor() as cursor,
            ):
                cursor.execute(sql)


@pytest.mark.clause("7")
@pytest.mark.parametrize("identity", [isolation.VISITOR, isolation.Identity("staff", None, 1)])
def test_visitors_and_staff_see_no_links(document, identity):
    link_to(document)
    with isolation.acting_as(identity):
        for table in ("finance_document", "finance_sharelink", "finance_shareopening", "finance_mailing"):
            with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
                asked(f"SELECT 1 FROM {table}")


def test_a_link_shows_the_same_to_whoever_is_signed_in(document, outsider, holder, staff):
    _link, path = link_to(document)
    for person in (outsider, holder, staff):
        client = Client()
        client.force_login(person)
        assert document.number in client.get(path).content.decode()
    assert ShareOpening.objects.count() == 3


# --- The holder's pages -------------------------------------------------------------------------------------------


def test_the_holder_makes_sees_and_revokes_a_link(client, document, holder):
    client.force_login(holder)
    place = f"/documents/{document.reference}/"
    made = client.post(f"{place}share/", {"days": "7"}).content.decode()
    address = re.search(r'id="address">([^<]+)<', made)[1]
    assert Client().get(re.sub(r"^https?://[^/]+", "", address)).status_code == 200
    shown = client.get(place).content.decode()
    assert address.rsplit("/", 2)[1] not in shown
    assert "1 keer geopend" in shown
    link = ShareLink.objects.get()
    response = client.post(f"/documents/links/{link.reference}/revoke/", {"from": "links"})
    assert (response.status_code, response.url) == (302, "/documents/links/")
    assert "ingetrokken" in client.get("/documents/links/").content.decode()


def test_what_is_another_accounts_cannot_be_shared_or_revoked(client, document, outsider):
    link, _path = link_to(document)
    client.force_login(outsider)
    for place in ("share/", "mail/"):
        assert client.post(f"/documents/{document.reference}/{place}", {"days": 7}).status_code == 404
    assert client.get(f"/documents/{document.reference}/").status_code == 404
    assert client.post(f"/documents/links/{link.reference}/revoke/").status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_of_links_asks_the_same_whatever_its_length(client, document, holder, asks, count):
    for _i in range(count):
        link_to(document)
    client.force_login(holder)
    client.get("/documents/links/")
    with asks(5):
        assert client.get("/documents/links/").content.decode().count("/revoke/") == count


@pytest.mark.parametrize("count", [1, 3])
def test_a_document_asks_the_same_however_many_links_were_opened(client, document, holder, asks, count):
    paths = [link_to(document)[1] for _i in range(count)]
    for path in paths:
        for _turn in range(12):
            client.get(path, headers={"user-agent": PHONE})
    client.force_login(holder)
    place = f"/documents/{document.reference}/"
    client.get(place)
    with asks(10):
        page = client.get(place)
    newest = list(ShareOpening.objects.filter(link__in=ShareLink.objects.order_by("id")[:1]).order_by("-id")[:10])
    assert [len(link.latest) for link in page.context["links"]] == [10] * count
    assert page.context["links"][-1].latest == newest


# --- Mail ----------------------------------------------------------------------------------------------------------


def mail(document, **more) -> Mailing:
    given = {"to": "noor@visser.example", "at": timezone.now(), **more}
    return sharing.mail_document(document, actor=document.account.main_user, **given)


def send(mailing: Mailing) -> bool:
    with isolation.acting_as(isolation.JOBS):
        return post.send_mailing(mailing.pk, at=timezone.now())


def test_a_mail_comes_from_cannonworks_in_the_name_of_the_company_with_the_pdf(document, account, mailoutbox):
    mailing = mail(document, message="Hartelijk dank voor de opdracht.")
    assert send(mailing)
    (message,) = mailoutbox
    company = account.company
    assert message.from_email == f"{company.company_name} <noreply@localhost>"
    assert (message.to, message.reply_to) == (["noor@visser.example"], [company.email])
    assert message.subject == f"Factuur {document.number} van {company.company_name}"
    assert "Hartelijk dank voor de opdracht." in message.body
    assert [(name, kind, body[:4]) for name, body, kind in message.attachments] == [
        (f"Factuur {document.number}.pdf", "application/pdf", b"%PDF")
    ]
    mailing.refresh_from_db()
    assert (mailing.state, mailing.failure, mailing.link) == (MailingState.SENT, "", None)
    assert send(mailing) is False
    assert len(mailoutbox) == 1


def test_a_mail_with_a_link_makes_one_that_works(client, document, mailoutbox):
    mailing = mail(document, days=7)
    assert not ShareLink.objects.exists()
    assert send(mailing)
    (message,) = mailoutbox
    assert message.attachments == []
    path = re.search(r"/d/\S+", message.body)[0]
    assert client.get(path).status_code == 200
    mailing.refresh_from_db()
    assert ShareLink.objects.get() == mailing.link


def test_a_mail_that_fails_is_seen_and_sent_again(client, document, holder, post_office):
    mailing = mail(document, days=30)
    post_office.refusal = "550 unknown"
    for _attempt in range(post.MOST_ATTEMPTS - 1):
        with pytest.raises(post.NotSent):
            send(mailing)
    assert send(mailing) is False
    mailing.refresh_from_db()
    assert (mailing.state, mailing.attempts, mailing.failure) == (MailingState.FAILED, 4, "SMTPDataError")
    assert not ShareLink.objects.exists()
    client.force_login(holder)
    assert "Niet verzonden" in client.get(f"/documents/{document.reference}/").content.decode()
    assert client.post(f"/documents/mailings/{mailing.reference}/retry/").status_code == 302
    post_office.refusal = ""
    assert send(mailing)
    assert [letter["to"] for letter in post_office.letters] == ["noor@visser.example"]
    mailing.refresh_from_db()
    assert code(sharing.retry_mailing, mailing, actor=holder, at=timezone.now()) == "not_failed"


def test_a_mail_is_not_sent_when_the_relation_was_restricted_meanwhile(document, mailoutbox):
    mailing = mail(document)
    document.relation.restricted_on = ON
    document.relation.save()
    assert send(mailing) is False
    mailing.refresh_from_db()
    assert (mailing.state, mailing.failure, mailoutbox) == (MailingState.FAILED, "restricted", [])


@pytest.mark.parametrize("name", ['Piep "; DROP', "Ä & Zoon\nBcc: x@y.example"])
def test_the_name_of_a_company_stays_a_name_in_the_header(document, account, mailoutbox, name):
    account.company.company_name = name
    account.company.save()
    assert send(mail(document))
    assert "\n" not in mailoutbox[0].message()["From"]
    assert mailoutbox[0].message()["Bcc"] is None


def test_a_wrong_address_keeps_what_was_typed(client, document, holder):
    client.force_login(holder)
    place = f"/documents/{document.reference}/mail/"
    assert 'value="post@jansen.example"' in client.get(place).content.decode()
    told = client.post(place, {"to": "nergens", "message": "Dag Noor", "how": "pdf"})
    assert told.status_code == 200
    assert "Dag Noor" in told.content.decode()
    assert not Mailing.objects.exists()
    sent = client.post(place, {"to": "noor@visser.example", "message": "Dag Noor", "how": "link", "days": "90"})
    assert sent.status_code == 302
    assert list(Mailing.objects.values_list("to", "message", "days")) == [("noor@visser.example", "Dag Noor", 90)]


# --- API ------------------------------------------------------------------------------------------------------------


def test_an_app_makes_lists_and_revokes_links(client, document, colleague):
    app = device(colleague)
    place = f"{API}/documents/{document.reference}/links/"
    made = app.post(place, {"days": 7})
    assert made.status_code == 201
    told = made.json()
    path = re.sub(r"^https?://[^/]+", "", told.pop("address"))
    assert client.get(path).status_code == 200
    listed = app.get(place).json()["results"]
    assert [(row["reference"], row["openings"]) for row in listed] == [(told["reference"], 1)]
    assert app.get(f"{API}/links/").json()["results"] == listed
    assert "digest" not in listed[0]
    assert app.delete(f"{API}/links/{told['reference']}/").status_code == 204
    assert client.get(path).status_code == 404
    problem(app.post(place, {"days": 8}), 400, "invalid")


def test_an_app_mails_a_document(document, holder, outsider):
    place = f"{API}/documents/{document.reference}/mailings/"
    made = device(holder).post(place, {"to": "noor@visser.example", "message": "Dag"})
    assert made.status_code == 201
    told = made.json()
    assert (told["to"], told["state"], told["days"]) == ("noor@visser.example", "waiting", None)
    assert device(holder).get(f"{API}/mailings/").json()["results"] == [told]
    problem(device(holder).post(place, {"to": "x"}), 400, "invalid")
    problem(device(holder).post(f"{API}/mailings/{told['reference']}/retry/"), 409, "not_failed")
    problem(device(outsider).post(place, {"to": "a@b.example"}), 404, "not_found")


@pytest.mark.clause("15")
def test_nothing_of_a_restricted_relation_is_shared_over_the_api(document, holder):
    document.relation.restricted_on = ON
    document.relation.save()
    told = problem(device(holder).post(f"{API}/documents/{document.reference}/links/", {}), 409, "restricted")
    assert told["clause"] == "15"
