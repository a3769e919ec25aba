#include "tools/sgfax/options.h"

#include <gtest/gtest.h>

#include "tools/sgfax/document.h"

namespace sg::sgfax {
namespace {

Result<Options> parse(std::vector<std::string> words) {
  words.insert(words.begin(), "sgfax");
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  return parse_options(static_cast<int>(words.size()), argv.data());
}

TEST(SgfaxOptions, AnAddressIsTakenApart) {
  struct Case {
    const char *uri, *number, *host;
    uint16_t port;
    Transport transport;
  };
  for (const auto& [uri, number, host, port, transport] :
       {Case{"sip:030123@192.0.2.1:5070", "030123", "192.0.2.1", 5070, Transport::Udp},
        Case{"sip:+49@pbx.example;transport=tcp", "+49", "pbx.example", 0, Transport::Tcp},
        Case{"sip:1@[::1]", "1", "::1", 0, Transport::Udp},
        Case{"sip:1@[2001:db8::1]:5061", "1", "2001:db8::1", 5061, Transport::Udp}}) {
    auto options = parse({"send", "x.tif", uri});
    ASSERT_TRUE(options) << uri;
    EXPECT_EQ(options->number, number);
    EXPECT_EQ(options->target.host, host);
    EXPECT_EQ(options->target.port, port);
    EXPECT_EQ(options->target.transport, transport);
  }
}

TEST(SgfaxOptions, WhoCallsAndWhoHasTheDocumentAreTwoThings) {
  struct Case {
    std::vector<std::string> words;
    bool is_caller, is_sender;
  };
  for (const auto& [words, is_caller, is_sender] :
       {Case{{"send", "x.tif", "sip:1@host"}, true, true}, Case{{"receive"}, false, false},
        Case{{"poll", "sip:1@host"}, true, false}, Case{{"offer", "x.tif"}, false, true}}) {
    auto options = parse(words);
    ASSERT_TRUE(options) << words.front();
    EXPECT_EQ(calls(options->command), is_caller) << words.front();
    EXPECT_EQ(sends(options->command), is_sender) << words.front();
    EXPECT_EQ(options->target.host, is_caller ? "host" : "") << words.front();
    EXPECT_EQ(options->file, is_sender ? "x.tif" : "") << words.front();
  }
}

TEST(SgfaxOptions, ItIsToldWhenToAskForT38) {
  EXPECT_EQ(parse({"receive", "--t38-ask", "answer"})->ask_for_t38, AskForT38::Usual);
  EXPECT_EQ(parse({"receive", "--t38-ask", "never"})->ask_for_t38, AskForT38::Never);
  auto later = parse({"receive", "--t38-ask", "3"});
  EXPECT_EQ(later->ask_for_t38, AskForT38::After);
  EXPECT_EQ(later->ask_after, std::chrono::seconds(3));
}

TEST(SgfaxOptions, WhatMakesNoSenseIsOneClearLine) {
  for (std::vector<std::string> words :
       std::vector<std::vector<std::string>>{{},
                                             {"send"},
                                             {"send", "x.tif"},
                                             {"receive", "x.tif"},
                                             {"poll"},
                                             {"poll", "x.tif", "sip:1@host"},
                                             {"poll", "030123"},
                                             {"offer"},
                                             {"offer", "x.tif", "sip:1@host"},
                                             {"send", "x.tif", "030123"},
                                             {"send", "x.tif", "sip:host"},
                                             {"send", "x.tif", "sip:1@host:0"},
                                             {"send", "x.tif", "sip:1@host;transport=tls"},
                                             {"receive", "--max-rate", "33600"},
                                             {"receive", "--codec", "opus"},
                                             {"receive", "--t38-ask", "soon"},
                                             {"receive", "--local", "localhost"},
                                             {"receive", "--count", "many"},
                                             {"receive", "--count"},
                                             {"receive", "--count", "-1"},
                                             {"receive", "--identity", "more than twenty characters"},
                                             {"receive", "--t38", "--g711"},
                                             {"receive", "--unknown"}}) {
    auto options = parse(words);
    ASSERT_FALSE(options);
    EXPECT_EQ(options.error().message.find('\n'), std::string::npos);
  }
}

TEST(SgfaxOptions, EachStandsInTheHelp) {
  EXPECT_EQ(parse({"--help"})->command, Command::Help);
  EXPECT_EQ(parse({"help"})->command, Command::Help);
  EXPECT_EQ(parse({"receive", "--version"})->command, Command::Version);
  const std::string help = help_text();
  for (const char* said : {"--t38", "--g711", "--t38-ask answer|never|SECONDS", "--codec pcma|pcmu", "--identity TEXT",
                           "--header TEXT", "--no-ecm", "--max-rate BIT/S", "--local ADDRESS:PORT", "--from NUMBER",
                           "--timeout SECONDS", "--out DIR|FILE", "--count N", "--json", "--verbose", "--version"}) {
    EXPECT_NE(help.find(said), std::string::npos) << said;
  }
}

TEST(SgfaxDocument, KnowsItsPages) {
  auto document = Document::open(SG_TEST_DATA "/fax/itu1-3.tif");
  ASSERT_TRUE(document);
  EXPECT_EQ(document->pages(), 3);
  EXPECT_FALSE(Document::open(SG_TEST_DATA "/fax/none.tif"));
  EXPECT_FALSE(Document::open(SG_TEST_DATA "/README.md"));
}

}  // namespace
}  // namespace sg::sgfax
