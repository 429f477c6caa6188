// The one door to Catch2 (version 2 here; version 3 has other headers).
#pragma once
#include <catch2/catch.hpp>
