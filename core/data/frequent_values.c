#include "frequent_values.h"

void bp_frequent_values_add(bp_column_stats *stats, double value, uint64_t count) {
    bp_frequent_value *kept = stats->frequent;
    size_t at = stats->frequent_count;
    if (at == BP_FREQUENT_VALUES) {
        if (kept[at - 1].count >= count) {
            return;
        }
        at--;
    } else {
        stats->frequent_count++;
    }
    for (; at > 0 && kept[at - 1].count < count; at--) {
        kept[at] = kept[at - 1];
    }
    kept[at] = (bp_frequent_value){value, count};
}
