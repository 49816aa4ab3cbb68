/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * scenario.h - scenarios: text that says what to do with the API of vcm.h, and what must come
 * of it.  docs/scenarios.md is the language.
 *
 * The files of this folder are pure: they know vcm.h and the seam (vcm_os.h) and nothing else, so
 * that a program and a kernel module play the same text in the same way.  What differs between
 * the two is in struct scn_host.
 *
 * A scenario is checked as a whole before its first command runs.  Objects have names; the player
 * counts the references that a scenario holds under each name, and never uses a pointer after the
 * last of them was given up.  scn_end() gives everything up, in an order that depends on nothing
 * but the scenario.
 *
 * Locking: none; one player is used by one thread.
 */
#ifndef SCENARIO_H
#define SCENARIO_H

#include "vcm_os.h"
#include "vcm.h"

#define SCN_NAME	32	/* bytes of a name, with the terminating zero */
#define SCN_LINE	256	/* bytes of a line */
#define SCN_OBJECTS	256	/* names that a scenario may use */
#define SCN_HOLDS	512	/* pairs of an object and a holder */
#define SCN_ARGS	4
#define SCN_CHECKS	8

enum scn_kind {
	SCN_CONTEXT = 1,
	SCN_RES,
	SCN_PHYS,
	SCN_ASSOC,
	SCN_DEVICE,
	SCN_HOLDER,
};

/* Outcomes of a command beside 0 and -errno. */
#define SCN_FAULT	1	/* the access faulted */
#define SCN_OFF		2	/* the device is attached to nothing */
#define SCN_BAD		3	/* the command makes no sense here; scn.error says why */
#define SCN_ANY		4	/* only as what is wanted: whatever comes, SCN_BAD included */

enum scn_opt {
	SCN_AT, SCN_FROM, SCN_LIMIT, SCN_ALIGN, SCN_BOUNDARY, SCN_BEFORE, SCN_AFTER, SCN_SUB,
	SCN_WITHIN, SCN_HELD_BY, SCN_OFFSET, SCN_LEN, SCN_PROT, SCN_CACHE, SCN_CHUNKS, SCN_CONTIG,
	SCN_READONLY, SCN_DRIVER, SCN_BEHIND, SCN_APERTURE, SCN_REGION,
	SCN_FORMAT, SCN_OPTS
};

enum scn_key {
	SCN_KEY_REFS, SCN_KEY_AT, SCN_KEY_LEN, SCN_KEY_BOUND, SCN_KEY_OFF, SCN_KEY_PROT,
	SCN_KEY_MAPPED, SCN_KEY_MEMORY, SCN_KEY_RESERVATIONS, SCN_KEY_DOMAINS, SCN_KEY_SAVED,
	SCN_KEY_ACTIVE, SCN_KEY_FAULTS, SCN_KEYS
};

/**
 * struct scn_arg - a name, a number, or both: NAME+NUMBER
 * @name: empty for a plain number
 * @num:  the number, or the first of a range
 * @last: last of a range, inclusive
 */
struct scn_arg {
	char name[SCN_NAME];
	u64 num;
	u64 last;
};

/**
 * struct scn_check - one thing to look at
 * @key:  what
 * @want: how it has to be
 */
struct scn_check {
	enum scn_key key;
	struct scn_arg want;
};

struct scn;
struct scn_cmd;

/**
 * struct scn_verb - a command of the language
 * @name:  first word
 * @args:  a letter for each argument, see parse.c; after '?' they may be missing
 * @opts:  options that it takes, bit n for enum scn_opt n
 * @usage: arguments for people
 * @text:  what it does
 * @play:  do it. Return: 0, -errno or SCN_*
 */
struct scn_verb {
	const char *name;
	const char *args;
	u32 opts;
	const char *usage;
	const char *text;
	int (*play)(struct scn *scn, const struct scn_cmd *cmd);
};

/**
 * struct scn_cmd - one line of a scenario
 * @line:  its number, from 1
 * @verb:  what to do; NULL for a look at an object
 * @want:  outcome that it must have
 * @nr_arg: arguments given
 * @given: options given, a bit each
 * @arg:   arguments
 * @opt:   values of options
 * @nr_check: length of @check
 * @check: what to look at
 */
struct scn_cmd {
	u32 line;
	const struct scn_verb *verb;
	int want;
	u32 nr_arg;
	u32 given;
	struct scn_arg arg[SCN_ARGS];
	struct scn_arg opt[SCN_OPTS];
	u32 nr_check;
	struct scn_check check[SCN_CHECKS];
};

/**
 * struct scn_error - why a scenario ended early
 * @line: where, 0 for the end of the scenario
 * @what: what is wrong; NULL for nothing
 * @near: the word that it is about, may be empty
 * @outcome: @want and @got are outcomes
 * @number:  @want and @got are numbers
 * @want: what was expected
 * @got:  what came
 */
struct scn_error {
	u32 line;
	const char *what;
	char near[SCN_NAME];
	bool outcome;
	bool number;
	u64 want;
	u64 got;
};

/**
 * struct scn_host - what a program and a module do in their own ways
 * @foreign:      make physically contiguous memory for "wrap".  Return: 0 or -errno
 * @foreign_free: give it back
 * @vmm:          the driver that "driver vmm" means
 * @line:         a line is about to be played, or only to be read; optional
 * @after:        a command was played.  Return: NULL, or what is wrong with the world; optional
 * @data:         for @line and @after
 */
struct scn_host {
	int (*foreign)(u64 len, u64 *pa);
	void (*foreign_free)(u64 pa, u64 len);
	const struct vcm_driver *vmm;
	void (*line)(void *data, u32 line, const char *text, size_t len);
	const char *(*after)(void *data);
	void *data;
};

/**
 * struct scn_object - what a name stands for
 * @name:   of the scenario
 * @kind:   what it is
 * @ptr:    the thing
 * @held:   references that the scenario has to it; 0 when it is gone
 * @vmaps:  kernel mappings of memory that the scenario has made
 * @faults: faults that were told of, of a context or device
 * @dead:   a context that the scenario has destroyed
 */
struct scn_object {
	char name[SCN_NAME];
	enum scn_kind kind;
	void *ptr;
	u32 held;
	u32 vmaps;
	u64 faults;
	bool dead;
};

/**
 * struct scn_hold - references by holder
 * @object: index into scn.object
 * @holder: likewise, of the holder, or SCN_NOBODY
 * @count:  how many
 */
struct scn_hold {
	u32 object;
	u32 holder;
	u32 count;
};

#define SCN_NOBODY ((u32)~0)

/**
 * struct scn - a player
 * @host:      what is around it
 * @error:     why it ended early
 * @commands:  commands played
 * @nr_object: length of @object
 * @object:    names, in the order of their first use
 * @nr_hold:   length of @hold
 * @hold:      references
 * @cmd:       the line at hand
 */
struct scn {
	const struct scn_host *host;
	struct scn_error error;
	u64 commands;
	u32 nr_object;
	struct scn_object object[SCN_OBJECTS];
	u32 nr_hold;
	struct scn_hold hold[SCN_HOLDS];
	struct scn_cmd cmd;
};

extern const struct scn_verb scn_verbs[];
extern const u32 scn_nr_verbs;

/* Each returns 0, or -1 with the error filled in. */
int scn_check(struct scn *scn, const char *text, size_t len);
int scn_play(struct scn *scn, const char *text, size_t len);
int scn_end(struct scn *scn);

void scn_init(struct scn *scn, const struct scn_host *host);
const char *scn_errno_name(int err);
/* Write "what 'near': 3 instead of 2" to @text. */
void scn_error_text(const struct scn_error *error, char *text, size_t room);

/* Names of options and keys, for parse.c and messages. */
const char *scn_key_name(enum scn_key key);
const char *scn_opt_name(enum scn_opt opt);

/* parse.c: one line.  Return: 1 for a command in *@cmd, 0 for none, -1 for an error. */
int scn_parse(const char *line, size_t len, struct scn_cmd *cmd, struct scn_error *error);
/* names.c: numbers of words; -1 when there is no such. */
int scn_outcome(const char *word, int *outcome);
int scn_opt_find(const char *word);
char scn_opt_type(enum scn_opt opt);
int scn_key_find(const char *word);
char scn_key_type(enum scn_key key);
int scn_choice(char type, const char *word);

/* objects.c */
int scn_bad(struct scn *scn, const char *what, const char *near);
struct scn_object *scn_find(struct scn *scn, const char *name, enum scn_kind kind);
struct scn_object *scn_find_any(struct scn *scn, const char *name);
struct scn_object *scn_find_ptr(struct scn *scn, const void *ptr);
struct scn_object *scn_new(struct scn *scn, const char *name, enum scn_kind kind);
int scn_made(struct scn *scn, struct scn_object *object, void *ptr, u32 holder);
u32 scn_index(const struct scn *scn, const struct scn_object *object);
int scn_hold_add(struct scn *scn, const struct scn_object *object, u32 holder);
void scn_hold_drop(struct scn *scn, struct scn_object *object, u32 holder);
bool scn_holds(struct scn *scn, const struct scn_object *object, u32 holder);
/* The holder of an option: 0 with index and pointer, or SCN_BAD. */
int scn_holder_of(struct scn *scn, const struct scn_cmd *cmd, u32 *index,
		  struct vcm_holder **holder);
int scn_iova(struct scn *scn, const struct scn_arg *arg, u64 *iova);

/* play_*.c: what the table of verbs names. */
int scn_play_context(struct scn *scn, const struct scn_cmd *cmd);
int scn_play_destroy(struct scn *scn, const struct scn_cmd *cmd);
int scn_play_holder(struct scn *scn, const struct scn_cmd *cmd);
int scn_play_reserve(struct scn *scn, const struct scn_cmd *cmd);
int scn_play_get(struct scn *scn, const struct scn_cmd *cmd);
int scn_play_put(struct scn *scn, const struct scn_cmd *cmd);
int scn_play_memory(struct scn *scn, const struct scn_cmd *cmd);
int scn_play_wrap(struct scn *scn, const struct scn_cmd *cmd);
int scn_play_bind(struct scn *scn, const struct scn_cmd *cmd);
int scn_play_rebind(struct scn *scn, const struct scn_cmd *cmd);
int scn_play_unbind(struct scn *scn, const struct scn_cmd *cmd);
int scn_play_map(struct scn *scn, const struct scn_cmd *cmd);
int scn_play_unmap(struct scn *scn, const struct scn_cmd *cmd);
int scn_play_make_binding(struct scn *scn, const struct scn_cmd *cmd);
int scn_play_destroy_binding(struct scn *scn, const struct scn_cmd *cmd);
int scn_play_vmap(struct scn *scn, const struct scn_cmd *cmd);
int scn_play_vunmap(struct scn *scn, const struct scn_cmd *cmd);
int scn_play_take(struct scn *scn, const struct scn_cmd *cmd);
int scn_play_find(struct scn *scn, const struct scn_cmd *cmd);
int scn_play_translate(struct scn *scn, const struct scn_cmd *cmd);
int scn_play_visit(struct scn *scn, const struct scn_cmd *cmd);
int scn_play_device(struct scn *scn, const struct scn_cmd *cmd);
int scn_play_remove(struct scn *scn, const struct scn_cmd *cmd);
int scn_play_assoc(struct scn *scn, const struct scn_cmd *cmd);
int scn_play_deassoc(struct scn *scn, const struct scn_cmd *cmd);
int scn_play_activate(struct scn *scn, const struct scn_cmd *cmd);
int scn_play_deactivate(struct scn *scn, const struct scn_cmd *cmd);
int scn_play_switch(struct scn *scn, const struct scn_cmd *cmd);
int scn_play_save(struct scn *scn, const struct scn_cmd *cmd);
int scn_play_restore(struct scn *scn, const struct scn_cmd *cmd);
int scn_play_read(struct scn *scn, const struct scn_cmd *cmd);
int scn_play_write(struct scn *scn, const struct scn_cmd *cmd);
int scn_play_expect(struct scn *scn, const struct scn_cmd *cmd);

#endif
