# SPDX-License-Identifier: GPL-2.0-only
#
# The torture, see torture.h; included by the Makefile above.
#
#   make unit-torture    lives under the address sanitizer, S=N seconds of them

TORTURE_SRCS := \
	life.c \
	routines.c \
	torture.c \
	verify.c \

# The core, and what watches it in the unit tests.
TORTURE_OBJS := \
	$(CORE_SRCS:%.c=core/%.o) \
	$(SHIM_SRCS:%.c=shim/%.o) \
	unit/checks.o \
	unit/fake.o \
	unit/model.o \
	unit/model_assoc.o \
	unit/state.o \
	unit/unit.o \
	$(TORTURE_SRCS:%.c=torture/%.o) \

INCLUDES += -I$(TOP)/trace/unit

.PHONY: unit-torture

unit-torture: $(OUT)/asan/vcm-torture
	@mkdir -p $(RESULTS)
	$(Q)bash $(TOP)/trace/unit/run.sh $(RESULTS)/unit-torture.tap $< $(if $(S),-t $(S))

define TORTURE
$(OUT)/$(1)/vcm-torture: $$(TORTURE_OBJS:%=$(OUT)/$(1)/%)
	@echo "  LD      $$(@:$(OUT)/%=%)"
	$$(Q)$$(CC) $$(BASE) $$(FLAGS_$(1)) -o $$@ $$^

-include $$(TORTURE_SRCS:%.c=$(OUT)/$(1)/torture/%.d)
endef

$(foreach flavour,asan tsan plain,$(eval $(call TORTURE,$(flavour))))
