# Given to cmake as CMAKE_PROJECT_INCLUDE, with BP_TESTS and BP_SERVER off: train_hashes on top of core
# and nothing else, so that a build needs neither cmocka nor the server's libraries.
cmake_language(DEFER CALL include tests/bits/CMakeLists.txt)
