# Shared by the scripts that bring guest kernels into the data folder: packages of apt, the folder's lock and its links.
# Sourced after lib.bash, never run.
# shellcheck shell=bash

# A folder for work that cleanup removes; it lies beside the results, so that these are moved in one step.
work=

cleanup() { [ -z "$work" ] || rm -rf "$work"; }

# The package that a meta package stands for at present: its dependency that looks like the pattern.
current_package() { # meta package, pattern
    apt-cache depends "$1" 2>/dev/null | sed -n "s/^ *Depends: \($2\)$/\1/p" | head -n 1
}

package_version() { apt-cache show --no-all-versions "$1" | sed -n 's/^Version: //p' | head -n 1; }

refresh_lists() { # wanted package
    is_root || die "the package lists lack $1 or are out of date: run \"sudo apt-get update\" and try again"
    quietly apt-get update -q -o Acquire::Retries=3 || die "cannot fetch the package lists (network? apt sources?)"
}

# apt fetches as its own user, who cannot write to our folder, and says so at length; root is as good here, because
# only the check of the signature decides what is accepted.
try_download() {
    (cd "$work" && quietly apt-get download -q -o APT::Sandbox::User=root -o Acquire::Retries=3 "$1")
}

# Prints the package that apt offers, fetching the package lists where they do not know it.
offered_package() { # meta package, pattern
    local package
    package=$(current_package "$@")
    if [ -z "$package" ]; then
        refresh_lists "$1"
        package=$(current_package "$@")
    fi
    [ -n "$package" ] || die "apt knows no package $1: add Debian's main archive to the apt sources"
    printf '%s' "$package"
}

# Unpacks a package below the work folder, without installing it.
unpack_package() { # package
    if ! try_download "$1" 2>/dev/null; then
        refresh_lists "$1"
        try_download "$1" || die "cannot download $1 (network? apt sources?)"
    fi
    dpkg-deb -x "$work"/*.deb "$work/unpacked"
    rm -f "$work"/*.deb
}

# Moves a finished set into place. It is on disk before it is named: a power cut must not leave a complete-looking set
# of empty files.
install_set() { # set, place
    chmod -R u=rwX,go=rX "$1"
    find "$1" -exec sync {} +
    rm -rf "$2"
    mv -T "$1" "$2"
}

# Points a link at a set. A link cannot be overwritten in place, but it can be replaced by a rename.
publish() { # folder of kernels, link, set
    ln -sfn "$3" "$1/.link.$2"
    mv -fT "$1/.link.$2" "$1/$2"
}

# Prepares the folder and makes sure that no second run works in it. A run that was killed leaves a folder behind.
lock_folder() {
    mkdir -p "$1" 2>/dev/null || die "cannot create $1: run with sudo, or name another data folder"
    [ -w "$1" ] || die "cannot write to $1: run with sudo, or name another data folder"
    exec 9>"$1/.lock"
    flock -w 600 9 || die "another run has been at work in $1 for 10 minutes: end it, or wait, and try again"
    rm -rf "$1"/.new.*
}

require_apt() {
    [ "$(uname -m)" = x86_64 ] || die "guests run on x86_64 only so far, and this machine is $(uname -m)"
    if ! has apt-get || ! has dpkg-deb; then
        die "apt-get and dpkg-deb are needed to fetch Debian's package $1, and this system lacks them"
    fi
}
