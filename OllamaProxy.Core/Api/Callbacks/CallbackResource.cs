using OllamaProxy.Callbacks;

namespace OllamaProxy.Api.Callbacks;

/// <summary>An event that a client is told of, or was.</summary>
/// <param name="Id">Its id, the same at each attempt.</param>
/// <param name="Event">Its type.</param>
/// <param name="Url">Where it is sent.</param>
/// <param name="Status">pending, delivered or failed.</param>
/// <param name="Attempts">How many attempts were made, with one that runs.</param>
/// <param name="CreatedAt">When it happened.</param>
/// <param name="NextAttemptAt">When it is tried next.</param>
/// <param name="LastError">Why the last attempt that failed did.</param>
/// <param name="DeliveredAt">When it was delivered.</param>
public sealed record CallbackResource(
    string Id, string Event, string Url, string Status, int Attempts, DateTimeOffset CreatedAt, DateTimeOffset? NextAttemptAt,
    string? LastError, DateTimeOffset? DeliveredAt)
{
    /// <summary>Makes those of a prompt or a batch; null: there are none.</summary>
    public static IReadOnlyList<CallbackResource>? Of(IReadOnlyList<Delivery> deliveries) => deliveries.Count == 0 ? null :
    [
        .. deliveries.Select(delivery => new CallbackResource(
            delivery.Event, delivery.Type, delivery.Url, delivery.Status, delivery.Attempts, delivery.CreatedAt, delivery.NextAttemptAt,
            delivery.LastError, delivery.DeliveredAt)),
    ];
}
