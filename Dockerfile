# backpropd in a container: docker build -t backpropd . && docker run -p 8080:8080 -v backpropd:/var/lib/backpropd backpropd
FROM debian:bookworm-slim AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends gcc libc6-dev cmake ninja-build pkg-config \
       libmicrohttpd-dev libjansson-dev libsqlite3-dev nettle-dev zlib1g-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY CMakeLists.txt CMakePresets.json ./
COPY core core
COPY server server
COPY clients/dashboard clients/dashboard
RUN cmake --preset release -DBP_TESTS=OFF \
    && cmake --build --preset release --target backpropd \
    && strip build/release/backpropd

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends libmicrohttpd12 libjansson4 libsqlite3-0 libnettle8 zlib1g \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin backpropd \
    && install -d -o backpropd -g backpropd -m 0750 /var/lib/backpropd
COPY --from=build /source/build/release/backpropd /usr/local/bin/backpropd
ENV BACKPROPD_LISTEN=0.0.0.0:8080 BACKPROPD_DATA_DIR=/var/lib/backpropd
USER 10001:10001
VOLUME /var/lib/backpropd
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s --retries=3 CMD ["/usr/local/bin/backpropd", "--healthcheck"]
ENTRYPOINT ["/usr/local/bin/backpropd"]
