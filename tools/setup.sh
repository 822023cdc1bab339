#!/bin/sh
# Make the environment in .venv. On Debian and Ubuntu also the system packages that Qt and the tests need.
set -eu
cd "$(dirname "$0")/.."

packages="libglib2.0-0 libgl1 libegl1 libxkbcommon0 libdbus-1-3 libfontconfig1 libxkbcommon-x11-0 libxcb-cursor0
libxcb-icccm4 libxcb-keysyms1 libxcb-shape0 xvfb xauth"

installed() {
    dpkg-query -W -f '${Status}\n' "$1" "$1t64" 2>/dev/null | grep -q 'install ok installed'
}

if command -v dpkg-query >/dev/null && command -v apt-get >/dev/null; then
    missing=""
    for package in $packages; do
        installed "$package" || missing="$missing $package"
    done
    if [ -n "$missing" ]; then
        if [ "$(id -u)" = 0 ]; then
            as_root=""
        elif sudo -n true 2>/dev/null; then
            as_root="sudo"
        else
            as_root="none"
        fi
        if [ "$as_root" = none ]; then
            echo "Some system packages are missing. Install them with:"
            echo "  sudo apt-get update && sudo apt-get install -y$missing"
        else
            echo "Installing system packages:$missing"
            log=$(mktemp)
            # shellcheck disable=SC2086  # a list of words
            if ! { $as_root apt-get update -q && DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -q $missing; } >"$log" 2>&1
            then
                tail -n 5 "$log"
                echo "They could not be installed; going on without."
            fi
            rm -f "$log"
        fi
    fi
fi

# Without pip it is a half-made environment, as Debian leaves it where python3-venv is missing.
if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    found=""
    for candidate in python3 python3.13 python3.12 python3.11 python; do
        if command -v "$candidate" >/dev/null &&
            "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            found=$candidate
            break
        fi
    done
    if [ -z "$found" ]; then
        echo "Flowscope needs Python 3.11 or newer, and none was found. Install one and run this again." >&2
        exit 1
    fi
    if ! "$found" -m venv .venv; then
        echo "The environment could not be made. On Debian and Ubuntu: sudo apt-get install python3-venv" >&2
        exit 1
    fi
fi

echo "Installing Python packages, which takes a minute or two the first time"
.venv/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
