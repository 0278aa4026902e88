# Production: no embedded servers, no tools, no root. Every address and secret comes from the environment.

FROM python:3.11-slim AS messages
WORKDIR /app
COPY requirements/run.txt requirements/
RUN pip install --no-cache-dir --require-hashes -r requirements/run.txt
COPY locale locale
RUN pybabel compile --use-fuzzy --directory locale --domain django

FROM python:3.11-slim
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 LOCAL_DIR=/var/lib/cannonworks BIND=0.0.0.0:8000
WORKDIR /app
RUN useradd --system --uid 10001 --no-create-home cannonworks \
    && install --directory --owner cannonworks --mode 0700 /var/lib/cannonworks
COPY requirements/base.txt requirements/
RUN pip install --no-cache-dir --require-hashes -r requirements/base.txt
COPY . .
COPY --from=messages /app/locale locale
# The static files depend on no secret; the settings want some, so these are thrown away with the step.
RUN set -a && eval "$(python -m cannonworks.secrets)" \
    && DATABASE_URL=postgresql://db/x REDIS_URL=redis://cache/0 EMAIL_URL=dummymail:// \
       python manage.py collectstatic --noinput
USER cannonworks
VOLUME /var/lib/cannonworks
EXPOSE 8000
# The same three commands as in the Procfile; docker-compose.yml names the other two.
CMD ["sh", "-c", "exec gunicorn cannonworks.wsgi --bind $BIND --workers ${WEB_WORKERS:-2} --threads 4"]
