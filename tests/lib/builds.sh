# Builds presets and runs their unit tests.

# configure PRESET: into build/PRESET; each time, so that a new test is seen
configure() {
    cmake --preset "$1" -DBP_WERROR=ON
}

# unit_tests PRESET [FOLDER...]: "NAME PROGRAM" of each unit test, of the named folders of tests/ if any
unit_tests() {
    local preset=$1
    shift
    ctest --test-dir "build/$preset" --show-only=json-v1 | jq -r --arg folders "$*" '
        .tests[]
        | (.properties[] | select(.name == "WORKING_DIRECTORY").value) as $place
        | select($folders == "" or any($folders | split(" ")[]; . as $folder | $place | endswith("/tests/" + $folder)))
        | "\(.name) \($place)/\(.name)"'
}

# run_unit_test NAME PROGRAM: its TAP with its name in front; a crash or a short plan is a failed test
run_unit_test() {
    local name=$1 program=$2 output rc=0 planned seen
    output=$(cd "${program%/*}" && CMOCKA_MESSAGE_OUTPUT=TAP timeout "${BP_TEST_SECONDS:-300}" "$program" 2>&1) || rc=$?
    echo "# $name"
    echo "$output"
    planned=$(sed -nE '0,/^1\.\.([0-9]+)$/s/^1\.\.([0-9]+)$/\1/p' <<<"$output")
    seen=$(grep -cE '^(not )?ok\>' <<<"$output")
    if [ "$seen" -lt "${planned:-1}" ] || { [ "$rc" != 0 ] && ! grep -q '^not ok' <<<"$output"; }; then
        echo "not ok - $name ended with status $rc after $seen of ${planned:-?} tests"
    fi
}
export -f run_unit_test

# run_unit_tests < list of "NAME PROGRAM": two at a time, each one's output in one piece
run_unit_tests() {
    xargs -P2 -L1 bash -c 'output=$(run_unit_test "$@"); printf "%s\n" "$output"' run_unit_test
}

# build_and_test PRESET [FOLDER...]: builds all (or the tests of the named folders) and runs the unit tests
build_and_test() {
    local preset=$1 tests targets=
    configure "$preset" || return 1
    tests=$(unit_tests "$@")
    [ $# = 1 ] || targets=$(cut -d' ' -f1 <<<"$tests")
    ninja -C "build/$preset" $targets || return 1
    run_unit_tests <<<"$(unit_tests "$@")"
}
