using System.Globalization;
using System.Text.Json.Serialization;
using OllamaProxy.Api.Http;
using OllamaProxy.Batches;

namespace OllamaProxy.Api.Batches;

/// <summary>A message batch, as Anthropic shows it: also what it has none of. Times are those of RFC 3339.</summary>
internal sealed record MessageBatchResource(
    string Id,
    string ProcessingStatus,
    MessageCountsResource RequestCounts,
    string CreatedAt,
    string ExpiresAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? EndedAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? CancelInitiatedAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? ResultsUrl)
{
    public const string Prefix = "msgbatch_";

    public string Type { get; } = "message_batch";

    /// <summary>Batches are not archived here.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? ArchivedAt { get; }

    public static MessageBatchResource Of(Batch batch)
    {
        var id = PrefixedId.Of(Prefix, batch.Id);
        var hasEnded = batch.Status.HasEnded();
        return new(
            id,
            hasEnded ? "ended" : batch.Outcome == BatchStatus.Cancelled ? "canceling" : "in_progress",
            MessageCountsResource.Of(batch.Counts, hasEnded),
            TimeOf(batch.CreatedAt)!,
            TimeOf(batch.ExpiresAt)!,
            TimeOf(batch.EndedAt),
            TimeOf(batch.CancellingAt),
            // Without a host, which proxies in front may call otherwise: clients resolve it.
            hasEnded ? $"/{Routes.MessageBatches}/{id}/results" : null);
    }

    private static string? TimeOf(DateTimeOffset? time) =>
        time?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}

/// <summary>How many requests a message batch has of each kind: none but those that are being processed until it has ended.</summary>
internal sealed record MessageCountsResource(long Processing, long Succeeded, long Errored, long Canceled, long Expired)
{
    public static MessageCountsResource Of(BatchCounts counts, bool hasEnded) => hasEnded
        ? new(0, counts.Completed, counts.Failed, counts.Cancelled, counts.Expired) : new(counts.Total, 0, 0, 0, 0);
}

/// <summary>A part of the list of message batches.</summary>
internal sealed record MessageBatchListResource(
    IReadOnlyList<MessageBatchResource> Data,
    bool HasMore,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? FirstId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? LastId)
{
    public static MessageBatchListResource Of(BatchPage page)
    {
        MessageBatchResource[] batches = [.. page.Batches.Select(MessageBatchResource.Of)];
        return new(batches, page.HasMore, batches.FirstOrDefault()?.Id, batches.LastOrDefault()?.Id);
    }
}

/// <summary>What is answered where a message batch was deleted.</summary>
/// <param name="Id">Its id.</param>
internal sealed record DeletedMessageBatchResource(string Id)
{
    public string Type { get; } = "message_batch_deleted";
}
