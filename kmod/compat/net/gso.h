/* SPDX-License-Identifier: GPL-2.0-only */
/* Split off <linux/skbuff.h> in 6.5. */
#include <linux/version.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
#include_next <net/gso.h>
#else
#include <linux/skbuff.h>
#endif
