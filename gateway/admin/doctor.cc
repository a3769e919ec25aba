#include "gateway/admin/command.h"

namespace sg::admin {
namespace {

std::string_view name_of(Finding::Grade grade) {
  switch (grade) {
    case Finding::Grade::Good:
      return "good";
    case Finding::Grade::Warning:
      return "warning";
    case Finding::Grade::Fault:
      return "fault";
  }
  return "";
}

}  // namespace

void run_doctor(const Json&, View& view, const Reply& reply) {
  Json list = Json::array();
  for (const Finding& finding : view.examine()) {
    list.push_back({{"grade", name_of(finding.grade)},
                    {"subject", finding.subject},
                    {"says", finding.says},
                    {"mend", finding.mend}});
  }
  reply(std::move(list));
}

}  // namespace sg::admin
