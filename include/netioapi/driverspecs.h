/* SPDX-License-Identifier: Apache-2.0 */
/// @file
/// Annotations of drivers: at which interrupt level a function may run. There is no such level here; they expand to
/// nothing.
#ifndef DRIVERSPECS_H
#define DRIVERSPECS_H

#include "sal.h"

#define _IRQL_saves_
#define _IRQL_restores_
#define _IRQL_requires_same_
#define _IRQL_uses_cancel_
#define _IRQL_is_cancel_
#define _IRQL_requires_max_(irql)
#define _IRQL_requires_min_(irql)
#define _IRQL_requires_(irql)
#define _IRQL_raises_(irql)
#define _IRQL_always_function_max_(irql)
#define _IRQL_always_function_min_(irql)

#endif
