# verdict NAME OFFENDERS: one line of TAP, ok if there are no offenders, who follow as comments
verdict() {
    if [ -z "$2" ]; then
        echo "ok - $1"
    else
        echo "not ok - $1: $(head -3 <<<"$2" | tr '\n' ' ')"
        sed 's/^/# /' <<<"$2"
    fi
}
