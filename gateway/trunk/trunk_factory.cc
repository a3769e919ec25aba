#include "gateway/trunk/trunk_factory.h"

#include "gateway/trunk/analog_options.h"
#include "gateway/trunk/pri_options.h"
#include "gateway/trunk/sip_options.h"

namespace sg::trunk {
namespace {

// Media workers are few: their numbers are far below.
constexpr unsigned kFirstBearerGroup = 1000;

}  // namespace

Result<> TrunkFactory::make_all(Trunks& trunks, const TdmTrunk::IncomingSink& incoming) const {
  auto add = [&](TdmTrunk::Options options) {
    trunks.add(std::make_unique<TdmTrunk>(std::move(options), parts_.reactor, parts_.counters, incoming));
  };
  for (const auto& sip : settings_.sip_trunks) trunks.add(sip_options(sip, settings_), *parts_.agent);
  for (const auto& pri : settings_.pri_trunks) {
    auto options = pri_options(pri, parts_.backends, parts_.reactor, parts_.counters);
    if (!options) return tl::unexpected(options.error());
    add(std::move(*options));
  }
  for (const auto& analog : settings_.analog_trunks) {
    const auto group = kFirstBearerGroup + static_cast<unsigned>(trunks.tdm().size());
    add(analog_options(analog, settings_, group, parts_.backends, parts_.reactor, parts_.counters));
  }
  return {};
}

std::vector<std::string> TrunkFactory::change(Trunks& trunks, const conf::Settings& fresh) const {
  for (const auto& tdm : trunks.tdm()) {
    if (const conf::Trunk* now = fresh.trunk(tdm->name())) tdm->set_causes(causes_of(*now));
  }
  for (const auto& pri : fresh.pri_trunks) {
    TdmTrunk* tdm = trunks.find_tdm(pri.name);
    if (!tdm) continue;
    tdm->set_bearer(pri.bearer);
    tdm->set_tone_zone(*tdm::find_tone_zone(pri.tone_zone));
  }
  std::vector<SipTrunk::Options> sip;
  for (const auto& each : fresh.sip_trunks) sip.push_back(sip_options(each, settings_));
  return trunks.change_sip(std::move(sip), parts_.agent);
}

}  // namespace sg::trunk
