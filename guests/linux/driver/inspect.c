// SPDX-License-Identifier: GPL-2.0-only
/*
 * Snapshots of a region: its state, and the records of what happened to its peers.
 *
 * Why: each load of what the device does not hold itself is a call of the
 * hypervisor's server, which a guest is rationed in. The device keeps the answer to the
 * last one, and shows it again for nothing: the records always, the rest where
 * it has GUEST_SHM_FEATURE_HELD.
 *
 * Rules:
 *  - The device keeps one answer for the whole guest. So whoever needs several
 *    loads of one moment holds snapshot_lock from the load that asks to the last.
 *  - A serial of 0 says that the device could not ask: nothing has happened.
 */

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/sort.h>
#include <linux/string.h>

#include "internal.h"

/* Joins and departures of the region so far; takes a snapshot. */
u32 inspect_serial(struct guest_shm_region *region)
{
	u32 serial;

	if (!has_feature(region->gs, GUEST_SHM_FEATURE_INSPECT))
		return 0;
	mutex_lock(&region->gs->snapshot_lock);
	serial = readl(region->control + CONTROL_SERIAL);
	mutex_unlock(&region->gs->snapshot_lock);
	return serial;
}

/* ---- Records -------------------------------------------------------------- */

static int by_serial(const void *a, const void *b)
{
	const struct guest_shm_event *first = a, *second = b;

	return newer(first->serial, second->serial) ? 1 : -1;
}

/* One half of a record: an event and its serial, in one load. */
static bool read_event(struct guest_shm_region *region, u32 idx, unsigned int half,
		       struct guest_shm_event *event)
{
	u64 both = readq(region->control + CONTROL_RECORDS + idx * RECORD_BYTES + 8 * half);

	*event = (struct guest_shm_event){
		.kind = lower_32_bits(both),
		.idx = idx,
		.serial = upper_32_bits(both),
		.generation = region->generation,
	};
	return event->kind >= GUEST_SHM_EVENT_JOINED &&
	       event->kind <= GUEST_SHM_EVENT_CRASHED && newer(event->serial, region->serial);
}

/*
 * An index has its last event and its last departure; the latter only counts if it is
 * not the former.
 */
static unsigned int read_events(struct guest_shm_region *region,
				struct guest_shm_event *events)
{
	unsigned int count = 0;
	u32 idx;

	for (idx = 0; idx < GUEST_SHM_CLIENT_MAX; idx++) {
		struct guest_shm_event last;

		if (idx == region->idx || !read_event(region, idx, 0, &last))
			continue;
		if (last.kind == GUEST_SHM_EVENT_JOINED &&
		    read_event(region, idx, 1, &events[count]))
			count++;
		events[count++] = last;
	}
	sort(events, count, sizeof(*events), by_serial, NULL);
	return count;
}

/*
 * What the records have that is newer than region->serial, in its order, for EVENTS_FOUND
 * at most, and the serial up to which it goes.
 */
unsigned int inspect_events(struct guest_shm_region *region, u32 *serial,
			    struct guest_shm_event *events)
{
	struct guest_shm *gs = region->gs;
	unsigned int count = 0;

	mutex_lock(&gs->snapshot_lock);
	*serial = readl(region->control + CONTROL_SERIAL);
	if (*serial && *serial != region->serial)
		count = read_events(region, events);
	mutex_unlock(&gs->snapshot_lock);
	return count;
}

/* ---- State ----------------------------------------------------------------- */

/* The load of generation and serial asks; `held` is where its answer is shown again. */
static void read_state(void __iomem *control, unsigned int held, struct guest_shm_state *state)
{
	u64 both = readq(control + CONTROL_GENERATION);

	state->serial = upper_32_bits(both);
	both = readq(control + held + CONTROL_UNREAD);
	state->unread = lower_32_bits(both);
	state->may_signal = upper_32_bits(both);
	both = readq(control + held + CONTROL_SENT);
	state->sent = lower_32_bits(both);
	state->received = upper_32_bits(both);
	both = readq(control + held + CONTROL_COALESCED);
	state->coalesced = lower_32_bits(both);
	state->refused = upper_32_bits(both);
}

/* Under the file's lock, which keeps its region. */
int inspect_state(struct guest_shm_file *file, struct guest_shm_state *state)
{
	struct guest_shm_region *region = file->region;
	struct guest_shm *gs = file->gs;

	memset(state, 0, sizeof(*state));
	spin_lock_irq(&gs->lock);
	news_collect(region);
	state->status = file->active << 16 | file->pending;
	spin_unlock_irq(&gs->lock);
	if (READ_ONCE(region->lost))
		return -ECONNRESET;
	if (!has_feature(gs, GUEST_SHM_FEATURE_INSPECT | GUEST_SHM_FEATURE_COUNTERS))
		return 0;
	mutex_lock(&gs->snapshot_lock);
	read_state(region->control, has_feature(gs, GUEST_SHM_FEATURE_HELD) ? CONTROL_HELD : 0,
		   state);
	mutex_unlock(&gs->snapshot_lock);
	return 0;
}
