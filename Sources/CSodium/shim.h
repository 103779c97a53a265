// The one piece of C in this package: libsodium's headers, or a build error that says what to do.
#if defined(__has_include)
#if !__has_include(<sodium.h>)
#error "iridium: libsodium headers are missing [IR-09]. Try: sudo apt-get install libsodium-dev (Debian, Ubuntu), sudo dnf install libsodium-devel (Fedora), brew install libsodium (macOS)"
#endif
#endif
#include <sodium.h>
