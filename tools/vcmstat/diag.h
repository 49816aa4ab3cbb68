/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * diag.h - why a device faulted: rules over what is, what was, and the fault.
 *
 * Pure: the same model, history and fault give the same verdicts.  Every rule looks for itself;
 * what they find is ranked, and a finding is certain only when the state proves it and nothing
 * else explains the fault as well.  Where events are missing, what rests on them is less sure and
 * says so.  When no rule finds anything the verdict is "unknown"; nothing is guessed.
 *
 * The state that counts is that of the moment of the fault, which is told of late: changes after
 * it are undone by the history, see diag_view.h.
 */
#ifndef VCMSTAT_DIAG_H
#define VCMSTAT_DIAG_H

#include "model.h"
#include "vcm_bpf.h"

#define DIAG_PAGE	4096u
#define DIAG_VERDICTS	4
#define DIAG_EVIDENCE	5
#define DIAG_TEXT	256
#define DIAG_STACK	1024

enum diag_access {
	DIAG_READ,
	DIAG_WRITE,
	DIAG_ACCESS_UNKNOWN,
};

struct diag_fault {
	uint64_t ts_ns;
	uint64_t iova;
	uint64_t grain;		/* the address lies in [iova, iova + grain) */
	enum diag_access access;
	const char *source;	/* who told: "vcm", "vtd" */
	const char *reason;	/* in words, NULL for none */
	char device[VCM_DEVICE_NAME_LEN];	/* empty when nobody knows */
	uint32_t dev;		/* number of the device, 0 when it is known by name only */
	uint32_t vcm;		/* context whose domain faulted, 0 when it is to be found */
	uint32_t mask_bits;	/* of addresses that the device can make, 0 when not known */
	bool too_wide;		/* the IOMMU says that it cannot translate such an address */
	bool is_event;		/* of a stream: its place there is exact */
	uint32_t stream;
	uint64_t seq;
};

enum diag_confidence {
	DIAG_POSSIBLE,
	DIAG_LIKELY,
	DIAG_CERTAIN,
};

/* Something that a verdict rests on: an event, or an object and what it was. */
struct diag_evidence {
	char text[96];
	bool is_event;
	uint32_t stream;
	uint64_t seq;
	uint64_t ts_ns;
	uint32_t pid;
	char comm[17];
	char stack[DIAG_STACK];	/* "vcm_unbind+0x2a [vcm];...", empty when nobody kept it */
};

struct diag_rule;

struct diag_verdict {
	const struct diag_rule *rule;
	enum diag_confidence confidence;
	int weight;		/* of two, the heavier explains more */
	char text[DIAG_TEXT];	/* a sentence */
	char next[DIAG_TEXT];	/* a command to go on with */
	uint32_t vcm;
	uint64_t res;		/* 0 for none */
	uint64_t bytes;		/* distance, when the rule has one */
	bool has_bytes;
	/* who ended what was there; pid 0 for nobody known */
	uint32_t pid;
	char comm[17];
	uint64_t age_ns;	/* of that */
	bool has_age;
	bool after_loss;	/* less sure because events are missing */
	unsigned int nr_evidence;
	struct diag_evidence evidence[DIAG_EVIDENCE];
};

struct diag_result {
	unsigned int nr;
	struct diag_verdict verdict[DIAG_VERDICTS];	/* the best first */
};

/* What the engine is asked with. */
struct diag {
	const struct model *model;
	const char *input;	/* file that the commands to go on with read, NULL for live */
	uint64_t lost_ns;	/* when events were last found missing, 0 for never */
	bool stale;		/* and the state has not been taken anew since */
	uint64_t repeats;	/* faults of that device just before, this one not counted */
	uint64_t repeats_ns;	/* in so long a time */
};

/* The rules in the order of the documentation: their names and what each says. */
#define DIAG_RULES(X)								\
	X(never_reserved, "never-reserved",					\
	  "no reservation has the address, and none had it as far back as is known") \
	X(not_bound, "not-bound", "the address is reserved and has no memory")	\
	X(unbound, "unbound", "memory was bound there until somebody unbound it") \
	X(freed, "freed", "the address was reserved until somebody gave it back") \
	X(past_binding, "past-binding", "reserved, behind the end of the memory that is bound") \
	X(past_end, "past-end", "behind the end of a reservation with memory")	\
	X(before_start, "before-start", "before the start of a reservation with memory") \
	X(guard, "guard", "in a guard page of a reservation")			\
	X(read_only, "read-only", "the device wrote where it may only read")	\
	X(write_only, "write-only", "the device read where it may only write")	\
	X(not_active, "not-active", "the device is associated, and not active")	\
	X(saved, "saved", "the context of the device is saved and off its IOMMUs") \
	X(not_associated, "not-associated", "the device is not associated with any context") \
	X(wrong_context, "wrong-context",					\
	  "the address is bound in another context of the device than the active one") \
	X(race, "race", "the mapping changed at the moment of the fault")	\
	X(stale_iotlb, "stale-iotlb",						\
	  "the tables allow the access: an IOTLB may have an old translation")	\
	X(region, "region", "the address is set aside for the device's IOMMU")	\
	X(beyond_mask, "beyond-mask", "the address is wider than the device or its IOMMU can use") \
	X(truncated, "truncated", "the low bits of an address that is bound above 4G") \
	X(null, "null", "an address of page 0: a pointer that was never set")	\
	X(poison, "poison", "an address that is a known poison or error pattern") \
	X(repeating, "repeating", "the device keeps faulting")			\
	X(unknown, "unknown", "nothing that is known explains the fault")

enum diag_rule_id {
#define DIAG_RULE_ENTRY(name, id, text) DIAG_##name,
	DIAG_RULES(DIAG_RULE_ENTRY)
	DIAG_RULE_END
};

struct diag_rule {
	const char *id;
	const char *text;
};

extern const struct diag_rule diag_rules[DIAG_RULE_END];

void diag_run(const struct diag *d, const struct diag_fault *f, struct diag_result *out);

/* diag_fault.c: what is known of a fault that an event, or a record, tells of. */
void diag_of_event(struct diag_fault *f, const struct model *m, const struct vcm_event *ev);
void diag_of_record(struct diag_fault *f, const struct vcm_fault *fault);

const char *diag_confidence_text(enum diag_confidence c);
const char *diag_access_text(enum diag_access a);
/* "1.2 ms"; @buf of 24 */
const char *diag_time_text(char *buf, uint64_t ns);

#endif
