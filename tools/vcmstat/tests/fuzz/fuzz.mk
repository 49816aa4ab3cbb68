# SPDX-License-Identifier: GPL-2.0-only
#
# Fuzz targets of vcmstat (libFuzzer, so clang); trace/fuzz/run.sh runs them.  Included by the
# Makefile of vcmstat: `make -C tools/vcmstat fuzz`.

# What each takes is in its file.
FUZZ := \
	ndjson \
	recording \
	snapshot

CLANG     ?= $(firstword $(foreach c,clang-16 clang-19 clang,$(shell command -v $(c))))
FUZZFLAGS := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
FUZZINC   := $(INC) -DVERSION='"$(VERSION)"' -DREPORT='"$(here)/report"'
fuzz_objs := $(PURE:%=$(OUT)/fuzz/%.o) $(OUT)/fuzz/use.o

.PHONY: fuzz clean-fuzz

fuzz: $(FUZZ:%=$(OUT)/fuzz/fuzz-%)

$(OUT)/fuzz:
	$(Q)mkdir -p $@

$(OUT)/fuzz/%.o: $(here)/%.c | $(OUT)/fuzz
	$(Q)$(CLANG) $(STD) $(FUZZFLAGS) $(WARN) $(FUZZINC) -MMD -MP -c $< -o $@

$(OUT)/fuzz/%.o: $(here)/tests/fuzz/%.c | $(OUT)/fuzz
	$(call say,CC,fuzz/$(notdir $@))
	$(Q)$(CLANG) $(STD) $(FUZZFLAGS) $(WARN) $(FUZZINC) -MMD -MP -c $< -o $@

$(OUT)/fuzz/fuzz-%: $(OUT)/fuzz/%.o $(fuzz_objs)
	$(Q)$(CLANG) $(FUZZFLAGS) -fsanitize=fuzzer $(LDFLAGS) $^ -o $@

clean: clean-fuzz

clean-fuzz:
	$(Q)rm -rf $(OUT)/fuzz

-include $(wildcard $(OUT)/fuzz/*.d)
