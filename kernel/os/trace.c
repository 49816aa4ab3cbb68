// SPDX-License-Identifier: GPL-2.0-only
/* trace.c - the one place where the tracepoints of vcm_trace.h come into being. */
#define CREATE_TRACE_POINTS
#include "vcm_trace.h"
