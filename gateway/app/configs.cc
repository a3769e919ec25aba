#include "gateway/app/configs.h"

#include "gateway/trunk/sip_options.h"
#include "media/tone/sound_file.h"

namespace sg::app {

Result<media::Config> media_config(const conf::Settings& settings) {
  media::Config config;
  config.workers = static_cast<unsigned>(settings.media.workers);
  config.first_port = settings.media.first_port;
  config.last_port = settings.media.last_port;
  config.voice_jitter_min = settings.media.voice_jitter_min;
  config.voice_jitter_start = settings.media.voice_jitter_start;
  config.voice_jitter_max = settings.media.voice_jitter_max;
  config.fax_jitter = settings.media.fax_jitter;
  config.fax_jitter_max = settings.media.fax_jitter_max;
  config.rtp_timeout = settings.media.rtp_timeout;
  config.t38_timeout = settings.media.t38_timeout;
  config.t38_redundancy = settings.fax.redundancy;
  config.ecm = settings.fax.ecm;
  config.v17 = settings.fax.allows(conf::Modem::V17);
  config.v29 = settings.fax.allows(conf::Modem::V29);
  config.v27ter = settings.fax.allows(conf::Modem::V27ter);
  if (const auto& file = settings.media.hold_music; !file.empty()) {
    auto music = media::read_sound(file);
    if (!music) return fail_with(music.error(), "[media] hold_music");
    config.hold_music = std::move(*music);
  }
  return config;
}

sip::AgentConfig agent_config(const conf::Settings& settings) {
  sip::AgentConfig config;
  for (const auto& listen : settings.sip.listen) config.listen.push_back({listen.transport, listen.address});
  config.user_agent = settings.sip.user_agent;
  config.t1 = settings.sip.t1;
  config.t2 = settings.sip.t2;
  config.t4 = settings.sip.t4;
  config.transaction_patience = 64 * config.t1;
  config.reinvite_patience = 62 * config.t1;
  config.session_expires = settings.sip.session_expires;
  config.min_se = settings.sip.min_se;
  config.limits.requests_per_second = settings.sip.max_requests_per_second;
  config.limits.invites_per_second = settings.sip.max_invites_per_second;
  config.limits.transactions = static_cast<size_t>(settings.sip.max_transactions);
  config.connections.in_all = static_cast<size_t>(settings.sip.max_connections);
  config.connections.per_source = static_cast<size_t>(settings.sip.max_connections_per_source);
  config.connections.first_message = settings.sip.connection_first_message;
  config.connections.idle = settings.sip.connection_idle;
  return config;
}

}  // namespace sg::app
