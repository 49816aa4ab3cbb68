// SPDX-License-Identifier: GPL-2.0-only
/* ksyms.c - see ksyms.h. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "ksyms.h"
#include "util.h"

#define FUNCTION_MAX (1u << 20)	/* farther from a name is not in that function */

static int by_addr(const void *x, const void *y)
{
	const struct ksym *a = x, *b = y;

	return (a->addr > b->addr) - (a->addr < b->addr);
}

/* "ffffffffc0400000 t vcm_reserve	[vcm]" */
static bool read_line(const char *line, struct ksym *sym)
{
	char name[160], module[72] = "", type;
	int n;

	n = sscanf(line, "%" SCNx64 " %c %150s %70s", &sym->addr, &type, name, module);
	if (n < 3 || !sym->addr || !strchr("tTwW", type))
		return false;
	sym->name = xcalloc(1, strlen(name) + strlen(module) + 2);
	strcpy(sym->name, name);
	if (n == 4 && module[0] == '[') {
		strcat(sym->name, " ");
		strcat(sym->name, module);
	}
	return true;
}

void ksyms_read(struct ksyms *k, FILE *in)
{
	char line[512];
	size_t cap = 0;

	memset(k, 0, sizeof(*k));
	while (fgets(line, sizeof(line), in)) {
		if (k->nr == cap) {
			cap = cap ? 2 * cap : 4096;
			k->sym = xrealloc(k->sym, cap * sizeof(*k->sym));
		}
		k->nr += read_line(line, &k->sym[k->nr]);
	}
	if (k->nr)
		qsort(k->sym, k->nr, sizeof(*k->sym), by_addr);
}

void ksyms_fini(struct ksyms *k)
{
	size_t i;

	for (i = 0; i < k->nr; i++)
		free(k->sym[i].name);
	free(k->sym);
	memset(k, 0, sizeof(*k));
}

/* How many begin at or before @addr. */
static size_t count_until(const struct ksyms *k, uint64_t addr)
{
	size_t low = 0, high = k->nr;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (k->sym[middle].addr <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void ksyms_add(struct ksyms *k, uint64_t addr, const char *name)
{
	size_t at = count_until(k, addr);
	struct ksym *sym;

	if (at && k->sym[at - 1].addr == addr)
		return;
	k->sym = xrealloc(k->sym, (k->nr + 1) * sizeof(*k->sym));
	sym = &k->sym[at];
	memmove(sym + 1, sym, (k->nr++ - at) * sizeof(*sym));
	sym->addr = addr;
	sym->name = xcalloc(1, strlen(name) + 1);
	strcpy(sym->name, name);
}

const struct ksym *ksyms_find(const struct ksyms *k, uint64_t addr)
{
	size_t at = count_until(k, addr);

	return at && addr - k->sym[at - 1].addr < FUNCTION_MAX ? &k->sym[at - 1] : NULL;
}

const char *ksyms_text(const struct ksyms *k, uint64_t addr, char *buf, size_t len)
{
	const struct ksym *sym = ksyms_find(k, addr);
	const char *module;

	if (!sym) {
		snprintf(buf, len, "0x%" PRIx64, addr);
		return buf;
	}
	module = strchr(sym->name, ' ');
	snprintf(buf, len, "%.*s+0x%" PRIx64 "%s",
		 (int)(module ? module - sym->name : 200), sym->name, addr - sym->addr,
		 module ? module : "");
	return buf;
}
