// SPDX-License-Identifier: GPL-2.0-only
/*
 * ioctl.c - fuzz target: the bytes are calls of /dev/vcm, made through one open file.
 *
 * The files of kernel/user and kernel/core are the kernel's; the IOMMU is the one of the unit
 * tests.  A call is [number] [mode] [nth] [len] and len bytes, its struct.  After each:
 *   - what the rules for structs refuse is refused with the errno they name, and nothing happens
 *   - a call that fails changes nothing but the numbers of streams, nor the caller's memory
 *   - vcm_check(), the page tables, the events and the snapshot agree
 * When the file is closed nothing may be left.
 */
#include <linux/kernel.h>
#include <stdlib.h>

#include "caller.h"
#include "fake.h"
#include "os_test.h"
#include "unit.h"
#include "user.h"

#define CALLS_MAX	48
#define PAGES_MAX	64		/* of memory; more only costs time */
#define SIZE_LIMIT	4096		/* of a struct */

#define MODE_BAD_TYPE	(1u << 0)	/* not a call of this device */
#define MODE_RAW_SIZE	(1u << 1)	/* the first member is what the input says */
#define MODE_READ_FAILS	(1u << 2)	/* the nth read of user memory */
#define MODE_WRITE_FAILS (1u << 3)	/* the nth write */
#define MODE_NO_MEMORY	(1u << 4)	/* the nth allocation */
#define MODE_SIZE_LATER	(1u << 5)	/* another thread changes the size after the first read */
#define MODE_CALL_FAILS	(1u << 6)	/* the nth call of the driver that may fail */

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

/* What the ABI says of each struct: written from uapi/vcm.h, not from the table in ioctl.c. */
struct rule {
	u32 size;
	u32 min;
	bool out;
};

#define RULE(cmd, type, results) \
	[_IOC_NR(cmd)] = { sizeof(struct type), sizeof(struct type), results }

static const struct rule rules[] = {
	RULE(VCM_IOC_CREATE, vcm_ioc_create, true),
	RULE(VCM_IOC_DESTROY, vcm_ioc_destroy, false),
	[_IOC_NR(VCM_IOC_RESERVE)] = { 80, 48, true },
	RULE(VCM_IOC_UNRESERVE, vcm_ioc_res, true),
	RULE(VCM_IOC_REF, vcm_ioc_res, true),
	RULE(VCM_IOC_RES_INFO, vcm_ioc_res_info, true),
	[_IOC_NR(VCM_IOC_PHYS_ALLOC)] = { 48, 40, true },
	RULE(VCM_IOC_PHYS_FREE, vcm_ioc_phys_free, false),
	[_IOC_NR(VCM_IOC_BIND)] = { 56, 40, false },
	RULE(VCM_IOC_UNBIND, vcm_ioc_res, false),
	RULE(VCM_IOC_REBIND, vcm_ioc_bind, false),
	RULE(VCM_IOC_MAP, vcm_ioc_map, true),
	RULE(VCM_IOC_MAKE_BINDING, vcm_ioc_map, true),
	RULE(VCM_IOC_UNMAP, vcm_ioc_res, false),
	RULE(VCM_IOC_SWITCH, vcm_ioc_switch, true),
	RULE(VCM_IOC_SAVE, vcm_ioc_destroy, false),
	RULE(VCM_IOC_RESTORE, vcm_ioc_destroy, false),
	RULE(VCM_IOC_FIND, vcm_ioc_find, true),
	RULE(VCM_IOC_PHYS_FIND, vcm_ioc_phys_find, true),
	RULE(VCM_IOC_TRANSLATE, vcm_ioc_translate, true),
	RULE(VCM_IOC_INFO, vcm_ioc_info, true),
	RULE(VCM_IOC_PIN_USER, vcm_ioc_pin, true),
	RULE(VCM_IOC_IMPORT_DMABUF, vcm_ioc_dmabuf, true),
	RULE(VCM_IOC_EXPORT_DMABUF, vcm_ioc_dmabuf, true),
	RULE(VCM_IOC_ASSOC, vcm_ioc_assoc, true),
	RULE(VCM_IOC_DEASSOC, vcm_ioc_assoc_op, false),
	RULE(VCM_IOC_ACTIVATE, vcm_ioc_assoc_op, true),
	RULE(VCM_IOC_DEACTIVATE, vcm_ioc_assoc_op, true),
};

/* One call: @memory is the caller's struct, of @len bytes. */
struct call {
	u32 nr;
	u32 mode;
	u32 nth;
	u32 len;
	u8 *memory;
};

/* Memory of the caller and of others is not the business of this target. */
struct vcm_phys *vcm_phys_pin_user(u64 uva, u64 len, bool write, struct vcm_holder *holder)
{
	(void)uva, (void)len, (void)write, (void)holder;
	return ERR_PTR(-EOPNOTSUPP);
}

struct vcm_phys *vcm_phys_import_dmabuf_fd(int fd, struct vcm_holder *holder)
{
	(void)fd, (void)holder;
	return ERR_PTR(-EOPNOTSUPP);
}

int vcm_phys_export_dmabuf_fd(struct vcm_phys *phys)
{
	CHECK(phys);
	return -EOPNOTSUPP;
}

static const struct rule *rule_of(const struct call *call)
{
	if (call->mode & MODE_BAD_TYPE || call->nr >= ARRAY_SIZE(rules) || !rules[call->nr].size)
		return NULL;
	return &rules[call->nr];
}

/* What the rules for structs say.  Return: 0 when the call itself has to decide. */
static int expect(const struct call *call)
{
	const struct rule *rule = rule_of(call);
	u32 size;

	if (!rule)
		return -ENOTTY;
	if (call->len < sizeof(size) || (call->mode & MODE_READ_FAILS && call->nth == 1))
		return -EFAULT;
	memcpy(&size, call->memory, sizeof(size));
	if (size < rule->min)
		return -EINVAL;
	if (size > SIZE_LIMIT)
		return -E2BIG;
	if (size > call->len)
		return -EFAULT;
	for (u32 i = rule->size; i < size; i++)
		if (call->memory[i])
			return -E2BIG;
	if (call->mode & MODE_READ_FAILS && call->nth == 2)
		return -EFAULT;
	if (rule->out && call->mode & MODE_WRITE_FAILS && call->nth == 1)
		return -EFAULT;
	return 0;
}

static bool is_documented(long err)
{
	static const int all[] = {
		EINVAL, EOPNOTSUPP, E2BIG, EFAULT, ENOENT, ENODEV, ENOMEM, EMFILE, ENOSPC,
		EADDRINUSE, ERANGE, EALREADY, EBUSY, ENXIO, EEXIST, EIO,
	};

	for (u32 i = 0; i < ARRAY_SIZE(all); i++)
		if (err == -all[i])
			return true;
	return !err;
}

/* As unit_verify(), and @now is the state before and then after the call. */
static void verify(struct state *now, bool unchanged)
{
	struct state after;

	CHECK_NONE(vcm_check());
	CHECK_NONE(fake_check());
	unit_snapshot(&after);
	CHECK_NONE(state_compare(unit_model(), &after, true));
	if (unchanged)
		CHECK_NONE(state_compare(now, &after, false));
	state_clear(now);
	*now = after;
}

/* What the caller sees of a call that failed or succeeded. */
static void check_memory(const struct call *call, const u8 *was, long err)
{
	const struct rule *rule = rule_of(call);
	u32 first = call->mode & MODE_SIZE_LATER ? min(call->len, 4u) : 0;
	u32 known = rule ? min(rule->size, call->len) : 0;

	if (err || !rule->out)
		CHECK(!memcmp(was + first, call->memory + first, call->len - first));
	else
		CHECK(!memcmp(was + known, call->memory + known, call->len - known));
}

/* Let happen what the mode says, and make the call.  Return: what it returns. */
static long run(struct vcm_file *vf, const struct call *call)
{
	unsigned int type = call->mode & MODE_BAD_TYPE ? VCM_IOC_TYPE + 1 : VCM_IOC_TYPE;
	struct file file = { vf };
	long err;

	caller = (struct caller) {
		.memory = call->memory,
		.len = call->len,
		.read_fails_at = call->mode & MODE_READ_FAILS ? call->nth : 0,
		.write_fails_at = call->mode & MODE_WRITE_FAILS ? call->nth : 0,
		.size_later = call->mode & MODE_SIZE_LATER ? ~0u : 0,
	};
	if (call->mode & MODE_NO_MEMORY)
		os_fail_nth(call->nth, OS_FAIL_OBJECTS | OS_FAIL_PAGES | OS_FAIL_VMAP |
				       OS_FAIL_CALLS);
	fake_fail_nth(call->nth % FAKE_UNMAP, call->mode & MODE_CALL_FAILS ? 1 : 0, -EIO);
	err = vcm_ioctl(&file, _IO(type, call->nr), (uintptr_t)call->memory);
	os_fail_nth(0, 0);
	fake_fail_nth(0, 0, 0);
	return err;
}

static void make(struct vcm_file *vf, const struct call *call, struct state *now)
{
	int want = expect(call);
	u8 was[256];
	long err;

	memcpy(was, call->memory, call->len);
	unit_events_clear();
	err = run(vf, call);
	if (want) {
		CHECK_ERR(want, err);
		CHECK_EQ(0, unit_events());
	}
	CHECK(is_documented(err) || want == -ENOTTY);
	check_memory(call, was, err);
	/* The last write comes after the fact, as documented. */
	verify(now, err && !(err == -EFAULT && call->mode & MODE_WRITE_FAILS));
}

/* A request for very much memory is made a small one. */
static void limit_memory(const struct call *call)
{
	size_t at = call->nr == _IOC_NR(VCM_IOC_PHYS_ALLOC) ?
		offsetof(struct vcm_ioc_phys_alloc, len) : offsetof(struct vcm_ioc_map, len);
	u64 len;

	if ((call->nr != _IOC_NR(VCM_IOC_PHYS_ALLOC) &&
	     call->nr != _IOC_NR(VCM_IOC_MAKE_BINDING)) || call->len < at + sizeof(len))
		return;
	memcpy(&len, call->memory + at, sizeof(len));
	if (len > PAGES_MAX * PAGE && len <= vcm_os_pages_total() * PAGE)
		len %= PAGES_MAX * PAGE;
	memcpy(call->memory + at, &len, sizeof(len));
}

/* The next call of the input, its struct in memory of exactly its length. */
static bool next(const u8 **data, size_t *size, struct call *call)
{
	const u8 *from = *data;

	if (*size < 4)
		return false;
	*call = (struct call) { from[0], from[1], 1 + from[2] % 8, from[3], NULL };
	call->len = min((size_t)call->len, *size - 4);
	call->memory = malloc(max(call->len, 1u));
	CHECK(call->memory);
	memcpy(call->memory, from + 4, call->len);
	if (!(call->mode & MODE_RAW_SIZE) && call->len >= sizeof(u32))
		memcpy(call->memory, &call->len, sizeof(u32));
	limit_memory(call);
	*data += 4 + call->len;
	*size -= 4 + call->len;
	return true;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static const char *const names[3] = { "a", "b", "secret" };
	struct state now = {};
	struct vcm_file *vf;
	struct call call;

	unit_failed = abort;
	memset(&vcm_registry, 0, sizeof(vcm_registry));
	unit_setup();
	for (u32 i = 0; i < ARRAY_SIZE(names); i++) {
		struct fake_device *fake = fake_device(names[i], i % 2);

		fake->dev->flags = i < 2 ? VCM_DEVICE_USER : 0;
	}
	vf = vcm_file_create();
	CHECK(vf);
	verify(&now, false);
	for (u32 i = 0; i < CALLS_MAX && next(&data, &size, &call); i++) {
		make(vf, &call, &now);
		free(call.memory);
	}
	state_clear(&now);
	vcm_file_destroy(vf);
	unit_teardown();
	return 0;
}
