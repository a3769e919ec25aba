#include "gateway/records/read.h"

#include <nlohmann/json.hpp>

#include "base/iso_time.h"
#include "gateway/records/json.h"

namespace sg::records {
namespace {

using Json = nlohmann::json;

party::Number number_of(const Json& json) {
  party::Number number;
  number.digits = json.at("digits").get<std::string>();
  number.type = value_named<TypeOfNumber>(json.at("ton").get<std::string>()).value_or(TypeOfNumber::Unknown);
  return number;
}

call::Record read(const Json& json) {
  call::Record record;
  record.call = CallId{json.at("call").get<uint64_t>()};
  record.caller.trunk = json.at("caller").at("trunk").get<std::string>();
  const Json& received = json.at("received");
  record.setup.called = number_of(received.at("called"));
  record.setup.calling.number = number_of(received.at("calling"));
  if (!received.at("redirecting").is_null()) {
    record.setup.redirection.emplace().from = number_of(received.at("redirecting"));
  }
  if (received.at("data").get<bool>()) record.setup.bearer = BearerCapability::Unrestricted;
  const Json& plan = json.at("plan");
  record.plan.route = plan.at("route").get<std::string>();
  record.plan.outcome = plan.at("outcome").get<std::string>();
  record.plan.called = plan.at("called").get<std::string>();
  record.plan.calling = plan.at("calling").get<std::string>();
  return record;
}

}  // namespace

Result<call::Record> from_json(std::string_view line) {
  Json json = Json::parse(line, nullptr, false);
  if (!json.is_object()) return fail("is no call record");
  try {
    auto started = time_of(json.at("started").get<std::string>());
    if (!started) return tl::unexpected(started.error());
    call::Record record = read(json);
    record.started = *started;
    return record;
  } catch (const Json::exception& error) {
    return fail("is no call record of this version: {}", error.what());
  }
}

}  // namespace sg::records
