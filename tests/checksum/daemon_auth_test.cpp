// Answers to challenges, beside those of stock rsync 3.5.0 (secret "sesame").
#include "checksum/daemon_auth.hpp"

#include "support/catch.hpp"

using namespace volsync::checksum;

TEST_CASE("the answer to a challenge is rsync's") {
  struct exchange {
    auth_digest which;
    char const* challenge;
    char const* response;
  };
  auto const seen =
      GENERATE(exchange{auth_digest::sha512,
                        "wc2St46fmvK4FJ0szTwdJRY3p54wO44tHfSvRKXvSr2EM4UbFsu+YaQsTPV6x8nlNVSmoubcWBX7VeI7g9W42Q",
                        "+9rtinQwTyoN4j+lArQDdCB3EwSyY+jSqS05czpVwXZml4hQGsmRl6X/bfoKWDSo8eiA8BhL/wTlBVl0l/lFlQ"},
               exchange{auth_digest::sha256, "ics/BZS9yeUSJylSttdF/tFU6SbP95xNnEj/PcWXPNA",
                        "ABuxX0iCxpiBBb9lnXaFNhyISLFzsc5ufKwXgnYj93c"},
               exchange{auth_digest::sha1, "3DGwKamC8zIkEiQryjt6Zj+JmzM", "pG7eYJFskWKzurNyLJRrJ0oJ+yU"},
               exchange{auth_digest::md5, "llryMYhrW7YSVd5pguxikw", "IuBJ8ZEInXeDcKtfzOK0Rw"},
               exchange{auth_digest::md4, "FQL0/6CMeR3c4FY9pfRzmQ", "IgTIIEHWSBSC4hvM652nww"});
  CAPTURE(name_of(seen.which));
  CHECK(auth_response(seen.which, "sesame", seen.challenge) == seen.response);
  CHECK(auth_response(seen.which, "Sesame", seen.challenge) != seen.response);
}

TEST_CASE("our best digest that the daemon has is taken, whatever its order") {
  CHECK(choose_auth("sha512 sha256 sha1 md5 md4") == auth_digest::sha512);
  CHECK(choose_auth("md4 md5 sha1") == auth_digest::sha1);
  CHECK(choose_auth("  md4   sha2560 ") == auth_digest::md4);
  CHECK(choose_auth("md5") == auth_digest::md5);
  CHECK_FALSE(choose_auth("").has_value());
  CHECK_FALSE(choose_auth("blake3 SHA512 sha51").has_value());
  CHECK(auth_names == "sha512 sha256 sha1 md5 md4");
  CHECK(choose_auth(auth_names) == auth_digest::sha512);
}
