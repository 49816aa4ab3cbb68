// SPDX-License-Identifier: GPL-2.0-only
/*
 * view.js - the page: a slider over the moments, the address spaces as they were, what happened.
 *
 * What is shown is a function of the moment and the filters; draw() makes all of it anew.
 */
"use strict";

const $ = id => document.getElementById(id);
const recording = new Recording($("recording").textContent);
const view = { at: 0, timer: 0, chart: [] };
const CUT = "the recording was cut off";	/* REC_CUT */
const ROWS = 400;	/* events listed around the moment */

function element(tag, attributes, text) {
	const svg = ["svg", "rect", "path", "text", "title", "line", "g"].includes(tag);
	const e = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) :
			document.createElement(tag);
	for (const name in attributes)
		e.setAttribute(name, attributes[name]);
	if (text !== undefined)
		e.textContent = text;
	return e;
}

function size(bytes) {
	let n = BigInt(bytes), unit = -1;
	while (n && n % 1024n === 0n && unit < 5) {
		n /= 1024n;
		unit++;
	}
	return n + "KMGTPE".charAt(unit);
}

const hex = n => "0x" + BigInt(n).toString(16);
const prot = p => (p & 1 ? "r" : "-") + (p & 2 ? "w" : "-");

function stateOf(res) {
	if (res.rflags & WINDOW)
		return "window";
	return !res.phys ? "reserved" : res.mapped ? "active" : "bound";
}

function holderName(id) {
	const holder = recording.names.holder.get(id);
	return holder ? holder.name : id ? "#" + id : "";
}

/* One line of what happened, as the text output has it. */
function momentText(m) {
	if (m.type === "state")
		return "# the state was taken anew";
	if (m.type === "lost")
		return m.stream === undefined ? `# LOST ${m.dropped} events: no room for them, or no word of their context` :
			`# LOST ${m.got - m.expected} events of stream ${m.stream}`;
	const time = (Number(m.ts_ns) / 1e9).toFixed(6);
	if (m.type === "fault")
		return `${time} FAULT ${m.device} ${m.access} ${hex(m.iova)}`;
	const parts = [time, m.event.slice(4), m.vcm + "/" + m.id];
	if (m.err)
		parts.push("failed " + m.err);
	if (m.start !== undefined)
		parts.push(hex(m.start) + (m.len !== undefined ? "+" + size(m.len) : ""));
	if (m.iova !== undefined)
		parts.push(hex(m.iova));
	if (m.phys)
		parts.push("memory " + m.phys);
	if (m.prot !== undefined)
		parts.push(prot(m.prot));
	if (m.holder)
		parts.push("for " + holderName(m.holder));
	parts.push(`by ${m.comm}/${m.pid}`);
	return parts.join(" ");
}

const kindOf = m => m.type === "event" ? m.event.slice(4) : m.type;

function isShown(m) {
	const context = $("context").value, kind = $("kind").value;
	const text = $("text").value.toLowerCase();
	if (m.type === "state" || m.type === "lost")
		return true;
	if (context && String(m.vcm) !== context && m.vcm !== undefined)
		return false;
	if (kind && kindOf(m) !== kind)
		return false;
	return !text || momentText(m).toLowerCase().includes(text);
}

/* Cells as wide as the logarithm of what they hold, free ranges as breaks. */
function layOut(rows, width) {
	const gap = 12;
	let weights = 0, gaps = 0, last = null;
	const cells = rows.map(res => {
		const end = res.start + res.len - 1n;
		const weight = Math.max(2, res.len.toString(2).length - 11);
		const broken = last === null || last + 1n !== res.start;
		last = end;
		weights += weight;
		gaps += broken;
		return { res, end, weight, broken };
	});
	const unit = Math.min(40, (width - gaps * gap) / (weights || 1));
	let x = 0;
	for (const c of cells) {
		x += c.broken ? gap : 0;
		c.x = x;
		c.width = Math.max(2, c.weight * unit);
		x += c.width;
	}
	return cells;
}

function xOf(cells, iova) {
	for (const c of cells) {
		if (iova < c.res.start)
			return Math.max(4, c.x - 6);
		if (iova <= c.end)
			return c.x + c.width * Number(iova - c.res.start) / Number(c.res.len);
	}
	const c = cells[cells.length - 1];
	return c ? c.x + c.width + 8 : 8;
}

function cellText(res) {
	const lines = [`reservation ${res.res}: ${stateOf(res)}`,
		       `${hex(res.start)} to ${hex(res.start + res.len - 1n)} (${size(res.len)})`,
		       `references ${res.refs}`];
	if (res.phys)
		lines.push(`memory ${res.phys} at ${hex(res.off)}, ${size(res.bound_len)}, ` +
			   `${prot(res.prot)}, in ${res.mapped} domains`);
	return lines.join("\n");
}

function drawCell(svg, c, changed) {
	const state = stateOf(c.res);
	const g = svg.appendChild(element("g"));
	g.append(element("title", {}, cellText(c.res)));
	const bound = c.res.phys ? Number(c.res.bound_len) / Number(c.res.len) : 1;
	if (bound < 1)
		g.append(element("rect", { x: c.x, y: 14, width: c.width, height: 32,
			class: "reserved" }));
	g.append(element("rect", { x: c.x, y: 14, width: c.width * bound, height: 32,
		class: (changed ? "changed " : "") + (state === "window" ? "reserved" : state),
		"data-res": c.res.vcm + "/" + c.res.res }));
	const label = (text, y, on) => {
		const need = text.length * 6.3 + 6, from = on && c.width * bound < need ? bound : 0;
		if (c.width * (1 - from) > need)
			g.append(element("text", { x: c.x + c.width * from + 4, y,
				class: from ? "" : on }, text));
	};
	label(size(c.res.len), 27, state === "active" ? "on" : "");
	label(c.res.phys ? prot(c.res.prot) : state, 40, state === "active" ? "on" : "");
	label(c.res.start.toString(16), 60, "");
	if (c.broken)
		svg.append(element("path", { class: "gap", d: `M${c.x - 10} 30l3 -5 3 10 3 -5` }));
}

/* Faults up to the moment, the last at it. */
function faultsOf(vcm) {
	const found = [];
	for (let i = Math.max(0, view.at - 200); i <= view.at; i++) {
		const m = recording.moments[i];
		if (m.type === "fault" || (m.event === "vcm_fault" && m.vcm === vcm))
			found.push(m);
	}
	return found;
}

function drawContext(c, state) {
	const width = Math.max(300, $("spaces").clientWidth - 20);
	const rows = [...state.res.values()].filter(r => r.vcm === c.vcm && !(r.rflags & WINDOW));
	rows.sort((a, b) => a.start < b.start ? -1 : a.start > b.start ? 1 : a.res - b.res);
	const cells = layOut(rows, width - 12);
	const now = recording.moments[view.at];
	const lane = element("div", { class: "lane", "data-vcm": c.vcm });
	const devices = [...state.assoc.values()].filter(a => a.vcm === c.vcm).map(a => {
		const device = recording.names.device.get(a.dev);
		return (device ? device.name : "device " + a.dev) + (a.active ? " (active)" : "");
	});
	const title = lane.appendChild(element("h3", {}, "context " + c.vcm + " "));
	title.append(element("span", {}, `${DRIVERS[c.driver] || "unknown"}, refs ${c.refs}, ` +
		[`${rows.length} reservations`, ...(c.flags & 1 ? ["SAVED"] : []),
		 ...devices].join(", ")));
	const svg = lane.appendChild(element("svg", { viewBox: `0 0 ${width} 66` }));
	for (const cell of cells)
		drawCell(svg, cell, now.type === "event" && now.vcm === c.vcm &&
			 now.id === cell.res.res);
	for (const m of faultsOf(c.vcm)) {
		if (m.type === "fault" && !cells.some(x => m.iova >= x.res.start && m.iova <= x.end))
			continue;
		const g = svg.appendChild(element("g", { class: "fault" }));
		g.append(element("title", {}, momentText(m)));
		g.append(element("path", { d: `M${xOf(cells, m.iova)} 13l-5 -9h10z` }));
	}
	return lane;
}

function drawSpaces(state) {
	const only = $("context").value;
	const contexts = [...state.context.values()].sort((a, b) => a.vcm - b.vcm)
		.filter(c => !only || String(c.vcm) === only);
	$("spaces").replaceChildren(...contexts.map(c => drawContext(c, state)));
	if (!contexts.length)
		$("spaces").append(element("p", { class: "dim" }, "no context at this moment"));
}

function drawObjects(state) {
	const only = $("context").value;
	const rows = [...state.res.values()].filter(r => !only || String(r.vcm) === only);
	rows.sort((a, b) => a.vcm - b.vcm || (a.start < b.start ? -1 : 1));
	const head = ["context", "res", "start", "len", "state", "refs", "memory"];
	$("objects").tHead.replaceChildren(element("tr"));
	for (const name of head)
		$("objects").tHead.rows[0].append(element("th", {}, name));
	$("objects").tBodies[0].replaceChildren(...rows.slice(0, ROWS).map(r => {
		const tr = element("tr");
		for (const text of [r.vcm, r.res, hex(r.start), size(r.len), stateOf(r), r.refs,
				    r.phys || ""])
			tr.append(element("td", {}, text));
		return tr;
	}));
}

function drawEvents() {
	const shown = view.shown;
	let middle = shown.findIndex(i => i >= view.at);
	if (middle < 0)
		middle = shown.length;
	const from = Math.max(0, middle - ROWS / 2);
	const items = shown.slice(from, from + ROWS).map(i => {
		const m = recording.moments[i], kind = kindOf(m);
		const li = element("li", { "data-at": i, class:
			kind + (i === view.at ? " now" : i > view.at ? " later" : "") }, momentText(m));
		li.onclick = () => go(i);
		return li;
	});
	$("events").replaceChildren(...items);
	const now = $("events").querySelector(".now");
	if (now)
		$("events").scrollTop = now.offsetTop - $("events").offsetTop - 120;
	$("shown").textContent = `${shown.length} of ${recording.moments.length} shown`;
}

/* Sums over the recording, at most one point for each column of the chart. */
function sample() {
	const n = recording.moments.length, step = Math.max(1, Math.floor(n / 400));
	for (let i = 0; i < n; i += step)
		view.chart.push({ i, ...sums(recording.at(i)) });
}

function sums(state) {
	let reserved = 0, active = 0;
	for (const r of state.res.values()) {
		reserved += r.rflags & WINDOW ? 0 : Number(r.len);
		active += r.mapped ? Number(r.bound_len) : 0;
	}
	return { reserved, active };
}

function drawChart() {
	const svg = $("chart"), width = 1000, height = 64;
	const last = Math.max(1, recording.moments.length - 1);
	const top = Math.max(1, ...view.chart.map(p => p.reserved));
	const x = i => i / last * width, y = bytes => height - 2 - bytes / top * (height - 8);
	svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
	svg.setAttribute("preserveAspectRatio", "none");
	svg.replaceChildren();
	for (const name of ["reserved", "active"]) {
		let d = `M0 ${height}`, at = 0;
		for (const p of view.chart) {
			d += `L${x(p.i)} ${y(at)}L${x(p.i)} ${y(p[name])}`;
			at = p[name];
		}
		svg.append(element("path", { class: name, d: d + `L${width} ${y(at)}V${height}z` }));
	}
	recording.moments.forEach((m, i) => {
		if (kindOf(m) === "fault")
			svg.append(element("line", { class: "fault", x1: x(i), x2: x(i), y1: 0, y2: 10 }));
		if (m.type === "lost")
			svg.append(element("rect", { class: "lost", x: x(i) - 2, y: 0, width: 4, height }));
	});
	view.now = svg.appendChild(element("line", { class: "now", y1: 0, y2: height }));
}

function draw() {
	const state = recording.at(view.at), m = recording.moments[view.at];
	const x = view.at / Math.max(1, recording.moments.length - 1) * 1000;
	drawSpaces(state);
	drawObjects(state);
	drawEvents();
	view.now.setAttribute("x1", x);
	view.now.setAttribute("x2", x);
	$("slider").value = view.at;
	$("moment").textContent = `${view.at} of ${recording.moments.length - 1}  ` +
		`+${((recording.time(view.at) - recording.time(0)) / 1e9).toFixed(6)} s  ` + kindOf(m);
}

function go(index) {
	view.at = Math.max(0, Math.min(recording.moments.length - 1, index));
	draw();
}

/* To the next or last moment that the filters let through. */
function step(direction) {
	const next = direction > 0 ? view.shown.find(i => i > view.at) :
		view.shown.findLast(i => i < view.at);
	if (next !== undefined)
		go(next);
	return next !== undefined;
}

function play() {
	if (view.timer) {
		clearInterval(view.timer);
		view.timer = 0;
	} else {
		view.timer = setInterval(() => step(1) || play(), 100);
	}
	$("play").textContent = view.timer ? "stop" : "play";
}

function filter() {
	view.shown = [];
	recording.moments.forEach((m, i) => {
		if (isShown(m))
			view.shown.push(i);
	});
	draw();
}

function options(select, values) {
	for (const value of values)
		select.append(element("option", { value }, value));
}

function tellLosses() {
	const lost = recording.moments.filter(m => m.type === "lost").length;
	const why = [];
	if (lost)
		why.push(`events were lost in ${lost} places`);
	if (!recording.end || recording.end.cause === CUT)
		why.push(CUT);
	if (recording.bad)
		why.push(`${recording.bad} lines could not be read`);
	$("losses").hidden = !why.length;
	$("losses").textContent = why.join("; ");
}

function keys(e) {
	const moves = { ArrowLeft: () => step(-1), ArrowRight: () => step(1), Home: () => go(0),
			End: () => go(recording.moments.length - 1), " ": play };
	if (["INPUT", "SELECT"].includes(e.target.tagName) && e.target.id !== "slider")
		return;
	if (moves[e.key]) {
		moves[e.key]();
		e.preventDefault();
	}
}

function start() {
	const h = recording.header, moments = recording.moments;
	const when = h.realtime_ns ? new Date(Number(BigInt(h.realtime_ns) / 1000000n)) : null;
	$("about").textContent = `vcmstat ${h.version} on ${h.kernel}, events by ${h.source}` +
		(when ? ", " + when.toISOString() : "");
	tellLosses();
	options($("context"), [...new Set(moments.flatMap(m => m.type === "state" && m.state ?
		[...m.state.context.keys()] : m.vcm ? [m.vcm] : []))].sort((a, b) => a - b));
	options($("kind"), [...new Set(moments.map(kindOf))].filter(k => k !== "state").sort());
	$("slider").max = moments.length - 1;
	$("slider").oninput = () => go(Number($("slider").value));
	$("first").onclick = () => go(0);
	$("back").onclick = () => step(-1);
	$("next").onclick = () => step(1);
	$("end").onclick = () => go(moments.length - 1);
	$("play").onclick = play;
	for (const id of ["context", "kind", "text"])
		$(id).oninput = filter;
	document.onkeydown = keys;
	sample();
	drawChart();
	view.at = moments.length - 1;
	filter();
}

start();
