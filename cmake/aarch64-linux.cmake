# Cross compilation for aarch64 Linux; programs run under qemu-aarch64.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc CACHE STRING "" FORCE)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++ CACHE STRING "" FORCE)
set(CMAKE_LINKER_TYPE "DEFAULT" CACHE STRING "" FORCE)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64 -L /usr/aarch64-linux-gnu)
