// SPDX-License-Identifier: GPL-2.0-only
/* golden.c - see golden.h. */
#include <stdlib.h>
#include <string.h>

#include "gen.h"
#include "golden.h"
#include "model.h"
#include "tap.h"

static char *text;
static size_t text_len;

FILE *golden_begin(void)
{
	free(text);
	text = NULL;
	return open_memstream(&text, &text_len);
}

static char *slurp(const char *path)
{
	FILE *in = fopen(path, "r");
	char *buf = xcalloc(1, 1 << 16);
	size_t len = in ? fread(buf, 1, (1 << 16) - 1, in) : 0;

	if (in)
		fclose(in);
	buf[len] = '\0';
	return buf;
}

void golden_compare(const char *name)
{
	const char *dir = getenv("VCMSTAT_GOLDEN");
	char path[512], *want;
	size_t at;

	CHECK(dir != NULL);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (getenv("VCMSTAT_GOLDEN_WRITE")) {
		FILE *out = fopen(path, "w");

		CHECK(out != NULL);
		fputs(text, out);
		fclose(out);
		return;
	}
	want = slurp(path);
	for (at = 0; text[at] && text[at] == want[at]; at++)
		;
	if (text[at] != want[at])
		tap_note("%s differs at byte %zu: '%.60s' in place of '%.60s'", name, at, text + at,
			 want + at);
	CHECK(text[at] == want[at]);
	free(want);
}

const char *golden_text(void)
{
	return text;
}

void golden_end(void)
{
	free(text);
	text = NULL;
}

unsigned int golden_widest(void)
{
	unsigned int max = 0;
	const char *line = text, *end;

	for (; (end = strchr(line, '\n')); line = end + 1) {
		if ((unsigned int)(end - line) > max)
			max = (unsigned int)(end - line);
	}
	return max;
}

void golden_scene(struct model *m)
{
	struct error err = { 0 };
	struct gen g;
	size_t len;
	void *buf;

	gen_scene(&g);
	buf = gen_snapshot(&g, &len);
	model_init(m);
	CHECK_EQ(model_load(m, buf, len, &err), 0);
	free(buf);
}
