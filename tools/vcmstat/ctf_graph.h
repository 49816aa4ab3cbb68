/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ctf_graph.h - the messages of all CTF traces below a folder, in the order of their time.
 *
 * A thin layer over libbabeltrace2: a source for each trace, its muxer, and a sink that hands out
 * what comes.  Nothing is read before it is asked for.
 */
#ifndef VCMSTAT_CTF_GRAPH_H
#define VCMSTAT_CTF_GRAPH_H

#include <babeltrace2/babeltrace.h>

#include "util.h"

struct ctf_graph;

/* NULL with @err; EXIT_DAMAGED when there is no trace, or one that cannot be read. */
struct ctf_graph *ctf_graph_open(const char *path, struct error *err);
/* 1 with a message that is good until the next call, 0 at the end, -1 with @err. */
int ctf_graph_next(struct ctf_graph *g, const bt_message **msg, struct error *err);
void ctf_graph_close(struct ctf_graph *g);

#endif
