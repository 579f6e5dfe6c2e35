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

step_release() {
    build_and_test release
}

step_asan() {
    build_and_test asan
}

step_tsan() {
    build_and_test tsan $concurrent_folders
}

step_clang() {
    build_and_test clang
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
