/// The resources that a run uses. The simulator itself has no clock; its caller provides one.
package struct Meter: Sendable {
    /// Processor time of this process so far.
    package var processorTime: @Sendable () -> Duration
    /// The most memory this process has had so far, in bytes.
    package var peakMemory: @Sendable () -> Int
    /// The memory that it has now.
    package var memory: @Sendable () -> Int

    package init(
        processorTime: @escaping @Sendable () -> Duration,
        peakMemory: @escaping @Sendable () -> Int, memory: @escaping @Sendable () -> Int
    ) {
        self.processorTime = processorTime
        self.peakMemory = peakMemory
        self.memory = memory
    }
}
