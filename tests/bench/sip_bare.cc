// What calls from SIP to SIP cost with Sofia alone: answers each INVITE by a call of its own, to the peer, and passes
// on who answers and who hangs up; no dial plan, no SDP work, no log, no record.
//   sg_bench_sip_bare PORT PEER_PORT      prints a line once it listens
#include <sofia-sip/nua.h>
#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/su.h>
#include <sofia-sip/su_tag.h>

#include <cstdio>
#include <memory>
#include <string>

namespace {

struct Agent {
  std::string peer;  // host and port
  nua_t* nua = nullptr;
};

// The two calls of one.
struct Pair {
  nua_handle_t* in;
  nua_handle_t* out;
  int ended = 0;
};

std::string text_of(const sip_t* sip) {
  return sip && sip->sip_payload ? std::string(sip->sip_payload->pl_data, sip->sip_payload->pl_len) : "";
}

void on_invite(Agent& agent, nua_handle_t* in, const sip_t* sip) {
  const std::string to = "sip:" + std::string(sip->sip_request->rq_url->url_user) + "@" + agent.peer;
  auto* pair = new Pair{in, nullptr};
  pair->out = nua_handle(agent.nua, pair, NUTAG_URL(to.c_str()), SIPTAG_TO_STR(to.c_str()), TAG_END());
  nua_handle_bind(in, pair);
  nua_invite(pair->out, SIPTAG_CONTENT_TYPE_STR("application/sdp"), SIPTAG_PAYLOAD_STR(text_of(sip).c_str()),
             TAG_END());
}

void on_answer(Pair& pair, int status, const char* phrase, const sip_t* sip) {
  if (status >= 200 && status < 300) {
    nua_respond(pair.in, SIP_200_OK, SIPTAG_CONTENT_TYPE_STR("application/sdp"),
                SIPTAG_PAYLOAD_STR(text_of(sip).c_str()), TAG_END());
  } else if (status > 100) {
    nua_respond(pair.in, status, phrase, TAG_END());
  }
}

// One of the two is over, and the other has to be.
void on_terminated(Pair* pair, nua_handle_t* which) {
  nua_handle_t* other = which == pair->in ? pair->out : pair->in;
  if (pair->ended++ == 0) {
    nua_bye(other, TAG_END());
    return;
  }
  nua_handle_destroy(pair->in);
  nua_handle_destroy(pair->out);
  delete pair;
}

void on_event(nua_event_t event, int status, const char* phrase, nua_t*, nua_magic_t* magic, nua_handle_t* handle,
              nua_hmagic_t* pair_magic, const sip_t* sip, tagi_t tags[]) {
  auto& agent = *reinterpret_cast<Agent*>(magic);
  auto* pair = reinterpret_cast<Pair*>(pair_magic);
  if (event == nua_i_invite && !pair) return on_invite(agent, handle, sip);
  if (!pair) return;
  if (event == nua_r_invite) return on_answer(*pair, status, phrase, sip);
  if (event != nua_i_state) return;
  int state = nua_callstate_init;
  tl_gets(tags, NUTAG_CALLSTATE_REF(state), TAG_END());
  if (state == nua_callstate_terminated) on_terminated(pair, handle);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: sg_bench_sip_bare PORT PEER_PORT\n", stderr);
    return 2;
  }
  su_init();
  Agent agent{.peer = std::string("127.0.0.1:") + argv[2]};
  su_root_t* root = su_root_create(&agent);
  su_root_threading(root, 0);
  const std::string own = std::string("sip:127.0.0.1:") + argv[1] + ";transport=udp";
  agent.nua =
      nua_create(root, on_event, reinterpret_cast<nua_magic_t*>(&agent), NUTAG_URL(own.c_str()), NUTAG_MEDIA_ENABLE(0),
                 NUTAG_AUTOALERT(0), NUTAG_AUTOANSWER(0), NUTAG_AUTOACK(1), NUTAG_SESSION_TIMER(0), TAG_END());
  if (!agent.nua) {
    std::fprintf(stderr, "sg_bench_sip_bare: port %s is not to be had\n", argv[1]);
    return 1;
  }
  std::puts("ready");
  std::fflush(stdout);
  su_root_run(root);
}
