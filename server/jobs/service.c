/* Opening, closing and describing the whole; the parts are in the other files named service_*.c. */
#include "service.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "json_memory.h"
#include "service_state.h"
#include "turn.h"

/* --- opening -------------------------------------------------------------------------------- */

/* Cores this process may run on, which in a container are fewer than the machine's. */
static size_t count_cores(void) {
    cpu_set_t cores;
    if (sched_getaffinity(0, sizeof cores, &cores) == 0 && CPU_COUNT(&cores) > 0) {
        return (size_t)CPU_COUNT(&cores);
    }
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (size_t)online : 1;
}

static bp_status open_engine(bp_service *service, const bp_service_options *options,
                             bp_error *err) {
    service->threads = options->threads > 0 ? options->threads : count_cores();
    bp_status status = bp_kernels_find(options->isa, &service->kernels, err);
    if (status == BP_OK) {
        status = bp_pool_new(&service->single, 1, err);
    }
    if (status == BP_OK) {
        status = bp_keeper_new(&service->keeper, err);
    }
    service->most_queued = options->most_queued > 0 ? options->most_queued : BP_MOST_QUEUED_JOBS;
    const bp_scheduler_options scheduling = {.run = bp_take_turn,
                                             .context = service,
                                             .workers = service->threads,
                                             .most_queued = service->most_queued};
    return status == BP_OK ? bp_scheduler_new(&service->scheduler, &scheduling, err) : status;
}

static bp_status open_store(bp_service *service, const char *data_dir, bp_error *err) {
    if (data_dir == NULL) {
        return BP_OK;
    }
    service->data_dir = strdup(data_dir);
    if (service->data_dir == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for a path");
    }
    bp_status status = bp_store_open(&service->store, data_dir, err);
    if (status == BP_OK) {
        status = bp_service_load_datasets(service, err);
    }
    if (status == BP_OK) {
        status = bp_service_load_models(service, err);
    }
    if (status == BP_OK) {
        status = bp_service_load_versions(service, err);
    }
    return status == BP_OK ? bp_service_load_jobs(service, err) : status;
}

bp_status bp_service_new(bp_service **out, const bp_service_options *options, bp_error *err) {
    bp_service *service = calloc(1, sizeof *service);
    if (service == NULL) {
        return bp_fail(err, BP_NO_MEMORY, NULL, "no memory for the service");
    }
    bp_json_memory_watch();
    service->started_at = bp_clock_wall_seconds();
    service->memory_limit = options->memory_limit;
    pthread_mutex_init(&service->starting, NULL);
    pthread_mutex_init(&service->keys.lock, NULL);
    pthread_mutex_init(&service->trying, NULL);
    bp_service_models_init(service);
    bp_service_datasets_init(service);
    bp_status status = open_engine(service, options, err);
    if (status == BP_OK) {
        status = open_store(service, options->data_dir, err);
    }
    if (status == BP_OK) {
        status = bp_scheduler_start(service->scheduler, err);
    }
    if (status != BP_OK) {
        bp_service_free(service);
        return status;
    }
    *out = service;
    return BP_OK;
}

/* The lanes first, which use everything else; what they leave is written by the keeper, and then by
 * the store's thread, which ends jobs. Jobs before registries: they hold entries. */
void bp_service_free(bp_service *service) {
    if (service == NULL) {
        return;
    }
    if (service->scheduler != NULL) {
        bp_scheduler_stop(service->scheduler);
    }
    bp_keeper_close(service->keeper);
    bp_store_close(service->store);
    bp_keeper_free(service->keeper); /* until now the store's thread could ask it to try again */
    bp_scheduler_free(service->scheduler);
    bp_registry_clear(&service->models);
    bp_registry_clear(&service->datasets);
    bp_pool_free(service->single);
    pthread_mutex_destroy(&service->keys.lock);
    pthread_mutex_destroy(&service->starting);
    pthread_mutex_destroy(&service->trying);
    free(service->data_dir);
    free(service);
}

/* --- describing ----------------------------------------------------------------------------- */

void bp_service_describe(bp_service *service, bp_service_info *out) {
    *out = (bp_service_info){
        .threads = service->threads,
        .isa = bp_kernels_name(service->kernels),
        .started_at = service->started_at,
        .models = bp_registry_count(&service->models),
        .datasets = bp_registry_count(&service->datasets),
        .data_dir = service->data_dir,
        .most_queued = service->most_queued,
    };
    bp_scheduler_count(service->scheduler, &out->jobs_running, &out->jobs_queued);
}

const bp_kernels *bp_service_kernels(const bp_service *service) {
    return service->kernels;
}

/* --- writing -------------------------------------------------------------------------------- */

bp_status bp_service_end_batch(bp_service *service, bp_store_batch *batch, bp_status status,
                               bp_error *err) {
    if (status != BP_OK || batch == NULL) {
        bp_store_batch_free(batch);
        return status;
    }
    return bp_store_commit(service->store, batch, err);
}
