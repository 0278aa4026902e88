from __future__ import annotations

import io
import zipfile

import pytest
from django.utils import timezone

from rights import making, returning
from rights.models import *
from tests.lives import *

pytestmark = [pytest.mark.django_db, pytest.mark.clause("6")]


def test_smoke(account):
    fill(account, on=date(2026, 3, 2))
    DataReturn.objects.all().delete()
    found = returning.ask_return(account, actor=account.main_user, at=timezone.now())
    making.run(found.pk)
    found.refresh_from_db()
    print(found.state, found.why, found.rows_done, found.rows_total)
    a = returning.archive(found)
    data = b"".join(a.pieces)
    assert len(data) == a.length
    z = zipfile.ZipFile(io.BytesIO(data))
    assert z.testzip() is None
    for i in z.infolist():
        print(i.filename, i.file_size)
    open("/tmp/w/ret.zip", "wb").write(data)
    assert found.state == "ready"
