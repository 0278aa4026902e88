"""What every test gets: queues, a ledger and a mailbox of its own, nothing of the developer's."""

from __future__ import annotations

import gc
import re
from itertools import count
from uuid import uuid4

import pytest
from django.conf import UserSettingsHolder, settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.cache import caches
from django.db.models import Model
from django.test.signals import setting_changed
from django.utils import translation
from whitenoise.middleware import WhiteNoiseMiddleware

from accounts import usage
from cannonworks import isolation, storage
from cannonworks.celery import app
from cannonworks.embedded import cache_url
from tests.browser import chromium  # noqa: F401 a fixture
from tests.cast import account, colleague, holder, outsider, staff  # noqa: F401 fixtures
from tests.database import django_db_setup, migrated  # noqa: F401 fixtures
from tests.factories import StaffFactory, validate_constraints
from tests.mail import post_office  # noqa: F401 a fixture


class QuickArgon2(Argon2PasswordHasher):
    """Argon2id as in production, but cheap: a test makes many users."""

    time_cost, memory_cost, parallelism = 1, 8, 1


def with_database(redis_url: str, number: int) -> str:
    """The same Redis, another database: for ``redis://host/0`` as for ``redis+socket://…?virtual_host=0``."""
    if "virtual_host=" in redis_url:
        return re.sub(r"virtual_host=\d+", f"virtual_host={number}", redis_url)
    address, query, options = redis_url.partition("?")
    return re.sub(r"(?<=[^/])(/\d*)?$", f"/{number}", address, count=1) + query + options


#: The longest tests of all.
LONG = ("test_bench.py", "test_quality.py", "test_routes.py", "test_simulation.py", "test_end_to_end.py")


@pytest.hookimpl(trylast=True)  # pytest-django puts what needs no database of its own at the end
def pytest_collection_modifyitems(items):
    """The longest tests come first, or one worker waits for the other at the end."""
    items.sort(key=lambda item: item.path.name not in LONG)


def pytest_collection_finish():
    """What was imported until now lives to the end: the collector of garbage need not look at it again and again.

    Nor after every few hundred objects at what a test has just made and still uses: as in our workers.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix):
    """Tests make their databases and rows as the owner; requests and tasks take their roles by themselves."""
    with isolation.as_owner():
        yield


@pytest.fixture(scope="session", autouse=True)
def _own_queues(worker_id):
    """Each worker of the test run has a Redis database of its own; 0 stays the developer's."""
    number = 1 if worker_id == "master" else 1 + int(worker_id.removeprefix("gw"))
    address = with_database(settings.REDIS_URL, number)
    settings.REDIS_URL = settings.CELERY_BROKER_URL = settings.CELERY_RESULT_BACKEND = address
    settings.CACHES["default"]["LOCATION"] = cache_url(address)
    setting_changed.send(sender=None, setting="CACHES", value=settings.CACHES, enter=True)  # drops connections
    app.conf.update(broker_url=address, result_backend=address)
    app.control.purge()  # what an interrupted run left


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords():
    settings.PASSWORD_HASHERS = ["tests.conftest.QuickArgon2"]


@pytest.fixture(scope="session", autouse=True)
def _static_files_found_once():
    """Every test client starts the middleware, which then looks at hundreds of files: for the first of them is enough."""
    look, found = WhiteNoiseMiddleware.add_files_from_finders, {}

    def from_memory(middleware):
        if not found:
            look(middleware)
            found.update(middleware.files)
        middleware.files.update(found)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", from_memory)
        yield


@pytest.fixture(scope="session", autouse=True)
def _quick_factories():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Model, "validate_constraints", validate_constraints)
        yield


@pytest.fixture(autouse=True)
def _own_language():
    """A request leaves its language behind in the thread; the next test begins in that of the product."""
    with translation.override(settings.LANGUAGE_CODE):
        yield


@pytest.fixture(scope="session")
def _folders(tmp_path_factory):
    """Folder after folder; ``mktemp`` would look at all that came before to find the next number."""
    within = tmp_path_factory.mktemp("tests")
    return (within / str(number) for number in count())


@pytest.fixture(autouse=True)
def _own_settings():
    """What a test sets ends with it. Not by the fixture ``settings``, which tells all of Django of every one, twice."""
    before = settings._wrapped
    settings._wrapped = UserSettingsHolder(before)
    yield
    settings._wrapped = before


@pytest.fixture(autouse=True)
def _own_files(_own_settings, _folders):
    """The ledger, the files and the mail files of one test; mail itself stays in memory (``mailoutbox``)."""
    folder = next(_folders)
    settings.LEDGER_DIR, settings.FILES_DIR, settings.EMAIL_FILE_PATH = (
        folder / name for name in ("ledger", "files", "mail")
    )
    settings.BACKUPS_DIR = folder / "backups"
    settings.LEDGER_DIR.mkdir(parents=True)
    storage.prepare()
    settings.EMAIL_FILE_PATH.mkdir()


@pytest.fixture(autouse=True)
def _own_cache(_own_settings):
    """What one test counts (throttles, failures to sign in) is not counted on by the next; the queues' Redis is never emptied."""
    prefix = f"test-{uuid4()}"
    settings.CACHES["default"]["KEY_PREFIX"] = caches["default"].key_prefix = prefix  # of threads to come, and of this


#: Folders whose tests call services directly, as jobs do.
AS_JOBS = {"audits", "backups", "board", "breaches", "finance", "journal", "retention", "rights"}


@pytest.fixture(autouse=True)
def _role_of_jobs(request):
    """What a test of services does, it does under the role of jobs; who tampers as the owner says so (``NOBODY``)."""
    marker = request.node.get_closest_marker("django_db")
    if marker is None or request.path.parent.name not in AS_JOBS:
        yield
        return
    request.getfixturevalue("transactional_db" if marker.kwargs.get("transaction") else "db")
    with isolation.acting_as(isolation.JOBS):
        yield


@pytest.fixture(autouse=True)
def _own_usage(_own_settings):
    """Nothing writes beside a test: what is known of the use waits until the test itself says ``recorder.flush()``."""
    settings.USAGE_SECONDS = 0
    usage.recorder.forget()


@pytest.fixture
def asks(django_assert_num_queries):
    """``with asks(3)``: a signed-in request with three queries beside those of its transaction and its roles."""
    of_every_request = 2 + 3  # begin and end; visitor, user, and back to the test
    return lambda count: django_assert_num_queries(of_every_request + count)


@pytest.fixture
def second(staff):
    """Another member of staff, who confirms what the first one did."""
    return StaffFactory()
