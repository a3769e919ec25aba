#pragma once

#include <string>
#include <vector>

#include "gateway/admin/view.h"
#include "gateway/fax/fax_memory.h"
#include "gateway/routing/call_routing.h"
#include "gateway/trunk/trunks.h"

namespace sg::app {

// What people ask of the fax memory, in numbers as they write them. Owned by the AdminView; signalling thread only.
class FaxNumbers {
 public:
  // `memory`: null where nothing is remembered; `error` says why, and is empty where nothing is to be. All outlive it.
  FaxNumbers(fax::FaxMemory* memory, const std::string& error, const routing::CallRouting& routing,
             const trunk::Trunks& trunks)
      : memory_(memory), error_(error), routing_(routing), trunks_(trunks) {}

  // As admin::View has them.
  Result<std::vector<std::string>> page(const std::string& trunk, const std::string& number) const;
  Result<size_t> forget(const std::string& number, const std::string& trunk);
  Result<admin::ImportView> import(const std::vector<std::string>& lines);

  // Why the memory does not keep what it learns; empty: it does.
  std::string trouble() const { return memory_ ? memory_->trouble() : error_; }

 private:
  tl::unexpected<Error> no_memory() const;
  // Error: no SIP trunk has this name.
  Result<> has_memory_of(const std::string& trunk) const;

  fax::FaxMemory* const memory_;
  const std::string& error_;
  const routing::CallRouting& routing_;
  const trunk::Trunks& trunks_;
};

}  // namespace sg::app
