#include "vocabulary.h"

#include <stdio.h>
#include <string.h>

bp_status bp_vocabulary_find(const bp_vocabulary *set, const char *name, const char *field,
                             int *out, bp_error *err) {
    char known[BP_MESSAGE_SIZE / 2] = "";
    size_t used = 0;
    for (size_t i = 0; i < set->count; i++) {
        if (strcmp(set->names[i], name) == 0) {
            *out = (int)i;
            return BP_OK;
        }
        int n =
            snprintf(known + used, sizeof known - used, "%s%s", i > 0 ? ", " : "", set->names[i]);
        if (n > 0 && used + (size_t)n < sizeof known) {
            used += (size_t)n;
        }
    }
    return bp_fail(err, BP_INVALID, field, "unknown %s '%.40s'; known: %s", set->what, name, known);
}
