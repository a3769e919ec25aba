#include "tests/lab/document.h"

#include <tiffio.h>

#include <memory>

namespace sg::lab {
namespace {

struct Close {
  void operator()(TIFF* tiff) const { TIFFClose(tiff); }
};
using Tiff = std::unique_ptr<TIFF, Close>;

template <class T>
void copy_tag(TIFF* from, TIFF* to, uint32_t tag) {
  T value{};
  if (TIFFGetField(from, tag, &value)) TIFFSetField(to, tag, value);
}

// The image as it is compressed.
bool copy_page(TIFF* from, TIFF* to) {
  for (uint32_t tag : {TIFFTAG_IMAGEWIDTH, TIFFTAG_IMAGELENGTH, TIFFTAG_ROWSPERSTRIP})
    copy_tag<uint32_t>(from, to, tag);
  for (uint32_t tag : {TIFFTAG_COMPRESSION, TIFFTAG_PHOTOMETRIC, TIFFTAG_FILLORDER, TIFFTAG_BITSPERSAMPLE,
                       TIFFTAG_SAMPLESPERPIXEL, TIFFTAG_RESOLUTIONUNIT}) {
    copy_tag<uint16_t>(from, to, tag);
  }
  for (uint32_t tag : {TIFFTAG_XRESOLUTION, TIFFTAG_YRESOLUTION}) copy_tag<float>(from, to, tag);
  for (uint32_t strip = 0; strip < TIFFNumberOfStrips(from); ++strip) {
    std::vector<uint8_t> octets(static_cast<size_t>(TIFFRawStripSize(from, strip)));
    auto size = static_cast<tmsize_t>(octets.size());
    if (TIFFReadRawStrip(from, strip, octets.data(), size) != size) return false;
    if (TIFFWriteRawStrip(to, strip, octets.data(), size) != size) return false;
  }
  return TIFFWriteDirectory(to) == 1;
}

}  // namespace

std::vector<Page> read_pages(const std::filesystem::path& file) {
  std::vector<Page> pages;
  auto old_handler = TIFFSetErrorHandler(nullptr);
  Tiff tiff(TIFFOpen(file.c_str(), "r"));
  TIFFSetErrorHandler(old_handler);
  if (!tiff) return pages;
  do {
    Page page;
    uint32_t rows = 0;
    uint16_t photometric = PHOTOMETRIC_MINISWHITE;
    TIFFGetField(tiff.get(), TIFFTAG_IMAGEWIDTH, &page.width);
    TIFFGetField(tiff.get(), TIFFTAG_IMAGELENGTH, &rows);
    TIFFGetField(tiff.get(), TIFFTAG_PHOTOMETRIC, &photometric);
    for (uint32_t i = 0; i < rows; ++i) {
      Bytes row(static_cast<size_t>(TIFFScanlineSize(tiff.get())));
      if (TIFFReadScanline(tiff.get(), row.data(), i, 0) != 1) break;
      if (photometric != PHOTOMETRIC_MINISWHITE) {
        for (uint8_t& octet : row) octet = static_cast<uint8_t>(~octet);
      }
      page.rows.push_back(std::move(row));
    }
    pages.push_back(std::move(page));
  } while (TIFFReadDirectory(tiff.get()));
  return pages;
}

bool write_pages(const std::filesystem::path& from, int pages, const std::filesystem::path& to) {
  Tiff in(TIFFOpen(from.c_str(), "r"));
  Tiff out(TIFFOpen(to.c_str(), "w"));
  if (!in || !out) return false;
  for (int page = 0; page < pages; ++page) {
    if (page > 0 && !TIFFReadDirectory(in.get())) TIFFSetDirectory(in.get(), 0);
    if (!copy_page(in.get(), out.get())) return false;
  }
  return true;
}

}  // namespace sg::lab
