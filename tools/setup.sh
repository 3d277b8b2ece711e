#!/bin/sh
# Says what is missing on this machine, and has setup.py fetch what is missing under .tools/.
#   tools/setup.sh just       the command runner
#   tools/setup.sh libtorch   libtorch, with CUDA where there is a GPU (BAKEOFF_GPU=0 or 1 decides otherwise)
# With everything there it looks at a few files, prints nothing and reaches for no network.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)

missing=
lacks() { missing="$missing${missing:+; }$1"; }
has() { command -v "$1" >/dev/null 2>&1; }
is_set_up() { cmp -s "$root/tools/requirements-$2.txt" "$root/.tools/$1/requirements.txt"; }

has cargo || lacks 'cargo (install Rust 1.90 or newer with rustup; Debian: apt install rustup && rustup default stable)'
has "${CXX:-c++}" || lacks "a C++ compiler, ${CXX:-c++} (Debian: apt install g++)"

kind=
case $1 in
just) is_set_up just just || kind=just ;;
libtorch)
    if [ -n "${LIBTORCH:-}" ]; then
        [ -e "$LIBTORCH/lib/libtorch_cpu.so" ] || lacks "lib/libtorch_cpu.so in LIBTORCH=$LIBTORCH (unset it to have libtorch fetched)"
    else
        case ${BAKEOFF_GPU:-auto} in
        0) wants=cpu ;;
        1) wants=cuda ;;
        auto)
            wants=cpu
            if [ -e /proc/driver/nvidia/version ] || { has nvidia-smi && nvidia-smi -L >/dev/null 2>&1; }; then
                wants=cuda
            fi
            ;;
        *)
            echo "justw: BAKEOFF_GPU=$BAKEOFF_GPU is neither 0 nor 1" >&2
            exit 2
            ;;
        esac
        # The install with CUDA serves without a GPU too.
        is_set_up libtorch cuda || is_set_up libtorch "$wants" || kind=$wants
    fi
    ;;
*)
    echo "usage: tools/setup.sh just|libtorch" >&2
    exit 2
    ;;
esac

if [ -n "$kind" ]; then
    if ! has python3; then
        lacks 'python3 and its pip (Debian: apt install python3 python3-pip)'
    elif ! python3 -c 'import pip' 2>/dev/null; then
        lacks 'pip for python3 (Debian: apt install python3-pip)'
    fi
    case $(uname -s)-$(uname -m) in
    Linux-x86_64 | Linux-aarch64) ;;
    *) lacks "libtorch for this system (only Linux on x86_64 and aarch64 is set up; elsewhere set LIBTORCH and install just)" ;;
    esac
fi
if [ -n "$missing" ]; then
    echo "justw: missing: $missing" >&2
    exit 1
fi
if [ -n "$kind" ]; then
    exec python3 "$root/tools/setup.py" "$kind"
fi
