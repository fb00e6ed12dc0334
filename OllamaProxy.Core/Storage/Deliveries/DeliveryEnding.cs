using OllamaProxy.Callbacks;

namespace OllamaProxy.Storage.Deliveries;

/// <summary>A <see cref="DeliveryOutcome"/> as both stores write it. Times are in milliseconds since 1970.</summary>
/// <param name="DueAt">When the next attempt is due; null: never.</param>
/// <param name="DeliveredAt">When it was delivered; null: it was not.</param>
/// <param name="Error">Why the attempt failed; null: it did not.</param>
/// <param name="Counts">Whether the attempt counts.</param>
internal readonly record struct DeliveryEnding(long? DueAt, long? DeliveredAt, string? Error, bool Counts)
{
    public static DeliveryEnding Of(DeliveryOutcome outcome, DateTimeOffset now) => outcome switch
    {
        DeliveryOutcome.Delivered => new(null, now.ToUnixTimeMilliseconds(), null, true),
        DeliveryOutcome.Retry retry => new((now + retry.Delay).ToUnixTimeMilliseconds(), null, retry.Error, true),
        DeliveryOutcome.GiveUp gaveUp => new(null, null, gaveUp.Error, true),
        _ => new(now.ToUnixTimeMilliseconds(), null, null, false),
    };
}
