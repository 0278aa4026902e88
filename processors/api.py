"""What this app has under ``/api/v1/``."""

from processors import sub_processors_api

urlpatterns = [*sub_processors_api.urlpatterns]
