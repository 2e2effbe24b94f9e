// SPDX-License-Identifier: Apache-2.0
// Every form that the table of a family may have, by what a processor is good at.
#pragma once

#include <gtest/gtest.h>

#include <type_traits>

#include "adjacency/aes_hash.hpp"
#include "adjacency/slots.hpp"
#include "adjacency/words.hpp"
#include "base/product_hash.hpp"

namespace neigh::adjacency::test {

#if defined(__x86_64__)
using AllForms = ::testing::Types<SlotsV4<Hardware, true, AesHash>, SlotsV4<Hardware, true>, SlotsV4<Hardware, false>,
                                  SlotsV6<Hardware>>;
#else
using AllForms = ::testing::Types<SlotsV4<Hardware, true>, SlotsV4<Hardware, false>, SlotsV6<Hardware>>;
#endif

/// nullptr: this processor, seen through this build, has the form. Otherwise what is missing.
template <class Slots>
const char* missing_for() {
  if (Slots::kHasPairs && !has_whole_pairs()) {
    return "this processor does not promise whole pairs, or the thread sanitizer would not see them";
  }
  if (!std::is_same_v<typename Slots::Hash, HashKey> && lookup_way() == LookupWay::kBaseline) {
    return "this processor has no AES instructions";
  }
  return nullptr;
}

}  // namespace neigh::adjacency::test
