/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What happens when one of the kernel's allocations fails, or one and all after it. Which allocations count is set in debugfs
 * (faults.sh): those that the module makes, itself or by what it calls.
 *
 *   faults load FILE             loads a module and unloads it
 *   faults netns                 makes a network namespace
 *   faults commands              in the director's netns, what standard input says (faults_commands.c)
 *   faults packets IN OUT [KIND]...
 *                                in the director's netns, with these two taps: packets of each kind
 *
 * Each with allocation 1, 2, ... failing until there are none left. A line "ok - ..." or "not ok - ..." for each thing that was
 * tried, and what was wrong in lines that begin with "#".
 */
#ifndef FAULTS_H
#define FAULTS_H

#include <stdbool.h>
#include <stdio.h>

/* More allocations than that nothing makes. */
#define FAULTS_MOST	2000

/* From here on until faults_disarm() this task's allocation number @n fails, where @on all after it; 0 is none. */
void faults_arm(bool on, unsigned int n);
/* Return: whether it failed. */
bool faults_disarm(void);

/* Return: 0 or an errno. */
int faults_write(const char *path, const char *text);

int faults_commands(FILE *in);
int faults_packets(const char *in, const char *out, int argc, char **argv);

#endif /* FAULTS_H */
