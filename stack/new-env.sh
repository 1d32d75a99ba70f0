#!/bin/sh
# Writes .env for docker-compose.yml with secrets of its own, unless it is there already.
#   sh stack/new-env.sh         two nodes, Postgres, Redis and the proxy
#   sh stack/new-env.sh all     collector, Jaeger, Prometheus, Alertmanager, node_exporter and Grafana too
set -eu
cd "$(dirname "$0")/.."
case "${1:-}" in
'' | all) ;;
*)
  echo "Usage: sh stack/new-env.sh [all]" >&2
  exit 2
  ;;
esac
if [ -e .env ]; then
  echo ".env is there already; remove it first if you want new secrets." >&2
  exit 1
fi
secret() {
  head -c 32 /dev/urandom | od -An -vtx1 | tr -d ' \n'
}
umask 077
# Variables that stand empty in .env.example are secrets to be made; the last section is for the whole stack.
while IFS= read -r line; do
  case "$line" in
  *=) printf '%s%s\n' "$line" "$(secret)" ;;
  '# all: '*) if [ "${1:-}" = all ]; then printf '%s\n' "${line#'# all: '}"; else printf '%s\n' "$line"; fi ;;
  *) printf '%s\n' "$line" ;;
  esac
done <.env.example >.env
echo "Wrote .env (readable by you alone). Now: docker compose up --build --detach"
