#!/bin/sh
# Writes the manual page and the completions of a version into packaging/built, where .goreleaser.yaml takes them from.
set -eu
cd "$(dirname "$0")/.."
built=packaging/built
rm -rf "$built"
mkdir -p "$built/completions"
go build -buildvcs=true -ldflags "-X main.version=$1" -o "$built/ssespec" ./cmd/ssespec
"$built/ssespec" man >"$built/ssespec.1"
"$built/ssespec" completion bash >"$built/completions/ssespec.bash"
"$built/ssespec" completion zsh >"$built/completions/_ssespec"
"$built/ssespec" completion fish >"$built/completions/ssespec.fish"
rm "$built/ssespec"
