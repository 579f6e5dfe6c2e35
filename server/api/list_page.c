#include "resources.h"

enum { LIMIT, AFTER };
#define LIMIT_ROW                                                                                  \
    { .name = "limit", .min = 1, .max = 1000, .by_default = 100 }

const bp_parameter bp_list_parameters[] = {[LIMIT] = LIMIT_ROW, [AFTER] = {.name = "after"}, {0}};
const bp_parameter bp_job_list_parameters[] = {
    [LIMIT] = LIMIT_ROW, [AFTER] = {.name = "after", .min = 1, .max = INT64_MAX}, {0}};

size_t bp_list_limit(const bp_call *call) {
    return bp_query_number(call->query, &bp_list_parameters[LIMIT]);
}

const char *bp_list_after(const bp_call *call) {
    return bp_query_text(call->query, &bp_list_parameters[AFTER]);
}

uint64_t bp_job_list_after(const bp_call *call) {
    return bp_query_number(call->query, &bp_job_list_parameters[AFTER]);
}
