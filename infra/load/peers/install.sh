#!/bin/sh
# Fills a folder with the servers that the load generator measures against. What is there already stays.
#   install.sh FOLDER
# Needs go and npm. The versions are pinned here (NATS) and in package-lock.json (Bun).
set -eu
nats=v2.15.2
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1/bin"
folder=$(cd "$1" && pwd)

if ! "$folder/bin/nats-server" --version 2>/dev/null | grep -q "$nats\$"; then
	GOBIN="$folder/bin" go install "github.com/nats-io/nats-server/v2@$nats"
fi

bun=$(sed -n 's/.*"bun": "\(.*\)".*/\1/p' "$here/package.json")
if [ "$("$folder/bin/bun" --version 2>/dev/null)" != "$bun" ]; then
	cp "$here/package.json" "$here/package-lock.json" "$folder/"
	# No package's own scripts run: Bun's only picks one of the binaries for this machine, as the loop does.
	npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund --loglevel=error
	for binary in "$folder"/node_modules/@oven/bun-*/bin/bun; do
		if [ "$("$binary" --version 2>/dev/null)" = "$bun" ]; then
			ln -sf "$binary" "$folder/bin/bun"
			break
		fi
	done
fi
"$folder/bin/bun" --version >/dev/null
