/* The document and the table of routes say the same. */
#include "api_fixture.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "gradients.h"
#include "optimizer_rule.h"
#include "route_table.h"

static json_t *get_document(void **state) {
    return bp_expect(state, 200, (bp_sent){.target = "/openapi.json"});
}

static json_t *find_operation(const json_t *document, const bp_route *route) {
    char method[16] = "";
    for (size_t i = 0; route->method[i] != '\0' && i + 1 < sizeof method; i++) {
        method[i] = (char)tolower((unsigned char)route->method[i]);
    }
    json_t *item = json_object_get(json_object_get(document, "paths"), route->pattern);
    return json_object_get(item, method);
}

static void test_version(void **state) {
    json_t *document = get_document(state);
    json_t *info = json_object_get(document, "info");
    assert_string_equal(bp_string(document, "openapi"), "3.1.0");
    assert_string_equal(bp_string(info, "version"), BP_VERSION);
    json_decref(document);
}

static void test_every_route_is_documented(void **state) {
    json_t *document = get_document(state);
    for (size_t i = 0; i < bp_route_count; i++) {
        if (find_operation(document, &bp_routes[i]) == NULL) {
            fail_msg("%s %s is not in openapi.json", bp_routes[i].method, bp_routes[i].pattern);
        }
    }
    json_decref(document);
}

static size_t count_operations(const json_t *document) {
    size_t count = 0;
    const char *path, *key;
    json_t *item, *value;
    json_object_foreach(json_object_get(document, "paths"), path, item) {
        json_object_foreach(item, key, value) {
            count += strcmp(key, "parameters") != 0;
        }
    }
    return count;
}

/* Every route is there, and there are no more than routes: so every operation is a route. */
static void test_every_operation_is_a_route(void **state) {
    json_t *document = get_document(state);
    assert_int_equal(count_operations(document), bp_route_count);
    json_decref(document);
}

static const json_t *resolve(const json_t *document, const json_t *node) {
    const char *reference = bp_string(node, "$ref");
    if (reference == NULL) {
        return node;
    }
    char path[200];
    snprintf(path, sizeof path, "%s", reference + strlen("#/"));
    char *rest = path, *part;
    while ((part = strsep(&rest, "/")) != NULL) {
        document = json_object_get(document, part);
    }
    return document;
}

static size_t count_query(const json_t *document, const json_t *operation) {
    size_t count = 0, i;
    json_t *parameter;
    json_array_foreach(json_object_get(operation, "parameters"), i, parameter) {
        count += strcmp(bp_string(resolve(document, parameter), "in"), "query") == 0;
    }
    return count;
}

static const json_t *find_parameter(const json_t *document, const json_t *operation,
                                    const char *name) {
    size_t i;
    json_t *parameter;
    json_array_foreach(json_object_get(operation, "parameters"), i, parameter) {
        const json_t *resolved = resolve(document, parameter);
        if (strcmp(bp_string(resolved, "name"), name) == 0) {
            return json_object_get(resolved, "schema");
        }
    }
    return NULL;
}

static void check_range(const bp_parameter *known, const json_t *schema) {
    if (known->max > 0 && known->max < INT64_MAX) {
        assert_int_equal(bp_integer(schema, "maximum"), known->max);
    }
    if (known->max > 0) {
        assert_string_equal(bp_string(schema, "type"), "integer");
        assert_int_equal(bp_integer(schema, "minimum"), known->min);
    }
    if (known->by_default > 0) {
        assert_int_equal(bp_integer(schema, "default"), known->by_default);
    }
}

static void test_query_parameters_agree(void **state) {
    json_t *document = get_document(state);
    for (size_t i = 0; i < bp_route_count; i++) {
        const json_t *operation = find_operation(document, &bp_routes[i]);
        size_t known = 0;
        const bp_parameter *parameter = bp_routes[i].parameters;
        for (; parameter != NULL && parameter->name != NULL; parameter++, known++) {
            const json_t *schema = find_parameter(document, operation, parameter->name);
            assert_non_null(schema);
            check_range(parameter, schema);
        }
        assert_int_equal(count_query(document, operation), known);
    }
    json_decref(document);
}

/* What every route can answer is documented for it; bodies are documented where they are taken. */
static void test_bodies_and_problems_are_documented(void **state) {
    json_t *document = get_document(state);
    for (size_t i = 0; i < bp_route_count; i++) {
        const bp_route *route = &bp_routes[i];
        const json_t *operation = find_operation(document, route);
        const json_t *responses = json_object_get(operation, "responses");
        static const char *const always[] = {"400", "500", "503"};
        for (size_t k = 0; k < sizeof always / sizeof *always; k++) {
            assert_non_null(json_object_get(responses, always[k]));
        }
        bool json = route->body == BP_BODY_JSON || route->body == BP_BODY_MAYBE;
        bool takes = route->body != BP_BODY_NONE, writes = strcmp(route->method, "GET") != 0;
        assert_int_equal(json_object_get(operation, "requestBody") != NULL, takes);
        assert_int_equal(json_object_get(responses, "415") != NULL, takes);
        assert_int_equal(json_object_get(responses, "403") != NULL, writes && !json);
    }
    json_decref(document);
}

/* A route that is done once says so: its key, and what a key can lead to. */
static void test_keys_are_documented(void **state) {
    json_t *document = get_document(state);
    size_t once = 0;
    for (size_t i = 0; i < bp_route_count; i++) {
        const json_t *operation = find_operation(document, &bp_routes[i]);
        const json_t *responses = json_object_get(operation, "responses");
        const bool is_once = bp_routes[i].pace == BP_PACE_ONCE;
        once += is_once;
        assert_int_equal(find_parameter(document, operation, "Idempotency-Key") != NULL, is_once);
        assert_int_equal(json_object_get(responses, "422") != NULL, is_once);
        assert_true(!is_once || json_object_get(responses, "409") != NULL);
    }
    assert_true(once >= 3);
    json_decref(document);
}

static void check_closed(const json_t *schemas, const char *name) {
    const json_t *schema = json_object_get(schemas, name);
    assert_non_null(schema);
    if (!json_is_false(json_object_get(schema, "additionalProperties"))) {
        fail_msg("%s lets unknown fields through", name);
    }
}

static void test_requests_are_closed(void **state) {
    json_t *document = get_document(state);
    json_t *schemas = json_object_get(json_object_get(document, "components"), "schemas");
    static const char *const requests[] = {
        "DatasetCreate",    "ModelCreate",        "LayerCreate",     "PredictRequest",
        "JobCreate",        "EvaluateRequest",    "Optimizer",       "Validation",
        "GradientsRequest", "GradcheckRequest",   "JacobianRequest", "Schedule",
        "EarlyStopping",    "PreprocessingRules", "ColumnRule",      "VersionCreate"};
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        check_closed(schemas, requests[i]);
    }
    json_decref(document);
}

static void check_enum(const json_t *schemas, const char *name, const bp_vocabulary *set) {
    const json_t *words = json_object_get(json_object_get(schemas, name), "enum");
    assert_int_equal(json_array_size(words), set->count);
    for (size_t i = 0; i < set->count; i++) {
        assert_string_equal(json_string_value(json_array_get(words, i)), set->names[i]);
    }
}

static void test_vocabularies_agree(void **state) {
    json_t *document = get_document(state);
    json_t *schemas = json_object_get(json_object_get(document, "components"), "schemas");
    check_enum(schemas, "Activation", &bp_activations);
    check_enum(schemas, "Loss", &bp_losses);
    check_enum(schemas, "Initializer", &bp_initializers);
    check_enum(schemas, "BiasInitializer", &bp_bias_initializers);
    check_enum(schemas, "Preprocessing", &bp_preprocessings);
    check_enum(schemas, "MissingRule", &bp_missings);
    check_enum(schemas, "TargetScalingRule", &bp_target_scalings);
    check_enum(schemas, "GradientField", &bp_gradient_fields);
    check_enum(schemas, "Reduction", &bp_reductions);
    check_enum(schemas, "OptimizerType", &bp_optimizers);
    check_enum(schemas, "ScheduleType", &bp_schedules);
    check_enum(schemas, "ScheduleUnit", &bp_schedule_units);
    check_enum(schemas, "Monitor", &bp_monitors);
    const json_t *types = json_object_get(json_object_get(schemas, "EventType"), "enum");
    assert_int_equal(json_array_size(types), BP_EVENT_TYPE_COUNT);
    for (int i = 0; i < BP_EVENT_TYPE_COUNT; i++) {
        assert_string_equal(json_string_value(json_array_get(types, (size_t)i)),
                            bp_event_type_name((bp_event_type)i));
    }
    const json_t *states = json_object_get(json_object_get(schemas, "JobState"), "enum");
    assert_int_equal(json_array_size(states), BP_JOB_STATE_COUNT);
    for (int i = 0; i < BP_JOB_STATE_COUNT; i++) {
        assert_string_equal(json_string_value(json_array_get(states, (size_t)i)),
                            bp_job_state_name((bp_job_state)i));
    }
    json_decref(document);
}

/* The document has each setting of a schedule once, with the range of the table, and no other. */
static void test_schedule_settings_agree(void **state) {
    static const char *const ends[][2] = {
        [BP_RANGE_WHOLE] = {"minimum", "maximum"},
        [BP_RANGE_FROM] = {"minimum", "maximum"},
        [BP_RANGE_ABOVE] = {"exclusiveMinimum", "maximum"},
        [BP_RANGE_BETWEEN] = {"exclusiveMinimum", "exclusiveMaximum"},
    };
    json_t *document = get_document(state);
    json_t *schemas = json_object_get(json_object_get(document, "components"), "schemas");
    json_t *known = json_object_get(json_object_get(schemas, "Schedule"), "properties");
    assert_int_equal(json_object_size(known), BP_SCHEDULE_SETTING_COUNT + 3);
    for (size_t i = 0; i < BP_SCHEDULE_SETTING_COUNT; i++) {
        const bp_schedule_setting_info *info = &bp_schedule_settings[i];
        const json_t *property = json_object_get(known, info->name);
        assert_string_equal(bp_string(property, "type"),
                            info->kind == BP_RANGE_WHOLE ? "integer" : "number");
        assert_true(json_number_value(json_object_get(property, ends[info->kind][0])) == info->low);
        assert_true(json_number_value(json_object_get(property, ends[info->kind][1])) ==
                    info->high);
    }
    json_decref(document);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_version),
        cmocka_unit_test(test_every_route_is_documented),
        cmocka_unit_test(test_every_operation_is_a_route),
        cmocka_unit_test(test_query_parameters_agree),
        cmocka_unit_test(test_bodies_and_problems_are_documented),
        cmocka_unit_test(test_keys_are_documented),
        cmocka_unit_test(test_requests_are_closed),
        cmocka_unit_test(test_vocabularies_agree),
        cmocka_unit_test(test_schedule_settings_agree),
    };
    return cmocka_run_group_tests(tests, bp_api_setup, bp_api_teardown);
}
