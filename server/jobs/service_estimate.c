/* What a job would take, and whether there is room for it. */
#include <math.h>
#include <string.h>

#include "service_state.h"

/* Of steps that are tried: as much as a request may wait for. */
static const double trial_seconds = 0.1;

/* --- what there is -------------------------------------------------------------------------- */

static size_t model_bytes(bp_service *service) {
    bp_registry *models = &service->models;
    size_t bytes = 0;
    pthread_mutex_lock(&models->lock);
    for (size_t i = 0; i < models->count; i++) {
        const bp_model *model = (const bp_model *)models->entry[i];
        bytes += model->snapshot != NULL ? bp_snapshot_bytes(model->snapshot) : 0;
    }
    pthread_mutex_unlock(&models->lock);
    return bytes;
}

static size_t dataset_bytes(bp_service *service) {
    bp_registry *datasets = &service->datasets;
    size_t bytes = 0;
    pthread_mutex_lock(&datasets->lock);
    for (size_t i = 0; i < datasets->count; i++) {
        bytes += bp_dataset_bytes(((const bp_stored_dataset *)datasets->entry[i])->dataset);
    }
    pthread_mutex_unlock(&datasets->lock);
    return bytes;
}

/* --- what a training takes ------------------------------------------------------------------ */

/* A training that is bound. */
typedef struct bound_job {
    bp_snapshot *start;
    const bp_dataset *data;
    const bp_train_options *options;
} bound_job;

static size_t workers_of(const bp_service *service, const bp_train_options *options) {
    const bool fewer = options->threads > 0 && options->threads < service->threads;
    return fewer ? options->threads : service->threads;
}

/* Without what there is and what fits. */
static bp_status count(bp_job_estimate *out, const bp_service *service, const bound_job *b,
                       bp_error *err) {
    bp_job_estimate counted = {.seconds = (double)NAN};
    bp_status status = bp_estimate_make(&counted.training, b->start, b->data, b->options,
                                        workers_of(service, b->options), err);
    if (status != BP_OK) {
        return status;
    }
    counted.snapshot_bytes = 2 * bp_snapshot_bytes(b->start);
    counted.peak_bytes = counted.training.bytes.total + counted.snapshot_bytes +
                         (service->store != NULL ? counted.training.checkpoint_bytes : 0);
    counted.data_bytes = bp_dataset_bytes(b->data);
    if (b->options->validation.held_out != NULL) {
        counted.data_bytes += bp_dataset_bytes(b->options->validation.held_out);
    }
    *out = counted;
    return BP_OK;
}

/* The peak with activations computed again; 0: they are already, or it cannot be told. */
static size_t peak_again(const bp_service *service, const bound_job *b) {
    bp_train_options options = *b->options;
    const bound_job again = {b->start, b->data, &options};
    bp_job_estimate counted;
    if (options.activation_checkpointing) {
        return 0;
    }
    options.activation_checkpointing = true;
    return count(&counted, service, &again, NULL) == BP_OK ? counted.peak_bytes : 0;
}

static bool has_room(const bp_job_estimate *e, size_t bytes) {
    return e->limit_bytes == 0 ||
           (e->in_use_bytes < e->limit_bytes && bytes <= e->limit_bytes - e->in_use_bytes);
}

/* Fills `refusal`. */
static void refuse(bp_job_estimate *e, const bp_service *service, const bound_job *b) {
    char advice[96] = "";
    const size_t again = peak_again(service, b);
    if (again > 0 && has_room(e, again)) {
        snprintf(advice, sizeof advice, "; with activation_checkpointing it needs %zu, which fits",
                 again);
    }
    (void)bp_fail(&e->refusal, BP_TOO_LARGE, "/model",
                  "the training needs %zu bytes of memory; the limit is %zu, of which models and "
                  "data sets use %zu%s",
                  e->peak_bytes, e->limit_bytes, e->in_use_bytes, advice);
}

static bp_status estimate(bp_job_estimate *out, bp_service *service, const bound_job *b,
                          bp_error *err) {
    bp_status status = count(out, service, b, err);
    if (status != BP_OK) {
        return status;
    }
    out->limit_bytes = service->memory_limit;
    out->in_use_bytes = model_bytes(service) + dataset_bytes(service);
    out->fits = has_room(out, out->peak_bytes);
    if (!out->fits) {
        refuse(out, service, b);
    }
    return BP_OK;
}

bp_status bp_service_check_memory(bp_service *service, const bp_snapshot *start,
                                  const bp_dataset *data, const bp_train_options *options,
                                  bp_error *err) {
    const bound_job b = {(bp_snapshot *)start, data, options};
    bp_job_estimate e;
    if (service->memory_limit == 0) {
        return BP_OK;
    }
    bp_status status = estimate(&e, service, &b, err);
    if (status != BP_OK || e.fits) {
        return status;
    }
    if (err != NULL) {
        *err = e.refusal;
    }
    return e.refusal.code;
}

/* --- dry runs ------------------------------------------------------------------------------- */

/* What a request names; references. */
typedef struct named {
    bp_model_info model;
    bp_dataset_info data, held_out;
} named;

static bp_status get(bp_registry *registry, const char *name, void *info, bp_error *err) {
    bp_status status = bp_registry_get(registry, name, info, err);
    if (status == BP_NOT_FOUND) {
        bp_error_nest(err, "%s", registry->field);
    }
    return status;
}

static void clear(named *n) {
    bp_model_info_clear(&n->model);
    bp_dataset_info_clear(&n->data);
    bp_dataset_info_clear(&n->held_out);
}

/* As the job would find them. */
static bp_status find(named *out, bp_service *service, const bp_job_request *request,
                      bp_error *err) {
    const bp_split_options *validation = &request->options.validation;
    bp_status status = get(&service->models, request->model, &out->model, err);
    if (status == BP_OK) {
        status = get(&service->datasets, request->dataset, &out->data, err);
    }
    if (status != BP_OK || validation->kind != BP_SPLIT_DATASET) {
        return status;
    }
    if (strcmp(validation->dataset, request->dataset) == 0) {
        return bp_fail(err, BP_INVALID, "/validation/dataset",
                       "'%s' is what is trained on; held-out rows must be other rows",
                       request->dataset);
    }
    status = get(&service->datasets, validation->dataset, &out->held_out, err);
    if (status != BP_OK) {
        bp_error_nest(err, "/validation");
    }
    return status;
}

/* Data that came from a disk are as they were stored, before their rows are believed. */
static bp_status check_data(const named *n, bp_error *err) {
    bp_status status = bp_dataset_check(n->data.dataset, err);
    if (status == BP_OK && n->held_out.dataset != NULL) {
        status = bp_dataset_check(n->held_out.dataset, err);
    }
    return status;
}

static bp_status time_steps(bp_job_estimate *out, bp_service *service, const bound_job *b,
                            bp_error *err) {
    const bp_trial_place place = {.kernels = service->kernels,
                                  .workers = workers_of(service, b->options),
                                  .seconds = trial_seconds};
    bp_trial trial = {0};
    pthread_mutex_lock(&service->trying);
    bp_status status = bp_trial_run(&trial, b->start, b->data, b->options, &place, err);
    pthread_mutex_unlock(&service->trying);
    if (status == BP_OK) {
        out->seconds = bp_estimate_seconds(&out->training, &trial);
    }
    return status;
}

static bp_status try_job(bp_job_estimate *out, bp_service *service, const named *n,
                         const bp_train_options *options, bp_error *err) {
    bound_job b = {.data = n->data.dataset, .options = options};
    bp_job_estimate e;
    bp_status status =
        bp_train_bind(&b.start, &n->model.spec, n->model.snapshot, b.data, options, err);
    if (status == BP_OK) {
        status = estimate(&e, service, &b, err);
    }
    if (status == BP_OK && e.fits) {
        status = time_steps(&e, service, &b, err);
    }
    bp_snapshot_unref(b.start);
    if (status == BP_OK) {
        *out = e;
    }
    return status;
}

bp_status bp_service_estimate_job(bp_service *service, const bp_job_request *request,
                                  bp_job_estimate *out, bp_error *err) {
    bp_train_options options = request->options;
    named n = {0};
    bp_status status = bp_train_options_check(&options, err);
    if (status == BP_OK) {
        status = find(&n, service, request, err);
    }
    if (status == BP_OK) {
        status = check_data(&n, err);
    }
    if (status == BP_OK) {
        options.validation.held_out = n.held_out.dataset;
        status = try_job(out, service, &n, &options, err);
    }
    clear(&n);
    return status;
}
