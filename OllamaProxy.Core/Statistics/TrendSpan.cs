namespace OllamaProxy.Statistics;

/// <summary>A time that operators look back over, divided into steps. The figures of each span are kept apart.</summary>
/// <param name="Name">What clients call it.</param>
/// <param name="Length">How long it is.</param>
/// <param name="Step">How long a step of it is.</param>
public sealed record TrendSpan(string Name, TimeSpan Length, TimeSpan Step)
{
    /// <summary>An hour, by minutes.</summary>
    public static readonly TrendSpan Hour = new("1h", TimeSpan.FromHours(1), TimeSpan.FromMinutes(1));

    /// <summary>A day, by quarters of an hour.</summary>
    public static readonly TrendSpan Day = new("24h", TimeSpan.FromHours(24), TimeSpan.FromMinutes(15));

    /// <summary>A week, by two hours.</summary>
    public static readonly TrendSpan Week = new("7d", TimeSpan.FromDays(7), TimeSpan.FromHours(2));

    /// <summary>All spans.</summary>
    public static readonly IReadOnlyList<TrendSpan> All = [Hour, Day, Week];

    /// <summary>How many steps it has.</summary>
    public int Steps => (int)(Length / Step);

    /// <summary>When the step began that a time is in.</summary>
    public DateTimeOffset StepOf(DateTimeOffset time) => new(time.UtcTicks - (time.UtcTicks % Step.Ticks), TimeSpan.Zero);

    /// <summary>When the oldest step began of a span whose last step still runs.</summary>
    public DateTimeOffset FirstStep(DateTimeOffset now) => StepOf(now) - ((Steps - 1) * Step);
}
