#include "schedule_json.h"

#include "json_fields.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* --- the schedule --------------------------------------------------------------------------- */

static const bp_field type_field = {
    .name = "type", .type = BP_FIELD_CHOICE, .choices = &bp_schedules, .offset = 0};

/* Type, unit and metric come before the settings. */
enum { FIRST_FIELDS = 3 };

static bool is_watching(bp_schedule_type type) {
    return type == BP_SCHEDULE_REDUCE_ON_PLATEAU;
}

/* The fields of one schedule's object. */
static size_t schedule_fields(bp_schedule_type type, bp_field fields[]) {
    size_t count = 0;
    fields[count++] = (bp_field){.name = type_field.name, .type = BP_FIELD_IGNORED};
    fields[count++] = (bp_field){.name = "per",
                                 .type = BP_FIELD_CHOICE,
                                 .choices = &bp_schedule_units,
                                 .offset = offsetof(bp_schedule, per)};
    if (is_watching(type)) {
        fields[count++] = (bp_field){.name = "metric",
                                     .type = BP_FIELD_CHOICE,
                                     .choices = &bp_monitors,
                                     .offset = offsetof(bp_schedule, metric)};
    }
    for (int s = 0; s < BP_SCHEDULE_SETTING_COUNT; s++) {
        if (bp_schedule_has(type, (bp_schedule_setting)s)) {
            fields[count++] = (bp_field){.name = bp_schedule_settings[s].name,
                                         .type = BP_FIELD_DOUBLE,
                                         .offset = bp_schedule_settings[s].offset};
        }
    }
    return count;
}

bp_status bp_schedule_from_json(bp_schedule *out, const json_t *object, bp_error *err) {
    bp_field fields[FIRST_FIELDS + BP_SCHEDULE_SETTING_COUNT];
    int type = BP_SCHEDULE_CONSTANT;
    bp_status status = bp_fields_read_one(&type, &type_field, object, err);
    if (status == BP_OK) {
        bp_schedule schedule = bp_schedule_defaults((bp_schedule_type)type);
        size_t count = schedule_fields(schedule.type, fields);
        status = bp_fields_read(&schedule, fields, count, object, err);
        *out = status == BP_OK ? schedule : *out;
    }
    if (status != BP_OK) {
        bp_error_nest(err, "/schedule");
    }
    return status;
}

static json_t *setting_to_json(const bp_schedule *schedule, bp_schedule_setting setting) {
    const double value = bp_schedule_get(schedule, setting);
    return bp_schedule_settings[setting].kind == BP_RANGE_WHOLE ? json_integer((json_int_t)value)
                                                                : json_real(value);
}

json_t *bp_schedule_to_json(const bp_schedule *schedule) {
    if (bp_schedule_is_constant(schedule)) {
        return NULL;
    }
    json_t *object = json_pack("{s:s, s:s}", "type", bp_schedules.names[schedule->type], "per",
                               bp_schedule_units.names[schedule->per]);
    if (is_watching(schedule->type)) {
        json_object_set_new(object, "metric", json_string(bp_monitors.names[schedule->metric]));
    }
    for (int s = 0; s < BP_SCHEDULE_SETTING_COUNT; s++) {
        const bp_schedule_setting setting = (bp_schedule_setting)s;
        if (bp_schedule_has(schedule->type, setting)) {
            json_object_set_new(object, bp_schedule_settings[s].name,
                                setting_to_json(schedule, setting));
        }
    }
    return object;
}

/* --- early stopping ------------------------------------------------------------------------- */

#define STOPPING(member) .offset = offsetof(bp_early_stopping, member)
static const bp_field stopping_fields[] = {
    {.name = "metric", .type = BP_FIELD_CHOICE, .choices = &bp_monitors, STOPPING(metric)},
    {.name = "patience",
     .type = BP_FIELD_COUNT,
     .min = 1,
     .max = BP_MAX_PATIENCE,
     STOPPING(patience)},
    {.name = "min_delta", .type = BP_FIELD_DOUBLE, STOPPING(min_delta)},
    {.name = "restore_best", .type = BP_FIELD_BOOL, STOPPING(restore_best)},
};

bp_status bp_early_stopping_from_json(bp_early_stopping *out, const json_t *object, bp_error *err) {
    bp_early_stopping options = bp_early_stopping_defaults();
    bp_status status =
        bp_fields_read(&options, stopping_fields, LENGTH(stopping_fields), object, err);
    if (status != BP_OK) {
        bp_error_nest(err, "/early_stopping");
        return status;
    }
    *out = options;
    return BP_OK;
}

json_t *bp_early_stopping_to_json(const bp_early_stopping *options) {
    if (options->patience == 0) {
        return NULL;
    }
    return json_pack("{s:s, s:I, s:f, s:b}", "metric", bp_monitors.names[options->metric],
                     "patience", (json_int_t)options->patience, "min_delta", options->min_delta,
                     "restore_best", options->restore_best);
}
