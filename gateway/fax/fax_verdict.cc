#include "gateway/fax/fax_verdict.h"

#include <algorithm>
#include <cassert>

#include <fmt/format.h>

#include "base/log.h"
#include "gateway/fax/fax_rules.h"

namespace sg::fax {
namespace {

std::string_view counter_word(FaxOutcome::Verdict verdict) {
  return verdict == FaxOutcome::Verdict::InDoubt ? "in_doubt" : name_of(verdict);
}

}  // namespace

FaxDiagnosis diagnose(const FaxFacts& facts) {
  auto rule = std::ranges::find_if(
      fax_rules(), [&](const FaxRule& each) { return each.verdict == facts.verdict && each.fits(facts); });
  assert(rule != fax_rules().end() && "each verdict has a rule that always fits");
  return {facts.verdict, rule->id, rule->cause(facts), std::string(rule->advice)};
}

FaxDiagnosis under_way() {
  return {.verdict = FaxOutcome::Verdict::Unknown,
          .rule = RuleId::UnderWay,
          .cause = "The call is still up.",
          .advice = {}};
}

FaxDiagnosis judge(const call::Record& record, Counters& counters) {
  FaxDiagnosis fax = diagnose(fax_facts_of(record));
  const Log log(fmt::format("call={}", record.call));
  const auto line =
      fmt::format("fax verdict=\"{}\" pages={} bit_rate={} cause=\"{}\" advice=\"{}\"", name_of(fax.verdict),
                  record.media.fax.pages, record.media.fax.bit_rate, fax.cause, fax.advice);
  fax.verdict == FaxOutcome::Verdict::Failed ? log.warning("{}", line) : log.info("{}", line);
  counters.get(fmt::format("fax.{}", counter_word(fax.verdict))).add();
  return fax;
}

}  // namespace sg::fax
