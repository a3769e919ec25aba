#include "gateway/sip/signalled_hosts.h"

#include <sofia-sip/url.h>

#include "gateway/sip/header_values.h"

namespace sg::sip {
namespace {

std::string numeric(const char* host) {
  auto address = host ? SocketAddress::parse(host, 0) : fail("no host");
  return address ? unmapped(*address).host() : std::string{};
}

}  // namespace

SocketAddress unmapped(const SocketAddress& address) {
  constexpr std::string_view kMapped = "::ffff:";
  auto host = address.host();
  if (!host.starts_with(kMapped)) return address;
  return SocketAddress::parse(host.substr(kMapped.size()), address.port()).value_or(address);
}

std::vector<std::string> signalled_hosts(const sip_t& message) {
  std::vector<std::string> hosts;
  auto add = [&](const url_t& url) {
    if (auto host = numeric(url.url_host); !host.empty()) hosts.push_back(std::move(host));
  };
  for (const auto* contact = message.sip_contact; contact; contact = contact->m_next) add(*contact->m_url);
  for (const auto* proxy = message.sip_record_route; proxy; proxy = proxy->r_next) add(*proxy->r_url);
  return hosts;
}

std::string numeric_host_of(std::string_view uri) {
  auto home = make_home();
  const url_t* url = ::url_make(home.get(), std::string(uri).c_str());
  return url ? numeric(url->url_host) : std::string{};
}

}  // namespace sg::sip
