#!/bin/sh
set -eu
address=$1 device=$2 key=$3
url="$address/api/v1/devices/$device"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

challenge=$(curl -sSf -X POST "$url/challenge")
field() { printf '%s' "$challenge" | sed -E "s/.*\"$1\":\"([^\"]*)\".*/\1/"; }

printf 'waybill-device-answer\n%s\n%s\n%s\n%s\n%s\n%s' "$(field version)" "$(field server)" "$device" \
  "$(field connection)" "$(field nonce)" "$(field purpose)" > "$work/text"
openssl pkeyutl -sign -rawin -inkey "$key" -in "$work/text" -out "$work/proof"
proof=$(openssl base64 -A -in "$work/proof" | tr '+/' '-_' | tr -d '=')
curl -sSf -X POST "$url/token" -H 'Content-Type: application/json' \
  -d "{\"nonce\":\"$(field nonce)\",\"proof\":\"$proof\"}" | sed -E 's/.*"token":"([^"]*)".*/\1/'
