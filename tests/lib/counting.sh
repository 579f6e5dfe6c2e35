# Counts single tests in a step's log. Each count_* prints "passed failed skipped" and takes the log and
# the step's exit status. A step that dies without naming a failed test counts as one failure, and so does
# a step in which nothing ran: a suite that silently stops running must not look green.

settle() {
    local passed=$1 failed=$2 skipped=$3 rc=$4
    if [ "$failed" = 0 ] && { [ "$rc" != 0 ] || [ $((passed + skipped)) = 0 ]; }; then
        failed=1
    fi
    echo "$passed $failed $skipped"
}

# TAP: "ok 1 - name", "not ok 2 - name", "# SKIP why". cmocka writes a skip as "not ok 2 # SKIP name".
count_tap() {
    local log=$1 rc=$2
    settle $(awk '
        /^(not )?ok .*# SKIP/ {skipped++; next}
        /^ok( |$)/ {passed++}
        /^not ok( |$)/ {failed++}
        END {print passed + 0, failed + 0, skipped + 0}' "$log") "$rc"
}

# pytest's last line: "== 1 failed, 41 passed, 2 skipped, 1 error in 12.3s ==".
count_pytest() {
    local log=$1 rc=$2
    settle $(grep -E '^(=+ )?[0-9]+ (passed|failed|skipped|error).* in [0-9.]+s' "$log" | tail -1 | awk '
        {for (i = 2; i <= NF; i++) {word = $i; gsub(/[^a-z]/, "", word); n[word] += $(i - 1)}}
        END {print n["passed"] + n["xfailed"], n["failed"] + n["error"] + n["errors"] + n["xpassed"],
                   n["skipped"] + 0}') "$rc"
}

show_skips() {
    sed -nE 's/^(not )?ok.*# SKIP/    skipped:/p; s/^SKIPPED /    skipped: /p' "$1"
}

show_failures() {
    local log=$1
    grep -hE '^(not ok|FAILED |ERROR )' "$log" | grep -v '# SKIP' | head -20 | sed 's/^/    /'
    echo "    --- the end of $log"
    tail -25 "$log" | sed 's/^/    | /'
}
