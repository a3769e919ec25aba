#pragma once

#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/reactor.h"
#include "base/socket_address.h"
#include "base/unique_fd.h"

namespace sg::sip {

// A SIP peer that says just what a test wants it to say: messages as text over a UDP socket.
class RawPeer {
 public:
  explicit RawPeer(Reactor& reactor, const std::string& host = "127.0.0.1") : reactor_(reactor) {
    fd_.reset(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    auto any = *SocketAddress::parse(host, 0);
    ::bind(fd_.get(), any.raw(), any.raw_size());
    sockaddr_storage raw{};
    socklen_t size = sizeof(raw);
    ::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&raw), &size);
    address_ = SocketAddress::from(raw);
    (void)reactor_.watch(fd_.get(), EPOLLIN, [this](uint32_t) { read(); });
  }
  ~RawPeer() { reactor_.unwatch(fd_.get()); }

  const SocketAddress& address() const { return address_; }
  std::vector<std::string> received;

  // The last message that starts so; empty: none came.
  std::string last(std::string_view start) const {
    for (auto message = received.rbegin(); message != received.rend(); ++message) {
      if (message->starts_with(start)) return *message;
    }
    return {};
  }
  // The value of a header of a message; empty: it has none.
  static std::string header(const std::string& message, const std::string& name) {
    auto at = message.find("\r\n" + name + ": ");
    if (at == std::string::npos) return {};
    at += name.size() + 4;
    return message.substr(at, message.find("\r\n", at) - at);
  }
  static std::string body(const std::string& message) { return message.substr(message.find("\r\n\r\n") + 4); }

  void send(const SocketAddress& to, const std::string& text) {
    ::sendto(fd_.get(), text.data(), text.size(), 0, to.raw(), to.raw_size());
  }
  // A request of one dialog. `to_tag` is empty before there is one. `headers` end with CRLF each.
  void request(const SocketAddress& to, const std::string& method, int cseq, const std::string& to_tag = {},
               const std::string& headers = {}, const std::string& sdp = {}) {
    send(to, request_text(to, method, cseq, to_tag, headers, sdp));
  }
  std::string request_text(const SocketAddress& to, const std::string& method, int cseq, const std::string& to_tag = {},
                           const std::string& headers = {}, const std::string& sdp = {}) const {
    auto me = address_.to_string();
    return fmt::format(
        "{0} sip:100@{1} SIP/2.0\r\nVia: SIP/2.0/UDP {2};branch=z9hG4bK-{0}-{3}\r\n"
        "Max-Forwards: 70\r\nFrom: <sip:raw@{2}>;tag=raw\r\nTo: <sip:100@{1}>{4}\r\n"
        "Call-ID: raw-{5}\r\nCSeq: {3} {0}\r\nContact: <sip:raw@{2}>\r\n{6}{7}"
        "Content-Length: {8}\r\n\r\n{9}",
        method, to.to_string(), me, cseq, to_tag.empty() ? "" : ";tag=" + to_tag, address_.port(), headers,
        sdp.empty() ? "" : "Content-Type: application/sdp\r\n", sdp.size(), sdp);
  }
  void reply(const SocketAddress& to, const std::string& request, const std::string& status,
             const std::string& headers = {}, const std::string& sdp = {}) {
    auto to_header = header(request, "To");
    if (to_header.find(";tag=") == std::string::npos) to_header += ";tag=raw";
    send(to, fmt::format("SIP/2.0 {}\r\nVia: {}\r\nFrom: {}\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: {}\r\n"
                         "Contact: <sip:raw@{}>\r\n{}{}Content-Length: {}\r\n\r\n{}",
                         status, header(request, "Via"), header(request, "From"), to_header, header(request, "Call-ID"),
                         header(request, "CSeq"), address_.to_string(), headers,
                         sdp.empty() ? "" : "Content-Type: application/sdp\r\n", sdp.size(), sdp));
  }

 private:
  void read() {
    std::array<char, 8192> buffer;
    for (ssize_t size; (size = ::recv(fd_.get(), buffer.data(), buffer.size(), 0)) >= 0;) {
      received.emplace_back(buffer.data(), static_cast<size_t>(size));
    }
  }

  Reactor& reactor_;
  UniqueFd fd_;
  SocketAddress address_;
};

}  // namespace sg::sip
