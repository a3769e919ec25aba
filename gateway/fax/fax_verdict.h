#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/counters.h"
#include "gateway/fax/fax_facts.h"

namespace sg::fax {

struct FaxDiagnosis {
  FaxOutcome::Verdict verdict = FaxOutcome::Verdict::Unknown;
  std::string rule;    // its name in the table: for statistics
  std::string cause;   // one sentence
  std::string advice;  // one sentence, or empty where nothing is to be done
};

// The first rule that fits.
FaxDiagnosis diagnose(const FaxFacts& facts);

// Of the fax of a call that is still up.
FaxDiagnosis under_way();

// Of the fax of a call that is over: told in the log, and counted.
FaxDiagnosis judge(const call::Record& record, Counters& counters);

// Every rule's name, in the order in which they are tried.
std::vector<std::string_view> fax_rule_names();

}  // namespace sg::fax
