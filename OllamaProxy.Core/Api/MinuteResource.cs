using OllamaProxy.Prompts;

namespace OllamaProxy.Api;

/// <summary>A minute of the queue, as clients see it.</summary>
/// <param name="At">When it began.</param>
/// <param name="Waiting">How many prompts waited at its end or, while it runs, wait now; left out where too much has happened since
/// to tell.</param>
/// <param name="Finished">How many ended within it, in whatever way; left out where too many ended since to tell.</param>
public sealed record MinuteResource(DateTimeOffset At, long? Waiting, int? Finished)
{
    /// <summary>Makes it.</summary>
    public static MinuteResource Of(QueueMinute minute) => new(minute.At, minute.Waiting, minute.Finished);
}
