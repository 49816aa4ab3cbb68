# SPDX-License-Identifier: GPL-2.0-only
#
# vcmsim, the static library that it is made of, and the LTTng-UST provider; included by Makefile.
#
#   make vcmsim     $(OUT)/plain/vcmsim; needs a compiler
#   make ust        $(OUT)/ust/libvcm-ust.so; needs liblttng-ust-dev
#   make sim-check  tests of vcmsim and of the event schema
#   make ust-check  tests of the provider and the tracing sessions; needs lttng-tools, babeltrace2

SCENARIO_SRCS := \
	expect.c \
	names.c \
	objects.c \
	parse.c \
	play.c \
	play_dev.c \
	play_phys.c \
	play_res.c \
	soft.c \
	verbs.c \

SOFT_FORMATS := $(notdir $(wildcard $(TOP)/kernel/sim/formats/*.c))

SIM_SRCS := \
	generate.c \
	json.c \
	play.c \
	schema.c \
	state.c \
	vcmsim.c \
	view.c \
	world.c \

LIB_OBJS := \
	$(CORE_SRCS:%.c=core/%.o) \
	$(SHIM_SRCS:%.c=shim/%.o) \
	$(SCENARIO_SRCS:%.c=scenario/%.o) \
	$(SOFT_FORMATS:%.c=fmt/%.o) \

SIM_OBJS := $(SIM_SRCS:%.c=sim/%.o)
PLAIN_OBJS := $(LIB_OBJS) $(SIM_OBJS)

INCLUDES += -I$(TOP)/trace/scenario -I$(TOP)/kernel/sim

.PHONY: vcmsim ust sim-check ust-check

vcmsim: $(OUT)/plain/vcmsim

$(OUT)/%/libvcm-core.a:
	@echo "  AR      $(@:$(OUT)/%=%)"
	$(Q)rm -f $@
	$(Q)ar rcs $@ $^

$(OUT)/%/vcmsim:
	@echo "  LD      $(@:$(OUT)/%=%)"
	$(Q)$(CC) $(BASE) $(FLAGS_$*) $(HOOKS) -o $@ $^

define SIM_FLAVOUR
$(OUT)/$(1)/fmt/%.o: $(TOP)/kernel/sim/formats/%.c $(TOP)/trace/sim.mk
	@echo "  CC      $$(@:$(OUT)/%=%)"
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(BASE) $$(FLAGS_$(1)) $$(INCLUDES) -Wno-unused-parameter \
		-MMD -MP -c -o $$@ $$<

$(OUT)/$(1)/libvcm-core.a: $$(LIB_OBJS:%=$(OUT)/$(1)/%)
$(OUT)/$(1)/vcmsim: $$(SIM_OBJS:%=$(OUT)/$(1)/%) $(OUT)/$(1)/libvcm-core.a
-include $$(PLAIN_OBJS:%.o=$(OUT)/$(1)/%.d)
endef

$(foreach flavour,plain asan,$(eval $(call SIM_FLAVOUR,$(flavour))))

ust: $(OUT)/ust/libvcm-ust.so

$(OUT)/ust/vcm-bench: $(TOP)/trace/ust/bench.c $(OUT)/plain/shim/probe.o
	@echo "  LD      $(@:$(OUT)/%=%)"
	@mkdir -p $(@D)
	$(Q)$(CC) $(BASE) -O2 $(INCLUDES) $(HOOKS) -o $@ $^

$(OUT)/ust/libvcm-ust.so: $(TOP)/trace/ust/provider.c $(TOP)/trace/sim.mk
	@echo "  LD      $(@:$(OUT)/%=%)"
	@mkdir -p $(@D)
	$(Q)$(CC) $(BASE) -O2 -fPIC -shared -Wno-unused-parameter -Wno-address \
		-I$(TOP)/trace/ust $(INCLUDES) \
		-MMD -MP -MF $(@:.so=.d) -o $@ $< -llttng-ust -ldl
-include $(OUT)/ust/libvcm-ust.d

unit: sim-check

sim-check: $(OUT)/asan/vcmsim
	@mkdir -p $(RESULTS)
	$(Q)bash $(TOP)/trace/unit/run.sh $(RESULTS)/unit-sim.tap \
		$(TOP)/trace/sim/check.sh $(OUT)/asan/vcmsim
	$(Q)bash $(TOP)/trace/unit/run.sh $(RESULTS)/unit-schema.tap \
		$(TOP)/trace/sim/schema_check.sh

ust-check: ust $(OUT)/plain/vcmsim $(OUT)/plain/vcm-unit $(OUT)/ust/vcm-bench
	@mkdir -p $(RESULTS)
	$(Q)bash $(TOP)/trace/unit/run.sh $(RESULTS)/ust.tap $(TOP)/trace/ust/check.sh $(OUT)
	$(Q)bash $(TOP)/trace/unit/run.sh $(RESULTS)/ust-bench.tap $(TOP)/trace/ust/bench.sh \
		$(OUT)/ust/vcm-bench $(OUT)/ust/libvcm-ust.so
