#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "t38/ifp.h"
#include "t38/params.h"

// Fax machines for tools and tests: SpanDSP's T.30 with a document, over audio or over T.38.
namespace sg::t38 {

struct FaxMachineOptions {
  bool calling = false;
  std::string identity{};             // TSI or CSI, at most 20 characters
  std::string header_info{};          // printed on top of each sent page; empty: pages are sent as they are
  std::filesystem::path send_file{};  // a TIFF; empty: nothing to send
  // A TIFF, written as T.6 from the first page on: until then what is there stays. Empty: takes no document.
  std::filesystem::path receive_file{};
  bool ecm = true;
  int max_bit_rate = 14400;  // bit/s: 14400, 12000, 9600, 7200, 4800, 2400
  int first_bit_rate = 0;    // of the sender's first training: the fastest up to this; 0: the fastest that both have
  bool v17 = true, v29 = true, v27ter = true;
  bool mh = true, mr = true, mmr = true;  // compressions on the line: T.4 1-D, T.4 2-D, T.6 (only with ECM)
  // Faults, for tests: gives up where it would say DIS, DTC or DCS once more; says nothing where its first trainings
  // should be (over T.38: but their announcement).
  bool says_once = false;
  int silent_trainings = 0;
  std::string log_scope{};  // prefix of SpanDSP's lines in the debug log
};

struct FaxProgress {
  int page = 0;  // pages done
  int bit_rate = 0;
  bool ecm = false;
  std::string phase{};  // "calling", "negotiating", "page", "confirming", "finished"
};

struct FaxResult {
  bool success = false;
  int pages_sent = 0;
  int pages_received = 0;
  int bit_rate = 0;
  bool ecm = false;
  std::string compression{};  // of the latest page: "mh", "mr", "mmr", or empty
  int ecm_repeats = 0;        // frames sent again
  std::string far_identity{};
  int status = -1;  // SpanDSP's T30_ERR_ code; 0 is OK
  std::string status_text{};
};

// One fax machine and one call. One thread; it does file I/O: not for media workers.
class FaxMachine {
 public:
  virtual ~FaxMachine();

  FaxProgress progress() const;
  // The fax is over, well or not: the call can be cleared.
  bool is_finished() const;
  // Nothing of the fax is left to be said but the goodbye: the end of the procedure was confirmed, or DCN said, by
  // either side. No other machine in this call could do better, whatever becomes of its media.
  bool is_done() const;
  // Final once is_finished().
  FaxResult result() const;
  // The call has been cleared by the other side: ends the fax at once.
  void hang_up();

 protected:
  class Document;
  explicit FaxMachine(std::unique_ptr<Document> document);
  std::unique_ptr<Document> document_;
};

// Over audio: 8 kHz 16-bit samples. Time is the audio: give and take equal lengths.
class AudioFaxMachine final : public FaxMachine {
 public:
  // Error: a file is missing, is no TIFF, or cannot be written.
  static Result<std::unique_ptr<AudioFaxMachine>> make(const FaxMachineOptions& options);
  ~AudioFaxMachine() override;

  void receive(std::span<const int16_t> samples);
  // Fills all of `samples`, with silence where there is nothing to say.
  void transmit(std::span<int16_t> samples);

 private:
  struct State;
  AudioFaxMachine(std::unique_ptr<Document> document, std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Over T.38: IFP packets.
class T38FaxMachine final : public FaxMachine {
 public:
  // `sink` gets the packets to send, during advance() and receive_ifp(). `peer` is what the other side said of itself.
  static Result<std::unique_ptr<T38FaxMachine>> make(const FaxMachineOptions& options, const Params& peer,
                                                     IfpSink& sink);
  ~T38FaxMachine() override;

  // A packet in order; a gap in `sequence` tells of lost ones. False when it was refused.
  bool receive_ifp(ByteView ifp, uint16_t sequence);
  // Time passes: `samples` of 1/8000 s.
  void advance(size_t samples);

 private:
  struct State;
  T38FaxMachine(std::unique_ptr<Document> document, std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace sg::t38
