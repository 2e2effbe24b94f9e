/* SPDX-License-Identifier: Apache-2.0 */
#include "spec_numbers.h"

/* The bits as C sees them, for layout_test.cpp to look at. */
void neigh_test_c_row(MIB_IPNET_ROW2* row, unsigned is_router, unsigned is_unreachable);
void neigh_test_c_luid(NET_LUID* luid, unsigned reserved, unsigned index, unsigned type);

void neigh_test_c_row(MIB_IPNET_ROW2* row, unsigned is_router, unsigned is_unreachable) {
  row->IsRouter = is_router & 1u;
  row->IsUnreachable = is_unreachable & 1u;
}

void neigh_test_c_luid(NET_LUID* luid, unsigned reserved, unsigned index, unsigned type) {
  luid->Info.Reserved = reserved & 0xffffff;
  luid->Info.NetLuidIndex = index & 0xffffff;
  luid->Info.IfType = type & 0xffff;
}
