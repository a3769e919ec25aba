#include "tests/unit/t38/fax_rig.h"

#include <gtest/gtest.h>
#include <tiffio.h>
#include <unistd.h>

namespace sg::t38 {

PacketPath::PacketPath(const UdptlSender::Options& options, const Network& network, Deliver deliver)
    : sender_(options), network_(network), deliver_(std::move(deliver)), random_(network.seed) {}

void PacketPath::on_ifp(ByteView ifp, int copies) {
  std::array<uint8_t, UdptlSender::kMaxDatagram> buffer;
  const ByteView datagram = sender_.send(ifp, buffer);
  ASSERT_FALSE(datagram.empty());
  for (int i = 0; i < copies; ++i) {
    const bool is_lost = std::uniform_real_distribution<>(0, 1)(random_) < network_.loss;
    if (is_lost || is_cut_) continue;
    auto extra = Duration(std::uniform_int_distribution<int64_t>(0, network_.jitter.count())(random_));
    in_flight_.push({now_ + network_.delay + extra, sent_++, Bytes(datagram.begin(), datagram.end())});
  }
}

void PacketPath::advance_to(TimePoint now) {
  now_ = now;
  while (!in_flight_.empty() && in_flight_.top().at <= now) {
    const Bytes datagram = in_flight_.top().datagram;
    in_flight_.pop();
    ASSERT_TRUE(receiver_.receive(datagram, now));
  }
  receiver_.poll(now);
}

std::vector<Page> read_tiff(const std::filesystem::path& file) {
  std::vector<Page> pages;
  TIFF* tiff = TIFFOpen(file.c_str(), "r");
  if (tiff == nullptr) return pages;
  do {
    Page page;
    uint32_t rows = 0;
    uint16_t photometric = PHOTOMETRIC_MINISWHITE;
    TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &page.width);
    TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &rows);
    TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &photometric);
    for (uint32_t i = 0; i < rows; ++i) {
      Bytes row(static_cast<size_t>(TIFFScanlineSize(tiff)));
      EXPECT_EQ(TIFFReadScanline(tiff, row.data(), i, 0), 1) << file << " row " << i;
      if (photometric != PHOTOMETRIC_MINISWHITE) {
        for (uint8_t& octet : row) octet = static_cast<uint8_t>(~octet);
      }
      page.rows.push_back(std::move(row));
    }
    pages.push_back(std::move(page));
  } while (TIFFReadDirectory(tiff));
  TIFFClose(tiff);
  return pages;
}

std::filesystem::path test_document(const std::string& name) {
  return std::filesystem::path(SG_TEST_DATA) / "fax" / name;
}

std::filesystem::path document_of_two_resolutions(const std::filesystem::path& document) {
  const Page page = read_tiff(document).at(0);
  auto file = received_file().replace_extension(".two.tif");
  TIFF* tiff = TIFFOpen(file.c_str(), "w");
  for (double lines_per_cm : {77.0, 38.5}) {
    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, page.width);
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, static_cast<uint32_t>(page.rows.size()));
    TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, 1);
    TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, 1);
    TIFFSetField(tiff, TIFFTAG_COMPRESSION, COMPRESSION_CCITTFAX4);
    TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISWHITE);
    TIFFSetField(tiff, TIFFTAG_RESOLUTIONUNIT, RESUNIT_CENTIMETER);
    TIFFSetField(tiff, TIFFTAG_XRESOLUTION, 80.4);
    TIFFSetField(tiff, TIFFTAG_YRESOLUTION, lines_per_cm);
    TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, static_cast<uint32_t>(page.rows.size()));
    for (uint32_t i = 0; i < page.rows.size(); ++i) {
      Bytes row = page.rows[i];
      EXPECT_EQ(TIFFWriteScanline(tiff, row.data(), i, 0), 1) << file << " row " << i;
    }
    EXPECT_EQ(TIFFWriteDirectory(tiff), 1);
  }
  TIFFClose(tiff);
  return file;
}

std::filesystem::path received_file() {
  std::string name = ::testing::UnitTest::GetInstance()->current_test_info()->name();
  std::replace(name.begin(), name.end(), '/', '_');
  return std::filesystem::temp_directory_path() / ("t38_" + name + "_" + std::to_string(::getpid()) + ".tif");
}

}  // namespace sg::t38
