// SPDX-License-Identifier: GPL-2.0-only
/*
 * load.c - one state for the verbs that show one: of the running module, or in a file.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ksyms.h"
#include "play.h"
#include "source.h"
#include "vcmstat.h"

static const char *source = "snapshot";

static int load_module(struct model *m, struct error *err)
{
	size_t len;
	void *buf;
	int ret;

	if (src_snap_read(NULL, &buf, &len, err))
		return -1;
	ret = model_load(m, buf, len, err);
	free(buf);
	return ret;
}

int load_verdict(const struct settings *set, const struct play *p, const struct rec *r,
		 struct error *err)
{
	uint64_t lost = play_lost(p);
	bool whole = p->stopped || (r->ended && !p->cut);

	if (lost)
		fprintf(stderr, "vcmstat: %" PRIu64 " events are missing in %s, "
			"the state may be wrong\n", lost, r->path);
	if (!whole)
		fprintf(stderr, "vcmstat: %s has no end, " REC_CUT "\n",
			r->path);
	if (r->skipped)
		fprintf(stderr, "vcmstat: %" PRIu64 " records of %s are of types not known here\n",
			r->skipped, r->path);
	if (!lost && p->model.conflicts)
		return error_set(err, EXIT_FAILED, "%s: the events contradict the state: %s",
				 r->path, p->model.conflict);
	return set->strict && (lost || !whole) ? EXIT_LOST : EXIT_OK;
}

int load_tell(const struct settings *set, const char *path, struct sink *sink, uint64_t limit,
	      struct error *err)
{
	struct rec *r = rec_open(path, err);
	struct header h;
	struct play p;
	int ret = 0;

	if (!r)
		return -1;
	fill_header(&h, r->kind, "none");
	play_init(&p, sink);
	p.as = &h;
	p.limit = limit;
	if (set->until)
		ret = play_until_parse(&p.until, set->until, err);
	if (!ret)
		ret = play_all(&p, r, err);
	if (!ret)
		ret = load_verdict(set, &p, r, err);
	play_fini(&p);
	rec_close(r);
	return ret;
}

static int load_file(const struct settings *set, struct model *m, struct error *err)
{
	struct sink *none = out_none_new();
	struct rec *r = rec_open(set->input, err);
	struct play p;
	int ret = -1;

	play_init(&p, none);
	if (r && set->until)
		ret = play_until_parse(&p.until, set->until, err);
	else if (r)
		ret = 0;
	if (!ret)
		ret = play_all(&p, r, err);
	if (!ret)
		ret = load_verdict(set, &p, r, err);
	if (r) {
		source = strcmp(r->kind, "snapshot") ?
			 strcmp(r->kind, "trace") ? "recording" : "ctf" : "snapshot";
		rec_close(r);
	}
	if (ret >= 0) {
		model_fini(m);
		*m = p.model;
		model_init(&p.model);
	}
	play_fini(&p);
	none->ops->close(none);
	return ret;
}

int load_state(const struct settings *set, struct model *m, struct error *err)
{
	if (!set->input && set->until)
		return error_set(err, EXIT_USAGE, "--until goes with --input only");
	return set->input ? load_file(set, m, err) : load_module(m, err);
}

const char *load_source(void)
{
	return source;
}

void load_symbols(struct ksyms *symbols)
{
	FILE *in = fopen("/proc/kallsyms", "re");

	*symbols = (struct ksyms){ 0 };
	if (!in)
		return;
	ksyms_read(symbols, in);
	fclose(in);
}
