// SPDX-License-Identifier: GPL-2.0-only
/*
 * json.c - a run as NDJSON, in the format of `vcmstat events --json`, so that whatever reads one
 * reads the other.
 *
 * Devices and holders have no events; a record names each before the first event that could tell
 * of it.
 */
#include <sys/utsname.h>
#include <time.h>

#include "core.h"
#include "sim.h"

static struct {
	u32 devices;
	u32 holders;
	u64 faults;
} told;

static void json_string(const char *text, size_t max)
{
	putchar('"');
	for (size_t i = 0; i < max && text[i]; i++) {
		const unsigned char c = text[i];

		if (c == '"' || c == '\\')
			printf("\\%c", c);
		else if (c < 0x20 || c > 0x7e)
			printf("\\u%04x", c);
		else
			putchar(c);
	}
	putchar('"');
}

static void json_begin(void)
{
	struct utsname name = { 0 };

	uname(&name);
	printf("{\"type\":\"header\",\"schema\":1,\"tool\":\"vcmsim\",\"version\":\"1\","
	       "\"kernel\":");
	json_string(name.release, sizeof(name.release));
	printf(",\"source\":\"vcmsim\",\"faults\":\"report\",\"clock\":\"monotonic\"}\n");
	printf("{\"type\":\"stream\",\"stream\":0,\"vcm\":0,\"seq\":0}\n");
	printf("{\"type\":\"ready\",\"records\":1}\n");
}

static void json_names(void)
{
	const struct vcm_device *dev;
	const struct vcm_holder *holder;

	list_for_each_entry(dev, &vcm_registry.devices, node) {
		if (dev->id <= told.devices)
			continue;
		told.devices = dev->id;
		printf("{\"type\":\"device\",\"dev\":%u,\"name\":", dev->id);
		json_string(dev->name, sizeof(dev->name));
		printf(",\"iommu\":");
		json_string(dev->iommu, sizeof(dev->iommu));
		printf("}\n");
	}
	list_for_each_entry(holder, &vcm_registry.holders, node) {
		if (holder->id <= told.holders)
			continue;
		told.holders = holder->id;
		printf("{\"type\":\"holder\",\"holder\":%u,\"name\":", holder->id);
		json_string(holder->name, sizeof(holder->name));
		printf("}\n");
	}
}

static void json_event(const struct vcm_event *event)
{
	const struct sim_event *schema = sim_event(event->type);

	json_names();
	told.faults += event->type == VCM_EVENT_fault;
	printf("{\"type\":\"event\",\"event\":\"%s\",\"ts_ns\":%llu,\"stream\":%u,\"seq\":%llu,"
	       "\"vcm\":%u,\"id\":%llu,\"refs\":%u,\"err\":%d,\"pid\":%u,\"tid\":%u,\"cpu\":%u,"
	       "\"comm\":", schema->name, event->ts_ns, event->stream, event->seq, event->vcm,
	       event->id, event->refs, event->err, event->pid, event->tid, event->cpu);
	json_string(event->comm, sizeof(event->comm));
	for (u32 i = 0; i < schema->nr_arg; i++)
		printf(",\"%s\":%llu", schema->arg[i].name, event->arg[i]);
	printf("}\n");
}

/* As the driver of an IOMMU would report it: no context, for there is none. */
static void json_refused(const char *device, u64 iova, bool write)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	told.faults++;
	json_names();
	printf("{\"type\":\"fault\",\"source\":\"report\",\"ts_ns\":%llu,\"device\":",
	       now.tv_sec * 1000000000ull + now.tv_nsec);
	json_string(device, SIZE_MAX);
	printf(",\"iova\":%llu,\"access\":\"%s\",\"reason\":%d}\n", iova,
	       write ? "write" : "read", write);
}

static void json_file(const char *path)
{
	(void)path;
}

static void json_line(u32 line, const char *text, size_t len)
{
	(void)line;
	(void)text;
	(void)len;
}

static void json_state(void)
{
}

static void json_end(u64 events)
{
	printf("{\"type\":\"end\",\"events\":%llu,\"lost\":0,\"faults\":%llu,\"dropped\":0,"
	       "\"resyncs\":0,\"fault_dropped\":0,\"fault_overflow\":0,"
	       "\"cause\":\"end of the scenarios\"}\n", events, told.faults);
}

const struct sim_view sim_json = {
	.begin = json_begin,
	.file = json_file,
	.line = json_line,
	.event = json_event,
	.refused = json_refused,
	.state = json_state,
	.end = json_end,
};
