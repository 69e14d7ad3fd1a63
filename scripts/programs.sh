#!/bin/sh
# Installs the programs named that this host lacks: programs.sh PROGRAM...
# It uses the system's package manager if this user may; else one sentence says what to type.
set -eu
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

package_of() { # PROGRAM MANAGER
    case $1/$2 in
        chromium/brew) echo "--cask chromium" ;;
        iostat/brew) ;; # part of macOS
        iostat/*) echo sysstat ;;
        postgres/apt-get) echo postgresql ;;
        postgres/dnf) echo postgresql-server ;;
        postgres/brew) echo postgresql@17 ;;
        prometheus-node-exporter/dnf) echo golang-github-prometheus-node-exporter ;;
        prometheus-node-exporter/brew) echo node_exporter ;;
        redis-server/apt-get) echo redis-server ;;
        redis-server/dnf) echo valkey ;;
        redis-server/brew) echo redis ;;
        systemd-analyze/*) echo systemd ;;
        uptime/apt-get | vmstat/apt-get) echo procps ;;
        uptime/dnf | vmstat/dnf) echo procps-ng ;;
        venv/apt-get) echo python3-venv ;;
        venv/dnf) echo python3 ;;
        *) echo "$1" ;;
    esac
}

is_here() { # PROGRAM
    case $1 in
        # Debian and brew have the server's programs outside PATH.
        postgres) PATH=$PATH:$(echo /usr/lib/postgresql/*/bin /opt/homebrew/opt/postgresql*/bin |
            tr ' ' :) command -v initdb ;;
        prometheus-node-exporter) command -v "$1" || command -v node_exporter ;;
        redis-server) command -v redis-server || command -v valkey-server ;;
        venv) "${PYTHON:-python3}" -c 'import ensurepip, venv' 2>/dev/null ;;
        # macOS has neither: nothing needs them there.
        systemd-analyze | vmstat) command -v "$1" || [ "$(uname)" = Darwin ] ;;
        *) command -v "$1" ;;
    esac >/dev/null 2>&1
}

missing=
for program in "$@"; do
    is_here "$program" || missing="$missing $program"
done
[ -n "$missing" ] || exit 0

for manager in apt-get dnf brew none; do
    ! command -v "$manager" >/dev/null || break
done
if [ "$manager" = none ]; then
    echo "sysmon needs$missing, and finds none of apt-get, dnf and brew: install them by hand." >&2
    exit 1
fi
packages=
for program in $missing; do packages="$packages $(package_of "$program" "$manager")"; done

root=
if [ "$manager" != brew ] && [ "$(id -u)" != 0 ]; then
    root=sudo
    if ! sudo -n true 2>/dev/null; then
        echo "sysmon needs$missing. Type this, then the same again: sudo $manager install -y$packages" >&2
        exit 1
    fi
fi

echo "Installing$packages with $manager"
case $manager in
    apt-get)
        # Debian would create and start a server of each package; sysmon runs private ones.
        $root apt-get update -q
        case $packages in *postgresql*)
            no_cluster=/etc/postgresql-common/createcluster.d/sysmon.conf
            $root mkdir -p "${no_cluster%/*}"
            echo "create_main_cluster = false" | $root tee "$no_cluster" >/dev/null
            # shellcheck disable=SC2064  # to be expanded now
            trap "$root rm -f $no_cluster" EXIT
        esac
        # shellcheck disable=SC2086  # separate words
        $root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -q -y --no-install-recommends $packages
        ;;
    # shellcheck disable=SC2086
    dnf) $root dnf install -y $packages ;;
    # shellcheck disable=SC2086
    brew) brew install $packages ;;
esac
