# shellcheck shell=bash
# The steps that every data set shares: upload, create, train, evaluate.
: "${base=}" "${reply=}" "${demo_dir:?}"

is_terminal() {
    [[ $1 = succeeded || $1 = failed || $1 = cancelled ]]
}

# remove_old MODEL: cancels what an interrupted run left training, and deletes the model
remove_old() {
    local model=$1 id
    try "$base/v1/models/$model" || return 0
    quietly "$base/v1/jobs?limit=100"
    for id in $(jq -r --arg model "$model" '.jobs[]
        | select(.model == $model and (.state | IN("queued", "running", "paused"))) | .id' <<<"$reply"); do
        request -X POST "$base/v1/jobs/$id/cancel"
        until quietly "$base/v1/jobs/$id" && is_terminal "$(jq -r .state <<<"$reply")"; do
            sleep 0.1
        done
    done
    note "a model of that name is there from an earlier run"
    request -X DELETE "$base/v1/models/$model"
}

# upload NAME FILE
upload() {
    request -T "$2" "$base/v1/datasets/$1?target=digit"
    show '"\(.name): \(.rows) rows, \(.columns | length) columns, \(.classes | length) classes"'
}

# create_model BODY
create_model() {
    request "$base/v1/models" -d "$1"
}

# train BODY: starts the job, draws its progress until it ends
train() {
    local id state epoch='' seconds=$SECONDS
    request "$base/v1/jobs" -d "$1"
    id=$(jq -r .id <<<"$reply")
    show_command curl "$base/v1/jobs/$id"
    while quietly "$base/v1/jobs/$id" && state=$(jq -r .state <<<"$reply") && ! is_terminal "$state"; do
        # on a terminal the line is rewritten each time; in a file, one line a second is enough
        if [ -t 1 ] || { [ "$seconds" != "$SECONDS" ] && [ "$epoch" != "$(jq .epoch <<<"$reply")" ]; }; then
            epoch=$(jq .epoch <<<"$reply") seconds=$SECONDS
            show_progress "$reply"
        fi
        sleep 0.1
    done
    show_progress "$reply"
    end_progress
    [ "$state" = succeeded ] || die "the job has $state: $(jq -r '.error.message // "no reason given"' <<<"$reply")"
    show '"trained in \(.elapsed_seconds * 100 | round / 100) s, \(.samples_seen) samples, \(.step) steps"'
    quietly "$base/v1/jobs/$id/metrics?max_points=1000"
    note "the loss curve: the dashboard, or"
    show_command curl "$base/v1/jobs/$id/metrics"
}

# evaluate MODEL DATASET
evaluate() {
    request "$base/v1/models/$1/evaluate" -d "{\"dataset\": \"$2\"}"
    show '"held-out accuracy \(.metrics.accuracy * 10000 | round / 100) % of \(.rows) rows"'
}

# draw COLUMNS BRIGHTEST FILE ROW...: rows of a CSV file as pictures, side by side
draw() {
    local columns=$1 brightest=$2 file=$3
    shift 3
    awk -F, -v columns="$columns" -v brightest="$brightest" -v chosen="$*" '
        BEGIN {count = split(chosen, row, " "); for (i in row) wanted[row[i]] = i}
        (FNR - 1) in wanted {for (i = 1; i < NF; i++) pixel[wanted[FNR - 1], i] = $i}
        END {
            ink = " .:-=+*#%@"
            for (y = 0; y < columns; y++) {
                line = "   "
                for (n = 1; n <= count; n++) {
                    for (x = 1; x <= columns; x++) {
                        grey = substr(ink, 1 + int(pixel[n, y * columns + x] * 9 / brightest), 1)
                        line = line grey grey
                    }
                    line = line "   "
                }
                print line
            }
        }' "$file"
}

# predict MODEL FILE ROW...: asks for the classes of rows of a CSV file, and shows them beside the truth
predict() {
    local model=$1 file=$2 row inputs='' truth=''
    shift 2
    for row in "$@"; do
        inputs+="${inputs:+, }[$(sed -n "$((row + 1))s/,[^,]*\$//p" "$file")]"
        truth+="${truth:+, }\"$(sed -n "$((row + 1))s/.*,//p" "$file")\""
    done
    inputs="{\"instances\": [$inputs]}"
    if [ ${#inputs} -gt 2000 ]; then # too long to paste
        printf '%s\n' "$inputs" >"$demo_dir/$model-rows.json"
        inputs=@$demo_dir/$model-rows.json
    fi
    request "$base/v1/models/$model/predict" -d "$inputs"
    show "[$truth] as \$truth | .predictions | to_entries[]
        | \"predicted \\(.value.class) with probability \"
          + \"\\(.value.probabilities[.value.class] * 1000 | round / 1000); it is \\(\$truth[.key])\""
}
