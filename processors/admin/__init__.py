"""The register of sub-processors, their helpers and the projects that let those look (§9, §10)."""

from processors.admin import changes, glass, helpers, projects, sub_processors  # noqa: F401  they register themselves
