/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rec_format.h - the bytes of a recording, as out_rec.c writes and rec_file.c reads them.
 *
 * struct rec_start, then blocks.  A block is a struct rec_block and len bytes of payload, len a
 * multiple of 8.  Only appending, so that a writer that is killed leaves whole blocks and at most
 * one half: the end block says that nothing is missing.
 *
 * Rules
 *   - integers are in the byte order of the machine; start.order tells when that is another
 *   - a payload may be longer than a reader knows, never shorter; block types unknown are skipped;
 *     so additions keep the version, and a new version means that old readers must refuse
 *   - crc is CRC-32 (polynomial 0xedb88320) of the payload, head_crc that of type, len and crc;
 *     a wrong length is so told from a file that was cut
 */
#ifndef VCMSTAT_REC_FORMAT_H
#define VCMSTAT_REC_FORMAT_H

#include <linux/types.h>
#include <stddef.h>

#include "vcm_bpf.h"

#define REC_MAGIC	"\211VCMREC\n"
#define REC_ORDER	0x01020304u
#define REC_VERSION	1

struct rec_start {
	__u8 magic[8];
	__u32 order;
	__u16 version;
	__u16 len;	/* bytes before the first block */
};

struct rec_block {
	__u32 type;	/* enum rec_type */
	__u32 len;
	__u32 crc;
	__u32 head_crc;
};

/* REC_HEADER, the first block; the texts are terminated. */
struct rec_header {
	__u64 ts_ns;		/* CLOCK_MONOTONIC */
	__u64 realtime_ns;	/* CLOCK_REALTIME at the same moment */
	char version[32];
	char kernel[64];
	char source[32];
	char faults[32];
};

/* REC_STATE, before a snapshot as in uapi/vcm.h. */
struct rec_state {
	__u32 resync;
	__u32 rsvd;
};

/*
 * REC_EVENT is a struct vcm_event, REC_FAULT a struct vcm_fault.  The first builds ended a fault
 * before @domain; what the rest of it says they could not know.
 */
#define REC_FAULT_LEN_1	offsetof(struct vcm_fault, domain)

struct rec_gap {
	__u32 stream;
	__u32 rsvd;
	__u64 expected;
	__u64 got;
};

struct rec_dropped {
	__u64 nr;
};

/* REC_NAME, before a row as in a snapshot. */
struct rec_name {
	__u32 type;	/* VCM_SNAP_DEVICE or VCM_SNAP_HOLDER */
	__u32 rsvd;
};

/* REC_PAST, behind the event; written with record --stacks only. */
struct rec_past {
	__u64 seq;
	__u32 stream;
	__u32 rsvd;
	struct vcm_past past;
};

/* REC_SYMBOL, before the first REC_PAST with an address in that function; terminated. */
struct rec_symbol {
	__u64 addr;
	char name[128];		/* "vcm_unbind [vcm]" */
};

/* REC_TICK, REC_END; @cause is empty in a tick. */
struct rec_totals {
	__u64 ts_ns;
	__u64 events;
	__u64 faults;
	__u64 gaps;
	__u64 dropped;
	__u64 resyncs;
	__u64 fault_dropped;
	__u64 fault_overflow;
	char cause[32];
};

#endif
