/* A training that goes from pool to pool, with more workers and with fewer, has the same bits; one
 * that cannot, for want of memory, goes on where it is. The linker sends the allocators that a move
 * calls to the ones here (CMakeLists.txt), which can fail. */
#include "resumable_training.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "optimizer_rule.h"
#include "philox.h"

enum { POOLS = 4, TRAINERS = 3 };

/* --- memory that ends ----------------------------------------------------------------------- */

/* Of the thread that moves. */
static _Thread_local size_t counted, failing_at; /* failing_at 0: none fails */

void *__real_calloc(size_t count, size_t size);
void *__real_bp_calloc_aligned(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_bp_calloc_aligned(size_t count, size_t size);

static bool fails(void) {
    return ++counted == failing_at;
}

void *__wrap_calloc(size_t count, size_t size) {
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_bp_calloc_aligned(size_t count, size_t size) {
    return fails() ? NULL : __real_bp_calloc_aligned(count, size);
}

/* --- moving --------------------------------------------------------------------------------- */

typedef struct pools {
    bp_pool *of[POOLS]; /* with 1, 2, 3, 4 threads */
} pools;

static pools make_pools(void) {
    pools p;
    for (size_t i = 0; i < POOLS; i++) {
        assert_int_equal(bp_pool_new(&p.of[i], i + 1, NULL), BP_OK);
    }
    return p;
}

static void free_pools(pools *p) {
    for (size_t i = 0; i < POOLS; i++) {
        bp_pool_free(p->of[i]);
    }
}

static void digest(const bp_trainer *trainer, char hex[BP_DIGEST_HEX_SIZE]) {
    bp_snapshot *snapshot;
    assert_int_equal(bp_trainer_snapshot(trainer, &snapshot, NULL), BP_OK);
    assert_int_equal(bp_snapshot_digest(snapshot, hex, NULL), BP_OK);
    bp_snapshot_unref(snapshot);
}

/* To the end, at each step on a pool and with workers that `seed` draws; now and then it stays. */
static void run_moving(bp_trainer *trainer, pools *p, uint64_t seed) {
    while (!bp_trainer_done(trainer)) {
        uint32_t words[4];
        bp_random_block(seed, BP_STREAM_SAMPLE, 0, bp_trainer_progress(trainer).step, words);
        if (words[0] % 4 != 0) {
            bp_pool *pool = p->of[words[1] % POOLS];
            assert_int_equal(bp_trainer_move(trainer, pool, 1 + words[2] % 5, NULL), BP_OK);
        }
        bp_training_run(trainer, 1);
    }
}

static void check_moving(const char *what, const bp_train_options *options, size_t rows) {
    bp_resumable m = bp_resumable_new(bp_resumable_data(rows, 5, true), options);
    pools p = make_pools();
    bp_training still = bp_training_begin(&m, 0);
    bp_training_run(still.trainer, UINT64_MAX);
    char expected[BP_DIGEST_HEX_SIZE], found[BP_DIGEST_HEX_SIZE];
    digest(still.trainer, expected);
    for (size_t variant = 0; variant < 6; variant++) {
        bp_training t = bp_training_begin(&m, variant);
        run_moving(t.trainer, &p, variant);
        digest(t.trainer, found);
        if (strcmp(expected, found) != 0) {
            fail_msg("%s, variant %zu: weights %.8s, not %.8s", what, variant, found, expected);
        }
        bp_training_end(&t);
    }
    bp_training_end(&still);
    free_pools(&p);
    bp_resumable_clear(&m);
}

static void every_optimizer_moves(void **state) {
    (void)state;
    for (int o = 0; o < BP_OPTIMIZER_COUNT; o++) {
        bp_train_options options = bp_resumable_options((bp_optimizer)o);
        check_moving(bp_optimizers.names[o], &options, ROWS);
    }
}

static void noise_and_parts_move(void **state) {
    (void)state;
    bp_train_options options = bp_resumable_options(BP_OPTIMIZER_ADAM);
    options.regularization.dropout = 0.3F;
    options.gradient_clipping.norm = 0.5F;
    check_moving("dropout", &options, ROWS);
    options = bp_resumable_options(BP_OPTIMIZER_LBFGS);
    options.epochs = 3;
    check_moving("parts", &options, 1500);
}

static void seconds_stay(void **state) {
    (void)state;
    bp_train_options options = bp_resumable_options(BP_OPTIMIZER_ADAM);
    bp_resumable m = bp_resumable_new(bp_resumable_data(ROWS, 5, true), &options);
    pools p = make_pools();
    bp_training t = bp_training_begin(&m, 0);
    bp_training_run(t.trainer, 3);
    bp_trainer_pause(t.trainer);
    const bp_phase_seconds before = bp_trainer_progress(t.trainer).seconds;
    assert_int_equal(bp_trainer_move(t.trainer, p.of[3], 4, NULL), BP_OK);
    const bp_phase_seconds after = bp_trainer_progress(t.trainer).seconds;
    assert_memory_equal(&before, &after, sizeof before);
    bp_training_run(t.trainer, 5); /* past the end of an epoch, where all is counted */
    assert_true(bp_trainer_progress(t.trainer).seconds.part[BP_PART_GATHER] >
                before.part[BP_PART_GATHER]);
    bp_training_end(&t);
    free_pools(&p);
    bp_resumable_clear(&m);
}

/* --- failures ------------------------------------------------------------------------------- */

/* Tries to move with the first allocation failing, then the second, ... Returns how many failed. */
static size_t move_at_last(bp_trainer *trainer, bp_pool *pool, size_t workers) {
    for (size_t n = 1;; n++) {
        counted = 0;
        failing_at = n;
        const bp_status status = bp_trainer_move(trainer, pool, workers, NULL);
        failing_at = 0;
        if (status == BP_OK) {
            return n - 1;
        }
        assert_int_equal(status, BP_NO_MEMORY);
        bp_training_run(trainer, 1);
    }
}

static void without_memory_it_stays(void **state) {
    (void)state;
    bp_train_options options = bp_resumable_options(BP_OPTIMIZER_LBFGS);
    options.epochs = 40;
    options.tolerance = 0;
    bp_resumable m = bp_resumable_new(bp_resumable_data(ROWS, 5, true), &options);
    pools p = make_pools();
    bp_training t = bp_training_begin(&m, 0), still = bp_training_begin(&m, 1);
    const size_t up = move_at_last(t.trainer, p.of[2], 3);
    const size_t down = move_at_last(t.trainer, p.of[0], 3);
    assert_true(up >= 6 && down >= 6);
    assert_int_equal(move_at_last(t.trainer, p.of[1], 1), 0); /* as many workers: no memory */
    bp_training_run(t.trainer, 2);
    bp_training_run(still.trainer, bp_trainer_progress(t.trainer).step);
    char a[BP_DIGEST_HEX_SIZE], b[BP_DIGEST_HEX_SIZE];
    digest(t.trainer, a);
    digest(still.trainer, b);
    assert_string_equal(a, b);
    bp_training_end(&t);
    bp_training_end(&still);
    free_pools(&p);
    bp_resumable_clear(&m);
}

/* --- one pool of one thread ----------------------------------------------------------------- */

static void *train(void *trainer) {
    while (!bp_trainer_done(trainer) && bp_trainer_step(trainer, NULL) == BP_OK) {
    }
    return NULL;
}

static void trainers_share_a_pool_of_one_thread(void **state) {
    (void)state;
    bp_train_options options = bp_resumable_options(BP_OPTIMIZER_ADAM);
    bp_resumable m = bp_resumable_new(bp_resumable_data(ROWS, 5, true), &options);
    pools p = make_pools();
    bp_training t[TRAINERS];
    pthread_t thread[TRAINERS];
    char expected[BP_DIGEST_HEX_SIZE], found[BP_DIGEST_HEX_SIZE];
    for (size_t i = 0; i < TRAINERS; i++) {
        t[i] = bp_training_begin(&m, i);
        assert_int_equal(bp_trainer_move(t[i].trainer, p.of[0], 4, NULL), BP_OK);
    }
    for (size_t i = 0; i < TRAINERS; i++) {
        assert_int_equal(pthread_create(&thread[i], NULL, train, t[i].trainer), 0);
    }
    for (size_t i = 0; i < TRAINERS; i++) {
        assert_int_equal(pthread_join(thread[i], NULL), 0);
        assert_true(bp_trainer_done(t[i].trainer));
        digest(t[i].trainer, i == 0 ? expected : found);
        assert_true(i == 0 || strcmp(expected, found) == 0);
        bp_training_end(&t[i]);
    }
    free_pools(&p);
    bp_resumable_clear(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_optimizer_moves),
        cmocka_unit_test(noise_and_parts_move),
        cmocka_unit_test(seconds_stay),
        cmocka_unit_test(without_memory_it_stays),
        cmocka_unit_test(trainers_share_a_pool_of_one_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
