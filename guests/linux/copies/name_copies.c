// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's own copying functions on the device's name field.
 *
 * A test. The field takes whatever copies with integer registers
 * (docs/interfaces/guest-shm.md, "Accesses"); this is the running kernel's code, not a
 * transcription of it. The page is mapped write-back, as a driver does that wants to use
 * memcpy() on it. /dev/name_copies lets a program map it the same way, for its C
 * library's functions (copies.c).
 *
 * Each function is tried at every length and place in the field, forth and back. One that
 * the device does not take is an external abort: this kernel oopses, with the instruction.
 */

#include <linux/fs.h>
#include <linux/io.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/string.h>

#define NAME_AT		0x1c
#define NAME_BYTES	32

static phys_addr_t page;
static u8 *name;
static u8 pattern[NAME_BYTES];

/* What the field holds after a store of `length` bytes at `at`, over zeros. */
static bool is_right(unsigned int at, unsigned int length, const u8 *stored)
{
	unsigned int n;

	for (n = 0; n < NAME_BYTES; n++) {
		u8 expected = n >= at && n < at + length ? stored[n - at] : 0;

		if (READ_ONCE(name[n]) != expected)
			return false;
	}
	return true;
}

static void clear(void)
{
	unsigned int n;

	for (n = 0; n < NAME_BYTES; n++)
		WRITE_ONCE(name[n], 0);
}

static bool copies_with(void (*store)(u8 *to, const u8 *from, unsigned int length),
			void (*load)(u8 *to, const u8 *from, unsigned int length))
{
	unsigned int at, length;
	u8 back[NAME_BYTES];

	for (length = 1; length <= NAME_BYTES; length++)
		for (at = 0; at + length <= NAME_BYTES; at++) {
			clear();
			store(name + at, pattern, length);
			if (!is_right(at, length, pattern))
				return false;
			memset(back, 0, sizeof(back));
			load(back, name + at, length);
			if (memcmp(back, pattern, length))
				return false;
		}
	return true;
}

/* Lengths that the compiler does not know: the functions are called, not inlined. */
static noinline void by_memcpy(u8 *to, const u8 *from, unsigned int length)
{
	memcpy(to, from, length);
}

static noinline void by_memmove(u8 *to, const u8 *from, unsigned int length)
{
	memmove(to, from, length);
}

static noinline void by_toio(u8 *to, const u8 *from, unsigned int length)
{
	memcpy_toio((void __iomem *)to, from, length);
}

static noinline void by_fromio(u8 *to, const u8 *from, unsigned int length)
{
	memcpy_fromio(to, (const void __iomem *)from, length);
}

static noinline void by_memset(u8 *to, const u8 *from, unsigned int length)
{
	memset(to, 0, length);
	by_memcpy(to, from, length);
}

static int name_copies_mmap(struct file *filp, struct vm_area_struct *vma)
{
	return vm_iomap_memory(vma, page, PAGE_SIZE);
}

static const struct file_operations name_copies_fops = {
	.owner = THIS_MODULE,
	.mmap = name_copies_mmap,
};

static struct miscdevice name_copies_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "name_copies",
	.fops = &name_copies_fops,
};

static void report(const char *what, bool right)
{
	pr_info("name_copies: %s %s\n", what, right ? "works" : "stores something else");
}

static int __init name_copies_init(void)
{
	struct device_node *node = of_find_compatible_node(NULL, NULL, "qvm,guest_shm");
	struct resource resource;
	int err = node ? of_address_to_resource(node, 0, &resource) : -ENODEV;
	void *mapped;
	unsigned int n;

	of_node_put(node);
	if (err)
		return err;
	page = resource.start;
	mapped = memremap(page, PAGE_SIZE, MEMREMAP_WB);
	if (!mapped)
		return -ENOMEM;
	name = (u8 *)mapped + NAME_AT;
	for (n = 0; n < NAME_BYTES; n++)
		pattern[n] = 'a' + n;
	report("memcpy", copies_with(by_memcpy, by_memcpy));
	report("memmove", copies_with(by_memmove, by_memmove));
	report("memset", copies_with(by_memset, by_memcpy));
	report("memcpy_toio and memcpy_fromio", copies_with(by_toio, by_fromio));
	clear();
	memunmap(mapped);
	return misc_register(&name_copies_misc);
}

static void __exit name_copies_exit(void)
{
	misc_deregister(&name_copies_misc);
}

module_init(name_copies_init);
module_exit(name_copies_exit);

MODULE_DESCRIPTION("Test: copying functions on the guest_shm name field");
MODULE_AUTHOR("Tombolo");
MODULE_LICENSE("GPL");
