/* What bench_train prints: a table for people and, if wanted, one JSON object a line. */
#ifndef BP_BENCH_REPORT_H
#define BP_BENCH_REPORT_H

#include <stdio.h>

#include "clean_window.h"
#include "marks.h"
#include "stopwatch.h"
#include "workload.h"

typedef struct bp_report {
    FILE *table, *json; /* json NULL: not wanted */
    const char *isa;
    bool with_torch;
    bp_mark_count marks;
} bp_report;

/* One line of the table. */
typedef struct bp_report_row {
    const bp_workload *load;
    bp_measured measured;
    bp_window_result ours;  /* steps/s */
    bp_window_result torch; /* steps/s; rate 0: not measured */
    size_t torch_threads;
    double peak; /* FLOP/s; 0: not known */
    bp_phase_seconds seconds;
} bp_report_row;

/* path NULL: no JSON; "-": on standard output, and the table on standard error. */
void bp_report_open(bp_report *report, const char *path);
void bp_report_heading(bp_report *report);
/* Also counts the marks. */
void bp_report_row_print(bp_report *report, const bp_report_row *row);
void bp_report_left_out(bp_report *report, const bp_report_row *row, double step_seconds);
/* The marks counted, how long it took; closes the JSON. */
void bp_report_close(bp_report *report, double seconds);

#endif
