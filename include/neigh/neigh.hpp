// SPDX-License-Identifier: Apache-2.0
/// @file
/// Everything of the C++ API.
#pragma once

#include "neigh/address.hpp"
#include "neigh/adjacency.hpp"
#include "neigh/current_stack.hpp"
#include "neigh/embedded.hpp"
#include "neigh/function_ref.hpp"
#include "neigh/host.hpp"
#include "neigh/interface.hpp"
#include "neigh/kernel.hpp"
#include "neigh/mirror.hpp"
#include "neigh/neighbor.hpp"
#include "neigh/result.hpp"
#include "neigh/table.hpp"
#include "neigh/watch.hpp"
