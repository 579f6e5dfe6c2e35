# Static programs for 64-bit ARM, by Debian's cross compiler; qemu-user runs them.
# BP_AARCH64_ROOT: where nettle-dev of arm64 was unpacked.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_EXE_LINKER_FLAGS_INIT -static)
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES BP_AARCH64_ROOT) # they read this file too
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${BP_AARCH64_ROOT})
set(ENV{PKG_CONFIG_LIBDIR} ${BP_AARCH64_ROOT}/usr/lib/aarch64-linux-gnu/pkgconfig)
