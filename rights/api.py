"""What is asked under the agreement, over the API: each noun has a module of its own (§6, §15, §16)."""

from rights import erasure_api, returns_api

urlpatterns = [*erasure_api.urlpatterns, *returns_api.urlpatterns]
