using System.Globalization;

namespace OllamaProxy.Benchmarks;

/// <summary>What a figure should be.</summary>
internal sealed record Target
{
    private readonly string _word;
    private readonly double _limit;
    private readonly Func<double, bool> _isMet;

    private Target(string word, double limit, string unit, Func<double, bool> isMet) =>
        (_word, _limit, Unit, _isMet) = (word, limit, unit, isMet);

    /// <summary>What the figure is counted in.</summary>
    public string Unit { get; }

    public static Target AtLeast(double limit, string unit) => new("at least", limit, unit, figure => figure >= limit);

    public static Target AtMost(double limit, string unit) => new("at most", limit, unit, figure => figure <= limit);

    public static Target Below(double limit, string unit) => new("below", limit, unit, figure => figure < limit);

    /// <summary>No target: the figure is that of another program, to compare with.</summary>
    public static Target None(string unit) => new("", double.NaN, unit, _ => true);

    public bool IsMet(double figure) => _isMet(figure);

    /// <summary>A figure with the target's unit, and digits enough to compare the two.</summary>
    public string Write(double figure) => string.Create(CultureInfo.InvariantCulture, $"{figure:0.##} {Unit}");

    public override string ToString() => double.IsNaN(_limit) ? "none" : $"{_word} {Write(_limit)}";
}
