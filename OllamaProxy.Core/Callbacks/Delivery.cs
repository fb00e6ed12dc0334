namespace OllamaProxy.Callbacks;

/// <summary>An event that is sent to a client, or was.</summary>
public sealed record Delivery
{
    /// <summary>The event's id, the same at each attempt: <c>evt_</c> and 32 digits.</summary>
    public required string Event { get; init; }

    /// <summary>Its type, such as <c>prompt.completed</c>.</summary>
    public required string Type { get; init; }

    /// <summary>The id of the prompt or batch that has ended.</summary>
    public required Guid Subject { get; init; }

    /// <summary>Where it is sent.</summary>
    public required string Url { get; init; }

    /// <summary>When the prompt or batch ended.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>How many attempts were started, including a running one.</summary>
    public int Attempts { get; init; }

    /// <summary>
    /// When the next attempt is due. While one runs, this is when it is taken to have failed; null: there is none any more.
    /// </summary>
    public DateTimeOffset? NextAttemptAt { get; init; }

    /// <summary>When it was delivered; null: it was not.</summary>
    public DateTimeOffset? DeliveredAt { get; init; }

    /// <summary>Why the last attempt that failed did.</summary>
    public string? LastError { get; init; }

    /// <summary>The written name of where it is: <c>pending</c>, <c>delivered</c>, or <c>failed</c> once it was given up.</summary>
    public string Status => DeliveredAt is not null ? "delivered" : NextAttemptAt is not null ? "pending" : "failed";
}

/// <summary>How an attempt at a delivery ended.</summary>
public abstract record DeliveryOutcome
{
    private DeliveryOutcome()
    {
    }

    /// <summary>The client has it.</summary>
    public sealed record Delivered : DeliveryOutcome;

    /// <summary>It failed, and is to be tried again.</summary>
    /// <param name="Delay">How long from now.</param>
    /// <param name="Error">Why it failed.</param>
    public sealed record Retry(TimeSpan Delay, string Error) : DeliveryOutcome;

    /// <summary>It failed, and is not tried again.</summary>
    /// <param name="Error">Why it failed.</param>
    public sealed record GiveUp(string Error) : DeliveryOutcome;

    /// <summary>It was broken off here, and does not count.</summary>
    public sealed record Release : DeliveryOutcome;
}
