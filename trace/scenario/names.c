// SPDX-License-Identifier: GPL-2.0-only
/*
 * names.c - words of the language that stand for numbers: options, choices, outcomes, errors.
 *
 * Types of a value: S size in bytes, A address, W range, U number, h holder, r reservation,
 * m memory or "none", L list of chunk sizes, P protection, C cache attribute, D driver,
 * B yes or no, n a name, - no value at all.
 */
#include "scenario.h"

struct scn_word {
	const char *word;
	char type;
};

static const struct scn_word scn_opts[SCN_OPTS] = {
	[SCN_AT] = { "at", 'A' },
	[SCN_FROM] = { "from", 'A' },
	[SCN_LIMIT] = { "limit", 'A' },
	[SCN_ALIGN] = { "align", 'S' },
	[SCN_BOUNDARY] = { "boundary", 'S' },
	[SCN_BEFORE] = { "guard-before", 'S' },
	[SCN_AFTER] = { "guard-after", 'S' },
	[SCN_SUB] = { "sub", '-' },
	[SCN_WITHIN] = { "within", 'r' },
	[SCN_HELD_BY] = { "holder", 'h' },
	[SCN_OFFSET] = { "off", 'S' },
	[SCN_LEN] = { "len", 'S' },
	[SCN_PROT] = { "prot", 'P' },
	[SCN_CACHE] = { "cache", 'C' },
	[SCN_CHUNKS] = { "chunks", 'L' },
	[SCN_CONTIG] = { "contig", '-' },
	[SCN_READONLY] = { "readonly", '-' },
	[SCN_DRIVER] = { "driver", 'D' },
	[SCN_BEHIND] = { "iommu", 'U' },
	[SCN_APERTURE] = { "aperture", 'W' },
	[SCN_REGION] = { "region", 'W' },
	[SCN_FORMAT] = { "format", 'n' },
};

static const struct scn_word scn_keys[SCN_KEYS] = {
	[SCN_KEY_REFS] = { "refs", 'U' },
	[SCN_KEY_AT] = { "at", 'A' },
	[SCN_KEY_LEN] = { "len", 'S' },
	[SCN_KEY_BOUND] = { "bound", 'S' },
	[SCN_KEY_OFF] = { "off", 'S' },
	[SCN_KEY_PROT] = { "prot", 'P' },
	[SCN_KEY_MAPPED] = { "mapped", 'U' },
	[SCN_KEY_MEMORY] = { "memory", 'm' },
	[SCN_KEY_RESERVATIONS] = { "reservations", 'U' },
	[SCN_KEY_DOMAINS] = { "domains", 'U' },
	[SCN_KEY_SAVED] = { "saved", 'B' },
	[SCN_KEY_ACTIVE] = { "active", 'U' },
	[SCN_KEY_FAULTS] = { "faults", 'U' },
};

struct scn_choice {
	char type;
	const char *word;
	int value;
};

static const struct scn_choice scn_choices[] = {
	{ 'P', "r", VCM_PROT_READ },
	{ 'P', "w", VCM_PROT_WRITE },
	{ 'P', "rw", VCM_PROT_READ | VCM_PROT_WRITE },
	{ 'P', "none", 0 },
	{ 'C', "wb", VCM_CACHE_WB },
	{ 'C', "wc", VCM_CACHE_WC },
	{ 'C', "uc", VCM_CACHE_UC },
	{ 'D', "iommu", VCM_DRIVER_IOMMU },
	{ 'D', "o2o", VCM_DRIVER_O2O },
	{ 'D', "vmm", VCM_DRIVER_VMM },
	{ 'D', "contig", VCM_DRIVER_CONTIG },
	{ 'B', "no", 0 },
	{ 'B', "yes", 1 },
};

#define ERR(err) { 0, #err, -err }

static const struct scn_choice scn_errors[] = {
	ERR(EADDRINUSE), ERR(EALREADY), ERR(EBUSY), ERR(EEXIST), ERR(EINVAL), ERR(EIO), ERR(ENODEV),
	ERR(ENOENT), ERR(ENOMEM), ERR(ENOSPC), ERR(ENOTRECOVERABLE), ERR(ENXIO), ERR(EOPNOTSUPP),
	ERR(EOVERFLOW), ERR(EPERM), ERR(ERANGE), ERR(EACCES),
	{ 0, "ok", 0 },
	{ 0, "fault", SCN_FAULT },
	{ 0, "off", SCN_OFF },
};

/* The outcome that @word names.  Return: 0, or -1 when it names none. */
int scn_outcome(const char *word, int *outcome)
{
	for (u32 i = 0; i < ARRAY_SIZE(scn_errors); i++) {
		if (strcmp(scn_errors[i].word, word))
			continue;
		*outcome = scn_errors[i].value;
		return 0;
	}
	return -1;
}

/* The word for an outcome. */
const char *scn_errno_name(int err)
{
	for (u32 i = 0; i < ARRAY_SIZE(scn_errors); i++)
		if (scn_errors[i].value == err)
			return scn_errors[i].word;
	return "an unknown error";
}

static int scn_word_find(const struct scn_word *words, u32 nr, const char *word)
{
	for (u32 i = 0; i < nr; i++)
		if (!strcmp(words[i].word, word))
			return i;
	return -1;
}

int scn_opt_find(const char *word)
{
	return scn_word_find(scn_opts, SCN_OPTS, word);
}

char scn_opt_type(enum scn_opt opt)
{
	return scn_opts[opt].type;
}

const char *scn_opt_name(enum scn_opt opt)
{
	return scn_opts[opt].word;
}

int scn_key_find(const char *word)
{
	return scn_word_find(scn_keys, SCN_KEYS, word);
}

char scn_key_type(enum scn_key key)
{
	return scn_keys[key].type;
}

const char *scn_key_name(enum scn_key key)
{
	return scn_keys[key].word;
}

/* The value of a choice, or -1. */
int scn_choice(char type, const char *word)
{
	for (u32 i = 0; i < ARRAY_SIZE(scn_choices); i++)
		if (scn_choices[i].type == type && !strcmp(scn_choices[i].word, word))
			return scn_choices[i].value;
	return -1;
}

/* Text that ends where the room does. */
struct scn_out {
	char *at;
	size_t room;
};

static void scn_put_text(struct scn_out *out, const char *text)
{
	while (*text && out->room > 1) {
		*out->at++ = *text++;
		out->room--;
	}
	*out->at = '\0';
}

static void scn_put_hex(struct scn_out *out, u64 value)
{
	char digits[19], *at = digits + sizeof(digits) - 1;

	*at = '\0';
	do {
		*--at = "0123456789abcdef"[value & 15];
		value >>= 4;
	} while (value);
	*--at = 'x';
	*--at = '0';
	scn_put_text(out, at);
}

static void scn_put_value(struct scn_out *out, const struct scn_error *error, u64 value)
{
	if (error->outcome)
		scn_put_text(out, scn_errno_name((int)(s64)value));
	else
		scn_put_hex(out, value);
}

/* Write "what 'near': GOT instead of WANT" to @text. */
void scn_error_text(const struct scn_error *error, char *text, size_t room)
{
	struct scn_out out = { text, room };

	*text = '\0';
	scn_put_text(&out, error->what ? error->what : "nothing is wrong");
	if (error->near[0]) {
		scn_put_text(&out, " '");
		scn_put_text(&out, error->near);
		scn_put_text(&out, "'");
	}
	if (!error->outcome && !error->number)
		return;
	scn_put_text(&out, ": ");
	scn_put_value(&out, error, error->got);
	scn_put_text(&out, " instead of ");
	scn_put_value(&out, error, error->want);
}
