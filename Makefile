# SPDX-License-Identifier: GPL-2.0-only
#
# The one entry point.  Every target first makes sure that what it needs is installed and then
# delegates; all output goes to build/.  `make help` lists the targets, V=1 shows the commands, and
# T="bind edu" makes kselftest and check-debug run only those programs.

top     := $(abspath $(dir $(lastword $(MAKEFILE_LIST))))
build   := $(top)/build
results := $(build)/results
setup   := $(top)/selftests/setup
vm      := $(top)/selftests/vm
packaging := $(top)/tools/packaging

# The kernel that the guest boots is the kernel that the modules are built for.
KVER ?= $(shell $(vm)/boot.sh --print-kernel)
KDIR ?= /usr/src/linux-headers-$(KVER)

Q := $(if $(V),,@)
quiet := $(if $(V),,-s)
MAKEFLAGS += --no-print-directory
ifdef V
export V
endif

tiers := $(addprefix setup-, \
	unit \
	valgrind \
	fuzz \
	ust \
	modules \
	tools \
	outputs \
	html \
	vm \
	kselftest \
	debug \
	uml \
	bench \
	matrix \
	package \
	deb \
	lint \
	)

# Every target but the tiers is a word in the help.
.DEFAULT_GOAL := help
.PHONY: $(shell sed -n 's/^\([a-z-]*\):.*\#\# .*/\1/p' $(top)/Makefile)
.PHONY: $(tiers)

help: ## this text
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1|\2/p' $(top)/Makefile | \
		awk -F'|' '{ printf "%-16s %s\n", $$1, $$2 }'

demo: setup-vm modules tools client ## real DMA through an emulated IOMMU; live on a terminal
	$(Q)$(vm)/demo.sh --kernel $(KVER)

check: ## all tests of the default tier; the last line is "N passed, N failed"
	$(Q)$(setup)/check.sh

check-wide: ## check, uml, package-check, check-debug-short, matrix-short; the same last line
	$(Q)$(setup)/check.sh --wide

unit: setup-unit ## the core in user space, with sanitizers; no root, no guest
	$(Q)$(MAKE) $(quiet) -C trace OUT=$(build)/trace RESULTS=$(results) unit

unit-long: setup-unit ## ten million random calls against the oracle, VCM_OPS=N for another number
	$(Q)$(MAKE) $(quiet) -C trace OUT=$(build)/trace RESULTS=$(results) unit-long

coverage: setup-unit ## lines and branches of the core that the tests reach; part of unit
	$(Q)$(MAKE) $(quiet) -C trace OUT=$(build)/trace RESULTS=$(results) coverage

mutate: setup-unit ## defects put into the core one by one, and which test notices each
	$(Q)$(setup)/tap.sh mutate $(top)/trace/mutate/mutate.sh

valgrind: setup-valgrind ## the unit tests under valgrind
	$(Q)$(MAKE) $(quiet) -C trace OUT=$(build)/trace RESULTS=$(results) valgrind

fuzz: setup-fuzz ## fuzz targets, all or T="name", for S=10 seconds each
	$(Q)$(MAKE) $(quiet) -C tools/vcmstat OUT=$(build)/vcmstat fuzz
	$(Q)$(MAKE) $(quiet) -C trace/fuzz OUT=$(build)/fuzz
	$(Q)$(setup)/tap.sh fuzz $(top)/trace/fuzz/run.sh

ust-check: setup-ust ## LTTng-UST tracepoints and sessions of the core in user space; what they cost
	$(Q)$(MAKE) $(quiet) -C trace OUT=$(build)/trace RESULTS=$(results) ust-check

tools-check: setup-outputs vcmsim
tools-check: ## vcmstat without a kernel, and its formats by the programs they are for
	$(Q)$(MAKE) $(quiet) -C tools/vcmstat OUT=$(build)/vcmstat RESULTS=$(results) \
		SIM=$(build)/trace check

html-check: setup-html ## the HTML report of vcmstat in a browser without a screen
	$(Q)$(MAKE) $(quiet) -C tools/vcmstat OUT=$(build)/vcmstat RESULTS=$(results) html-check

runner-check: setup-vm ## the guest runner, the gate on its log and the counting of results
	$(Q)$(setup)/tap.sh tally $(setup)/tally_test.sh
	$(Q)$(setup)/tap.sh splat $(vm)/splat_test.sh
	$(Q)$(setup)/tap.sh boot $(vm)/boot_test.sh

kselftest: setup-kselftest modules tools programs diff-record
kselftest: ## kselftests in a guest; kernel log and leaks too
	$(Q)T="$(T)" $(vm)/kselftest.sh --kernel $(KVER)

check-debug: setup-debug tools client
check-debug: ## kselftests under a kernel with KASAN, lockdep, kmemleak and more
	$(Q)T="$(T)" $(vm)/check-debug.sh

check-debug-short: setup-debug tools client
check-debug-short: ## check-debug without the programs that take long there
	$(Q)$(vm)/check-debug.sh --short

uml: setup-uml programs ## core, allocator and formats under User-mode Linux with KASAN and lockdep
	$(Q)T="$(T)" $(top)/selftests/uml/uml.sh

matrix: setup-matrix tools programs ## other kernels, IOMMUs and architectures, L="legs" for some
	$(Q)L="$(L)" T="$(T)" $(top)/selftests/matrix/matrix.sh

matrix-short: setup-matrix tools programs ## all legs of the matrix with few of its kselftests
	$(Q)L="$(L)" $(top)/selftests/matrix/matrix.sh --short

package-check: setup-package deb ## the packages in a clean Debian 13: install, boot, remove
	$(Q)$(top)/selftests/matrix/package.sh

bench: setup-bench modules tools ## the range allocator beside every peer, one boot each way
	$(Q)$(MAKE) $(quiet) -C trace OUT=$(build)/trace $(build)/trace/bench/vcm-bench
	$(Q)$(MAKE) $(quiet) -C kernel OUT=$(build)/kernel-noprobe KDIR=$(KDIR) VCM_NOPROBE=y
	$(Q)$(top)/selftests/bench/bench.sh --kernel $(KVER)

lint: setup-lint ## checkpatch, sparse, W=1, kernel-doc, include arrows, sizes and more
	$(Q)$(setup)/tap.sh lint $(top)/selftests/lint/lint.sh $(KDIR)

vm: setup-vm modules tools client ## a root shell in the guest, modules loaded
	$(Q)$(vm)/shell.sh --kernel $(KVER)

modules: setup-modules ## vcm.ko, vcm_edu.ko and the test module
	$(Q)flock $(build)/.kernel.lock $(MAKE) $(quiet) -C kernel OUT=$(build)/kernel KDIR=$(KDIR)
	$(Q)flock $(build)/.kernel.lock $(MAKE) $(quiet) -C selftests/mod OUT=$(build)/mod \
		VCM=$(build)/kernel KDIR=$(KDIR)

bpf: setup-tools ## BPF programs and their skeletons
	$(Q)$(MAKE) $(quiet) -C bpf OUT=$(build)/bpf KDIR=$(KDIR)

tools: bpf ## vcmstat
	$(Q)$(MAKE) $(quiet) -C tools/vcmstat OUT=$(build)/vcmstat BPF=$(build)/bpf

programs: setup-kselftest ## kselftest programs, installed in build/selftests
	$(Q)$(MAKE) $(quiet) -C selftests OUT=$(build)/selftests KSRC=$(build)/ksrc \
		INSTALL_PATH=$(build)/selftests install

vcmsim: setup-ust ## vcmsim, which plays scenarios natively, and its LTTng-UST tracepoints
	$(Q)$(MAKE) $(quiet) -C trace OUT=$(build)/trace vcmsim ust

diff-record: vcmsim ## scenarios played natively, for the kernel to be compared with
	$(Q)$(top)/selftests/diff-record.sh $(build)/diff

diagnosis-check: vcmsim tools ## verdicts on faults of known causes, and docs/diagnosis.md
	$(Q)$(MAKE) $(quiet) -C tools/vcmstat OUT=$(build)/vcmstat \
		$(build)/vcmstat/test/diag_truth $(build)/vcmstat/test/vcmstat
	$(Q)$(setup)/tap.sh diagnosis $(top)/selftests/diagnosis.sh

tutorial-check: vcmsim tools ## the commands of docs/tutorial.md, but those for the guest
	$(Q)$(setup)/tap.sh tutorial $(top)/selftests/tutorial.sh --native

events-doc: setup-unit ## docs/events.md from the event schema
	$(Q)$(top)/selftests/lint/events.sh --write

client: setup-unit ## programs for guests: one to drive /dev/vcm, one to let writes fail
	$(Q)$(MAKE) $(quiet) -C selftests/vm OUT=$(build)/vm

install: tools man ## vcmstat, man pages, completion, module source; DESTDIR=, PREFIX=/usr/local
	$(Q)BUILD=$(build) $(packaging)/install.sh install

uninstall: ## remove what install put there, and the modules from DKMS
	$(Q)$(packaging)/install.sh uninstall

dkms: ## build the installed module source for the running kernel
	$(Q)$(packaging)/install.sh dkms

deb: setup-deb ## Debian packages vcm-dkms and vcmstat in build/deb
	$(Q)$(packaging)/deb.sh

man: setup-deb ## manual pages of vcmstat
	$(Q)$(MAKE) $(quiet) -C tools/vcmstat OUT=$(build)/vcmstat man

clean: ## remove build/
	$(Q)rm -rf $(build)

$(tiers): setup-%:
	$(Q)$(setup)/setup.sh $*
