/* The phases of a step on the pool: tiles of rows, then blocks of parameters. They hold the buffers
 * that the tasks share; which worker does what depends on the machine, what comes out does not. */
#ifndef BP_PHASES_H
#define BP_PHASES_H

#include "block_shares.h"

/* What a segment, or the whole, has of the parameters. */
typedef struct bp_segment_blocks {
    size_t first, count; /* in the list of blocks */
    size_t parameters;
    bp_block_shares shares;
} bp_segment_blocks;

typedef struct bp_phases {
    bp_pool *pool;       /* borrowed */
    size_t most_workers; /* that may work: of the pool, as the options and the owner allow */
    size_t workers;      /* of these, as many as make a step fast */
    double flops_per_worker;
    bool forced;               /* all that may work do: for tests */
    const bp_network *network; /* borrowed */
    bp_row_buffers buffers;
    size_t tile_rows;
    /* Layers 1 to this one go forward and backward by strips of units, of which each worker has the
     * one whose weights it updates; 0: all go by tiles of rows. */
    size_t strip_layers;
    size_t wide_layers; /* those that would go by strips if there were workers to share them */
    bp_block *blocks;
    size_t block_count;
    bp_segment_blocks all;
    bp_segment_blocks segment[BP_MAX_LAYERS]; /* as buffers.segments */
    float *scratch;                           /* [workers, scratch_floats] */
    size_t scratch_floats;
    bp_stopwatch stopwatch;
} bp_phases;

/* For up to `rows` rows at once, on as many workers as the options allow and with the buffers that
 * they ask for. NO_MEMORY; clear it then, too. */
BP_NODISCARD bp_status bp_phases_init(bp_phases *out, const bp_train_place *place,
                                      const bp_train_options *options, const bp_network *network,
                                      size_t rows, bp_error *err);
void bp_phases_clear(bp_phases *phases);

/* What bp_phases_init would make of a pool of so many threads. */
typedef struct bp_phases_size {
    size_t workers;      /* that would work on a step */
    size_t buffer_bytes; /* of the minibatch's rows */
    size_t crew_bytes;   /* of the workers: scratch, and who has which blocks */
} bp_phases_size;

bp_phases_size bp_phases_measure(const bp_train_options *options, const bp_network *network,
                                 size_t rows, size_t threads);

/* Between two steps: goes on with at most `workers` >= 1 workers of `pool`, on the same buffers of
 * rows. A comparison where nothing changes, and no memory where as many work as before. NO_MEMORY:
 * all is as it was, the pool too. */
BP_NODISCARD bp_status bp_phases_move(bp_phases *phases, bp_pool *pool, size_t workers,
                                      bp_error *err);

/* Gather, forward, loss, backward of `rows` rows; adds the losses to *sum in the order of the rows.
 * `scaled` is plain SGD's update, whose rate dS is multiplied by; NULL: left as it is. Of a segment
 * below the last: forward again, and backward; after the first stage of the one above. */
void bp_phases_rows(bp_phases *phases, const bp_row_pass *pass, size_t rows,
                    const bp_update *scaled, double *sum);

/* The first stage over the blocks of a segment; that stage has nothing to settle. */
void bp_phases_first_stage(bp_phases *phases, const bp_update *update, const bp_update_stage *stage,
                           size_t segment);

/* One stage over all blocks. False: the gradient is not finite. */
bool bp_phases_stage(bp_phases *phases, bp_update *update, const bp_update_stage *stage);

/* Someone else's tasks, of so many operations together; their time is the update's. */
void bp_phases_run(bp_phases *phases, bp_task task, void *context, size_t tasks, double flops);

/* Gather, forward and loss only. */
void bp_phases_evaluate(bp_phases *phases, const bp_row_pass *pass, size_t rows);

#endif
