# shellcheck shell=bash
# What the demo writes: headings, notes, commands, a progress bar.

bold='' plain=''
if [ -t 1 ]; then
    bold=$'\e[1m' plain=$'\e[0m'
fi

die() {
    echo "clients/demo: $*" >&2
    exit 1
}

begin_step() {
    printf '\n%s== %s ==%s\n' "$bold" "$1" "$plain"
}

note() {
    printf '   %s\n' "$*"
}

# show_command WORD...: the command in a form that can be pasted into a shell
show_command() {
    local word line=
    for word in "$@"; do
        if [[ $word =~ ^[A-Za-z0-9_./:=@%+,-]+$ ]]; then
            line+=" $word"
        else
            line+=" '${word//\'/\'\\\'\'}'"
        fi
    done
    printf '%s$%s%s\n' "$bold" "$line" "$plain"
}

# bar SHARE WIDTH: SHARE in [0, 1]
bar() {
    awk -v share="$1" -v width="$2" 'BEGIN {
        for (i = 0; i < width; i++) printf i < share * width ? "#" : "."
    }'
}

# show_progress JOB: one line, rewritten in place on a terminal, from a job's JSON
show_progress() {
    local line share
    line=$(jq -r '
        def number(digits): if . == null then "-" else
            (. * pow(10; digits) | round / pow(10; digits) | tostring) end;
        "epoch \(.epoch)/\(.epochs)  loss \(.train_loss | number(4))"
        + "  \((.samples_per_second // 0) | round) samples/s  ETA \(.eta_seconds | number(1)) s"' <<<"$1")
    share=$(jq -r '.progress // 0' <<<"$1")
    if [ -t 1 ]; then
        printf '\r   [%s] %s\e[K' "$(bar "$share" 30)" "$line"
    else
        printf '   [%s] %s\n' "$(bar "$share" 20)" "$line"
    fi
}

end_progress() {
    [ ! -t 1 ] || echo
}
