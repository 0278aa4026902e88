"""What is asked under the agreement, over the API: each noun has a module of its own (§6, §15, §16)."""

from rights import corrections_api, erasure_api, requests_api, returns_api

urlpatterns = [
    *corrections_api.urlpatterns,
    *erasure_api.urlpatterns,
    *requests_api.urlpatterns,
    *returns_api.urlpatterns,
]
