// SPDX-License-Identifier: Apache-2.0
// The kernel flavor from C++, with a linkage block around the headers as drivers write it.
extern "C" {
#include <ntifs.h>
//
#include <NetIoApi.h>
}

static_assert(sizeof(UNICODE_STRING) == 16, "layout");

namespace {

class Table {
 public:
  explicit Table(ADDRESS_FAMILY family) : status_(GetIpNetTable2(family, &table_)) {}
  ~Table() {
    if (table_ != nullptr) FreeMibTable(table_);
  }
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;
  NTSTATUS status() const { return status_; }
  const MIB_IPNET_ROW2* begin() const { return table_->Table; }
  const MIB_IPNET_ROW2* end() const { return table_->Table + table_->NumEntries; }

 private:
  PMIB_IPNET_TABLE2 table_ = nullptr;
  NTSTATUS status_;
};

}  // namespace

EXTERN_C NTSTATUS count_permanent(_Out_ PULONG count);

NTSTATUS count_permanent(_Out_ PULONG count) {
  const Table table(AF_INET6);
  *count = 0;
  switch (table.status()) {
    case STATUS_SUCCESS:
      break;
    case STATUS_NOT_FOUND:
      return STATUS_SUCCESS;
    default:
      return table.status();
  }
  for (const MIB_IPNET_ROW2& row : table)
    if (row.State == NlnsPermanent) ++*count;
  return STATUS_SUCCESS;
}
