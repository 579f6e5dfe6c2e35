#include "lane.h"

bp_pool *bp_lane_pool(bp_lane *lane, size_t threads) {
    bp_pool *larger = NULL;
    if (lane->pool != NULL && bp_pool_threads(lane->pool) >= threads) {
        return lane->pool;
    }
    if (bp_pool_new_background(&larger, threads, NULL) == BP_OK) {
        bp_pool_free(lane->pool);
        lane->pool = larger;
    }
    return lane->pool;
}

void bp_lane_clear(bp_lane *lane) {
    bp_pool_free(lane->pool);
    lane->pool = NULL;
}

void bp_deal_workers(size_t workers, size_t count, const size_t *most, size_t *share) {
    for (size_t i = 0; i < count; i++) {
        share[i] = 1;
    }
    for (size_t left = workers > count ? workers - count : 0; left > 0;) {
        const size_t before = left;
        for (size_t i = 0; i < count && left > 0; i++) {
            if (share[i] < most[i]) {
                share[i]++;
                left--;
            }
        }
        if (left == before) {
            return; /* all have what they may */
        }
    }
}
