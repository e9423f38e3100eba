/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rings and snapshots in memory shared with peers that may lie, version 1.
 *
 * Why: a guest program in C meets a guest or protection domain in Rust. The
 * layout, orderings and checks are those of docs/interfaces/rings.md; the Rust
 * crate shmem-rings is the other implementation, and its tests run both together.
 *
 * Freestanding C11 with the compiler's __atomic builtins; no library. Pass the
 * region's data as 8-aligned `uint64_t *`. Handles are private memory: never put
 * one into the region. One handle, one thread. Little-endian 64-bit machines.
 */
#ifndef SHMEM_RINGS_H
#define SHMEM_RINGS_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stddef.h>
#include <stdint.h>
#endif

#define SHMEM_RINGS_MAGIC 0x474e4952424d4f54ull /* "TOMBRING" */
#define SHMEM_RINGS_VERSION 1u
#define SHMEM_RINGS_MAX_SLOTS (1u << 20)
#define SHMEM_RINGS_MAX_RECORD (1u << 16)

enum shmem_rings_kind { SHMEM_RING = 1, SHMEM_BROADCAST = 2, SHMEM_SNAPSHOT = 3 };

/* Each line is 64 bytes and has one writer. */
struct shmem_rings_header {
	/* Creator; the magic last. */
	uint64_t magic, kind_and_version, slots, record_bytes;
	uint64_t schema, generation, reserved[2];
	/* Producer or writer. */
	uint64_t head, ask_room, producer_line[6];
	/* Consumer. */
	uint64_t tail, ask_records, consumer_line[6];
	uint64_t reserved_line[8];
};

_Static_assert(sizeof(struct shmem_rings_header) == 256, "four lines");
_Static_assert(offsetof(struct shmem_rings_header, head) == 64, "line 1");
_Static_assert(offsetof(struct shmem_rings_header, tail) == 128, "line 2");

/* Results below 0. SHMEM_BREACH: the peer broke the protocol; the handle stays so. */
enum {
	SHMEM_EMPTY = -1,
	SHMEM_FULL = -2,
	SHMEM_TOO_LONG = -3,
	SHMEM_BUFFER = -4,
	SHMEM_BREACH = -5,
	SHMEM_NOT_READY = -6,
	SHMEM_DIFFERS = -7,
	SHMEM_BUSY = -8,
};

struct shmem_rings_shape {
	uint64_t kind, slots, record_bytes, schema, generation;
};

struct shmem_producer {
	uint64_t *words, slots, record_bytes, generation;
	uint64_t head, tail, answered, ask;
	int broken;
};

struct shmem_consumer {
	uint64_t *words, slots, record_bytes, generation;
	uint64_t tail, head, answered, ask;
	int broken;
};

/* Word numbers. */
enum { SHMEM_W_GENERATION = 5, SHMEM_W_HEAD = 8, SHMEM_W_ASK_ROOM = 9,
       SHMEM_W_TAIL = 16, SHMEM_W_ASK_RECORDS = 17, SHMEM_W_SLOTS = 32 };

#define SHMEM_LOAD(p, order) __atomic_load_n(p, order)
#define SHMEM_STORE(p, v, order) __atomic_store_n(p, v, order)

static inline uint64_t shmem_rings_stride(uint64_t kind, uint64_t record_bytes)
{
	return (kind == SHMEM_RING ? 1 : 2) + (record_bytes + 7) / 8;
}

/* Words of the whole structure; 0 if the shape cannot be. */
static inline uint64_t shmem_rings_words(const struct shmem_rings_shape *shape)
{
	if (shape->kind < SHMEM_RING || shape->kind > SHMEM_SNAPSHOT ||
	    shape->slots < (shape->kind == SHMEM_SNAPSHOT ? 2 : 1) ||
	    shape->slots > SHMEM_RINGS_MAX_SLOTS || (shape->slots & (shape->slots - 1)) ||
	    shape->record_bytes < 1 || shape->record_bytes > SHMEM_RINGS_MAX_RECORD)
		return 0;
	return SHMEM_W_SLOTS + shape->slots * shmem_rings_stride(shape->kind, shape->record_bytes);
}

/* Compares the header with `shape`. 0, SHMEM_NOT_READY or SHMEM_DIFFERS. */
static inline int shmem_rings_check(const uint64_t *words, uint64_t given,
				    const struct shmem_rings_shape *shape)
{
	uint64_t needed = shmem_rings_words(shape), magic;

	if (needed == 0 || needed > given)
		return SHMEM_DIFFERS;
	/* A relaxed load and a fence: the memory may be mapped read-only. */
	magic = SHMEM_LOAD(&words[0], __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	if (magic == 0)
		return SHMEM_NOT_READY;
	if (magic != SHMEM_RINGS_MAGIC ||
	    SHMEM_LOAD(&words[1], __ATOMIC_RELAXED) != (shape->kind | SHMEM_RINGS_VERSION << 16) ||
	    SHMEM_LOAD(&words[2], __ATOMIC_RELAXED) != shape->slots ||
	    SHMEM_LOAD(&words[3], __ATOMIC_RELAXED) != shape->record_bytes ||
	    SHMEM_LOAD(&words[4], __ATOMIC_RELAXED) != shape->schema ||
	    SHMEM_LOAD(&words[5], __ATOMIC_RELAXED) != shape->generation ||
	    SHMEM_LOAD(&words[6], __ATOMIC_RELAXED) || SHMEM_LOAD(&words[7], __ATOMIC_RELAXED))
		return SHMEM_DIFFERS;
	return 0;
}

static inline void shmem_rings_copy_in(uint64_t *words, const void *bytes, size_t length)
{
	const unsigned char *from = bytes;
	size_t at;

	for (at = 0; at < length; at += 8) {
		uint64_t word = 0;
		__builtin_memcpy(&word, from + at, length - at < 8 ? length - at : 8);
		SHMEM_STORE(words++, word, __ATOMIC_RELAXED);
	}
}

static inline void shmem_rings_copy_out(void *bytes, const uint64_t *words, size_t length)
{
	unsigned char *to = bytes;
	size_t at;

	for (at = 0; at < length; at += 8) {
		uint64_t word = SHMEM_LOAD(words++, __ATOMIC_RELAXED);
		__builtin_memcpy(to + at, &word, length - at < 8 ? length - at : 8);
	}
}

/* 1: signal the peer, it asked. After a publication; see "Waking". */
static inline int shmem_rings_wake(const uint64_t *ask, uint64_t *answered)
{
	uint64_t word;

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	word = SHMEM_LOAD(ask, __ATOMIC_RELAXED);
	if (!(word & 1) || word == *answered)
		return 0;
	*answered = word;
	return 1;
}

static inline int shmem_producer_attach(struct shmem_producer *p, uint64_t *words,
					uint64_t given, const struct shmem_rings_shape *shape)
{
	int result = shape->kind == SHMEM_RING ? shmem_rings_check(words, given, shape)
					       : SHMEM_DIFFERS;

	/* A handle that did not attach is a broken one. */
	__builtin_memset(p, 0, sizeof *p);
	p->broken = 1;
	if (result)
		return result;
	p->words = words;
	p->slots = shape->slots;
	p->record_bytes = shape->record_bytes;
	p->generation = shape->generation;
	p->head = SHMEM_LOAD(&words[SHMEM_W_HEAD], __ATOMIC_RELAXED);
	p->tail = SHMEM_LOAD(&words[SHMEM_W_TAIL], __ATOMIC_ACQUIRE);
	p->ask = SHMEM_LOAD(&words[SHMEM_W_ASK_ROOM], __ATOMIC_RELAXED);
	p->answered = 0;
	p->broken = p->head - p->tail > p->slots;
	return p->broken ? SHMEM_BREACH : 0;
}

/* Free slots, or SHMEM_BREACH. */
static inline int64_t shmem_producer_room(struct shmem_producer *p)
{
	/* Acquire: pairs with the consumer's Release store of tail. */
	uint64_t tail;

	if (p->broken)
		return SHMEM_BREACH;
	tail = SHMEM_LOAD(&p->words[SHMEM_W_TAIL], __ATOMIC_ACQUIRE);
	if (tail - p->tail > p->head - p->tail ||
	    SHMEM_LOAD(&p->words[SHMEM_W_GENERATION], __ATOMIC_RELAXED) != p->generation) {
		p->broken = 1;
		return SHMEM_BREACH;
	}
	p->tail = tail;
	return (int64_t)(p->slots - (p->head - p->tail));
}

/* 1: sent, signal the consumer; 0: sent; else a result below 0. */
static inline int shmem_producer_push(struct shmem_producer *p, const void *bytes, size_t length)
{
	int64_t room = shmem_producer_room(p);
	uint64_t *slot;

	if (room < 0)
		return (int)room;
	if (length > p->record_bytes)
		return SHMEM_TOO_LONG;
	if (room == 0)
		return SHMEM_FULL;
	slot = p->words + SHMEM_W_SLOTS +
	       (p->head & (p->slots - 1)) * shmem_rings_stride(SHMEM_RING, p->record_bytes);
	SHMEM_STORE(slot, (uint64_t)length, __ATOMIC_RELAXED);
	shmem_rings_copy_in(slot + 1, bytes, length);
	p->head++;
	/* Release: pairs with the consumer's Acquire load of head. */
	SHMEM_STORE(&p->words[SHMEM_W_HEAD], p->head, __ATOMIC_RELEASE);
	return shmem_rings_wake(&p->words[SHMEM_W_ASK_RECORDS], &p->answered);
}

/* Before sleeping on a full ring. 1: sleep; 0: there is room; or SHMEM_BREACH. */
static inline int shmem_producer_ask(struct shmem_producer *p)
{
	int64_t room;

	if (p->broken)
		return SHMEM_BREACH;
	p->ask = (p->ask | 1) + 2;
	SHMEM_STORE(&p->words[SHMEM_W_ASK_ROOM], p->ask, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	room = shmem_producer_room(p);
	if (room > 0) {
		p->ask &= ~1ull;
		SHMEM_STORE(&p->words[SHMEM_W_ASK_ROOM], p->ask, __ATOMIC_RELAXED);
	}
	return room < 0 ? (int)room : room == 0;
}

static inline int shmem_consumer_attach(struct shmem_consumer *c, uint64_t *words,
					uint64_t given, const struct shmem_rings_shape *shape)
{
	int result = shape->kind == SHMEM_RING ? shmem_rings_check(words, given, shape)
					       : SHMEM_DIFFERS;

	/* A handle that did not attach is a broken one. */
	__builtin_memset(c, 0, sizeof *c);
	c->broken = 1;
	if (result)
		return result;
	c->words = words;
	c->slots = shape->slots;
	c->record_bytes = shape->record_bytes;
	c->generation = shape->generation;
	c->tail = SHMEM_LOAD(&words[SHMEM_W_TAIL], __ATOMIC_RELAXED);
	c->head = SHMEM_LOAD(&words[SHMEM_W_HEAD], __ATOMIC_ACQUIRE);
	c->ask = SHMEM_LOAD(&words[SHMEM_W_ASK_RECORDS], __ATOMIC_RELAXED);
	c->answered = 0;
	c->broken = c->head - c->tail > c->slots;
	return c->broken ? SHMEM_BREACH : 0;
}

/* Records waiting, or SHMEM_BREACH. */
static inline int64_t shmem_consumer_waiting(struct shmem_consumer *c)
{
	/* Acquire: pairs with the producer's Release store of head. */
	uint64_t head;

	if (c->broken)
		return SHMEM_BREACH;
	head = SHMEM_LOAD(&c->words[SHMEM_W_HEAD], __ATOMIC_ACQUIRE);
	if (head - c->head > c->tail + c->slots - c->head ||
	    SHMEM_LOAD(&c->words[SHMEM_W_GENERATION], __ATOMIC_RELAXED) != c->generation) {
		c->broken = 1;
		return SHMEM_BREACH;
	}
	c->head = head;
	return (int64_t)(c->head - c->tail);
}

/* Bytes taken, and *wake = 1 if the producer wants a signal; else a result below 0. */
static inline int64_t shmem_consumer_pop(struct shmem_consumer *c, void *out, size_t given,
					 int *wake)
{
	int64_t waiting = shmem_consumer_waiting(c);
	uint64_t *slot, length;

	*wake = 0;
	if (waiting <= 0)
		return waiting ? waiting : SHMEM_EMPTY;
	slot = c->words + SHMEM_W_SLOTS +
	       (c->tail & (c->slots - 1)) * shmem_rings_stride(SHMEM_RING, c->record_bytes);
	/* Once: the producer may change it after the check. */
	length = SHMEM_LOAD(slot, __ATOMIC_RELAXED);
	if (length > c->record_bytes) {
		c->broken = 1;
		return SHMEM_BREACH;
	}
	if (length > given)
		return SHMEM_BUFFER;
	shmem_rings_copy_out(out, slot + 1, (size_t)length);
	c->tail++;
	/* Release: pairs with the producer's Acquire load of tail. */
	SHMEM_STORE(&c->words[SHMEM_W_TAIL], c->tail, __ATOMIC_RELEASE);
	*wake = shmem_rings_wake(&c->words[SHMEM_W_ASK_ROOM], &c->answered);
	return (int64_t)length;
}

/* Before sleeping on an empty ring. 1: sleep; 0: there is a record; or SHMEM_BREACH. */
static inline int shmem_consumer_ask(struct shmem_consumer *c)
{
	int64_t waiting;

	if (c->broken)
		return SHMEM_BREACH;
	c->ask = (c->ask | 1) + 2;
	SHMEM_STORE(&c->words[SHMEM_W_ASK_RECORDS], c->ask, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	waiting = shmem_consumer_waiting(c);
	if (waiting > 0) {
		c->ask &= ~1ull;
		SHMEM_STORE(&c->words[SHMEM_W_ASK_RECORDS], c->ask, __ATOMIC_RELAXED);
	}
	return waiting < 0 ? (int)waiting : waiting == 0;
}

/*
 * Newest record of a snapshot: its bytes, and *version; else a result below 0. The
 * words may be mapped read-only. `shape` is one that shmem_rings_check accepted.
 */
static inline int64_t shmem_snapshot_get(const uint64_t *words,
					 const struct shmem_rings_shape *shape, void *out,
					 size_t given, uint64_t *version)
{
	uint64_t stride = shmem_rings_stride(SHMEM_SNAPSHOT, shape->record_bytes);
	int tries;

	for (tries = 0; tries < 16; tries++) {
		uint64_t head = SHMEM_LOAD(&words[SHMEM_W_HEAD], __ATOMIC_RELAXED);
		uint64_t length, number = head - 1;
		const uint64_t *slot = words + SHMEM_W_SLOTS + (number & (shape->slots - 1)) * stride;

		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (SHMEM_LOAD(&words[SHMEM_W_GENERATION], __ATOMIC_RELAXED) != shape->generation)
			return SHMEM_BREACH;
		if (head == 0)
			return SHMEM_EMPTY;
		if (SHMEM_LOAD(slot, __ATOMIC_RELAXED) != 2 * number + 2)
			continue;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		length = SHMEM_LOAD(slot + 1, __ATOMIC_RELAXED);
		if (length <= shape->record_bytes && length <= given)
			shmem_rings_copy_out(out, slot + 2, (size_t)length);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (SHMEM_LOAD(slot, __ATOMIC_RELAXED) != 2 * number + 2)
			continue;
		if (SHMEM_LOAD(&words[SHMEM_W_GENERATION], __ATOMIC_RELAXED) != shape->generation ||
		    length > shape->record_bytes)
			return SHMEM_BREACH;
		if (length > given)
			return SHMEM_BUFFER;
		*version = number;
		return (int64_t)length;
	}
	return SHMEM_BUSY;
}

#endif
