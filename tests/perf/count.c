// SPDX-License-Identifier: GPL-2.0-only
/*
 * A QEMU plugin that counts which kernel code runs between the first run of the
 * guest's program mark (mark.S) and the second: a line "address instructions"
 * for each translated block that did, in the file named by out=.
 * Debian has no package with QEMU's plugin header; what is used of it is below.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t plugin_id;
struct block;			/* QEMU's struct qemu_plugin_tb */
enum { INLINE_ADD };

int qemu_plugin_version = 1;
int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv);
void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id,
					   void (*cb)(plugin_id, struct block *));
void qemu_plugin_register_vcpu_tb_exec_inline(struct block *tb, int op,
					      void *ptr, uint64_t imm);
void qemu_plugin_register_vcpu_tb_exec_cb(struct block *tb,
					  void (*cb)(unsigned int cpu, void *),
					  int flags, void *data);
size_t qemu_plugin_tb_n_insns(const struct block *tb);
uint64_t qemu_plugin_tb_vaddr(const struct block *tb);

#define KERNEL	0xffff800000000000ull
#define MARK	0x5e000000ull
#define BLOCKS	(1u << 20)

/* Open addressing; never more than half full. */
static struct count {
	uint64_t addr;
	uint64_t insns;
} counts[BLOCKS];
static unsigned int used;
static const char *out;

/* Where the instructions of the block at an address are added up. */
static struct count *slot(uint64_t addr)
{
	uint64_t i = addr * 0x9e3779b97f4a7c15ull >> 44;

	while (counts[i].addr && counts[i].addr != addr)
		i = (i + 1) % BLOCKS;
	if (!counts[i].addr) {
		if (++used > BLOCKS / 2) {
			fprintf(stderr, "count: too many blocks\n");
			exit(1);
		}
		counts[i].addr = addr;
	}
	return &counts[i];
}

static void write_counts(void)
{
	FILE *file = fopen(out, "w");
	unsigned int i;

	if (!file) {
		perror(out);
		return;
	}
	for (i = 0; i < BLOCKS; i++)
		if (counts[i].insns)
			fprintf(file, "%016" PRIx64 " %" PRIu64 "\n",
				counts[i].addr, counts[i].insns);
	fclose(file);
}

static void marked(unsigned int cpu, void *data)
{
	static unsigned int times;
	unsigned int i;

	(void)cpu;
	(void)data;
	if (times++)
		write_counts();
	else
		for (i = 0; i < BLOCKS; i++)
			counts[i].insns = 0;
}

static void translated(plugin_id id, struct block *tb)
{
	uint64_t addr = qemu_plugin_tb_vaddr(tb);

	(void)id;
	if (addr >= KERNEL)
		qemu_plugin_register_vcpu_tb_exec_inline(tb, INLINE_ADD,
			&slot(addr)->insns, qemu_plugin_tb_n_insns(tb));
	else if (addr == MARK)
		qemu_plugin_register_vcpu_tb_exec_cb(tb, marked, 0, NULL);
}

int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv)
{
	(void)info;
	if (argc != 1 || strncmp(argv[0], "out=", 4))
		return 1;
	out = strdup(argv[0] + 4);
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
