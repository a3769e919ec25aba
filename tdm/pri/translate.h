#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "tdm/pri/config.h"
#include "tdm/pri/libpri.h"
#include "tdm/signalling.h"

// Between libpri's integers and structures and the words of tdm/signalling.h.
namespace sg::tdm::pri {

int libpri_switch(SwitchType type);
// Its SETUPs say Sending complete, or not, as Q.931 4.5.27 has it: the number may be sent in parts.
bool speaks_sending_complete(SwitchType type);
// It puts timeslots out of service by SERVICE messages.
bool speaks_service(SwitchType type);

// TON << 4 | NPI, as libpri has numbers.
int plan_of(const party::Number& number);
party::Number number_of(const char* digits, int plan);

int presentation_of(Presentation presentation, ScreeningIndicator screening);
Presentation presentation_of(int octet_3a);
ScreeningIndicator screening_of(int octet_3a);

Progress progress_of(int progress_mask);
BearerCapability bearer_of(int transfer_capability);
int libpri_layer1(const Setup& setup, Law law);

// Names travel as ISO 8859-1. What that has no character for becomes "?".
std::string latin1_of(const std::string& utf8);
std::string utf8_of(const char* latin1);

// What the far end's SETUP says.
Setup setup_of(const ::pri_event& ring, bool overlap);

struct SetupRecordFree {
  void operator()(::pri_sr* record) const { ::pri_sr_free(record); }
};
using SetupRecord = std::unique_ptr<::pri_sr, SetupRecordFree>;
// What pri_setup() takes, but for the channel. Borrows from `setup`.
SetupRecord record_of(const Setup& setup, Law law);

// Digits that a number may have, with or without + before them, and as many as libpri carries.
bool is_dialable(std::string_view digits);

}  // namespace sg::tdm::pri
