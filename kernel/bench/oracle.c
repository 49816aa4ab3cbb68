// SPDX-License-Identifier: GPL-2.0-only
/*
 * oracle.c - random operations on a space, each compared with a map of its pages.
 *
 * The map knows of each page whether it is free, taken, or waits for a flush, and nothing of
 * trees, pools or caches.  After each operation:
 *
 *   a request succeeds exactly when the map has a place for it (what waits counts when a flush
 *   works), and what it gets was free: all of it, aligned, within the limits, not over a boundary
 *   a fixed address is had exactly when the map says so
 *   nothing was allocated by a give
 *
 * From time to time the invariants of the space are checked too.
 */
#include "oracle.h"
#include "core/pool.h"

#define ORACLE_PAGES	256
#define ORACLE_PIECES	192
#define ORACLE_CHECK	61	/* operations between two checks of the invariants */
#define ORACLE_UNSET	0xff

enum oracle_page { ORACLE_FREE, ORACLE_TAKEN, ORACLE_LATER };

/**
 * struct oracle_piece - memory of a piece, and the oracle's idea of it
 * @piece: the allocator's
 * @used:  handed out by piece_alloc
 * @owned: taken by the test
 * @first: first page, guards included
 * @nr:    pages
 */
struct oracle_piece {
	struct vcm_piece piece;
	bool used;
	bool owned;
	u32 first;
	u32 nr;
};

/**
 * struct oracle - a test at work
 * @cfg:    how
 * @counts: what happened
 * @random: state of the random numbers
 * @start:  first address of the window
 * @space:  what is tested
 * @pieces: memory; twice what is ever taken, because caches keep some
 * @nr_owned: pieces that the test has
 * @page:   the map
 * @run:    free pages from each page on, computed when needed
 * @no_memory: piece_alloc fails
 * @no_flush:  flush fails
 * @giving: nothing may be allocated
 * @bad:    first thing that is wrong
 */
struct oracle {
	const struct oracle_cfg *cfg;
	struct oracle_counts *counts;
	u64 random;
	u64 start;
	struct vcm_space *space;
	struct oracle_piece pieces[ORACLE_PIECES + ORACLE_PAGES];
	u32 nr_owned;
	u8 page[ORACLE_PAGES];
	u16 run[ORACLE_PAGES + 1];
	bool no_memory;
	bool no_flush;
	bool giving;
	const char *bad;
};

static u64 oracle_dice(struct oracle *oracle)
{
	oracle->random ^= oracle->random >> 12;
	oracle->random ^= oracle->random << 25;
	oracle->random ^= oracle->random >> 27;
	return (oracle->random * 0x2545f4914f6cdd1dull) >> 16;
}

static void oracle_expect(struct oracle *oracle, bool good, const char *what)
{
	if (!good && !oracle->bad)
		oracle->bad = what;
}

static struct vcm_piece *oracle_piece_alloc(void *priv)
{
	struct oracle *oracle = priv;

	oracle_expect(oracle, !oracle->giving, "a give allocates");
	if (oracle->no_memory)
		return NULL;
	for (u32 i = 0; i < ARRAY_SIZE(oracle->pieces); i++) {
		if (oracle->pieces[i].used)
			continue;
		oracle->pieces[i].used = true;
		memset(&oracle->pieces[i].piece, ORACLE_UNSET, sizeof(struct vcm_piece));
		return &oracle->pieces[i].piece;
	}
	oracle_expect(oracle, false, "more pieces than pages");
	return NULL;
}

static void oracle_piece_free(void *priv, struct vcm_piece *piece)
{
	struct oracle *oracle = priv;
	struct oracle_piece *one = container_of(piece, struct oracle_piece, piece);

	oracle_expect(oracle, one->used && !one->owned, "a piece is freed that is not the space's");
	one->used = false;
	memset(piece, ORACLE_UNSET, sizeof(*piece));
}

static int oracle_flush(void *priv)
{
	struct oracle *oracle = priv;

	if (oracle->no_flush)
		return -EIO;
	for (u32 i = 0; i < ORACLE_PAGES; i++)
		if (oracle->page[i] == ORACLE_LATER)
			oracle->page[i] = ORACLE_FREE;
	oracle->counts->flushes++;
	return 0;
}

static const struct vcm_space_ops oracle_ops = {
	.piece_alloc = oracle_piece_alloc,
	.piece_free = oracle_piece_free,
	.flush = oracle_flush,
};

/* Free pages from each page on; what waits is as good as free when a flush would work. */
static void oracle_runs(struct oracle *oracle)
{
	oracle->run[ORACLE_PAGES] = 0;
	for (u32 i = ORACLE_PAGES; i--;) {
		bool usable = oracle->page[i] == ORACLE_FREE ||
			      (oracle->page[i] == ORACLE_LATER && !oracle->no_flush);

		oracle->run[i] = usable ? oracle->run[i + 1] + 1 : 0;
	}
}

/* Places at which @req can be, counted up to 2. */
static u32 oracle_places(struct oracle *oracle, const struct vcm_gap_req *req)
{
	u32 before = req->before >> VCM_PAGE_SHIFT, nr = req->len >> VCM_PAGE_SHIFT;
	u32 need = before + nr + (req->after >> VCM_PAGE_SHIFT), found = 0;

	oracle_runs(oracle);
	for (u32 i = 0; i + need <= ORACLE_PAGES && found < 2; i++) {
		u64 body = oracle->start + (u64)(i + before) * VCM_PAGE_SIZE;
		u64 end = body + (req->len - 1);

		if (oracle->run[i] < need || body & (((u64)1 << req->align) - 1))
			continue;
		if (body < req->lower || end > req->limit)
			continue;
		found += !req->boundary || (body ^ end) < req->boundary;
	}
	return found;
}

static void oracle_mark(struct oracle *oracle, const struct oracle_piece *one, enum oracle_page as)
{
	for (u32 i = 0; i < one->nr; i++)
		oracle->page[one->first + i] = as;
}

/* The test owns @piece from here on; every page of it was free. */
static void oracle_own(struct oracle *oracle, struct vcm_piece *piece, u64 pages)
{
	struct oracle_piece *one = container_of(piece, struct oracle_piece, piece);

	oracle_expect(oracle, one->used && !one->owned, "a piece is handed out twice");
	one->first = (piece->range.start - oracle->start) >> VCM_PAGE_SHIFT;
	one->nr = (piece->range.last - piece->range.start + 1) >> VCM_PAGE_SHIFT;
	one->owned = true;
	oracle->nr_owned++;
	if (one->nr != pages || one->first + one->nr > ORACLE_PAGES) {
		oracle_expect(oracle, false, "another length than was asked for");
		return;
	}
	for (u32 i = 0; i < one->nr; i++)
		oracle_expect(oracle, oracle->page[one->first + i] == ORACLE_FREE,
			      "a range that is not free is handed out");
	oracle_mark(oracle, one, ORACLE_TAKEN);
	oracle->counts->first += !one->first;
	oracle->counts->last += one->first + one->nr == ORACLE_PAGES;
}

static void oracle_request(struct oracle *oracle, struct vcm_gap_req *req)
{
	u64 dice = oracle_dice(oracle);
	u64 pages = 1 + (dice & 3 ? dice >> 8 & 3 : (dice >> 8) % 40);

	memset(req, 0, sizeof(*req));
	req->len = pages * VCM_PAGE_SIZE;
	req->limit = ~0ull;
	req->align = VCM_PAGE_SHIFT;
	if (!(dice >> 16 & 3))
		req->align += dice >> 18 & 7;
	if (!(dice >> 22 & 7))
		req->boundary = VCM_PAGE_SIZE << fls64(pages);
	if (!(dice >> 25 & 7))
		req->limit = oracle->start + (dice >> 28) % ORACLE_PAGES * VCM_PAGE_SIZE - 1;
	dice = oracle_dice(oracle);
	if (!(dice & 7))
		req->lower = oracle->start + (dice >> 8) % ORACLE_PAGES * VCM_PAGE_SIZE;
	if (!(dice >> 4 & 7)) {
		req->before = (dice >> 20 & 3) * VCM_PAGE_SIZE;
		req->after = (dice >> 22 & 3) * VCM_PAGE_SIZE;
	}
}

/* By the short call where nothing special is wanted. */
static struct vcm_piece *oracle_ask(struct oracle *oracle, const struct vcm_gap_req *req)
{
	if (req->lower || req->boundary || req->before || req->after || oracle_dice(oracle) & 1)
		return vcm_space_take(oracle->space, req);
	return vcm_space_take_len(oracle->space, req->len, req->align, req->limit);
}

static void oracle_take(struct oracle *oracle)
{
	struct vcm_gap_req req;
	struct vcm_piece *piece;
	u32 places;
	u64 body;

	oracle_request(oracle, &req);
	places = oracle_places(oracle, &req);
	piece = oracle_ask(oracle, &req);
	if (IS_ERR(piece)) {
		if (PTR_ERR(piece) == -ENOMEM)
			oracle_expect(oracle, oracle->no_memory, "-ENOMEM without a reason");
		else
			oracle_expect(oracle, !places, "a request that fits is refused");
		oracle->counts->refused += !places;
		return;
	}
	body = piece->range.start + req.before;
	oracle_expect(oracle, places, "a request that does not fit is satisfied");
	oracle_expect(oracle, !(body & (((u64)1 << req.align) - 1)), "not aligned");
	oracle_expect(oracle, body >= req.lower && body + (req.len - 1) <= req.limit,
		      "not within the limits");
	oracle_expect(oracle, !req.boundary || (body ^ (body + (req.len - 1))) < req.boundary,
		      "across a boundary");
	oracle_own(oracle, piece, (req.before + req.len + req.after) >> VCM_PAGE_SHIFT);
	oracle->counts->takes++;
	oracle->counts->exact += places == 1;
}

static void oracle_take_at(struct oracle *oracle)
{
	u64 dice = oracle_dice(oracle);
	u32 first = (dice >> 8) % ORACLE_PAGES, nr = 1 + (dice >> 16 & 7);
	u64 start = oracle->start + (u64)first * VCM_PAGE_SIZE;
	struct vcm_piece *piece;
	bool fits;

	oracle_runs(oracle);
	fits = first + nr <= ORACLE_PAGES && oracle->run[first] >= nr;
	piece = vcm_space_take_at(oracle->space, start, start + (nr * VCM_PAGE_SIZE - 1));
	if (!IS_ERR(piece)) {
		oracle_expect(oracle, fits, "a fixed range is had that is not free");
		oracle_expect(oracle, piece->range.start == start, "another address");
		oracle_own(oracle, piece, nr);
		oracle->counts->fixed++;
	} else if (PTR_ERR(piece) == -ENOMEM) {
		oracle_expect(oracle, oracle->no_memory, "-ENOMEM without a reason");
	} else {
		oracle_expect(oracle, !fits, "a fixed range that is free is refused");
	}
}

static struct oracle_piece *oracle_pick(struct oracle *oracle)
{
	u32 at = oracle_dice(oracle) % ARRAY_SIZE(oracle->pieces);

	if (!oracle->nr_owned)
		return NULL;
	while (!oracle->pieces[at].owned)
		at = at + 1 < ARRAY_SIZE(oracle->pieces) ? at + 1 : 0;
	return &oracle->pieces[at];
}

static void oracle_give(struct oracle *oracle, bool later)
{
	struct oracle_piece *one = oracle_pick(oracle);

	if (!one)
		return;
	one->owned = false;
	oracle->nr_owned--;
	oracle_mark(oracle, one, later ? ORACLE_LATER : ORACLE_FREE);
	oracle->giving = true;
	if (later)
		vcm_space_give_later(oracle->space, &one->piece);
	else
		vcm_space_give(oracle->space, &one->piece);
	oracle->giving = false;
	oracle->counts->gives++;
	oracle->counts->later += later;
}

static void oracle_step(struct oracle *oracle)
{
	u64 dice = oracle_dice(oracle);
	bool full = oracle->nr_owned >= ORACLE_PIECES;

	oracle->no_memory = !(dice >> 32 & 63);
	oracle->no_flush = !(dice >> 40 & 15);
	if (oracle->cfg->move && !(dice >> 48 & 3))
		oracle->cfg->move(oracle_dice(oracle));
	dice &= 255;
	if (dice < 120 && !full)
		oracle_take(oracle);
	else if (dice < 128 && !full)
		oracle_take_at(oracle);
	else if (dice < 216)
		oracle_give(oracle, false);
	else if (dice < 252)
		oracle_give(oracle, true);
	else if (dice < 254)
		vcm_space_flush(oracle->space);
	else if (dice < 255)
		vcm_space_shrink(oracle->space);
}

/* Give everything back: what was cut up is one hole again. */
static void oracle_end(struct oracle *oracle)
{
	const struct vcm_gap_req all = { .len = ORACLE_PAGES * VCM_PAGE_SIZE, .limit = ~0ull };
	struct vcm_space_stats stats;
	struct vcm_piece *piece;

	oracle->no_memory = false;
	oracle->no_flush = false;
	while (oracle->nr_owned && !oracle->bad)
		oracle_give(oracle, oracle->nr_owned & 1);
	piece = vcm_space_take(oracle->space, &all);
	oracle_expect(oracle, !IS_ERR(piece), "the empty space is not one hole");
	if (!IS_ERR(piece))
		vcm_space_give(oracle->space, piece);
	vcm_space_stats(oracle->space, &stats);
	oracle->counts->spans += stats.spans;
	oracle->counts->drains += stats.drains;
	vcm_space_destroy(oracle->space);
	for (u32 i = 0; i < ARRAY_SIZE(oracle->pieces); i++)
		oracle_expect(oracle, !oracle->pieces[i].used, "a piece is lost");
}

/**
 * vcm_oracle_run() - operations on one space
 * @cfg:    how
 * @counts: out: what happened, added to what is there
 *
 * Return: NULL, or what is wrong.
 */
const char *vcm_oracle_run(const struct oracle_cfg *cfg, struct oracle_counts *counts)
{
	const u64 bytes = ORACLE_PAGES * VCM_PAGE_SIZE;
	struct oracle *oracle = vcm_os_zalloc(sizeof(*oracle));
	const struct vcm_space_cfg space = {
		.start = cfg->top ? -bytes : 0,
		.last = cfg->top ? ~0ull : bytes - 1,
		.pools = cfg->pools,
		.cached = cfg->cached,
		.ops = &oracle_ops,
		.priv = oracle,
	};
	const char *bad;

	if (!oracle)
		return "no memory";
	oracle->cfg = cfg;
	oracle->counts = counts;
	oracle->random = cfg->seed | 1;
	oracle->start = space.start;
	oracle->space = vcm_space_create(&space);
	if (IS_ERR(oracle->space)) {
		vcm_os_free(oracle);
		return "no space";
	}
	for (u64 op = 0; op < cfg->ops && !oracle->bad; op++) {
		oracle_step(oracle);
		if (op % ORACLE_CHECK == 0 && !oracle->bad)
			oracle->bad = vcm_space_check(oracle->space);
	}
	oracle_end(oracle);
	bad = oracle->bad;
	vcm_os_free(oracle);
	return bad;
}
