"""What gunicorn reads by itself: its lines go the way of ours."""

from cannonworks.logs import CONFIG as logconfig_dict  # noqa: F401
