/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_MODULEPARAM_H
#define SHIM_MODULEPARAM_H

/* Settable by a test in the same program only. */
#define module_param(name, type, mode)	struct shim_unused
#define MODULE_PARM_DESC(name, text)	struct shim_unused

#endif /* SHIM_MODULEPARAM_H */
