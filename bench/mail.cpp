#include "bench/mail.hpp"

#include <algorithm>
#include <array>

namespace volsync::bench {
namespace {

void put_number(std::string& out, std::size_t at, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) out[at + i] = static_cast<char>(value >> (8 * (bytes - 1 - i)));
}

}  // namespace

std::int64_t moment(random_stream& random, std::int64_t seconds) {
  return seconds * 1'000'000'000 + static_cast<std::int64_t>(random.below(1'000'000'000));
}

std::uint64_t mail_size(random_stream& random, parameters const& p) {
  if (random.chance(p.large_mails)) {
    return std::min<std::uint64_t>(8u << 20, static_cast<std::uint64_t>(262'144 * std::min(32.0, random.heavy_tail())));
  }
  return std::clamp<std::uint64_t>(log_normal(random, p.median_mail, p.deviation), 180, 4u << 20);
}

std::string mail_content(random_stream& random, std::uint64_t size) {
  std::string out = "Return-Path: <u" + std::to_string(random.below(997)) + "@example.org>\r\nMessage-ID: <" +
                    random.hex(32) + "@mail01.example.org>\r\nSubject: message " +
                    std::to_string(random.below(1'000'000)) + "\r\nMIME-Version: 1.0\r\n\r\n";
  if (out.size() >= size) {
    out.resize(size);
    return out;
  }
  std::size_t const rest = size - out.size();
  return out + (size < 49'152 ? plain_text(random, rest) : base64_text(random, rest));  // large mails are attachments
}

std::string mail_name(random_stream& random, std::int64_t when, std::uint64_t size) {
  return std::to_string(when) + ".M" + std::to_string(random.below(1'000'000)) + "P" +
         std::to_string(2 + random.below(65'534)) + ".mail01,S=" + std::to_string(size) +
         ",W=" + std::to_string(size + size / 70);
}

std::string flags(random_stream& random) {
  static constexpr std::array<char const*, 10> usual = {"S", "S", "S", "RS", "FS", "", "S", "PS", "RS", "ST"};
  return usual[random.below(usual.size())];
}

std::string uid_list(random_stream& random, std::uint64_t count) {
  std::string out = "3 V1700000000 N" + std::to_string(count + 1) + " G" + random.hex(32) + "\n";
  for (std::uint64_t i = 0; i < count; ++i) {
    out += std::to_string(i + 1) + " :" + std::to_string(base_time + static_cast<std::int64_t>(i)) + ".M" +
           std::to_string(i * 7919 % 1'000'000) + "P" + std::to_string(i % 65'536) + ".mail01\n";
  }
  return out;
}

std::string index_content(random_stream& random, std::uint64_t count) { return raw_bytes(random, 240 + 12 * count); }

std::string table_page(random_stream& random, std::uint32_t number, std::uint32_t space, std::uint64_t sequence) {
  std::size_t const filled = 9'000 + random.below(6'800);
  std::string page(38, '\0');
  put_number(page, 0, random.next(), 4);
  put_number(page, 4, number, 4);
  put_number(page, 8, number == 0 ? 0 : number - 1, 4);
  put_number(page, 12, number + 1, 4);
  put_number(page, 16, sequence, 8);
  put_number(page, 24, 17'855, 2);
  put_number(page, 34, space, 4);
  page += plain_text(random, filled / 2);
  page += raw_bytes(random, filled - filled / 2);
  page.resize(page_size, '\0');
  put_number(page, page_size - 8, random.next(), 4);
  put_number(page, page_size - 4, sequence, 4);
  return page;
}

}  // namespace volsync::bench
