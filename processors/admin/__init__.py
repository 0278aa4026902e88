"""The register of sub-processors, their helpers and the projects that let those look (§9, §10)."""

from processors.admin import (  # noqa: F401  they register themselves
    changes,
    disclosures,
    glass,
    helpers,
    projects,
    statements,
    sub_processors,
)
