/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_WORKQUEUE_H
#define SHIM_WORKQUEUE_H

struct delayed_work {
	int unused;
};

#endif /* SHIM_WORKQUEUE_H */
