# shellcheck shell=bash
# The demo on MNIST: from the four IDX files to CSV without any other tool than the system's.

: "${demo_dir:?}" "${data_dir=}"
mnist_names="train-images-idx3-ubyte train-labels-idx1-ubyte t10k-images-idx3-ubyte t10k-labels-idx1-ubyte"

# mnist_file DIR NAME: the path of one of the four, packed or not
mnist_file() {
    local path
    for path in "$1/$2.gz" "$1/$2" "$1/${2/-idx/.idx}.gz" "$1/${2/-idx/.idx}"; do
        if [ -f "$path" ]; then
            echo "$path"
            return
        fi
    done
    return 1
}

check_mnist_files() {
    local dir=$1 name missing=''
    for name in $mnist_names; do
        { [ -n "$dir" ] && mnist_file "$dir" "$name" >/dev/null; } || missing+=" $name.gz"
    done
    [ -n "$missing" ] || return 0
    cat >&2 <<END
The four files of MNIST are needed; missing${dir:+ in $dir}:$missing
They are described at https://yann.lecun.com/exdb/mnist/ and can be had from
  https://ossci-datasets.s3.amazonaws.com/mnist/   or   https://storage.googleapis.com/cvdf-datasets/mnist/
for example:
  mkdir -p mnist && cd mnist
  for f in ${mnist_names// /.gz }.gz; do
      curl -fLO https://ossci-datasets.s3.amazonaws.com/mnist/\$f
  done
Then: clients/demo --data mnist mnist
END
    exit 1
}

# idx_header FILE COUNT: the first COUNT big-endian 32-bit words, on one line
idx_header() {
    { zcat -f "$1" || true; } 2>/dev/null | od -An -v -tu1 -w4 -N $((4 * $2)) |
        awk '{printf "%d ", (($1 * 256 + $2) * 256 + $3) * 256 + $4} END {print ""}'
}

# idx_to_csv IMAGES LABELS: CSV with the header p0..p783,digit
idx_to_csv() {
    local images=$1 labels=$2 magic rows height width label_magic label_rows
    read -r magic rows height width < <(idx_header "$images" 4)
    read -r label_magic label_rows < <(idx_header "$labels" 2)
    [ "$magic $height $width" = "2051 28 28" ] || die "$images is no IDX file of 28 x 28 images"
    [ "$label_magic $label_rows" = "2049 $rows" ] || die "$labels is no IDX file of $rows labels"
    printf 'p%d,' {0..783}
    echo digit
    paste -d, <(zcat -f "$images" | tail -c +17 | od -An -v -tu1 -w784 | sed 's/^ *//; s/  */,/g') \
        <(zcat -f "$labels" | tail -c +9 | od -An -v -tu1 -w1 | tr -d ' ')
}

# convert PART PREFIX: makes mnist-PART.csv, once
convert() {
    local csv=$demo_dir/mnist-$1.csv images labels rows
    images=$(mnist_file "$data_dir" "$2-images-idx3-ubyte")
    labels=$(mnist_file "$data_dir" "$2-labels-idx1-ubyte")
    if [ -f "$csv" ] && [ "$csv" -nt "$images" ]; then
        note "$csv is there already"
        return
    fi
    note "$images and its labels become $csv"
    idx_to_csv "$images" "$labels" >"$csv.part"
    read -r _ rows _ < <(idx_header "$images" 2)
    [ "$(wc -l <"$csv.part")" = $((rows + 1)) ] || die "$images or its labels are cut short"
    mv "$csv.part" "$csv"
}

demo_mnist() {
    begin_step "Data: MNIST, 28 x 28 handwritten digits"
    convert train train
    convert test t10k
    upload mnist "$demo_dir/mnist-train.csv"
    upload mnist-test "$demo_dir/mnist-test.csv"
    begin_step "Model: 784 inputs, 128 hidden units, 10 classes"
    remove_old mnist
    create_model '{"name": "mnist", "layers": [{"units": 128, "activation": "relu"}, {"units": 10, "activation": "softmax"}], "loss": "cross_entropy", "seed": 2}'
    begin_step "Training"
    train '{"model": "mnist", "dataset": "mnist", "epochs": 8, "batch_size": 64, "optimizer": {"type": "sgd", "learning_rate": 0.02, "momentum": 0.9}, "validation": {"fraction": 0}, "seed": 2}'
    begin_step "Training goes on from there, with a tenth of the learning rate"
    train '{"model": "mnist", "dataset": "mnist", "epochs": 3, "batch_size": 64, "optimizer": {"type": "sgd", "learning_rate": 0.002, "momentum": 0.9}, "validation": {"fraction": 0}, "seed": 2}'
    begin_step "Accuracy on the official test set"
    evaluate mnist mnist-test
    begin_step "Predictions"
    draw 28 255 "$demo_dir/mnist-test.csv" 1 2
    predict mnist "$demo_dir/mnist-test.csv" 1 2
}
