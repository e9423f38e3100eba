// SPDX-License-Identifier: GPL-2.0-only
/*
 * mmap of a region's data, as normal write-back memory.
 *
 * Rule: who may not write gets no way to. A file opened O_RDONLY has no writable
 * shared mapping by the kernel's own rule; a region that this guest may only read
 * has none here, and none by a later mprotect(): the hypervisor would answer
 * a store with an abort.
 */

#include <linux/version.h>

#include "internal.h"

static void set_flags(struct vm_area_struct *vma, unsigned long set, unsigned long clear)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	vm_flags_mod(vma, set, clear);
#else
	vma->vm_flags = (vma->vm_flags | set) & ~clear;
#endif
}

/* A split mapping is two; DETACH is refused until all are gone. */
static void guest_shm_vm_open(struct vm_area_struct *vma)
{
	struct guest_shm_file *file = vma->vm_private_data;

	atomic_inc(&file->mappings);
}

static void guest_shm_vm_close(struct vm_area_struct *vma)
{
	struct guest_shm_file *file = vma->vm_private_data;

	atomic_dec(&file->mappings);
}

static const struct vm_operations_struct guest_shm_vm_ops = {
	.open = guest_shm_vm_open,
	.close = guest_shm_vm_close,
};

static bool window_fits(const struct guest_shm_region *region, struct vm_area_struct *vma)
{
	return vma->vm_pgoff <= region->pages &&
	       vma_pages(vma) <= region->pages - vma->vm_pgoff;
}

/*
 * Offset 0 is the first data page. remap_pfn_range() adds that the mapping is not
 * to grow, nor to be dumped; children do not inherit it.
 */
static int map_region(struct guest_shm_file *file, struct vm_area_struct *vma)
{
	struct guest_shm_region *region = file->region;
	unsigned long pfn;
	int err;

	if (!region)
		return -ENOTCONN;
	if (region->lost)
		return -ECONNRESET;
	if (!window_fits(region, vma))
		return -EINVAL;
	if (region->access != GUEST_SHM_ACCESS_READ_WRITE) {
		if (vma->vm_flags & VM_WRITE)
			return -EACCES;
		set_flags(vma, 0, VM_MAYWRITE);
	}
	set_flags(vma, VM_DONTCOPY, 0);
	pfn = PHYS_PFN(region->shmem) + 1 + vma->vm_pgoff;
	err = remap_pfn_range(vma, vma->vm_start, pfn, vma_pages(vma) << PAGE_SHIFT,
			      vma->vm_page_prot);
	if (err)
		return err;
	vma->vm_private_data = file;
	vma->vm_ops = &guest_shm_vm_ops;
	atomic_inc(&file->mappings);
	return 0;
}

/* A shared mapping of a file opened O_RDONLY has VM_MAYSHARE only. */
int guest_shm_mmap(struct file *filp, struct vm_area_struct *vma)
{
	struct guest_shm_file *file = filp->private_data;
	int err;

	if (!(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;
	mutex_lock(&file->lock);
	err = map_region(file, vma);
	mutex_unlock(&file->lock);
	return err;
}
