/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * src_sim.h - the simulated IOMMUs: what debugfs/vcm_sim/state says, and how it is shown.
 */
#ifndef VCMSTAT_SRC_SIM_H
#define VCMSTAT_SRC_SIM_H

#include <stdint.h>
#include <stdio.h>

#include "util.h"

#define SIM_STATE "/sys/kernel/debug/vcm_sim/state"

/* One instance. */
struct sim_mmu {
	char name[48];
	char format[16];
	uint64_t page_sizes;
	uint64_t start;
	uint64_t last;
	uint64_t contexts;
	uint64_t used;
	uint64_t table_pages;
	uint64_t hits;
	uint64_t misses;
	uint64_t multihits;
	uint64_t walks;
	uint64_t flushes;
	uint64_t faults;
	uint64_t bytes;
};

/* One device. */
struct sim_dev {
	char name[48];
	char mmu[48];
	char bank[16];
	uint64_t bytes;
	uint64_t faults;
	uint64_t stalled;
};

struct sim {
	struct sim_mmu *mmus;
	size_t nr_mmus;
	struct sim_dev *devs;
	size_t nr_devs;
};

/* Read @text, which is changed; 0 or -1. */
int sim_parse(struct sim *sim, char *text, struct error *err);
/* From @path, NULL for the running module; without that one it is empty, and no error. */
int sim_read(struct sim *sim, const char *path, struct error *err);
void sim_free(struct sim *sim);

/* Nothing when there is no instance.  Returns the lines written. */
unsigned int sim_text(FILE *out, const struct sim *sim);

#endif
