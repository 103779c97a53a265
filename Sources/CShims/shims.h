// Declarations that the C modules of Swift lack on Linux. The linker finds all of them by name, also where the
// runtime of Swift is part of the program.
#pragma once

#if defined(__linux__)
#include <malloc.h>
#include <sys/timerfd.h>

// If it is set, the runtime of Swift calls it with each task that becomes ready. It belongs to libswift_Concurrency.
extern void *swift_task_enqueueGlobal_hook;

// Returns false if there is a hook already. Call it while the process has one thread.
static inline _Bool iridium_install_task_hook(void *hook) {
    if (swift_task_enqueueGlobal_hook) return 0;
    swift_task_enqueueGlobal_hook = hook;
    return 1;
}
#endif
