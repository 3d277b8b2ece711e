#!/bin/sh
# Formats (or with --check, checks) every Rust file. `cargo fmt` would skip the modules that `register!` declares.
set -eu
cd "$(dirname -- "$0")/.."
git ls-files -z --cached --others --exclude-standard "*.rs" | xargs -0 rustfmt --edition 2024 "$@"
