// One mail and the files a mail server keeps beside it: shared by what makes a store and what changes it.
#pragma once

#include <cstdint>
#include <string>

#include "bench/generators.hpp"
#include "bench/random.hpp"
#include "bench/tree_writer.hpp"

namespace volsync::bench {

inline constexpr std::uint32_t mail_owner = 5'000;
inline constexpr std::uint64_t page_size = 16'384;  // of the database

// A time in nanoseconds with a random part below the second.
std::int64_t moment(random_stream& random, std::int64_t seconds);

std::uint64_t mail_size(random_stream& random, parameters const& p);
std::string mail_content(random_stream& random, std::uint64_t size);

// "1699990000.M12P34.mail01,S=1234,W=1251": the name a mail has in new/; in cur/ ":2,FLAGS" follows.
std::string mail_name(random_stream& random, std::int64_t when, std::uint64_t size);
std::string flags(random_stream& random);

// Contents of dovecot-uidlist and of a binary index for `count` mails.
std::string uid_list(random_stream& random, std::uint64_t count);
std::string index_content(random_stream& random, std::uint64_t count);

// One page: header with number and sequence, half text rows, half binary rows, free space, trailer. page_size bytes.
std::string table_page(random_stream& random, std::uint32_t number, std::uint32_t space, std::uint64_t sequence);

// The folders of a store and what is below them; `root` exists already. Adds to report.mails and report.bytes.
void write_mail_store(tree_writer& out, std::string const& root, parameters const& p, made& report);

// Errors: EEXIST when `root` exists and has children, errno.
result<void> require_empty(std::string const& root, std::string& failed_path);

}  // namespace volsync::bench
