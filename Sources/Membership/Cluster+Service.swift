#if ServiceLifecycle
    @_spi(TestKit) public import ServiceLifecycle

    extension Cluster: Service {}
#endif

/// Awaits `operation`, and calls `ended` when the task is cancelled or, with the trait
/// `ServiceLifecycle`, when its `ServiceGroup` shuts down gracefully.
func withEndHandler<Value: Sendable>(
    operation: @Sendable () async -> Value, ended: @escaping @Sendable () -> Void
) async -> Value {
    #if ServiceLifecycle
        await withTaskCancellationOrGracefulShutdownHandler(
            operation: operation, onCancelOrGracefulShutdown: ended)
    #else
        await withTaskCancellationHandler(operation: operation, onCancel: ended)
    #endif
}

/// Awaits `operation`, and calls `ended` when the `ServiceGroup` that runs this task shuts it down.
/// A service that waits for the next event must end then, because the group waits for it before it
/// continues.
func withShutdownHandler<Value>(
    isolation actor: isolated (any Actor)?, operation: () async -> Value,
    ended: @escaping @Sendable () -> Void
) async -> Value {
    #if ServiceLifecycle
        await withGracefulShutdownHandler(
            isolation: actor, operation: operation, onGracefulShutdown: ended)
    #else
        await operation()
    #endif
}

/// Returns at once in a task that no `ServiceGroup` runs. Otherwise it returns when the group shuts
/// this service down or cancels it.
///
/// Only the test kit of ServiceLifecycle has a public way to ask whether a group runs the task.
/// Without this check, a reader outside any group would wait for ever.
func serviceMayEnd() async {
    #if ServiceLifecycle
        guard TaskLocals.gracefulShutdownManager != nil else { return }
        try? await gracefulShutdown()
    #endif
}
