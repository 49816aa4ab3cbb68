// SPDX-License-Identifier: GPL-2.0-only
/*
 * generate.c - random scenarios: the same text for the same seed, on every machine.
 *
 * Every command is tried, so that those that fail are part of the scenario; what comes of them is
 * for a comparison of two players to say.  Where memory lies must have no say in that: sizes are
 * small and chunks are asked for; contexts whose addresses are those of memory (c2 and c3) have
 * one range of their own each (p0, p1), which is always bound, and no device is given an address of
 * it.
 */
#include "sim.h"

#define CONTEXTS	4
#define FREE		2	/* of them, those whose addresses are free */
#define DEVICES		4
#define HOLDERS		3
#define RANGES		8
#define MEMORIES	5
#define ASSOCS		6

static u64 gen_state;

/* A number below @n; splitmix64. */
static u32 gen(u32 n)
{
	u64 x = gen_state += 0x9e3779b97f4a7c15;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
	return (x ^ (x >> 31)) % n;
}

#define PICK(list) (list)[gen(ARRAY_SIZE(list))]

static void gen_holder(FILE *out)
{
	if (!gen(3))
		fprintf(out, " holder h%u", gen(HOLDERS));
}

static void gen_where(FILE *out)
{
	static const char *const aligns[] = { "4K", "16K", "64K", "1M" };

	switch (gen(9)) {
	case 0:
		fprintf(out, " at 0x%x", gen(512) << 12);
		break;
	case 1:
		fprintf(out, " align %s", PICK(aligns));
		break;
	case 2:
		fprintf(out, " from 0x%x limit 0x%x", gen(64) << 12, (64 + gen(448)) << 12);
		break;
	case 3:
		fprintf(out, " guard-before %uK guard-after %uK", 4 * gen(3), 4 * gen(3));
		break;
	case 4:
		fprintf(out, " boundary 64K");
		break;
	case 5:
		fprintf(out, " within r%u", gen(RANGES));
		break;
	}
	gen_holder(out);
}

static void gen_memory(FILE *out)
{
	static const char *const chunks[] = { "4K", "8K", "4K,16K" };

	fprintf(out, "memory m%u %uK chunks %s", gen(MEMORIES), 8 * (1 + gen(4)), PICK(chunks));
	gen_holder(out);
}

static void gen_how(FILE *out)
{
	static const char *const prots[] = { "r", "w", "rw" };

	if (!gen(4))
		fprintf(out, " off %uK", 4 * gen(4));
	if (!gen(4))
		fprintf(out, " len %uK", 4 * gen(6));
	if (!gen(2))
		fprintf(out, " prot %s", PICK(prots));
	if (!gen(16))
		fprintf(out, " cache wc");
}

static void gen_range(FILE *out)
{
	fprintf(out, "reserve c%u r%u %uK", gen(FREE), gen(RANGES), 4 * (1 + gen(16)));
	if (!gen(6))
		fprintf(out, " sub");
	gen_where(out);
}

/* One range for each such context: the order of two would be that of their memory. */
static void gen_placed(FILE *out)
{
	const u32 nr = gen(CONTEXTS - FREE);

	switch (gen(5)) {
	case 0:
		fprintf(out, "map c%u p%u single", FREE + nr, nr);
		break;
	case 1:
		fprintf(out, "make-binding c%u p%u 16K chunks 16K", FREE + nr, nr);
		break;
	case 2:
		fprintf(out, "map c%u p%u single at 0x%x", FREE + nr, nr, gen(512) << 12);
		break;
	case 3:
		fprintf(out, "reserve c3 other 4K");
		break;
	default:
		fprintf(out, "%s p%u", gen(2) ? "unmap" : "put", nr);
	}
	gen_holder(out);
}

static void gen_fused(FILE *out)
{
	const u32 what = gen(4);

	if (what == 0)
		fprintf(out, "map c%u r%u m%u", gen(FREE), gen(RANGES), gen(MEMORIES));
	else if (what == 1)
		fprintf(out, "make-binding c%u r%u %uK chunks 4K", gen(FREE), gen(RANGES),
			4 * (1 + gen(4)));
	else
		fprintf(out, "%s r%u", what == 2 ? "unmap" : "destroy-binding", gen(RANGES));
	if (what < 2)
		gen_where(out);
	else
		gen_holder(out);
}

static void gen_binding(FILE *out)
{
	static const char *const verbs[] = { "bind", "bind", "rebind" };

	if (!gen(4)) {
		fprintf(out, "unbind r%u", gen(RANGES));
		return;
	}
	fprintf(out, "%s r%u m%u", PICK(verbs), gen(RANGES), gen(MEMORIES));
	gen_how(out);
}

static void gen_reference(FILE *out)
{
	static const char kinds[] = { 'c', 'r', 'r', 'm' };
	const char kind = PICK(kinds);

	fprintf(out, "%s %c%u", gen(5) < 2 ? "get" : "put", kind,
		gen(kind == 'c' ? CONTEXTS : kind == 'r' ? RANGES : MEMORIES));
	gen_holder(out);
}

static void gen_device(FILE *out)
{
	static const char *const verbs[] = { "activate", "activate", "deactivate", "deassoc" };

	switch (gen(8)) {
	case 0:
	case 1:
		fprintf(out, "assoc c%u d%u a%u", gen(CONTEXTS), gen(DEVICES), gen(ASSOCS));
		break;
	case 2:
		fprintf(out, "switch a%u a%u", gen(ASSOCS), gen(ASSOCS));
		break;
	default:
		fprintf(out, "%s a%u", PICK(verbs), gen(ASSOCS));
	}
}

static void gen_access(FILE *out)
{
	fprintf(out, "%s d%u ", gen(2) ? "read" : "write", gen(DEVICES));
	if (gen(3))
		fprintf(out, "r%u+0x%x", gen(RANGES), gen(8) << 10);
	else
		fprintf(out, "0x%x", gen(512) << 12);
}

static void gen_look(FILE *out)
{
	if (gen(2))
		fprintf(out, "find c%u 0x%x", gen(CONTEXTS), gen(512) << 12);
	else
		fprintf(out, "translate c%u r%u c%u", gen(CONTEXTS), gen(RANGES), gen(CONTEXTS));
}

static void gen_rare(FILE *out)
{
	switch (gen(7)) {
	case 0:
		fprintf(out, "save c%u", gen(CONTEXTS));
		break;
	case 1:
		fprintf(out, "restore c%u", gen(CONTEXTS));
		break;
	case 2:
		fprintf(out, "remove d%u", gen(DEVICES));
		break;
	case 3:
		fprintf(out, "vmap m%u", gen(MEMORIES));
		break;
	case 4:
		fprintf(out, "vunmap m%u", gen(MEMORIES));
		break;
	case 5:
		fprintf(out, "take r%u m%u", gen(RANGES), gen(MEMORIES));
		break;
	default:
		if (gen(3))
			fprintf(out, "wrap m%u 16K readonly", gen(MEMORIES));
		else
			fprintf(out, "destroy c%u", gen(CONTEXTS));
	}
}

static void gen_command(FILE *out)
{
	static void (*const kinds[])(FILE *out) = {
		gen_range, gen_range, gen_range, gen_memory, gen_memory, gen_binding, gen_binding,
		gen_binding, gen_binding, gen_device, gen_device, gen_device, gen_reference,
		gen_reference, gen_fused, gen_placed, gen_access, gen_access, gen_access, gen_look,
		gen_rare,
	};

	fprintf(out, "try ");
	PICK(kinds)(out);
	fputc('\n', out);
}

/* Something to begin with, so that most commands have something to work on. */
static void gen_begin(FILE *out)
{
	for (u32 i = 0; i < MEMORIES; i++)
		fprintf(out, "memory m%u %uK chunks 4K,8K\n", i, 8 * (1 + gen(3)));
	fprintf(out, "memory single 16K chunks 16K\n");
	for (u32 i = 0; i < RANGES; i++)
		fprintf(out, "reserve c%u r%u %uK\n", i % 2, i, 8 * (1 + gen(4)));
	for (u32 i = 0; i < ASSOCS; i++)
		fprintf(out, "assoc c%u d%u a%u\n", i / 3, i % 3, i);
	for (u32 i = 0; i < RANGES; i++)
		if (gen(2))
			fprintf(out, "try bind r%u m%u\n", i, gen(MEMORIES));
	for (u32 i = 0; i < ASSOCS; i++)
		if (gen(2))
			fprintf(out, "try activate a%u\n", i);
}

/* Write a scenario of @steps random commands after the objects that they need. */
void sim_generate(FILE *out, u64 seed, u32 steps)
{
	gen_state = seed;
	fprintf(out, "# seed %llu, %u commands\n", seed, steps);
	for (u32 i = 0; i < HOLDERS; i++)
		fprintf(out, "holder h%u\n", i);
	fprintf(out, "context c0 0x0..0x1fffff\n"
		     "context c1 0x10000..0xffffff holder h0\n"
		     "context c2 0x0..0xffffffffffff driver o2o\n"
		     "context c3 0x0..0xffffffffffffffff driver vmm\n"
		     "device d0\n"
		     "device d1 iommu 1 format x86\n"
		     "device d2 iommu 2 format armv7s aperture 0x0..0xfffff\n"
		     "device d3 iommu 3 format tce region 0x100000..0x10ffff\n");
	gen_begin(out);
	while (steps--)
		gen_command(out);
}
