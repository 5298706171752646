# Shared by the benchmarks beside it: temporary folders, lists of times, reports. Sourced after scripts/lib.bash.
# shellcheck shell=bash

# No run of a trivial command takes that long unless it hangs.
limit=${limit:-120}
# A benchmark's own folder, which goes at its end.
work=
# Where a report collects its series, one JSON object a line.
series=
report=

# Every contender is started by way of this, so that its cost, a millisecond, falls on all alike.
bounded() { timeout --kill-after=5 "$limit" "$@" </dev/null; }

# Reads a benchmark's number of runs from its first argument.
runs_from() { # argument, default
    local runs=${1:-$2}
    [[ $runs =~ ^[1-9][0-9]{0,3}$ ]] || die "\"$runs\" is no number from 1 to 9999"
    printf '%s' "$runs"
}

# Stores leave mounts behind, of themselves and of containers that were killed; the deepest goes first.
unmount_below() {
    local mount
    while IFS= read -r mount; do
        umount "$mount" || true
    done < <(awk -v below="$1/" 'index($2, below) == 1 {print $2}' /proc/mounts | sort -r)
}

# The monitor processes of the last containers may still be at work for a moment.
remove_work() {
    local try
    [ -n "$work" ] || return 0
    for try in 1 2 3 4 5; do
        unmount_below "$work"
        if rm -rf "$work" 2>/dev/null; then return 0; fi
        sleep "0.$try"
    done
}

# The number below which the given share of a list lies; 50 is the median, of an even list the lower middle one.
quantile() { # per cent, numbers
    local at=$1
    shift
    printf '%s\n' "$@" | sort -n | sed -n "$((1 + ($# - 1) * at / 100))p"
}

milliseconds() { printf '%d.%d ms' "$(($1 / 1000))" "$(($1 % 1000 / 100))"; }

# --- Reports: what a benchmark found, as JSON in APUS_BUILD_DIR/bench/NAME.json, and as a table for people.

begin_report() { # name, title
    report=$1
    series=$work/series-$1.jsonl
    : >"$series"
    jq -n --arg title "$2" --arg load "$(cut -d ' ' -f 1 /proc/loadavg)" '{title: $title, load: ($load | tonumber)}' \
        >"$work/report-$1.json"
}

# Adds a fact about the whole report, such as the number of runs.
add_fact() { # key, JSON value
    jq --arg key "$1" --argjson value "$2" '.[$key] = $value' "$work/report-$report.json" >"$work/report-new.json"
    mv "$work/report-new.json" "$work/report-$report.json"
}

# Adds a series: what was measured, its unit and the raw values.
add_series() { # name, unit, values
    local name=$1 unit=$2
    shift 2
    printf '%s\n' "$@" | jq -c -n --arg name "$name" --arg unit "$unit" \
        '{name: $name, unit: $unit, values: [inputs]}' >>"$series"
}

# Names what could not be measured, and why.
add_skip() { # label, reason
    jq -c -n --arg name "$1" --arg reason "$2" '{name: $name, skipped: $reason}' >>"$series"
}

# Writes the report, with medians and with ratios to the median of each of the series named, and prints it.
finish_report() { # names of series that others are divided by
    local folder=$APUS_BUILD_DIR/bench
    mkdir -p "$folder"
    jq -s --slurpfile about "$work/report-$report.json" --arg report "$report" '
        def at($share): sort | .[((length - 1) * $share / 100) | floor];
        def round2: . * 100 | round / 100;
        map(if .values then . + {median: (.values | at(50)), fastest: (.values | min), p90: (.values | at(90))}
            else . end)
        | (map(select(.median and (.name | IN($ARGS.positional[]))) | {key: .name, value: .}) | from_entries) as $bases
        | map(. as $own | if .median then . + {ratios: ($bases | map_values(
            select(.unit == $own.unit and .median > 0) | $own.median / .median | round2))} else . end)
        | {report: $report} + $about[0] + {bases: ($ARGS.positional | map(select($bases[.]))), series: .}' \
        --args "$@" <"$series" >"$folder/$report.json"
    print_report "$folder/$report.json"
}

# One report as columns of text.
print_report() {
    jq -r "$report_rows"'
        "\n\(.title)", "load \(.load)\(if .runs then ", \(.runs) runs" else "" end)", (rows | @tsv)' "$1" |
        awk -F '\t' 'NF < 2 {print; next} {printf "%-44s", $1; for (i = 2; i <= NF; i++) printf " %14s", $i; print ""}'
}

# For jq: the rows of a report's table, its head first.
# shellcheck disable=SC2016 # these are jq's variables
report_rows='
    def show($unit): if $unit == "us" then "\((. / 100 | round) / 10) ms" else "\((. * 100 | round) / 100) \($unit)" end;
    def rows: .bases as $bases
        | ["", "median", "fastest", "90 %", ($bases[] | "to \(.)")],
          (.series[] | . as $own | if .skipped then [.name, "skipped: \(.skipped)"]
           else [.name, (.median, .fastest, .p90 | show($own.unit)),
                 ($bases[] | $own.ratios[.] | if . then "\(.) x" else "-" end)] end);'
