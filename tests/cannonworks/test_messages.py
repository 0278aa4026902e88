"""The catalogue of messages: found in code and templates, kept, checked, compiled."""

from __future__ import annotations

import gettext
import os
from io import StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import CommandError, call_command

from cannonworks import catalogue
from cannonworks.catalogue import DUTCH, BadSource

CODE = """
from django.utils.translation import gettext, gettext_lazy as _, ngettext, pgettext_lazy

GREETING = _("Good %(part)s")
LONG = gettext(
    "Two parts"
    " and one message."
)
MONTH = pgettext_lazy("abbreviated", "May")

def days(count):
    return ngettext("%(count)d day", "%(count)d days", count)
"""

PAGE = """{% extends "base.html" %}
  {% block title %}{% translate "Your account" %}{% endblock %}
{% block main %}
      <p title="{% translate 'Erase' context 'button' %}">{% blocktranslate trimmed with name=account.name %}
        Hello {{ name }},
        100% of this is yours.
      {% endblocktranslate %}</p>
 {% blocktranslate count n=days %}{{ n }} day left{% plural %}{{ n }} days left{% endblocktranslate %}
    {% if wide %}{{ note|default:_("Nothing yet") }}{% endif %}
{% endblock %}
"""

FOUND = {
    "Good %(part)s",
    "Two parts and one message.",
    ("abbreviated", "May"),
    ("%(count)d day", "%(count)d days"),
    "Your account",
    ("button", "Erase"),
    "Hello %(name)s, 100%% of this is yours.",
    ("%(n)s day left", "%(n)s days left"),
    "Nothing yet",
    "In a mail",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small project: an app, templates, and what is to be left alone (migrations, tests, other files)."""
    for name, text in {
        "shop/__init__.py": "",
        "shop/models.py": CODE,
        "shop/templates/shop/page.html": PAGE,
        "shop/migrations/0001_initial.py": "_('In a migration')",
        "templates/mail.txt": '{% translate "In a mail" %}',
        "templates/logo.svg": '{% translate "In a picture" %}',
        "tests/__init__.py": "_('In a test')",
        "notes/plan.py": "_('In no package')",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def translate(project: Path, *changes: tuple[str, str]) -> None:
    text = (project / DUTCH).read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (project / DUTCH).write_text(text)


def only(project: Path, code: str, dutch: str) -> list[str]:
    """The problems of a project with this code and this catalogue alone."""
    (project / "shop/templates/shop/page.html").unlink()
    (project / "templates/mail.txt").unlink()
    (project / "shop/models.py").write_text(code)
    (project / DUTCH).parent.mkdir(parents=True)
    (project / DUTCH).write_bytes(catalogue.HEADER + dutch.encode())
    return catalogue.problems(project)


def test_messages_are_found_in_packages_and_templates_and_nowhere_else(project):
    found = {
        (message.context, message.id) if message.context else message.id
        for message in catalogue.extract(project)
        if message.id
    }
    assert found == FOUND


def test_a_new_catalogue_has_every_message_without_dutch(project):
    catalogue.update(project)
    lines = catalogue.problems(project)
    assert len(lines) == len(FOUND)
    assert 'missing: "Good %(part)s" in shop/models.py' in lines
    assert 'missing: "Erase" (button) in shop/templates/shop/page.html' in lines


def test_updating_keeps_translations_and_drops_what_is_obsolete(project):
    catalogue.update(project)
    translate(
        project,
        ('msgid "Your account"\nmsgstr ""', '# of the holder\nmsgid "Your account"\nmsgstr "Je account"'),
        ('msgid "In a mail"\nmsgstr ""', 'msgid "In a mail"\nmsgstr "In een mail"'),
    )
    (project / "templates/mail.txt").write_text('{% translate "In a letter" %}')
    catalogue.update(project)
    text = (project / DUTCH).read_text()
    assert '# of the holder\nmsgid "Your account"\nmsgstr "Je account"' in text
    assert 'msgid "In a letter"\nmsgstr ""' in text
    assert "In a mail" not in text
    assert "In een mail" not in text


def test_updating_again_changes_nothing(project):
    catalogue.update(project)
    before = (project / DUTCH).read_bytes()
    catalogue.update(project)
    assert (project / DUTCH).read_bytes() == before
    assert str(project).encode() not in before
    assert sorted(path.name for path in (project / DUTCH).parent.iterdir()) == ["django.mo", "django.po"]


def test_checking_writes_nothing(project):
    catalogue.problems(project)
    assert not (project / "locale").exists()


def test_a_compiled_catalogue_speaks_dutch(project):
    catalogue.update(project)
    translate(
        project,
        ('msgid "Your account"\nmsgstr ""', 'msgid "Your account"\nmsgstr "Je account"'),
        ('msgstr[0] ""\nmsgstr[1] ""', 'msgstr[0] "één dag"\nmsgstr[1] "%(count)d dagen"'),
    )
    catalogue.compile_catalogue(project)
    with (project / DUTCH).with_suffix(".mo").open("rb") as file:
        dutch = gettext.GNUTranslations(file)
    assert dutch.gettext("Your account") == "Je account"
    assert [dutch.ngettext("%(count)d day", "%(count)d days", n) for n in (1, 2)] == [
        "één dag",
        "%(count)d dagen",
    ]


def test_a_stale_catalogue_is_compiled_and_a_fresh_one_left_alone(project):
    catalogue.compile_when_stale(project)
    assert not (project / "locale").exists()
    catalogue.update(project)
    compiled = (project / DUTCH).with_suffix(".mo")
    written = compiled.stat().st_mtime_ns
    catalogue.compile_when_stale(project)
    assert compiled.stat().st_mtime_ns == written
    os.utime(project / DUTCH, (written / 1e9 + 5,) * 2)
    catalogue.compile_when_stale(project)
    assert compiled.stat().st_mtime_ns > written
    compiled.unlink()
    catalogue.compile_when_stale(project)
    assert compiled.exists()


@pytest.mark.parametrize(
    ("code", "dutch", "expected"),
    [
        ('_("a")', 'msgid "a"\nmsgstr "b"\n', []),
        ('_("a")', "", ['missing: "a" in shop/models.py']),
        ('_("a")', 'msgid "a"\nmsgstr ""\n', ['missing: "a" in shop/models.py']),
        ('_("a")', '#, fuzzy\nmsgid "a"\nmsgstr "b"\n', ['fuzzy: "a" in shop/models.py']),
        ("", 'msgid "a"\nmsgstr "b"\n', [f'obsolete: "a" in {DUTCH}']),
        ("", '#~ msgid "a"\n#~ msgstr "b"\n', [f'obsolete: "a" in {DUTCH}']),
        ('_("line\\nbreak")', "", [r'missing: "line\nbreak" in shop/models.py']),
        ('_("%(a)s")', 'msgid "%(a)s"\nmsgstr "%(b)s"\n', ['placeholders differ: "%(a)s" in shop/models.py']),
        ('_("%(a)s")', 'msgid "%(a)s"\nmsgstr "%(a)d"\n', ['placeholders differ: "%(a)s" in shop/models.py']),
        ('_("%(a)s")', 'msgid "%(a)s"\nmsgstr "x %(a)s %(a)s"\n', []),
        ('_("{a} {b}")', 'msgid "{a} {b}"\nmsgstr "{b} {a}"\n', []),
        ('_("{a}")', 'msgid "{a}"\nmsgstr "a"\n', ['placeholders differ: "{a}" in shop/models.py']),
        ('_("%s %s")', 'msgid "%s %s"\nmsgstr "%s"\n', ['placeholders differ: "%s %s" in shop/models.py']),
        ('_("5%% of %(a)s")', 'msgid "5%% of %(a)s"\nmsgstr "5%% van %(a)s"\n', []),
        ('_("5%% of %(a)s")', 'msgid "5%% of %(a)s"\nmsgstr "vijf procent van %(a)s"\n', []),
        (
            'ngettext("%(n)d day", "%(n)d days", n)',
            'msgid "%(n)d day"\nmsgid_plural "%(n)d days"\nmsgstr[0] "één dag"\nmsgstr[1] "%(n)d dagen"\n',
            [],
        ),
        (
            'ngettext("%(n)d day", "%(n)d days", n)',
            'msgid "%(n)d day"\nmsgid_plural "%(n)d days"\nmsgstr[0] "%(n)d dag"\nmsgstr[1] "dagen"\n',
            ['placeholders differ: "%(n)d day" in shop/models.py'],
        ),
        (
            'ngettext("%(n)d day", "%(n)d days", n)',
            'msgid "%(n)d day"\nmsgid_plural "%(n)d days"\nmsgstr[0] "%(n)d dag"\nmsgstr[1] ""\n',
            ['missing: "%(n)d day" in shop/models.py'],
        ),
        (
            'ngettext("day", "days", n)',
            'msgid "day"\nmsgstr "dag"\n',
            ['missing: "day" in shop/models.py', f'obsolete: "day" in {DUTCH}'],
        ),
    ],
)
def test_every_flaw_is_one_line(project, code, dutch, expected):
    assert only(project, code, dutch) == expected


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("shop/models.py", "_('never closed'"),
        ("shop/templates/shop/page.html", "{% blocktranslate %}{% if x %}{% endblocktranslate %}"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(project, file, text):
    (project / file).write_text(text)
    with pytest.raises(BadSource, match=file):
        catalogue.extract(project)


def test_a_broken_catalogue_is_named(project):
    (project / DUTCH).parent.mkdir(parents=True)
    (project / DUTCH).write_text('msgid "a"\nmsgstr "b"\n<<<<<<< conflict\n')
    with pytest.raises(BadSource, match=r"django\.po"):
        catalogue.problems(project)


def test_the_command_checks_updates_and_compiles(project, settings):
    settings.BASE_DIR = project
    out = StringIO()
    with pytest.raises(CommandError, match=f"{len(FOUND)} to mend"):
        call_command("messages", "--check", stdout=out)
    assert len(out.getvalue().splitlines()) == len(FOUND)
    call_command("messages")
    compiled = (project / DUTCH).with_suffix(".mo")
    compiled.unlink()
    call_command("messages", "--compile")
    assert compiled.exists()


@pytest.mark.parametrize("embedded", [True, False])
def test_a_machine_of_ones_own_compiles_at_start_up_and_no_other(project, settings, embedded):
    catalogue.update(project)
    compiled = (project / DUTCH).with_suffix(".mo")
    compiled.unlink()
    settings.BASE_DIR, settings.EMBEDDED = project, embedded
    apps.get_app_config("cannonworks").ready()
    assert compiled.exists() is embedded


def test_every_message_of_the_product_has_good_dutch():
    assert catalogue.problems(Path(settings.BASE_DIR)) == []
