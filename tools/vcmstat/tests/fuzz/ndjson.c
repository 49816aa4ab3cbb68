// SPDX-License-Identifier: GPL-2.0-only
/* ndjson.c - fuzz target: the bytes are what 'vcmstat events --json' prints. */
#include "use.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	fuzz_play(data, size);
	return 0;
}
