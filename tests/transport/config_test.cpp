// Words of a remote-shell command, known_hosts lines, configuration files read without ssh, and the door open_remote.
#include <unistd.h>

#include "base/base64.hpp"

#include "transport/errc.hpp"
#include "transport/known_hosts.hpp"
#include "transport/open.hpp"
#include "transport/printable.hpp"
#include "transport/sha1.hpp"
#include "transport/shell_words.hpp"

#include "driver.hpp"
#include "support/catch.hpp"
#include "support/sshd.hpp"

using namespace volsync;
using namespace volsync::transport;
using namespace volsync::transport::test;
using volsync::test::read_file;
using volsync::test::write_file;
using words = std::vector<std::string>;

namespace {

struct directory {
  std::string path = "/tmp/volsync-transport-XXXXXX";
  directory() { REQUIRE(::mkdtemp(path.data()) != nullptr); }
  ~directory() { volsync::test::run_command("rm -rf " + path); }
};

std::string hex(sha1_digest const& digest) {
  std::string text;
  for (auto const byte : digest) {
    for (int const part : {byte >> 4, byte & 15}) text += "0123456789abcdef"[part];
  }
  return text;
}

}  // namespace

TEST_CASE("remote-shell words are split as rsync splits them") {
  // Each row was run through rsync 3.5.0 with a program that prints its arguments.
  CHECK(*split_shell_words("./show 'a''b' c\"d e\"f") == words{"./show", "a'b", "cd ef"});
  CHECK(*split_shell_words("./show \"a'b\" x'y''z'w") == words{"./show", "a'b", "xy'zw"});
  CHECK(*split_shell_words("./show a\\ b ''") == words{"./show", "a\\", "b", ""});
  CHECK(*split_shell_words("  ./show   a\tab ") == words{"./show", "a\tab"});
  for (char const* bad : {"", "   ", "ssh 'open", "ssh \"open'"}) {
    CHECK(split_shell_words(bad).error() == transport_errc::bad_shell_words);
  }
}

TEST_CASE("a remote shell's arguments: user, family only for ssh, host, command word by word") {
  words const command{"rsync --x", "--server", "."};
  CHECK(shell_argv({"/usr/bin/ssh", "-p", "2"}, "bob", address_family::inet, "h", command) ==
        words{"/usr/bin/ssh", "-p", "2", "-l", "bob", "-4", "h", "rsync --x", "--server", "."});
  CHECK(shell_argv({"ssh"}, "", address_family::inet6, "h", {"r"}) == words{"ssh", "-6", "h", "r"});
  CHECK(shell_argv({"rsh"}, "bob", address_family::inet6, "h", {"r"}) == words{"rsh", "-l", "bob", "h", "r"});
  CHECK(names_user({"ssh", "-l", "x"}));
  CHECK_FALSE(names_user({"ssh", "-lx"}));
}

TEST_CASE("HMAC-SHA1 and base64 give the published values") {
  CHECK(hex(hmac_sha1("key", "The quick brown fox jumps over the lazy dog")) ==
        "de7c9b85b8b78aa6bc8a7a36f70a90701c9db4d9");
  CHECK(hex(hmac_sha1(std::string(80, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")) ==
        "aa4ae5e15272d00e95705637ce8a3b55ed402112");
  for (auto const& [plain, coded] :
       {std::pair{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foobar", "Zm9vYmFy"}}) {
    CHECK(to_base64(plain) == coded);
    CHECK(from_base64(coded) == std::string{plain});
    CHECK(to_base64_unpadded(plain) == std::string_view{coded}.substr(0, std::string_view{coded}.find('=')));
  }
  for (char const* bad : {"Zg=", "Z===", "Zg==Zg==", "Zm 8", "=Zg="}) CHECK_FALSE(from_base64(bad));
}

TEST_CASE("known_hosts lines: names, patterns, ports, types, markers") {
  directory const here;
  std::string const blob = to_base64(std::string{"\0\0\0\x0bssh-ed25519", 15} + "AAAA");
  std::string const other = to_base64(std::string{"\0\0\0\x0bssh-ed25519", 15} + "BBBB");
  host_key const key = make_host_key(blob);
  REQUIRE(key.type == "ssh-ed25519");
  auto const file = here.path + "/kh";
  auto const state = [&](std::string const& line, std::string const& host, std::uint16_t port = 22) {
    write_file(file, "# remark\n\n" + line + '\n');
    return look_up({here.path + "/none", file}, {.host = host, .port = port}, key);
  };
  std::string const ours = " ssh-ed25519 " + blob + " comment", theirs = " ssh-ed25519 " + other;
  using enum host_key_state;
  CHECK(state("example.org,10.0.0.1" + ours, "EXAMPLE.org").state == known);
  CHECK(state("example.org,10.0.0.1" + ours, "10.0.0.1").where == file + ":3");
  CHECK(state("example.org" + ours, "example.com").state == unknown);
  CHECK(state("*.example.org,!bad.example.org" + ours, "good.example.org").state == known);
  CHECK(state("*.example.org,!bad.example.org" + ours, "bad.example.org").state == unknown);
  CHECK(state("[example.org]:2222" + ours, "example.org", 2222).state == known);
  CHECK(state("[example.org]:2222" + ours, "example.org").state == unknown);
  CHECK(state("example.org" + ours, "example.org", 2222).state == known);
  CHECK(state("example.org" + theirs, "example.org", 2222).state == unknown);
  CHECK(state("example.org" + theirs, "example.org").state == changed);
  CHECK(state("example.org" + theirs + "\nexample.org" + ours, "example.org").state == known);
  CHECK(state("example.org ssh-rsa " + other, "example.org").state == other_type);
  CHECK(state("@revoked *" + ours + "\nexample.org" + ours, "example.org").state == revoked);
  CHECK(state("@cert-authority *" + ours, "example.org").state == unknown);
  CHECK(state("@strange *" + ours, "example.org").state == unknown);
  CHECK(state("|1|no base64|x" + ours, "example.org").state == unknown);
  CHECK(state("|1|" + ours, "example.org").state == unknown);
  CHECK(find_authority({file}, {.host = "example.org", .port = 22}).empty());
  state("@cert-authority *.org" + ours, "example.org");
  CHECK(find_authority({file}, {.host = "example.org", .port = 22}) == file + ":3");
  CHECK(known_types({file}, {.host = "example.org", .port = 22}).empty());
  state("example.org" + ours + "\nexample.org ssh-rsa " + other, "example.org");
  CHECK(known_types({file}, {.host = "example.org", .port = 22}) == words{"ssh-ed25519", "ssh-rsa"});

  // Added after a last line without its end, found again, and a full disk is an error.
  write_file(file, "example.com" + theirs);
  REQUIRE(append_host_key(file, {.host = "example.org", .port = 22}, key, std::string(20, 's')));
  CHECK(look_up({file}, {.host = "example.org", .port = 22}, key).where == file + ":2");
  CHECK(append_host_key("/dev/full", {.host = "example.org", .port = 22}, key, "").error() ==
        std::errc::no_space_on_device);
}

TEST_CASE("hostile blobs are no keys") {
  for (std::string const& data :
       {std::string{}, std::string{"\0\0\0", 3}, std::string{"\xff\xff\xff\xff", 4} + "ssh-rsa",
        std::string{"\0\0\0\x20", 4} + "short"}) {
    CHECK(make_host_key(to_base64(data)).type.empty());
  }
  CHECK(make_host_key("not base64!").type.empty());
}

TEST_CASE("text of others is shown without control bytes, and cut") {
  CHECK(printable("a\x1b[2J\tb\xff\\#033") == "a\\#033[2J\\#011b\\#377\\#134#033");
  CHECK(printable("one\r\ntwo\n") == "one; two");
  CHECK(printable(std::string(50, 'x'), 10) == "xxxxxxxxxx...");
}

TEST_CASE("configuration files without an ssh program: first value, patterns, includes, nothing guessed") {
  directory const here;
  auto const main = here.path + "/config", more = here.path + "/more.conf";
  write_file(more, "Host vm*\n  Port 2200\n  IdentityFile /second\n");
  write_file(main,
             "# remark\nHost vm1 !vm2\n\tHostName=%h.example.org\n  Port 2222\n  IdentityFile \"/a b\" # remark\n"
             "Host other\n  Port 1\nHost vm?\n  Include " +
                 here.path + "/*.conf\n  User bob\n");
  config_query query;
  query.host = "vm1";
  auto const config = read_config_files(query, {main});
  REQUIRE(config);
  CHECK(config->first("hostname") == "vm1.example.org");
  CHECK(config->first("port") == "2222");
  CHECK(config->first("user") == "bob");
  CHECK(config->all("identityfile") == words{"/a b", "/second"});
  query.user = "carl";
  CHECK(read_config_files(query, {main})->first("user") == "carl");
  query.host = "vm2";
  CHECK(read_config_files(query, {main})->first("port") == "2200");

  // What the table does not honour is seen, Match above all.
  auto const plain = read_config_files(query, {});
  auto const chosen = [&](std::string const& text) {
    write_file(main, text);
    return choose_transport(transport_wish::automatic, *read_config_files(query, {main}), *plain, {});
  };
  CHECK(chosen("Host *\nSendEnv LANG LC_*\nHashKnownHosts yes\nGSSAPIAuthentication yes\n").libssh);
  CHECK(chosen("HostKeyAlias zed\n").reason == "libssh would ignore HostKeyAlias");
  CHECK(chosen("Match exec true\nPort 1\n").reason == "libssh would ignore Match");
  CHECK(chosen("Host x\nHostKeyAlias zed\n").libssh);
  CHECK(chosen("ProxyJump none\nProxyJump jump\n").libssh);
  CHECK_FALSE(chosen("ProxyJump jump\nProxyJump none\n").libssh);
  for (char const* bad : {"Port\n", "User \"open\n"}) {
    write_file(main, bad);
    CHECK(read_config_files(query, {main}).error() == transport_errc::bad_configuration);
  }
  write_file(main, "Include " + main + "\n");
  CHECK(read_config_files(query, {main}).error() == transport_errc::bad_configuration);
}

TEST_CASE("resolve_config asks ssh, and reads files where there is none") {
  directory const here;
  auto const file = here.path + "/config";
  write_file(file, "Host vm\n  HostName 10.0.0.1\n  Port 2222\n");
  config_query query;
  query.host = "vm";
  query.file = file;
  for (char const* program : {"ssh", "/nonexistent/ssh"}) {
    auto const answer = resolve_config(query, program);
    REQUIRE_FALSE(answer.failure);
    CHECK(answer.from_ssh == (std::string{program} == "ssh"));
    CHECK(answer.config.first("hostname") == "10.0.0.1");
    CHECK(answer.config.first("port") == "2222");
    CHECK(answer.baseline.first("port") == "22");
    CHECK(choose_transport(transport_wish::automatic, answer.config, answer.baseline, {}).libssh);
  }
  write_file(file, "NoSuchKeyword yes\n");
  auto const bad = resolve_config(query);
  CHECK(bad.failure == transport_errc::bad_configuration);
  CHECK(bad.failure_text.find("nosuchkeyword") != std::string::npos);
  query.file = here.path + "/none";
  CHECK(resolve_config(query, "/nonexistent/ssh").failure == transport_errc::bad_configuration);
}

TEST_CASE("open_remote: libssh where the configuration allows, else the system's ssh with the same file") {
  volsync::test::sshd const server;
  struct row {
    words extra;
    transport_wish wish;
    std::string transport;
  };
  for (auto const& [extra, wish, transport] :
       {row{{}, transport_wish::automatic, "libssh: the configuration asks for nothing that libssh lacks"},
        row{{"HostKeyAlias " + server.known_name()},
            transport_wish::automatic,
            "ssh: libssh would ignore HostKeyAlias"},
        row{{}, transport_wish::ssh, "ssh: asked for"}, row{{}, transport_wish::libssh, "libssh: asked for"}}) {
    remote_request asked;
    asked.host = "testhost";
    asked.ssh_config = server.client_config(extra);
    asked.wish = wish;
    asked.connect_timeout = std::chrono::seconds{10};
    asked.command = {"echo", "one;", "cat;", "exit", "3"};
    driver user{open_remote(asked, nullptr)};
    CHECK(user.pipe().description() == transport);
    user.start();
    user.pipe().put_output(to_bytes("two\n"));
    user.pipe().end_output();
    REQUIRE(user.run_to_end());
    CHECK(user.input_text() == "one\ntwo\n");
    CHECK(user.state().exit->status == 3);
  }
}

TEST_CASE("open_remote: a remote shell of the user's, and what cannot be opened") {
  remote_request asked;
  asked.host = "h";
  asked.user = "bob";
  asked.shell = "printf '[%s]'";
  asked.command = {"rsync", "--server"};
  SECTION("words") {
    driver user{open_remote(asked, nullptr)};
    user.start();
    REQUIRE(user.run_to_end());
    CHECK(user.input_text() == "[-l][bob][h][rsync][--server]");
    CHECK(user.pipe().description() == "remote shell 'printf': asked for");
  }
  SECTION("a user in the words") {
    asked.shell = "printf [%s] -l eve";
    asked.user_from_shell = true;
    driver user{open_remote(asked, nullptr)};
    user.start();
    REQUIRE(user.run_to_end());
    CHECK(user.input_text() == "[-l][eve][h][rsync][--server]");
  }
  auto const fails = [&](transport_errc code) {
    driver user{open_remote(asked, nullptr)};
    user.start();
    REQUIRE(user.run_to_end(2s));
    CHECK(user.state().failure == code);
    CHECK_FALSE(user.state().failure_text.empty());
  };
  SECTION("a quote without its end") {
    asked.shell = "ssh 'open";
    fails(transport_errc::bad_shell_words);
  }
  SECTION("a host that is an option") {
    asked.host = "-oProxyCommand=x";
    fails(transport_errc::bad_configuration);
  }
  SECTION("libssh wished for where it will not do") {
    directory const here;
    write_file(here.path + "/c", "HostKeyAlias zed\n");
    asked.shell.clear();
    asked.ssh_config = here.path + "/c";
    asked.wish = transport_wish::libssh;
    fails(transport_errc::bad_configuration);
  }
}

TEST_CASE("a secret moves without leaving itself behind, and never grows beyond its place") {
  secret first{"open sesame"};
  char const* const where = first.c_str();
  secret second{std::move(first)};
  CHECK(second.view() == "open sesame");
  CHECK(std::string_view{where}.empty());
  CHECK(secret{std::string(5000, 'x')}.view().size() == secret::capacity);
}

TEST_CASE("every transport error has its sentence") {
  for (int i = 1; i <= static_cast<int>(transport_errc::bad_shell_words); ++i) {
    CHECK(make_error_code(static_cast<transport_errc>(i)).message() != "unknown transport error");
  }
}
