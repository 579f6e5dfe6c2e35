/* A training put down and taken up again: all that a trainer knows between two steps, as bytes, and
 * a new trainer that goes on from there. What comes out has the same bits as if nobody had
 * interrupted, whatever workers and instruction sets there were before and are after, at any step
 * within an epoch or at its end.
 *
 * The new trainer is made from the same data, options and start; edits (bp_trainer_edit) that the
 * training had since are in the bytes. So the bytes hold only what steps
 * change: the rows of both parts, an epoch's order and the draws of dropout and noise follow from
 * the seed, the epoch and the step.
 *
 * The layout, numbers as in byte_cursor.h; W is the network's storage_count, m lbfgs's history:
 *
 *   header       "bpstate\n"; version 2, of this layout and of what its numbers mean, as a whole
 *                number; the size of all in bytes; the fingerprint of the training (fingerprint.h)
 *                as 64 hexadecimal digits
 *   progress     step, samples_seen; batch_loss, epoch_loss, grad_norm, learning_rate, the running
 *                epoch's sum of losses; converged, stopped_early; the evaluation (rows, loss,
 *                accuracy, r2); the observation (step, train_loss, evaluation);
 *                seconds [BP_PART_COUNT]
 *   clock        step; beta1_power, beta2_power, nadam_power, nadam_product
 *   rate         epochs of the training; base rate, plateau_rate, best, waited
 *   best epoch   epoch, metric, value; mark, waited
 *   lbfgs        where it is the optimiser: begun; value, loss, scale; kept, next; rho [m];
 *                gradient [W]; then s [W] and y [W] of each place in the history
 *   weights      [W]
 *   optimiser    its states, [W] each
 *   best weights [W], where early stopping or a held-out part keeps them
 *
 * It carries no digest of itself: who stores it sees to that. Damaged numbers that are possible
 * ones are taken for what they say, and give a training that diverges or is another. */
#ifndef BP_TRAINER_STATE_H
#define BP_TRAINER_STATE_H

#include "trainer.h"

/* Bytes of the state; the same at every step of a trainer. As all here: the trainer's thread. */
size_t bp_trainer_state_size(const bp_trainer *trainer);

/* Writes the state into `bytes` [bp_trainer_state_size]. Between two steps, the last of which did
 * not fail. Allocates nothing; the time of one copy. The seconds are those that are counted: all,
 * after an epoch's end or bp_trainer_pause. */
void bp_trainer_state_write(const bp_trainer *trainer, void *bytes);

/* Takes the state up: the next step of `trainer` is the one that would have come. `bytes` [size]
 * are not needed any more. Allocates nothing. CONFLICT: the trainer has begun a step, or the state
 * is that of other data, options or another model. SYNTAX: it is no state, of another version, or
 * damaged. On failure the trainer is as it was. */
BP_NODISCARD bp_status bp_trainer_state_read(bp_trainer *trainer, const void *bytes, size_t size,
                                             bp_error *err);

#endif
