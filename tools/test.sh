#!/bin/sh
# Runs every test, with nextest where it is installed. Optimised, like what is shipped: one build serves both.
set -eu
cd "$(dirname -- "$0")/.."
if cargo nextest --version >/dev/null 2>&1; then
    cargo nextest run --release --workspace "$@"
else
    cargo test --release --workspace "$@"
fi
cargo test --release --workspace --doc --quiet
