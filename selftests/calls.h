/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * calls.h - every ioctl of /dev/vcm once, with arguments that are right, and a world for them.
 *
 * abi.c makes one thing wrong at a time, fail_nth.c lets one allocation fail at a time.  A call
 * that is added to uapi/vcm.h is added here and gets the tests of both.
 */
#ifndef CALLS_H
#define CALLS_H

#include <stddef.h>

#include "vcm_dma.h"

#define CALLS(X)								\
	X(create) X(destroy) X(reserve) X(unreserve) X(ref) X(res_info) X(phys_alloc)	\
	X(phys_free) X(bind) X(unbind) X(rebind) X(map) X(make_binding) X(unmap)	\
	X(assoc) X(deassoc) X(activate) X(deactivate) X(switch) X(save) X(restore)	\
	X(find) X(phys_find) X(translate) X(info) X(pin_user) X(import_dmabuf)		\
	X(export_dmabuf)

/* Any argument; the first members are the same in nearly all. */
union arg {
	struct {
		__u32 size;
		__u32 flags;
		__u32 vcm;
	};
	struct vcm_ioc_create create;
	struct vcm_ioc_destroy destroy;
	struct vcm_ioc_reserve reserve;
	struct vcm_ioc_res res;
	struct vcm_ioc_res_info res_info;
	struct vcm_ioc_phys_alloc phys_alloc;
	struct vcm_ioc_phys_free phys_free;
	struct vcm_ioc_bind bind;
	struct vcm_ioc_map map;
	struct vcm_ioc_assoc assoc;
	struct vcm_ioc_assoc_op assoc_op;
	struct vcm_ioc_switch sw;
	struct vcm_ioc_find find;
	struct vcm_ioc_phys_find phys_find;
	struct vcm_ioc_translate translate;
	struct vcm_ioc_info info;
	struct vcm_ioc_pin pin;
	struct vcm_ioc_dmabuf dmabuf;
	unsigned char byte[256];
};

/* What the arguments name; all of one file. */
struct world {
	int fd;
	__u32 vcm;		/* with an association if the call needs one */
	__u32 other;		/* without */
	__u64 bound;		/* reservation of vcm at @start */
	__u64 start;
	__u64 unbound;		/* reservation of vcm */
	__u64 phys;		/* in bound */
	__u64 spare;		/* memory in no binding */
	__u64 assoc;
	int dmabuf;		/* of the call, -1 for none */
	unsigned char *uva;	/* a page of this process */
};

/* One call. */
struct call {
	unsigned long cmd;
	size_t len;		/* of the struct */
	size_t min;		/* of its first version */
	size_t zero[2];		/* offsets of members that must be zero, 0 for none */
	__u32 flags;		/* that it knows */
	bool writes;		/* it writes its struct */
	bool names_vcm;		/* a context is its third argument */
	bool makes;		/* it names no object, it only makes one */
	bool edu;		/* it needs an association */
	bool live;		/* it can be made while a device is active */
	unsigned int points;	/* places where it must be able to fail */
	void (*fill)(union arg *arg, struct world *w);
};

#define END(type, member) (offsetof(struct type, member) + sizeof(((struct type *)0)->member))
#define CALL(name, type, ...)							\
	static const struct call call_##name = {				\
		.len = sizeof(struct type), .min = sizeof(struct type), ##__VA_ARGS__ }

static inline void fill_create(union arg *arg, struct world *w)
{
	arg->create.last = 0xfffff;
}

CALL(create, vcm_ioc_create, .cmd = VCM_IOC_CREATE, .writes = true, .makes = true, .points = 3,
	.fill = fill_create);

static inline void fill_destroy(union arg *arg, struct world *w)
{
	arg->destroy.vcm = w->other;
}

CALL(destroy, vcm_ioc_destroy, .cmd = VCM_IOC_DESTROY,
	.zero = { offsetof(struct vcm_ioc_destroy, rsvd) }, .names_vcm = true, .live = true,
	.fill = fill_destroy);

static inline void fill_reserve(union arg *arg, struct world *w)
{
	arg->reserve.vcm = w->vcm;
	arg->reserve.len = PAGE;
}

CALL(reserve, vcm_ioc_reserve, .cmd = VCM_IOC_RESERVE, .min = END(vcm_ioc_reserve, res),
	.flags = VCM_RESERVE_FIXED | VCM_RESERVE_BOUND, .writes = true, .names_vcm = true,
	.live = true, .points = 3, .fill = fill_reserve);

static inline void fill_unbound(union arg *arg, struct world *w)
{
	arg->res.vcm = w->vcm;
	arg->res.res = w->unbound;
}

CALL(unreserve, vcm_ioc_res, .cmd = VCM_IOC_UNRESERVE, .writes = true, .names_vcm = true,
	.zero = { offsetof(struct vcm_ioc_res, refs) }, .live = true, .fill = fill_unbound);
CALL(ref, vcm_ioc_res, .cmd = VCM_IOC_REF, .writes = true, .names_vcm = true,
	.zero = { offsetof(struct vcm_ioc_res, refs) }, .live = true, .fill = fill_unbound);

static inline void fill_bound(union arg *arg, struct world *w)
{
	arg->res.vcm = w->vcm;
	arg->res.res = w->bound;
}

CALL(unbind, vcm_ioc_res, .cmd = VCM_IOC_UNBIND, .names_vcm = true,
	.zero = { offsetof(struct vcm_ioc_res, refs) }, .live = true, .fill = fill_bound);
CALL(unmap, vcm_ioc_res, .cmd = VCM_IOC_UNMAP, .names_vcm = true,
	.zero = { offsetof(struct vcm_ioc_res, refs) }, .live = true, .fill = fill_bound);

static inline void fill_res_info(union arg *arg, struct world *w)
{
	arg->res_info.vcm = w->vcm;
	arg->res_info.res = w->bound;
}

CALL(res_info, vcm_ioc_res_info, .cmd = VCM_IOC_RES_INFO, .writes = true, .names_vcm = true,
	.live = true, .fill = fill_res_info);

static inline void fill_phys_alloc(union arg *arg, struct world *w)
{
	arg->phys_alloc.len = PAGE;
}

CALL(phys_alloc, vcm_ioc_phys_alloc, .cmd = VCM_IOC_PHYS_ALLOC,
	.min = END(vcm_ioc_phys_alloc, mmap_offset), .writes = true, .makes = true,
	.flags = VCM_PHYS_CONTIG | VCM_PHYS_NODE | VCM_PHYS_CARVEOUT, .points = 6,
	.fill = fill_phys_alloc);

static inline void fill_phys_free(union arg *arg, struct world *w)
{
	arg->phys_free.phys = w->spare;
}

CALL(phys_free, vcm_ioc_phys_free, .cmd = VCM_IOC_PHYS_FREE, .fill = fill_phys_free);

static inline void fill_bind(union arg *arg, struct world *w)
{
	arg->bind.vcm = w->vcm;
	arg->bind.res = w->unbound;
	arg->bind.phys = w->spare;
	arg->bind.prot = VCM_PROT_READ | VCM_PROT_WRITE;
}

CALL(bind, vcm_ioc_bind, .cmd = VCM_IOC_BIND, .min = END(vcm_ioc_bind, off), .names_vcm = true,
	.zero = { offsetof(struct vcm_ioc_bind, rsvd) }, .live = true, .points = 3,
	.fill = fill_bind);

static inline void fill_rebind(union arg *arg, struct world *w)
{
	fill_bind(arg, w);
	arg->bind.res = w->bound;
}

CALL(rebind, vcm_ioc_bind, .cmd = VCM_IOC_REBIND, .names_vcm = true,
	.zero = { offsetof(struct vcm_ioc_bind, rsvd) }, .live = true, .points = 3,
	.fill = fill_rebind);

static inline void fill_map(union arg *arg, struct world *w)
{
	arg->map.vcm = w->vcm;
	arg->map.phys = w->spare;
	arg->map.prot = VCM_PROT_READ | VCM_PROT_WRITE;
}

CALL(map, vcm_ioc_map, .cmd = VCM_IOC_MAP, .zero = { offsetof(struct vcm_ioc_map, orders) },
	.flags = VCM_RESERVE_FIXED, .writes = true, .names_vcm = true, .live = true, .points = 5,
	.fill = fill_map);

static inline void fill_make_binding(union arg *arg, struct world *w)
{
	fill_map(arg, w);
	arg->map.phys = 0;
	arg->map.len = PAGE;
}

CALL(make_binding, vcm_ioc_map, .cmd = VCM_IOC_MAKE_BINDING, .flags = VCM_RESERVE_FIXED,
	.zero = { offsetof(struct vcm_ioc_map, phys) }, .writes = true, .names_vcm = true,
	.live = true, .points = 11, .fill = fill_make_binding);

static inline void fill_assoc(union arg *arg, struct world *w)
{
	arg->assoc.vcm = w->other;
	snprintf(arg->assoc.name, sizeof(arg->assoc.name), "%s", edu_name());
}

CALL(assoc, vcm_ioc_assoc, .cmd = VCM_IOC_ASSOC, .zero = { offsetof(struct vcm_ioc_assoc, rsvd) },
	.writes = true, .names_vcm = true, .edu = true, .points = 2, .fill = fill_assoc);

static inline void fill_assoc_op(union arg *arg, struct world *w)
{
	arg->assoc_op.vcm = w->vcm;
	arg->assoc_op.assoc = w->assoc;
}

CALL(deassoc, vcm_ioc_assoc_op, .cmd = VCM_IOC_DEASSOC, .names_vcm = true, .edu = true,
	.zero = { offsetof(struct vcm_ioc_assoc_op, active) }, .fill = fill_assoc_op);
CALL(activate, vcm_ioc_assoc_op, .cmd = VCM_IOC_ACTIVATE, .writes = true, .names_vcm = true,
	.edu = true, .zero = { offsetof(struct vcm_ioc_assoc_op, active) }, .points = 7,
	.fill = fill_assoc_op);

static inline void fill_deactivate(union arg *arg, struct world *w)
{
	fill_assoc_op(arg, w);
	_vcm_activate(w->fd, w->vcm, w->assoc, NULL);
}

CALL(deactivate, vcm_ioc_assoc_op, .cmd = VCM_IOC_DEACTIVATE, .writes = true, .names_vcm = true,
	.edu = true, .zero = { offsetof(struct vcm_ioc_assoc_op, active) },
	.fill = fill_deactivate);

static inline void fill_switch(union arg *arg, struct world *w)
{
	arg->sw.from_vcm = w->vcm;
	arg->sw.from = w->assoc;
	arg->sw.to_vcm = w->other;
	_vcm_activate(w->fd, w->vcm, w->assoc, NULL);
	_vcm_assoc(w->fd, w->other, edu_name(), (__u64 *)&arg->sw.to);
}

CALL(switch, vcm_ioc_switch, .cmd = VCM_IOC_SWITCH, .writes = true, .names_vcm = true,
	.edu = true,
	.zero = { offsetof(struct vcm_ioc_switch, active), offsetof(struct vcm_ioc_switch, rsvd) },
	.points = 5, .fill = fill_switch);

static inline void fill_save(union arg *arg, struct world *w)
{
	arg->destroy.vcm = w->vcm;
}

CALL(save, vcm_ioc_destroy, .cmd = VCM_IOC_SAVE, .names_vcm = true, .live = true,
	.zero = { offsetof(struct vcm_ioc_destroy, rsvd) }, .fill = fill_save);

static inline void fill_restore(union arg *arg, struct world *w)
{
	arg->destroy.vcm = w->vcm;
	_vcm_save(w->fd, w->vcm);
}

CALL(restore, vcm_ioc_destroy, .cmd = VCM_IOC_RESTORE, .names_vcm = true, .live = true,
	.zero = { offsetof(struct vcm_ioc_destroy, rsvd) }, .points = 7, .fill = fill_restore);

static inline void fill_find(union arg *arg, struct world *w)
{
	arg->find.vcm = w->vcm;
	arg->find.iova = w->start;
}

CALL(find, vcm_ioc_find, .cmd = VCM_IOC_FIND, .flags = VCM_FIND_NEXT | VCM_FIND_AFTER,
	.writes = true, .names_vcm = true, .live = true, .fill = fill_find);

static inline void fill_phys_find(union arg *arg, struct world *w)
{
	arg->phys_find.phys = w->phys;
}

CALL(phys_find, vcm_ioc_phys_find, .cmd = VCM_IOC_PHYS_FIND, .writes = true, .live = true,
	.fill = fill_phys_find);

static inline void fill_translate(union arg *arg, struct world *w)
{
	arg->translate.vcm = w->vcm;
	arg->translate.to_vcm = w->vcm;
	arg->translate.iova = w->start;
}

CALL(translate, vcm_ioc_translate, .cmd = VCM_IOC_TRANSLATE, .writes = true, .names_vcm = true,
	.live = true, .fill = fill_translate);

static inline void fill_info(union arg *arg, struct world *w)
{
	arg->info.vcm = w->vcm;
}

CALL(info, vcm_ioc_info, .cmd = VCM_IOC_INFO, .writes = true, .names_vcm = true, .live = true,
	.fill = fill_info);

static inline void fill_pin_user(union arg *arg, struct world *w)
{
	arg->pin.uva = (uintptr_t)w->uva;
	arg->pin.len = PAGE;
}

CALL(pin_user, vcm_ioc_pin, .cmd = VCM_IOC_PIN_USER, .flags = VCM_PIN_WRITE, .writes = true,
	.makes = true, .live = true, .points = 8, .fill = fill_pin_user);

static inline void fill_export_dmabuf(union arg *arg, struct world *w)
{
	arg->dmabuf.phys = w->spare;
}

CALL(export_dmabuf, vcm_ioc_dmabuf, .cmd = VCM_IOC_EXPORT_DMABUF, .writes = true, .live = true,
	.zero = { offsetof(struct vcm_ioc_dmabuf, fd), offsetof(struct vcm_ioc_dmabuf, rsvd) },
	.points = 2, .fill = fill_export_dmabuf);

static inline void fill_import_dmabuf(union arg *arg, struct world *w)
{
	union arg export = { .dmabuf = { .size = sizeof(export.dmabuf), .phys = w->spare } };

	if (!_vcm_ioctl(w->fd, VCM_IOC_EXPORT_DMABUF, &export))
		w->dmabuf = export.dmabuf.fd;
	arg->dmabuf.fd = w->dmabuf;
}

CALL(import_dmabuf, vcm_ioc_dmabuf, .cmd = VCM_IOC_IMPORT_DMABUF, .writes = true, .makes = true,
	.zero = { offsetof(struct vcm_ioc_dmabuf, phys), offsetof(struct vcm_ioc_dmabuf, rsvd) },
	.live = true, .points = 12, .fill = fill_import_dmabuf);

/* Make @w for @call, and the argument.  With @live a device is active if the call allows it. */
static inline void world_create(struct __test_metadata *_metadata, struct world *w,
				const struct call *call, union arg *arg, bool live)
{
	struct vcm_ioc_phys_alloc alloc = { .len = PAGE };
	__u64 start;

	w->dmabuf = -1;
	w->fd = _vcm_open();
	ASSERT_LE(0, w->fd);
	w->uva = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, w->uva);
	test_create(w->fd, 0x100000, 0x1fffff, &w->vcm);
	test_create(w->fd, 0x100000, 0x1fffff, &w->other);
	test_reserve_any(w->fd, w->vcm, PAGE, &w->bound, &w->start);
	test_reserve_any(w->fd, w->vcm, PAGE, &w->unbound, &start);
	test_phys_alloc(w->fd, &alloc);
	w->phys = alloc.phys;
	test_phys_alloc(w->fd, &alloc);
	w->spare = alloc.phys;
	test_bind(w->fd, w->vcm, w->bound, w->phys);
	if (call->edu || live)
		test_assoc(w->fd, w->vcm, edu_name(), &w->assoc);
	if (call->live && live)
		test_activate(w->fd, w->vcm, w->assoc, NULL);
	call->fill(arg, w);
	arg->size = call->len;
}

/* Undo it; @arg is the argument after the call. */
static inline void world_destroy(struct __test_metadata *_metadata, struct world *w,
				 const struct call *call, const union arg *arg)
{
	if (call->cmd == VCM_IOC_EXPORT_DMABUF && arg->dmabuf.fd > 0)
		EXPECT_EQ(0, close(arg->dmabuf.fd));
	if (w->dmabuf >= 0)
		EXPECT_EQ(0, close(w->dmabuf));
	if (w->uva)
		EXPECT_EQ(0, munmap(w->uva, PAGE));
	if (w->fd > 0)
		EXPECT_EQ(0, close(w->fd));
}

#endif
