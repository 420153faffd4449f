// SPDX-License-Identifier: GPL-2.0-only
/* faults: see faults.h. */
#define _GNU_SOURCE
#include "faults.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define NTH	"/proc/thread-self/fail-nth"
#define ALL	"/proc/thread-self/make-it-fail"

int faults_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), error = 0;

	if (fd < 0)
		return errno;
	if (write(fd, text, strlen(text)) < 0)
		error = errno;
	close(fd);
	return error;
}

static void set(const char *path, unsigned int n)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", n);
	errno = faults_write(path, text);
	if (errno)
		err(1, "%s", path);
}

void faults_arm(bool on, unsigned int n)
{
	set(ALL, on && n);
	set(NTH, n);
}

bool faults_disarm(void)
{
	char text[16] = "";
	int fd;

	/* It may still be that all fail. */
	set(ALL, 0);
	fd = open(NTH, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		err(1, NTH);
	close(fd);
	set(NTH, 0);
	return !atoi(text);
}

/* --- what has no netns yet: TRY gives 0 or an errno, UNDO is for what worked, and gives what is wrong then */

static bool good_end(int error)
{
	return !error || error == ENOMEM;
}

static void in_turn(const char *what, bool on, int (*try)(void *arg), const char *(*undo)(int error), void *arg)
{
	unsigned int n, bad = 0;
	bool hit = true;
	int error = 0;

	for (n = 1; hit && n < FAULTS_MOST; n++) {
		const char *wrong;

		faults_arm(on, n);
		error = try(arg);
		hit = faults_disarm();
		wrong = good_end(error) ? undo(error) : strerror(error);
		if (!wrong)
			continue;
		bad++;
		printf("# %s, allocation %u%s: %s\n", what, n, on ? " and on" : "", wrong);
	}
	printf("%sok - %s: %u allocations%s, %u of them go wrong\n", bad || hit || error || n < 3 ? "not " : "", what, n - 2,
	       on ? " and on" : "", bad);
}

static void in_turn_both(const char *what, int (*try)(void *arg), const char *(*undo)(int error), void *arg)
{
	in_turn(what, false, try, undo, arg);
	in_turn(what, true, try, undo, arg);
}

struct image {
	void *bytes;
	size_t size;
};

static int insert(void *arg)
{
	const struct image *image = arg;

	return syscall(SYS_init_module, image->bytes, image->size, "") ? errno : 0;
}

static const char *removed(int error)
{
	if (!error && syscall(SYS_delete_module, "shunt", O_NONBLOCK))
		return strerror(errno);
	if (!access("/sys/module/shunt", F_OK))
		return "the module is still there";
	if (!access("/proc/net/ip_vs", F_OK) || !access("/proc/net/shunt_table", F_OK))
		return "something in /proc is still there";
	return access("/proc/sys/net/ipv4/vs", F_OK) ? NULL : "the sysctls are still there";
}

static int load(const char *file)
{
	int fd = open(file, O_RDONLY);
	struct image image;
	struct stat stat;

	if (fd < 0 || fstat(fd, &stat))
		err(1, "%s", file);
	image.size = stat.st_size;
	image.bytes = mmap(NULL, image.size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	if (image.bytes == MAP_FAILED)
		err(1, "mmap");
	in_turn_both("insmod", insert, removed, &image);
	return 0;
}

static int new_netns(void *arg)
{
	(void)arg;
	return unshare(CLONE_NEWNET) ? errno : 0;
}

static const char *nothing(int error)
{
	(void)error;
	return NULL;
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 3 && !strcmp(argv[1], "load"))
		return load(argv[2]);
	if (argc == 2 && !strcmp(argv[1], "netns"))
		return in_turn_both("a new netns", new_netns, nothing, NULL), 0;
	if (argc == 2 && !strcmp(argv[1], "commands"))
		return faults_commands(stdin);
	if (argc > 3 && !strcmp(argv[1], "packets"))
		return faults_packets(argv[2], argv[3], argc - 4, argv + 4);
	errx(2, "load FILE | netns | commands | packets IN OUT [KIND]...");
}
