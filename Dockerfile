# Node 26 with npm; mirror it and name it by digest where builds have to be repeatable.
ARG BASE_IMAGE=node:26-trixie-slim
# A mirror of npm's registry, where it is far; the lock file holds what comes from it to its checksums.
ARG NPM_REGISTRY=

# client-miniprogram/ stays out of both npm stages: a workspace that is not there brings no dependencies.
FROM ${BASE_IMAGE} AS build
ARG NPM_REGISTRY
WORKDIR /app
COPY package.json package-lock.json tsconfig.json ./
COPY gateway/package.json gateway/tsconfig.json gateway/tsconfig.build.json gateway/
RUN npm ci --ignore-scripts --no-audit --no-fund ${NPM_REGISTRY:+--registry=$NPM_REGISTRY}
COPY gateway/bin gateway/bin
COPY gateway/src gateway/src
RUN npm run build --workspace gateway

FROM ${BASE_IMAGE} AS dependencies
ARG NPM_REGISTRY
WORKDIR /app
COPY package.json package-lock.json ./
COPY gateway/package.json gateway/
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund --workspace gateway ${NPM_REGISTRY:+--registry=$NPM_REGISTRY}
# What packages bring for those who develop with them, and the link to a workspace that is not in the image.
RUN find node_modules \( -name '*.map' -o -name '*.ts' -o -name '*.[cm]ts' \) -delete \
 && find node_modules -type d -name test -prune -exec rm -rf {} + \
 && rm -rf node_modules/@tidegate node_modules/@types

FROM ${BASE_IMAGE}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Tidegate" \
      org.opencontainers.image.description="A horizontally scalable Socket.IO gateway." \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
ENV NODE_ENV=production
WORKDIR /app
COPY LICENSE gateway/package.json ./
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/gateway/dist dist
COPY gateway/console console
COPY gateway/guide guide
# A number, so that Kubernetes can see that it is not root; it owns nothing, and nothing is written.
USER 65532:65532
EXPOSE 3000 3001
HEALTHCHECK --interval=30s --timeout=3s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.TIDEGATE_ADMIN_PORT || 3001}/livez`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Sockets live outside the heap: the rest of the container's memory is theirs.
CMD ["node", "--max-semi-space-size=4", "--max-old-space-size-percentage=70", "dist/main.js"]
