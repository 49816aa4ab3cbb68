// SPDX-License-Identifier: GPL-2.0-only
/*
 * src_sim.c - the simulated IOMMUs: read from debugfs or a file, and a table of them.
 *
 * The file has a version in its first line.  Later versions may add columns at the end of a line
 * and lines of other kinds, which are skipped; anything else is not ours to guess.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "src_sim.h"

#define SIM_HEAD "# vcm_sim state v1"

static int sim_mmu_parse(struct sim *sim, const char *line)
{
	struct sim_mmu *m;

	sim->mmus = xrealloc(sim->mmus, (sim->nr_mmus + 1) * sizeof(*sim->mmus));
	m = &sim->mmus[sim->nr_mmus];
	if (sscanf(line, "mmu %47s %15s %" SCNx64 " %" SCNx64 " %" SCNx64 " %" SCNu64 " %" SCNu64
		   " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
		   " %" SCNu64 " %" SCNu64, m->name, m->format, &m->page_sizes, &m->start,
		   &m->last, &m->contexts, &m->used, &m->table_pages, &m->hits, &m->misses,
		   &m->multihits, &m->walks, &m->flushes, &m->faults, &m->bytes) != 15)
		return -1;
	sim->nr_mmus++;
	return 0;
}

static int sim_dev_parse(struct sim *sim, const char *line)
{
	struct sim_dev *d;

	sim->devs = xrealloc(sim->devs, (sim->nr_devs + 1) * sizeof(*sim->devs));
	d = &sim->devs[sim->nr_devs];
	if (sscanf(line, "dev %47s %47s %15s %" SCNu64 " %" SCNu64 " %" SCNu64, d->name, d->mmu,
		   d->bank, &d->bytes, &d->faults, &d->stalled) != 6)
		return -1;
	sim->nr_devs++;
	return 0;
}

static int sim_line(struct sim *sim, const char *line)
{
	if (!strncmp(line, "mmu ", 4))
		return sim_mmu_parse(sim, line);
	if (!strncmp(line, "dev ", 4))
		return sim_dev_parse(sim, line);
	return 0;
}

int sim_parse(struct sim *sim, char *text, struct error *err)
{
	char *line, *next;
	unsigned int nr = 0;

	*sim = (struct sim) { 0 };
	for (line = text; line && *line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (!nr++ && strcmp(line, SIM_HEAD)) {
			return error_set(err, EXIT_VERSION,
					 "not a state of simulated IOMMUs of version 1");
		}
		if (sim_line(sim, line)) {
			sim_free(sim);
			return error_set(err, EXIT_DAMAGED,
					 "state of simulated IOMMUs: line %u is damaged", nr);
		}
	}
	return nr ? 0 : error_set(err, EXIT_DAMAGED, "state of simulated IOMMUs: empty");
}

static char *sim_load(const char *path)
{
	FILE *in = fopen(path, "re");
	size_t len = 0, room = 0, n;
	char *text = NULL;

	if (!in)
		return NULL;
	do {
		room += 65536;
		text = xrealloc(text, room + 1);
		n = fread(text + len, 1, room - len, in);
		len += n;
	} while (n && len < 16 << 20);
	fclose(in);
	text[len] = '\0';
	return text;
}

int sim_read(struct sim *sim, const char *path, struct error *err)
{
	char *text = sim_load(path ? path : SIM_STATE);
	int ret;

	*sim = (struct sim) { 0 };
	if (!text && !path)
		return 0;
	if (!text)
		return error_set(err, EXIT_FAILED, "cannot read %s: %s", path, strerror(errno));
	ret = sim_parse(sim, text, err);
	free(text);
	return ret;
}

void sim_free(struct sim *sim)
{
	free(sim->mmus);
	free(sim->devs);
	*sim = (struct sim) { 0 };
}

/* "4K 64K 1M" */
static void sim_sizes(char *buf, size_t room, uint64_t sizes)
{
	size_t len = 0;
	char one[16];

	buf[0] = '\0';
	for (; sizes && len < room; sizes &= sizes - 1)
		len += snprintf(buf + len, room - len, "%s%s", len ? " " : "",
				size_text(one, sizes & -sizes));
}

/* Of a hundred look-ups, how many found a translation; "-" before the first. */
static const char *sim_hit_rate(char *buf, size_t room, const struct sim_mmu *m)
{
	uint64_t all = m->hits + m->misses + m->multihits;

	if (!all)
		return "-";
	snprintf(buf, room, "%.1f", 100.0 * m->hits / all);
	return buf;
}

static void sim_mmu_text(FILE *out, const struct sim_mmu *m)
{
	char name[24], sizes[32], rate[16], moved[16];

	sim_sizes(sizes, sizeof(sizes), m->page_sizes);
	fprintf(out, "  %-20s %-7s %-14s %" PRIu64 "/%-3" PRIu64 " %5s %7" PRIu64 " %6" PRIu64
		" %7s\n", name_text(name, 21, m->name, sizeof(m->name)), m->format, sizes, m->used,
		m->contexts, sim_hit_rate(rate, sizeof(rate), m), m->walks, m->faults,
		size_text(moved, m->bytes));
}

static void sim_dev_text(FILE *out, const struct sim_dev *d)
{
	char name[40], moved[16];

	fprintf(out, "    %-35s bank %-6s %13s %6" PRIu64 " %7s\n",
		name_text(name, 36, d->name, sizeof(d->name)), d->bank,
		d->stalled ? "held up" : "", d->faults, size_text(moved, d->bytes));
}

unsigned int sim_text(FILE *out, const struct sim *sim)
{
	unsigned int lines = 2;

	if (!sim->nr_mmus)
		return 0;
	fprintf(out, "simulated IOMMUs\n  %-20s %-7s %-14s %-5s %5s %7s %6s %7s\n", "INSTANCE",
		"FORMAT", "PAGES", "BANKS", "HIT%", "WALKS", "FAULTS", "MOVED");
	for (size_t i = 0; i < sim->nr_mmus; i++) {
		sim_mmu_text(out, &sim->mmus[i]);
		lines++;
		for (size_t j = 0; j < sim->nr_devs; j++) {
			if (strcmp(sim->devs[j].mmu, sim->mmus[i].name))
				continue;
			sim_dev_text(out, &sim->devs[j]);
			lines++;
		}
	}
	return lines;
}
