// SPDX-License-Identifier: GPL-2.0-only
/*
 * verbs.c - the commands of the language, in the order in which they are explained.
 *
 * Owns the table that the parser, the player, `vcmsim --verbs` and the check of docs/scenarios.md
 * read.
 */
#include "scenario.h"

#define OPT(opt)	((u32)1 << SCN_##opt)

#define WHERE (OPT(AT) | OPT(FROM) | OPT(LIMIT) | OPT(ALIGN) | OPT(BOUNDARY) | OPT(BEFORE) | \
	       OPT(AFTER) | OPT(WITHIN) | OPT(HELD_BY))
#define WHAT (OPT(CACHE) | OPT(CHUNKS) | OPT(CONTIG))
#define HOW (OPT(OFFSET) | OPT(LEN) | OPT(PROT) | OPT(CACHE))

const struct scn_verb scn_verbs[] = {
	{ "holder", "n", 0, "NAME",
	  "somebody whose references are counted by name", scn_play_holder },
	{ "context", "nW", OPT(DRIVER) | OPT(HELD_BY), "NAME FIRST..LAST",
	  "an address space", scn_play_context },
	{ "destroy", "c", OPT(HELD_BY), "CONTEXT",
	  "end a context with all that is in it", scn_play_destroy },
	{ "reserve", "cnS", WHERE | OPT(SUB), "CONTEXT NAME SIZE",
	  "take a range", scn_play_reserve },
	{ "get", "o", OPT(HELD_BY), "OBJECT",
	  "take a reference to a context, reservation or memory", scn_play_get },
	{ "put", "o", OPT(HELD_BY), "OBJECT",
	  "give a reference up", scn_play_put },
	{ "memory", "nS", WHAT | OPT(HELD_BY), "NAME SIZE",
	  "allocate physical memory", scn_play_memory },
	{ "wrap", "nS", OPT(CACHE) | OPT(READONLY) | OPT(HELD_BY), "NAME SIZE",
	  "make memory from elsewhere known", scn_play_wrap },
	{ "bind", "rm", HOW, "RESERVATION MEMORY",
	  "put memory behind a range", scn_play_bind },
	{ "rebind", "rm", HOW, "RESERVATION MEMORY",
	  "put other memory behind it", scn_play_rebind },
	{ "unbind", "r", 0, "RESERVATION",
	  "take the memory away, keep the range", scn_play_unbind },
	{ "map", "cnm", WHERE | OPT(PROT), "CONTEXT NAME MEMORY",
	  "reserve and bind in one step", scn_play_map },
	{ "unmap", "r", OPT(HELD_BY), "RESERVATION",
	  "undo map", scn_play_unmap },
	{ "make-binding", "cnS", WHERE | WHAT | OPT(PROT), "CONTEXT NAME SIZE",
	  "memory, range and binding in one step", scn_play_make_binding },
	{ "destroy-binding", "r", OPT(HELD_BY), "RESERVATION",
	  "undo make-binding", scn_play_destroy_binding },
	{ "vmap", "m", 0, "MEMORY",
	  "map memory into the kernel", scn_play_vmap },
	{ "vunmap", "m", 0, "MEMORY",
	  "undo vmap", scn_play_vunmap },
	{ "take", "rn", 0, "RESERVATION NAME",
	  "a reference to the memory bound there", scn_play_take },
	{ "device", "n", OPT(BEHIND) | OPT(FORMAT) | OPT(APERTURE) | OPT(REGION), "NAME",
	  "a device behind a simulated IOMMU", scn_play_device },
	{ "remove", "d", 0, "DEVICE",
	  "unplug a device", scn_play_remove },
	{ "assoc", "cdn", 0, "CONTEXT DEVICE NAME",
	  "associate a device with a context", scn_play_assoc },
	{ "deassoc", "a", 0, "ASSOCIATION",
	  "end an association", scn_play_deassoc },
	{ "activate", "a", 0, "ASSOCIATION",
	  "let the device use the context; counted", scn_play_activate },
	{ "deactivate", "a", 0, "ASSOCIATION",
	  "end one activation", scn_play_deactivate },
	{ "switch", "aa", 0, "FROM TO",
	  "move a device to another context", scn_play_switch },
	{ "save", "c", 0, "CONTEXT",
	  "take a context off its IOMMUs", scn_play_save },
	{ "restore", "c", 0, "CONTEXT",
	  "put it back", scn_play_restore },
	{ "read", "dA", 0, "DEVICE IOVA",
	  "the device reads", scn_play_read },
	{ "write", "dA", 0, "DEVICE IOVA",
	  "the device writes", scn_play_write },
	{ "find", "cA?r", 0, "CONTEXT IOVA [RESERVATION]",
	  "whose address is it", scn_play_find },
	{ "translate", "cAc?A", 0, "CONTEXT IOVA OTHER [IOVA]",
	  "the same memory in another context", scn_play_translate },
	{ "visit", "oU", 0, "OBJECT COUNT",
	  "count the reservations of a context or memory", scn_play_visit },
};

const u32 scn_nr_verbs = ARRAY_SIZE(scn_verbs);
