# The workbench in a container:  docker build -t workbench .
#                                docker run -p 127.0.0.1:8501:8501 -v workbench:/data workbench
# Other host names than localhost: -e STREAMLIT_SERVER_ALLOWED_HOSTS=crm.example.org (behind a proxy that does TLS).
FROM python:3.11-slim

# What run.py sets for the server; numpy reads the first two when it is imported.
ENV OMP_WAIT_POLICY=PASSIVE \
    OPENBLAS_NUM_THREADS=1 \
    PYTHONUTF8=1 \
    PYTHONUNBUFFERED=1 \
    STREAMLIT_BROWSER_GATHER_USAGE_STATS=false \
    STREAMLIT_SERVER_ADDRESS=0.0.0.0 \
    CRM_DATABASE=/data/workbench.duckdb

WORKDIR /app
COPY requirements.lock .
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.lock

COPY . .
RUN useradd --create-home --uid 10001 workbench \
 && mkdir /data && chown workbench /data \
 && python -m compileall -q /app
USER workbench
VOLUME /data
EXPOSE 8501

# The first start fills the demo shop before it is healthy.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8501/healthz', timeout=4)"]
CMD ["python", "-m", "streamlit", "run", "server.py", "--server.port", "8501"]
