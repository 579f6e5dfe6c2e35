# shellcheck shell=bash
# The demo on MNIST: the four files are uploaded as they were published.

: "${demo_dir:?}" "${data_dir=}" "${base=}" "${reply=}"
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

# upload_parts NAME PREFIX: images and labels as they were published, two bodies of one data set
upload_parts() {
    local images labels
    images=$(mnist_file "$data_dir" "$2-images-idx3-ubyte")
    labels=$(mnist_file "$data_dir" "$2-labels-idx1-ubyte")
    request -T "$images" "$base/v1/datasets/$1"
    request -T "$labels" "$base/v1/datasets/$1/target?name=digit"
    show '"\(.name): \(.rows) rows, \(.columns | length) columns, \(.classes | length) classes"'
}

# first_rows NAME COUNT FILE: as CSV, to be drawn and predicted
first_rows() {
    quietly "$base/v1/datasets/$1/rows?limit=$2"
    jq -r '.columns, .rows[] | @csv' <<<"$reply" | tr -d '"' >"$3"
}

demo_mnist() {
    begin_step "Data: MNIST, 28 x 28 handwritten digits"
    upload_parts mnist train
    upload_parts mnist-test t10k
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
    first_rows mnist-test 2 "$demo_dir/mnist-rows.csv"
    draw 28 255 "$demo_dir/mnist-rows.csv" 1 2
    predict mnist "$demo_dir/mnist-rows.csv" 1 2
}
