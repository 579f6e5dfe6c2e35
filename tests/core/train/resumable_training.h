/* Small trainings to put down and take up again. All of it fails the test where anything fails. */
#ifndef BP_RESUMABLE_TRAINING_H
#define BP_RESUMABLE_TRAINING_H

#include "trainer_state.h"

/* 43 rows train, in minibatches of 8: the last of an epoch's six has 3. */
enum { ROWS = 53, TRAINING_ROWS = 43, BATCH = 8 };

/* Bytes before a number of a state, as trainer_state.h has its layout. */
enum {
    VERSION_AT = 8,
    SIZE_AT = 16,
    FINGERPRINT_AT = 24,
    PROGRESS_AT = 88,
    SECONDS_AT = PROGRESS_AT + 19 * 8,
    SECONDS_SIZE = BP_PART_COUNT * 8,
    CLOCK_AT = SECONDS_AT + SECONDS_SIZE,
    RATE_AT = CLOCK_AT + 5 * 8,
    BEST_AT = RATE_AT + (1 + 4) * 8,
    NUMBERS_END = BEST_AT + 5 * 8 /* then lbfgs, or the weights */
};

/* Rows drawn from the seed, with classes or a real target, and their digest. */
bp_dataset *bp_resumable_data(size_t rows, uint64_t seed, bool classes);

/* Hidden layers at least as wide as the minibatch, which go by strips, and one that is not. */
bp_model_spec bp_resumable_spec(bool classes);

/* A fifth of the rows held out; two epochs of minibatches, or 14 of all rows. */
bp_train_options bp_resumable_options(bp_optimizer optimizer);

/* What trainings of one case share. */
typedef struct bp_resumable {
    bp_dataset *data;
    bp_snapshot *start;
    bp_train_options options;
} bp_resumable;

/* Takes the data, with classes or without. */
bp_resumable bp_resumable_new(bp_dataset *data, const bp_train_options *options);
void bp_resumable_clear(bp_resumable *m);

typedef struct bp_training {
    bp_pool *pool;
    bp_trainer *trainer;
} bp_training;

/* What may change no bit (workers, instruction set, strips, activation checkpointing) is a function
 * of `variant`. */
bp_training bp_training_begin(const bp_resumable *m, size_t variant);
void bp_training_end(bp_training *t);

/* So many steps, or as many as there are. */
void bp_training_run(bp_trainer *trainer, uint64_t steps);

typedef struct bp_state_bytes {
    unsigned char *at; /* owned by who has it */
    size_t size;
} bp_state_bytes;

bp_state_bytes bp_state_bytes_write(const bp_trainer *trainer);
void bp_state_bytes_read(bp_trainer *trainer, const bp_state_bytes *state);

#endif
