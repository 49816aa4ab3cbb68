// SPDX-License-Identifier: GPL-2.0-only
/*
 * race.c - many threads at once over the same contexts, the same devices, one file and several.
 *
 * Every thread makes random calls on whatever the others left; a call may be refused as
 * uapi/vcm.h says and with no other errno.  Meanwhile the driver of one device comes and goes,
 * the state is read, and `vcmstat verify` compares events with snapshots.  Runs for VCM_SECONDS
 * (5, where the settings of the suite do not say otherwise) and prints its seed, which VCM_SEED
 * sets.
 */
#include <pthread.h>

#include "vcm_space.h"

#define CONTEXTS	4	/* of each file */
#define IDS		64	/* of each kind that a context or file remembers */
#define SHARERS		8	/* threads on one file */
#define LONERS		4	/* threads with a file of their own */
#define WINDOW_PAGES	512

/* One file and the ids in it, changed by all its threads without a lock: an id may be stale. */
struct file {
	int fd;
	struct {
		__u32 vcm;
		__u64 assoc[2];
		__u64 res[IDS];
	} context[CONTEXTS];
	__u64 phys[IDS];
};

struct race {
	bool over;
	unsigned int seed;
	struct file file[1 + LONERS];
	int bad;		/* an errno that nobody promised, 0 for none */
	const char *bad_call;
	__u64 calls;
	__u64 done;		/* calls that were not refused */
};

static struct race race;

#define peek(x)		__atomic_load_n(&(x), __ATOMIC_RELAXED)
#define poke(x, value)	__atomic_store_n(&(x), value, __ATOMIC_RELAXED)

static const int promised[] = {
	ENOENT, ENODEV, EINVAL, EBUSY, EALREADY, EADDRINUSE, ENOSPC, ERANGE, ENXIO, EEXIST,
};

/* Note how a call ended.  Return: @err. */
static int note(const char *call, int err)
{
	unsigned int i = 0;

	while (err && i < ARRAY_SIZE(promised) && promised[i] != -err)
		i++;
	if (err && i == ARRAY_SIZE(promised)) {
		poke(race.bad_call, call);
		poke(race.bad, -err);
	}
	__atomic_add_fetch(&race.calls, 1, __ATOMIC_RELAXED);
	if (!err)
		__atomic_add_fetch(&race.done, 1, __ATOMIC_RELAXED);
	return err;
}

static unsigned int below(unsigned int *rand, unsigned int n)
{
	return rand_r(rand) % n;
}

/* The random numbers of a step, so that every operation has the same arguments. */
struct step {
	struct file *f;
	int fd;
	int ctx;
	__u32 vcm;
	int dev;
	__u64 *res;
	__u64 *phys;
	unsigned int *rand;
};

static void op_context(struct step *s)
{
	__u32 vcm = s->vcm;

	if (vcm && !below(s->rand, 8)) {
		note("destroy", _vcm_destroy(s->fd, vcm));
		poke(s->f->context[s->ctx].vcm, 0);
	} else if (!vcm && !note("create", _vcm_create(s->fd, SPACE_START, SPACE_START +
						       WINDOW_PAGES * PAGE - 1, &vcm))) {
		poke(s->f->context[s->ctx].vcm, vcm);
	}
}

static void op_reserve(struct step *s)
{
	struct vcm_ioc_reserve arg = {
		.vcm = s->vcm, .len = (1 + below(s->rand, 8)) * PAGE,
		.guard_after = below(s->rand, 2) * PAGE,
		.within = below(s->rand, 2) ? 0 : peek(*s->res),
		.flags = below(s->rand, 4) ? 0 : VCM_RESERVE_BOUND,
	};

	if (!note("reserve", _vcm_reserve(s->fd, &arg)))
		poke(*s->res, arg.res);
}

static void op_memory(struct step *s)
{
	struct vcm_ioc_phys_alloc arg = { .len = (1 + below(s->rand, 4)) * PAGE };
	__u64 phys = peek(*s->phys);

	if (phys && !below(s->rand, 2)) {
		note("free", _vcm_phys_free(s->fd, phys));
		poke(*s->phys, 0);
	} else if (!phys && !note("alloc", _vcm_phys_alloc(s->fd, &arg))) {
		poke(*s->phys, arg.phys);
	}
}

static void op_bind(struct step *s)
{
	__u64 res = peek(*s->res), phys = peek(*s->phys);

	switch (below(s->rand, 4)) {
	case 0:
		note("unbind", _vcm_unbind(s->fd, s->vcm, res));
		break;
	case 1:
		note("rebind", _vcm_rebind(s->fd, s->vcm, res, phys));
		break;
	default:
		note("bind", _vcm_bind(s->fd, s->vcm, res, phys));
		break;
	}
}

static void op_map(struct step *s)
{
	struct vcm_ioc_map map = { .vcm = s->vcm, .phys = peek(*s->phys) };
	struct vcm_ioc_map make = { .vcm = s->vcm, .len = PAGE };

	if (below(s->rand, 2)) {
		if (!note("map", _vcm_map(s->fd, &map)))
			poke(*s->res, map.res);
	} else if (!note("make_binding", _vcm_make_binding(s->fd, &make))) {
		poke(*s->res, make.res);
		note("free", _vcm_phys_free(s->fd, make.phys));
	}
}

static void op_put(struct step *s)
{
	__u64 res = peek(*s->res);

	switch (below(s->rand, 4)) {
	case 0:
		note("ref", _vcm_ref(s->fd, s->vcm, res, NULL));
		break;
	case 1:
		note("unmap", _vcm_unmap(s->fd, s->vcm, res));
		break;
	default:
		note("unreserve", _vcm_unreserve(s->fd, s->vcm, res, NULL));
		break;
	}
}

static void op_assoc(struct step *s)
{
	__u64 *at = &s->f->context[s->ctx].assoc[s->dev], assoc = peek(*at);

	if (!below(s->rand, 8))
		note("deassoc", _vcm_deassoc(s->fd, s->vcm, assoc));
	else if (!note("assoc", _vcm_assoc(s->fd, s->vcm, s->dev ? edu2_name() : edu_name(),
					   &assoc)))
		poke(*at, assoc);
}

static void op_activate(struct step *s)
{
	__u64 assoc = peek(s->f->context[s->ctx].assoc[s->dev]);
	int other = below(s->rand, CONTEXTS);
	struct vcm_ioc_switch arg = {
		.from_vcm = s->vcm, .from = assoc, .to_vcm = peek(s->f->context[other].vcm),
		.to = peek(s->f->context[other].assoc[s->dev]),
	};

	switch (below(s->rand, 4)) {
	case 0:
		note("switch", _vcm_switch(s->fd, &arg));
		break;
	case 1:
		note("activate", _vcm_activate(s->fd, s->vcm, assoc, NULL));
		break;
	default:
		note("deactivate", _vcm_deactivate(s->fd, s->vcm, assoc, NULL));
		break;
	}
}

static void op_save(struct step *s)
{
	if (below(s->rand, 3))
		note("restore", _vcm_restore(s->fd, s->vcm));
	else
		note("save", _vcm_save(s->fd, s->vcm));
}

static void op_find(struct step *s)
{
	struct vcm_ioc_phys_find phys_find;
	struct vcm_ioc_find find;
	__u64 out;

	note("find", _vcm_find(s->fd, s->vcm, SPACE_START, VCM_FIND_NEXT, &find));
	note("phys_find", _vcm_phys_find(s->fd, peek(*s->phys), 0, &phys_find));
	note("translate", _vcm_translate(s->fd, s->vcm, SPACE_START, s->vcm, &out));
}

static void *racer(void *data)
{
	static void (*const ops[])(struct step *s) = {
		op_context, op_reserve, op_reserve, op_memory, op_bind, op_bind, op_map, op_put,
		op_put, op_assoc, op_activate, op_activate, op_save, op_find,
	};
	long nr = (long)data;
	struct file *f = &race.file[nr < SHARERS ? 0 : nr - SHARERS + 1];
	unsigned int rand = race.seed + nr;

	while (!peek(race.over) && !peek(race.bad)) {
		int ctx = below(&rand, CONTEXTS);
		struct step s = {
			.f = f, .fd = f->fd, .ctx = ctx, .vcm = peek(f->context[ctx].vcm),
			.dev = below(&rand, 2), .rand = &rand,
			.res = &f->context[ctx].res[below(&rand, IDS)],
			.phys = &f->phys[below(&rand, IDS)],
		};

		if (s.vcm)
			ops[below(&rand, ARRAY_SIZE(ops))](&s);
		else
			op_context(&s);
	}
	return NULL;
}

/* The driver of the second device goes and comes. */
static void *rebinder(void *data)
{
	__u64 *rounds = data;

	while (!peek(race.over) && edu_exists_dev(edu2_name())) {
		if (_file_write(EDU_DRIVER "/unbind", edu2_name()))
			break;
		if (_file_write(EDU_DRIVER "/bind", edu2_name()))
			break;
		++*rounds;
	}
	return NULL;
}

/* The first device does DMA, whatever is behind the address; the state is read. */
static void *watcher(void *data)
{
	static char text[TEXT_MAX];
	bool *broken = data;

	while (!peek(race.over) && !*broken) {
		_edu_write_ram(SPACE_START, 0, 64);
		_file_read(VCM_DEBUGFS "/reference_counts", text, sizeof(text));
		_file_read(VCM_DEBUGFS "/stats", text, sizeof(text));
		*broken = _file_read(VCM_DEBUGFS "/check", text, sizeof(text)) < 0 ||
			  strcmp(text, "ok\n");
		if (*broken)
			fprintf(stderr, "# check: %s", text);
	}
	return NULL;
}

/* `vcmstat verify` and its output. */
struct verify {
	pid_t pid;
	int out;
};

/* Return: 0, or -ENOENT when there is no vcmstat. */
static int verify_start(struct verify *verify, unsigned int seconds)
{
	const char *path = vcmstat_path();
	char text[16];
	int fds[2];

	if (!path)
		return -ENOENT;
	snprintf(text, sizeof(text), "%u", seconds);
	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	verify->pid = fork();
	if (!verify->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(fds[1], STDOUT_FILENO);
		execl(path, "vcmstat", "--ring", "67108864", "verify", text, NULL);
		_exit(127);
	}
	close(fds[1]);
	verify->out = fds[0];
	return verify->pid < 0 ? -errno : 0;
}

/* Wait for its end.  Return: its exit code, with what it said in @text, in one line. */
static int verify_end(struct verify *verify, char *text, size_t room)
{
	size_t len = 0;
	ssize_t n;
	int status;

	while ((n = read(verify->out, text + len, room - 1 - len)) > 0)
		len += n;
	text[len] = '\0';
	for (char *end = text; (end = strchr(end, '\n'));)
		*end = ' ';
	close(verify->out);
	waitpid(verify->pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

static unsigned int number_of(const char *name, unsigned int otherwise)
{
	const char *value = getenv(name);

	return value ? strtoul(value, NULL, 0) : otherwise;
}

/*
 * The race is over when vcmstat, which needs a while to begin, has compared for @seconds: all it
 * sees is changed by others meanwhile.
 */
static void race_last(struct __test_metadata *_metadata, unsigned int seconds)
{
	char text[4096];
	struct verify verify = {};
	int err = verify_start(&verify, seconds);

	if (err) {
		ASSERT_EQ(-ENOENT, err);
		sleep(seconds);
		return;
	}
	EXPECT_EQ(0, verify_end(&verify, text, sizeof(text)));
	TH_LOG("vcmstat verify: %s", text);
	EXPECT_FALSE(strstr(text, "OK: 0 events"));
}

static void race_run(struct __test_metadata *_metadata, unsigned int seconds)
{
	pthread_t racers[SHARERS + LONERS], watch, bind;
	__u64 rounds = 0;
	bool broken = false;

	for (long i = 0; i < SHARERS + LONERS; i++)
		ASSERT_EQ(0, pthread_create(&racers[i], NULL, racer, (void *)i));
	ASSERT_EQ(0, pthread_create(&watch, NULL, watcher, &broken));
	ASSERT_EQ(0, pthread_create(&bind, NULL, rebinder, &rounds));
	race_last(_metadata, seconds);
	poke(race.over, true);
	for (int i = 0; i < SHARERS + LONERS; i++)
		ASSERT_EQ(0, pthread_join(racers[i], NULL));
	ASSERT_EQ(0, pthread_join(watch, NULL));
	ASSERT_EQ(0, pthread_join(bind, NULL));
	TH_LOG("%llu calls, %llu done, driver unbound %llu times", race.calls, race.done, rounds);
	EXPECT_FALSE(broken);
	EXPECT_EQ(0, race.bad) TH_LOG("%s: %s", race.bad_call, strerror(race.bad));
	EXPECT_LT(0, race.done);
	if (edu_exists_dev(edu2_name()))
		EXPECT_LT(0, rounds);
}

FIXTURE(race) {
	struct stats before;
	unsigned int seconds;
};

FIXTURE_SETUP(race)
{
	test_stats_read(&self->before);
	self->seconds = number_of("VCM_SECONDS", 5);
	race.seed = number_of("VCM_SEED", time(NULL));
	TH_LOG("VCM_SEED=%u VCM_SECONDS=%u", race.seed, self->seconds);
	for (int i = 0; i <= LONERS; i++) {
		race.file[i].fd = _vcm_open();
		ASSERT_LE(0, race.file[i].fd);
	}
}

FIXTURE_TEARDOWN(race)
{
	for (int i = 0; i <= LONERS; i++)
		EXPECT_EQ(0, close(race.file[i].fd));
	expect_stats(&self->before);
	expect_invariants();
}

/* The time is for a race of VCM_SECONDS up to some minutes. */
TEST_F_TIMEOUT(race, threads_over_shared_contexts_keep_every_promise, 600)
{
	race_run(_metadata, self->seconds);
	expect_invariants();
}

TEST_HARNESS_MAIN
