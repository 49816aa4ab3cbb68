# SPDX-License-Identifier: GPL-2.0-only
#
# The page-table formats of kernel/sim/formats in user space; included by trace/Makefile.
#
#   make unit-formats    build and run their tests, under the address and thread sanitizers
#   VCM_OPS=N            so many random calls for each format instead of a small number
#   FORMATS=DIR          another copy of kernel/sim, to see whether a defect would be noticed

FORMATS ?= $(TOP)/kernel/sim

FORMAT_SRCS := \
	armv7s.c \
	iotlb.c \
	map.c \
	omap.c \
	table.c \
	tce.c \
	unmap.c \
	visit.c \
	walk.c \
	x86.c \

FORMAT_TESTS := \
	bank.c \
	check.c \
	encode.c \
	edges.c \
	split.c \
	walk.c \
	fail_nth.c \
	iotlb.c \
	iotlb_model.c \
	threads.c \
	random.c \

# The same random test that vcm_fmt_test.ko runs.
CHURN_SRCS := \
	churn.c \
	churn_calls.c \

FORMAT_OBJS := \
	$(FORMAT_SRCS:%.c=pt/%.o) \
	$(CHURN_SRCS:%.c=churn/%.o) \
	$(FORMAT_TESTS:%.c=formats/%.o) \
	shim/os.o \
	unit/checks.o \
	unit/main.o \

INCLUDES += -I$(FORMATS) -I$(TOP)/trace/unit

.PHONY: unit-formats

unit: unit-formats

unit-formats: $(OUT)/asan/vcm-formats $(OUT)/tsan/vcm-formats
	@mkdir -p $(RESULTS)
	$(Q)bash $(TOP)/trace/unit/run.sh $(RESULTS)/unit-formats.tap $< $(T)
	$(Q)bash $(TOP)/trace/unit/run.sh $(RESULTS)/unit-formats-tsan.tap \
		$(OUT)/tsan/vcm-formats threads.

# A format need not use every argument of its ops.
define FORMAT_FLAVOUR
$(OUT)/$(1)/vcm-formats: $$(FORMAT_OBJS:%=$(OUT)/$(1)/%)
	@echo "  LD      $$(@:$(OUT)/%=%)"
	$$(Q)$$(CC) $$(BASE) $$(FLAGS_$(1)) -o $$@ $$^

$(OUT)/$(1)/pt/%.o: $(FORMATS)/formats/%.c $(TOP)/trace/Makefile
	@echo "  CC      $$(@:$(OUT)/%=%)"
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(BASE) $$(FLAGS_$(1)) $$(INCLUDES) -MMD -MP -c -o $$@ $$<

$(OUT)/$(1)/churn/%.o: $(FORMATS)/test/%.c $(TOP)/trace/Makefile
	@echo "  CC      $$(@:$(OUT)/%=%)"
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(BASE) $$(FLAGS_$(1)) $$(INCLUDES) -MMD -MP -c -o $$@ $$<


$(OUT)/$(1)/pt/%.o $(OUT)/$(1)/churn/%.o $(OUT)/$(1)/formats/%.o: BASE += -Wno-unused-parameter

-include $$(FORMAT_OBJS:%.o=$(OUT)/$(1)/%.d)
endef

$(foreach flavour,asan tsan cov,$(eval $(call FORMAT_FLAVOUR,$(flavour))))
