import MembershipCore

/// The frame of a picture: a plot area with axes, and the way from values to places in it.
struct Chart {
    static let width = 960.0
    static let left = 64.0
    static let right = 20.0

    let height: Double
    let top: Double
    let bottom: Double
    var body: [String] = []

    /// - Parameter height: of the plot area alone.
    init(height: Double, top: Double = 14, bottom: Double = 44) {
        self.top = top
        self.bottom = bottom
        self.height = height
    }

    var plotWidth: Double { Self.width - Self.left - Self.right }
    var floor: Double { top + height }

    func x(_ scale: Scale, _ value: Double) -> Double { Self.left + scale.share(value) * plotWidth }
    func y(_ scale: Scale, _ value: Double) -> Double { floor - scale.share(value) * height }

    mutating func addHorizontalAxis(_ scale: Scale, title: String) {
        for tick in scale.ticks {
            let place = x(scale, tick.value)
            body.append(Markup.line([(place, top), (place, floor)], "grid"))
            body.append(Markup.text(place, floor + 16, tick.label, anchor: "middle"))
        }
        body.append(Markup.line([(Self.left, floor), (Self.width - Self.right, floor)], "axis"))
        let middle = Self.left + plotWidth / 2
        body.append(Markup.text(middle, floor + 36, title, anchor: "middle", style: "soft"))
    }

    mutating func addVerticalAxis(_ scale: Scale) {
        for tick in scale.ticks {
            let place = y(scale, tick.value)
            body.append(
                Markup.line([(Self.left, place), (Self.width - Self.right, place)], "grid"))
            body.append(Markup.text(Self.left - 8, place + 4, tick.label, anchor: "end"))
        }
    }

    /// The whole picture. `title` is what a screen reader says.
    func svg(title: String) -> String {
        let total = Markup.number(floor + bottom)
        return "<svg viewBox=\"0 0 \(Markup.number(Self.width)) \(total)\" role=\"img\" "
            + "aria-label=\"\(Markup.escaped(title))\">" + body.joined(separator: "\n") + "</svg>"
    }
}

/// From values to a share of an axis, and where its marks are.
struct Scale {
    struct Tick {
        var value: Double
        var label: String
    }

    private let low: Double
    private let high: Double
    private let isLogarithmic: Bool
    let ticks: [Tick]

    private init(_ low: Double, _ high: Double, isLogarithmic: Bool, ticks: [Tick]) {
        self.low = low
        self.high = max(high, low + (isLogarithmic ? low : 1e-9))
        self.isLogarithmic = isLogarithmic
        self.ticks = ticks
    }

    /// 0 at the beginning of the axis, 1 at its end; never beyond.
    func share(_ value: Double) -> Double {
        let share: Double
        if isLogarithmic {
            let span = Self.log2(high) - Self.log2(low)
            share = (Self.log2(max(value, low)) - Self.log2(low)) / span
        } else {
            share = (value - low) / (high - low)
        }
        return min(max(share, 0), 1)
    }

    /// From 0 to `high` or a little more, with about six round marks.
    static func linear(through high: Double, label: (Double) -> String) -> Scale {
        let step = roundStep(max(high, 1e-6) / 6)
        let count = Int((high / step).rounded(.up))
        let ticks = (0...max(1, count)).map { index in
            Tick(value: Double(index) * step, label: label(Double(index) * step))
        }
        return Scale(0, Double(max(1, count)) * step, isLogarithmic: false, ticks: ticks)
    }

    /// Exactly from `low` to `high`, with marks at round values between.
    static func linear(
        from low: Double, through high: Double, label: (Double) -> String
    ) -> Scale {
        let step = roundStep(max(high - low, 1e-6) / 8)
        var ticks: [Tick] = []
        var value = (low / step).rounded(.up) * step
        while value <= high + step / 1_000, ticks.count < 24 {
            ticks.append(Tick(value: value, label: label(value)))
            value += step
        }
        return Scale(low, high, isLogarithmic: false, ticks: ticks)
    }

    /// Powers of ten around `low ... high`, both above zero.
    static func powers(from low: Double, through high: Double, label: (Double) -> String) -> Scale {
        var first = 1e-6
        while first * 10 <= low { first *= 10 }
        var last = first * 10
        while last < high, last < 1e12 { last *= 10 }
        var ticks: [Tick] = []
        var value = first
        while value <= last * 1.001 {
            ticks.append(Tick(value: value, label: label(value)))
            value *= 10
        }
        return Scale(first, last, isLogarithmic: true, ticks: ticks)
    }

    /// 1, 2 or 5 times a power of ten, at least `value`.
    private static func roundStep(_ value: Double) -> Double {
        var power = 1e-6
        while power * 10 <= value { power *= 10 }
        for factor in [1.0, 2, 5, 10] where power * factor >= value { return power * factor }
        return power * 10
    }

    /// Good to four digits, and the same on every machine; enough for a place on a page.
    private static func log2(_ value: Double) -> Double {
        let part = (value.significand - 1) / (value.significand + 1)
        let square = part * part
        let natural = 2 * part * (1 + square * (1 / 3.0 + square * (1 / 5.0 + square / 7)))
        return Double(value.exponent) + natural * 1.442_695
    }
}

extension Duration {
    var seconds: Double { Double(nanoseconds) / 1e9 }
}

extension WorldInstant {
    var seconds: Double { Double(nanoseconds) / 1e9 }
}
