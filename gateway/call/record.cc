#include "gateway/call/record.h"

namespace sg::call {

std::string_view name_of(ReleasedBy by) {
  switch (by) {
    case ReleasedBy::Caller:
      return "caller";
    case ReleasedBy::Called:
      return "called";
    case ReleasedBy::Gateway:
      return "gateway";
    case ReleasedBy::Transfer:
      return "transfer";
    case ReleasedBy::Conference:
      return "conference";
    case ReleasedBy::Line:
      return "line";
  }
  return "";
}

}  // namespace sg::call
