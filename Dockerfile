# The gateway alone: bring your own Postgres (DATABASE_URL), the embedded one is left out.
#   docker build --build-arg REVISION="$(git rev-parse HEAD)" -t waybill:0.1.0 .
# NODE_IMAGE may name a mirror; the version is that of package.json.
ARG NODE_IMAGE=node:24.21.0-bookworm-slim

# What compiles: all packages; the console's bundler comes as one of those that npm calls optional.
FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY client/package.json client/
COPY console/package.json console/
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY scripts/node-version.js scripts/build.js scripts/
COPY scripts/build scripts/build
COPY client/tsconfig.json client/
COPY client/src client/src
COPY console/index.html console/tsconfig.json console/vite.config.ts console/
COPY console/public console/public
COPY console/src console/src
COPY src src
COPY docs/runbooks docs/runbooks
RUN npm run build

# What runs: packages without those of development.
FROM ${NODE_IMAGE} AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY client/package.json client/
COPY console/package.json console/
RUN npm ci --omit=dev --omit=optional --ignore-scripts

FROM ${NODE_IMAGE}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Waybill" \
      org.opencontainers.image.description="A realtime messaging gateway, WebSocket and REST, that can account for every message." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
ENV NODE_ENV=production \
    WAYBILL_DATA_DIR=/var/lib/waybill
WORKDIR /app
COPY LICENSE ./
COPY package.json ./
COPY bin bin
COPY client/package.json client/
COPY --from=packages /app/node_modules node_modules
COPY --from=build /app/client/dist client/dist
COPY --from=build /app/dist dist
COPY --from=build /app/console/dist console/dist
# The only place it writes to: generated secrets, profiles, snapshots. The rest may be read-only.
RUN mkdir -p /var/lib/waybill && chown node:node /var/lib/waybill
VOLUME ["/var/lib/waybill"]
USER node
EXPOSE 8080 9464
# SIGTERM drains: clients are told to reconnect over WAYBILL_DRAIN_TIMEOUT_MS (10 s), then what is queued is stored.
STOPSIGNAL SIGTERM
# Alive, not ready: a node that lost its database is not helped by a restart.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.WAYBILL_OPS_PORT ?? 9464}/healthz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--import", "./dist/telemetry.js", "dist/main.js"]
