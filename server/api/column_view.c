#include "column_view.h"

size_t bp_column_view_count(const bp_dataset *data) {
    return data->source_count > 0
               ? data->source_count
               : data->features.count + data->targets.count + data->weights.count;
}

/* What kinds of numbers the cells of a data set are is all that is known of it. */
static bp_column_view guess(const bp_dataset *data, size_t index) {
    const bp_names *names[] = {&data->features, &data->targets, &data->weights};
    static const bp_column_role roles[] = {BP_ROLE_FEATURE, BP_ROLE_TARGET, BP_ROLE_WEIGHT};
    size_t role = 0;
    while (role < 2 && index >= names[role]->count) {
        index -= names[role++]->count;
    }
    const bool is_text = roles[role] == BP_ROLE_TARGET && data->y == NULL;
    return (bp_column_view){.name = names[role]->item[index],
                            .type = is_text ? BP_COLUMN_CATEGORICAL : BP_COLUMN_NUMERIC,
                            .role = roles[role],
                            .first = index};
}

static bp_column_view known(const bp_source_column *source) {
    return (bp_column_view){.name = source->name,
                            .type = source->type,
                            .role = source->role,
                            .first = source->first,
                            .labels = source->labels.count > 0 ? &source->labels : NULL};
}

bp_column_view bp_column_view_get(const bp_dataset *data, size_t index) {
    bp_column_view view = data->source_count > 0 ? known(&data->source[index]) : guess(data, index);
    const size_t targets = data->features.count, weights = targets + data->targets.count;
    switch (view.role) {
    case BP_ROLE_FEATURE:
        view.stats = data->stats + view.first;
        break;
    case BP_ROLE_TARGET:
        view.stats = data->stats + targets + view.first;
        view.labels = data->classes.count > 0 ? &data->classes : NULL;
        break;
    case BP_ROLE_WEIGHT:
        view.stats = data->stats + weights;
        break;
    default:
        view.labels = NULL;
    }
    return view;
}
