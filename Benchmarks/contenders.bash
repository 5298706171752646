# Who takes part in the benchmarks beside it, and how each is set up and started. Sourced after lib.bash.
#
# Every contender NAME has `prepare_NAME`, which prints a reason when it cannot take part, and `run_NAME ID COMMAND...`,
# which runs a command in a new container of the busybox image and removes it. `keep_NAME` starts a container that
# stays, in which `exec_NAME COMMAND...` runs something, until `drop_NAME`.
# shellcheck shell=bash
# shellcheck disable=SC2154 # lib.bash has the work folder

cgroup=apus-bench-$$
daemons=()

# --- Apus: `apus_MODE_KERNEL`, where MODE is pool, template or cold, each with data of its own below the work folder.

# Enough for one run at a time; a large pool's idle machines would take time from the other contenders.
pool_size=${pool_size:-2}

apus() { # contender, arguments
    local name=$1
    shift
    APUS_ROOT=$work/$name APUS_RUN_ROOT=$work/$name-run APUS_KERNEL=${name##*_} bounded \
        "$(products_dir release)/apus" "$@"
}

# The kernels that there are: the packaged one always, Apus's own when it was built.
kernels() {
    [ ! -e "${APUS_ROOT:-/var/lib/apus}/kernel/own" ] || printf 'own\n'
    printf 'packaged\n'
}

prepare_apus() { # contender
    local name=$1
    [ -x "$(products_dir release)/apus" ] || { say "not built: make build" && return 1; }
    "$APUS_SOURCE/scripts/guest-kernel" >/dev/null || { say "no guest kernel: make kernel" && return 1; }
    mkdir -p "$work/$name"
    ln -sfn "${APUS_ROOT:-/var/lib/apus}/kernel" "$work/$name/kernel"
    apus "$name" import "$work/rootfs.tar" busybox >/dev/null || { say "the import failed" && return 1; }
    case $name in
    apus_pool_*) start_daemon "$name" "$pool_size" ;;
    apus_template_*) start_daemon "$name" 0 ;;
    esac
}

start_daemon() { # contender, size of the pool (default: the configuration's)
    local daemon
    daemon=$(products_dir release)/apusd
    [ -x "$daemon" ] || { say "not built: make build" && return 1; }
    APUS_KERNEL=${1##*_} "$daemon" --root "$work/$1" --run-root "$work/$1-run" ${2:+--pool "$2"} 2>"$work/$1.log" </dev/null &
    daemons+=($!)
    settle "$1" || { say "apusd is not ready: $(tail -n 1 "$work/$1.log")" && return 1; }
}

# Waits until a contender has its template and its pool is full again; the clock does not run meanwhile.
settle() { # contender
    local try
    case $1 in apus_pool_* | apus_template_*) ;; *) return 0 ;; esac
    for ((try = 0; try < 600; try++)); do
        if apus "$1" system pool --ready >/dev/null 2>&1; then return 0; fi
        sleep 0.2
    done
    return 1
}

# Machines that wait for work are a daemon's children, and go with it; one that does not is ended here.
stop_daemons() {
    local daemon child children
    for daemon in "${daemons[@]}"; do
        children=$(pgrep -P "$daemon" || true)
        kill "$daemon" 2>/dev/null || continue
        wait "$daemon" 2>/dev/null || true
        for child in $children; do
            [ "$(cat "/proc/$child/comm" 2>/dev/null)" != qemu-system-x86 ] || kill -KILL "$child"
        done
    done
    daemons=()
}

run_apus() { # contender, id, command
    local name=$1
    shift 2
    apus "$name" run --rm busybox "$@"
}
keep_apus() { apus "$1" run -d --name kept busybox sleep 100000 >/dev/null; }
exec_apus() { # contender, command
    local name=$1
    shift
    apus "$name" exec kept "$@"
}
drop_apus() { apus "$1" rm -f kept >/dev/null; }

# --- runc, crun and runsc have no images: they start a process in a folder that somebody else has laid out.

oci() { # runtime, arguments
    local runtime=$1
    shift
    case $runtime in
    # ptrace is the platform that needs no KVM; this one was built without a network of its own in mind.
    runsc) bounded runsc --root "$work/runsc-state" --ignore-cgroups --network=none --platform=ptrace "$@" ;;
    *) bounded "$runtime" --root "$work/$runtime-state" "$@" ;;
    esac
}

bundle() { # name, command as JSON
    mkdir -p "$work/bundle-$1/rootfs"
    tar -xf "$work/rootfs.tar" -C "$work/bundle-$1/rootfs"
    runc spec --bundle "$work/bundle-$1"
    jq --argjson command "$2" '.process.terminal = false | .process.args = $command' \
        "$work/bundle-$1/config.json" >"$work/config.json"
    mv "$work/config.json" "$work/bundle-$1/config.json"
}

prepare_oci() {
    has "$1" || { say "not installed: scripts/packages bench" && return 1; }
    [ -d "$work/bundle-echo" ] || bundle echo '["echo", "hello"]'
    [ -d "$work/bundle-sleep" ] || bundle sleep '["sleep", "100000"]'
}

# The command lies in the bundle.
run_oci() { oci "$1" run --bundle "$work/bundle-echo" "$cgroup-$1-$2"; }
keep_oci() { oci "$1" run --detach --bundle "$work/bundle-sleep" "$cgroup-$1-kept" >/dev/null 2>&1; }
exec_oci() { # runtime, command
    local runtime=$1
    shift
    oci "$runtime" exec "$cgroup-$runtime-kept" "$@"
}
drop_oci() { oci "$1" delete --force "$cgroup-$1-kept"; }

# --- podman with crun and a store of its own. What says nothing about starting a container is off: network and event
# log. Its limits are set, because those it takes otherwise are higher than a confined root may set.

podman_() {
    bounded podman --root "$work/podman" --runroot "$work/podman-run" --tmpdir "$work/podman-tmp" \
        --storage-driver overlay --runtime crun --cgroup-manager cgroupfs --events-backend none "$@"
}
podman_container() { # arguments of run
    podman_ run --network none --cgroup-parent "/$cgroup" --ulimit nofile=1024:4096 --ulimit nproc=1024:1024 "$@"
}

prepare_podman() {
    has podman || { say "not installed: scripts/packages bench" && return 1; }
    podman_ import "$work/rootfs.tar" localhost/busybox >/dev/null 2>&1 || { say "the import failed" && return 1; }
}
run_podman() {
    shift 2
    podman_container --rm localhost/busybox "$@"
}
keep_podman() { podman_container -d --name kept localhost/busybox sleep 100000 >/dev/null; }
exec_podman() {
    shift
    podman_ exec kept "$@"
}
drop_podman() { podman_ rm -f -t 0 kept >/dev/null; }

# --- docker: a daemon of its own, without a bridge, because no container here has a network.

docker_pid=

docker_() { bounded docker --host "unix://$work/docker.sock" "$@"; }

prepare_docker() {
    local try
    if ! has dockerd || ! has docker; then say "not installed: scripts/packages bench" && return 1; fi
    dockerd --data-root "$work/docker" --exec-root "$work/docker-run" --pidfile "$work/docker.pid" \
        --host "unix://$work/docker.sock" --bridge none --iptables=false --ip6tables=false \
        >"$work/docker.log" 2>&1 </dev/null &
    docker_pid=$!
    for ((try = 0; try < 150; try++)); do
        if docker_ version >/dev/null 2>&1; then break; fi
        kill -0 "$docker_pid" 2>/dev/null || { say "dockerd ended: $(tail -n 1 "$work/docker.log")" && return 1; }
        sleep 0.2
    done
    docker_ import "$work/rootfs.tar" busybox >/dev/null || { say "the import failed" && return 1; }
}
stop_docker() {
    [ -n "$docker_pid" ] || return 0
    kill "$docker_pid" 2>/dev/null || return 0
    wait "$docker_pid" 2>/dev/null || true
}
run_docker() {
    shift 2
    docker_ run --rm --network none busybox "$@"
}
keep_docker() { docker_ run -d --name kept --network none busybox sleep 100000 >/dev/null; }
exec_docker() {
    shift
    docker_ exec kept "$@"
}
drop_docker() { docker_ rm -f kept >/dev/null; }

# --- All of them.

# Starts the calling script anew in mounts of its own, so that none outlives it. Where the unified cgroup tree lies below
# the old ones it is not there: crun knows either form of cgroups and refuses both at once.
in_own_mounts() { # arguments of the script
    [ -z "${APUS_BENCH_MOUNTS:-}" ] || return 0
    export APUS_BENCH_MOUNTS=1
    # shellcheck disable=SC2016 # the inner shell expands it
    exec unshare --mount bash -c 'umount /sys/fs/cgroup/unified 2>/dev/null; exec "$0" "$@"' "$0" "$@"
}

peers=(docker podman runsc runc crun)

# The contenders' names, Apus's first.
contenders() { # modes of Apus
    local mode kernel
    for mode in "$@"; do
        while IFS= read -r kernel; do printf 'apus_%s_%s\n' "$mode" "$kernel"; done < <(kernels)
    done
    printf '%s\n' "${peers[@]}"
}

# The functions above that a contender is started with.
family() {
    case $1 in
    apus_*) printf apus ;;
    runc | crun | runsc) printf oci ;;
    *) printf '%s' "$1" ;;
    esac
}

label() {
    case $1 in
    apus_pool_*) printf 'apus run, pool, %s kernel' "${1##*_}" ;;
    apus_template_*) printf 'apus run, template, %s kernel' "${1##*_}" ;;
    apus_cold_*) printf 'apus run, cold boot, %s kernel' "${1##*_}" ;;
    *) printf '%s run' "$1" ;;
    esac
}

# Does something with a contender: run, keep, exec or drop.
with() { # verb, contender, arguments
    local verb=$1 name=$2
    shift 2
    "${verb}_$(family "$name")" "$name" "$@"
}

# Sets a contender up and lets it run once, which must say hello: cold is the container, not the page cache. Prints the
# reason when it cannot take part. (Not in a subshell: the contender's daemon is to be this process's child.)
admit() { # contender, file for the reason
    "prepare_$(family "$1")" "$1" >"$2" 2>"$work/error.log" || return 1
    [ "$(with run "$1" first echo hello 2>"$work/error.log")" = hello ] ||
        { printf 'does not run here: %s' "$(tail -n 1 "$work/error.log")" >"$2" && return 1; }
    settle "$1" || { printf 'its pool does not fill' >"$2" && return 1; }
}

# podman makes its parent cgroup and forgets it.
remove_cgroups() {
    local parent
    for parent in /sys/fs/cgroup/"$cgroup" /sys/fs/cgroup/*/"$cgroup"; do
        [ ! -d "$parent" ] || find "$parent" -depth -type d -exec rmdir {} + 2>/dev/null || true
    done
}

# Ends what was started here and removes what it left.
dismiss() {
    stop_docker
    stop_daemons
    remove_work
    remove_cgroups
}
