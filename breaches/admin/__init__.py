from breaches.admin import reports  # noqa: F401  it registers itself
