# shellcheck shell=bash
# Requests to the server: each is shown as a curl command before it is made.
: "${demo_dir:?}"

reply=      # body of the last answer
# try WORD...: curl with these arguments; the body goes to $reply
try() {
    local rc=0
    reply=$(curl -sS --fail-with-body "$@" 2>"$demo_dir/curl.err") || rc=$?
    return "$rc"
}

explain_failure() {
    if ! jq -re '"\(.status) \(.title): \(.detail)",
        (.errors // [] | .[] | "  \(.pointer // "") \(.detail)")' <<<"$reply" 2>/dev/null; then
        cat "$demo_dir/curl.err"
        printf '%s\n' "$reply"
    fi
}

# request WORD...: shows the command, runs it, ends the demo where the server refuses
request() {
    show_command curl "$@"
    try "$@" || { explain_failure >&2 && die "the server did not accept that"; }
}

# quietly WORD...: the same without showing it
quietly() {
    try "$@" || { explain_failure >&2 && die "the server did not answer"; }
}

# show FILTER: the last answer through jq, one indented line for each result
show() {
    jq -r "$1" <<<"$reply" | sed 's/^/   /'
}
