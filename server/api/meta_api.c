#include <string.h>

#include "clock.h"
#include "embedded_files.h"
#include "optimizer_rule.h"
#include "reply.h"
#include "resources.h"

/* --- health --------------------------------------------------------------------------------- */

bp_status bp_handle_livez(bp_call *call, bp_error *err) {
    return bp_reply_json(call->response, 200, json_pack("{s:s}", "status", "alive"), err);
}

/* What is not loaded does not listen yet: the service loads before it is made known here. */
bp_status bp_handle_readyz(bp_call *call, bp_error *err) {
    return bp_reply_json(call->response, 200, json_pack("{s:s}", "status", "ready"), err);
}

/* --- information ---------------------------------------------------------------------------- */

static json_t *describe_set(const bp_vocabulary *set) {
    json_t *array = json_array();
    for (size_t i = 0; i < set->count; i++) {
        json_array_append_new(array, json_string(set->names[i]));
    }
    return array;
}

static json_t *describe_limits(const bp_api_options *options, const bp_service_info *server) {
    return json_pack("{s:I, s:I, s:i, s:i, s:I, s:i, s:i, s:i, s:i, s:I}", "json_bytes",
                     (json_int_t)options->max_json_bytes, "upload_bytes",
                     (json_int_t)options->max_upload_bytes, "layers", BP_MAX_LAYERS, "units",
                     BP_MAX_UNITS, "parameters", (json_int_t)BP_MAX_PARAMETERS, "columns",
                     BP_MAX_COLUMNS, "classes", BP_MAX_CLASSES, "epochs", BP_MAX_EPOCHS,
                     "batch_size", BP_MAX_BATCH, "queued_jobs", (json_int_t)server->most_queued);
}

bp_status bp_handle_info(bp_call *call, bp_error *err) {
    bp_service_info info;
    bp_service_describe(call->service, &info);
    json_t *json = json_pack(
        "{s:s, s:s, s:I, s:s, s:o, s:f, s:b, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o, "
        "s:o, "
        "s:o}",
        "name", "backpropd", "version", call->options->version, "threads", (json_int_t)info.threads,
        "isa", info.isa, "started_at", bp_json_time(info.started_at), "uptime_seconds",
        bp_clock_wall_seconds() - info.started_at, "durable", info.data_dir != NULL, "models",
        (json_int_t)info.models, "datasets", (json_int_t)info.datasets, "jobs_running",
        (json_int_t)info.jobs_running, "jobs_queued", (json_int_t)info.jobs_queued, "limits",
        describe_limits(call->options, &info), "activations", describe_set(&bp_activations),
        "losses", describe_set(&bp_losses), "initializers", describe_set(&bp_initializers),
        "bias_initializers", describe_set(&bp_bias_initializers), "preprocessings",
        describe_set(&bp_preprocessings), "optimizers", describe_set(&bp_optimizers), "schedules",
        describe_set(&bp_schedules));
    return bp_reply_json(call->response, 200, json, err);
}

/* --- embedded files ------------------------------------------------------------------------- */

static const char page_policy[] =
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self';"
    " img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

static const struct {
    const char *suffix, *type;
} types[] = {
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".json", bp_json_type},
};

static const char *type_of(const char *name) {
    const char *suffix = strrchr(name, '.');
    for (size_t i = 0; suffix != NULL && i < sizeof types / sizeof *types; i++) {
        if (strcmp(types[i].suffix, suffix) == 0) {
            return types[i].type;
        }
    }
    return "application/octet-stream";
}

static const bp_embedded_file *find(const char *name) {
    for (size_t i = 0; i < bp_embedded_file_count; i++) {
        if (strcmp(bp_embedded_files[i].name, name) == 0) {
            return &bp_embedded_files[i];
        }
    }
    return NULL;
}

/* The bytes, or 304 where the client has them: their digest is the tag. */
static bp_status reply_file(bp_call *call, const char *name, bp_error *err) {
    const bp_embedded_file *file = find(name);
    bp_response *response = call->response;
    if (file == NULL) {
        return bp_fail(err, BP_NOT_FOUND, NULL, "there is no asset '%.80s'", name);
    }
    bp_status status = bp_reply_header(response, err, "ETag", "\"%.32s\"", file->sha256);
    if (status == BP_OK) {
        status = bp_reply_header(response, err, "Cache-Control", "no-cache");
    }
    if (status != BP_OK) {
        return status;
    }
    if (strcmp(call->if_none_match, response->headers[0].value) == 0) {
        response->status = 304;
        return BP_OK;
    }
    response->status = 200;
    response->content_type = type_of(name);
    response->static_body = (const char *)file->bytes;
    response->body_size = file->size;
    return BP_OK;
}

bp_status bp_handle_openapi(bp_call *call, bp_error *err) {
    return reply_file(call, "openapi.json", err);
}

bp_status bp_handle_dashboard(bp_call *call, bp_error *err) {
    bp_status status = reply_file(call, "index.html", err);
    return status == BP_OK
               ? bp_reply_header(call->response, err, "Content-Security-Policy", "%s", page_policy)
               : status;
}

/* The page is at /, the document at its own place. */
bp_status bp_handle_asset(bp_call *call, bp_error *err) {
    const char *suffix = strrchr(call->capture, '.');
    if (suffix != NULL && (strcmp(suffix, ".html") == 0 || strcmp(suffix, ".json") == 0)) {
        return bp_fail(err, BP_NOT_FOUND, NULL, "there is no asset '%.80s'", call->capture);
    }
    return reply_file(call, call->capture, err);
}
