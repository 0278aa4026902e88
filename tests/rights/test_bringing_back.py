"""What was returned comes back: the same people and documents in a fresh account, and the same archive of them (§6)."""

from __future__ import annotations

import json
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from accounts.services import data_key
from accounts.states import State
from cannonworks.errors import Refused
from finance import copying
from finance.models import Document, DocumentKind, Line, NumberSeries
from journal.models import Entry
from relations import services as people
from relations.models import Employee, Relation
from rights import bringing_back
from rights.bringing_back import bring_back
from rights.returned import contents
from tests.factories import AccountFactory
from tests.lives import BSN, draft, fill, issue
from tests.processes import manage
from tests.rights.returns import content, json_rows, made, opened

pytestmark = [pytest.mark.django_db, pytest.mark.clause("6", "16")]
ON = date(2026, 3, 2)
#: Keys, and what points at them, are those of the account in which a row is.
KEYS = {"id", "reference", "relation", "credits", "from_quote", "document"}


@pytest.fixture
def full(account):
    """An account with people, documents of each kind, and one restricted."""
    fill(account, on=ON)
    actor = account.main_user
    relation = people.add_relation(
        account, actor=actor, company_name='=Bäcker; "x"', country="DE", postcode="1", sole_trader=True
    )
    people.add_employee(account, actor=actor, first_name="Inge", last_name="Huur", kind="contractor", gender="x")
    invoice = issue(account, on=ON, relation=relation)
    issue(account, on=date(2025, 12, 31), kind=DocumentKind.QUOTE)
    credit = copying.credit_invoice(invoice, actor=actor)
    assert credit.credits == invoice
    Relation.objects.filter(pk=relation.pk).update(restricted_on=ON, revision=7)
    return account


@pytest.fixture
def fresh():
    return AccountFactory(state=State.ACTIVE)


def written(account, tmp_path, *, name="all.zip"):
    path = tmp_path / name
    path.write_bytes(content(made(account)))
    return path


def shown(account):
    """People and documents of an account without their keys, documents with whom they point at."""

    def fields(model, **more):
        names = [field.name for field in model._meta.local_concrete_fields if not getattr(field, "generated", False)]
        plain = [name for name in names if name not in {*KEYS, "account", "bsn", "bsn_hash"}]
        return list(model.objects.filter(account=account).order_by("pk").values(*plain, **more))

    from django.db.models import F

    bsn = Employee._meta.get_field("bsn")
    return {
        "relations": fields(Relation),
        "employees": fields(Employee),
        "bsn": [
            bsn.open_value(row, key=data_key(account)) if row.bsn else None
            for row in Employee.objects.filter(account=account).select_related("account").order_by("pk")
        ],
        "documents": fields(
            Document, whom=F("relation__company_name"), who=F("relation__last_name"), of=F("credits__number"), quote=F("from_quote__number")
        ),
        "lines": fields(Line, of=F("document__number")),
        "series": fields(NumberSeries),
    }  # fmt: skip


@pytest.mark.parametrize("portion", [1, 1_000])
def test_a_full_account_comes_back_the_same(full, fresh, tmp_path, monkeypatch, portion):
    monkeypatch.setattr(bringing_back, "PORTION", portion)
    counts = bring_back(fresh, archive=written(full, tmp_path))
    assert shown(fresh) == shown(full)
    assert {name: len(rows) for name, rows in shown(full).items() if name in counts} == counts
    assert shown(fresh)["bsn"] == [BSN, None]
    assert Employee.objects.with_bsn(BSN, account=fresh).exists()
    assert [row["of"] for row in shown(fresh)["documents"]].count("2026-0002") == 1
    assert Entry.objects.get(event="return.brought_back").facts == counts
    again, before = opened(made(fresh)), json_rows
    first = opened(full.returns.get())
    for model in (Relation, Employee, Document, Line, NumberSeries):
        name = next(table for table in contents.tables() if table.model is model).file(1, "jsonl")
        same = [[{k: v for k, v in row.items() if k not in KEYS} for row in before(a, name)] for a in (first, again)]
        assert same[0] == same[1]
    assert issue(fresh, on=ON).number == issue(full, on=ON).number


def test_the_lines_of_issued_documents_are_held_as_ever(full, fresh, tmp_path):
    from django.db import IntegrityError, transaction

    bring_back(fresh, archive=written(full, tmp_path))
    document = Document.objects.filter(account=fresh, issued_on__isnull=False).first()
    with pytest.raises(IntegrityError), transaction.atomic():
        document.lines.update(unit_price=Decimal(1))


def test_an_account_that_has_anything_is_refused(full, fresh, tmp_path):
    draft(fresh)
    with pytest.raises(Refused) as caught:
        bring_back(fresh, archive=written(full, tmp_path))
    assert caught.value.code == "not_empty"
    assert Relation.objects.filter(account=fresh).count() == 0


#: What is done to an archive, and why it is refused then.
HARMS = dict.fromkeys(("changed", "missing", "cut", "nothing"), "damaged") | {"other": "other_format"}


def spoilt(path: Path, harm: str) -> Path:
    """A copy of an archive of which something is not as its manifest says."""
    found = path.with_name(f"{harm}.zip")
    if harm in ("cut", "nothing"):
        found.write_bytes(path.read_bytes()[:-500] if harm == "cut" else b"")
        return found
    with zipfile.ZipFile(path) as whole, zipfile.ZipFile(found, "w") as other:
        for name in whole.namelist():
            text = whole.read(name)
            if name == "relations/relation.jsonl" and harm == "changed":
                text = text.replace(b"Meppel", b"Assen!")
            if name == "manifest.json" and harm == "other":
                text = json.dumps({**json.loads(text), "format": 2}).encode()
            if harm != "missing" or name != "documents/line.csv":
                other.writestr(name, text)
    return found


def test_an_archive_that_is_not_what_its_manifest_says_is_refused(full, fresh, tmp_path):
    path, said = written(full, tmp_path), {}
    for harm in HARMS:
        try:
            said[harm] = bring_back(fresh, archive=spoilt(path, harm))
        except Refused as refused:
            said[harm] = (refused.code, Relation.objects.filter(account=fresh).count())
    assert said == {harm: (code, 0) for harm, code in HARMS.items()}


@pytest.mark.django_db(transaction=True)
def test_the_command_tells_what_came_back_and_fails_in_one_line(account, tmp_path):
    fill(account, on=ON)
    fresh, path = AccountFactory(state=State.ACTIVE), written(account, tmp_path)
    run = manage("bring_back", str(path), "--account", str(fresh.reference))
    assert (run.returncode, json.loads(run.stdout)) == (
        0,
        {"relations": 2, "employees": 1, "documents": 2, "lines": 2},
    ), run.stderr
    again = manage("bring_back", str(path), "--account", str(fresh.reference))
    assert (again.returncode, again.stdout, again.stderr.count("\n")) == (1, "", 1)
    assert manage("bring_back", str(path), "--account", "niemand").returncode == 1
