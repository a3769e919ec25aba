#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/fax/fax_facts.h"
#include "gateway/fax/rule_id.h"

namespace sg::fax {

// What may have become of a fax: when it is so, and what is said of it.
struct FaxRule {
  RuleId id;
  FaxOutcome::Verdict verdict;
  bool (*fits)(const FaxFacts&);
  std::string (*cause)(const FaxFacts&);  // one sentence
  std::string_view advice;                // one sentence, or empty where nothing is to be done
};

// Within a verdict the likeliest cause stands first, and what always fits last.
const std::vector<FaxRule>& fax_rules();

}  // namespace sg::fax
