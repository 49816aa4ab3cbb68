// SPDX-License-Identifier: GPL-2.0-only
/*
 * model.js - the recording, and the state at any moment of it; the rules are those of
 * model_apply.c.
 *
 * A moment is what was told between two states: moment 0 is the first state, moment n what the
 * n-th event, fault or loss left.  Every so often the state is kept, so that going to a moment
 * costs the same wherever it is.
 */
"use strict";

const BIG = new Set(["start", "last", "len", "off", "bound_len", "iova", "arg0", "arg1", "arg2"]);
const WINDOW = 2;	/* VCM_RESERVE_BOUND */
const DRIVERS = ["", "iommu", "o2o", "vmm", "contig"];
const KINDS = ["", "context", "reservation", "phys", "association"];

/* Numbers of 64 bits do not fit into those of JSON here; addresses are BigInt throughout. */
function parseLine(line) {
	const wide = /(?<!\\)"(\w+)":(\d{16,})(?=[,}])/g;
	const record = JSON.parse(line.replace(wide, '"$1":"$2"'));
	for (const name in record)
		if (BIG.has(name))
			record[name] = BigInt(record[name]);
	return record;
}

class State {
	constructor() {
		this.context = new Map();
		this.res = new Map();
		this.phys = new Map();
		this.assoc = new Map();
		this.device = new Map();
		this.holder = new Map();
		this.stream = new Map();
	}

	copy() {
		const to = new State();
		for (const table in this)
			for (const [key, row] of this[table])
				to[table].set(key, {...row});
		return to;
	}

	add(record) {
		switch (record.type) {
		case "stream": this.stream.set(record.stream, record); break;
		case "device": this.device.set(record.dev, record); break;
		case "holder": this.holder.set(record.holder, record); break;
		case "context": this.context.set(record.vcm, record); break;
		case "assoc": this.assoc.set(record.assoc, record); break;
		case "phys": this.phys.set(record.phys, record); break;
		case "reservation": this.res.set(record.vcm + "/" + record.res, record); break;
		}
	}

	/* Numbers of lost events make the state unsure; what is not there is then passed over. */
	apply(ev) {
		const stream = this.stream.get(ev.stream);
		if (stream)
			stream.seq = ev.seq;
		const change = State.changes[ev.event];
		if (change)
			change(this, ev, this.res.get(ev.vcm + "/" + ev.id));
	}
}

function setActive(state, id, active, domain) {
	const a = state.assoc.get(id);
	if (!a)
		return;
	a.active = active;
	a.domain = active ? domain : 0;
}

function setRefs(state, ev, res) {
	const of = { context: state.context.get(ev.vcm), reservation: res,
		     phys: state.phys.get(ev.id) }[KINDS[ev.kind]];
	if (of)
		of.refs = ev.refs;
}

State.changes = {
	vcm_create(s, ev) {
		s.add({ type: "context", vcm: ev.vcm, refs: ev.refs, start: ev.start, last: ev.last,
			driver: ev.driver, first_stream: ev.first_stream,
			nr_streams: ev.nr_streams, flags: 0 });
		for (let i = 0; i < Math.min(ev.nr_streams, 4096); i++)
			s.add({ type: "stream", stream: ev.first_stream + i, vcm: ev.vcm, seq: 0 });
	},
	vcm_destroy(s, ev) {
		s.context.delete(ev.vcm);
		for (const [key, row] of s.stream)
			if (row.vcm === ev.vcm && key)
				s.stream.delete(key);
	},
	vcm_reserve(s, ev) {
		s.add({ type: "reservation", res: ev.id, vcm: ev.vcm, refs: ev.refs,
			start: ev.start, len: ev.len, phys: 0, off: 0n, bound_len: 0n, prot: 0,
			mapped: 0, align: ev.align, rflags: ev.flags, guard: ev.guard });
	},
	vcm_unreserve(s, ev) { s.res.delete(ev.vcm + "/" + ev.id); },
	vcm_ref: setRefs,
	vcm_unref: setRefs,
	vcm_phys_alloc(s, ev) {
		s.add({ type: "phys", phys: ev.id, refs: ev.refs, len: ev.len, chunks: ev.chunks,
			orders: ev.orders, cache: ev.cache, source: ev.source });
	},
	vcm_phys_free(s, ev) { s.phys.delete(ev.id); },
	vcm_bind(s, ev, res) {
		if (res)
			Object.assign(res, { phys: ev.phys, off: ev.off, bound_len: ev.len,
					     prot: ev.prot });
	},
	vcm_unbind(s, ev, res) {
		if (res)
			Object.assign(res, { phys: 0, off: 0n, bound_len: 0n, prot: 0 });
	},
	vcm_map(s, ev, res) { if (res) res.mapped++; },
	vcm_unmap(s, ev, res) { if (res && res.mapped) res.mapped--; },
	vcm_assoc(s, ev) {
		s.add({ type: "assoc", assoc: ev.id, vcm: ev.vcm, dev: ev.dev, active: ev.refs,
			domain: 0 });
	},
	vcm_deassoc(s, ev) { s.assoc.delete(ev.id); },
	vcm_activate(s, ev) { setActive(s, ev.id, ev.refs, ev.domain); },
	vcm_deactivate(s, ev) { setActive(s, ev.id, ev.refs, ev.domain); },
	vcm_switch(s, ev) {
		setActive(s, ev.id, ev.refs, ev.domain);
		setActive(s, ev.from, ev.from_active, 0);
		const from = s.assoc.get(ev.from);
		if (from)
			from.domain = 0;
	},
	vcm_save(s, ev) {
		const c = s.context.get(ev.vcm);
		if (c)
			c.flags |= 1;
		for (const a of s.assoc.values())
			if (a.vcm === ev.vcm)
				a.domain = 0;
	},
	vcm_restore(s, ev) {
		const c = s.context.get(ev.vcm);
		if (c)
			c.flags &= ~1;
	},
};

class Recording {
	constructor(text) {
		this.header = {};
		this.moments = [{ type: "state" }];
		this.kept = [];		/* states, by moment / every */
		this.names = new State();
		this.end = null;
		this.bad = 0;
		let state = new State(), fresh = null;
		for (const line of text.split("\n")) {
			if (!line)
				continue;
			let record;
			try {
				record = parseLine(line);
			} catch {
				this.bad++;
				continue;
			}
			fresh = this.take(record, fresh || (this.started ? null : state));
		}
		this.keep();
	}

	/* @fresh: the state that is being read, null between states. */
	take(record, fresh) {
		switch (record.type) {
		case "header": this.header = record; return fresh;
		case "end": this.end = record; return fresh;
		case "tick": return fresh;
		case "ready": this.begin(fresh); return null;
		case "resync": return new State();
		case "event": case "fault": case "lost":
			if (fresh)
				this.begin(fresh);
			this.moments.push(record);
			return null;
		}
		if (!fresh) {
			this.names.add(record);	/* a name that came late */
			return null;
		}
		fresh.add(record);
		for (const table of ["device", "holder"])
			if (record.type === table)
				this.names.add(record);
		return fresh;
	}

	begin(state) {
		if (!state)
			return;
		if (this.started)
			this.moments.push({ type: "state", state });
		else
			this.moments[0].state = state;
		this.started = true;
	}

	keep() {
		this.every = Math.max(64, Math.ceil(this.moments.length / 256));
		let state = (this.moments[0].state || new State()).copy();
		this.moments.forEach((moment, i) => {
			state = this.step(state, moment, i);
			if (i % this.every === 0)
				this.kept.push(state.copy());
		});
	}

	step(state, moment, i) {
		if (moment.type === "event")
			state.apply(moment);
		if (moment.type === "state" && i)
			return moment.state.copy();
		return state;
	}

	at(index) {
		const from = Math.floor(index / this.every);
		let state = this.kept[from].copy();
		for (let i = from * this.every + 1; i <= index; i++)
			state = this.step(state, this.moments[i], i);
		return state;
	}

	/* When a moment was: its own time, else that of the one before. */
	time(index) {
		for (let i = index; i >= 0; i--)
			if (this.moments[i].ts_ns)
				return Number(this.moments[i].ts_ns);
		return Number(this.header.ts_ns || 0);
	}
}
