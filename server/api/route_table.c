#include "route_table.h"

#include <stdio.h>
#include <string.h>

#include "resources.h"

#define DATASET "/v1/datasets/{name}"
#define MODEL "/v1/models/{name}"
#define VERSION MODEL "/versions/{version}"
#define JOB "/v1/jobs/{id}"

/* clang-format off */
const bp_route bp_routes[] = {
    {"GET",    "/v1/datasets",        BP_BODY_NONE,   BP_PACE_FAST, bp_list_parameters,        bp_handle_list_datasets,  NULL},
    {"PUT",    DATASET,               BP_BODY_STREAM, BP_PACE_SLOW, bp_dataset_put_parameters, bp_handle_put_dataset,    &bp_dataset_stream},
    {"POST",   DATASET "/rows",       BP_BODY_STREAM, BP_PACE_SLOW, bp_dataset_rows_parameters, bp_handle_post_rows,     &bp_rows_stream},
    {"PUT",    DATASET "/target",     BP_BODY_STREAM, BP_PACE_SLOW, bp_dataset_target_parameters, bp_handle_put_target,  &bp_target_stream},
    {"GET",    DATASET,               BP_BODY_NONE,   BP_PACE_SLOW, NULL,                      bp_handle_get_dataset,    NULL},
    {"GET",    DATASET "/rows",       BP_BODY_NONE,   BP_PACE_SLOW, bp_rows_parameters,        bp_handle_get_rows,       NULL},
    {"DELETE", DATASET,               BP_BODY_NONE,   BP_PACE_SLOW, NULL,                      bp_handle_delete_dataset, NULL},
    {"GET",    "/v1/models",          BP_BODY_NONE,   BP_PACE_FAST, bp_list_parameters,        bp_handle_list_models,    NULL},
    {"POST",   "/v1/models",          BP_BODY_JSON,   BP_PACE_ONCE, NULL,                      bp_handle_create_model,   NULL},
    {"GET",    MODEL,                 BP_BODY_NONE,   BP_PACE_FAST, NULL,                      bp_handle_get_model,      NULL},
    {"DELETE", MODEL,                 BP_BODY_NONE,   BP_PACE_SLOW, NULL,                      bp_handle_delete_model,   NULL},
    {"GET",    MODEL "/parameters",   BP_BODY_NONE,   BP_PACE_SLOW, bp_version_parameters,     bp_handle_get_parameters, NULL},
    {"POST",   MODEL "/predict",      BP_BODY_JSON,   BP_PACE_SIZE, bp_version_parameters,     bp_handle_predict,        NULL},
    {"POST",   MODEL "/evaluate",     BP_BODY_JSON,   BP_PACE_SLOW, bp_version_parameters,     bp_handle_evaluate,       NULL},
    {"POST",   MODEL "/gradients",    BP_BODY_JSON,   BP_PACE_SLOW, bp_version_parameters,     bp_handle_gradients,      NULL},
    {"POST",   MODEL "/gradcheck",    BP_BODY_JSON,   BP_PACE_SLOW, bp_version_parameters,     bp_handle_gradcheck,      NULL},
    {"POST",   MODEL "/jacobian",     BP_BODY_JSON,   BP_PACE_SLOW, bp_version_parameters,     bp_handle_jacobian,       NULL},
    {"GET",    MODEL "/versions",     BP_BODY_NONE,   BP_PACE_FAST, bp_list_parameters,        bp_handle_list_versions,  NULL},
    {"POST",   MODEL "/versions",     BP_BODY_JSON,   BP_PACE_ONCE, NULL,                      bp_handle_pin_version,    NULL},
    {"GET",    VERSION,               BP_BODY_NONE,   BP_PACE_FAST, NULL,                      bp_handle_get_version,    NULL},
    {"DELETE", VERSION,               BP_BODY_NONE,   BP_PACE_SLOW, NULL,                      bp_handle_release_version, NULL},
    {"POST",   VERSION "/restore",    BP_BODY_NONE,   BP_PACE_SLOW, NULL,                      bp_handle_restore_version, NULL},
    {"GET",    "/v1/jobs",            BP_BODY_NONE,   BP_PACE_FAST, bp_job_list_parameters,    bp_handle_list_jobs,      NULL},
    {"POST",   "/v1/jobs",            BP_BODY_JSON,   BP_PACE_ONCE, bp_start_job_parameters,   bp_handle_start_job,      NULL},
    {"GET",    JOB,                   BP_BODY_NONE,   BP_PACE_FAST, NULL,                      bp_handle_get_job,        NULL},
    {"PATCH",  JOB,                   BP_BODY_JSON,   BP_PACE_SLOW, NULL,                      bp_handle_edit_job,       NULL},
    {"DELETE", JOB,                   BP_BODY_NONE,   BP_PACE_SLOW, NULL,                      bp_handle_delete_job,     NULL},
    {"POST",   JOB "/cancel",         BP_BODY_NONE,   BP_PACE_SLOW, NULL,                      bp_handle_cancel_job,     NULL},
    {"POST",   JOB "/pause",          BP_BODY_NONE,   BP_PACE_SLOW, NULL,                      bp_handle_pause_job,      NULL},
    {"POST",   JOB "/resume",         BP_BODY_NONE,   BP_PACE_SLOW, NULL,                      bp_handle_resume_job,     NULL},
    {"POST",   JOB "/step",           BP_BODY_NONE,   BP_PACE_SLOW, NULL,                      bp_handle_step_job,       NULL},
    {"POST",   JOB "/rewind",         BP_BODY_MAYBE,  BP_PACE_SLOW, NULL,                      bp_handle_rewind_job,     NULL},
    {"POST",   JOB "/fork",           BP_BODY_JSON,   BP_PACE_ONCE, NULL,                      bp_handle_fork_job,       NULL},
    {"GET",    JOB "/checkpoints",    BP_BODY_NONE,   BP_PACE_FAST, NULL,                      bp_handle_list_checkpoints, NULL},
    {"POST",   JOB "/verify",         BP_BODY_MAYBE,  BP_PACE_SLOW, NULL,                      bp_handle_verify_job,     NULL},
    {"GET",    JOB "/metrics",        BP_BODY_NONE,   BP_PACE_FAST, bp_metrics_parameters,     bp_handle_get_metrics,    NULL},
    {"GET",    JOB "/events",         BP_BODY_NONE,   BP_PACE_FAST, bp_events_parameters,      bp_handle_get_events,     NULL},
    {"GET",    "/v1/info",            BP_BODY_NONE,   BP_PACE_FAST, NULL,                      bp_handle_info,           NULL},
    {"GET",    "/livez",              BP_BODY_NONE,   BP_PACE_FAST, NULL,                      bp_handle_livez,          NULL},
    {"GET",    "/readyz",             BP_BODY_NONE,   BP_PACE_FAST, NULL,                      bp_handle_readyz,         NULL},
    {"GET",    "/openapi.json",       BP_BODY_NONE,   BP_PACE_FAST, NULL,                      bp_handle_openapi,        NULL},
    {"GET",    "/",                   BP_BODY_NONE,   BP_PACE_FAST, NULL,                      bp_handle_dashboard,      NULL},
    {"GET",    "/assets/{file}",      BP_BODY_NONE,   BP_PACE_FAST, NULL,                      bp_handle_asset,          NULL},
};
/* clang-format on */
const size_t bp_route_count = sizeof bp_routes / sizeof *bp_routes;

/* Segment by segment; a capture takes one that is not empty. */
static bool match(const char *pattern, const char *path, bp_captures *captures) {
    size_t taken = 0;
    for (size_t i = 0; i < BP_CAPTURES; i++) {
        captures->text[i][0] = '\0';
    }
    for (;;) {
        size_t pattern_size = strcspn(pattern, "/"), path_size = strcspn(path, "/");
        if (pattern[0] == '{') {
            if (path_size == 0 || path_size >= BP_CAPTURE_SIZE || taken == BP_CAPTURES) {
                return false;
            }
            memcpy(captures->text[taken], path, path_size);
            captures->text[taken++][path_size] = '\0';
        } else if (pattern_size != path_size || memcmp(pattern, path, path_size) != 0) {
            return false;
        }
        pattern += pattern_size;
        path += path_size;
        if (*pattern == '\0' || *path == '\0') {
            return *pattern == *path;
        }
        pattern++;
        path++;
    }
}

static void allow_method(char *allow, const char *method) {
    size_t used = strlen(allow);
    snprintf(allow + used, BP_ALLOW_SIZE - used, "%s%s%s", used > 0 ? ", " : "", method,
             strcmp(method, "GET") == 0 ? ", HEAD" : "");
}

bp_status bp_route_find(const bp_route **out, const char *method, const char *path,
                        bp_captures *captures, char *allow) {
    const char *wanted = strcmp(method, "HEAD") == 0 ? "GET" : method;
    allow[0] = '\0';
    for (size_t i = 0; i < bp_route_count; i++) {
        const bp_route *route = &bp_routes[i];
        if (!match(route->pattern, path, captures)) {
            continue;
        }
        if (strcmp(route->method, wanted) == 0) {
            *out = route;
            return BP_OK;
        }
        allow_method(allow, route->method);
    }
    return allow[0] != '\0' ? BP_CONFLICT : BP_NOT_FOUND;
}
