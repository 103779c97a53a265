#if ServiceLifecycle
    public import ServiceLifecycle

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
