/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_MINMAX_H
#define SHIM_MINMAX_H

/* Like the kernel's, no mixing of types. */
#define max(a, b) ({							\
	__typeof__(a) max_a = (a);					\
	__typeof__(b) max_b = (b);					\
	_Static_assert(__builtin_types_compatible_p(__typeof__(a),	\
						    __typeof__(b)),	\
		       "max() of two types");				\
	max_a > max_b ? max_a : max_b;					\
})

#endif /* SHIM_MINMAX_H */
