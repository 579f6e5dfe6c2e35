# One function for each step of tests/run: it writes what its counter in tests/lib/counting.sh reads.

concurrent_folders="core/pool core/train server/store server/jobs server/http"
export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0:strict_string_checks=1
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1
python=/usr/bin/python3 # Debian's, for which the packages are installed; not one that PATH finds first

step_layout() {
    tests/gates/layout
}

step_size() {
    tests/gates/size
}

step_format() {
    tests/gates/format
}

step_includes() {
    build_release && tests/gates/includes build/release
}

step_tidy() {
    configure clang && tests/gates/tidy build/clang
}

build_release() {
    configure release && ninja -C build/release
}

# The full tier tries 10,000 shapes on each kernel.
step_release() {
    [ -z "$BP_TEST_FULL" ] || export BP_SHAPES=10000 BP_TEST_SECONDS=900
    build_and_test release
}

# The naive loops that define the arithmetic take minutes under the sanitizers on a slow machine.
step_asan() {
    BP_TEST_SECONDS=1200 build_and_test asan
}

step_tsan() {
    BP_TEST_SECONDS=1200 build_and_test tsan $concurrent_folders
}

step_clang() {
    build_and_test clang
}

step_bits() {
    tests/bits/run
}

# http_suite PRESET: pytest against that build's server
http_suite() {
    configure "$1" && ninja -C "build/$1" backpropd || return 1
    BACKPROPD=$PWD/build/$1/backpropd "$python" -m pytest -p no:cacheprovider -q -rs tests/http
}

step_http() {
    http_suite release
}

step_http_asan() {
    http_suite asan
}

# Against the release alone: a sanitizer's run-time and the preloaded library both want to be first.
step_fault() {
    configure release && ninja -C build/release backpropd bp_fault_shim || return 1
    BACKPROPD=$PWD/build/release/backpropd "$python" -m pytest -p no:cacheprovider -q -rs tests/fault
}

# npm_install FOLDER: what its lock file says, unless it is there already
npm_install() {
    [ "$1/node_modules/.package-lock.json" -nt "$1/package-lock.json" ] && return
    npm ci --prefix "$1" --no-audit --no-fund --loglevel=error
}

step_dashboard() {
    npm_install clients/dashboard || return 1
    verdict "dist/ is what src/ gives" "$(npm run --silent --prefix clients/dashboard check 2>&1)"
    NODE_OPTIONS=--test-reporter=tap npm test --silent --prefix clients/dashboard
}

step_browser() {
    build_release && npm_install tests/browser || return 1
    BACKPROPD=$PWD/build/release/backpropd NODE_OPTIONS=--test-reporter=tap npm test --silent --prefix tests/browser
}

# fuzz NAME SECONDS: from its seeds and the finds of earlier runs, which stay in build/
fuzz() {
    local name=$1 log=build/fuzz/$1.log
    mkdir -p "build/fuzz/corpus/$name"
    build/fuzz/tests/fuzz/"$name" -max_total_time="$2" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="build/fuzz/$name-" "build/fuzz/corpus/$name" "tests/fuzz/corpus_${name#fuzz_}" >"$log" 2>&1
    verdict "$name" "$([ $? = 0 ] || { echo "what broke it is in build/fuzz" && tail -n 40 "$log"; })"
}
export -f fuzz verdict

# Two at a time; without bound by hand: tests/fuzz/README.md.
step_fuzz() {
    local names
    configure fuzz || return 1
    names=$(basename -s .c tests/fuzz/fuzz_*.c)
    ninja -C build/fuzz $names || return 1
    xargs -P2 -I{} bash -c "fuzz {} $([ -n "$BP_TEST_FULL" ] && echo 600 || echo 60)" <<<"$names"
}

step_demo() {
    tests/demo/run
}

# That it runs and prints figures. How fast, only the figures of many jobs ask, with room for a busy machine.
step_bench() {
    local lines
    build_release || return 1
    lines=$(tests/bench/train --seconds 0.1 --nets 28-64-64-1,64-128-10 --batches 32 --threads 1,2 --json - 2>/dev/null)
    echo "$lines" | sed 's/^/# /'
    verdict "a line for each case" "$(jq -s 'select(length != 4)' <<<"$lines" 2>&1)"
    verdict "each with a speed" "$(jq -c 'select(.samples_per_second <= 0)' <<<"$lines" 2>&1)"
    lines=$(tests/bench/api_latency --seconds 0.5 --rounds 1 --json - 2>/dev/null)
    echo "$lines" | sed 's/^/# /'
    verdict "a line for each load of the API" "$(jq -s 'select(length != 4)' <<<"$lines" 2>&1)"
    verdict "each answered while a job trains" "$(jq -c 'select(.requests < 25 or .p99_ms > 2000 or .job_speed_ratio <= 0)' <<<"$lines" 2>&1)"
    lines=$(tests/bench/jobs ${BP_TEST_FULL:+--full} --json - 2>/dev/null)
    echo "$lines" | sed 's/^/# /'
    verdict "a line for each figure of jobs" "$(jq -s 'select(length < 30)' <<<"$lines" 2>&1)"
    verdict "each as it should be" "$(jq -c 'select(.met != true)' <<<"$lines" 2>&1)"
}

step_container() {
    tests/container/run
}

step_gates() {
    tests/gates/selftest
}
