#include "block_shares.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MOST_WORKERS = 9 };

/* 784-800-300-10 as update.c cuts it: columns of 64, then inputs of at most 256. */
static bp_network make_network(void) {
    bp_network network = {.layer_count = 3, .width = {784, 800, 300, 10}};
    return network;
}

typedef struct list {
    bp_block *blocks;
    size_t count;
} list;

static list make_list(void) {
    list l;
    const bp_network network = make_network();
    assert_int_equal(bp_blocks_new(&l.blocks, &l.count, &network, NULL), BP_OK);
    return l;
}

static bp_block_shares share(const list *l, size_t by_columns, size_t workers) {
    bp_block_shares shares = {0};
    const bp_block_list of = {.blocks = l->blocks, .count = l->count, .by_columns = by_columns};
    assert_int_equal(bp_block_shares_new(&shares, &of, workers, NULL), BP_OK);
    return shares;
}

static void every_block_has_one_owner(void **state) {
    (void)state;
    const list l = make_list();
    for (size_t workers = 1; workers <= MOST_WORKERS; workers++) {
        bp_block_shares shares = share(&l, workers % 3, workers);
        unsigned char *seen = calloc(l.count, 1);
        assert_non_null(seen);
        assert_int_equal(shares.first[0], 0);
        assert_int_equal(shares.first[workers], l.count);
        for (size_t w = 0; w < workers; w++) {
            assert_true(shares.first[w] <= shares.first[w + 1]);
        }
        for (size_t i = 0; i < l.count; i++) {
            assert_true(shares.order[i] < l.count);
            assert_int_equal(seen[shares.order[i]]++, 0);
        }
        free(seen);
        bp_block_shares_clear(&shares);
    }
    free(l.blocks);
}

static void shares_are_nearly_equal(void **state) {
    (void)state;
    const list l = make_list();
    const size_t all = 784 * 800 + 800 * 300 + 300 * 10;
    for (size_t workers = 1; workers <= 4; workers++) {
        for (size_t by_columns = 0; by_columns <= 3; by_columns++) {
            bp_block_shares shares = share(&l, by_columns, workers);
            for (size_t w = 0; w < workers; w++) {
                size_t weights = 0;
                for (size_t i = shares.first[w]; i < shares.first[w + 1]; i++) {
                    const bp_block *block = &l.blocks[shares.order[i]];
                    weights += block->inputs * block->units;
                }
                assert_true(weights * workers > all - all / 5);
                assert_true(weights * workers < all + all / 5);
            }
            bp_block_shares_clear(&shares);
        }
    }
    free(l.blocks);
}

/* The first of two workers has the first half of the units, or of the inputs, but for the blocks
 * in the middle. */
static void a_share_is_some_units_or_some_inputs(void **state) {
    (void)state;
    const list l = make_list();
    for (size_t by_columns = 0; by_columns <= 1; by_columns++) {
        bp_block_shares shares = share(&l, by_columns, 2);
        for (size_t i = 0; i < l.count; i++) {
            const bp_block *block = &l.blocks[shares.order[i]];
            if (block->layer == 1 && by_columns == 1) {
                const bool low = block->first_unit + block->units <= 400 - BP_BLOCK_UNITS;
                const bool high = block->first_unit >= 400 + BP_BLOCK_UNITS;
                assert_true(i < shares.first[1] ? !high : !low);
            } else if (block->layer == 1) {
                assert_true(i < shares.first[1] ? block->first_input < 392
                                                : block->first_input >= 392);
            }
        }
        bp_block_shares_clear(&shares);
    }
    free(l.blocks);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_block_has_one_owner),
        cmocka_unit_test(shares_are_nearly_equal),
        cmocka_unit_test(a_share_is_some_units_or_some_inputs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
