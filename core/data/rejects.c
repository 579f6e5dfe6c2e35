#include "rejects.h"

void bp_rejects_add(bp_rejects *rejects, const bp_error *why) {
    rejects->count++;
    if (rejects->kept < BP_FIRST_REJECTS) {
        rejects->first[rejects->kept++] = *why;
    }
}
