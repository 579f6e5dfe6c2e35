/* Trains a fixture's net as PyTorch did. For tests; what does not agree fails the test. */
#ifndef BP_TORCH_RUN_H
#define BP_TORCH_RUN_H

#include "torch_fixture.h"
#include "trainer.h"

/* All rows of the fixture. Unref it. */
bp_dataset *torch_run_data(const bp_torch_fixture *fixture);

/* Its net with its weights, the inputs taken as they are. Unref it. */
bp_snapshot *torch_run_start(const bp_torch_fixture *fixture, const bp_dataset *data,
                             const bp_train_options *options);

/* Steps over minibatches in the order of the rows, and compares the loss curve, which the fixture
 * calls {run}_losses, and the parameters at its end, {run}_w and {run}_b. The options' batch_size,
 * shuffle and validation are the fixture's. */
void compare_with_fixture(const bp_torch_fixture *fixture, bp_train_options options,
                          const char *run);

#endif
