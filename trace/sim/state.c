// SPDX-License-Identifier: GPL-2.0-only
/*
 * state.c - the state as a table, made from a snapshot as any other reader would.
 */
#include "core.h"
#include "sim.h"

#define NAMES 128	/* holders and devices that are named; more are numbers */

struct sim_names {
	char device[NAMES][VCM_DEVICE_NAME_LEN];
	char holder[NAMES][VCM_HOLDER_NAME_LEN];
};

/* Call @fn for each record of a snapshot. */
static void sim_each(const unsigned char *data, size_t len, FILE *out, struct sim_names *names,
		     void (*fn)(FILE *out, struct sim_names *names, u32 type, const void *rec))
{
	const struct vcm_snap_header *head = (const void *)data;
	struct vcm_snap_rec rec;

	for (size_t at = head->header_len; at + sizeof(rec) <= len; at += sizeof(rec) + rec.len) {
		memcpy(&rec, data + at, sizeof(rec));
		fn(out, names, rec.type, data + at + sizeof(rec));
	}
}

static void sim_collect(FILE *out, struct sim_names *names, u32 type, const void *rec)
{
	const struct vcm_snap_device *device = rec;
	const struct vcm_snap_holder *holder = rec;

	(void)out;
	if (type == VCM_SNAP_DEVICE && device->dev < NAMES)
		strscpy(names->device[device->dev], device->name, VCM_DEVICE_NAME_LEN);
	if (type == VCM_SNAP_HOLDER && holder->holder < NAMES)
		strscpy(names->holder[holder->holder], holder->name, VCM_HOLDER_NAME_LEN);
}

static void sim_size(char *text, size_t room, u64 bytes)
{
	u32 unit = 0;

	while (unit < 4 && bytes && !(bytes & 1023)) {
		bytes >>= 10;
		unit++;
	}
	snprintf(text, room, "%llu%.1s", bytes, &"\0KMGT"[unit]);
}

static void sim_print_res(FILE *out, const struct vcm_snap_res *res)
{
	const char *state = res->rflags & VCM_RESERVE_BOUND ? "window" :
			    !res->phys ? "reserved" : res->mapped ? "active" : "bound";
	char len[24], bound[24];

	sim_size(len, sizeof(len), res->len);
	fprintf(out, "  %3u/%-3llu %16llx %6s %-9s refs %-3u", res->vcm, res->res, res->start,
		len, state, res->refs);
	if (res->phys) {
		sim_size(bound, sizeof(bound), res->bound_len);
		fprintf(out, " memory %llu +0x%llx %s %c%c mapped %u", res->phys, res->off, bound,
			res->prot & VCM_PROT_READ ? 'r' : '-',
			res->prot & VCM_PROT_WRITE ? 'w' : '-', res->mapped);
	}
	fputc('\n', out);
}

static void sim_print_hold(FILE *out, const struct sim_names *names,
			   const struct vcm_snap_hold *hold)
{
	const char *name = hold->holder < NAMES ? names->holder[hold->holder] : "";

	fprintf(out, "  %s %u/%llu is held by %s x%u\n", sim_enum("kind", hold->kind), hold->vcm,
		hold->id, *name ? name : "?", hold->count);
}

static void sim_print_assoc(FILE *out, const struct sim_names *names,
			    const struct vcm_snap_assoc *assoc)
{
	const char *name = assoc->dev < NAMES ? names->device[assoc->dev] : "";

	fprintf(out, "  context %u, device %s: active %u, domain %u\n", assoc->vcm,
		*name ? name : "?", assoc->active, assoc->domain);
}

static void sim_print_phys(FILE *out, const struct vcm_snap_phys *phys)
{
	char len[24];

	sim_size(len, sizeof(len), phys->len);
	fprintf(out, "memory %llu  %s  %s  %s  refs %u\n", phys->phys, len,
		sim_enum("cache", phys->cache), sim_enum("source", phys->source), phys->refs);
}

static void sim_print(FILE *out, struct sim_names *names, u32 type, const void *rec)
{
	const struct vcm_snap_context *context = rec;

	switch (type) {
	case VCM_SNAP_CONTEXT:
		fprintf(out, "context %u  %s  %llx-%llx  refs %u%s\n", context->vcm,
			sim_enum("driver", context->driver), context->start, context->last,
			context->refs, context->flags & VCM_SNAP_CONTEXT_SAVED ? "  saved" : "");
		break;
	case VCM_SNAP_ASSOC:
		sim_print_assoc(out, names, rec);
		break;
	case VCM_SNAP_PHYS:
		sim_print_phys(out, rec);
		break;
	case VCM_SNAP_RES:
		sim_print_res(out, rec);
		break;
	case VCM_SNAP_HOLD:
		sim_print_hold(out, names, rec);
		break;
	}
}

void sim_print_state(FILE *out)
{
	static struct sim_names names;
	void *data;
	size_t len;

	memset(&names, 0, sizeof(names));
	if (vcm_snap_take(&data, &len)) {
		fprintf(out, "no memory for a snapshot\n");
		return;
	}
	sim_each(data, len, out, &names, sim_collect);
	sim_each(data, len, out, &names, sim_print);
	vcm_os_free(data);
}
