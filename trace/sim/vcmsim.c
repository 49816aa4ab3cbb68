// SPDX-License-Identifier: GPL-2.0-only
/*
 * vcmsim.c - play scenarios on the core, in user space: options, messages and exit codes.
 */
#include <getopt.h>
#include <stdlib.h>

#include "scenario.h"
#include "sim.h"

static const char sim_help[] =
"usage: vcmsim [option]... FILE...\n"
"Play scenarios on the core of VCM with simulated devices: no kernel, no root.\n"
"FILE is - for standard input.\n"
"\n"
"What is shown\n"
"  -j, --json       events as NDJSON, as `vcmstat events --json` has them\n"
"  -q, --quiet      nothing but complaints\n"
"                   otherwise each line, its events, and the state at the end\n"
"What is done\n"
"  -k, --keep       end with what the scenario holds, instead of giving it up\n"
"  -n, --check      only see whether the files are scenarios\n"
"  -g, --generate SEED   write a random scenario, the same for the same SEED\n"
"  -s, --steps N    of that many commands (default 60)\n"
"Other\n"
"  -l, --verbs      the commands of the language\n"
"  -h, --help       this text\n"
"  -V, --version    version of the event schema\n"
"\n"
"Exit: 0 as expected, 1 something came otherwise than the scenario expects, 2 usage,\n"
"3 a file cannot be read or is no scenario, 4 the core broke a rule of its own.\n"
"\n"
"Examples\n"
"  vcmsim trace/scenarios/leak.vcm\n"
"  vcmsim --json --keep trace/scenarios/leak.vcm >leak.ndjson\n"
"  vcmstat refs -i leak.ndjson\n"
"  LD_PRELOAD=libvcm-ust.so vcmsim trace/scenarios/switch.vcm\n";

static const struct option sim_options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "keep", no_argument, NULL, 'k' },
	{ "check", no_argument, NULL, 'n' },
	{ "generate", required_argument, NULL, 'g' },
	{ "steps", required_argument, NULL, 's' },
	{ "verbs", no_argument, NULL, 'l' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ }
};

/**
 * struct sim_args - the command line
 * @view:     how to show the run
 * @keep:     do not give up what is held
 * @check:    only parse
 * @generate: write a scenario instead
 * @seed:     for that
 * @steps:    for that
 */
struct sim_args {
	const struct sim_view *view;
	bool keep;
	bool check;
	bool generate;
	u64 seed;
	u64 steps;
};

static int sim_usage(const char *what)
{
	fprintf(stderr, "vcmsim: %s; --help explains\n", what);
	return SIM_EXIT_USAGE;
}

static void sim_print_verbs(void)
{
	for (u32 i = 0; i < scn_nr_verbs; i++) {
		const struct scn_verb *verb = &scn_verbs[i];

		printf("%s %s\n        %s", verb->name, verb->usage, verb->text);
		for (u32 opt = 0, nr = 0; opt < SCN_OPTS; opt++)
			if (verb->opts >> opt & 1)
				printf("%s %s", nr++ ? "," : "; options:", scn_opt_name(opt));
		putchar('\n');
	}
}

static int sim_number(const char *text, u64 *num)
{
	char *end;

	errno = 0;
	*num = strtoull(text, &end, 0);
	return errno || !*text || *text == '-' || *end ? -1 : 0;
}

/* Take one option.  Return: -1 to go on, or the exit code. */
static int sim_option(struct sim_args *args, int opt)
{
	switch (opt) {
	case 'j':
		args->view = &sim_json;
		return -1;
	case 'q':
		args->view = &sim_quiet;
		return -1;
	case 'k':
		args->keep = true;
		return -1;
	case 'n':
		args->check = true;
		return -1;
	case 'g':
		args->generate = true;
		return sim_number(optarg, &args->seed) ? sim_usage("SEED is a number") : -1;
	case 's':
		return sim_number(optarg, &args->steps) || args->steps > 100000 ?
		       sim_usage("--steps takes a number up to 100000") : -1;
	case 'l':
		sim_print_verbs();
		return SIM_EXIT_OK;
	case 'h':
		fputs(sim_help, stdout);
		return SIM_EXIT_OK;
	case 'V':
		printf("vcmsim of schema 1, %d events\n", VCM_EVENT_END - 1);
		return SIM_EXIT_OK;
	default:
		return SIM_EXIT_USAGE;
	}
}

static int sim_run(const struct sim_args *args, char **paths)
{
	int worst = SIM_EXIT_OK, code;

	if (!args->check)
		sim_world_begin(args->view);
	for (; *paths; paths++) {
		code = args->check ? sim_check_file(*paths) :
				     sim_play_file(*paths, args->view, args->keep);
		if (code > worst)
			worst = code;
	}
	if (!args->check)
		args->view->end(sim_world_events());
	if (!fflush(stdout) && !ferror(stdout))
		return worst;
	fprintf(stderr, "vcmsim: cannot write: %s\n", strerror(errno));
	return SIM_EXIT_INPUT;
}

int main(int argc, char **argv)
{
	struct sim_args args = { .view = &sim_text, .steps = 60 };
	int opt, code = -1;

	while (code < 0 && (opt = getopt_long(argc, argv, "jqkng:s:lhV", sim_options, NULL)) != -1)
		code = sim_option(&args, opt);
	if (code >= 0)
		return code;
	if (args.generate) {
		sim_generate(stdout, args.seed, args.steps);
		return SIM_EXIT_OK;
	}
	if (optind == argc)
		return sim_usage("which scenario?");
	if (args.keep && argc - optind > 1)
		return sim_usage("--keep is for one file");
	return sim_run(&args, argv + optind);
}
