# Shared by the scripts beside it: where things are, how to fail, how to time. Sourced, never run.
# shellcheck shell=bash

APUS_SOURCE=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# Products, test data and logs go below this folder. Two checkouts or two runs at once each name their own.
APUS_BUILD_DIR=${APUS_BUILD_DIR:-$APUS_SOURCE/.build}

# A toolchain that was unpacked there is used even where no login shell has put it on the path.
if [ -d /opt/swift/usr/bin ]; then
    export PATH=/opt/swift/usr/bin:$PATH
fi

# Ends the script with one line that says what is wrong and what to do about it.
die() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 1
}

say() { printf '%s\n' "$*"; }

is_root() { [ "$(id -u)" -eq 0 ]; }

has() { command -v "$1" >/dev/null 2>&1; }

# The time in microseconds. EPOCHREALTIME costs no process; its separator depends on the locale.
now() { printf '%s' "${EPOCHREALTIME//[^0-9]/}"; }

# Prints a span of microseconds as seconds with one decimal.
seconds() { printf '%d.%d s' "$(($1 / 1000000))" "$(($1 % 1000000 / 100000))"; }

# Runs a command quietly. Its output is shown only when it fails, because only then is it worth reading.
quietly() {
    local log status=0
    log=$(mktemp)
    "$@" >"$log" 2>&1 || status=$?
    if [ "$status" -ne 0 ]; then
        cat "$log" >&2
    fi
    rm -f "$log"
    return "$status"
}

# Checks for a Swift that can read Package.swift, whose first line names the oldest one.
require_swift() {
    local wanted found
    wanted=$(sed -n '1s/^.*swift-tools-version: *//p' "$APUS_SOURCE/Package.swift")
    has swift || die "Swift $wanted or newer is needed and none was found on PATH: get a toolchain for this \
system from swift.org (Downloads), unpack it and put its usr/bin on PATH"
    found=$(swift --version 2>/dev/null | sed -n 's/^.*Swift version \([0-9][0-9.]*\).*$/\1/p' | head -n 1)
    if [ "$(printf '%s\n%s\n' "$wanted" "$found" | sort -V | head -n 1)" != "$wanted" ]; then
        die "Swift $wanted or newer is needed and $(command -v swift) is ${found:-of an unknown version}: \
get a newer toolchain from swift.org (Downloads) and put its usr/bin first on PATH"
    fi
}

# Where SwiftPM leaves the products of a configuration, without asking SwiftPM, which takes a second.
products_dir() { printf '%s/%s' "$APUS_BUILD_DIR" "$1"; }
