/* Versions of a model: weights that were pinned by a name, and are kept until they are released,
 * however the model is trained on.
 *
 * A version is an immutable snapshot, of which the model holds a reference, and an object of the
 * store. It is found by its name; the number of the current weights' version finds these. Names of
 * versions are as those of models. Any thread; (slow) writes files. */
#ifndef BP_MODEL_VERSIONS_H
#define BP_MODEL_VERSIONS_H

#include "service.h"

typedef struct bp_version_info {
    char name[BP_NAME_SIZE];
    double created_at;               /* wall seconds: when it was pinned */
    char sha256[BP_DIGEST_HEX_SIZE]; /* of the parameters */
    bp_snapshot *snapshot;           /* a reference, for the caller to drop */
} bp_version_info;
void bp_version_info_clear(bp_version_info *info);

/* (slow) Pins the current weights. The hook (NULL: none) is given a bp_version_info. NOT_FOUND: the
 * model; CONFLICT: it has no weights yet; INVALID and EXISTS "/name". */
BP_NODISCARD bp_status bp_service_pin_version(bp_service *service, const char *model,
                                              const char *name, const bp_commit_hook *hook,
                                              bp_error *err);
/* NOT_FOUND: the model, or the version; then the message says which there are. */
BP_NODISCARD bp_status bp_service_get_version(bp_service *service, const char *model,
                                              const char *name, bp_version_info *out,
                                              bp_error *err);
/* (slow) NOT_FOUND. */
BP_NODISCARD bp_status bp_service_release_version(bp_service *service, const char *model,
                                                  const char *name, bp_error *err);
/* (slow) Makes it the model's current weights. NOT_FOUND; CONFLICT: an unfinished job uses the
 * model. */
BP_NODISCARD bp_status bp_service_restore_version(bp_service *service, const char *model,
                                                  const char *name, bp_error *err);

typedef struct bp_version_page {
    const char *after; /* NULL: from the first */
    size_t limit;
    bp_version_info *infos; /* [limit], the caller's to clear */
    size_t count;           /* out */
    bool more;              /* out */
} bp_version_page;
/* By name. NOT_FOUND: the model. */
BP_NODISCARD bp_status bp_service_list_versions(bp_service *service, const char *model,
                                                bp_version_page *page, bp_error *err);

/* bp_service_get_model with the weights of a version: its name, or the number of the current one;
 * NULL: the current ones. NOT_FOUND: the model, or the version; then the message says which there
 * are. */
BP_NODISCARD bp_status bp_service_get_model_at(bp_service *service, const char *model,
                                               const char *version, bp_model_info *out,
                                               bp_error *err);

#endif
