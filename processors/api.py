"""What this app has under ``/api/v1/``."""

from processors import disclosures_api, sub_processors_api

urlpatterns = [*sub_processors_api.urlpatterns, *disclosures_api.urlpatterns]
