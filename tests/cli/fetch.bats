#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# romcompat fetch and the cache, against a web server on the loopback interface
# that misbehaves as its path says (http_server.c).
load common

SIZE=300000

setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    export ROMCOMPAT_CACHE=$PWD/cache ROMCOMPAT_APT_ROOT=$PWD/root ROMCOMPAT_NETWORK=tries=3,pause=20,stall=1
    mkdir -p www/pool/p root/etc/apt/sources.list.d
    # Not all the same byte, so that a part that lands in the wrong place shows.
    seq 1000000 | head -c "$SIZE" >www/a.deb
    cp www/a.deb www/pool/p/a_1_all.deb
    sum=$(sha256sum <www/a.deb)
    sum=${sum%% *}
    stored=$ROMCOMPAT_CACHE/$sum.deb
    part=$ROMCOMPAT_CACHE/$sum.part
}

teardown() {
    [ -z "${server:-}" ] || kill "$server" || :
}

start_server() {
    # 3 is bats' own: a server that held it would keep bats from ending.
    "$BUILD/tests/cli/http_server" "$PWD/www" requests >port 3>&- &
    server=$!
    for _ in {1..100}; do
        [ ! -s port ] || break
        sleep 0.05
    done
    port=$(<port)
    web=http://127.0.0.1:$port
}

# romset KIND NAME [SUM]: prints a romset whose source is url: or deb: NAME.
romset() {
    cat <<END
romset: test
summary: a romset for a test
bucket: 64K
package: test-compat
source:
  $1: $2
  version: 1
  sha256: ${3:-$sum}
END
    [ "$1" != deb ] || echo "  path: pool/p/a_1_all.deb"
    printf 'roms:\n  - file: a.rom\n    sha256: %s\nmachines:\n  - pc-q35: 2.4..7.2\n' "$sum"
}

# fetch_url STATUS PATH [OPTION]...: fetches from the server.
fetch_url() {
    local expected=$1 path=$2
    shift 2
    romset url "$web$path" >url.yaml
    run "-$expected" --separate-stderr romcompat fetch "$@" url.yaml
}

fetch_deb() {
    local expected=$1
    shift
    romset deb demo >deb.yaml
    run "-$expected" --separate-stderr romcompat fetch "$@" deb.yaml
}

# The file is there and right, and nothing else is in the cache.
is_stored() {
    cmp www/a.deb "$stored" && [ "$(ls -A "$ROMCOMPAT_CACHE")" = "$sum.deb" ]
}

cache_is_empty() {
    [ -z "$(ls -A "$ROMCOMPAT_CACHE")" ]
}

# --- what must work -------------------------------------------------------------

@test "a source is fetched once, and found in the cache the next time" {
    start_server
    fetch_url 0 /plain/a.deb
    output_has "300000 bytes" "$stored" "(fetched)"
    is_stored
    fetch_url 0 /plain/a.deb
    output_has "(already there)"
    [ "$(wc -l <requests)" = 1 ]
    grep -q ' agent=romcompat/[0-9]' requests
}

@test "a wanted file is stored under its sum, readable by its owner only" {
    umask 000
    start_server
    fetch_url 0 "/plain/a.deb"
    [ "$(stat -c %a "$stored")" = 600 ]
    [ "$(stat -c %a "$ROMCOMPAT_CACHE")" = 700 ]
}

@test "a file that rotted in the cache is fetched again" {
    start_server
    fetch_url 0 /plain/a.deb
    printf X | dd of="$stored" bs=1 seek=1000 conv=notrunc status=none
    fetch_url 0 /plain/a.deb
    output_has "(fetched)"
    is_stored
}

@test "with --offline a file that rotted is not handed out" {
    start_server
    fetch_url 0 /plain/a.deb
    truncate -s -1 "$stored"
    fetch_url 2 /plain/a.deb --offline
    output_has "not in the cache"
}

@test "--offline takes what is in the cache, without a request" {
    start_server
    fetch_url 0 /plain/a.deb
    : >requests
    fetch_url 0 /plain/a.deb --offline
    output_has "(already there)"
    [ ! -s requests ]
}

@test "--offline without the file in the cache is status 2, without a request" {
    start_server
    fetch_url 2 /plain/a.deb --offline
    output_has "not in the cache $ROMCOMPAT_CACHE" "$sum" "--offline"
    [ ! -s requests ]
}

@test "a file: source is read even with --offline" {
    romset url "file://$PWD/www/a.deb" >file.yaml
    run -0 romcompat fetch --offline file.yaml
    is_stored
}

@test "--cache names another directory" {
    start_server
    fetch_url 0 /plain/a.deb --cache "$PWD/deep/er/cache"
    cmp www/a.deb "deep/er/cache/$sum.deb"
    [ ! -e "$ROMCOMPAT_CACHE" ]
}

@test "without ROMCOMPAT_CACHE the cache follows XDG_CACHE_HOME, then HOME" {
    start_server
    unset ROMCOMPAT_CACHE
    XDG_CACHE_HOME=$PWD/xdg fetch_url 0 /plain/a.deb
    cmp www/a.deb "xdg/romcompat/$sum.deb"
    unset XDG_CACHE_HOME
    HOME=$PWD/home fetch_url 0 /plain/a.deb
    cmp www/a.deb "home/.cache/romcompat/$sum.deb"
}

@test "several romsets: one that fails does not keep the others from the cache" {
    start_server
    romset url "$web/status/404/a.deb" "${sum/#?/0}" >bad.yaml
    romset url "$web/plain/a.deb" >good.yaml
    run -2 romcompat fetch bad.yaml good.yaml
    output_has "404" "(fetched)"
    is_stored
}

# --- a server or a network in trouble ----------------------------------------------

@test "a refused connection is tried again, then status 2, and nothing is left" {
    start_server
    kill "$server"
    wait "$server" || :
    server=
    fetch_url 2 /plain/a.deb
    output_has "$web/plain/a.deb" "127.0.0.1 port $port" "tried 3 times" "Check the network"
    cache_is_empty
}

@test "404 is not tried again and leaves nothing" {
    start_server
    fetch_url 2 /status/404/a.deb
    output_has "$web/status/404/a.deb: the server answered 404"
    [ "${#stderr_lines[@]}" = 1 ]
    [ "$(wc -l <requests)" = 1 ]
    cache_is_empty
}

@test "403 is not tried again" {
    start_server
    fetch_url 2 /status/403/a.deb
    [ "$(wc -l <requests)" = 1 ]
}

@test "500 is tried again as often as said, then status 2" {
    start_server
    fetch_url 2 /status/500/a.deb
    output_has "the server answered 500" "tried 3 times"
    [ "$(wc -l <requests)" = 3 ]
    cache_is_empty
}

@test "429 is tried again" {
    start_server
    fetch_url 2 /status/429/a.deb
    [ "$(wc -l <requests)" = 3 ]
}

@test "503 two times, then the file: fetched" {
    start_server
    fetch_url 0 /busy/2/a.deb
    [ "$(wc -l <requests)" = 3 ]
    is_stored
}

@test "Retry-After is respected" {
    start_server
    export ROMCOMPAT_NETWORK=tries=2,pause=1
    local before=${EPOCHREALTIME/[.,]/}
    fetch_url 2 /status/503/a.deb
    [ $((${EPOCHREALTIME/[.,]/} - before)) -ge 1000000 ]
}

@test "an answer that is neither success nor error is refused" {
    start_server
    fetch_url 2 /status/300/a.deb
    output_has "the server answered 300"
    cache_is_empty
}

@test "cut in the middle, it goes on where it stopped (Range)" {
    start_server
    fetch_url 0 /cut/100000/1/a.deb
    is_stored
    [ "$(cut -d' ' -f3 requests)" = "range=-
range=bytes=100000-" ]
}

@test "cut again and again, it arrives as long as each attempt brings something" {
    start_server
    fetch_url 0 /cut/70000/0/a.deb
    is_stored
    [ "$(wc -l <requests)" = 5 ]
}

@test "cut without an end and without progress is status 2; the part is kept and used by the next run" {
    start_server
    fetch_url 2 /cut-norange/100000/0/a.deb
    output_has "tried"
    [ "$(ls -A "$ROMCOMPAT_CACHE")" = "$sum.part" ]
    cmp -n 100000 www/a.deb "$part"
    : >requests
    fetch_url 0 /plain/a.deb
    is_stored
    grep -q 'range=bytes=100000-' requests
}

@test "a server without Range sends all of it again" {
    start_server
    fetch_url 0 /cut-norange/100000/2/a.deb
    is_stored
    [ "$(grep -c 'range=bytes=100000-' requests)" = 2 ]
}

@test "a part that does not belong to the file is given up" {
    start_server
    mkdir "$ROMCOMPAT_CACHE"
    head -c 5000 /dev/zero >"$part"
    fetch_url 0 /plain/a.deb
    is_stored
    [ "$(cut -d' ' -f3 requests)" = "range=bytes=5000-
range=-" ]
}

@test "a part longer than the file (416) is given up" {
    start_server
    mkdir "$ROMCOMPAT_CACHE"
    head -c 400000 /dev/zero >"$part"
    fetch_url 0 /416/a.deb
    is_stored
    [ "$(cut -d' ' -f3 requests)" = "range=bytes=400000-
range=-" ]
}

@test "an answer to Range with another part is not used" {
    start_server
    mkdir "$ROMCOMPAT_CACHE"
    head -c 5000 www/a.deb >"$part"
    fetch_url 0 /wrong-range/a.deb
    is_stored
}

@test "a part that is whole already needs no request" {
    start_server
    mkdir "$ROMCOMPAT_CACHE"
    cp www/a.deb "$part"
    fetch_url 0 /plain/a.deb
    is_stored
    [ ! -s requests ]
}

@test "a part that nobody has asked for in a week is removed, a younger one is not" {
    start_server
    mkdir "$ROMCOMPAT_CACHE"
    local old new
    old=$ROMCOMPAT_CACHE/$(printf 'a%.0s' {1..64}).part
    new=$ROMCOMPAT_CACHE/$(printf 'b%.0s' {1..64}).part
    touch -d '8 days ago' "$old" "$ROMCOMPAT_CACHE/not-ours.part"
    touch -d '6 days ago' "$new"
    fetch_url 0 /plain/a.deb
    [ ! -e "$old" ]
    [ -e "$new" ]
    [ -e "$ROMCOMPAT_CACHE/not-ours.part" ]
}

@test "a reset connection is tried again" {
    start_server
    fetch_url 0 /reset/1/a.deb
    is_stored
}

@test "a server that stops sending is left after the stall time, and the rest asked for" {
    start_server
    local before=$SECONDS
    fetch_url 0 /stall/50000/1/a.deb
    [ $((SECONDS - before)) -lt 20 ]
    is_stored
    grep -q 'range=bytes=50000-' requests
}

@test "a server that never sends anything ends in status 2" {
    start_server
    export ROMCOMPAT_NETWORK=tries=2,pause=1,stall=1
    fetch_url 2 /stall/0/0/a.deb
    output_has "too slow" "tried 2 times"
    cache_is_empty
}

@test "a slow server is not taken for a stalled one" {
    start_server
    fetch_url 0 /slow/30000/150/a.deb
    is_stored
    [ "$(wc -l <requests)" = 1 ]
}

@test "a body without a Content-Length is taken" {
    start_server
    fetch_url 0 /nolength/a.deb
    is_stored
}

@test "what comes after the announced length is not taken" {
    start_server
    fetch_url 0 /longer/a.deb
    is_stored
}

@test "a body longer than announced is not complete: the sum tells" {
    start_server
    fetch_url 2 /short-announced/a.deb
    output_has "wrong SHA-256" "299000 bytes"
    cache_is_empty
}

@test "a body shorter than announced is cut off, not complete" {
    start_server
    romset url "$web/shorter/a.deb" "${sum/#?/0}" >url.yaml
    run -2 romcompat fetch url.yaml
    output_lacks "wrong SHA-256"
    output_has "/shorter/a.deb"
}

@test "an endless body ends at the size limit" {
    start_server
    export ROMCOMPAT_NETWORK=size=1M,tries=3,pause=20
    fetch_url 2 /endless/a.deb
    output_has "/endless/a.deb: more than 1048576 bytes, the limit of a download"
    cache_is_empty
    [ "$(wc -l <requests)" = 1 ]
}

@test "an announced length over the size limit is refused at once" {
    start_server
    fetch_url 2 /huge/a.deb
    output_has "more than 536870912 bytes, the limit of a download"
    cache_is_empty
}

@test "an answer that is no HTTP is refused" {
    start_server
    fetch_url 2 /garbage/a.deb
    output_has "/garbage/a.deb"
    cache_is_empty
}

@test "a connection closed without an answer is tried again, then status 2" {
    start_server
    fetch_url 2 /empty/a.deb
    output_has "tried 3 times"
    cache_is_empty
}

@test "a redirect is followed" {
    start_server
    fetch_url 0 /redirect/redirect/plain/a.deb
    is_stored
}

@test "where a redirect led to is named when that fails" {
    start_server
    fetch_url 2 /redirect/status/404/a.deb
    output_has "$web/redirect/status/404/a.deb, redirected to $web/status/404/a.deb: the server answered 404"
}

@test "a redirect loop ends, and is named" {
    start_server
    fetch_url 2 /loop/a.deb
    output_has "/loop/a.deb" "Maximum (10) redirects"
    [ "$(wc -l <requests)" = 11 ] || { cat requests; false; }
    cache_is_empty
}

@test "a redirect to a file of this machine is refused" {
    start_server
    fetch_url 2 /to-file/a.deb
    output_has "redirected to file://" "rotocol"
    cache_is_empty
}

@test "a wrong sum names both sums and keeps nothing" {
    start_server
    fetch_url 2 /wrong/a.deb
    local last found
    last=$(tail -c 1 www/a.deb | od -An -tu1)
    # shellcheck disable=SC2059
    found=$({ head -c -1 www/a.deb; printf "\\x$(printf %x $((last ^ 1)))"; } | sha256sum)
    output_has "wrong SHA-256 (found ${found%% *} in 300000 bytes, expected $sum)" "Nothing of it was kept"
    [ "$(wc -l <requests)" = 1 ]
    cache_is_empty
}

@test "a password in an address is never shown" {
    start_server
    romset url "http://anna:geheim@127.0.0.1:$port/status/404/a.deb" >url.yaml
    run -2 romcompat fetch url.yaml
    output_has "http://127.0.0.1:$port/status/404/a.deb"
    output_lacks geheim anna
    romset url "http://anna:geheim@127.0.0.1:$port/plain/a.deb" >url.yaml
    run -0 romcompat fetch url.yaml
    output_lacks geheim anna
    run -2 romcompat fetch --offline --cache other url.yaml
    output_lacks geheim anna
}

@test "an address that is neither http, https nor file: is refused" {
    romset url ftp://127.0.0.1/a.deb >url.yaml
    run -2 romcompat fetch url.yaml
    output_has "ftp://127.0.0.1/a.deb" "expected http://, https:// or file:"
}

@test "a file: source that is a FIFO or a directory is refused, and nothing hangs" {
    mkfifo www/fifo
    for name in fifo pool; do
        romset url "file://$PWD/www/$name" >url.yaml
        run -2 timeout 10 romcompat fetch url.yaml
        output_has "not a regular file"
    done
}

@test "a file: source that is not there is status 2" {
    romset url "file://$PWD/www/none" >url.yaml
    run -2 romcompat fetch url.yaml
    output_has "No such file or directory"
}

# --- proxies --------------------------------------------------------------------------

@test "http_proxy is honoured, and no_proxy" {
    start_server
    romset url "http://mirror.invalid/plain/a.deb" >url.yaml
    http_proxy=$web run -0 romcompat fetch url.yaml
    is_stored
    grep -q '^GET http://mirror.invalid/plain/a.deb ' requests
    rm -r "$ROMCOMPAT_CACHE"
    : >requests
    http_proxy=http://127.0.0.1:1 no_proxy=127.0.0.1 fetch_url 0 /plain/a.deb
    grep -q '^GET /plain/a.deb ' requests
}

@test "a proxy that refuses is named, without its password" {
    romset url "http://mirror.invalid/plain/a.deb" >url.yaml
    http_proxy=http://anna:geheim@127.0.0.1:1 run -2 romcompat fetch url.yaml
    output_has "127.0.0.1 port 1"
    output_lacks geheim
}

@test "the proxy of apt's own configuration is used for apt's mirrors" {
    start_server
    echo "deb http://mirror.invalid/plain s main" >root/etc/apt/sources.list
    mkdir root/etc/apt/apt.conf.d
    echo 'Acquire::http::Proxy "http://127.0.0.1:1";' >root/etc/apt/apt.conf.d/10proxy
    printf 'Acquire {\n  http { Proxy "%s"; };\n};\n' "$web" >root/etc/apt/apt.conf
    fetch_deb 0
    is_stored
    grep -q '^GET http://mirror.invalid/plain/pool/p/a_1_all.deb ' requests
}

@test "apt's proxy spares a host that is named DIRECT, and gives way to http_proxy" {
    start_server
    echo "deb $web/plain s main" >root/etc/apt/sources.list
    echo 'Acquire::http { Proxy "http://127.0.0.1:1"; Proxy::127.0.0.1 "DIRECT"; };' >root/etc/apt/apt.conf
    fetch_deb 0
    is_stored
    rm -r "$ROMCOMPAT_CACHE"
    echo 'Acquire::http::Proxy "http://127.0.0.1:1";' >root/etc/apt/apt.conf
    fetch_deb 2
    http_proxy=$web fetch_deb 0
    is_stored
}

# --- mirrors ----------------------------------------------------------------------------

@test "a deb: source comes from --mirror, with or without a slash at its end" {
    start_server
    fetch_deb 0 --mirror "$web/plain"
    is_stored
    rm -r "$ROMCOMPAT_CACHE"
    fetch_deb 0 --mirror "$web/plain//"
    is_stored
    [ "$(cut -d' ' -f2 requests | sort -u)" = /plain/pool/p/a_1_all.deb ]
}

@test "a file: mirror and a bare directory serve as --mirror" {
    fetch_deb 0 --mirror "file:$PWD/www"
    is_stored
    rm -r "$ROMCOMPAT_CACHE"
    fetch_deb 0 --mirror "$PWD/www"
    is_stored
}

@test "--mirror stands in place of apt's mirrors" {
    start_server
    echo "deb $web/plain stable main" >root/etc/apt/sources.list
    fetch_deb 2 --mirror "$web/status/404"
    [ "$(wc -l <requests)" = 1 ]
}

@test "the mirrors of one-line lists are tried in order, 404 goes on to the next" {
    start_server
    cat >root/etc/apt/sources.list <<END
# deb $web/comment stable main
deb cdrom:[Debian GNU/Linux 12 _Bookworm_]/ bookworm main
deb [ arch=amd64 signed-by=/usr/share/keyrings/x.gpg ] $web/status/404 bookworm main
deb-src [signed-by=/usr/share/keyrings/x.gpg] $web/status/404/ bookworm main
END
    echo "deb [trusted=yes] $web/plain/ bookworm main # the rest" >root/etc/apt/sources.list.d/b.list
    echo "deb $web/backup bookworm main" >root/etc/apt/sources.list.d/a.list.bak
    fetch_deb 0
    is_stored
    [ "$(cut -d' ' -f2 requests)" = "/status/404/pool/p/a_1_all.deb
/plain/pool/p/a_1_all.deb" ]
}

@test "a mirror in deb822 style with a key in it is used, a disabled one is not" {
    start_server
    cat >root/etc/apt/sources.list.d/debian.sources <<END
Enabled: no
Types: deb
URIs: $web/disabled
Suites: stable

Types: deb deb-src
# a comment within
URIs: $web/status/404
 $web/plain
Suites: bookworm bookworm-updates
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 URIs: $web/in-the-key
 -----END PGP PUBLIC KEY BLOCK-----
END
    fetch_deb 0
    is_stored
    [ "$(cut -d' ' -f2 requests | cut -d/ -f2)" = "status
plain" ]
}

@test "a mirror list (mirror+file:) and a copy: mirror are followed" {
    start_server
    printf '%s/status/404/\tpriority:1\n# comment\ncopy:%s/www\n' "$web" "$PWD" >root/etc/apt/mirrors.list
    echo "deb mirror+file:/etc/apt/mirrors.list stable main" >root/etc/apt/sources.list
    fetch_deb 0
    is_stored
    [ "$(wc -l <requests)" = 1 ]
}

@test "a mirror that is busy does not hold up the next one" {
    start_server
    printf 'deb %s/status/503 s main\ndeb %s/plain s main\n' "$web" "$web" >root/etc/apt/sources.list
    export ROMCOMPAT_NETWORK=tries=3,pause=5000
    local before=$SECONDS
    fetch_deb 0
    [ $((SECONDS - before)) -lt 4 ]
    is_stored
}

@test "a mirror with a wrong file does not hide the next one" {
    start_server
    printf 'deb %s/wrong s main\ndeb %s/plain s main\n' "$web" "$web" >root/etc/apt/sources.list
    fetch_deb 0
    is_stored
}

@test "when no mirror has it, all are named, and --mirror as the fix" {
    start_server
    printf 'deb %s/status/404 s main\ndeb %s/status/403 s main\n' "$web" "$web" >root/etc/apt/sources.list
    fetch_deb 2
    output_has "romcompat: demo 1: $web/status/404/pool/p/a_1_all.deb: the server answered 404; $web/status/403/" \
        "--mirror URL" "snapshot mirror"
    [ "${#stderr_lines[@]}" = 2 ]
    cache_is_empty
}

@test "no mirror at all: status 2, with what could not be used" {
    echo "deb tor+http://x.onion/debian stable main" >root/etc/apt/sources.list
    fetch_deb 2
    output_has "no mirror that can be used" "sources.list:1: this kind of address is not supported" "--mirror URL"
}

@test "a list that apt refuses, and no apt at all: status 2, with the reason and --mirror" {
    echo "deb http://mirror.invalid/plain" >root/etc/apt/sources.list
    fetch_deb 2
    output_has "no mirror that can be used (apt-get: Malformed entry 1 in list file" "--mirror URL"
    mkdir bin
    ln -s "$(command -v romcompat)" bin/
    run -2 env "PATH=$PWD/bin" romcompat fetch deb.yaml
    output_has "no mirror that can be used (apt-get is not installed here)" "--mirror URL"
}

@test "another configuration of apt is taken through APT_CONFIG, as apt does" {
    start_server
    unset ROMCOMPAT_APT_ROOT
    mkdir -p other/parts
    echo "deb $web/plain s main" >other/sources.list
    printf 'Dir::Etc "%s/other";\nDir::Etc::Parts "%s/other/parts";\n' "$PWD" "$PWD" >apt.conf
    APT_CONFIG=$PWD/apt.conf fetch_deb 0
    is_stored
}

@test "a path that leads out of the mirror is refused" {
    start_server
    romset deb demo | sed 's|pool/p/a_1|pool/../../a_1|' >deb.yaml
    run -2 romcompat fetch --mirror "$web/plain" deb.yaml
    [ ! -s requests ]
}

# --- two at a time, kills, disks -----------------------------------------------------------

@test "two fetches at once download it once, and both are answered" {
    start_server
    romset url "$web/slow/30000/100/a.deb" >url.yaml
    romcompat fetch url.yaml >one 2>&1 3>&- &
    local first=$!
    romcompat fetch url.yaml >two 2>&1 3>&- &
    local second=$!
    wait "$first"
    wait "$second"
    is_stored
    [ "$(wc -l <requests)" = 1 ]
    [ "$(cat one two | grep -c '(fetched)')" = 1 ]
    [ "$(cat one two | grep -c '(already there)')" = 1 ]
}

@test "kill -9 in the middle: the next run goes on from there, and nothing is left over" {
    start_server
    romset url "$web/slow/30000/200/a.deb" >url.yaml
    romcompat fetch url.yaml 3>&- &
    local pid=$!
    for _ in {1..100}; do
        [ ! -s "$part" ] || break
        sleep 0.05
    done
    kill -9 "$pid"
    wait "$pid" || :
    [ -s "$part" ]
    [ ! -e "$stored" ]
    : >requests
    fetch_url 0 /plain/a.deb
    is_stored
    grep -q 'range=bytes=[1-9][0-9]*-' requests
}

@test "a cache that cannot be made is named, with what helps" {
    start_server
    : >file
    fetch_url 2 /plain/a.deb --cache "$PWD/file/cache"
    output_has "$PWD/file" "Not a directory" "--cache"
    [ ! -s requests ]
}

@test "from a read-only cache a hit is taken, a miss is status 2" {
    start_server
    fetch_url 0 /plain/a.deb
    romset url "$web/plain/a.deb" "${sum/#?/0}" >other.yaml
    run -0 own_mounts sh -c 'mount --bind cache cache && mount -o remount,ro,bind cache && romcompat fetch url.yaml'
    output_has "(already there)"
    run -2 own_mounts sh -c 'mount --bind cache cache && mount -o remount,ro,bind cache && romcompat fetch other.yaml'
    output_has "Read-only file system"
}

@test "a full disk is status 2, and its space is given back" {
    start_server
    romset url "$web/plain/a.deb" >url.yaml
    mkdir cache
    # shellcheck disable=SC2016
    run -2 own_mounts sh -c 'mount -t tmpfs -o size=128k none cache && romcompat fetch url.yaml; s=$?; ls -A cache >left; exit $s'
    output_has "$part: No space left on device"
    [ ! -s left ]
}

@test "a link in the place of the part is not followed" {
    start_server
    mkdir cache
    echo precious >victim
    ln -s ../victim "$part"
    romset url "$web/plain/a.deb" >url.yaml
    run -2 timeout 10 romcompat fetch url.yaml
    output_has "$part"
    [ "$(<victim)" = precious ]
}

@test "a machine without libcurl is told so, and still reads file: addresses" {
    mkdir lib
    : >lib/libcurl.so.4
    : >lib/libcurl-gnutls.so.4
    romset url "http://127.0.0.1:1/a.deb" >url.yaml
    LD_LIBRARY_PATH=$PWD/lib run -2 romcompat fetch url.yaml
    output_has "http and https need libcurl: " "libcurl.so.4" "Install libcurl"
    romset url "file://$PWD/www/a.deb" >file.yaml
    LD_LIBRARY_PATH=$PWD/lib run -0 romcompat fetch file.yaml
    is_stored
}

# --- what is shown ---------------------------------------------------------------------------

@test "on a terminal a bar shows name, percent, size and speed, and goes away" {
    start_server
    romset url "$web/slow/30000/150/a.deb" >url.yaml
    run -0 script -qec 'stty cols 72; romcompat fetch url.yaml' /dev/null
    output_has "%" "KiB" "/s" "[#" $'\r\033[K'
    # No drawn line is wider than the terminal.
    local widest
    widest=$(tr '\r' '\n' <<<"$output" | grep '\[#' | sed 's/\x1b\[K//g' | wc -L)
    [ "$widest" -le 71 ]
    # The last thing on the bar's line is its removal.
    [[ $output == *$'\r\033[K'"http"* ]]
}

@test "with --quiet no bar is drawn on a terminal, by fetch and by build" {
    start_server
    romset url "$web/slow/30000/50/a.deb" >url.yaml
    run -0 script -qec 'stty cols 72; romcompat fetch --quiet url.yaml' /dev/null
    [ -z "$output" ]
    rm -r "$ROMCOMPAT_CACHE"
    # The file holds no ROM: build says so, and nothing else.
    run -2 script -qec 'stty cols 72; romcompat build --quiet -o set url.yaml' /dev/null
    output_has "romcompat: "
    output_lacks "[#" $'\033'
}

@test "in a pipe and with TERM=dumb there is no bar" {
    start_server
    fetch_url 0 /slow/30000/50/a.deb
    [ -z "$stderr" ]
    rm -r "$ROMCOMPAT_CACHE"
    run -0 script -qec 'TERM=dumb romcompat fetch url.yaml' /dev/null
    output_lacks "[#" $'\033'
}

@test "--quiet prints nothing but errors" {
    start_server
    fetch_url 0 /plain/a.deb --quiet
    [ -z "$output" ]
    [ -z "$stderr" ]
}

# --- usage -------------------------------------------------------------------------------------

@test "no romset is status 2, and so is one that is not there" {
    run -2 romcompat fetch
    output_has "a ROMSET is missing"
    run -2 romcompat fetch none.yaml
    output_has "none.yaml" "No such file"
}

@test "a mistake in ROMCOMPAT_NETWORK is named" {
    romset url "file://$PWD/www/a.deb" >url.yaml
    ROMCOMPAT_NETWORK=tries=0 run -2 romcompat fetch url.yaml
    output_has "'tries=0' is not understood" "tries=N"
    ROMCOMPAT_NETWORK=frobs run -2 romcompat fetch url.yaml
    output_has "'frobs' is not NAME=NUMBER"
}

@test "an archive that is on this machine is checked, a directory is named" {
    cp www/a.deb local.deb
    romset archive local.deb >archive.yaml
    run -0 romcompat fetch archive.yaml
    output_has "local.deb" "300000 bytes" "(on this machine)"
    romset archive local.deb "${sum/#?/0}" >wrong.yaml
    run -2 romcompat fetch wrong.yaml
    output_has "wrong SHA-256 (found $sum, expected ${sum/#?/0})"
    romset directory www | grep -v '^  sha256' >directory.yaml
    run -0 romcompat fetch directory.yaml
    output_has "not fetched"
}
