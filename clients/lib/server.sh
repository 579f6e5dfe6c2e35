# shellcheck shell=bash
# Builds the server, starts it, finds the one that an earlier run started, stops it.
# The subtle thing: a process id alone proves nothing. A process is ours if it runs our binary.
: "${demo_dir:?}"

first_port=8080
last_port=8099
binary() {
    echo "$demo_dir/release/backpropd"
}

# A build folder of its own: that of the tests has other options.
build_server() {
    local log=$demo_dir/build.log
    if [ ! -f "$demo_dir/release/build.ninja" ]; then
        note "cmake and ninja build a release in $demo_dir/release; this takes a minute"
        cmake --preset release -B "$demo_dir/release" -DBP_TESTS=OFF >"$log" 2>&1 ||
            { tail -n 20 "$log" >&2 && die "cmake failed; all of its output is in $log"; }
    fi
    ninja -C "$demo_dir/release" backpropd >"$log" 2>&1 ||
        { tail -n 20 "$log" >&2 && die "the build failed; all of its output is in $log"; }
    if grep -q 'no work to do' "$log"; then
        note "$(binary) is up to date"
    else
        note "built $(binary)"
    fi
}

# recorded_pid: of the server of an earlier run, if that process is still a backpropd of ours
recorded_pid() {
    local pid exe
    [ -f "$demo_dir/server.pid" ] || return 1
    pid=$(<"$demo_dir/server.pid")
    exe=$(readlink "/proc/$pid/exe" 2>/dev/null) || return 1
    # the kernel appends " (deleted)" once a build has replaced the file
    [ "${exe% (deleted)}" = "$(realpath "$(binary)" 2>/dev/null)" ] || return 1
    echo "$pid"
}

stop_server() {
    local pid tries=100
    if ! pid=$(recorded_pid); then
        note "no server of the demo is running"
        return
    fi
    kill "$pid"
    while kill -0 "$pid" 2>/dev/null; do
        [ $((tries -= 1)) -gt 0 ] || die "process $pid does not stop; 'kill -9 $pid' would end it"
        sleep 0.1
    done
    rm -f "$demo_dir/server.pid" "$demo_dir/server.port"
    note "stopped the server (process $pid)"
}

port_is_taken() {
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# answers PID: waits until the server is ready; fails when the process ends before
answers() {
    local tries=300
    until curl -sf -o /dev/null "$base/readyz"; do
        kill -0 "$1" 2>/dev/null && [ $((tries -= 1)) -gt 0 ] || return 1
        sleep 0.1
    done
}

start_on() {
    local port=$1 pid
    base=127.0.0.1:$port
    setsid "$(binary)" --listen "$base" --data-dir "$demo_dir/data" \
        </dev/null >>"$demo_dir/server.log" 2>&1 &
    pid=$!
    answers "$pid" || return 1
    echo "$pid" >"$demo_dir/server.pid"
    echo "$port" >"$demo_dir/server.port"
    note "started $(binary), process $pid, on $base"
}

# Leaves the server's address in $base.
start_server() {
    local pid port
    if pid=$(recorded_pid); then
        base=127.0.0.1:$(<"$demo_dir/server.port")
        if [ "/proc/$pid/exe" -ef "$(binary)" ] && answers "$pid"; then
            note "process $pid of an earlier run answers on $base"
            return
        fi
        stop_server
    fi
    : >"$demo_dir/server.log"
    for ((port = first_port; port <= last_port; port++)); do
        port_is_taken "$port" && continue
        start_on "$port" && return
        grep -qi 'address already in use' "$demo_dir/server.log" && continue # another was faster
        tail -n 20 "$demo_dir/server.log" >&2
        die "the server did not start; its log is $demo_dir/server.log"
    done
    die "no free port between $first_port and $last_port on 127.0.0.1"
}

say_goodbye() {
    note "the server keeps running, as process $(<"$demo_dir/server.pid")"
    note "dashboard:  http://$base/"
    note "stop it:    clients/demo stop     (or: kill $(<"$demo_dir/server.pid"))"
}
