#pragma once

#include <string>

#include "base/counters.h"
#include "gateway/fax/fax_facts.h"
#include "gateway/fax/rule_id.h"

namespace sg::fax {

struct FaxDiagnosis {
  FaxOutcome::Verdict verdict = FaxOutcome::Verdict::Unknown;
  RuleId rule = RuleId::UnderWay;
  std::string cause;   // one sentence
  std::string advice;  // one sentence, or empty where nothing is to be done
};

// The first rule that fits.
FaxDiagnosis diagnose(const FaxFacts& facts);

// Of the fax of a call that is still up.
FaxDiagnosis under_way();

// Of the fax of a call that is over: told in the log, and counted.
FaxDiagnosis judge(const call::Record& record, Counters& counters);

}  // namespace sg::fax
