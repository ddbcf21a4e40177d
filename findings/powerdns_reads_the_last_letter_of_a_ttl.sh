#!/bin/sh
# PowerDNS reads `$TTL 1h30m` as 60 seconds.
#
# Zone files write long times in units, several of them in a row: `1h30m`, `1d2h`, in $TTL and in the SOA record
# (BIND, section "Setting TTLs"; Knot, NSD and ldns read them, too). The zone parser of PowerDNS takes the first number and
# the last letter: 1h30m is one minute, 1d2h is one hour, and a negative TTL of 1h30m is 60 seconds. `pdnsutil check-zone`
# finds "0 errors, 0 warnings". Whoever moves a zone from BIND gets records that are asked for ninety times as often,
# and nothing says so.
#
# Needs Debian 12 with network, root is not needed. Exits with 1 if PowerDNS or BIND behave differently.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir -p "$folder/packages/partial" "$folder/system"
apt-get -qq -y -o Debug::NoLocking=1 -o Dir::Cache::archives="$folder/packages" --reinstall --download-only \
    --no-install-recommends install pdns-server=4.7.3-2 pdns-backend-bind=4.7.3-2 bind9-utils >/dev/null 2>&1
for package in "$folder"/packages/*.deb; do dpkg -x "$package" "$folder/system" 2>/dev/null; done
libraries=$folder/system/usr/lib/$(uname -m)-linux-gnu
export LD_LIBRARY_PATH="$libraries"
PATH=$folder/system/usr/bin:$folder/system/usr/sbin:$PATH

printf 'launch=bind\nbind-config=%s/named.conf\nmodule-dir=%s/pdns\n' "$folder" "$libraries" >"$folder/pdns.conf"
printf 'zone "example.com" { type master; file "%s/zone"; };\n' "$folder" >"$folder/named.conf"
powerdns() { pdnsutil --config-dir="$folder" "$@" 2>/dev/null; }

different=0
expect() { # what, wanted, got
    printf '%-28s %s\n' "$1" "$3"
    [ "$2" = "$3" ] || { echo "   not $2 any more"; different=1; }
}

pdnsutil --version 2>&1 | head -n 1
for pair in 1h30m:60:5400 1d2h:3600:93600 90m:5400:5400; do
    ttl=${pair%%:*} rest=${pair#*:}
    cat >"$folder/zone" <<ZONE
\$ORIGIN example.com.
\$TTL $ttl
@ IN SOA ns1 hostmaster 1 $ttl 600 86400 $ttl
@ IN NS ns1
ns1 IN A 192.0.2.1
ZONE
    echo "--- \$TTL $ttl"
    expect "PowerDNS says" "Checked 3 records of 'example.com', 0 errors, 0 warnings." "$(powerdns check-zone example.com)"
    expect "PowerDNS, TTL of an address" "${rest%:*}" "$(powerdns list-zone example.com | awk '$4 == "A" { print $2 }')"
    expect "PowerDNS, SOA minimum" "${rest%:*}" "$(powerdns list-zone example.com | awk '$4 == "SOA" { print $NF }')"
    expect "BIND, TTL of an address" "${rest#*:}" \
        "$(named-compilezone -q -s full -o - example.com "$folder/zone" | awk '$4 == "A" { print $2 }')"
done
exit $different
