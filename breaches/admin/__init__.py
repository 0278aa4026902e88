from breaches.admin import consultations, reports  # noqa: F401  they register themselves
