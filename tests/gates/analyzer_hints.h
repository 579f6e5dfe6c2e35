/* Read by the tidy gate before each file: what clang's analyzer cannot see from one file alone.
 * bp_fail() returns the code it is given, so what follows a failure is never taken for success. */
#ifndef BP_ANALYZER_HINTS_H
#define BP_ANALYZER_HINTS_H

#include "../../core/base/status.h"

#define bp_fail(err, code, ...) ((void)bp_fail(err, code, __VA_ARGS__), (code))
#define bp_fail_at(err, code, ...) ((void)bp_fail_at(err, code, __VA_ARGS__), (code))

#endif
