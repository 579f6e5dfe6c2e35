# shellcheck shell=bash
# The demo on the digits that are shipped with the project.

demo_digits() {
    local data=clients/data
    begin_step "Data: 8 x 8 handwritten digits"
    upload digits "$data/digits-train.csv"
    upload digits-test "$data/digits-test.csv"
    begin_step "Model: 64 inputs, 256 and 256 hidden units, 10 classes"
    remove_old digits
    create_model '{"name": "digits", "layers": [{"units": 256, "activation": "relu"}, {"units": 256, "activation": "relu"}, {"units": 10, "activation": "softmax"}], "loss": "cross_entropy", "seed": 1}'
    begin_step "Training"
    train '{"model": "digits", "dataset": "digits", "epochs": 100, "batch_size": 32, "optimizer": {"type": "sgd", "learning_rate": 0.02, "momentum": 0.9}, "validation": {"fraction": 0}, "seed": 1}'
    begin_step "Accuracy on rows that the model has never seen"
    evaluate digits digits-test
    begin_step "Predictions"
    draw 8 16 "$data/digits-test.csv" 11 12 13
    predict digits "$data/digits-test.csv" 11 12 13
}
