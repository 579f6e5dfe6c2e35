#include <stdlib.h>

#include "called_model.h"
#include "json_fields.h"
#include "once.h"
#include "reply.h"
#include "resources.h"

const bp_parameter bp_version_parameters[] = {{.name = "version"}, {0}};

bp_status bp_get_called_model(const bp_call *call, bp_model_info *out, bp_error *err) {
    return bp_service_get_model_at(call->service, call->capture,
                                   bp_query_text(call->query, bp_version_parameters), out, err);
}

/* --- out ------------------------------------------------------------------------------------ */

static json_t *describe(const bp_version_info *version) {
    return json_pack("{s:s, s:I, s:o, s:s}", "name", version->name, "version",
                     (json_int_t)version->snapshot->version, "created_at",
                     bp_json_time(version->created_at), "sha256", version->sha256);
}

bp_status bp_handle_get_version(bp_call *call, bp_error *err) {
    bp_version_info version;
    bp_status status =
        bp_service_get_version(call->service, call->capture, call->second_capture, &version, err);
    if (status == BP_OK) {
        status = bp_reply_json(call->response, 200, describe(&version), err);
        bp_version_info_clear(&version);
    }
    return status;
}

static json_t *describe_all(const bp_version_page *page) {
    json_t *items = json_array();
    for (size_t i = 0; i < page->count; i++) {
        if (json_array_append_new(items, describe(&page->infos[i])) != 0) {
            json_decref(items);
            return NULL;
        }
    }
    return items;
}

bp_status bp_handle_list_versions(bp_call *call, bp_error *err) {
    bp_version_page page = {.after = bp_list_after(call), .limit = bp_list_limit(call)};
    page.infos = calloc(page.limit, sizeof *page.infos);
    if (page.infos == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for the list");
    }
    bp_status status = bp_service_list_versions(call->service, call->capture, &page, err);
    if (status == BP_OK) {
        json_t *cursor = page.more ? json_string(page.infos[page.count - 1].name) : NULL;
        json_t *items = describe_all(&page);
        status = bp_reply_json(call->response, 200, bp_json_page("versions", items, cursor), err);
    }
    for (size_t i = 0; i < page.count; i++) {
        bp_version_info_clear(&page.infos[i]);
    }
    free(page.infos);
    return status;
}

/* --- in ------------------------------------------------------------------------------------- */

static bp_status reply_pinned(bp_call *call, const void *made, bp_error *err) {
    const bp_version_info *version = made;
    bp_status status = bp_reply_json(call->response, 201, describe(version), err);
    return status == BP_OK
               ? bp_reply_header(call->response, err, "Location", "/v1/models/%s/versions/%s",
                                 call->capture, version->name)
               : status;
}

static const bp_field pin_fields[] = {{.name = "name", .type = BP_FIELD_STRING, .required = true}};

bp_status bp_handle_pin_version(bp_call *call, bp_error *err) {
    bp_creation creation = {.call = call, .reply = reply_pinned};
    const bp_commit_hook hook = {.context = &creation, .add = bp_creation_add};
    const char *name = NULL;
    bp_status status = bp_fields_read(&name, pin_fields, 1, call->body, err);
    return status == BP_OK ? bp_service_pin_version(call->service, call->capture, name, &hook, err)
                           : status;
}

bp_status bp_handle_release_version(bp_call *call, bp_error *err) {
    call->response->status = 204;
    return bp_service_release_version(call->service, call->capture, call->second_capture, err);
}

bp_status bp_handle_restore_version(bp_call *call, bp_error *err) {
    bp_status status =
        bp_service_restore_version(call->service, call->capture, call->second_capture, err);
    return status == BP_OK ? bp_handle_get_model(call, err) : status;
}
