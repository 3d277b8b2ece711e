#!/bin/sh
# Installs a PostgreSQL server for the tests of source `sql` where it may (root, apt-get): its programs alone, no cluster.
# Where it may not, those tests say that they are skipped.
set -eu
if ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then
    exit 0
fi
what="apt-get install --no-install-recommends postgresql"
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "SKIPPED: there is no PostgreSQL here, and it cannot be installed; as root: $what"
    exit 0
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq >/dev/null 2>&1 || true
# Debian's package would set up and start a cluster of its own.
apt-get install --no-install-recommends -y -qq postgresql-common >/dev/null 2>&1 || true
if [ -f /etc/postgresql-common/createcluster.conf ]; then
    echo "create_main_cluster = false" >> /etc/postgresql-common/createcluster.conf
fi
$what -y -qq >/dev/null 2>&1 || true
if ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then
    echo "installed PostgreSQL"
else
    echo "SKIPPED: PostgreSQL could not be installed: $what"
fi
