/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * story.h - a model that lives through what a test tells: one call, one thing that happens.
 *
 * Time goes on by a millisecond before each, and by as much as story_wait() says.  Who does it is
 * the actor.  A context has one stream, with the number of the context.
 */
#ifndef VCMSTAT_STORY_H
#define VCMSTAT_STORY_H

#include "diag.h"

#define STORY_CONTEXTS 8

struct story {
	struct model model;
	uint64_t now;
	uint64_t registry_seq;
	uint64_t seq[STORY_CONTEXTS];
	uint64_t next_id;
	uint32_t pid;
	const char *comm;
	struct vcm_event last;		/* the last event */
	bool muted;			/* events take their number and are lost */
	void (*emit)(void *arg, const struct vcm_event *ev);	/* hears them too, if set */
	void *arg;
};

void story_begin(struct story *s);
void story_end(struct story *s);
void story_wait(struct story *s, uint64_t ns);
void story_actor(struct story *s, uint32_t pid, const char *comm);

/* A window of 64 GiB from 0. */
uint32_t story_context(struct story *s);
void story_destroy(struct story *s, uint32_t vcm);
uint32_t story_device(struct story *s, uint32_t dev, const char *name);
uint64_t story_reserve(struct story *s, uint32_t vcm, uint64_t start, uint64_t len);
uint64_t story_reserve_how(struct story *s, uint32_t vcm, uint64_t start, uint64_t len,
			   uint32_t flags, uint32_t guard);
void story_unreserve(struct story *s, uint32_t vcm, uint64_t res);
/* With one map, as if one device were active. */
void story_bind(struct story *s, uint32_t vcm, uint64_t res, uint64_t len, uint32_t prot);
void story_unbind(struct story *s, uint32_t vcm, uint64_t res);
uint64_t story_assoc(struct story *s, uint32_t vcm, uint32_t dev);
void story_deassoc(struct story *s, uint64_t assoc);
void story_activate(struct story *s, uint64_t assoc);
void story_deactivate(struct story *s, uint64_t assoc);
void story_switch(struct story *s, uint64_t from, uint64_t to);
void story_save(struct story *s, uint32_t vcm);
void story_restore(struct story *s, uint32_t vcm);

/* A fault of now that the IOMMU tells of, byte for byte; tests change what they want. */
struct diag_fault story_fault(const struct story *s, const char *device, uint64_t iova,
			      enum diag_access access);

#endif
