// SPDX-License-Identifier: GPL-2.0-only
/*
 * vcm_flow.c - a load for the tests of the observers: many operations of every kind.
 *
 *   vcm_flow events            the tracepoints that the schema promises, one a line
 *   vcm_flow run OPS [SEED]    OPS random operations, then give everything up
 *   vcm_flow load [SEED]       some thousand operations a second until it is killed
 *   vcm_flow hold OPS [SEED]   as run, but print "holding" and keep what there is until the
 *                              standard input ends
 *
 * Some operations fail on purpose, so that there are vcm_error events too.  An errno that
 * uapi/vcm.h does not give for a call ends the program with 1.  The seed is printed first.
 */
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "vcm_util.h"

#define CONTEXTS	6
#define RESERVATIONS	24	/* of a context */
#define MEMORIES	16
#define WINDOW_START	0x10000000ull
#define WINDOW_PAGES	256u	/* small, so that it fills up */

struct context {
	__u32 vcm;
	__u64 assoc;
	__u64 res[RESERVATIONS];
	__u32 held[RESERVATIONS];	/* references of this program */
};

struct flow {
	int fd;
	struct context context[CONTEXTS];
	struct mem mem[MEMORIES];
};

static unsigned int below(unsigned int n)
{
	return random() % n;
}

/* @err must be 0 or one of the errnos that follow, which end with 0. */
static int check(const char *what, int err, ...)
{
	int allowed;
	va_list ap;

	va_start(ap, err);
	do
		allowed = va_arg(ap, int);
	while (allowed && err != -allowed);
	va_end(ap);
	if (err && !allowed) {
		fprintf(stderr, "vcm_flow: %s: %s\n", what, strerror(-err));
		exit(1);
	}
	return err;
}

/* Any live memory, or NULL. */
static struct mem *any_mem(struct flow *f)
{
	struct mem *mem = &f->mem[below(MEMORIES)];

	return mem->phys ? mem : NULL;
}

static void op_context(struct flow *f, struct context *c)
{
	if (!c->vcm)
		check("create", _vcm_create(f->fd, WINDOW_START,
					    WINDOW_START + WINDOW_PAGES * PAGE - 1, &c->vcm), 0);
	else if (below(16))
		return;
	else if (!check("destroy", _vcm_destroy(f->fd, c->vcm), 0))
		memset(c, 0, sizeof(*c));
}

/* A slot of @c without a reservation, or -1. */
static int free_slot(struct context *c)
{
	int slot = below(RESERVATIONS);

	return c->res[slot] ? -1 : slot;
}

/* A slot of @c with one, or -1. */
static int any_slot(struct context *c)
{
	int slot = below(RESERVATIONS);

	return c->res[slot] ? slot : -1;
}

static void slot_fill(struct context *c, int slot, __u64 res)
{
	c->res[slot] = res;
	c->held[slot] = 1;
}

/* One reference less; a sub-window may live on without an id in this file. */
static void slot_put(struct context *c, int slot)
{
	if (!--c->held[slot])
		c->res[slot] = 0;
}

static void op_reserve(struct flow *f, struct context *c)
{
	struct vcm_ioc_reserve arg = {
		.vcm = c->vcm, .len = below(12) * PAGE, .align = below(16),
		.flags = below(4) ? 0 : VCM_RESERVE_FIXED,
		.start = below(2) ? 0 : WINDOW_START + below(WINDOW_PAGES + 4) * PAGE,
		.boundary = below(4) ? 0 : 16 * PAGE, .guard_before = below(8) ? 0 : PAGE,
		.guard_after = below(8) ? 0 : 2 * PAGE,
		.within = below(3) ? 0 : c->res[below(RESERVATIONS)],
	};
	int slot = free_slot(c);

	if (!below(8)) {
		arg.flags |= VCM_RESERVE_BOUND;
		arg.len *= 4;
	}
	if (slot >= 0 && !check("reserve", _vcm_reserve(f->fd, &arg), EINVAL, ENOSPC, EADDRINUSE,
				ERANGE, 0))
		slot_fill(c, slot, arg.res);
}

static void op_refs(struct flow *f, struct context *c)
{
	int slot = any_slot(c);

	if (slot < 0)
		return;
	if (below(2)) {
		check("ref", _vcm_ref(f->fd, c->vcm, c->res[slot], NULL), 0);
		c->held[slot]++;
	} else {
		check("unreserve", _vcm_unreserve(f->fd, c->vcm, c->res[slot], NULL), 0);
		slot_put(c, slot);
	}
}

static void op_map(struct flow *f, struct context *c)
{
	struct vcm_ioc_map arg = { .vcm = c->vcm, .align = below(16) };
	struct mem *mem = any_mem(f);
	int slot = free_slot(c);

	if (slot < 0 || !mem)
		return;
	arg.phys = mem->phys;
	if (!check("map", _vcm_map(f->fd, &arg), ENOSPC, 0))
		slot_fill(c, slot, arg.res);
}

static void op_make_binding(struct flow *f, struct context *c)
{
	struct vcm_ioc_map arg = { .vcm = c->vcm, .len = below(4) * PAGE };
	int slot = free_slot(c);

	if (slot < 0 || check("make_binding", _vcm_make_binding(f->fd, &arg), EINVAL, ENOSPC, 0))
		return;
	slot_fill(c, slot, arg.res);
	check("free", _vcm_phys_free(f->fd, arg.phys), 0);
}

static void op_unmap(struct flow *f, struct context *c)
{
	int slot = any_slot(c);

	if (slot >= 0 && !check("unmap", _vcm_unmap(f->fd, c->vcm, c->res[slot]), ENXIO, 0))
		slot_put(c, slot);
}

static void op_bind(struct flow *f, struct context *c)
{
	struct vcm_ioc_bind arg = {
		.vcm = c->vcm, .res = c->res[below(RESERVATIONS)], .prot = below(4),
		.off = below(2) * PAGE,
	};
	struct mem *mem = any_mem(f);

	if (!arg.res || !mem)
		return;
	arg.phys = mem->phys;
	arg.len = below(3) * PAGE;
	if (below(2))
		check("bind", _vcm_bind_arg(f->fd, VCM_IOC_BIND, arg), EINVAL, EALREADY,
		      EADDRINUSE, ENOSPC, 0);
	else
		check("rebind", _vcm_bind_arg(f->fd, VCM_IOC_REBIND, arg), EINVAL, ENXIO, ENOSPC,
		      0);
}

static void op_unbind(struct flow *f, struct context *c)
{
	__u64 res = c->res[below(RESERVATIONS)];

	if (res)
		check("unbind", _vcm_unbind(f->fd, c->vcm, res), ENXIO, 0);
}

static void op_memory(struct flow *f, struct context *c)
{
	struct mem *mem = &f->mem[below(MEMORIES)];

	if (mem->phys) {
		check("free", _vcm_mem_free(f->fd, mem), 0);
		mem->phys = 0;
	} else {
		check("alloc", _vcm_mem_alloc(f->fd, below(9) * PAGE, below(8), mem), EINVAL, 0);
	}
}

static void op_assoc(struct flow *f, struct context *c)
{
	if (!c->assoc) {
		if (check("assoc", _vcm_assoc(f->fd, c->vcm, edu_name(), &c->assoc), ENODEV, 0))
			c->assoc = 0;
	} else if (!check("deassoc", _vcm_deassoc(f->fd, c->vcm, c->assoc), EBUSY, 0)) {
		c->assoc = 0;
	}
}

/* Another process may have the device. */
static void op_activate(struct flow *f, struct context *c)
{
	if (!c->assoc)
		return;
	if (below(2))
		check("activate", _vcm_activate(f->fd, c->vcm, c->assoc, NULL), EBUSY, 0);
	else
		check("deactivate", _vcm_deactivate(f->fd, c->vcm, c->assoc, NULL), ENXIO, 0);
}

static void op_switch(struct flow *f, struct context *c)
{
	struct context *to = &f->context[below(CONTEXTS)];
	struct vcm_ioc_switch arg = {
		.from_vcm = c->vcm, .from = c->assoc, .to_vcm = to->vcm, .to = to->assoc,
	};

	if (c->assoc && to->assoc)
		check("switch", _vcm_switch(f->fd, &arg), EINVAL, ENXIO, EBUSY, 0);
}

static void op_save(struct flow *f, struct context *c)
{
	if (!below(3))
		check("save", _vcm_save(f->fd, c->vcm), EALREADY, 0);
	else
		check("restore", _vcm_restore(f->fd, c->vcm), EINVAL, EBUSY, 0);
}

static void step(struct flow *f)
{
	static void (*const ops[])(struct flow *f, struct context *c) = {
		op_reserve, op_reserve, op_reserve, op_refs, op_refs, op_bind, op_bind, op_bind,
		op_unbind, op_memory, op_memory, op_assoc, op_activate, op_activate, op_context,
		op_map, op_make_binding, op_unmap, op_switch, op_save,
	};
	struct context *c = &f->context[below(CONTEXTS)];

	if (!c->vcm)
		op_context(f, c);
	ops[below(ARRAY_SIZE(ops))](f, c);
}

/*
 * Leave something of everything: two contexts whose associations are not in the order of their
 * contexts, one of them saved; bindings that are live, bindings that are not, reservations
 * without any, a sub-window with something inside.
 */
static void finish(struct flow *f)
{
	struct context *c[2] = { &f->context[0], &f->context[1] };
	struct vcm_ioc_reserve arg;
	struct mem mem = {};

	for (int i = 0; i < 2; i++) {
		if (c[i]->vcm)
			check("destroy", _vcm_destroy(f->fd, c[i]->vcm), 0);
		check("create", _vcm_create(f->fd, 0, ~0ull, &c[i]->vcm), 0);
		check("alloc", _vcm_mem_alloc(f->fd, 3 * PAGE, 1, &mem), 0);
		arg = (struct vcm_ioc_reserve) { .vcm = c[i]->vcm, .len = 4 * PAGE };
		check("reserve", _vcm_reserve(f->fd, &arg), 0);
		check("reserve", _vcm_reserve(f->fd, &arg), 0);
		check("bind", _vcm_bind(f->fd, c[i]->vcm, arg.res, mem.phys, .off = PAGE), 0);
		check("free", _vcm_phys_free(f->fd, mem.phys), 0);
	}
	for (int i = 1; i >= 0; i--)
		check("assoc", _vcm_assoc(f->fd, c[i]->vcm, edu_name(), &c[i]->assoc), ENODEV, 0);
	arg = (struct vcm_ioc_reserve) {
		.vcm = c[1]->vcm, .len = 16 * PAGE, .flags = VCM_RESERVE_BOUND,
	};
	check("reserve", _vcm_reserve(f->fd, &arg), 0);
	arg = (struct vcm_ioc_reserve) {
		.vcm = c[1]->vcm, .len = PAGE, .guard_after = PAGE, .within = arg.res,
	};
	check("reserve", _vcm_reserve(f->fd, &arg), 0);
	check("save", _vcm_save(f->fd, c[0]->vcm), 0);
	for (int i = 0; i < 2 && c[0]->assoc; i++)
		check("activate", _vcm_activate(f->fd, c[i]->vcm, c[i]->assoc, NULL), EBUSY, 0);
}

static void hold(struct flow *f)
{
	char byte;

	finish(f);
	puts("holding");
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
}

static void load(struct flow *f)
{
	const struct timespec pause = { .tv_nsec = 4000000 };

	for (;;) {
		for (int i = 0; i < 16; i++)
			step(f);
		nanosleep(&pause, NULL);
	}
}

static int usage(void)
{
	fputs("usage: vcm_flow events | run OPS [SEED] | load [SEED] | hold OPS [SEED]\n", stderr);
	return 2;
}

#define PRINT_EVENT(name, nr, text) puts("vcm_" #name);

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";
	bool endless = !strcmp(mode, "load"), holds = !strcmp(mode, "hold");
	int at = endless ? 2 : 3;	/* of the seed */
	unsigned int seed = argc > at ? strtoul(argv[at], NULL, 0) : (unsigned int)time(NULL);
	unsigned long ops = endless || argc < 3 ? 0 : strtoul(argv[2], NULL, 0);
	struct flow *f = calloc(1, sizeof(*f));

	if (argc == 2 && !strcmp(mode, "events")) {
		VCM_EVENTS(PRINT_EVENT)
		return 0;
	}
	if (!f || argc < at || argc > at + 1 || !(endless || holds || !strcmp(mode, "run")))
		return usage();
	fprintf(stderr, "# VCM_SEED=%u\n", seed);
	srandom(seed);
	f->fd = _vcm_open();
	if (f->fd < 0) {
		fprintf(stderr, "vcm_flow: %s: %s\n", VCM_PATH, strerror(-f->fd));
		return 1;
	}
	while (ops--)
		step(f);
	if (endless)
		load(f);
	if (holds)
		hold(f);
	return 0;
}
