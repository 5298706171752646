# Shared by the benchmarks beside it: temporary folders, lists of times, tables. Sourced, never run.
# shellcheck shell=bash

# Stores leave mounts behind, of themselves and of containers that were killed; the deepest goes first.
unmount_below() {
    local mount
    while IFS= read -r mount; do
        umount "$mount" || true
    done < <(awk -v below="$1/" 'index($2, below) == 1 {print $2}' /proc/mounts | sort -r)
}

# The number below which the given share of a list lies; 50 is the median, of an even list the lower middle one.
quantile() { # per cent, numbers
    local at=$1
    shift
    printf '%s\n' "$@" | sort -n | sed -n "$((1 + ($# - 1) * at / 100))p"
}

milliseconds() { printf '%d.%d ms' "$(($1 / 1000))" "$(($1 % 1000 / 100))"; }
