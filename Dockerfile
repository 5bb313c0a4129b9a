FROM python:3.12-slim
COPY pyproject.toml README.md LICENSE /source/
COPY geoprospect /source/geoprospect
RUN pip install --no-cache-dir /source && rm -r /source
WORKDIR /work
ENTRYPOINT ["geoprospect"]
