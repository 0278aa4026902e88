import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cannonworks.settings")
os.environ.setdefault("DATABASE_POOL", "5")  # as many as a process of the Procfile has threads, and the usage writer
application = get_wsgi_application()
