import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cannonworks.settings")
os.environ.setdefault("DATABASE_POOL", "4")  # as many as a process of the Procfile has threads
application = get_wsgi_application()
