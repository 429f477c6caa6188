// Who says what first: the client its version, the server everything else; both their names of checksums.
#include "protocol/handshake.hpp"

#include <utility>

#include "wire/errc.hpp"
#include "wire/handshake.hpp"

#include "protocol/errc.hpp"

namespace volsync::protocol {
namespace {

class plain_writer final : public wire::writer {
 public:
  using writer::writer;
};

// What a server answers to its client's letters.
std::uint32_t compat_bits(handshake_setup const& setup) {
  namespace compat = wire::compat;
  auto const has = [&](char letter) { return setup.client_letters.find(letter) != std::string::npos; };
  std::uint32_t bits = compat::symlink_times | compat::symlink_iconv;
  if (has('i') && setup.may_recurse_incrementally) bits |= compat::incremental;
  if (has('f')) bits |= compat::safe_list_end;
  if (has('x')) bits |= compat::no_xattr_shortcut;
  if (has('C')) bits |= compat::seed_before_data;
  if (has('I')) bits |= compat::inplace_partial;
  if (has('v')) bits |= compat::varint_flags;
  if (has('u')) bits |= compat::id0_names;
  return bits;
}

}  // namespace

handshake::handshake(handshake_setup setup) : setup_{std::move(setup)}, out_{setup_.first_input} {
  if (setup_.agreed_version) {
    features_.protocol = *setup_.agreed_version;
    after_version();
    return;
  }
  plain_writer out{out_};
  wire::write_version(out, setup_.protocol);
}

result<std::size_t> handshake::take(byte_view input) {
  std::size_t const had = in_.size();
  append(in_, input);
  std::size_t used = 0;
  while (!agreed_) {
    wire::cursor in{byte_view{in_}.subspan(used)};
    auto const done = step(in);
    if (!done) {
      if (done.error() == make_error_code(wire::wire_errc::truncated)) break;
      return done.error();
    }
    used += in.position();
  }
  if (!agreed_) {
    in_.erase(in_.begin(), in_.begin() + static_cast<std::ptrdiff_t>(used));
    return input.size();
  }
  in_.clear();
  return used - had;
}

// True: a value was taken or said.
result<bool> handshake::step(wire::cursor& in) {
  switch (at_) {
    case state::version: {
      auto const theirs = wire::read_version(in);
      if (!theirs) {
        if (theirs.error() == make_error_code(wire::wire_errc::bad_version)) return protocol_errc::not_rsync;
        return theirs.error();
      }
      auto const agreed = wire::agree_version(setup_.protocol, *theirs);
      if (!agreed) return protocol_errc::peer_too_old;
      features_.protocol = *agreed;
      after_version();
      return true;
    }
    case state::compat: {
      auto const bits = wire::read_compat_flags(in);
      if (!bits) return bits.error();
      features_.compat = *bits;
      if (wire::is_incremental(features_) && !setup_.may_recurse_incrementally)
        return protocol_errc::unwanted_recursion;
      after_compat();
      return true;
    }
    case state::names: {
      auto const theirs = wire::read_name_list(in);
      if (!theirs) return theirs.error();
      auto const side = setup_.server ? checksum::side::server : checksum::side::client;
      auto const chosen = checksum::choose(checksum::checksum_vocabulary(), side, offered_, *theirs);
      if (!chosen) return chosen.error();
      auto const algorithm = checksum::parse(*chosen).value_or(checksum::algorithm::md5);
      checksums_ = {algorithm, algorithm};
      say_seed();
      return true;
    }
    case state::seed: {
      auto const seed = wire::read_seed(in);
      if (!seed) return seed.error();
      complete(*seed);
      return true;
    }
    case state::complete:
      return true;
  }
  return true;
}

void handshake::after_version() {
  at_ = state::compat;
  if (!setup_.server) return;
  features_.compat = compat_bits(setup_);
  plain_writer out{out_};
  wire::write_compat_flags(out, features_.compat);
  after_compat();
}

void handshake::after_compat() {
  checksums_ = setup_.checksums.value_or(checksum::choice{});
  if (!wire::negotiates_names(features_) || setup_.checksums) {
    say_seed();
    return;
  }
  negotiated_ = true;
  auto const side = setup_.server ? checksum::side::server : checksum::side::client;
  offered_ = checksum::offer(checksum::checksum_vocabulary(), side, setup_.checksum_restriction);
  plain_writer out{out_};
  wire::write_name_list(out, offered_);
  at_ = state::names;
}

void handshake::say_seed() {
  at_ = state::seed;
  if (!setup_.server) return;
  plain_writer out{out_};
  wire::write_seed(out, setup_.seed);
  complete(setup_.seed);
}

void handshake::complete(std::int32_t seed) {
  at_ = state::complete;
  agreement a;
  a.features = features_;
  a.checksums = checksums_;
  a.seed = seed;
  // The md5 that nobody named, with a peer that does not know better.
  bool const implied = !setup_.checksums && !negotiated_;
  a.seed_place =
      implied && !wire::has_seed_before_data(features_) ? checksum::md5_seed::after : checksum::md5_seed::before;
  agreed_ = a;
}

}  // namespace volsync::protocol
