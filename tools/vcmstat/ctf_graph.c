// SPDX-License-Identifier: GPL-2.0-only
/*
 * ctf_graph.c - see ctf_graph.h.
 *
 * LTTng lays a session out as folders of folders (by kind, user, word size, or by snapshot); each
 * that has a file named metadata is a trace.
 */
#include <errno.h>
#include <fts.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ctf_graph.h"

#define DEPTH_MAX 12	/* of folders; LTTng needs six */

struct ctf_graph {
	const char *path;
	bt_graph *graph;
	const bt_plugin *ctf;
	const bt_plugin *utils;
	const bt_component_filter *muxer;
	uint64_t nr_traces;
	uint64_t nr_streams;	/* connected to the muxer */
	bt_message_iterator *iter;
	bt_message_array_const batch;
	uint64_t nr_batch;
	uint64_t at;		/* the next of the batch */
	const bt_message *given;	/* to the caller, until the next call */
	bool ended;
};

/* What the library says went wrong first, as one line. */
static int failed(const struct ctf_graph *g, const char *what, struct error *err)
{
	const bt_error *error = bt_current_thread_take_error();
	const char *why = "no reason given";
	char *c;
	int ret;

	if (error && bt_error_get_cause_count(error))
		why = bt_error_cause_get_message(bt_error_borrow_cause_by_index(error, 0));
	ret = error_set(err, EXIT_DAMAGED, "%s: %s: %s", g->path, what, why);
	for (c = err->text; *c; c++) {
		if (*c == '\n')
			*c = ' ';
	}
	if (error)
		bt_error_release(error);
	return ret;
}

static int load_plugin(const struct ctf_graph *g, const char *name, const bt_plugin **plugin,
		       struct error *err)
{
	bt_plugin_find_status status;

	status = bt_plugin_find(name, BT_TRUE, BT_TRUE, BT_TRUE, BT_FALSE, BT_FALSE, plugin);
	if (status == BT_PLUGIN_FIND_STATUS_OK)
		return 0;
	failed(g, "", err);
	err->code = 0;
	return error_set(err, EXIT_ABSENT, "reading traces needs the plugin '%s' of libbabeltrace2",
			 name);
}

static int add_muxer(struct ctf_graph *g, struct error *err)
{
	const bt_component_class_filter *class;

	class = bt_plugin_borrow_filter_component_class_by_name_const(g->utils, "muxer");
	if (!class || bt_graph_add_filter_component(g->graph, class, "muxer", NULL,
						    BT_LOGGING_LEVEL_NONE, &g->muxer))
		return failed(g, "no order of the events", err);
	return 0;
}

/* Every stream of @source into the muxer, which has one free port more than it has streams. */
static int connect_source(struct ctf_graph *g, const bt_component_source *source,
			  struct error *err)
{
	uint64_t nr = bt_component_source_get_output_port_count(source), i;

	for (i = 0; i < nr; i++) {
		const bt_port_output *from =
			bt_component_source_borrow_output_port_by_index_const(source, i);
		const bt_port_input *to =
			bt_component_filter_borrow_input_port_by_index_const(g->muxer,
									     g->nr_streams);

		if (bt_graph_connect_ports(g->graph, from, to, NULL))
			return failed(g, "cannot read a stream", err);
		g->nr_streams++;
	}
	return 0;
}

/* { inputs: [ folder ] } */
static bt_value *params_of(const char *folder)
{
	bt_value *map = bt_value_map_create(), *inputs = NULL;

	if (map && !bt_value_map_insert_empty_array_entry(map, "inputs", &inputs) &&
	    !bt_value_array_append_string_element(inputs, folder))
		return map;
	if (map)
		bt_value_put_ref(map);
	return NULL;
}

static int add_trace(struct ctf_graph *g, const char *folder, struct error *err)
{
	const bt_component_class_source *class;
	const bt_component_source *source;
	bt_value *params = params_of(folder);
	bool bad = true;
	char name[32];

	class = bt_plugin_borrow_source_component_class_by_name_const(g->ctf, "fs");
	snprintf(name, sizeof(name), "trace%llu", (unsigned long long)g->nr_traces++);
	if (class && params)
		bad = bt_graph_add_source_component(g->graph, class, name, params,
						    BT_LOGGING_LEVEL_NONE, &source);
	if (params)
		bt_value_put_ref(params);
	return bad ? failed(g, "not readable as a CTF trace", err) :
		     connect_source(g, source, err);
}

/*
 * The head of a packet of metadata.  A file that ends inside a packet keeps libbabeltrace2 2.0
 * reading for ever, so that is looked for before.
 */
struct meta_head {
	uint32_t magic;
	unsigned char uuid[16];
	uint32_t checksum;
	uint32_t content_bits;
	uint32_t packet_bits;
	unsigned char schemes[3];
	unsigned char version[2];
} __attribute__((packed));

#define META_MAGIC 0x75d11d57u

/* Is @in, of @size bytes, text, or packets of which none is cut? */
static bool is_whole(FILE *in, uint64_t size)
{
	struct meta_head head;
	uint64_t at = 0;

	while (at < size) {
		uint32_t bits, content;
		size_t got;
		bool turned;

		memset(&head, 0, sizeof(head));
		if (fseek(in, (long)at, SEEK_SET))
			return false;
		got = fread(&head, 1, sizeof(head), in);
		turned = head.magic == __builtin_bswap32(META_MAGIC);
		if (head.magic != META_MAGIC && !turned)
			return !at;	/* text; libbabeltrace2 says what is wrong with it */
		if (got < sizeof(head))
			return false;
		bits = turned ? __builtin_bswap32(head.packet_bits) : head.packet_bits;
		content = turned ? __builtin_bswap32(head.content_bits) : head.content_bits;
		if (bits % 8 || bits / 8 < sizeof(head) || content > bits || bits / 8 > size - at)
			return false;
		at += bits / 8;
	}
	return true;
}

static int check_metadata(const char *path, uint64_t size, struct error *err)
{
	FILE *in = fopen(path, "re");
	bool whole;

	if (!in)
		return error_set(err, errno == EACCES ? EXIT_PERMISSION : EXIT_FAILED,
				 "cannot read %s: %s", path, strerror(errno));
	whole = is_whole(in, size);
	fclose(in);
	return whole ? 0 : error_set(err, EXIT_DAMAGED, "%s: not the metadata of a CTF trace, or "
				     "cut off", path);
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static int add_entry(struct ctf_graph *g, FTS *tree, FTSENT *e, struct error *err)
{
	char folder[4096];

	if (e->fts_info == FTS_DNR)
		return error_set(err, e->fts_errno == EACCES ? EXIT_PERMISSION : EXIT_FAILED,
				 "cannot read %s: %s", e->fts_path, strerror(e->fts_errno));
	if (e->fts_info == FTS_D && e->fts_level > DEPTH_MAX)
		fts_set(tree, e, FTS_SKIP);
	if (e->fts_info != FTS_F || strcmp(e->fts_name, "metadata"))
		return 0;
	if ((size_t)snprintf(folder, sizeof(folder), "%.*s",
			     (int)(e->fts_pathlen - e->fts_namelen - 1), e->fts_path) >=
	    sizeof(folder))
		return error_set(err, EXIT_FAILED, "%s: a path that is too long", g->path);
	if (check_metadata(e->fts_path, (uint64_t)e->fts_statp->st_size, err))
		return -1;
	return add_trace(g, folder, err);
}

static int add_traces(struct ctf_graph *g, struct error *err)
{
	char *paths[] = { (char *)g->path, NULL };
	FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
	FTSENT *e;
	int ret = 0;

	if (!tree)
		return error_set(err, EXIT_FAILED, "cannot read %s: %s", g->path, strerror(errno));
	while (!ret && (e = fts_read(tree)))
		ret = add_entry(g, tree, e, err);
	fts_close(tree);
	if (!ret && !g->nr_traces)
		return error_set(err, EXIT_DAMAGED, "%s: not a CTF trace: no file named metadata "
				 "in it", g->path);
	if (!ret && !g->nr_streams)
		return error_set(err, EXIT_DAMAGED, "%s: a trace without a stream of events",
				 g->path);
	return ret;
}

static bt_graph_simple_sink_component_initialize_func_status
take_iterator(bt_message_iterator *iter, void *data)
{
	struct ctf_graph *g = data;

	g->iter = iter;
	bt_message_iterator_get_ref(iter);
	return BT_GRAPH_SIMPLE_SINK_COMPONENT_INITIALIZE_FUNC_STATUS_OK;
}

static bt_graph_simple_sink_component_consume_func_status
take_batch(bt_message_iterator *iter, void *data)
{
	struct ctf_graph *g = data;

	g->at = 0;
	g->nr_batch = 0;
	switch (bt_message_iterator_next(iter, &g->batch, &g->nr_batch)) {
	case BT_MESSAGE_ITERATOR_NEXT_STATUS_OK:
		return BT_GRAPH_SIMPLE_SINK_COMPONENT_CONSUME_FUNC_STATUS_OK;
	case BT_MESSAGE_ITERATOR_NEXT_STATUS_END:
		return BT_GRAPH_SIMPLE_SINK_COMPONENT_CONSUME_FUNC_STATUS_END;
	case BT_MESSAGE_ITERATOR_NEXT_STATUS_AGAIN:
		return BT_GRAPH_SIMPLE_SINK_COMPONENT_CONSUME_FUNC_STATUS_AGAIN;
	case BT_MESSAGE_ITERATOR_NEXT_STATUS_MEMORY_ERROR:
		return BT_GRAPH_SIMPLE_SINK_COMPONENT_CONSUME_FUNC_STATUS_MEMORY_ERROR;
	default:
		return BT_GRAPH_SIMPLE_SINK_COMPONENT_CONSUME_FUNC_STATUS_ERROR;
	}
}

static int add_sink(struct ctf_graph *g, struct error *err)
{
	const bt_component_sink *sink;

	const bt_port_output *from;
	const bt_port_input *to;

	if (bt_graph_add_simple_sink_component(g->graph, "vcmstat", take_iterator, take_batch,
					       NULL, g, &sink))
		return failed(g, "cannot read", err);
	from = bt_component_filter_borrow_output_port_by_index_const(g->muxer, 0);
	to = bt_component_sink_borrow_input_port_by_index_const(sink, 0);
	return bt_graph_connect_ports(g->graph, from, to, NULL) ?
	       failed(g, "cannot read", err) : 0;
}

struct ctf_graph *ctf_graph_open(const char *path, struct error *err)
{
	struct ctf_graph *g = xcalloc(1, sizeof(*g));

	g->path = path;
	if (load_plugin(g, "ctf", &g->ctf, err) || load_plugin(g, "utils", &g->utils, err))
		goto err_close;
	g->graph = bt_graph_create(0);
	if (!g->graph) {
		failed(g, "cannot read", err);
		goto err_close;
	}
	if (add_muxer(g, err) || add_traces(g, err) || add_sink(g, err))
		goto err_close;
	return g;

err_close:
	ctf_graph_close(g);
	return NULL;
}

static void put_given(struct ctf_graph *g)
{
	if (g->given)
		bt_message_put_ref(g->given);
	g->given = NULL;
}

static void put_batch(struct ctf_graph *g)
{
	put_given(g);
	while (g->at < g->nr_batch)
		bt_message_put_ref(g->batch[g->at++]);
}

void ctf_graph_close(struct ctf_graph *g)
{
	put_batch(g);
	if (g->iter)
		bt_message_iterator_put_ref(g->iter);
	if (g->graph)
		bt_graph_put_ref(g->graph);
	if (g->utils)
		bt_plugin_put_ref(g->utils);
	if (g->ctf)
		bt_plugin_put_ref(g->ctf);
	free(g);
}

static int refill(struct ctf_graph *g, struct error *err)
{
	switch (bt_graph_run_once(g->graph)) {
	case BT_GRAPH_RUN_ONCE_STATUS_OK:
	case BT_GRAPH_RUN_ONCE_STATUS_AGAIN:
		return 0;
	case BT_GRAPH_RUN_ONCE_STATUS_END:
		g->ended = true;
		return 0;
	default:
		return failed(g, "the trace is damaged", err);
	}
}

int ctf_graph_next(struct ctf_graph *g, const bt_message **msg, struct error *err)
{
	put_given(g);
	while (g->at == g->nr_batch) {
		g->at = 0;
		g->nr_batch = 0;
		if (g->ended)
			return 0;
		if (refill(g, err))
			return -1;
	}
	g->given = g->batch[g->at++];
	*msg = g->given;
	return 1;
}
