"""The commands as programs: what they write is a contract, and bad input is one line that changes nothing."""

from __future__ import annotations

import json
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from dateutil.relativedelta import relativedelta
from django.utils import timezone

import manage as program
from accounts.models import Account
from accounts.states import State
from retention.models import Erasure
from tests.lives import EVERYTHING, account_in, fill, full_life, hold
from tests.processes import environment, manage

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.clause("6"), pytest.mark.timeout(180)]
NOWHERE = "postgresql://nobody:secret-word@127.0.0.1:1/nowhere"
LIFE = {
    "trial_days": 30, "until": "2030-01-01",
    "events": [{"on": "2024-01-31", "do": "sign_up"}, {"on": "2024-02-10", "do": "add_relation"}],
}  # fmt: skip


def together(*commands):
    """Run several programs at once; each ``(arguments, environment)``."""
    with ThreadPoolExecutor(3) as pool:
        return list(pool.map(lambda command: manage(*command[0], env=command[1]), commands))


@pytest.mark.clause("5.4", "5 hold")
def test_a_sweep_tells_what_it_would_do_does_it_and_tells_that():
    today = timezone.localdate()
    due = full_life(cancelled_on=today - relativedelta(years=2))
    held = account_in(State.CANCELLED, on=today - relativedelta(years=2))
    hold(held, ["relations"], on=today - timedelta(days=9))
    lapsing = account_in(State.TRIAL, on=today - timedelta(days=30))
    fill(account_in(State.ACTIVE, on=today), on=today)

    dry = json.loads(manage("apply_retention", "--dry-run", "--json").stdout)
    assert (dry["on"], dry["dry_run"]) == (today.isoformat(), True)
    would = {
        item["account"]: (item["does"], item["categories"], item["held"], item["clause"]) for item in dry["accounts"]
    }
    assert would == {
        str(lapsing.reference): ("lapse", [], [], "5.3"),
        str(due.reference): ("erase", EVERYTHING_AS_TOLD, [], "5.4"),
        str(held.reference): ("erase", [c for c in EVERYTHING_AS_TOLD if c != "relations"], ["relations"], "5.4"),
    }
    assert not Erasure.objects.exists()

    done = json.loads(manage("apply_retention", "--json").stdout)
    assert {key: done[key] for key in ("on", "lapsed", "erased", "stopped")} == {
        "on": today.isoformat(), "lapsed": 1, "erased": 2, "stopped": "",
    }  # fmt: skip
    did = {item["account"]: (item["did"], item.get("categories"), item.get("held")) for item in done["accounts"]}
    assert did == {
        str(lapsing.reference): ("lapse", None, None),
        str(due.reference): ("erase", would[str(due.reference)][1], []),
        str(held.reference): ("erase", would[str(held.reference)][1], ["relations"]),
    }
    again = manage("apply_retention")
    assert (again.returncode, again.stderr) == (0, "")
    assert "0" in again.stdout.splitlines()[-1]


EVERYTHING_AS_TOLD = list(EVERYTHING)


def test_simulate_writes_one_result_for_a_scenario_and_a_list_for_a_list(tmp_path):
    one, many = tmp_path / "one.json", tmp_path / "many.json"
    one.write_text(json.dumps(LIFE))
    many.write_text(json.dumps([LIFE, {"until": "2026-01-01", "events": []}]))
    first, second = together((("simulate", str(one)), None), (("simulate", str(many)), None))
    expected = {
        "events": [
            {"on": "2024-01-31", "do": "sign_up", "state": "trial", "refused": None},
            {"on": "2024-02-10", "do": "add_relation", "state": "trial", "refused": None},
        ],
        "erased": {"account": "2026-03-01", "evidence": None, "relations": "2026-03-01"},
        "state": "erased",
    }
    assert (first.returncode, json.loads(first.stdout), first.stderr) == (0, expected, "")
    assert json.loads(second.stdout) == [expected, {"events": [], "erased": {}, "state": None}]
    assert Account.objects.count() == 0


@pytest.mark.clause("19")
def test_datamap_lists_every_model_with_its_fields():
    done = manage("datamap", "--json")
    described = {model["model"]: model for model in json.loads(done.stdout)}
    fields = {field["name"]: field for field in described["relations.Employee"]["fields"]}
    assert fields["bsn"] == {
        "name": "bsn", "personal": True, "encrypted": True, "clause": "19 Betrokkenen BSN", "seen_by": ["main user"],
    }  # fmt: skip
    assert described["journal.Entry"]["category"] == "evidence"
    assert all(model["category"] or model["why_outside"] for model in described.values())


def check_one_line(code: int, out: str, err: str, name: str) -> None:
    assert (code, out) == (1, ""), err
    assert re.fullmatch(rf"{name}: .+", err.strip()), err  # . matches no line break
    assert "secret-word" not in err


@pytest.mark.parametrize(
    "arguments",
    [
        ("simulate", "none.json"), ("simulate", "broken.json"), ("simulate", "wrong.json"), ("simulate", "late.json"),
        ("simulate", "binary.json"), ("simulate", "."), ("simulate",), ("apply_retention", "--as-of", "tomorrow"),
        ("apply_retention", "--as-of", "2026-02-29"), ("apply_retention", "--colour"), ("datamap", "--yaml"),
        ("deadline", "party", "2026-01-01T00:00Z"), ("deadline",),
    ],
)  # fmt: skip
def test_bad_input_is_one_line_and_exit_code_1(arguments, tmp_path, monkeypatch, capsys):
    texts = {"broken": "{", "wrong": '{"until": "2026-02-30"}', "late": '[{"until": "2026-01-01", "events": 1}]'}
    for name, text in texts.items():
        (tmp_path / f"{name}.json").write_text(text)
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["manage.py", *arguments])
    with pytest.raises(SystemExit) as end:
        program.main()
    assert isinstance(end.value.code, str)  # which Python writes to stderr, with exit code 1
    check_one_line(1, capsys.readouterr().out, end.value.code, arguments[0])


def test_wrong_surroundings_are_one_line_too_and_nothing_changes():
    account = full_life(cancelled_on=timezone.localdate() - relativedelta(years=2))
    before = list(Account.objects.values())
    tomorrow = (timezone.localdate() + timedelta(days=1)).isoformat()
    env = environment()
    for done in together(
        (("apply_retention",), {**env, "DATABASE_URL": NOWHERE}),
        (("datamap", "--json"), {**env, "SECRET_KEY": ""}),
        (("simulate", "none.json"), {**env, "DATABASE_URL": "postgress://u:secret-word@db/x"}),
        (("apply_retention", "--as-of", tomorrow), env),
    ):
        check_one_line(done.returncode, done.stdout, done.stderr, done.args[2])
    assert list(Account.objects.values()) == before
    assert Account.objects.get() == account


@pytest.mark.clause("19")
def test_a_wrong_key_erases_nothing_that_could_not_be_proven(tmp_path):
    full_life(cancelled_on=timezone.localdate() - relativedelta(years=2))
    env = environment(STATEMENT_SIGNING_KEY="c2hvcnQ=")
    (program,) = together((("apply_retention",), env))
    assert program.returncode == 1
    assert program.stderr.splitlines() == [
        "apply_retention: STATEMENT_SIGNING_KEY is malformed: it must be 32 bytes in base64."
    ]
    assert not Erasure.objects.filter(statement__isnull=False).exists()
    assert manage("apply_retention").returncode == 0
    assert Erasure.objects.get().attempts == 0


def test_without_redis_a_sweep_at_the_terminal_works_all_the_same():
    account_in(State.CANCELLED, on=timezone.localdate() - relativedelta(years=2))
    done = manage("apply_retention", "--json", env=environment(REDIS_URL="redis://127.0.0.1:1/0"))
    assert (done.returncode, json.loads(done.stdout)["erased"]) == (0, 1)
