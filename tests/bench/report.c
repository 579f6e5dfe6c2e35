#include "report.h"

#include <errno.h>
#include <string.h>

#include "bench_options.h"

void bp_report_open(bp_report *report, const char *path) {
    report->table = stdout;
    if (path != NULL && strcmp(path, "-") == 0) {
        report->json = stdout;
        report->table = stderr;
    } else if (path != NULL) {
        report->json = fopen(path, "w");
        if (report->json == NULL) {
            bench_stop(path, strerror(errno));
        }
    }
}

void bp_report_heading(bp_report *report) {
    fprintf(report->table, "%-30s %9s %7s %-9s %11s %8s %7s %8s %13s %8s", "net", "minibatch",
            "threads", "optimizer", "samples/s", "GFLOP/s", "of peak", "1 thread", "backward",
            "windows");
    if (report->with_torch) {
        fprintf(report->table, " %11s %7s %8s", "PyTorch", "ratio", "windows");
    }
    fprintf(report->table, "  marks\n");
    fflush(report->table);
}

static void print_key(const bp_report *report, const bp_report_row *row) {
    const bp_measured *m = &row->measured;
    fprintf(report->table, "%-30s %9zu %7zu %-9s ", m->net, m->batch, m->threads, m->optimizer);
}

static void print_json_key(const bp_report *report, const bp_report_row *row) {
    const bp_measured *m = &row->measured;
    fprintf(report->json,
            "{\"benchmark\": \"train\", \"net\": \"%s\", \"loss\": \"%s\", \"batch_size\": %zu, "
            "\"threads\": %zu, \"optimizer\": \"%s\", \"isa\": \"%s\", ",
            m->net, bp_losses.names[row->load->spec.loss], m->batch, m->threads, m->optimizer,
            report->isa);
}

/* A number, or "-" where it was not measured. */
static void print_value(FILE *file, int width, const char *unit, double value) {
    char text[32] = "-";
    if (value > 0) {
        snprintf(text, sizeof text, "%.*f%s", value < 100 ? 2 : 0, value, unit);
    }
    fprintf(file, " %*s", width, text);
}

/* Of the time of forward; in brackets as the multiplications are counted. */
static double backward_ratio(const bp_report_row *row) {
    const double *part = row->seconds.part;
    return part[BP_PART_FORWARD] > 0 ? part[BP_PART_BACKWARD] / part[BP_PART_FORWARD] : 0;
}

static double counted_ratio(const bp_workload *load) {
    return load->flops_per_sample / (2 * load->weights) - 1;
}

static void print_backward(FILE *file, const bp_report_row *row) {
    char text[32];
    snprintf(text, sizeof text, "%.2fx (%.2f)", backward_ratio(row), counted_ratio(row->load));
    fprintf(file, " %13s", text);
}

static void print_json_parts(FILE *file, const bp_report_row *row) {
    double total = 0;
    for (size_t i = 0; i < BP_PART_COUNT; i++) {
        total += row->seconds.part[i];
    }
    fprintf(file,
            "\"backward_to_forward\": %.4f, \"backward_to_forward_counted\": %.4f, \"shares\": {",
            backward_ratio(row), counted_ratio(row->load));
    for (size_t i = 0; i < BP_PART_COUNT; i++) {
        fprintf(file, "%s\"%s\": %.4f", i > 0 ? ", " : "", bp_part_names[i],
                total > 0 ? row->seconds.part[i] / total : 0);
    }
    fprintf(file, "}, ");
}

static void print_windows(FILE *file, bp_window_result result) {
    char text[32];
    snprintf(text, sizeof text, "%zu/%zu", result.clean, result.windows);
    fprintf(file, " %8s", text);
}

static void print_table_row(const bp_report *report, const bp_report_row *row) {
    const bp_measured *m = &row->measured;
    double samples = row->ours.rate * (double)m->batch;
    print_key(report, row);
    fprintf(report->table, "%11.0f %8.1f", samples, samples * row->load->flops_per_sample / 1e9);
    print_value(report->table, 7, "%", 100 * m->value[BP_MARK_PEAK]);
    print_value(report->table, 8, "x", m->value[BP_MARK_SCALING]);
    print_backward(report->table, row);
    print_windows(report->table, row->ours);
    if (row->torch.rate > 0) {
        fprintf(report->table, " %11.0f", row->torch.rate * (double)m->batch);
        print_value(report->table, 7, "x", m->value[BP_MARK_TORCH]);
        print_windows(report->table, row->torch);
    } else if (report->with_torch) {
        fprintf(report->table, " %11s %7s %8s", "-", "-", "-");
    }
}

static void print_json_row(const bp_report *report, const bp_report_row *row) {
    const bp_measured *m = &row->measured;
    double samples = row->ours.rate * (double)m->batch;
    print_json_key(report, row);
    fprintf(report->json,
            "\"samples_per_second\": %.1f, \"flops_per_second\": %.4g, \"clean_windows\": %zu, "
            "\"windows\": %zu, ",
            samples, samples * row->load->flops_per_sample, row->ours.clean, row->ours.windows);
    print_json_parts(report->json, row);
    if (row->peak > 0) {
        fprintf(report->json, "\"fma_peak\": %.4g, ", row->peak);
    }
    if (row->torch.rate > 0) {
        fprintf(report->json,
                "\"torch_samples_per_second\": %.1f, \"torch_threads\": %zu, "
                "\"torch_clean_windows\": %zu, \"torch_windows\": %zu, ",
                row->torch.rate * (double)m->batch, row->torch_threads, row->torch.clean,
                row->torch.windows);
    }
    fprintf(report->json, "\"ratios\": {");
    const char *comma = "";
    for (int kind = 0; kind < BP_MARK_KINDS; kind++) {
        if (m->value[kind] > 0) {
            fprintf(report->json, "%s\"%s\": %.4f", comma, bp_mark_kind_name((bp_mark_kind)kind),
                    m->value[kind]);
            comma = ", ";
        }
    }
    fprintf(report->json, "}, \"marks\": [");
}

void bp_report_row_print(bp_report *report, const bp_report_row *row) {
    print_table_row(report, row);
    if (report->json != NULL) {
        print_json_row(report, row);
    }
    size_t next = 0;
    const char *comma = "";
    for (const bp_mark *mark = bp_mark_next(&row->measured, 0, &next); mark != NULL;
         mark = bp_mark_next(&row->measured, next, &next)) {
        char text[64];
        bp_mark_tell(mark, &row->measured, text, &report->marks);
        fprintf(report->table, "%s  %s", comma[0] != '\0' ? ";" : "", text);
        if (report->json != NULL) {
            fprintf(report->json, "%s{\"of\": \"%s\", \"at_least\": %g, \"met\": %s}", comma,
                    bp_mark_kind_name(mark->kind), mark->at_least,
                    row->measured.value[mark->kind] >= mark->at_least ? "true" : "false");
        }
        comma = ",";
    }
    fprintf(report->table, "\n");
    fflush(report->table);
    if (report->json != NULL) {
        fprintf(report->json, "]}\n");
        fflush(report->json);
    }
}

void bp_report_left_out(bp_report *report, const bp_report_row *row, double step_seconds) {
    print_key(report, row);
    fprintf(report->table, "%11s (a step would take about %.0f s)\n", "left out", step_seconds);
    fflush(report->table);
    if (report->json != NULL) {
        print_json_key(report, row);
        fprintf(report->json, "\"samples_per_second\": null, \"step_seconds_estimate\": %.1f}\n",
                step_seconds);
        fflush(report->json);
    }
}

void bp_report_close(bp_report *report, double seconds) {
    if (report->marks.met + report->marks.missed > 0) {
        fprintf(report->table, "marks: %zu met, %zu missed\n", report->marks.met,
                report->marks.missed);
    }
    fprintf(report->table, "took %.0f s\n", seconds);
    if (report->json != NULL && report->json != stdout && fclose(report->json) != 0) {
        bench_stop("--json", strerror(errno));
    }
}
