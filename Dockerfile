FROM python:3.12-slim
# The wheels of rasterio and pyogrio take this library from the system, and the slim image lacks it.
RUN apt-get update && apt-get install --no-install-recommends -y libexpat1 && rm -rf /var/lib/apt/lists/*
COPY pyproject.toml README.md LICENSE /source/
COPY geoprospect /source/geoprospect
RUN pip install --no-cache-dir /source && rm -r /source
WORKDIR /work
ENTRYPOINT ["geoprospect"]
