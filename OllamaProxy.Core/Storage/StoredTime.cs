namespace OllamaProxy.Storage;

/// <summary>Times as they are read again: a store keeps fewer digits than the clock has.</summary>
internal static class StoredTime
{
    /// <summary>A time that is kept in microseconds.</summary>
    public static DateTimeOffset ToMicroseconds(DateTimeOffset time) => time.AddTicks(-(time.Ticks % TimeSpan.TicksPerMicrosecond));

    /// <summary>A time that is kept in milliseconds.</summary>
    public static DateTimeOffset? ToMilliseconds(DateTimeOffset? time) =>
        time?.AddTicks(-(time.Value.Ticks % TimeSpan.TicksPerMillisecond));
}
